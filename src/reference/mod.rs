//! Dated facts carried by the program — geography, thresholds, legal rules, nomenclatures — with the SQL, schemas and
//! templates that stand beside them. Each file can be overridden by a file of the same path in the user's project.

mod catalogue;
mod geographie;
mod nomenclature;
mod parametres;
mod plages;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::syntaxe;

pub use catalogue::{CodeExplique, by_family, catalogue, markdown};
pub use geographie::{Commune, GRAND_PARIS, Geographie, Niveau, Recode};
pub use nomenclature::Nomenclatures;
pub use parametres::{Confiance, Parametre, Parametres};
pub(crate) use parametres::{toml_date, toml_interval};
pub use plages::{Plage, plages};

static PIPELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pipelines");
static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schemas");
static REPORTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/reports");
static REFERENCE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/reference");

/// Typologies in order: rooms, then dwellings by their number of rooms, six and more together.
pub const TYPOLOGIES: [&str; 7] = ["C", "T1", "T2", "T3", "T4", "T5", "T6P"];

/// The four folders that a project may override.
const FOLDERS: [(&str, &Dir<'_>); 4] =
    [("pipelines", &PIPELINES), ("schemas", &SCHEMAS), ("reports", &REPORTS), ("reference", &REFERENCE)];

/// Reads embedded files, or the project's own where it has one of the same path.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    project: Option<PathBuf>,
}

impl Resources {
    /// The embedded files alone.
    #[must_use]
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The embedded files, overridden by those under `project`.
    #[must_use]
    pub fn of_project(project: &Path) -> Self {
        Self { project: Some(project.to_owned()) }
    }

    /// Bytes of `path`, such as `reference/regles.toml`.
    ///
    /// # Errors
    /// [`Error::Resource`] when neither the project nor the program has it, [`Error::Io`] when it cannot be read.
    pub fn bytes(&self, path: &str) -> Result<Cow<'static, [u8]>> {
        if let Some(own) = self.overriding(path) {
            return std::fs::read(&own).map(Cow::Owned).map_err(Error::io("lire", &own));
        }
        embedded(path).map(Cow::Borrowed).ok_or_else(|| Error::resource(path, "fichier absent"))
    }

    /// Text of `path`.
    ///
    /// # Errors
    /// As [`Self::bytes`], and when the file is not UTF-8.
    pub fn text(&self, path: &str) -> Result<Cow<'static, str>> {
        let not_text = |_| Error::resource(path, "le fichier n'est pas en UTF-8");
        Ok(match self.bytes(path)? {
            Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).map_err(not_text)?),
            Cow::Owned(bytes) => Cow::Owned(
                String::from_utf8(bytes).map_err(|_| Error::resource(path, "le fichier n'est pas en UTF-8"))?,
            ),
        })
    }

    /// Paths under `folder`, embedded or the project's, sorted.
    #[must_use]
    pub fn list(&self, folder: &str) -> Vec<String> {
        let mut paths = BTreeSet::new();
        for (name, dir) in FOLDERS {
            if folder.starts_with(name) {
                collect_embedded(dir, name, &mut paths);
            }
        }
        if let Some(project) = &self.project {
            collect_files(&project.join(folder), folder, &mut paths);
        }
        let prefix = format!("{folder}/");
        paths.into_iter().filter(|p| p.starts_with(&prefix)).collect()
    }

    /// Paths that the project overrides, sorted.
    #[must_use]
    pub fn overridden(&self) -> Vec<String> {
        FOLDERS.iter().flat_map(|(name, _)| self.list(name)).filter(|path| self.is_own(path)).collect()
    }

    /// SHA-256 of every file under `folders`, names included: changes when any of them does.
    ///
    /// # Errors
    /// [`Error::Io`] when an overriding file cannot be read.
    pub fn fingerprint(&self, folders: &[&str]) -> Result<String> {
        let mut hash = Sha256::new();
        for folder in folders {
            for path in self.list(folder) {
                hash.update(path.as_bytes());
                hash.update(self.bytes(&path)?);
            }
        }
        Ok(crate::store::hex(&hash.finalize()))
    }

    /// Whether the project has a file of its own at `path`.
    #[must_use]
    pub fn is_own(&self, path: &str) -> bool {
        self.overriding(path).is_some()
    }

    fn overriding(&self, path: &str) -> Option<PathBuf> {
        let own = self.project.as_ref()?.join(path);
        own.is_file().then_some(own)
    }
}

fn embedded(path: &str) -> Option<&'static [u8]> {
    let (folder, rest) = path.split_once('/')?;
    let (_, dir) = FOLDERS.iter().find(|(name, _)| *name == folder)?;
    dir.get_file(rest).map(include_dir::File::contents)
}

fn collect_embedded(dir: &Dir<'_>, prefix: &str, paths: &mut BTreeSet<String>) {
    for file in dir.files() {
        paths.insert(format!("{prefix}/{}", file.path().to_string_lossy().replace('\\', "/")));
    }
    for sub in dir.dirs() {
        collect_embedded(sub, prefix, paths);
    }
}

fn collect_files(dir: &Path, prefix: &str, paths: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect_files(&entry.path(), &name, paths);
        } else {
            paths.insert(name);
        }
    }
}

/// Rows of an embedded CSV with a header, as slices in the order of `columns`.
///
/// # Errors
/// [`Error::Resource`] when a column is missing or a row is malformed.
pub(crate) fn csv_rows(resources: &Resources, path: &str, columns: &[&str]) -> Result<Vec<Vec<String>>> {
    let text = resources.text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| Error::resource(path, csv_reason(&e)))?.clone();
    let index = columns
        .iter()
        .map(|c| {
            header.iter().position(|h| h == *c).ok_or_else(|| Error::resource(path, format!("colonne « {c} » absente")))
        })
        .collect::<Result<Vec<_>>>()?;
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|e| Error::resource(path, csv_reason(&e)))?;
            Ok(index.iter().map(|&i| record.get(i).unwrap_or_default().to_owned()).collect())
        })
        .collect()
}

/// What is wrong with a CSV file, in French.
fn csv_reason(error: &csv::Error) -> String {
    let line = error.position().map_or_else(String::new, |place| format!("ligne {} : ", place.line()));
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{line}colonnes séparées par des virgules, {len} au lieu de {expected_len}")
        }
        _ => format!("{line}ce n'est pas du CSV ({error})"),
    }
}

/// Parses an embedded TOML file.
///
/// # Errors
/// [`Error::Resource`] when it does not hold what `T` asks.
pub(crate) fn toml_file<T: serde::de::DeserializeOwned>(resources: &Resources, path: &str) -> Result<T> {
    let text = resources.text(path)?;
    toml::from_str(&text).map_err(|e| Error::resource(path, syntaxe::faute(&text, &e).to_string()))
}
