//! An indicator: its SQL and its dictionary entry, side by side in `pipelines/<nom>/`.

use std::collections::{BTreeMap, BTreeSet};

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
    /// A step done one territorial level at a time, the level standing for `$niveau` in its statement.
    #[serde(default)]
    pub par_niveau: bool,
    /// Columns: name → meaning, unit.
    pub colonnes: BTreeMap<String, String>,
}

/// What stands for the territorial level in the statement of a step done level after level.
const NIVEAU: &str = "$niveau";

impl Indicateur {
    /// The statements to run: one, or one a territorial level.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let sql = self.sql.trim_end().trim_end_matches(';');
        if self.par_niveau {
            Niveau::ALL.iter().map(|niveau| sql.replace(NIVEAU, &format!("'{}'", niveau.word()))).collect()
        } else {
            vec![sql.to_owned()]
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
                indicateur.sql = resources.text(&format!("pipelines/{folder}/{folder}.sql"))?.into_owned();
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
