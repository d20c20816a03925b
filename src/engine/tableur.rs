//! Tables as spreadsheets in French read them.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use arrow::array::{Array, AsArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Schema};
use chrono::{Datelike, NaiveDate};

use crate::error::{Error, Result};

/// Writes a table as spreadsheets in French want it: `;`, decimal comma, UTF-8 with its mark; `place` is where, for who must
/// be told.
///
/// # Errors
/// [`Error::Io`] when a cell cannot be written; what a batch met.
pub fn write_csv(
    schema: &Schema,
    batches: impl IntoIterator<Item = Result<RecordBatch>>,
    mut out: impl Write,
    place: &Path,
) -> Result<()> {
    let failed = |e: csv::Error| Error::io("écrire", place)(std::io::Error::other(e));
    out.write_all("\u{feff}".as_bytes()).map_err(Error::io("écrire", place))?;
    let mut writer = csv::WriterBuilder::new().delimiter(b';').buffer_capacity(1 << 16).from_writer(out);
    writer.write_record(schema.fields().iter().map(|f| f.name())).map_err(failed)?;
    let mut text = String::new();
    for batch in batches {
        let batch = batch?;
        let columns: Vec<Colonne<'_>> = batch.columns().iter().map(|c| Colonne::of(c)).collect();
        for row in 0..batch.num_rows() {
            for column in &columns {
                text.clear();
                column.write(row, &mut text);
                writer.write_field(&text).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    writer.flush().map_err(Error::io("écrire", place))
}

/// A column known by its type.
enum Colonne<'a> {
    Texte(&'a StringArray),
    Entier(&'a Int32Array),
    Grand(&'a Int64Array),
    Reel(&'a Float64Array),
    Jour(&'a Date32Array),
    Autre(&'a dyn Array),
}

impl<'a> Colonne<'a> {
    fn of(column: &'a dyn Array) -> Self {
        match column.data_type() {
            DataType::Utf8 => Self::Texte(column.as_string()),
            DataType::Int32 => Self::Entier(column.as_primitive()),
            DataType::Int64 => Self::Grand(column.as_primitive()),
            DataType::Float64 => Self::Reel(column.as_primitive()),
            DataType::Date32 => Self::Jour(column.as_primitive()),
            _ => Self::Autre(column),
        }
    }

    /// Adds one value to `text`: ISO dates, decimal comma, nothing for null.
    fn write(&self, row: usize, text: &mut String) {
        // Writing to a text cannot fail.
        let _ = match self {
            Self::Texte(c) if c.is_valid(row) => text.write_str(c.value(row)),
            Self::Entier(c) if c.is_valid(row) => write!(text, "{}", c.value(row)),
            Self::Grand(c) if c.is_valid(row) => write!(text, "{}", c.value(row)),
            Self::Reel(c) if c.is_valid(row) => {
                let written = write!(text, "{}", c.value(row));
                if let Some(point) = text.find('.') {
                    text.replace_range(point..=point, ",");
                }
                written
            }
            Self::Jour(c) if c.is_valid(row) => match NaiveDate::from_epoch_days(c.value(row)) {
                Some(d) => write!(text, "{:04}-{:02}-{:02}", d.year(), d.month(), d.day()),
                None => Ok(()),
            },
            Self::Autre(c) if c.is_valid(row) => {
                let shown = arrow::util::display::array_value_to_string(*c, row).unwrap_or_default();
                text.write_str(&shown.replace('.', ","))
            }
            _ => Ok(()),
        };
    }
}
