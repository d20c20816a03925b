//! The rendering of everything: territories shared out among threads, each built once and written as page, PDF, deck and
//! workbook; what has not changed is neither set again nor rewritten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde::Serialize;

use super::diaporama;
use super::document::Revue;
use super::donnees::{Donnees, Lieu};
use super::fond::Fond;
use super::pdf::Imprimerie;
use super::revue::{self, Cadre, Contexte, Contingents};
use super::site::{Acteur, Site};
use super::sortie::{Mention, write};
use super::{classeur, flux};
use crate::error::Result;
use crate::partage::shared_out;
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::Geographie;
use crate::store;

/// What a rendering left in the results folder.
#[derive(Debug, Default)]
pub struct Rendu {
    /// Files, relative to the results folder.
    pub fichiers: BTreeSet<String>,
    /// Digest of what each costly file was made from.
    pub empreintes: BTreeMap<String, String>,
}

/// Rows of a table that a PDF prints; longer ones are in the workbook.
const LIGNES_PDF: usize = 400;

/// The documents of an EPCI or a département, relative to the results folder: the review to print, the deck, the workbook.
pub(super) fn documents(code: &str) -> [String; 3] {
    [format!("pdf/{code}.pdf"), format!("pdf/{code}-diaporama.pdf"), format!("classeurs/{code}.xlsx")]
}

/// What the PDF templates read.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    titre: String,
    millesime: i32,
    portee: String,
    fictif: bool,
    mention: Mention,
    accroche: String,
    lignes_max: usize,
    revue: &'a Revue,
    #[serde(skip_serializing_if = "Option::is_none")]
    vues: Option<Vec<diaporama::Vue>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(plan: &Plan, mention: Mention, titre: String, accroche: String, revue: &'a Revue) -> Self {
        Self {
            titre,
            millesime: plan.millesime,
            portee: plan.portee(),
            fictif: plan.fictif,
            mention,
            accroche,
            lignes_max: LIGNES_PDF,
            revue,
            vues: None,
        }
    }

    /// Digest of all that the document is set from; `gabarits` is that of the templates.
    pub(super) fn empreinte(&self, gabarits: &str) -> Result<String> {
        let bytes = serde_json::to_vec(self)?;
        let made_from = format!("{} {gabarits} {}", env!("CARGO_PKG_VERSION"), store::sha256(&bytes));
        Ok(store::sha256(made_from.as_bytes()))
    }
}

/// The files of one run, gathered from several threads.
struct Ecrits<'a> {
    plan: &'a Plan,
    avant: &'a BTreeMap<String, String>,
    rendu: Mutex<Rendu>,
}

impl Ecrits<'_> {
    fn add(&self, path: String, empreinte: Option<String>) {
        if let Ok(mut rendu) = self.rendu.lock() {
            if let Some(empreinte) = empreinte {
                rendu.empreintes.insert(path.clone(), empreinte);
            }
            rendu.fichiers.insert(path);
        }
    }

    /// Makes a file unless it stands there, made from the same.
    fn costly(&self, path: String, empreinte: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        let same = self.avant.get(&path).is_some_and(|e| e == empreinte);
        if !same || !self.plan.sortie.join(&path).is_file() {
            write(self.plan, &path, &make()?)?;
        }
        self.add(path, Some(empreinte.to_owned()));
        Ok(())
    }

    fn plain(&self, path: String, bytes: &[u8]) -> Result<()> {
        write(self.plan, &path, bytes)?;
        self.add(path, None);
        Ok(())
    }
}

/// Everything a territory's documents are made with.
pub struct Atelier<'a> {
    plan: &'a Plan,
    geographie: &'a Geographie,
    donnees: &'a Donnees<'a>,
    contingents: &'a Contingents,
    fond: &'a Fond,
    site: Site<'a>,
    imprimerie: Imprimerie,
    gabarits: String,
    ecrits: Ecrits<'a>,
}

/// Renders pages, PDF and workbooks from the last results; `avant` is what the last rendering said of its costly files.
///
/// # Errors
/// [`crate::error::Error::Usage`] when there are no results, or when the project's outlines cannot be read; else what a
/// template, a chart, a document or a file met.
pub fn render(plan: &Plan, avant: &BTreeMap<String, String>, threads: usize, progress: &Progress) -> Result<Rendu> {
    with_atelier(plan, avant, |atelier| atelier.render_all(threads, progress))
}

/// Loads the last results and what documents are made with, for `work` to make some of them.
///
/// # Errors
/// As [`render`].
pub fn with_atelier<T>(
    plan: &Plan,
    avant: &BTreeMap<String, String>,
    work: impl FnOnce(&Atelier<'_>) -> Result<T>,
) -> Result<T> {
    let resources = plan.resources();
    let geographie = Geographie::load(&resources, plan.millesime)?;
    let donnees = Donnees::load(plan, &geographie)?;
    let contingents = Contingents::load(plan, &geographie)?;
    let fond = Fond::load(plan, &geographie)?;
    work(&Atelier {
        plan,
        geographie: &geographie,
        donnees: &donnees,
        contingents: &contingents,
        fond: &fond,
        site: Site::whole(&donnees)?,
        imprimerie: Imprimerie::new(&resources)?,
        gabarits: resources.fingerprint(&["reports"])?,
        ecrits: Ecrits { plan, avant, rendu: Mutex::default() },
    })
}

/// A territory's review, and what its documents say around it.
pub struct Dossier {
    lieu: Lieu,
    revue: Revue,
    accroche: String,
}

impl Atelier<'_> {
    fn render_all(&self, threads: usize, progress: &Progress) -> Result<Rendu> {
        let departements = self.donnees.departements.values().map(|d| d.lieu.clone());
        let whole = [Lieu::territoire()].into_iter().chain(departements);
        let lieux: Vec<Lieu> = whole.chain(self.donnees.epci.iter().cloned()).collect();
        let landlords: Vec<String> = self.contingents.landlords(self.donnees).into_iter().collect();
        let holders = self.contingents.holders();
        let bar = progress.steps("Pages et documents", (lieux.len() + landlords.len()) as u64 + 2);
        shared_out(threads, lieux.len(), |i| {
            self.write_territory(&lieux[i])?;
            bar.inc(1);
            Ok(())
        })?;
        shared_out(threads, landlords.len(), |i| {
            let siren = &landlords[i];
            let html = self.site.actor(&Acteur::landlord(self.donnees, self.contingents, siren)?, "../")?;
            self.ecrits.plain(format!("bailleurs/{siren}.html"), html.as_bytes())?;
            bar.inc(1);
            Ok(())
        })?;
        for code in &holders {
            let html = self.site.actor(&Acteur::holder(self.donnees, self.contingents, code)?, "../")?;
            self.ecrits.plain(format!("reservataires/{code}.html"), html.as_bytes())?;
        }
        for (path, html) in self.site.common()? {
            self.ecrits.plain(path, html.as_bytes())?;
        }
        self.site.explorers(self.geographie, threads, |path, html| self.ecrits.plain(path, html))?;
        bar.inc(1);
        flux::write(self.donnees, self.contingents, self.geographie, threads, |path, bytes| {
            self.ecrits.plain(path, bytes)
        })?;
        bar.finish_and_clear();
        Ok(self.ecrits.rendu.lock().map(|mut r| std::mem::take(&mut *r)).unwrap_or_default())
    }

    fn contexte<'b>(&'b self, lieu: &'b Lieu) -> Contexte<'b> {
        Contexte { donnees: self.donnees, lieu, contingents: self.contingents, fond: self.fond, cadre: Cadre::PAGE }
    }

    /// Codes of the EPCI, by name.
    #[must_use]
    pub fn epci(&self) -> Vec<String> {
        self.donnees.epci.iter().map(|lieu| lieu.code.clone()).collect()
    }

    /// Builds the review of an EPCI, or of the whole perimeter for any other code.
    ///
    /// # Errors
    /// [`crate::error::Error::Chart`].
    pub fn dossier(&self, code: &str) -> Result<Dossier> {
        let lieu = self.donnees.epci.iter().find(|lieu| lieu.code == code).cloned().unwrap_or_else(Lieu::territoire);
        self.dossier_of(lieu)
    }

    fn dossier_of(&self, lieu: Lieu) -> Result<Dossier> {
        let c = self.contexte(&lieu);
        let (revue, accroche) = (revue::build(&c)?, revue::headline(&c));
        Ok(Dossier { lieu, revue, accroche })
    }

    /// The page of a review.
    ///
    /// # Errors
    /// [`crate::error::Error::Template`].
    pub fn page(&self, dossier: &Dossier) -> Result<String> {
        let racine = if dossier.lieu.is_territoire() { "" } else { "../" };
        self.site.review(&self.contexte(&dossier.lieu), &dossier.revue, racine)
    }

    fn document<'b>(&self, dossier: &'b Dossier) -> Document<'b> {
        let (plan, revue) = (self.plan, &dossier.revue);
        let titre = format!("{} — bilan {}", revue.libelle, plan.millesime);
        let mention = Mention::restreinte(plan);
        Document::new(plan, mention, titre, dossier.accroche.clone(), revue)
    }

    /// The PDF of a review.
    ///
    /// # Errors
    /// [`crate::error::Error::Pdf`].
    pub fn pdf(&self, dossier: &Dossier) -> Result<Vec<u8>> {
        let (code, year) = (&dossier.lieu.code, self.plan.millesime);
        self.imprimerie.print("revue.typ", &format!("bilan {code} {year}"), year, &self.document(dossier))
    }

    /// The deck of a review.
    ///
    /// # Errors
    /// [`crate::error::Error::Pdf`].
    pub fn deck(&self, dossier: &Dossier) -> Result<Vec<u8>> {
        let (code, year) = (&dossier.lieu.code, self.plan.millesime);
        let vues = Some(diaporama::vues(&self.contexte(&dossier.lieu), &dossier.revue)?);
        let document = Document { vues, ..self.document(dossier) };
        self.imprimerie.print("diaporama.typ", &format!("diaporama {code} {year}"), year, &document)
    }

    /// The workbook of a review; the whole perimeter's holds every table besides.
    ///
    /// # Errors
    /// [`crate::error::Error::Workbook`], or what a table met.
    pub fn workbook(&self, dossier: &Dossier) -> Result<Vec<u8>> {
        if dossier.lieu.is_territoire() {
            classeur::territory(self.plan, &self.donnees.manifeste, &dossier.revue)
        } else {
            classeur::of_part(self.plan, &dossier.revue)
        }
    }

    fn write_territory(&self, lieu: &Lieu) -> Result<()> {
        let dossier = self.dossier_of(lieu.clone())?;
        let code = &lieu.code;
        let page = self.page(&dossier)?;
        if lieu.is_territoire() {
            let home = self.site.home(&self.contexte(lieu), &dossier.revue)?;
            self.ecrits.plain("index.html".to_owned(), home.as_bytes())?;
            self.ecrits.plain("territoire.html".to_owned(), page.as_bytes())?;
        } else {
            let folder = if lieu.is_epci() { "epci" } else { "departements" };
            self.ecrits.plain(format!("{folder}/{code}.html"), page.as_bytes())?;
        }
        let empreinte = self.document(&dossier).empreinte(&self.gabarits)?;
        let [pdf, deck, workbook] = documents(code);
        self.ecrits.costly(pdf, &empreinte, || self.pdf(&dossier))?;
        self.ecrits.costly(deck, &empreinte, || self.deck(&dossier))?;
        if lieu.is_territoire() {
            // The whole perimeter's changes with any table.
            self.ecrits.plain(classeur::CLASSEUR.to_owned(), &self.workbook(&dossier)?)
        } else {
            self.ecrits.costly(workbook, &empreinte, || self.workbook(&dossier))
        }
    }
}
