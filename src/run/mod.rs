//! The whole chain, stage after stage, each redone only when what it reads has changed.

mod historique;
mod manifeste;
mod qualite;
mod reserves;
mod retouches;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::diffusion::Edition;
use crate::engine::{self, Etape, FACTS, Inputs, Table, Voulu};
use crate::error::{Error, Result};
use crate::ingest::{self, Ingestion};
use crate::law::{Droit, SeuilsDeLAnnee, rules_for};
use crate::partage::shared_out;
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::{Geographie, Parametres};
use crate::report;
use crate::resultats::{INDICATEURS, Total};
use crate::store::{self, Etat};

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Threads at work.
    pub threads: usize,
    /// Trust nothing that was kept: hash inputs and store again, compute and render again.
    pub verifier: bool,
    /// Render the pages.
    pub report: bool,
}

/// What a run did.
#[derive(Debug)]
pub struct Outcome {
    /// What reading the sources gave.
    pub ingestion: Ingestion,
    /// Messages about the project itself.
    pub notes: Vec<Diagnostic>,
    /// What cross-checks found of records, where they were made again.
    pub croises: Vec<Total>,
    /// The indicators were computed again.
    pub computed: bool,
    /// The pages were rendered again.
    pub rendered: bool,
    /// Files read again.
    pub read: usize,
}

impl Outcome {
    /// A whole file was refused.
    #[must_use]
    pub fn any_file_refused(&self) -> bool {
        self.ingestion.any_file_refused() || self.notes.iter().any(|d| d.gravite == crate::diagnostic::Gravite::Refus)
    }

    /// Anything at all was refused, or a legal value is assumed or too long unchecked: what `--strict` does not let by.
    #[must_use]
    pub fn any_refusal(&self) -> bool {
        let doubtful = self.notes.iter().any(|d| ["B0303", "B0304"].contains(&d.code.as_str()));
        self.any_file_refused() || self.ingestion.any_refusal() || doubtful
    }
}

/// Reads the sources into the store, and nothing more.
///
/// # Errors
/// [`Error::Usage`] when another command holds the project; the store's errors.
pub fn ingest(plan: &Plan, options: Options, progress: &Progress) -> Result<Checked> {
    let _lock = store::lock(&plan.cache())?;
    let geographie = Geographie::load(&plan.resources(), plan.millesime)?;
    let (_, ingestion) = read_and_remember(plan, &geographie, options, progress)?;
    Ok(Checked { ingestion, notes: Vec::new(), croises: Vec::new() })
}

/// Reads the sources, crosses them, and writes what was found: `rejets.csv`, `qualite.json` and the landlords' lists.
///
/// # Errors
/// As [`ingest`], and when the results folder cannot be written.
pub fn check(plan: &Plan, options: Options, progress: &Progress) -> Result<Checked> {
    let _lock = store::lock(&plan.cache())?;
    let geographie = Geographie::load(&plan.resources(), plan.millesime)?;
    let (mut etat, ingestion) = read_and_remember(plan, &geographie, options, progress)?;
    let seuils = SeuilsDeLAnnee::load(plan)?;
    let parametres = Parametres::load(&plan.resources())?;
    let droit = Droit { plan, geographie: &geographie, seuils: &seuils, parametres: &parametres };
    let (regles, mut notes) = rules_for(&droit)?;
    let inputs = Inputs { plan, ingestion: &ingestion, geographie: &geographie, seuils: &seuils, regles: &regles };
    let resultats = engine::compute(&inputs, Voulu::Controles, options.threads, progress, |_| Ok(()))?;
    let retouched = retouches::set_aside(plan, &etat, qualite::writes)?;
    // Cut short from here on, this check must not take for somebody's what it has written.
    let (before, others) = etat.resultats.sorties.into_iter().partition(|(file, _)| qualite::writes(file));
    etat.resultats.sorties = others;
    etat.save(&plan.cache())?;
    let found = qualite::write(plan, &ingestion, resultats.constatations, &resultats.bailleurs, options.threads)?;
    remove_stale(plan, &before, &found.fichiers);
    etat.resultats.sorties.extend(retouches::sizes(plan, found.fichiers));
    etat.save(&plan.cache())?;
    notes.extend(found.notes);
    notes.extend(retouched);
    Ok(Checked { ingestion, notes, croises: found.croises })
}

/// What a stage read, and what is to be said of the project besides.
#[derive(Debug)]
pub struct Checked {
    /// What reading the sources gave.
    pub ingestion: Ingestion,
    /// Messages about the project itself.
    pub notes: Vec<Diagnostic>,
    /// What cross-checks found of records.
    pub croises: Vec<Total>,
}

fn read_and_remember(
    plan: &Plan,
    geographie: &Geographie,
    options: Options,
    progress: &Progress,
) -> Result<(Etat, Ingestion)> {
    let cache = plan.cache();
    store::sweep(&cache);
    let mut etat = Etat::load(&cache, &plan.sortie);
    let ingestion = read_sources(plan, geographie, &mut etat, options, progress)?;
    etat.save(&cache)?;
    Ok((etat, ingestion))
}

/// Runs the chain.
///
/// # Errors
/// Whatever stops it; a refused file does not.
pub fn run(plan: &Plan, mut notes: Vec<Diagnostic>, options: Options, progress: &Progress) -> Result<Outcome> {
    let cache = plan.cache();
    let _lock = store::lock(&cache)?;
    store::sweep(&cache);
    store::sweep(&plan.sortie);
    let mut etat = Etat::load(&cache, &plan.sortie);
    let retouched = retouches::set_aside(plan, &etat, |_| true)?;
    let resources = plan.resources();
    let geographie = Geographie::load(&resources, plan.millesime)?;
    let outlines = if options.report { report::check_outlines(plan, &geographie)? } else { Vec::new() };
    let ingestion = read_sources(plan, &geographie, &mut etat, options, progress)?;
    etat.save(&cache)?;
    let seuils = SeuilsDeLAnnee::load(plan)?;
    let parametres = Parametres::load(&resources)?;
    let droit = Droit { plan, geographie: &geographie, seuils: &seuils, parametres: &parametres };
    let (regles, rule_notes) = rules_for(&droit)?;
    notes.extend(rule_notes);
    notes.extend(reserves::doubts(plan, &parametres, &seuils)?);

    let key = computation_key(plan, &ingestion, etat.dossier())?;
    let mut tables = etat.resultats.sorties.keys().filter(|f| !is_rendered(f)).peekable();
    let kept = tables.peek().is_some() && are_there(plan, tables) && engine::is_remembered(plan);
    let fresh = etat.resultats.calcul.as_deref() == Some(key.as_str()) && kept;
    let (mut computed, mut croises) = (false, Vec::new());
    if !fresh {
        etat.resultats.calcul = None;
        etat.resultats.rapport = None;
        let before = std::mem::take(&mut etat.resultats.tables);
        etat.save(&cache)?;
        let inputs = Inputs { plan, ingestion: &ingestion, geographie: &geographie, seuils: &seuils, regles: &regles };
        let prepare = |table: &Etape| prepare_table(plan, &before, table);
        let resultats = engine::compute(&inputs, Voulu::Tout, options.threads, progress, prepare);
        let resultats = resultats.inspect_err(|_| store::sweep(&plan.sortie))?;
        let quality = qualite::write(plan, &ingestion, resultats.constatations, &resultats.bailleurs, options.threads);
        let found = quality.inspect_err(|_| store::sweep(&plan.sortie))?;
        let mut written = publish_tables(plan, &mut etat, &resultats.tables, options.threads)?;
        store::join(&resultats.faits, &cache.join(FACTS).join("attributions.parquet"))?;
        resultats.consultation.write(plan, &ingestion)?;
        written.extend(found.fichiers);
        notes.extend(found.notes);
        croises = found.croises;
        written.extend(manifeste::write(plan, &ingestion, &geographie, &seuils, &notes)?);
        if let Some(tendance) = resultats.tables.iter().find(|t| t.nom == "tendance") {
            let table = Table::read(&tendance.fichier, &tendance.nom)?;
            notes.extend(historique::keep(plan, &geographie, &table)?);
        }
        // Pages of other figures do not stay beside these: they are rendered again below, or go.
        if !options.report {
            for page in etat.resultats.sorties.keys().filter(|f| is_rendered(f)) {
                let _ = std::fs::remove_file(plan.sortie.join(page));
            }
        }
        remove_stale(plan, &etat.resultats.sorties, &written);
        etat.resultats.sorties.retain(|file, _| options.report && is_rendered(file));
        etat.resultats.sorties.extend(retouches::sizes(plan, written));
        etat.resultats.calcul = Some(key.clone());
        etat.save(&cache)?;
        computed = true;
    }
    let mut rendered = false;
    // Of the maps and of the folder alone: the manifest does not hold them, since figures do not depend on them.
    notes.extend(outlines);
    notes.extend(retouched);
    if options.report {
        let page_key = rendering_key(plan, &key)?;
        if !is_whole(plan, &etat, &page_key) {
            render(plan, &mut etat, page_key, options.threads, progress)?;
            rendered = true;
        }
    }
    for (folder, told, command) in [
        (report::PUBLIQUE, "l'édition publique est incomplète, ou d'avant ces résultats", "bilan publish"),
        (report::PARTENAIRES, "les dossiers des partenaires sont incomplets, ou d'avant ces résultats", "bilan share"),
    ] {
        if report::is_outdated(plan, folder) {
            notes.push(Diagnostic::anomalie(
                "B0316",
                told,
                format!("relancez `{command}`, ou supprimez le dossier {folder} des résultats"),
            ));
        }
    }
    let read = ingestion.relus;
    Ok(Outcome { ingestion, notes, croises, computed, rendered, read })
}

/// Renders the pages from the last results, without computing anything; what the maps do not show.
///
/// # Errors
/// [`Error::Usage`] when there are no results yet.
pub fn render_again(plan: &Plan, threads: usize, progress: &Progress) -> Result<Vec<Diagnostic>> {
    let _lock = store::lock(&plan.cache())?;
    let (mut etat, page_key) = computed(plan)?;
    let outlines = report::check_outlines(plan, &Geographie::load(&plan.resources(), plan.millesime)?)?;
    render(plan, &mut etat, page_key, threads, progress)?;
    Ok(outlines)
}

/// The state of a project whose results are whole, and the key of its pages.
fn computed(plan: &Plan) -> Result<(Etat, String)> {
    let etat = Etat::load(&plan.cache(), &plan.sortie);
    let Some(key) = &etat.resultats.calcul else {
        return Err(Error::usage(
            "B0401",
            "aucun résultat complet à mettre en pages",
            "lancez d'abord `bilan run` sur ce projet",
        ));
    };
    retouches::refuse(plan, &etat)?;
    let page_key = rendering_key(plan, key)?;
    Ok((etat, page_key))
}

/// Writes the edition for everyone of the last results, without computing anything.
///
/// # Errors
/// [`Error::Usage`] when there are no results yet, or another command holds the project.
pub fn publish(plan: &Plan, threads: usize, progress: &Progress) -> Result<report::Avis> {
    let _lock = store::lock(&plan.cache())?;
    let (mut etat, _) = computed(plan)?;
    let edition = Edition::of_results(plan, threads)?;
    let (avis, empreintes) = report::publish(plan, &edition, &etat.resultats.publique, threads, progress)?;
    etat.resultats.publique = empreintes;
    etat.save(&plan.cache())?;
    Ok(avis)
}

/// Writes the folder of each partner from the last results, whose pages are rendered first unless they are there.
///
/// # Errors
/// [`Error::Usage`] when there are no results yet, or another command holds the project.
pub fn share(plan: &Plan, threads: usize, progress: &Progress) -> Result<Vec<report::Partenaire>> {
    let _lock = store::lock(&plan.cache())?;
    let (mut etat, page_key) = computed(plan)?;
    if !is_whole(plan, &etat, &page_key) {
        render(plan, &mut etat, page_key, threads, progress)?;
    }
    report::share(plan, threads, progress)
}

/// Whether every file of the results is there, its pages as this key has them.
fn is_whole(plan: &Plan, etat: &Etat, page_key: &str) -> bool {
    etat.resultats.rapport.as_deref() == Some(page_key) && are_there(plan, etat.resultats.sorties.keys())
}

fn are_there<'f>(plan: &Plan, mut files: impl Iterator<Item = &'f String>) -> bool {
    files.all(|f| plan.sortie.join(f).is_file())
}

/// Changes when anything that the pages are made from does: the figures, the templates, the outlines of maps.
fn rendering_key(plan: &Plan, computed: &str) -> Result<String> {
    let outlines = plan.contours.as_ref().map(|file| std::fs::read(plan.racine.join(file)));
    let outlines =
        outlines.map_or_else(String::new, |bytes| bytes.map_or_else(|_| String::new(), |b| store::sha256(&b)));
    let templates = plan.resources().fingerprint(&["reports"])?;
    Ok(store::sha256(format!("{computed} {templates} {outlines} {:?}", plan.contours).as_bytes()))
}

fn render(plan: &Plan, etat: &mut Etat, page_key: String, threads: usize, progress: &Progress) -> Result<()> {
    etat.resultats.rapport = None;
    etat.save(&plan.cache())?;
    let rendu = report::render(plan, &etat.resultats.empreintes, threads, progress)?;
    let mut kept: BTreeSet<String> = etat.resultats.sorties.keys().filter(|f| !is_rendered(f)).cloned().collect();
    kept.extend(rendu.fichiers.iter().cloned());
    etat.resultats.empreintes = rendu.empreintes;
    remove_stale(plan, &etat.resultats.sorties, &kept);
    etat.resultats.sorties.retain(|file, _| !is_rendered(file));
    etat.resultats.sorties.extend(retouches::sizes(plan, rendu.fichiers));
    etat.resultats.rapport = Some(page_key);
    etat.save(&plan.cache())
}

fn read_sources(
    plan: &Plan,
    geographie: &Geographie,
    etat: &mut Etat,
    options: Options,
    progress: &Progress,
) -> Result<Ingestion> {
    if options.verifier {
        etat.forget();
        etat.save(&plan.cache())?;
        engine::forget_steps(&plan.cache())?;
    }
    let key = store::project_key(&plan.cache())?;
    let how = ingest::Options { verifier: options.verifier, threads: options.threads };
    ingest::ingest(plan, geographie, &key, etat, how, progress)
}

/// Changes when anything that the figures depend on does.
fn computation_key(plan: &Plan, ingestion: &Ingestion, dossier: &str) -> Result<String> {
    let resources = plan.resources();
    let mut parts = vec![
        env!("CARGO_PKG_VERSION").to_owned(),
        serde_json::to_string(plan)?,
        resources.fingerprint(&["pipelines", "schemas", "reference"])?,
        dossier.to_owned(),
    ];
    for back in 1..=2 {
        let kept = engine::history_file(&plan.cache(), plan.millesime - back);
        parts.push(std::fs::read(kept).map_or_else(|_| String::new(), |bytes| store::sha256(&bytes)));
    }
    for file in &ingestion.fichiers {
        parts.push(format!("{} {} {:?} {:?}", file.fichier, file.sha256, file.parquet, file.refus));
    }
    Ok(store::sha256(parts.join("\n").as_bytes()))
}

/// The two files of a published table: for programs and for spreadsheets.
const FORMATS: [&str; 2] = ["parquet", "csv"];

fn table_files(plan: &Plan, nom: &str) -> [PathBuf; 2] {
    FORMATS.map(|format| plan.sortie.join(INDICATEURS).join(format!("{nom}.{format}")))
}

/// Writes a table beside its place, unless it is that of the last run: none is published before all are there.
fn prepare_table(plan: &Plan, before: &BTreeMap<String, String>, table: &Etape) -> Result<()> {
    let files = table_files(plan, &table.nom);
    if before.get(&table.nom) == Some(&table.cle) && files.iter().all(|f| f.is_file()) {
        return Ok(());
    }
    let [parquet, csv] = files;
    store::make_parent(&parquet)?;
    std::fs::copy(&table.fichier, store::temporary(&parquet)).map_err(Error::io("écrire", &parquet))?;
    let (schema, batches) = store::batches(&table.fichier)?;
    let out = File::create(store::temporary(&csv)).map_err(Error::io("écrire", &csv))?;
    engine::write_csv(&schema, batches, out, &csv)
}

/// Puts the tables that were prepared in their place; returns the paths of all, relative to the results folder.
fn publish_tables(plan: &Plan, etat: &mut Etat, tables: &[Etape], threads: usize) -> Result<BTreeSet<String>> {
    shared_out(threads, tables.len(), |i| {
        let prepared = table_files(plan, &tables[i].nom).map(|file| (store::temporary(&file), file));
        prepared
            .iter()
            .filter(|(partial, _)| partial.is_file())
            .try_for_each(|(partial, file)| store::replace(partial, file))
    })?;
    etat.resultats.tables = tables.iter().map(|table| (table.nom.clone(), table.cle.clone())).collect();
    let names = tables.iter().flat_map(|t| FORMATS.map(|format| format!("{INDICATEURS}/{}.{format}", t.nom)));
    Ok(names.collect())
}

/// Whether the report stage writes this file.
fn is_rendered(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|e| e == "html" || e == "xlsx" || e == "pdf") || file.starts_with("flux/")
}

/// Removes what an earlier run wrote and this one no longer does; what is rendered stays until it is rendered again.
fn remove_stale(plan: &Plan, before: &BTreeMap<String, u64>, now: &BTreeSet<String>) {
    let rendered = now.contains("index.html");
    for file in before.keys().filter(|f| !now.contains(*f) && (rendered || !is_rendered(f))) {
        let _ = std::fs::remove_file(plan.sortie.join(file));
    }
}
