//! Code lists of the national register (interface 02.01): data, not types, since they change with the form.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Resources;
use crate::error::{Error, Result};

/// Code → label, by list.
#[derive(Debug, Default)]
pub struct Nomenclatures {
    lists: BTreeMap<String, BTreeMap<String, String>>,
}

impl Nomenclatures {
    /// Loads the embedded lists.
    ///
    /// # Errors
    /// [`Error::Resource`] when the file is not what it must be.
    pub fn load(resources: &Resources) -> Result<Self> {
        const PATH: &str = "reference/nomenclatures/sne_0201.json";
        let value: BTreeMap<String, Value> =
            serde_json::from_str(&resources.text(PATH)?).map_err(|e| Error::resource(PATH, e.to_string()))?;
        let mut lists = BTreeMap::new();
        for (name, list) in value {
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
