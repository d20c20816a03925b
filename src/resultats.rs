//! What a run leaves in the results folder for whoever reads it: names of its parts, and the manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::project::Plan;
use crate::reference::Confiance;

/// Folder of the tables.
pub const INDICATEURS: &str = "indicateurs";
/// The manifest: what the figures were made from and with.
pub const MANIFESTE: &str = "manifeste.json";

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifeste {
    /// Version of this file's shape.
    pub version: u32,
    /// Program and version.
    pub programme: String,
    /// Title of the review.
    pub titre: String,
    /// Year under review.
    pub millesime: i32,
    /// Year of the stock.
    pub millesime_rpls: i32,
    /// Date of extraction.
    pub date_extraction: String,
    /// Fictitious register.
    pub fictif: bool,
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
    /// Encoding.
    pub encodage: Option<String>,
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
