//! Values as texts, and tables as spreadsheets in French read them.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{Datelike, NaiveDate};

use crate::error::{Error, Result};

/// A value of a column of a result as text, nothing for null.
///
/// # Errors
/// [`Error::Unwritable`] when it has no written form.
pub fn text(nom: &str, column: &dyn Array, row: usize) -> Result<String> {
    let formatter = ArrayFormatter::try_new(column, &FormatOptions::default());
    formatter.and_then(|f| f.value(row).try_to_string()).map_err(|_| Error::Unwritable(nom.to_owned()))
}

/// Writes a table as spreadsheets in French want it: `;`, decimal comma, UTF-8 with its mark; `place` is where, for who must
/// be told.
///
/// # Errors
/// [`Error::Io`], [`Error::Unwritable`]; what a batch met.
pub fn write_csv(
    schema: &Schema,
    batches: impl IntoIterator<Item = Result<RecordBatch>>,
    mut out: impl Write,
    place: &Path,
) -> Result<()> {
    let failed = Error::csv("écrire", place);
    out.write_all("\u{feff}".as_bytes()).map_err(Error::io("écrire", place))?;
    let mut writer = csv::WriterBuilder::new().delimiter(b';').buffer_capacity(1 << 16).from_writer(out);
    writer.write_record(schema.fields().iter().map(|f| f.name())).map_err(&failed)?;
    let (mut record, mut chiffres) = (csv::ByteRecord::new(), Chiffres::default());
    for batch in batches {
        let batch = batch?;
        let columns: Vec<Colonne<'_>> = batch.columns().iter().map(|c| Colonne::of(c)).collect();
        for row in 0..batch.num_rows() {
            record.clear();
            for (column, field) in columns.iter().zip(schema.fields()) {
                record.push_field(column.cell(field.name(), row, &mut chiffres)?.as_bytes());
            }
            writer.write_byte_record(&record).map_err(&failed)?;
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
    Logique(&'a BooleanArray),
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
            DataType::Boolean => Self::Logique(column.as_boolean()),
            _ => Self::Autre(column),
        }
    }

    /// One value: ISO dates, decimal comma, « oui » and « non », nothing for null.
    fn cell<'c>(&'c self, nom: &str, row: usize, chiffres: &'c mut Chiffres) -> Result<&'c str> {
        Ok(match self {
            Self::Texte(c) if c.is_valid(row) => c.value(row),
            Self::Entier(c) if c.is_valid(row) => chiffres.entier.format(c.value(row)),
            Self::Grand(c) if c.is_valid(row) => chiffres.entier.format(c.value(row)),
            Self::Reel(c) if c.is_valid(row) => chiffres.reel(c.value(row)),
            Self::Jour(c) if c.is_valid(row) => match NaiveDate::from_epoch_days(c.value(row)) {
                Some(d) => chiffres.text(format_args!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day())),
                None => return Err(Error::Unwritable(nom.to_owned())),
            },
            Self::Logique(c) if c.is_valid(row) => {
                if c.value(row) {
                    "oui"
                } else {
                    "non"
                }
            }
            Self::Autre(c) if c.is_valid(row) => {
                chiffres.text(format_args!("{}", text(nom, *c, row)?.replace('.', ",")))
            }
            _ => "",
        })
    }
}

/// Room to write a value in.
#[derive(Default)]
struct Chiffres {
    entier: itoa::Buffer,
    texte: String,
}

impl Chiffres {
    fn text(&mut self, value: std::fmt::Arguments<'_>) -> &str {
        self.texte.clear();
        // Writing to a text cannot fail.
        let _ = self.texte.write_fmt(value);
        &self.texte
    }

    /// The shortest digits that read back as the same number, without an exponent.
    fn reel(&mut self, value: f64) -> &str {
        let mut room = zmij::Buffer::new();
        let shortest = room.format(value);
        match shortest.split_once('.') {
            Some((units, decimals)) if !decimals.contains('e') => {
                self.texte.clear();
                self.texte.push_str(units);
                if decimals != "0" {
                    self.texte.push(',');
                    self.texte.push_str(decimals);
                }
                &self.texte
            }
            _ => {
                self.text(format_args!("{value}"));
                if let Some(point) = self.texte.find('.') {
                    self.texte.replace_range(point..=point, ",");
                }
                &self.texte
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use proptest::prelude::*;

    use super::*;

    fn written(columns: Vec<(&str, ArrayRef)>) -> String {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        let mut out = Vec::new();
        write_csv(&batch.schema(), [Ok(batch.clone())], &mut out, Path::new("table.csv")).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_type_as_a_spreadsheet_in_french_reads_it() {
        let jour = NaiveDate::from_ymd_opt(2025, 3, 9).unwrap().to_epoch_days();
        let text = written(vec![
            ("libelle", Arc::new(StringArray::from(vec![Some("L'Isle ; « sud »"), Some("dit \"haut\""), None]))),
            ("baux", Arc::new(Int32Array::from(vec![Some(-12), Some(0), None]))),
            ("somme", Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(1_000), None]))),
            ("part", Arc::new(Float64Array::from(vec![Some(0.25), Some(3.0), None]))),
            ("jour", Arc::new(Date32Array::from(vec![Some(jour), None, None]))),
            ("qpv", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ]);
        let lines = [
            "\u{feff}libelle;baux;somme;part;jour;qpv",
            "\"L'Isle ; « sud »\";-12;-9223372036854775808;0,25;2025-03-09;oui",
            "\"dit \"\"haut\"\"\";0;1000;3;;non",
            ";;;;;",
            "",
        ];
        assert_eq!(text, lines.join("\n"));
    }

    proptest! {
        /// A number reads back as itself, and no spreadsheet meets an exponent.
        #[test]
        fn a_number_loses_no_digit(value in prop_oneof![any::<f64>(), 0.0..1.0, 1e-9..1e-3, 1e14..1e22, Just(-0.0)]) {
            let text = written(vec![("part", Arc::new(Float64Array::from(vec![value])))]);
            let cell = text.lines().nth(1).unwrap();
            prop_assert_eq!(cell.replace(',', ".").parse::<f64>().unwrap().to_bits(), value.to_bits());
            let shortest = value.to_string();
            // Of a value that stands halfway between two shortest texts, either will do.
            let decimals = shortest.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            let exact = format!("{value:.*}", decimals + 1_100);
            let beyond = exact.split_once('.').map_or("", |(_, all)| &all[decimals..]);
            let halfway = beyond.trim_end_matches('0') == "5" && cell.len() == shortest.len() && !cell.contains('e');
            prop_assert!(cell == shortest.replace('.', ",") || halfway, "{} {}", cell, shortest);
        }
    }
}
