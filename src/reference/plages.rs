//! Plausible ranges, dated: what lies outside is used, and listed until the project confirms it.

use chrono::NaiveDate;

use super::{Resources, csv_rows};
use crate::error::{Error, Result};

const PATH: &str = "reference/plages.csv";

/// The plausible range of a column, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plage {
    /// Schema.
    pub source: String,
    /// Canonical column.
    pub colonne: String,
    /// Smallest plausible value, in the column's unit.
    pub minimum: i64,
    /// Largest plausible value.
    pub maximum: i64,
    /// Why there.
    pub motif: String,
}

/// The ranges of one source in force on the last day of `year`.
///
/// # Errors
/// [`Error::Resource`] when the table does not hold what it must.
pub fn plages(resources: &Resources, source: &str, year: i32) -> Result<Vec<Plage>> {
    let last_day = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX);
    let wrong = |what: &str| Error::resource(PATH, format!("« {what} » n'est pas lisible"));
    let mut found = Vec::new();
    for row in csv_rows(resources, PATH, &["source", "colonne", "minimum", "maximum", "debut", "fin", "motif"])? {
        let [schema, colonne, minimum, maximum, debut, fin, motif] =
            <[String; 7]>::try_from(row).map_err(|_| wrong("ligne"))?;
        let from: NaiveDate = debut.parse().map_err(|_| wrong(&debut))?;
        let to: NaiveDate = fin.parse().map_err(|_| wrong(&fin))?;
        if schema == source && from <= last_day && last_day <= to {
            let minimum = minimum.parse().map_err(|_| wrong(&minimum))?;
            let maximum = maximum.parse().map_err(|_| wrong(&maximum))?;
            found.push(Plage { source: schema, colonne, minimum, maximum, motif });
        }
    }
    Ok(found)
}
