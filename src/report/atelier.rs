//! The rendering of everything: territories shared out among threads, each built once and written as page, PDF, deck and
//! workbook; what has not changed is neither set again nor rewritten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::cartes::Fond;
use super::diaporama;
use super::donnees::{Donnees, Lieu};
use super::pdf::Imprimerie;
use super::revue::{self, Contexte, Contingents, Revue};
use super::site::Site;
use super::{classeur, flux};
use crate::error::Result;
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
/// Stack of a rendering thread: deeply nested content is laid out recursively.
const STACK: usize = 16 << 20;

/// What the PDF templates read.
#[derive(Serialize)]
struct Document<'a> {
    titre: String,
    millesime: i32,
    millesime_rpls: i32,
    extraction: String,
    fictif: bool,
    mention: &'static str,
    accroche: String,
    lignes_max: usize,
    revue: &'a Revue,
    #[serde(skip_serializing_if = "Option::is_none")]
    vues: Option<Vec<diaporama::Vue>>,
}

/// What every page and document says of its data.
pub(super) fn mention(plan: &Plan) -> &'static str {
    if plan.fictif {
        "Registre tiré au sort sur une carte réelle"
    } else {
        "Effectifs non masqués, réservés aux membres de la conférence"
    }
}

/// Writes a file unless it already holds these bytes.
pub(super) fn write(plan: &Plan, path: &str, bytes: &[u8]) -> Result<()> {
    let file = plan.sortie.join(path);
    if std::fs::read(&file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    store::write_atomically(&file, bytes)
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
struct Atelier<'a> {
    plan: &'a Plan,
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
    let resources = plan.resources();
    let geographie = Geographie::load(&resources, plan.millesime)?;
    let donnees = Donnees::load(plan, &geographie)?;
    let contingents = Contingents::load(plan, &geographie)?;
    let fond = Fond::load(plan, &geographie)?;
    let atelier = Atelier {
        plan,
        donnees: &donnees,
        contingents: &contingents,
        fond: &fond,
        site: Site::new(&donnees)?,
        imprimerie: Imprimerie::new(&resources)?,
        gabarits: resources.fingerprint(&["reports"])?,
        ecrits: Ecrits { plan, avant, rendu: Mutex::default() },
    };
    let lieux: Vec<Lieu> = [Lieu::territoire()].into_iter().chain(donnees.epci()).collect();
    let landlords: Vec<String> = donnees.landlords().into_iter().collect();
    let bar = progress.steps("Pages et documents", (lieux.len() + landlords.len()) as u64 + 2);
    shared_out(threads, lieux.len(), |i| {
        atelier.territory(&lieux[i])?;
        bar.inc(1);
        Ok(())
    })?;
    for siren in &landlords {
        let html = atelier.site.landlord(siren, &contingents)?;
        atelier.ecrits.plain(format!("bailleurs/{siren}.html"), html.as_bytes())?;
        bar.inc(1);
    }
    for (path, html) in atelier.site.common(&geographie)? {
        atelier.ecrits.plain(path, html.as_bytes())?;
    }
    bar.inc(1);
    let Atelier { ecrits, .. } = atelier;
    let mut rendu = ecrits.rendu.into_inner().unwrap_or_default();
    rendu.fichiers.extend(flux::write(plan, &donnees.bailleurs, &geographie)?);
    bar.finish_and_clear();
    Ok(rendu)
}

/// Runs `work` on 0..n, on several threads; the first error stops them all.
fn shared_out(threads: usize, n: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    std::thread::scope(|scope| -> std::io::Result<()> {
        for _ in 0..threads.clamp(1, n.max(1)) {
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let stop = failed.lock().map_or(true, |f| f.is_some());
                    if i >= n || stop {
                        break;
                    }
                    if let (Err(error), Ok(mut first)) = (work(i), failed.lock()) {
                        first.get_or_insert(error);
                    }
                }
            })?;
        }
        Ok(())
    })
    .map_err(crate::error::Error::io("lancer un fil d'exécution pour", Path::new("les pages")))?;
    failed.into_inner().unwrap_or_default().map_or(Ok(()), Err)
}

impl Atelier<'_> {
    fn territory(&self, lieu: &Lieu) -> Result<()> {
        let c = Contexte { donnees: self.donnees, lieu, contingents: self.contingents, fond: self.fond };
        let revue = revue::build(&c)?;
        let code = &lieu.code;
        if lieu.is_territoire() {
            self.ecrits.plain("index.html".to_owned(), self.site.home(&c, &revue)?.as_bytes())?;
            self.ecrits.plain("territoire.html".to_owned(), self.site.review(&c, &revue, "")?.as_bytes())?;
        } else {
            self.ecrits.plain(format!("epci/{code}.html"), self.site.review(&c, &revue, "../")?.as_bytes())?;
        }
        let year = self.plan.millesime;
        let mut document = Document {
            titre: format!("{} — bilan {year}", revue.libelle),
            millesime: year,
            millesime_rpls: self.donnees.manifeste.millesime_rpls,
            extraction: self.plan.date_extraction.format("%d/%m/%Y").to_string(),
            fictif: self.plan.fictif,
            mention: mention(self.plan),
            accroche: revue::headline(&c),
            lignes_max: LIGNES_PDF,
            revue: &revue,
            vues: None,
        };
        let bytes = serde_json::to_vec(&document)?;
        let made_from = format!("{} {} {}", env!("CARGO_PKG_VERSION"), self.gabarits, store::sha256(&bytes));
        let empreinte = store::sha256(made_from.as_bytes());
        self.ecrits.costly(format!("pdf/{code}.pdf"), &empreinte, || {
            self.imprimerie.print("revue.typ", &format!("bilan {code} {year}"), year, &document)
        })?;
        document.vues = Some(diaporama::vues(&c, &revue));
        self.ecrits.costly(format!("pdf/{code}-diaporama.pdf"), &empreinte, || {
            self.imprimerie.print("diaporama.typ", &format!("diaporama {code} {year}"), year, &document)
        })?;
        if lieu.is_territoire() {
            // The whole perimeter's holds every table, and changes with any of them.
            let bytes = classeur::territory(self.plan, &self.donnees.manifeste, &revue)?;
            self.ecrits.plain(classeur::CLASSEUR.to_owned(), &bytes)
        } else {
            self.ecrits.costly(format!("classeurs/{code}.xlsx"), &empreinte, || classeur::of_epci(self.plan, &revue))
        }
    }
}
