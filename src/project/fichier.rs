//! `bilan.toml` as written: one struct a section, every unknown key refused.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::syntaxe::{self, Faute};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fichier {
    pub bilan: Bilan,
    #[serde(default)]
    pub source: Vec<Source>,
    #[serde(default)]
    pub objectif: Vec<Objectif>,
    #[serde(default)]
    pub seuil_q1: Vec<SeuilQ1>,
    #[serde(default)]
    pub delai_anormal: Vec<DelaiAnormal>,
    #[serde(default)]
    pub confirmation: Vec<Confirmation>,
}

/// Section `[bilan]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bilan {
    #[serde(default = "default_title")]
    pub titre: String,
    pub millesime: i32,
    #[serde(default)]
    pub departements: Vec<String>,
    #[serde(default)]
    pub epci: Vec<String>,
    #[serde(default)]
    pub communes: Vec<String>,
    #[serde(default, deserialize_with = "optional_date")]
    pub date_extraction: Option<NaiveDate>,
    #[serde(default)]
    pub epci_sans_qpv: Vec<String>,
    pub contours: Option<String>,
    pub financements_exclus: Option<Vec<String>>,
    pub parc_social: Option<String>,
    pub typologie_demande: Option<String>,
    pub seuil_diffusion: Option<i64>,
    pub diffusion_prioritaire: Option<String>,
    #[serde(default)]
    pub fictif: bool,
}

fn default_title() -> String {
    "Bilan annuel des attributions".to_owned()
}

/// A section `[[source]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub schema: String,
    pub fichiers: Vec<String>,
    pub millesime: Option<i32>,
    pub feuille: Option<String>,
    #[serde(default)]
    pub colonnes: BTreeMap<String, String>,
    #[serde(default)]
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
}

/// A section `[[objectif]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Objectif {
    pub id: Option<String>,
    pub epci: String,
    #[serde(default = "default_base")]
    pub base: String,
    #[serde(default, deserialize_with = "optional_date")]
    pub signature: Option<NaiveDate>,
    #[serde(deserialize_with = "date")]
    pub debut: NaiveDate,
    #[serde(default, deserialize_with = "optional_date")]
    pub fin: Option<NaiveDate>,
    pub public: String,
    #[serde(default = "default_whole")]
    pub zone: String,
    #[serde(default)]
    pub communes: Vec<String>,
    #[serde(default = "default_actor")]
    pub acteur: String,
    #[serde(default = "default_metric")]
    pub metrique: String,
    #[serde(default = "default_operator")]
    pub operateur: String,
    #[serde(default = "default_whole")]
    pub agregation: String,
    pub cible: f64,
    #[serde(default)]
    pub reference: String,
}

fn default_base() -> String {
    "cia".to_owned()
}
fn default_whole() -> String {
    "ensemble".to_owned()
}
fn default_actor() -> String {
    "tous".to_owned()
}
fn default_metric() -> String {
    "part".to_owned()
}
fn default_operator() -> String {
    ">=".to_owned()
}

/// A section `[[seuil_q1]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeuilQ1 {
    pub epci: String,
    pub millesime: i32,
    pub montant: i64,
    #[serde(default)]
    pub q2: Option<i64>,
    #[serde(default)]
    pub q3: Option<i64>,
    #[serde(default)]
    pub reference: String,
}

/// A section `[[delai_anormal]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DelaiAnormal {
    pub departement: Option<String>,
    pub epci: Option<String>,
    #[serde(default)]
    pub communes: Vec<String>,
    pub mois: i32,
    pub typologie: Option<String>,
    #[serde(default)]
    pub reference: String,
}

/// A section `[[confirmation]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    pub code: String,
    #[serde(default)]
    pub fichier: String,
    pub ligne: Option<u64>,
    pub colonne: String,
    #[serde(default)]
    pub valeur: String,
    pub auteur: String,
    #[serde(deserialize_with = "date")]
    pub date: NaiveDate,
    #[serde(default)]
    pub motif: String,
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<NaiveDate, D::Error> {
    let value = toml::value::Datetime::deserialize(deserializer)?;
    let parsed = value
        .date
        .filter(|_| value.time.is_none())
        .and_then(|d| NaiveDate::from_ymd_opt(i32::from(d.year), u32::from(d.month), u32::from(d.day)));
    parsed.ok_or_else(|| serde::de::Error::custom("date attendue, sous la forme 2026-01-31 sans guillemets"))
}

fn optional_date<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<NaiveDate>, D::Error> {
    date(deserializer).map(Some)
}

/// The text of `bilan.toml`, which TOML wants in UTF-8.
pub(super) fn decode(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = String::from_utf8_lossy(before).matches('\n').count() as u64 + 1;
        let diagnostic = Diagnostic::refus(
            "B0002",
            "ce fichier n'est pas en UTF-8",
            "enregistrez-le en UTF-8 : dans le Bloc-notes, Enregistrer sous, puis Codage",
        );
        Error::Usage(Box::new(diagnostic.in_file(path.display().to_string()).at_line(line)))
    })
}

/// Parses `bilan.toml`; syntax and key errors come back in French with their line.
pub(super) fn parse(path: &Path, text: &str) -> Result<Fichier> {
    toml::from_str(text).map_err(|error| {
        let Faute { ligne, message } = syntaxe::faute(text, &error);
        let mut diagnostic = Diagnostic::refus(
            "B0002",
            message,
            "corrigez bilan.toml ; `bilan init` écrit un modèle commenté de toutes les clés",
        )
        .in_file(path.display().to_string());
        if let Some(ligne) = ligne {
            diagnostic = diagnostic.at_line(ligne);
        }
        Error::Usage(Box::new(diagnostic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_known_ones() {
        let error = parse(Path::new("bilan.toml"), "[bilan]\nmillesime = 2025\ntitr = \"x\"\n").unwrap_err();
        let message = error.to_string();
        assert!(message.contains("ligne 3"), "{message}");
        assert!(message.contains("clé « titr » inconnue ; clés possibles : titre"), "{message}");
    }

    #[test]
    fn a_missing_or_wrong_value_is_said_in_french() {
        let missing = parse(Path::new("b"), "[bilan]\n").unwrap_err().to_string();
        assert!(missing.contains("clé « millesime » absente"), "{missing}");
        let wrong = parse(Path::new("b"), "[bilan]\nmillesime = \"2025\"\n").unwrap_err().to_string();
        assert!(wrong.contains("millesime : le texte « 2025 » n'est pas un nombre entier"), "{wrong}");
    }
}
