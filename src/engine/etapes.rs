//! Nothing computed twice: a step is known by its SQL and by all that its SQL names — files of the store, parameters,
//! geography, rules, earlier steps — and its result stays in `.bilan/etapes` under that name until none of it is of use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::store;

/// What the steps of a run are made from, and which of the results kept are of use.
#[derive(Debug, Default)]
pub(super) struct Etapes {
    /// Digest of the content of each table that a statement may name.
    contenus: BTreeMap<String, String>,
    /// Files that this run makes or finds.
    utiles: BTreeSet<PathBuf>,
}

impl Etapes {
    /// Says what a table holds.
    pub(super) fn know(&mut self, table: &str, content: &[u8]) {
        self.contenus.insert(table.to_owned(), store::sha256(content));
    }

    /// Digest of a statement and of all it names. A bare column that bears a table's name counts as that table: a step may
    /// then be done again without need, never kept without right.
    pub(super) fn key(&self, sql: &str) -> String {
        let contents = &self.contenus;
        // A statement that cannot be cut into words may name anything.
        let words = names(sql).unwrap_or_else(|| contents.keys().cloned().collect());
        let named: Vec<String> =
            words.iter().filter_map(|name| Some(format!("{name} {}", contents.get(name)?))).collect();
        store::sha256(format!("{} {sql}\n{}", env!("CARGO_PKG_VERSION"), named.join("\n")).as_bytes())
    }

    /// Where the result of a step stands, made or to be made.
    pub(super) fn file(&mut self, folder: &Path, nom: &str, key: &str) -> PathBuf {
        let file = named(folder, nom, key);
        self.keep(file.clone());
        file
    }

    /// Says that a file is of use.
    pub(super) fn keep(&mut self, file: PathBuf) {
        self.utiles.insert(file);
    }

    /// Removes the results of steps that this run did not need.
    pub(super) fn sweep(&self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|e| e.path()).filter(|p| !self.utiles.contains(p)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What files hold, of the store or of a step, wherever the project stands: they are named after their content.
pub(super) fn content(files: &[PathBuf]) -> String {
    files.iter().filter_map(|f| f.file_name()).map(|f| f.to_string_lossy()).collect::<Vec<_>>().join("\n")
}

/// Where what is known by a key stands.
pub(super) fn named(folder: &Path, nom: &str, key: &str) -> PathBuf {
    folder.join(format!("{nom}-{}.parquet", key.get(..24).unwrap_or(key)))
}

/// Words of a statement that may be tables, in lower case since SQL does not tell cases apart: not `x.column`, nor the name
/// that follows AS. None when the statement cannot be cut into words.
pub(super) fn names(sql: &str) -> Option<BTreeSet<String>> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().ok()?;
    let tokens: Vec<Token> = tokens.into_iter().filter(|t| !matches!(t, Token::Whitespace(_))).collect();
    let word = |i: usize| match tokens.get(i) {
        Some(Token::Word(word)) => Some(word.value.as_str()),
        _ => None,
    };
    let named = (0..tokens.len())
        .filter(|&i| match i.checked_sub(1).and_then(|before| tokens.get(before)) {
            Some(Token::Period) => {
                // A table may be named with its schema.
                i.checked_sub(2).and_then(word).is_some_and(|s| matches!(s.to_lowercase().as_str(), "main" | "memory"))
            }
            Some(Token::Word(before)) => !before.value.eq_ignore_ascii_case("AS"),
            _ => true,
        })
        .filter_map(word)
        .map(str::to_lowercase)
        .collect();
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_changes_with_what_its_statement_names_and_with_nothing_else() {
        let mut etapes = Etapes::default();
        etapes.know("demandes", b"1");
        etapes.know("regles", b"1");
        let (demand, verdict) = ("SELECT * FROM demandes d", "SELECT * FROM regles");
        let before = (etapes.key(demand), etapes.key(verdict));
        etapes.know("regles", b"2");
        assert_eq!(etapes.key(demand), before.0);
        assert_ne!(etapes.key(verdict), before.1);
        assert_ne!(etapes.key("SELECT 1 FROM demandes d"), before.0);
        let (loud, broken) = ("SELECT * FROM REGLES", "SELECT 'never closed");
        let before = (etapes.key(loud), etapes.key(broken));
        etapes.know("regles", b"3");
        assert_ne!(etapes.key(loud), before.0);
        assert_ne!(etapes.key(broken), before.1);
    }

    #[test]
    fn columns_are_not_tables_and_tables_named_with_their_schema_are() {
        let found =
            names("SELECT p.parc, COUNT(*) AS delais FROM main.demandes p, faits JOIN regles USING (code)").unwrap();
        for table in ["demandes", "faits", "regles"] {
            assert!(found.contains(table), "{table}");
        }
        assert!(!found.contains("parc") && !found.contains("delais"), "{found:?}");
    }
}
