//! `schemas/*.toml`: a source as a contract — columns, the names real files give them, types, codes and row rules.

mod entete;
mod suggestion;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Gravite;
use crate::error::{Error, Result};
use crate::format::folded;
use crate::reference::{Nomenclatures, Resources, toml_file};

pub use entete::{Champ, Entete, normalised};
pub use suggestion::nearest;

/// A source's schema.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Name, as in `[[source]] schema`.
    pub nom: String,
    /// Version, written in the store.
    pub version: u32,
    /// Title in French.
    pub titre: String,
    /// What one row is.
    pub definition: String,
    /// Element of one record, where the source also comes as national XML messages.
    #[serde(default)]
    pub message: Option<String>,
    /// Columns, in the order of the store.
    #[serde(rename = "colonne")]
    pub colonnes: Vec<Colonne>,
}

/// A declared column: the only ones that are read.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Colonne {
    /// Canonical name.
    pub nom: String,
    /// Type.
    #[serde(rename = "type")]
    pub genre: Genre,
    /// The column must be there and each row must have a value.
    #[serde(default)]
    pub obligatoire: bool,
    /// Names under which real files carry it.
    #[serde(default)]
    pub alias: Vec<String>,
    /// Meaning, in French.
    pub definition: String,
    /// A value that does not fit refuses the row, or is set aside with an anomaly (default).
    #[serde(default)]
    pub si_invalide: Option<Gravite>,
    /// Codes allowed.
    #[serde(default)]
    pub valeurs: Vec<String>,
    /// National list the codes come from.
    #[serde(default)]
    pub nomenclature: Option<String>,
    /// Other writings of a code → the code.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// Digits of a numeric code, zeros restored on the left; of an identifier, told where it has fewer.
    #[serde(default)]
    pub largeur: Option<usize>,
    /// Values that mean "no value".
    #[serde(default)]
    pub vide: Vec<String>,
    /// Further words for true.
    #[serde(default)]
    pub vrai: Vec<String>,
    /// Further words for false.
    #[serde(default)]
    pub faux: Vec<String>,
    /// Decimal places kept, exactly.
    #[serde(default)]
    pub decimales: u8,
    /// Smallest value accepted.
    #[serde(default)]
    pub minimum: Option<i64>,
    /// Largest value accepted; of a text, its characters.
    #[serde(default)]
    pub maximum: Option<i64>,
    /// Name of the further column that holds a list's first element.
    #[serde(default)]
    pub premier: Option<String>,
    /// Stems of numbered columns (`commune_1`, `commune_2`…) that together make the list.
    #[serde(default)]
    pub numerotee: Vec<String>,
    /// Where the value stands in a national XML message.
    #[serde(default)]
    pub message: Option<Extrait>,
    /// Tables whose figures change when a value is wrong or missing.
    #[serde(default)]
    pub sert: Vec<String>,
    /// Row rules.
    #[serde(default, rename = "regle")]
    pub regles: Vec<Regle>,
}

/// What a column takes from an XML message.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Extrait {
    /// Ends of paths, local names joined by `/`, an attribute after `@`.
    #[serde(default)]
    pub chemins: Vec<String>,
    /// Paths whose values are taken off, where the parameter `ressources_versees` says so.
    #[serde(default)]
    pub moins: Vec<String>,
    /// What is made of the values found there.
    #[serde(default)]
    pub operation: Operation,
}

/// What is made of the values of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The first.
    #[default]
    Premier,
    /// All, in order.
    Liste,
    /// Their exact sum.
    Somme,
    /// The first, a date of striking-off.
    Radiation,
    /// Persons of the household.
    Personnes,
    /// Its children under 14.
    Moins14,
    /// Its consumption units.
    Uc,
    /// The date of the file.
    DateFichier,
}

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Genre {
    /// Stored as a keyed hash, never as written.
    Identifiant,
    /// The name of a body corporate.
    Texte,
    /// The number of an office: letters and digits, at least one digit, no space.
    Service,
    /// A code of a list.
    Code,
    /// Codes joined by `|`.
    Liste,
    /// 9 digits.
    Siren,
    /// An Insee commune code, recoded to 2025.
    Commune,
    /// Commune codes joined by `|`, in order.
    Communes,
    /// A day.
    Date,
    /// A month (or a day): its first day is stored.
    Mois,
    /// A year; a full date is cut to its year.
    Annee,
    /// Yes or no.
    Booleen,
    /// A whole number.
    Entier,
    /// An exact decimal.
    Decimal,
}

/// A row rule: raised when both values are known and the comparison holds.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Regle {
    /// Diagnostic code.
    pub code: String,
    /// Severity.
    pub gravite: Gravite,
    /// Raised when the value comes before this column's.
    #[serde(default)]
    pub avant: Option<String>,
    /// Raised when the value comes after this column's, or after `date_extraction_projet`.
    #[serde(default)]
    pub apres: Option<String>,
    /// Message in French.
    pub message: String,
    /// Remedy in French.
    #[serde(default)]
    pub aide: String,
}

impl Schema {
    /// Loads one schema; the national lists of `year` are resolved into `valeurs`.
    ///
    /// # Errors
    /// [`Error::Resource`] when the file is not a schema or names an unknown list or column.
    pub fn load(resources: &Resources, nom: &str, year: i32) -> Result<Self> {
        let path = format!("schemas/{nom}.toml");
        let mut schema: Self = toml_file(resources, &path)?;
        let nomenclatures = Nomenclatures::load(resources, year)?;
        let names: Vec<String> = schema.colonnes.iter().map(|c| c.nom.clone()).collect();
        for colonne in &mut schema.colonnes {
            let bounded = |name: &str, n: usize, most: usize| {
                let told = || format!("colonne « {} » : {name} = {n}, au plus {most}", colonne.nom);
                if n > most { Err(Error::resource(&path, told())) } else { Ok(()) }
            };
            bounded("decimales", colonne.decimales.into(), DECIMALES)?;
            bounded("largeur", colonne.largeur.unwrap_or(0), LARGEUR)?;
            if let Some(list) = &colonne.nomenclature {
                let codes = nomenclatures
                    .list(list)
                    .ok_or_else(|| Error::resource(&path, format!("nomenclature « {list} » inconnue")))?;
                colonne.valeurs.extend(codes.keys().cloned());
                colonne.codes.extend(labels(codes, colonne));
            }
            for regle in &colonne.regles {
                for other in regle.avant.iter().chain(&regle.apres) {
                    if other != DATE_EXTRACTION && !names.contains(other) {
                        return Err(Error::resource(
                            &path,
                            format!("règle {} : colonne « {other} » inconnue", regle.code),
                        ));
                    }
                }
            }
        }
        if resources.is_own(&path)
            && let Ok(program) = toml_file::<Self>(&Resources::embedded(), &path)
        {
            schema.keeps_columns(&program).map_err(|reason| Error::resource(&path, reason))?;
        }
        Ok(schema)
    }

    /// What the computation reads of the program's own schema stays in the project's: each column, its type, and a value in
    /// every row where one is due. Names, codes, bounds and rules are the project's to change, and it may add columns.
    fn keeps_columns(&self, program: &Self) -> std::result::Result<(), String> {
        for wanted in &program.colonnes {
            let nom = &wanted.nom;
            let Some(found) = self.colonnes.iter().find(|c| c.nom == *nom) else {
                return Err(format!("la colonne « {nom} », que le calcul lit, manque"));
            };
            let shape = |c: &Colonne| (c.genre, c.decimales, c.premier.clone());
            if shape(found) != shape(wanted) {
                return Err(format!(
                    "la colonne « {nom} » n'a pas le type que le calcul lit : gardez type, decimales et premier"
                ));
            }
            if wanted.obligatoire && !(found.obligatoire && found.on_invalid() == wanted.on_invalid()) {
                return Err(format!("la colonne « {nom} » doit rester obligatoire : le calcul la lit à chaque ligne"));
            }
        }
        Ok(())
    }

    /// Loads every schema, sorted by name.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_all(resources: &Resources, year: i32) -> Result<Vec<Self>> {
        resources
            .list("schemas")
            .iter()
            .filter_map(|p| p.strip_prefix("schemas/")?.strip_suffix(".toml"))
            .map(|nom| Self::load(resources, nom, year))
            .collect()
    }
}

/// Labels of a list, each one more writing of its code; none that two codes bear, or that is a code or a writing of one already.
fn labels(list: &BTreeMap<String, String>, colonne: &Colonne) -> Vec<(String, String)> {
    let known: BTreeSet<_> = colonne.valeurs.iter().chain(colonne.codes.keys()).map(|word| folded(word)).collect();
    let lone = |label: &str| list.values().filter(|other| folded(other) == folded(label)).count() == 1;
    let own = list.iter().filter(|(_, label)| lone(label) && !known.contains(&folded(label)));
    own.map(|(code, label)| (label.clone(), code.clone())).collect()
}

/// Decimal places that eighteen digits leave room for, one of them before the point.
const DECIMALES: usize = 17;
/// Digits of the longest code.
const LARGEUR: usize = 64;

/// In a rule, the project's date of extraction.
pub const DATE_EXTRACTION: &str = "date_extraction_projet";

impl Colonne {
    /// What happens to a row whose value does not fit this column.
    #[must_use]
    pub fn on_invalid(&self) -> Gravite {
        self.si_invalide.unwrap_or(if self.obligatoire { Gravite::Refus } else { Gravite::Anomalie })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_may_mean_two_codes_is_none() {
        let list: BTreeMap<String, String> = [("A", "Été"), ("B", "Hiver"), ("C", "ETE"), ("D", "b"), ("E", "Neige")]
            .map(|(code, label)| (code.to_owned(), label.to_owned()))
            .into();
        let mut colonne = Schema::load(&Resources::embedded(), "demandes", 2025).unwrap().colonnes.remove(0);
        colonne.valeurs = list.keys().cloned().collect();
        colonne.codes = BTreeMap::from([("NEIGE".to_owned(), "A".to_owned())]);
        assert_eq!(labels(&list, &colonne), [("Hiver".to_owned(), "B".to_owned())]);
    }
}
