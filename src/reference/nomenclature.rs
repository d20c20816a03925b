//! Code lists of the national register: data, not types, since they change with the form. Each file of
//! `reference/nomenclatures/` says from when it holds (`_debut`); a project adds a later one beside the embedded one, and
//! a list of it replaces the list of the same name.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use super::Resources;
use crate::error::{Error, Result};

/// Code → label, by list.
#[derive(Debug, Default)]
pub struct Nomenclatures {
    lists: BTreeMap<String, BTreeMap<String, String>>,
}

impl Nomenclatures {
    /// Loads the lists in force on 31 December of `year`, a later file over an earlier one.
    ///
    /// # Errors
    /// [`Error::Resource`] when a file is not what it must be.
    pub fn load(resources: &Resources, year: i32) -> Result<Self> {
        let mut files = Vec::new();
        for path in resources.list("reference/nomenclatures") {
            let wrong = |reason: String| Error::resource(&path, reason);
            let value: BTreeMap<String, Value> =
                serde_json::from_str(&resources.text(&path)?).map_err(|e| wrong(json_reason(&e)))?;
            let debut: NaiveDate =
                value.get("_debut").and_then(Value::as_str).and_then(|d| d.parse().ok()).ok_or_else(|| {
                    wrong("clé « _debut » absente : la date depuis laquelle ces listes valent".to_owned())
                })?;
            if debut.year() <= year {
                files.push((debut, path, value));
            }
        }
        files.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut lists = BTreeMap::new();
        for (name, list) in files.into_iter().flat_map(|(_, _, value)| value) {
            if let Value::Object(entries) = list {
                let codes = entries
                    .into_iter()
                    .filter_map(|(code, label)| Some((code, label.as_str()?.to_owned())))
                    .filter(|(code, _)| !code.is_empty())
                    .collect();
                lists.insert(name, codes);
            }
        }
        Ok(Self { lists })
    }

    /// The codes of one list.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.lists.get(name)
    }

    /// The label of a code, or the code itself.
    #[must_use]
    pub fn label<'a>(&'a self, list: &str, code: &'a str) -> &'a str {
        self.lists.get(list).and_then(|l| l.get(code)).map_or(code, String::as_str)
    }

    /// Every list, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &BTreeMap<String, String>)> {
        self.lists.iter()
    }
}

/// What is wrong with a JSON file, in French.
fn json_reason(error: &serde_json::Error) -> String {
    let told = match error.classify() {
        serde_json::error::Category::Eof => "il manque la fin",
        serde_json::error::Category::Data => "un objet de listes est attendu",
        _ => "ce n'est pas du JSON",
    };
    format!("ligne {}, colonne {} : {told}", error.line(), error.column())
}
