//! What can be asked after a run: views over the results, the table of facts and the sources they come from.

use std::path::{Path, PathBuf};

use super::{Engine, Limits, reachable};
use crate::error::{Error, Result};
use crate::ingest::Ingestion;
use crate::project::Plan;
use crate::store;

/// Engine for questions asked after a run: views over the results and the table of facts, nothing else.
///
/// # Errors
/// [`Error::Usage`] when the project has no results yet, [`Error::Engine`].
pub fn open_results(plan: &Plan, threads: usize) -> Result<Engine> {
    let indicateurs = plan.sortie.join("indicateurs");
    if !indicateurs.is_dir() {
        return Err(Error::usage(
            "B0401",
            format!("aucun résultat dans « {} »", plan.sortie.display()),
            "lancez d'abord `bilan run` sur ce projet",
        ));
    }
    let cache = reachable(&plan.cache())?;
    let indicateurs = reachable(&indicateurs)?;
    let faits = cache.join("faits");
    let engine = Engine::open(&Limits {
        threads,
        memory: "1000MB".to_owned(),
        folders: vec![indicateurs.clone(), reachable(&faits)?, reachable(&cache.join("store"))?],
        spill: reachable(&cache.join("tmp"))?,
    })?;
    for (folder, prefix) in [(&indicateurs, ""), (&faits, "faits_")] {
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
    for (source, files) in stored_sources(&cache)? {
        engine.view(&format!("source_{source}"), &files)?;
    }
    Ok(engine)
}

/// Parquet files of the last run, by source.
fn stored_sources(cache: &Path) -> Result<Vec<(String, Vec<PathBuf>)>> {
    let path = cache.join("faits").join("sources.json");
    let Ok(bytes) = std::fs::read(&path) else { return Ok(Vec::new()) };
    let sources: Vec<(String, Vec<PathBuf>)> = serde_json::from_slice(&bytes)?;
    Ok(sources.into_iter().map(|(name, files)| (name, files.iter().map(|f| cache.join(f)).collect())).collect())
}

/// Remembers which files of the store the results come from, for `bilan query`.
///
/// # Errors
/// [`Error::Io`].
pub fn remember_sources(plan: &Plan, ingestion: &Ingestion) -> Result<()> {
    let mut sources: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for file in &ingestion.fichiers {
        let Some(parquet) = &file.parquet else { continue };
        match sources.iter_mut().find(|(name, _)| *name == file.schema) {
            Some((_, files)) => files.push(PathBuf::from(parquet)),
            None => sources.push((file.schema.clone(), vec![PathBuf::from(parquet)])),
        }
    }
    let path = plan.cache().join("faits").join("sources.json");
    store::write_atomically(&path, &serde_json::to_vec(&sources)?)
}
