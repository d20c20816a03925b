//! An indicator: its SQL and its dictionary entry, side by side in `pipelines/<nom>/`.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::reference::{Niveau, Resources, toml_file};

/// A dictionary entry with its SQL.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Indicateur {
    /// Name of the table; the folder's.
    #[serde(skip)]
    pub nom: String,
    /// The statement.
    #[serde(skip)]
    pub sql: String,
    /// Title.
    pub titre: String,
    /// The question it answers.
    pub question: String,
    /// Definition.
    pub definition: String,
    /// Formula.
    pub formule: String,
    /// Unit.
    pub unite: String,
    /// Population.
    pub population: String,
    /// Source files it comes from.
    pub sources: Vec<String>,
    /// Tables it reads.
    #[serde(default)]
    pub depend: Vec<String>,
    /// Columns that identify a row.
    pub cle: Vec<String>,
    /// Where the rule comes from.
    pub reference: String,
    /// How to read a row.
    #[serde(default)]
    pub lecture: String,
    /// What not to conclude.
    #[serde(default)]
    pub pieges: Vec<String>,
    /// Parameters used.
    #[serde(default)]
    pub parametres: Vec<String>,
    /// A step of the computation, not a result.
    #[serde(default)]
    pub interne: bool,
    /// A step that those after it read through, never written: it costs less to compute again than to keep.
    #[serde(default)]
    pub vue: bool,
    /// How a step is cut, where it is.
    #[serde(default)]
    pub decoupe: Option<Decoupe>,
    /// Columns: name → meaning, unit.
    pub colonnes: BTreeMap<String, String>,
}

/// How a step is cut into parts done one after the other, each a statement of its own: what one holds is let go before the
/// next, so that a country needs no more room than a part of it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoupe {
    /// A part a territorial level, which stands for `$niveau`.
    Niveau,
    /// A part for every so many rows of a source, give or take: those whose identifier, a keyed hash and so spread evenly, is
    /// between `$premier` and `$dernier`. One that may be missing needs another beside it: a row with none is in no part.
    Identifiants {
        /// The source.
        source: String,
        /// Its rows in a part.
        lignes: NonZeroU64,
    },
}

/// The bounds of as many parts of equal width as asked, of all that sixteen bytes can be, both ends included.
fn bounds(parts: u64) -> impl Iterator<Item = (u128, u128)> {
    let parts = u128::from(parts.max(1));
    let width = u128::MAX / parts;
    (0..parts).map(move |i| (i * width, if i + 1 == parts { u128::MAX } else { (i + 1) * width - 1 }))
}

/// Sixteen bytes as SQL writes them.
fn identifier(bytes: u128) -> String {
    let digits = format!("{bytes:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]);
    format!("CAST('{}' AS UUID)", groups.join("-"))
}

impl Indicateur {
    /// Path of the statement of the table `nom`.
    pub(super) fn path(nom: &str) -> String {
        format!("pipelines/{nom}/{nom}.sql")
    }

    /// The statements to run: one, or one a part; `lignes` says how many rows a source has.
    #[must_use]
    pub fn statements(&self, lignes: impl Fn(&str) -> u64) -> Vec<String> {
        let sql = self.sql.trim_end().trim_end_matches(';');
        match &self.decoupe {
            None => vec![sql.to_owned()],
            Some(Decoupe::Niveau) => {
                Niveau::ALL.iter().map(|niveau| sql.replace("$niveau", &format!("'{}'", niveau.word()))).collect()
            }
            Some(Decoupe::Identifiants { source, lignes: part }) => bounds(lignes(source).div_ceil(part.get()))
                .map(|(first, last)| sql.replace("$premier", &identifier(first)).replace("$dernier", &identifier(last)))
                .collect(),
        }
    }

    /// Every indicator, each after those it depends on; ties by name.
    ///
    /// # Errors
    /// [`Error::Resource`] when an entry is malformed, lacks its SQL, or depends on itself.
    pub fn in_order(resources: &Resources) -> Result<Vec<Self>> {
        let mut waiting = Vec::new();
        for path in resources.list("pipelines") {
            let Some((folder, file)) = path.strip_prefix("pipelines/").and_then(|p| p.split_once('/')) else {
                continue;
            };
            if file == format!("{folder}.toml") {
                let mut indicateur: Self = toml_file(resources, &path)?;
                folder.clone_into(&mut indicateur.nom);
                indicateur.sql = resources.text(&Self::path(folder))?.into_owned();
                waiting.push(indicateur);
            }
        }
        let mut done = BTreeSet::new();
        let mut ordered = Vec::new();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|i: &Self| i.depend.iter().all(|d| done.contains(d)));
            let Some(ready) = ready else {
                let names: Vec<&str> = waiting.iter().map(|i| i.nom.as_str()).collect();
                return Err(Error::resource(
                    "pipelines",
                    format!("dépendance absente ou circulaire : {}", names.join(", ")),
                ));
            };
            let indicateur = waiting.remove(ready);
            done.insert(indicateur.nom.clone());
            ordered.push(indicateur);
        }
        Ok(ordered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_one_another_and_leave_nothing_out() {
        for parts in [0, 1, 2, 3, 7, 320] {
            let bounds: Vec<(u128, u128)> = bounds(parts).collect();
            assert_eq!(bounds.len() as u64, parts.max(1));
            assert_eq!((bounds[0].0, bounds[bounds.len() - 1].1), (0, u128::MAX));
            assert!(bounds.windows(2).all(|two| two[0].1 + 1 == two[1].0), "{parts}");
        }
        assert_eq!(identifier(0xab << 120), "CAST('ab000000-0000-0000-0000-000000000000' AS UUID)");
    }
}
