//! The one message type: what happened, where, and what to do about it.
//!
//! Codes are stable: a reader may search for them, a script may count them. Messages and remedies are in French,
//! without a final full stop. Values quoted in a message are masked first (see [`masked`]).

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a diagnostic matters to the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gravite {
    /// The row, or the whole file, is not used.
    Refus,
    /// Used, counted and listed.
    Anomalie,
    /// A plausible outlier: used, listed until the project confirms it.
    AConfirmer,
}

impl Gravite {
    /// The word printed in messages and in `rejets.csv`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Refus => "refus",
            Self::Anomalie => "anomalie",
            Self::AConfirmer => "a_confirmer",
        }
    }
}

/// Where a diagnostic applies; every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lieu {
    /// Path of the file, relative to the project.
    pub fichier: Option<String>,
    /// Physical line in the file, from 1.
    pub ligne: Option<u64>,
    /// Canonical column name.
    pub colonne: Option<String>,
    /// The offending value, masked.
    pub valeur: Option<String>,
}

/// One message to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, `B` and four digits.
    pub code: String,
    /// Severity.
    pub gravite: Gravite,
    /// Where.
    pub lieu: Lieu,
    /// What is wrong, in French.
    pub message: String,
    /// What to do, in French.
    pub aide: String,
}

impl Diagnostic {
    /// A refusal with no place yet.
    #[must_use]
    pub fn refus(code: &str, message: impl Into<String>, aide: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            gravite: Gravite::Refus,
            lieu: Lieu::default(),
            message: message.into(),
            aide: aide.into(),
        }
    }

    /// The same kind of message for something used all the same.
    #[must_use]
    pub fn anomalie(code: &str, message: impl Into<String>, aide: impl Into<String>) -> Self {
        Self { gravite: Gravite::Anomalie, ..Self::refus(code, message, aide) }
    }

    /// Names the file.
    #[must_use]
    pub fn in_file(mut self, fichier: impl Into<String>) -> Self {
        self.lieu.fichier = Some(fichier.into());
        self
    }

    /// Names the line.
    #[must_use]
    pub fn at_line(mut self, ligne: u64) -> Self {
        self.lieu.ligne = Some(ligne);
        self
    }

    /// Names the column.
    #[must_use]
    pub fn in_column(mut self, colonne: impl Into<String>) -> Self {
        self.lieu.colonne = Some(colonne.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.gravite.word(), self.code)?;
        let mut parts = Vec::new();
        if let Some(fichier) = &self.lieu.fichier {
            parts.push(fichier.clone());
        }
        if let Some(ligne) = self.lieu.ligne {
            parts.push(format!("ligne {ligne}"));
        }
        if let Some(colonne) = &self.lieu.colonne {
            parts.push(format!("colonne {colonne}"));
        }
        if !parts.is_empty() {
            write!(f, "  {}", parts.join(", "))?;
        }
        write!(f, " : {}", self.message)?;
        if !self.aide.is_empty() {
            write!(f, "\n      aide : {}", self.aide)?;
        }
        Ok(())
    }
}

/// A value fit to be shown: digits and date or number punctuation pass while they are too short to be a telephone or
/// social-security number; any letter becomes `x` and any longer digit `9`, so that a name, a number or free text
/// planted in a declared column never reaches a message.
#[must_use]
pub fn masked(value: &str) -> String {
    let numeric = value.chars().all(|c| c.is_ascii_digit() || "/-.,: ".contains(c));
    let digits = value.chars().filter(char::is_ascii_digit).count();
    if numeric && digits <= 8 {
        return value.to_owned();
    }
    let mut shown: String = value
        .chars()
        .take(20)
        .map(|c| match c {
            c if c.is_alphabetic() => 'x',
            c if c.is_numeric() => '9',
            c if c.is_control() => '?',
            c if c.is_ascii_punctuation() || c == ' ' => c,
            _ => '?',
        })
        .collect();
    if value.chars().count() > 20 {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_shown_and_a_name_or_a_number_is_not() {
        assert_eq!(masked("31/02/2025"), "31/02/2025");
        assert_eq!(masked("-12,5"), "-12,5");
        assert_eq!(masked("DUPONT Jean"), "xxxxxx xxxx");
        assert_eq!(masked("0612345678"), "9999999999");
        assert_eq!(masked("2 85 07 63 113 045 12"), "9 99 99 99 999 999 9…");
        assert_eq!(masked("a@b.fr"), "x@x.xx");
    }

    #[test]
    fn a_message_says_what_where_and_what_to_do() {
        let d = Diagnostic::refus("B0107", "« 31/02/2025 » n'est pas une date", "corrigez la date")
            .in_file("a.csv")
            .at_line(12)
            .in_column("date_bail");
        assert_eq!(
            d.to_string(),
            "refus B0107  a.csv, ligne 12, colonne date_bail : « 31/02/2025 » n'est pas une date\n      aide : corrigez la date"
        );
    }
}
