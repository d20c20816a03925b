//! Parquet files, column by column and batch by batch; columns that no schema declares are never decoded.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{Besoin, Echec, Enregistrement, Lecteur, Ouvert, number, protected};
use crate::diagnostic::Diagnostic;
use crate::schema::{Champ, Entete};

const BATCH: usize = 8_192;

/// Opens a Parquet file.
pub(super) fn open(path: &Path, besoin: Besoin<'_>) -> Result<Ouvert, Echec> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?).map_err(|_| corrupt())?;
    let noms: Vec<String> = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
    let entete = Entete::resolve(besoin.schema, &noms, besoin.colonnes).map_err(Echec::Refus)?;
    let mut used: Vec<usize> = entete
        .champs
        .iter()
        .flat_map(|champ| match champ {
            Champ::Absent => Vec::new(),
            Champ::Un(i) => vec![*i],
            Champ::Plusieurs(fields) => fields.clone(),
        })
        .collect();
    used.sort_unstable();
    used.dedup();
    let mask = ProjectionMask::roots(builder.parquet_schema(), used.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|_| corrupt())?;
    let mut places = vec![None; noms.len()];
    for (place, i) in used.into_iter().enumerate() {
        places[i] = Some(place);
    }
    Ok(Ouvert {
        lecteur: Box::new(Lignes { reader, places, columns: Vec::new(), rows: 0, next: 0, ligne: 0 }),
        avis: entete.avis(),
        entete,
        noms,
        separateur: None,
        feuille: None,
        ligne_entete: 0,
    })
}

fn corrupt() -> Diagnostic {
    Diagnostic::refus("B0111", "fichier Parquet incomplet ou corrompu", "transférez de nouveau le fichier")
}

struct Lignes {
    reader: ParquetRecordBatchReader,
    /// Where each field of the header stands among the columns read.
    places: Vec<Option<usize>>,
    columns: Vec<ArrayRef>,
    rows: usize,
    /// One past the current row of the batch.
    next: usize,
    ligne: u64,
}

impl Lecteur for Lignes {
    fn next_record(&mut self) -> Result<Option<Enregistrement>, Echec> {
        while self.next == self.rows {
            let Some(batch) = protected(|| self.reader.next())? else { return Ok(None) };
            let batch = batch.map_err(|_| corrupt())?;
            self.columns = as_text(&batch)?;
            self.rows = batch.num_rows();
            self.next = 0;
        }
        self.next += 1;
        self.ligne += 1;
        Ok(Some(Enregistrement::Bon { ligne: self.ligne }))
    }

    fn field(&self, i: usize) -> &str {
        let Some(column) = self.places[i].map(|place| self.columns[place].as_string::<i32>()) else { return "" };
        if column.is_null(self.next - 1) { "" } else { column.value(self.next - 1) }
    }
}

/// Every column as text: dates in ISO, numbers with a point, lists joined by `|`.
fn as_text(batch: &RecordBatch) -> Result<Vec<ArrayRef>, Echec> {
    let schema = batch.schema();
    batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| {
            let text = match column.data_type() {
                DataType::List(_) => joined(column),
                // Whole numbers with holes come as floats from those who write Parquet with data frames.
                DataType::Float64 => Some(numbers(column)),
                _ => in_text(column),
            };
            text.ok_or_else(|| {
                Echec::from(
                    Diagnostic::refus(
                        "B0102",
                        format!("type Parquet non lu : {}", column.data_type()),
                        "écrivez cette colonne en texte, en nombre ou en date",
                    )
                    .in_column(field.name().clone()),
                )
            })
        })
        .collect()
}

/// A column in text; a value that has none, such as bytes that are no text, refuses the column rather than be lost.
fn in_text(column: &ArrayRef) -> Option<ArrayRef> {
    cast_with_options(column, &DataType::Utf8, &CastOptions { safe: false, ..CastOptions::default() }).ok()
}

fn numbers(column: &ArrayRef) -> ArrayRef {
    let values = column.as_primitive::<arrow::datatypes::Float64Type>();
    std::sync::Arc::new(values.iter().map(|x| x.map(number)).collect::<arrow::array::StringArray>())
}

fn joined(column: &ArrayRef) -> Option<ArrayRef> {
    let lists = column.as_list::<i32>();
    let values = in_text(lists.values())?;
    let values = values.as_string::<i32>();
    let offsets = lists.value_offsets();
    let texts = (0..lists.len()).map(|row| {
        if lists.is_null(row) {
            return None;
        }
        let range = usize::try_from(offsets[row]).ok()?..usize::try_from(offsets[row + 1]).ok()?;
        let parts: Vec<&str> = range.filter(|i| values.is_valid(*i)).map(|i| values.value(i)).collect();
        Some(parts.join("|"))
    });
    Some(std::sync::Arc::new(texts.collect::<arrow::array::StringArray>()))
}
