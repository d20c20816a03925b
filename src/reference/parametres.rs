//! Parameters of the computation: each a value, what it does, and where it comes from.

use serde::{Deserialize, Serialize};

use super::{Resources, toml_file};
use crate::error::{Error, Result};

const PATH: &str = "reference/parametres.toml";

/// How far a value can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confiance {
    /// The text itself was read.
    Verified,
    /// A source that quotes the text.
    Secondary,
    /// A choice of this program: no source settles it.
    Assumed,
}

impl Confiance {
    /// The words printed beside a value.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Verified => "vérifié",
            Self::Secondary => "source secondaire",
            Self::Assumed => "hypothèse",
        }
    }
}

/// A parameter.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parametre {
    /// Name.
    pub nom: String,
    /// Value: a number, a word or a list of words.
    pub valeur: toml::Value,
    /// Unit.
    pub unite: String,
    /// What it does.
    pub definition: String,
    /// Where it comes from.
    pub reference: String,
    /// Trust.
    pub statut: Confiance,
    /// Day of the last check.
    pub verifie_le: toml::value::Datetime,
}

#[derive(Deserialize)]
struct Fichier {
    parametre: Vec<Parametre>,
}

impl Parametre {
    /// Every parameter, in the order of the file.
    ///
    /// # Errors
    /// [`Error::Resource`] when the file does not hold what it must.
    pub fn load(resources: &Resources) -> Result<Vec<Self>> {
        Ok(toml_file::<Fichier>(resources, PATH)?.parametre)
    }

    /// The numeric value of a parameter.
    ///
    /// # Errors
    /// [`Error::Resource`] when it is missing or not a number.
    pub fn number(list: &[Self], nom: &str) -> Result<f64> {
        let parametre = list.iter().find(|p| p.nom == nom);
        let value = parametre.map(|p| &p.valeur).and_then(|v| match v {
            toml::Value::Float(x) => Some(*x),
            #[expect(clippy::cast_precision_loss, reason = "parameters are small numbers")]
            toml::Value::Integer(n) => Some(*n as f64),
            _ => None,
        });
        value.ok_or_else(|| Error::resource(PATH, format!("paramètre « {nom} » absent ou non numérique")))
    }
}
