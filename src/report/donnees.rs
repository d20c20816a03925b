//! The results of the last run as pages read them: rows by territory, typed values.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use crate::engine::Table;
use crate::error::{Error, Result};
use crate::project::Plan;
use crate::resultats::INDICATEURS;
use crate::store;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
enum Valeur {
    Vide,
    Texte(String),
    Entier(i64),
    Reel(f64),
}

/// One table, its communes left out, found by territory.
#[derive(Debug)]
pub(super) struct Feuille {
    columns: BTreeMap<String, usize>,
    rows: Vec<Vec<Valeur>>,
    places: BTreeMap<(String, String), Vec<usize>>,
}

/// A row of a [`Feuille`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Ligne<'a> {
    feuille: &'a Feuille,
    row: usize,
}

impl Feuille {
    /// Reads a table of the last run.
    pub(super) fn load(plan: &Plan, nom: &str) -> Result<Self> {
        let path = plan.sortie.join(INDICATEURS).join(format!("{nom}.parquet"));
        let table = Table::read(&path, nom)?;
        let columns: BTreeMap<String, usize> =
            table.schema.fields().iter().enumerate().map(|(i, f)| (f.name().clone(), i)).collect();
        let position = |name: &str| columns.get(name).copied().ok_or_else(|| missing(&path, name));
        let (niveau, code) = (position("niveau")?, position("code")?);
        let mut rows = Vec::new();
        let mut places: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for batch in &table.batches {
            let niveaux = batch.column(niveau).as_string::<i32>();
            let codes = batch.column(code).as_string::<i32>();
            for row in 0..batch.num_rows() {
                if niveaux.value(row) == "commune" {
                    continue;
                }
                let place = (niveaux.value(row).to_owned(), codes.value(row).to_owned());
                places.entry(place).or_default().push(rows.len());
                rows.push(batch.columns().iter().map(|c| cell(c, row)).collect());
            }
        }
        Ok(Self { columns, rows, places })
    }

    /// Rows of a territory, in the table's order.
    pub(super) fn of<'a>(&'a self, niveau: &str, code: &str) -> impl Iterator<Item = Ligne<'a>> + use<'a> {
        let rows = self.places.get(&(niveau.to_owned(), code.to_owned()));
        rows.into_iter().flatten().map(|&row| Ligne { feuille: self, row })
    }

    /// The row of a territory whose dimensions have these values.
    pub(super) fn find<'a>(&'a self, niveau: &str, code: &str, dimensions: &[(&str, &str)]) -> Option<Ligne<'a>> {
        self.of(niveau, code).find(|l| dimensions.iter().all(|(name, value)| l.text(name) == *value))
    }

    /// Codes of a level, sorted.
    pub(super) fn codes(&self, niveau: &str) -> Vec<String> {
        self.places.keys().filter(|(n, _)| n == niveau).map(|(_, c)| c.clone()).collect()
    }
}

impl<'a> Ligne<'a> {
    fn value(&self, column: &str) -> &'a Valeur {
        self.feuille.columns.get(column).map_or(&Valeur::Vide, |&i| &self.feuille.rows[self.row][i])
    }

    /// Text of a column, empty when there is none.
    pub(super) fn text(&self, column: &str) -> &'a str {
        match self.value(column) {
            Valeur::Texte(text) => text,
            _ => "",
        }
    }

    /// Whole number of a column.
    pub(super) fn int(&self, column: &str) -> Option<i64> {
        match self.value(column) {
            Valeur::Entier(n) => Some(*n),
            _ => None,
        }
    }

    /// Real number of a column.
    pub(super) fn real(&self, column: &str) -> Option<f64> {
        match self.value(column) {
            Valeur::Reel(x) => Some(*x),
            _ => None,
        }
    }
}

fn missing(path: &Path, column: &str) -> Error {
    Error::resource(path.to_string_lossy(), format!("colonne « {column} » absente"))
}

fn cell(column: &dyn Array, row: usize) -> Valeur {
    if column.is_null(row) {
        return Valeur::Vide;
    }
    match column.data_type() {
        DataType::Utf8 => Valeur::Texte(column.as_string::<i32>().value(row).to_owned()),
        DataType::Int32 => Valeur::Entier(i64::from(column.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => Valeur::Entier(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Valeur::Reel(column.as_primitive::<Float64Type>().value(row)),
        _ => Valeur::Vide,
    }
}

/// Names of landlords by SIREN, from the source `bailleurs` of the last run.
pub(super) fn landlord_names(plan: &Plan) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    let cache = plan.cache();
    let Ok(bytes) = std::fs::read(cache.join("faits").join("sources.json")) else { return Ok(names) };
    let sources: Vec<(String, Vec<String>)> = serde_json::from_slice(&bytes)?;
    for file in sources.iter().filter(|(source, _)| source == "bailleurs").flat_map(|(_, files)| files) {
        let (_, batches) = store::read_all(&cache.join(file))?;
        for batch in &batches {
            let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(Path::new(file), name));
            let (sirens, labels) = (column("siren")?.as_string::<i32>(), column("nom")?.as_string::<i32>());
            for row in 0..batch.num_rows() {
                names.insert(sirens.value(row).to_owned(), labels.value(row).to_owned());
            }
        }
    }
    Ok(names)
}
