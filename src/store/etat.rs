//! What the last run saw and made, so that the next one does only what changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::write_atomically;
use crate::error::{Error, Result};

/// `.bilan/etat.json`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Etat {
    /// Input files, by path relative to the project.
    #[serde(default)]
    pub fichiers: BTreeMap<String, FichierVu>,
    /// What was made in the results folder in hand.
    #[serde(skip)]
    pub resultats: Resultats,
    /// The same of every results folder, by its name.
    #[serde(default)]
    dossiers: BTreeMap<String, Resultats>,
    /// The results folder in hand.
    #[serde(default)]
    dossier: String,
}

/// What was made in a results folder.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Resultats {
    /// Key of the last complete computation, and of the last complete rendering; absent while one is under way, and where the
    /// project has last computed for another folder: what it remembers of it is then not of this one.
    #[serde(default)]
    pub calcul: Option<String>,
    /// As `calcul`, for the pages.
    #[serde(default)]
    pub rapport: Option<String>,
    /// Digest of what each published table was made from.
    #[serde(default)]
    pub tables: BTreeMap<String, String>,
    /// Digest of what each costly file of the last rendering was made from.
    #[serde(default)]
    pub empreintes: BTreeMap<String, String>,
    /// The same of the last public edition.
    #[serde(default)]
    pub publique: BTreeMap<String, String>,
    /// Files of the last run under the results folder, and their size in bytes.
    #[serde(default)]
    pub sorties: BTreeMap<String, u64>,
}

/// An input file as last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FichierVu {
    /// Size, time and inode: unchanged means the content is taken as unchanged.
    pub stamp: Stamp,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// A file's identity without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub taille: u64,
    /// Modification, nanoseconds since 1970.
    pub mtime: u128,
    /// Inode, where the system has one.
    pub inode: u64,
}

impl Stamp {
    /// Reads the identity of a file.
    ///
    /// # Errors
    /// The system's, when the file cannot be reached.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let meta = std::fs::metadata(path)?;
        let mtime = meta.modified()?.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(Self { taille: meta.len(), mtime, inode })
    }
}

const STATE_FILE: &str = "etat.json";

impl Etat {
    /// The last state, with that of the results folder `sortie`, or empty ones; a damaged file is as good as none.
    #[must_use]
    pub fn load(cache: &Path, sortie: &Path) -> Self {
        let racine = cache.parent().unwrap_or(cache);
        let mut etat: Self = std::fs::read(cache.join(STATE_FILE))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let dossier = named(racine, sortie);
        etat.dossiers.retain(|name, _| *name == dossier || racine.join(name).is_dir());
        etat.resultats = etat.dossiers.remove(&dossier).unwrap_or_default();
        if etat.dossier != dossier {
            (etat.resultats.calcul, etat.resultats.rapport) = (None, None);
            etat.dossier = dossier;
        }
        etat
    }

    /// Name of the results folder in hand.
    #[must_use]
    pub fn dossier(&self) -> &str {
        &self.dossier
    }

    /// Trusts nothing that the last run made: all of it is to be made again.
    pub fn forget(&mut self) {
        for resultats in self.dossiers.values_mut().chain([&mut self.resultats]) {
            let sorties = std::mem::take(&mut resultats.sorties);
            *resultats = Resultats { sorties, ..Resultats::default() };
        }
    }

    /// Writes the state.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, cache: &Path) -> Result<()> {
        let mut written = self.clone();
        written.dossiers.insert(self.dossier.clone(), self.resultats.clone());
        let text = serde_json::to_vec_pretty(&written).map_err(Error::from)?;
        write_atomically(&cache.join(STATE_FILE), &text)
    }
}

/// How a results folder is named: from the project where it stands in it, so that a project moved or copied keeps its results;
/// by its whole path elsewhere.
fn named(racine: &Path, sortie: &Path) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let sortie = whole(sortie);
    sortie.strip_prefix(whole(racine)).unwrap_or(&sortie).to_string_lossy().into_owned()
}
