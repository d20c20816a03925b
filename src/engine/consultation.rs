//! What can be asked after a run: views over the results, the table of facts, the sources they come from, and what the run
//! knew besides; a statement may then name `demandes` as those of the run do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ETAPES, Engine, Limits, Prevue, Table, etapes, reachable, tables};
use crate::error::{Error, Result};
use crate::ingest::Ingestion;
use crate::project::Plan;
use crate::resultats::INDICATEURS;
use crate::schema::Schema;
use crate::store;

/// Folder of the cache where what the run knew is kept.
const CONSULTATION: &str = "consultation";
/// What it was given that a question may need.
const DONNEES: [&str; 7] =
    ["parametres", "territoires", "communes", "seuils", "delais_anormaux", "modalites", "annees_construction"];
/// Landlords of the list, by SIREN: their name (of several, the first in the order of letters), and whether each signs a lease of
/// the year, in the perimeter or not.
const BAILLEURS: (&str, &str) = (
    "bailleurs",
    "SELECT l.siren, MIN(l.nom) AS nom, MAX(CASE WHEN s.bailleur IS NULL THEN 0 ELSE 1 END) AS signe \
     FROM source_bailleurs l \
     LEFT JOIN (SELECT DISTINCT a.bailleur FROM source_attributions a CROSS JOIN parametres p \
                WHERE EXTRACT(YEAR FROM a.date_bail) = p.millesime) s ON s.bailleur = l.siren \
     GROUP BY l.siren ORDER BY l.siren",
);
/// Which files of the store the results come from, and the views over them.
const MEMOIRE: &str = "memoire.json";

/// What is kept of a run for the questions asked after it.
#[derive(Debug)]
pub struct Consultation {
    donnees: Vec<Table>,
    etapes: Vec<(String, Vec<PathBuf>)>,
    vues: Vec<(String, String)>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Memoire {
    /// Parquet files of the store by source, relative to the cache.
    sources: Vec<(String, Vec<PathBuf>)>,
    /// Those of the steps that the views name.
    etapes: Vec<(String, Vec<PathBuf>)>,
    /// Views by name, each after those it names.
    vues: Vec<(String, String)>,
}

impl Consultation {
    /// What a worker was given, and the steps that it went through.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub(super) fn of(engine: &Engine, prevues: &[Prevue<'_>]) -> Result<Self> {
        let read = |nom| engine.query(nom, &format!("SELECT * FROM {nom}"));
        let mut donnees = DONNEES.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        donnees.push(engine.query(BAILLEURS.0, BAILLEURS.1)?);
        let (mut etapes, mut vues): (Vec<_>, Vec<(String, String)>) = (Vec::new(), Vec::new());
        for prevue in prevues.iter().filter(|prevue| prevue.vue) {
            vues.extend(prevue.enonces.iter().map(|sql| (prevue.nom().to_owned(), sql.clone())));
        }
        let named: BTreeSet<String> = vues.iter().filter_map(|(_, sql)| etapes::names(sql)).flatten().collect();
        for prevue in prevues.iter().filter(|prevue| !prevue.vue && named.contains(prevue.nom())) {
            // Published tables are kept among the results.
            if prevue.published().is_none() {
                etapes.push((prevue.nom().to_owned(), prevue.fichiers.clone()));
            }
        }
        Ok(Self { donnees, etapes, vues })
    }

    /// Writes it in the project's cache.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Parquet`].
    pub fn write(&self, plan: &Plan, ingestion: &Ingestion) -> Result<()> {
        let cache = plan.cache();
        for table in &self.donnees {
            store::write_table(&kept(&cache, &table.nom), &table.schema, &table.batches)?;
        }
        let mut sources: Vec<(String, Vec<PathBuf>)> = Vec::new();
        for file in &ingestion.fichiers {
            let Some(parquet) = &file.parquet else { continue };
            match sources.iter_mut().find(|(name, _)| *name == file.schema) {
                Some((_, files)) => files.push(PathBuf::from(parquet)),
                None => sources.push((file.schema.clone(), vec![PathBuf::from(parquet)])),
            }
        }
        // The engine's own paths are those of the folder as the system knows it.
        let root = reachable(&cache)?;
        let below = |file: &PathBuf| file.strip_prefix(&root).unwrap_or(file).to_owned();
        let etapes = self.etapes.iter().map(|(nom, files)| (nom.clone(), files.iter().map(below).collect())).collect();
        let memoire = Memoire { sources, etapes, vues: self.vues.clone() };
        store::write_atomically(&cache.join(CONSULTATION).join(MEMOIRE), &serde_json::to_vec(&memoire)?)
    }
}

/// File of the cache that keeps a table.
fn kept(cache: &Path, nom: &str) -> PathBuf {
    cache.join(CONSULTATION).join(format!("{nom}.parquet"))
}

/// Whether all that questions need of the last run is kept.
#[must_use]
pub fn is_remembered(plan: &Plan) -> bool {
    Memoire::load(&plan.cache()).is_some()
}

impl Memoire {
    /// That of the last run, if one was kept whole.
    fn load(cache: &Path) -> Option<Self> {
        let whole = DONNEES.into_iter().chain([BAILLEURS.0]).all(|nom| store::is_whole(&kept(cache, nom)));
        let bytes = whole.then(|| std::fs::read(cache.join(CONSULTATION).join(MEMOIRE)))?.ok()?;
        let memoire: Self = serde_json::from_slice(&bytes).ok()?;
        let mut steps = memoire.etapes.iter().flat_map(|(_, files)| files);
        steps.all(|file| store::is_whole(&cache.join(file))).then_some(memoire)
    }
}

/// Landlords of the list that the last run was given: `siren`, `nom`, and `signe`, 1 where one signs a lease of the year, in the
/// perimeter or not.
///
/// # Errors
/// [`Error::Usage`] when the results are of another version; [`Error::Damaged`].
pub fn listed_landlords(plan: &Plan) -> Result<Table> {
    let file = kept(&plan.cache(), BAILLEURS.0);
    if store::is_whole(&file) { Table::read(&file, BAILLEURS.0) } else { Err(forgotten()) }
}

/// What questions need of the last run is not kept, or not whole.
fn forgotten() -> Error {
    missing("résultats d'une autre version du programme, ou dont la mémoire est abîmée".to_owned())
}

fn missing(message: String) -> Error {
    Error::usage("B0401", message, "lancez `bilan run` sur ce projet")
}

/// Engine for questions asked after a run, which reads and writes nothing.
///
/// # Errors
/// [`Error::Usage`] when the project has no results yet, or those of another version; [`Error::Engine`].
pub fn open_results(plan: &Plan, threads: usize) -> Result<Engine> {
    let indicateurs = plan.sortie.join(INDICATEURS);
    if !indicateurs.is_dir() {
        return Err(missing(format!("aucun résultat dans « {} »", plan.sortie.display())));
    }
    let cache = reachable(&plan.cache())?;
    let memoire = Memoire::load(&cache).ok_or_else(forgotten)?;
    let gone = |file: &&PathBuf| !store::is_whole(&cache.join(file));
    if let Some(gone) = memoire.sources.iter().flat_map(|(_, files)| files).find(gone) {
        let told =
            format!("ces résultats viennent d'un fichier qui n'est plus dans le projet : .bilan/{}", gone.display());
        return Err(missing(told));
    }
    let indicateurs = reachable(&indicateurs)?;
    let (faits, consultation) = (reachable(&cache.join("faits"))?, reachable(&cache.join(CONSULTATION))?);
    let engine = Engine::open(&Limits {
        threads,
        memory: "1000MB".to_owned(),
        folders: vec![
            indicateurs.clone(),
            faits.clone(),
            consultation.clone(),
            reachable(&cache.join("store"))?,
            reachable(&cache.join(ETAPES))?,
        ],
        spill: reachable(&cache.join("tmp"))?,
    })?;
    for (folder, prefix) in [(&indicateurs, ""), (&faits, "faits_"), (&consultation, "")] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .map_err(Error::io("lire", folder))?
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| e == "parquet"))
            .collect();
        files.sort();
        for file in files {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            engine.view(&format!("{prefix}{stem}"), &[file])?;
        }
    }
    for schema in Schema::load_all(&plan.resources(), plan.millesime)? {
        match memoire.sources.iter().find(|(name, _)| *name == schema.nom) {
            Some((_, files)) => {
                let files: Vec<PathBuf> = files.iter().map(|file| cache.join(file)).collect();
                engine.view(&tables::source(&schema.nom), &files)?;
            }
            None => drop(tables::empty_source(&engine, &schema)?),
        }
    }
    for (nom, files) in &memoire.etapes {
        let files: Vec<PathBuf> = files.iter().map(|file| cache.join(file)).collect();
        engine.view(nom, &files)?;
    }
    let lieux = (tables::LIEUX.to_owned(), tables::lieux());
    for (nom, sql) in std::iter::once(&lieux).chain(&memoire.vues) {
        engine.execute(nom, &format!("CREATE VIEW {nom} AS {sql}"))?;
    }
    Ok(engine)
}
