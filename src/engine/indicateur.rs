//! An indicator: its SQL and its dictionary entry, side by side in `pipelines/<nom>/`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;

use super::decoupe::{Decoupe, Etendue, statements};
use crate::error::{Error, Result};
use crate::reference::{Resources, toml_file};

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
    /// The statement of the records behind its counts, where they can be told.
    #[serde(skip)]
    pub enregistrements: String,
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
    /// How to read a row; `{column}` is its value there.
    #[serde(default)]
    pub lecture: String,
    /// The row that it reads: values of the columns of the key that are not `ensemble`.
    #[serde(default)]
    pub exemple: BTreeMap<String, String>,
    /// What not to conclude.
    #[serde(default)]
    pub pieges: Vec<String>,
    /// Parameters used.
    #[serde(default)]
    pub parametres: Vec<String>,
    /// The count whose records are told unless another is asked for, where they can be.
    #[serde(default)]
    pub trace: Option<String>,
    /// A step of the computation, not a result.
    #[serde(default)]
    pub interne: bool,
    /// A step that those after it read through, never written: it costs less to compute again than to keep.
    #[serde(default)]
    pub vue: bool,
    /// The source of which it keeps one row an identifier, with all its columns: while none stands on several rows, it is that
    /// source as it was read, and nothing is written.
    #[serde(default)]
    pub un_par_identifiant: Option<String>,
    /// How a step is cut, where it is.
    #[serde(default)]
    pub decoupe: Option<Decoupe>,
    /// Columns and what they mean, in the order of the table.
    #[serde(deserialize_with = "in_file_order", serialize_with = "as_map")]
    pub colonnes: Vec<(String, String)>,
}

/// Entries of a TOML table in the order they are written in, which the parser does not keep.
fn in_file_order<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<(String, String)>, D::Error> {
    let entries = BTreeMap::<Spanned<String>, String>::deserialize(deserializer)?;
    let mut entries: Vec<(Spanned<String>, String)> = entries.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    Ok(entries.into_iter().map(|(name, meaning)| (name.into_inner(), meaning)).collect())
}

fn as_map<S: Serializer>(entries: &[(String, String)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, meaning)| (name, meaning)))
}

impl Indicateur {
    /// What a column of its table means.
    #[must_use]
    pub fn meaning(&self, column: &str) -> Option<&str> {
        self.colonnes.iter().find(|(name, _)| name == column).map(|(_, meaning)| meaning.as_str())
    }

    /// Path of the statement of the table `nom`.
    pub(super) fn path(nom: &str) -> String {
        format!("pipelines/{nom}/{nom}.sql")
    }

    /// The statements to run: one, or one a part.
    pub(super) fn statements(&self, etendue: &Etendue) -> Vec<String> {
        statements(self.sql.trim_end().trim_end_matches(';'), self.decoupe.as_ref(), etendue)
    }

    /// Reads the statement of an entry.
    fn with_statement(mut self, resources: &Resources, nom: &str) -> Result<Self> {
        let path = Self::path(nom);
        nom.clone_into(&mut self.nom);
        self.sql = resources.text(&path)?.into_owned();
        if resources.is_own(&path) {
            // What it keeps is its own affair.
            self.un_par_identifiant = None;
        }
        if self.trace.is_some() {
            self.enregistrements = resources.text(&Self::trace_path(nom))?.into_owned();
        }
        self.decoupe = Decoupe::of_statement(self.decoupe, &self.sql, &path)?;
        Ok(self)
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
                waiting.push(toml_file::<Self>(resources, &path)?.with_statement(resources, folder)?);
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
