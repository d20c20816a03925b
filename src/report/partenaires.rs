//! What is sent to each partner of the register: a folder of its own, with all that its level of access allows and nothing else. The
//! State's services read their département and its EPCI, an EPCI its territory, a landlord its own lettings, a holder of
//! reservation rights its contingent.

use std::collections::BTreeMap;
use std::path::Path;

use super::atelier::documents;
use super::depot::Depot;
use super::donnees::{Donnees, Lieu};
use super::flux;
use super::fond::Fond;
use super::revue::{self, Cadre, Contexte, Contingents};
use super::site::{Acteur, EXPLORATEUR, Exploration, Reponses, Site};
use super::sortie::Mention;
use crate::error::{Error, Result};
use crate::partage::shared_out;
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::Geographie;

/// Folder of the partners' folders, among the results.
pub const PARTENAIRES: &str = "partenaires";
/// What was prepared, for whom.
const BORDEREAU: &str = "bordereau.csv";
/// The page that a folder opens on.
const HOME: &str = "index.html";

/// Kinds of partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Genre {
    /// The State's services of a département.
    Etat,
    /// A conference's EPCI.
    Epci,
    /// A landlord.
    Bailleur,
    /// A holder of reservation rights.
    Reservataire,
}

impl Genre {
    /// All of them.
    pub const TOUS: [Self; 4] = [Self::Etat, Self::Epci, Self::Bailleur, Self::Reservataire];

    /// Folder of its partners' folders.
    fn dossier(self) -> &'static str {
        match self {
            Self::Etat => "etat",
            Self::Epci => "epci",
            Self::Bailleur => "bailleurs",
            Self::Reservataire => "reservataires",
        }
    }

    /// Its name.
    #[must_use]
    pub fn nom(self) -> [&'static str; 2] {
        match self {
            Self::Etat => ["services de l'État", "départements (services de l'État)"],
            Self::Epci => ["EPCI", "EPCI"],
            Self::Bailleur => ["bailleur", "bailleurs"],
            Self::Reservataire => ["réservataire", "réservataires"],
        }
    }

    /// What it may read.
    fn acces(self) -> &'static str {
        match self {
            Self::Etat => "Effectifs non masqués de ce département et de ses EPCI, réservés aux services de l'État",
            Self::Epci => "Effectifs non masqués de ce territoire, réservés à l'EPCI et aux membres de sa conférence",
            Self::Bailleur => "Effectifs non masqués des attributions de ce bailleur, réservés à ses services",
            Self::Reservataire => "Effectifs non masqués du contingent de ce réservataire, réservés à ses services",
        }
    }

    /// A territory has its answers to applicants; a landlord's or a holder's own lettings answer none.
    fn exploration(self) -> Exploration {
        match self {
            Self::Etat | Self::Epci => Exploration::Page,
            Self::Bailleur | Self::Reservataire => Exploration::Aucune,
        }
    }
}

/// A partner whose folder was written.
#[derive(Debug, Clone)]
pub struct Partenaire {
    /// What it is.
    pub genre: Genre,
    /// SIREN, or code of a département or of a réservataire.
    pub code: String,
    /// Name.
    pub nom: String,
}

impl Partenaire {
    fn all(donnees: &Donnees<'_>, contingents: &Contingents) -> Vec<Self> {
        let new = |genre: Genre, code: String, nom: String| Self { genre, code, nom };
        let epci = donnees.epci.iter().map(|lieu| new(Genre::Epci, lieu.code.clone(), lieu.libelle.clone()));
        let landlords = contingents.landlords(donnees).into_iter().map(|siren| {
            let nom = donnees.landlord(&siren);
            new(Genre::Bailleur, siren, nom)
        });
        let holders = contingents.holders().into_iter().map(|code| {
            let nom = super::holder_words(&code).to_owned();
            new(Genre::Reservataire, code, nom)
        });
        let departements = donnees.departements.values().map(|d| &d.lieu);
        let state = departements.map(|lieu| new(Genre::Etat, lieu.code.clone(), lieu.libelle.clone()));
        state.chain(epci).chain(landlords).chain(holders).collect()
    }

    fn dossier(&self) -> String {
        format!("{}/{}", self.genre.dossier(), self.code)
    }
}

/// Everything that the folders are made with.
struct Atelier<'a> {
    plan: &'a Plan,
    donnees: &'a Donnees<'a>,
    contingents: &'a Contingents,
    fond: &'a Fond,
    reponses: Reponses<'a>,
    depot: &'a Depot<'a>,
}

/// Writes the folders, from the pages and documents of the last results, and takes away what earlier ones held.
///
/// # Errors
/// [`Error::Usage`] when there are no results; what a template, a chart or a file met.
pub fn share(plan: &Plan, threads: usize, progress: &Progress) -> Result<Vec<Partenaire>> {
    let geographie = Geographie::load(&plan.resources(), plan.millesime)?;
    let donnees = Donnees::load(plan, &geographie)?;
    let contingents = Contingents::load(plan, &geographie)?;
    let fond = Fond::load(plan, &geographie)?;
    // Its documents are copies of the results' own: none is set here.
    let none = BTreeMap::new();
    let depot = Depot::open(plan, PARTENAIRES, &none)?;
    let partenaires = Partenaire::all(&donnees, &contingents);
    let reponses = Reponses::load(&donnees, &geographie)?;
    let atelier = Atelier { plan, donnees: &donnees, contingents: &contingents, fond: &fond, reponses, depot: &depot };
    let bar = progress.steps("Dossiers des partenaires", partenaires.len() as u64);
    for genre in Genre::TOUS {
        let own: Vec<&Partenaire> = partenaires.iter().filter(|p| p.genre == genre).collect();
        let site = Site::of_partner(&donnees, Mention::partenaire(plan, genre.acces()), genre.exploration())?;
        let methode = site.method()?;
        shared_out(threads, own.len(), |i| {
            let dossier = own[i].dossier();
            for (path, html) in atelier.pages(&site, own[i])? {
                depot.keep(format!("{dossier}/{path}"), html.as_bytes())?;
            }
            depot.keep(format!("{dossier}/methode.html"), methode.as_bytes())?;
            atelier.documents(own[i]).into_iter().try_for_each(|path| atelier.copy(&dossier, &path))?;
            bar.inc(1);
            Ok(())
        })?;
    }
    bar.finish_and_clear();
    depot.keep(BORDEREAU.to_owned(), &bordereau(&partenaires)?)?;
    depot.close(donnees.manifeste.identite.clone(), None)?;
    Ok(partenaires)
}

impl Atelier<'_> {
    /// Pages, the one that the folder opens on first; what they lead to stands in the folder.
    fn pages(&self, site: &Site<'_>, partenaire: &Partenaire) -> Result<Vec<(String, String)>> {
        let code = partenaire.code.as_str();
        let actor = |acteur: Acteur| Ok(vec![(HOME.to_owned(), site.actor(&acteur.linking(&|_| false), "")?)]);
        match partenaire.genre {
            Genre::Bailleur => actor(Acteur::landlord(self.donnees, self.contingents, code)?),
            Genre::Reservataire => actor(Acteur::holder(self.donnees, self.contingents, code)?),
            Genre::Epci => self.territory(site, &Lieu::epci(code, &partenaire.nom), &|_| false),
            Genre::Etat => {
                let Some(departement) = self.donnees.departements.get(code) else { return Ok(Vec::new()) };
                let path = |epci: &Lieu| format!("epci/{}.html", epci.code);
                let stands = |to: &str| departement.epci.iter().any(|epci| path(epci) == to);
                let mut pages = self.territory(site, &departement.lieu, &stands)?;
                for epci in &departement.epci {
                    pages.push((path(epci), self.review(site, epci, "../", &|_| false)?));
                }
                Ok(pages)
            }
        }
    }

    /// The review of a territory, and its answers to applicants.
    fn territory(&self, site: &Site<'_>, lieu: &Lieu, stands: &dyn Fn(&str) -> bool) -> Result<Vec<(String, String)>> {
        let review = self.review(site, lieu, "", stands)?;
        let explorer = site.explorer(&self.reponses, lieu)?;
        Ok(vec![(HOME.to_owned(), review), (EXPLORATEUR.to_owned(), explorer)])
    }

    fn review(&self, site: &Site<'_>, lieu: &Lieu, racine: &str, stands: &dyn Fn(&str) -> bool) -> Result<String> {
        let (donnees, contingents, fond) = (self.donnees, self.contingents, self.fond);
        let c = Contexte { donnees, lieu, contingents, fond, cadre: Cadre::PAGE };
        site.review(&c, &revue::build(&c)?.linking(stands), racine)
    }

    /// Its documents among the results.
    fn documents(&self, partenaire: &Partenaire) -> Vec<String> {
        let code = &partenaire.code;
        match partenaire.genre {
            Genre::Etat => {
                let epci = self.donnees.departements.get(code).into_iter().flat_map(|d| &d.epci);
                [code].into_iter().chain(epci.map(|lieu| &lieu.code)).flat_map(|code| documents(code)).collect()
            }
            Genre::Epci => documents(code).to_vec(),
            Genre::Bailleur => {
                let flows = self.contingents.detail(code, "reservataire");
                let report = (!flows.is_empty()).then(|| flux::workbook_path(code));
                let pairs = flows.iter().map(|(holder, _)| flux::pair_path(code, holder));
                let list = self.donnees.qualite.listes.iter().find(|l| l.bailleur == *code).map(|l| l.fichier.clone());
                report.into_iter().chain(pairs).chain(list).collect()
            }
            Genre::Reservataire => vec![flux::holder_path(code)],
        }
    }

    fn copy(&self, dossier: &str, path: &str) -> Result<()> {
        let from = self.plan.sortie.join(path);
        let bytes = std::fs::read(&from).map_err(Error::io("lire", &from))?;
        self.depot.keep(format!("{dossier}/{path}"), &bytes)
    }
}

fn bordereau(partenaires: &[Partenaire]) -> Result<Vec<u8>> {
    let failed = Error::csv("écrire", Path::new(BORDEREAU));
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(["partenaire", "code", "nom", "dossier", "acces"]).map_err(&failed)?;
    for p in partenaires {
        writer.write_record([p.genre.nom()[0], &p.code, &p.nom, &p.dossier(), p.genre.acces()]).map_err(&failed)?;
    }
    writer.into_inner().map_err(|e| failed(e.into_error().into()))
}
