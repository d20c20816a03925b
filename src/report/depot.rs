//! A folder to hand over, beside the results: its files, a notice that names each of them, and nothing that an earlier one left. A
//! document is set again only when what it is made from has changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::sortie::write;
use crate::error::{Error, Result};
use crate::project::Plan;
use crate::resultats::{Identite, MANIFESTE};
use crate::store;

/// What a folder says of itself and of its files.
#[derive(Debug, Serialize, Deserialize)]
pub struct Avis {
    /// Version of this file's shape.
    pub version: u32,
    /// Which results it tells.
    #[serde(flatten)]
    pub identite: Identite,
    /// Fewest households of a count that is not 0, in an edition that keeps small ones secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seuil_diffusion: Option<i64>,
    /// Digest of the results that it tells: of their manifest, and of the definitions that they rest on.
    pub resultats: String,
    /// SHA-256 of every other file, by path relative to the folder.
    pub fichiers: BTreeMap<String, String>,
}

impl Avis {
    /// What the folder of this name says, if it stands beside the results.
    #[must_use]
    pub fn load(plan: &Plan, dossier: &str) -> Option<Self> {
        let bytes = std::fs::read(plan.sortie.join(dossier).join(MANIFESTE)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// Whether the folder of this name was cut short, or tells other results than those that stand beside it.
#[must_use]
pub fn is_outdated(plan: &Plan, dossier: &str) -> bool {
    let tells_others = |avis: Avis| results_digest(plan).map_or(true, |digest| digest != avis.resultats);
    journal(plan, dossier).exists() || Avis::load(plan, dossier).is_some_and(tells_others)
}

/// Paths of the files written since the last notice: there only while a folder is being written, or after that was cut short.
const EN_COURS: &str = "en-cours.txt";

fn results_digest(plan: &Plan) -> Result<String> {
    let path = plan.sortie.join(MANIFESTE);
    let mut content = std::fs::read(&path).map_err(Error::io("lire", &path))?;
    // The manifest names the files that a project puts in the place of the program's, and not what they hold.
    content.extend(plan.resources().fingerprint(&["pipelines", "schemas", "reference"])?.bytes());
    Ok(store::sha256(&content))
}

fn journal(plan: &Plan, dossier: &str) -> PathBuf {
    plan.sortie.join(dossier).join(EN_COURS)
}

/// Such a folder being written, by several threads.
pub(super) struct Depot<'a> {
    plan: &'a Plan,
    dossier: &'static str,
    /// Files of the folder as it stands, each with the digest that its notice gives.
    avant: BTreeMap<String, String>,
    /// Digest of what each costly one was made from.
    empreintes: &'a BTreeMap<String, String>,
    ecrits: Mutex<Ecrits>,
    journal: Mutex<File>,
}

/// What was written.
#[derive(Default)]
struct Ecrits {
    fichiers: BTreeMap<String, String>,
    empreintes: BTreeMap<String, String>,
}

impl<'a> Depot<'a> {
    /// The folder of this name, as it stands; `empreintes` is what the last one said of its costly files.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(super) fn open(
        plan: &'a Plan,
        dossier: &'static str,
        empreintes: &'a BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut avant = Avis::load(plan, dossier).map(|avis| avis.fichiers).unwrap_or_default();
        let path = journal(plan, dossier);
        // What one that was cut short wrote is no file of any notice.
        for written in std::fs::read_to_string(&path).unwrap_or_default().lines() {
            avant.entry(written.to_owned()).or_default();
        }
        store::make_parent(&path)?;
        let journal = File::options().create(true).append(true).open(&path).map_err(Error::io("écrire", &path))?;
        Ok(Self { plan, dossier, avant, empreintes, ecrits: Mutex::default(), journal: Mutex::new(journal) })
    }

    fn add(&self, path: String, sha256: String, empreinte: Option<String>) {
        let mut ecrits = self.ecrits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(empreinte) = empreinte {
            ecrits.empreintes.insert(path.clone(), empreinte);
        }
        ecrits.fichiers.insert(path, sha256);
    }

    /// Writes a file, its path relative to the folder.
    pub(super) fn keep(&self, path: String, bytes: &[u8]) -> Result<()> {
        let sha256 = self.write(&path, bytes)?;
        self.add(path, sha256, None);
        Ok(())
    }

    /// Makes a file unless it stands there as its notice says, made from the same.
    pub(super) fn keep_costly(
        &self,
        path: String,
        empreinte: String,
        make: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<()> {
        let same = self.empreintes.get(&path) == Some(&empreinte);
        let told = self.avant.get(&path).filter(|sha256| same && self.stands(&path, sha256));
        let sha256 = told.map_or_else(|| self.write(&path, &make()?), |sha256| Ok(sha256.clone()))?;
        self.add(path, sha256, Some(empreinte));
        Ok(())
    }

    fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.dossier)
    }

    /// Whether the file is there, with this digest.
    fn stands(&self, path: &str, sha256: &str) -> bool {
        let bytes = std::fs::read(self.plan.sortie.join(self.place(path)));
        bytes.is_ok_and(|bytes| store::sha256(&bytes) == sha256)
    }

    /// Writes a file; its digest.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<String> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(journal, "{path}").map_err(Error::io("écrire", &self::journal(self.plan, self.dossier)))?;
        drop(journal);
        write(self.plan, &self.place(path), bytes)?;
        Ok(store::sha256(bytes))
    }

    /// Once every file is there, takes away what an earlier folder left, and writes the notice; with it, the digest of what each
    /// costly file was made from.
    pub(super) fn close(
        self,
        identite: Identite,
        seuil_diffusion: Option<i64>,
    ) -> Result<(Avis, BTreeMap<String, String>)> {
        let Self { plan, dossier, avant, ecrits, journal: file, .. } = self;
        let Ecrits { fichiers, empreintes } = ecrits.into_inner().unwrap_or_else(PoisonError::into_inner);
        let folder = plan.sortie.join(dossier);
        // Before the notice: cut short between the two, what is to go would be in no list. One that was meddled with has nothing
        // removed elsewhere.
        let inside = |path: &&String| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        for gone in avant.keys().filter(inside).filter(|path| !fichiers.contains_key(*path)) {
            let _ = std::fs::remove_file(folder.join(gone));
            // Those that hold something else stay.
            let emptied = Path::new(gone).ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
            emptied.for_each(|parent| drop(std::fs::remove_dir(folder.join(parent))));
        }
        let avis = Avis { version: 1, identite, seuil_diffusion, resultats: results_digest(plan)?, fichiers };
        let mut text = serde_json::to_vec_pretty(&avis)?;
        text.push(b'\n');
        write(plan, &format!("{dossier}/{MANIFESTE}"), &text)?;
        drop(file);
        let path = journal(plan, dossier);
        std::fs::remove_file(&path).map_err(Error::io("supprimer", &path))?;
        Ok((avis, empreintes))
    }
}
