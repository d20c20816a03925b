//! What a run leaves in the results folder for whoever reads it: names of its parts, and the manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Gravite};
use crate::error::{Error, Result};
use crate::project::{Confirmation, Plan};
use crate::reference::Confiance;

/// Folder of the tables.
pub const INDICATEURS: &str = "indicateurs";
/// The manifest: what the figures were made from and with.
pub const MANIFESTE: &str = "manifeste.json";

/// What was found of the data.
pub const QUALITE: &str = "qualite.json";
/// Rows listed of one check, refusals apart, which are all listed; totals are never cut.
pub const SAMPLE: usize = 1_000;
/// Folder of the lists to send to landlords.
pub const LISTES: &str = "qualite";

/// A check over the rows of one file or table: the four counts add up to `lignes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controle {
    /// Column, or `enregistrement` for the shape of the record.
    pub colonne: String,
    /// `valeur`, or the code of the rule.
    pub controle: String,
    /// Rows read.
    pub lignes: u64,
    /// Rows that passed.
    pub evalues: u64,
    /// Rows that failed.
    pub echecs: u64,
    /// Rows where a value needed is missing.
    pub non_evaluables: u64,
    /// Rows the check does not apply to: malformed, or the file lacks the column.
    pub hors_champ: u64,
}

/// Name of the check that a value is one, which every column has.
pub const VALEUR: &str = "valeur";

impl Controle {
    /// Whether it found a value of a column.
    #[must_use]
    pub fn donne(&self, colonne: &str) -> bool {
        self.colonne == colonne && self.controle == VALEUR && self.evalues > 0
    }
}

/// Columns by which resources are known; where none is filled, nobody is of the first quartile.
pub const RESSOURCES: [&str; 2] = ["demandes.ressources_mensuelles", "attributions.ressources_mensuelles"];
/// The same of priority publics.
pub const PRIORITES: [&str; 4] =
    ["demandes.dalo", "demandes.prioritaire", "attributions.dalo", "attributions.prioritaire"];
/// The same of moves, among leases.
pub const MUTATIONS: [&str; 2] = ["demandes.logement_actuel", "attributions.mutation"];

/// Total of one kind of reject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Diagnostic code.
    pub code: String,
    /// Column, if any.
    pub colonne: Option<String>,
    /// Severity.
    pub gravite: Gravite,
    /// Rows.
    pub nombre: u64,
    /// The first of them, as an example.
    pub exemple: Diagnostic,
}

impl Total {
    /// Place among those that are told: the gravest first, then the most numerous.
    #[must_use]
    pub fn rang(&self) -> (Gravite, std::cmp::Reverse<u64>) {
        (self.gravite, std::cmp::Reverse(self.nombre))
    }
}

/// What was found of the data: every check of every source, what each fault touches, what to mend first.
#[derive(Debug, Serialize, Deserialize)]
pub struct Qualite {
    /// Version of this file's shape.
    pub version: u32,
    /// Year under review.
    pub millesime: i32,
    /// One entry a file.
    pub sources: Vec<SourceLue>,
    /// Checks over whole tables.
    pub croisements: Vec<CroisementLu>,
    /// Outliers that someone vouches for.
    pub confirmations: Vec<ConfirmationLue>,
    /// What to mend first, the most useful before the others.
    pub corrections: Vec<Correction>,
    /// What is in doubt of a landlord's leases as a whole, the gravest first.
    pub reserves: Vec<Reserve>,
    /// Lists to send to landlords.
    pub listes: Vec<Liste>,
}

impl Qualite {
    /// Whether some row has a value of a column, `source.colonne`: one left empty says no more than one that is not there.
    #[must_use]
    pub fn donne(&self, colonne: &str) -> bool {
        let Some((source, colonne)) = colonne.split_once('.') else { return false };
        self.sources.iter().any(|s| s.source == source && s.controles.iter().any(|c| c.donne(colonne)))
    }
}

/// What was found of one file.
#[derive(Debug, Serialize, Deserialize)]
pub struct SourceLue {
    /// Source.
    pub source: String,
    /// Path, relative to the project.
    pub fichier: String,
    /// Rows read: kept + refused.
    pub lignes: u64,
    /// Rows kept.
    pub gardees: u64,
    /// Rows refused.
    pub refusees: u64,
    /// Checks, whose four counts add up to `lignes`.
    pub controles: Vec<Controle>,
    /// Totals by code and column.
    pub totaux: Vec<Total>,
    /// What was noticed of the file as a whole.
    pub avis: Vec<Diagnostic>,
    /// Why the whole file was refused.
    pub refus: Vec<Diagnostic>,
}

/// A check over a whole table.
#[derive(Debug, Serialize, Deserialize)]
pub struct CroisementLu {
    /// Source, or result looked at.
    pub source: String,
    /// The four counts.
    pub controle: Controle,
    /// Severity.
    pub gravite: Gravite,
    /// What a failure means.
    pub message: String,
    /// What to do.
    pub aide: String,
}

/// A confirmation, and whether the outlier it is about is still there.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConfirmationLue {
    /// Who, when, why.
    pub confirmation: Confirmation,
    /// Whether a row has this value at this place.
    pub appliquee: bool,
}

/// A fault worth mending.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Correction {
    /// Source.
    pub source: String,
    /// Column.
    pub colonne: String,
    /// Code.
    pub code: String,
    /// Severity.
    pub gravite: Gravite,
    /// Rows concerned.
    pub nombre: u64,
    /// Tables whose figures it changes.
    pub tables: Vec<String>,
    /// Rows concerned, times three where a verdict depends on them.
    pub utilite: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub aide: String,
}

/// What a check found of a landlord's leases as a whole, which no line of its file bears.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reserve {
    /// SIREN.
    pub bailleur: String,
    /// Code.
    pub code: String,
    /// Severity.
    pub gravite: Gravite,
    /// What is wrong.
    pub message: String,
    /// Of whom, of what, and how many.
    pub valeur: String,
}

/// A list to send to a landlord.
#[derive(Debug, Serialize, Deserialize)]
pub struct Liste {
    /// SIREN.
    pub bailleur: String,
    /// Path, relative to the results folder.
    pub fichier: String,
    /// Rows in it.
    pub lignes: u64,
}

impl Qualite {
    /// Reads what the last run found.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`].
    pub fn load(plan: &Plan) -> Result<Self> {
        let path = plan.sortie.join(QUALITE);
        let bytes = std::fs::read(&path).map_err(Error::io("lire", &path))?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// Which results these are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identite {
    /// Program and version.
    pub programme: String,
    /// Title of the review.
    pub titre: String,
    /// Year under review.
    pub millesime: i32,
    /// Year of the stock.
    pub millesime_rpls: i32,
    /// Date of extraction of the demands.
    pub date_extraction: String,
    /// Fictitious register.
    pub fictif: bool,
}

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifeste {
    /// Version of this file's shape.
    pub version: u32,
    /// Which results it is of.
    #[serde(flatten)]
    pub identite: Identite,
    /// Input files.
    pub entrees: Vec<Entree>,
    /// Parameters used, with their trust.
    pub parametres: Vec<ParametreUtilise>,
    /// Amounts used, by EPCI.
    pub seuils: BTreeMap<String, serde_json::Value>,
    /// EPCI that the perimeter cuts: counted on the part inside.
    pub epci_coupes: Vec<String>,
    /// Files of the project that override the program's own.
    pub surcharges: Vec<String>,
    /// Values in use that are assumed or too long unchecked, and the tables they touch.
    pub reserves: Vec<String>,
    /// Messages about the project.
    pub notes: Vec<String>,
}

/// An input file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entree {
    /// Source.
    pub source: String,
    /// Path, relative to the project.
    pub fichier: String,
    /// SHA-256.
    pub sha256: String,
    /// Format.
    pub format: Option<String>,
    /// Encoding of a text file.
    pub encodage: Option<String>,
    /// Sheet of a workbook.
    pub feuille: Option<String>,
    /// Rows read.
    pub lignes: u64,
    /// Rows kept.
    pub gardees: u64,
    /// Rows refused.
    pub refusees: u64,
    /// Whether the whole file was refused.
    pub refuse: bool,
}

/// A parameter and how far it can be trusted.
#[derive(Debug, Serialize, Deserialize)]
pub struct ParametreUtilise {
    /// Name.
    pub nom: String,
    /// Value used.
    pub valeur: serde_json::Value,
    /// Unit.
    pub unite: String,
    /// What it does.
    pub definition: String,
    /// Where it comes from.
    pub reference: String,
    /// Trust.
    pub statut: Confiance,
    /// Remark.
    pub note: String,
}

impl Manifeste {
    /// Reads the manifest of the last run.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`].
    pub fn load(plan: &Plan) -> Result<Self> {
        let path = plan.sortie.join(MANIFESTE);
        let bytes = std::fs::read(&path).map_err(Error::io("lire", &path))?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}
