//! The tension explorer: what an applicant may ask (CCH R441-2-10, R441-2-17), read from the table `explorateur`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::departement;
use crate::error::Result;
use crate::format;
use crate::project::TypologieDemande;
use crate::reference::{Geographie, Niveau};
use crate::report::donnees::{Donnees, Feuille, Ligne};
use crate::report::mots;

/// One page of the explorer.
#[derive(Debug, Serialize)]
pub(super) struct Explorateur {
    /// Name.
    pub titre: String,
    /// Under this number of leases a delay says little.
    pub peu: i64,
    /// Which typology a demand counts under, where it is not the first wanted.
    pub typologie_demande: Option<&'static str>,
    /// Communes, by name.
    pub communes: Vec<CommuneExploree>,
}

/// What the explorer knows of a commune.
#[derive(Debug, Serialize)]
pub(super) struct CommuneExploree {
    code: String,
    nom: String,
    /// Name of its EPCI, and the same figures there.
    epci: String,
    lignes: Vec<Reponse>,
}

/// One answer.
#[derive(Debug, Serialize)]
struct Reponse {
    typologie: String,
    typologie_mots: String,
    categorie: String,
    categorie_mots: String,
    logements: String,
    demandes: String,
    baux: String,
    tension: String,
    moyen: String,
    median: String,
    /// Leases whose delay is known.
    connus: i64,
    /// The EPCI's median and its number of leases, where the commune's are few.
    ailleurs: String,
}

/// Order of typologies and categories in a commune's table.
fn order(l: &Ligne<'_>) -> (usize, usize) {
    let typology = mots::TYPOLOGIES.iter().position(|t| *t == l.text("typologie")).map_or(0, |i| i + 1);
    let category = ["ensemble", "collectif", "individuel"].iter().position(|c| *c == l.text("categorie"));
    (typology, category.unwrap_or(9))
}

/// A page of the explorer to be made.
#[derive(Debug, Default)]
pub(super) struct Partie {
    /// Code of its territory.
    pub code: String,
    /// Name.
    pub titre: String,
    /// Codes of its communes.
    pub communes: Vec<String>,
}

/// The answers, from which pages are made one at a time: those of a country would not stand in memory together.
pub(in crate::report) struct Reponses<'a> {
    typologie_demande: Option<&'static str>,
    geographie: &'a Geographie,
    table: Feuille,
}

impl<'a> Reponses<'a> {
    /// Reads the answers.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(in crate::report) fn load(donnees: &Donnees<'_>, geographie: &'a Geographie) -> Result<Self> {
        let table = Feuille::load_whole(donnees.plan, "explorateur")?;
        let asked = donnees.plan.typologie_demande;
        let typologie_demande = (asked != TypologieDemande::Premiere).then(|| asked.words());
        Ok(Self { typologie_demande, geographie, table })
    }

    /// Codes of the communes that it answers for.
    pub(super) fn communes(&self) -> Vec<String> {
        self.table.codes("commune")
    }

    /// A page for each département that it answers for, in the order of their codes.
    pub(super) fn departements(&self) -> Vec<Partie> {
        let mut parties: BTreeMap<String, Partie> = BTreeMap::new();
        for code in self.communes() {
            let key = departement(&code);
            let named = || {
                let commune = self.geographie.commune(&code)?;
                self.geographie.territory(commune, Niveau::Departement).map(|(code, nom)| format!("{nom} ({code})"))
            };
            let empty = || Partie {
                code: key.to_owned(),
                titre: named().unwrap_or_else(|| format!("Département {key}")),
                communes: Vec::new(),
            };
            parties.entry(key.to_owned()).or_insert_with(empty).communes.push(code);
        }
        parties.into_values().collect()
    }

    /// A page.
    pub(super) fn page(&self, partie: &Partie) -> Explorateur {
        let mut communes: Vec<CommuneExploree> = partie.communes.iter().filter_map(|code| self.commune(code)).collect();
        communes.sort_by_cached_key(|c| (format::plain(&c.nom), c.code.clone()));
        Explorateur {
            titre: partie.titre.clone(),
            peu: mots::PEU_DE_BAUX,
            typologie_demande: self.typologie_demande,
            communes,
        }
    }

    fn commune(&self, code: &str) -> Option<CommuneExploree> {
        let mut rows: Vec<Ligne<'_>> = self.table.of("commune", code).collect();
        rows.sort_by_key(order);
        let first = rows.first()?;
        let epci = self.geographie.commune(code).and_then(|c| c.epci.as_deref()).unwrap_or_default();
        let around: Vec<Ligne<'_>> = self.table.of("epci", epci).collect();
        let lignes = rows
            .iter()
            .map(|l| {
                let same = around
                    .iter()
                    .find(|a| a.text("typologie") == l.text("typologie") && a.text("categorie") == l.text("categorie"));
                answer(l, same)
            })
            .collect();
        Some(CommuneExploree {
            nom: first.text("libelle").to_owned(),
            epci: self.geographie.epci_name(epci).to_owned(),
            lignes,
            code: code.to_owned(),
        })
    }
}

fn answer(l: &Ligne<'_>, around: Option<&Ligne<'_>>) -> Reponse {
    let number = |name: &str| l.int(name).map_or_else(|| format::NONE.to_owned(), format::integer);
    let decimal = |x: Option<f64>| x.map_or_else(|| format::NONE.to_owned(), |x| format::decimal(x, 1));
    let known = l.int("baux_delai").unwrap_or(0);
    let elsewhere = around
        .filter(|_| known < mots::PEU_DE_BAUX)
        .and_then(|a| Some((a.real("delai_median")?, a.int("baux_delai").filter(|n| *n >= mots::PEU_DE_BAUX)?)))
        .map_or_else(String::new, |(median, n)| {
            format!("{}\u{a0}mois sur {}", format::decimal(median, 1), format::count(n, "bail", "baux"))
        });
    Reponse {
        typologie: l.text("typologie").to_owned(),
        typologie_mots: if l.text("typologie") == "ensemble" {
            "Toutes".to_owned()
        } else {
            mots::typology(l.text("typologie")).to_owned()
        },
        categorie: l.text("categorie").to_owned(),
        categorie_mots: if l.text("categorie") == "ensemble" {
            "Appartement ou maison".to_owned()
        } else {
            mots::category(l.text("categorie")).to_owned()
        },
        logements: number("logements"),
        demandes: number("demandes"),
        baux: number("attributions"),
        tension: decimal(l.real("tension")),
        moyen: decimal(l.real("delai_moyen")),
        median: decimal(l.real("delai_median")),
        connus: known,
        ailleurs: elsewhere,
    }
}
