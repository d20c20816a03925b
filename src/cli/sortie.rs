//! Plain tables, JSON and paths for the terminal.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Schema};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};

use crate::engine::{self, Table};
use crate::error::{Error, Result};

/// Writes to standard output; what is long goes out in large pieces.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn write_out(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, anstream::stdout());
    write(&mut out).and_then(|()| out.flush()).map_err(Error::io("écrire", Path::new("la sortie")))
}

/// Writes a document as JSON.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn write_json(document: &impl Serialize) -> Result<()> {
    write_out(|out| {
        serde_json::to_writer_pretty(&mut *out, document)?;
        writeln!(out)
    })
}

/// Writes rows as spreadsheets in French read them.
///
/// # Errors
/// As [`engine::write_csv`].
pub(super) fn write_csv(schema: &Schema, batches: impl IntoIterator<Item = Result<RecordBatch>>) -> Result<()> {
    engine::write_csv(schema, batches, anstream::stdout(), Path::new("la sortie"))
}

/// Rows of a table as JSON objects, columns in their order, each made as it is written.
pub(super) struct Lignes<'t>(pub(super) &'t Table);

impl Serialize for Lignes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let batches = self.0.batches.iter();
        serializer.collect_seq(batches.flat_map(|batch| (0..batch.num_rows()).map(move |row| Ligne { batch, row })))
    }
}

struct Ligne<'b> {
    batch: &'b RecordBatch,
    row: usize,
}

impl Serialize for Ligne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.batch.num_columns()))?;
        for (field, column) in self.batch.schema_ref().fields().iter().zip(self.batch.columns()) {
            object.serialize_entry(field.name(), &Valeur { nom: field.name(), column, row: self.row })?;
        }
        object.end()
    }
}

struct Valeur<'c> {
    nom: &'c str,
    column: &'c dyn Array,
    row: usize,
}

impl Serialize for Valeur<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { nom, column, row } = *self;
        // A column of nothing but nulls has no bits to say so.
        if column.is_null(row) || column.data_type() == &DataType::Null {
            return serializer.serialize_none();
        }
        let shown = || engine::text(nom, column, row).map_err(S::Error::custom);
        match column.data_type() {
            DataType::Float64 => serializer.serialize_f64(column.as_primitive::<Float64Type>().value(row)),
            DataType::Float32 => serializer.serialize_f32(column.as_primitive::<Float32Type>().value(row)),
            DataType::Boolean => serializer.serialize_bool(column.as_boolean().value(row)),
            // A sum is wider than any number that JSON readers hold, its values seldom are.
            kind if kind.is_integer() || matches!(kind, DataType::Decimal128(_, 0)) => {
                let digits = shown()?;
                match digits.parse() {
                    Ok(n) => serializer.serialize_i64(n),
                    Err(_) => serializer.serialize_str(&digits),
                }
            }
            _ => serializer.serialize_str(&shown()?),
        }
    }
}

/// A path as the user would type it.
pub(super) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

/// Writes rows in aligned columns; `right` says which columns hold numbers.
pub(super) fn write_aligned(out: &mut dyn Write, rows: &[Vec<String>], right: &[bool]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|r| r.get(c)).map(|v| v.chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut line = String::new();
        for (c, value) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c] - value.chars().count());
            if right.get(c).copied().unwrap_or(false) {
                line.push_str(&pad);
                line.push_str(value);
            } else {
                line.push_str(value);
                line.push_str(&pad);
            }
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int16Array, StringArray};

    use super::*;

    #[test]
    fn rows_are_objects_whose_values_keep_their_kind() {
        let sum = |values: Vec<Option<i128>>, scale| {
            Decimal128Array::from(values).with_precision_and_scale(38, scale).unwrap()
        };
        let columns: [(&str, ArrayRef); 7] = [
            ("z", Arc::new(StringArray::from(vec![Some("L'Isle"), None]))),
            ("mois", Arc::new(Int16Array::from(vec![Some(12), None]))),
            ("somme", Arc::new(sum(vec![Some(7), Some(i128::from(i64::MAX) + 1)], 0))),
            ("exact", Arc::new(sum(vec![Some(150), None], 2))),
            ("part", Arc::new(Float64Array::from(vec![Some(0.25), None]))),
            ("dalo", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("jour", Arc::new(Date32Array::from(vec![Some(20_156), None]))),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap();
        let table = Table {
            nom: "essai".to_owned(),
            schema: batch.schema(),
            batches: vec![batch.slice(0, 1), batch.slice(1, 1)],
        };
        let expected = r#"[{"z":"L'Isle","mois":12,"somme":7,"exact":"1.50","part":0.25,"dalo":true,"jour":"2025-03-09"},{"z":null,"mois":null,"somme":"9223372036854775808","exact":null,"part":null,"dalo":null,"jour":null}]"#;
        assert_eq!(serde_json::to_string(&Lignes(&table)).unwrap(), expected);
    }
}
