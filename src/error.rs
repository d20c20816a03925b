//! Typed errors of the library, each with its exit code; `main` renders them once.

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::sql;

/// The work was done; rows may have been refused, and are listed.
pub const EXIT_DONE: u8 = 0;
/// A whole file was refused (the rest was still done), or any refusal under `--strict`.
pub const EXIT_REFUSED: u8 = 1;
/// The command line or the project file cannot be used.
pub const EXIT_USAGE: u8 = 2;
/// Something failed that the user's data do not explain.
pub const EXIT_INTERNAL: u8 = 3;
/// A rule is missed (command `verdicts` only).
pub const EXIT_MISSED: u8 = 4;

/// What can stop a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or `bilan.toml` is wrong; the diagnostic says where.
    #[error("{0}")]
    Usage(Box<Diagnostic>),
    /// A file cannot be read or written.
    #[error("impossible {}{action} « {} » : {}", elided(action), chemin.display(), io_reason(source))]
    Io {
        /// What was tried, as an infinitive in French.
        action: &'static str,
        /// The file.
        chemin: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A query failed in the engine.
    #[error("moteur de calcul, {etape} : {}", engine_reason(source))]
    Engine {
        /// The step, usually a pipeline's name.
        etape: String,
        /// The engine's answer.
        source: Box<duckdb::Error>,
    },
    /// A Parquet file that the program wrote no longer holds what was written.
    #[error("fichier abîmé « {} » ({raison}) ; reprenez-le d'une sauvegarde, ou supprimez-le : ce qui vient des sources est refait", chemin.display())]
    Damaged {
        /// The file.
        chemin: PathBuf,
        /// What the reader met.
        raison: String,
    },
    /// A Parquet file cannot be read or written.
    #[error("fichier Parquet : {}", parquet_reason(.0))]
    Parquet(#[from] parquet::errors::ParquetError),
    /// An Arrow table cannot be built.
    #[error("table Arrow : {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A value that has no written form, such as a day far outside any calendar.
    #[error(
        "une valeur de la colonne « {0} » ne peut être écrite (date hors du calendrier ?) ; pour la voir : CAST({0} AS VARCHAR)"
    )]
    Unwritable(String),
    /// A typed column cannot be computed.
    #[error("lecture typée : {0}")]
    Polars(#[from] polars::error::PolarsError),
    /// A page cannot be rendered.
    #[error("modèle de page : {0}")]
    Template(#[from] minijinja::Error),
    /// A chart cannot be drawn.
    #[error("graphique : {0}")]
    Chart(String),
    /// A workbook cannot be written.
    #[error("classeur : {0}")]
    Workbook(String),
    /// A PDF cannot be set, or breaks the standards it claims.
    #[error("document PDF : {0}")]
    Pdf(String),
    /// An embedded or overridden resource does not hold what it must.
    #[error("ressource « {nom} » : {raison}")]
    Resource {
        /// File name, relative to the project.
        nom: String,
        /// Why it cannot be used.
        raison: String,
    },
    /// What the program kept of its own work does not add up.
    #[error(
        "{0} : ce que le programme a gardé de ses calculs ne se suit plus ; relancez avec --verifier, qui les refait"
    )]
    Incoherent(String),
    /// JSON of our own state cannot be read or written.
    #[error("état du projet : {0}")]
    Json(#[from] serde_json::Error),
}

/// Result of the library.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The process's exit code for this error.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Resource { .. } => EXIT_USAGE,
            _ => EXIT_INTERNAL,
        }
    }

    /// A wrong command line or project file.
    #[must_use]
    pub fn usage(code: &str, message: impl Into<String>, aide: impl Into<String>) -> Self {
        Self::Usage(Box::new(Diagnostic::refus(code, message, aide)))
    }

    /// A resource that does not hold what it must.
    #[must_use]
    pub fn resource(nom: impl Into<String>, raison: impl Into<String>) -> Self {
        Self::Resource { nom: nom.into(), raison: raison.into() }
    }

    /// A column that a table of the results lacks: another version of the program wrote them.
    #[must_use]
    pub fn outdated(table: &str, colonne: &str) -> Self {
        Self::usage(
            "B0401",
            format!("résultats d'une autre version : la table « {table} » n'a pas de colonne « {colonne} »"),
            "relancez `bilan run` sur ce projet",
        )
    }

    /// Wraps a system error with the file it is about.
    pub fn io(action: &'static str, chemin: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let chemin = chemin.to_owned();
        move |source| Self::Io { action, chemin, source }
    }

    /// As [`Self::io`], of a CSV file: the system's error is told as it is elsewhere.
    pub fn csv(action: &'static str, chemin: &Path) -> impl Fn(csv::Error) -> Self {
        let chemin = chemin.to_owned();
        move |error| {
            let told = error.to_string();
            let source = match error.into_kind() {
                csv::ErrorKind::Io(source) => source,
                _ => std::io::Error::other(told),
            };
            Self::Io { action, chemin: chemin.clone(), source }
        }
    }

    /// Whether whoever read the output has had enough of it: `| head` is no fault.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// Whether the engine lacked memory for a step.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self, Self::Engine { source, .. } if lacks_memory(source))
    }

    /// What is refused in a statement, or, in the words of the writer, what it cannot keep; none when the machine is at fault.
    #[must_use]
    pub fn refused_statement(&self) -> Option<String> {
        match self {
            Self::Engine { source, .. } if machine_reason(source).is_none() => Some(sql::refusal(&source.to_string())),
            Self::Parquet(parquet::errors::ParquetError::NYI(words)) => Some(words.clone()),
            Self::Unwritable(_) => Some(self.to_string()),
            _ => None,
        }
    }

    /// Wraps an engine error with the step it happened in.
    pub fn engine(etape: impl Into<String>) -> impl FnOnce(duckdb::Error) -> Self {
        let etape = etape.into();
        move |source| Self::Engine { etape, source: Box::new(source) }
    }
}

const PLEIN: &str = "disque plein";

/// A full disk told by a library in the system's words, those of Windows by their number.
fn is_full_disk(words: &str) -> bool {
    words.contains("No space left on device") || words.contains("os error 112")
}

fn lacks_memory(error: &duckdb::Error) -> bool {
    error.to_string().contains("Out of Memory")
}

/// What the engine says of a Parquet file whose bytes are no longer those that were written.
const DAMAGED: [&str; 6] =
    ["Failed to read", "is corrupt", "magic bytes", "ecompress", "TProtocolException", "too small to be a Parquet"];

/// What is wrong with the machine rather than with a statement, in French, with what to do.
fn machine_reason(error: &duckdb::Error) -> Option<String> {
    let words = error.to_string();
    if lacks_memory(error) {
        Some(
            "mémoire insuffisante, même pour cette étape seule ; lancez le bilan sur un territoire moins grand"
                .to_owned(),
        )
    } else if is_full_disk(&words) {
        Some(PLEIN.to_owned())
    } else if DAMAGED.iter().any(|said| words.contains(said)) {
        let told = first_line(error);
        Some(format!("un fichier gardé par le programme est abîmé ({told}) ; relancez avec --verifier, qui le refait"))
    } else {
        None
    }
}

fn first_line(error: &duckdb::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// What depends on the machine in French; the rest keeps the engine's words.
fn engine_reason(error: &duckdb::Error) -> String {
    machine_reason(error).unwrap_or_else(|| error.to_string())
}

/// A Parquet error as its cause, when that is the system's answer, kept whole or as words.
fn parquet_reason(error: &parquet::errors::ParquetError) -> String {
    match error {
        parquet::errors::ParquetError::External(cause) => {
            cause.downcast_ref().map_or_else(|| error.to_string(), io_reason)
        }
        _ => Some(error.to_string()).filter(|words| !is_full_disk(words)).unwrap_or_else(|| PLEIN.to_owned()),
    }
}

/// What joins « impossible » to an infinitive.
fn elided(action: &str) -> &'static str {
    if action.starts_with(['a', 'e', 'é', 'i', 'o', 'u']) { "d'" } else { "de " }
}

/// What Windows answers of a file that another program, a spreadsheet most often, holds open.
const HELD_OPEN: [i32; 2] = [32, 33];

/// The common system errors in French; the others keep the system's words.
#[must_use]
pub fn io_reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind as K;
    if cfg!(windows) && error.raw_os_error().is_some_and(|number| HELD_OPEN.contains(&number)) {
        return "ouvert dans un autre logiciel, un tableur peut-être ; fermez-le".to_owned();
    }
    match error.kind() {
        K::NotFound => "fichier ou dossier introuvable".to_owned(),
        K::PermissionDenied if cfg!(windows) => "accès refusé ; fermez-le s'il est ouvert dans un tableur".to_owned(),
        K::PermissionDenied => "accès refusé".to_owned(),
        K::AlreadyExists => "existe déjà".to_owned(),
        K::StorageFull => PLEIN.to_owned(),
        K::IsADirectory => "c'est un dossier".to_owned(),
        K::NotADirectory => "ce n'est pas un dossier".to_owned(),
        K::ReadOnlyFilesystem => "disque en lecture seule".to_owned(),
        K::UnexpectedEof | K::InvalidData => "contenu incomplet ou corrompu".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use parquet::errors::ParquetError;

    use super::*;

    #[test]
    fn what_cannot_be_done_is_told_in_french() {
        let told = |action| Error::io(action, Path::new("x"))(std::io::ErrorKind::NotFound.into()).to_string();
        assert_eq!(told("écrire"), "impossible d'écrire « x » : fichier ou dossier introuvable");
        assert_eq!(told("lire"), "impossible de lire « x » : fichier ou dossier introuvable");
    }

    #[test]
    fn a_full_disk_is_told_however_the_writer_wraps_it() {
        let told = |error: ParquetError| Error::from(error).to_string();
        let full = || std::io::Error::from_raw_os_error(28);
        assert!(told(ParquetError::General(format!("fail to get inner writer: {}", full()))).ends_with(PLEIN));
        assert!(told(ParquetError::from(full())).ends_with(PLEIN));
        assert!(Error::csv("écrire", Path::new("x"))(full().into()).to_string().ends_with(PLEIN));
        assert!(!told(ParquetError::General("seek: Input/output error (os error 5)".to_owned())).contains(PLEIN));
    }
}
