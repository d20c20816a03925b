//! A file, whatever its format, as records under a header: text with separators, national XML messages, workbooks and
//! Parquet all come out as the same fields, so that what follows never knows which one it was.

mod archive;
mod classeur;
mod coupe;
mod menage;
mod message;
#[cfg(test)]
mod mutations;
mod octets;
mod parquet;
mod prolog;
mod texte;

use std::io;
use std::path::Path;

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::schema::{Entete, Schema};

pub use coupe::{Defaut, Place};
pub use menage::RegleMenage;
pub use octets::{Empreinte, Encodage, inspect};
pub use texte::Lot;

/// What a file is, once its first bytes and its names are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Fields between separators.
    Csv,
    /// Messages of the national demand register.
    Xml,
    /// An Excel workbook.
    Xlsx,
    /// An `OpenDocument` workbook.
    Ods,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// The usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xml => "XML",
            Self::Xlsx => "XLSX",
            Self::Ods => "ODS",
            Self::Parquet => "Parquet",
        }
    }
}

/// Lines or rows among which a header is looked for: exports meant to be read have a title over it.
const HEADER_WITHIN: usize = 50;

/// One step through a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enregistrement {
    /// A well-formed record; its fields are in the reader.
    Bon {
        /// Where it stands, from 1: physical line of a text or XML file, row of a sheet or of a table.
        ligne: u64,
    },
    /// A line set aside.
    Mauvais {
        /// As above.
        ligne: u64,
        /// Why.
        defaut: Defaut,
    },
}

/// Why a file cannot be read on.
#[derive(Debug)]
pub enum Echec {
    /// The system's answer.
    Systeme(io::Error),
    /// The file is not what it should be: one or more refusals of the whole file.
    Refus(Vec<Diagnostic>),
}

impl From<io::Error> for Echec {
    fn from(error: io::Error) -> Self {
        Self::Systeme(error)
    }
}

impl From<Diagnostic> for Echec {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Refus(vec![diagnostic])
    }
}

/// Reads a file record by record.
pub trait Lecteur: Send {
    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// [`Echec`]; nothing more can be read after it.
    fn next_record(&mut self) -> Result<Option<Enregistrement>, Echec>;

    /// Text of field `i` of the last good record; empty means missing.
    fn field(&self, i: usize) -> &str;

    /// In a format that can be cut apart without being read, the next lot of records, which other threads cut; `None` in
    /// another. What comes before it was read record by record.
    ///
    /// # Errors
    /// As [`Self::next_record`].
    fn next_lot(&mut self) -> Option<Result<Option<Lot>, Echec>> {
        None
    }
}

/// What is asked of a file.
#[derive(Debug, Clone, Copy)]
pub struct Besoin<'a> {
    /// Schema its records follow.
    pub schema: &'a Schema,
    /// The project's own names of columns.
    pub colonnes: &'a std::collections::BTreeMap<String, String>,
    /// Sheet of a workbook, when the project names one.
    pub feuille: Option<&'a str>,
    /// Date of extraction, for ages in a message that does not say its own.
    pub date: chrono::NaiveDate,
    /// How a household of a message adds up.
    pub menage: RegleMenage,
}

/// A file opened: its header understood, its first record next.
pub struct Ouvert {
    /// The records.
    pub lecteur: Box<dyn Lecteur>,
    /// Where the declared columns stand.
    pub entete: Entete,
    /// What is noticed of the file as a whole.
    pub avis: Vec<Diagnostic>,
    /// Names of the header, as the file writes them.
    pub noms: Vec<String>,
    /// Separator of a text file.
    pub separateur: Option<char>,
    /// Sheet read, of a workbook.
    pub feuille: Option<String>,
    /// Line or row of the header, from 1.
    pub ligne_entete: u64,
}

impl std::fmt::Debug for Ouvert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ouvert").field("entete", &self.entete).field("feuille", &self.feuille).finish_non_exhaustive()
    }
}

/// Opens a file whose bytes were inspected.
///
/// # Errors
/// [`Echec::Refus`] when no header fits the schema.
pub fn open(path: &Path, empreinte: &Empreinte, besoin: Besoin<'_>, bar: &ProgressBar) -> Result<Ouvert, Echec> {
    match empreinte.format {
        Format::Csv => texte::open(path, empreinte, besoin, bar),
        Format::Xml => message::open(path, empreinte, besoin, bar),
        Format::Xlsx | Format::Ods => protected(|| classeur::open(path, empreinte.format, besoin))?,
        Format::Parquet => protected(|| parquet::open(path, besoin))?,
    }
}

thread_local! {
    static PROTECTED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether the thread is inside a third-party reader whose panics are caught: nothing is printed of them then.
#[must_use]
pub fn is_protected() -> bool {
    PROTECTED.with(std::cell::Cell::get)
}

/// Runs a reader that may panic on a malformed file: a panic refuses the file.
fn protected<T>(read: impl FnOnce() -> T) -> Result<T, Echec> {
    let before = PROTECTED.replace(true);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    PROTECTED.set(before);
    result.map_err(|_| {
        Echec::from(Diagnostic::refus(
            "B0111",
            "fichier incomplet ou corrompu",
            "transférez de nouveau le fichier, ou exportez-le en CSV UTF-8",
        ))
    })
}

/// A binary number with the fifteen significant digits that a spreadsheet keeps and shows: what lies beyond is noise.
/// From 10^15 on, digits were lost before this program saw them, and the scientific form says so.
fn number(x: f64) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let scientific = format!("{x:.14e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    if !(-9..15).contains(&exponent) {
        return if x == 0.0 { "0".to_owned() } else { scientific };
    }
    let places = usize::try_from((14 - exponent).max(0)).unwrap_or(0);
    let fixed = format!("{x:.places$}");
    if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_a_spreadsheet_shows() {
        assert_eq!(number(1234.0), "1234");
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(-1540.37), "-1540.37");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(246_300_701.0), "246300701");
        assert_eq!(number(631_218_001_234_103_950.0), "6.31218001234104e17");
        assert_eq!(number(1e-12), "1.00000000000000e-12");
    }
}
