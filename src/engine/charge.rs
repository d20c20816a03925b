//! Small tables of the engine: made from rows, or from those loaded before them, and known to the steps by their content.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use duckdb::types::{ToSqlOutput, Value};
use duckdb::{ToSql, appender_params_from_iter};

use super::Engine;
use super::etapes::Etapes;
use crate::error::{Error, Result};

/// A cell of a small table.
pub(super) enum Cell<'a> {
    Text(&'a str),
    Int(i64),
    Real(f64),
    Null,
}

impl Cell<'_> {
    /// Bytes that no other cell has.
    fn digest(&self, content: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                content.push(b't');
                content.extend((text.len() as u64).to_le_bytes());
                content.extend(text.as_bytes());
            }
            Self::Int(n) => {
                content.push(b'i');
                content.extend(n.to_le_bytes());
            }
            Self::Real(x) => {
                content.push(b'r');
                content.extend(x.to_bits().to_le_bytes());
            }
            Self::Null => content.push(b'n'),
        }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Text(text) => ToSqlOutput::from(*text),
            Cell::Int(n) => ToSqlOutput::from(*n),
            Cell::Real(x) => ToSqlOutput::from(*x),
            Cell::Null => ToSqlOutput::Owned(Value::Null),
        })
    }
}

pub(super) fn optional(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Null, Cell::Text)
}

pub(super) fn number(n: Option<i64>) -> Cell<'static> {
    n.map_or(Cell::Null, Cell::Int)
}

/// What is loaded, and the account of it that steps are known by.
pub(super) struct Charge<'e> {
    pub(super) engine: &'e Engine,
    pub(super) etapes: &'e mut Etapes,
}

/// A small table.
pub(super) fn fill<'a>(
    charge: &mut Charge<'_>,
    table: &str,
    columns: &str,
    rows: impl IntoIterator<Item = Vec<Cell<'a>>>,
) -> Result<()> {
    let mut content = columns.as_bytes().to_vec();
    let rows = rows.into_iter().inspect(|row| row.iter().for_each(|cell| cell.digest(&mut content)));
    append(charge.engine, table, columns, rows)?;
    charge.etapes.know(table, &content);
    Ok(())
}

fn append<'a>(engine: &Engine, table: &str, columns: &str, rows: impl Iterator<Item = Vec<Cell<'a>>>) -> Result<()> {
    let failed = || Error::engine(table.to_owned());
    engine.execute(table, &format!("CREATE TABLE {table} ({columns})"))?;
    let mut appender = engine.connection().appender(table).map_err(failed())?;
    for row in rows {
        appender.append_row(appender_params_from_iter(row)).map_err(failed())?;
    }
    appender.flush().map_err(failed())
}

/// A small table made from those loaded before it.
pub(super) fn derive(charge: &mut Charge<'_>, table: &str, sql: &str) -> Result<()> {
    charge.engine.execute(table, &format!("CREATE TABLE {table} AS {sql}"))?;
    let key = charge.etapes.key(sql);
    charge.etapes.know(table, key.as_bytes());
    Ok(())
}

/// A table of files and lines.
pub(super) fn fill_lines(engine: &Engine, table: &str, lines: &BTreeSet<(String, u64)>) -> Result<()> {
    let rows = lines
        .iter()
        .map(|(fichier, ligne)| vec![Cell::Text(fichier), Cell::Int(i64::try_from(*ligne).unwrap_or(i64::MAX))]);
    append(engine, table, "fichier VARCHAR, ligne BIGINT", rows)
}

/// The type of a column, as SQL names it.
pub(super) fn sql_type(kind: &DataType) -> String {
    match kind {
        DataType::Date32 => "DATE".to_owned(),
        DataType::Int32 => "INTEGER".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        DataType::FixedSizeBinary(_) => "UUID".to_owned(),
        _ => "VARCHAR".to_owned(),
    }
}
