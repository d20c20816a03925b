//! Parquet files: zstd, one writer at a time, provenance in the footer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{FooterTail, KeyValue, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::{Hashed, make_parent, publish, temporary};
use crate::error::{Error, Result};

/// What a file says that it was made by.
const CREATED_BY: &str = "bilan";

/// How the columns of a file are written, where it is not as Parquet does by itself.
#[derive(Debug, Default)]
pub struct Ecriture<'a> {
    /// Columns of too many values for a dictionary.
    pub uniques: Vec<&'a str>,
    /// Numbers that follow one another.
    pub sequences: Vec<&'a str>,
    /// Words whose order means nothing: no bounds are kept of them.
    pub mots: Vec<&'a str>,
    /// Rows of a group, where a quarter of a million is too many for who reads ranges of the file.
    pub groupe: Option<usize>,
}

/// A Parquet file being written beside its place.
pub struct ParquetFile {
    path: PathBuf,
    writer: ArrowWriter<Hashed<File>>,
}

impl ParquetFile {
    /// Starts a file that will stand at `path`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Parquet`].
    pub fn create(path: &Path, schema: SchemaRef, ecriture: &Ecriture<'_>) -> Result<Self> {
        make_parent(path)?;
        let partial = temporary(path);
        let file = File::create(&partial).map_err(Error::io("écrire", path))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(ecriture.groupe.unwrap_or(262_144)))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(CREATED_BY.to_owned());
        let Ecriture { uniques, sequences, mots, .. } = ecriture;
        for column in uniques.iter().chain(sequences) {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), false);
        }
        for column in sequences {
            properties = properties.set_column_encoding(ColumnPath::from(*column), Encoding::DELTA_BINARY_PACKED);
        }
        for column in mots {
            properties = properties.set_column_statistics_enabled(ColumnPath::from(*column), EnabledStatistics::None);
        }
        // The file alone says what it holds: how its columns were held in memory is nobody's business.
        let options = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
        let file = Hashed::new(file);
        Ok(Self { path: path.to_owned(), writer: ArrowWriter::try_new_with_options(file, schema, options)? })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Error::Parquet`].
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Ok(self.writer.write(batch)?)
    }

    /// Finishes the file with its provenance and puts it in its place; its SHA-256.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Parquet`].
    pub fn finish(mut self, provenance: &[(&str, String)]) -> Result<String> {
        for (key, value) in provenance {
            self.writer.append_key_value_metadata(KeyValue::new((*key).to_owned(), value.clone()));
        }
        let hashed = self.writer.into_inner()?;
        hashed.inner.sync_data().map_err(Error::io("écrire", &self.path))?;
        publish(&temporary(&self.path), &self.path)?;
        Ok(hashed.sha256())
    }
}

/// Writes a whole table at once.
///
/// # Errors
/// [`Error::Io`], [`Error::Parquet`].
pub fn write_table(path: &Path, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<()> {
    let mut file = ParquetFile::create(path, Arc::clone(schema), &Ecriture::default())?;
    for batch in batches {
        file.write(batch)?;
    }
    file.finish(&[]).map(|_| ())
}

/// Puts files of one schema end to end in a file of their own, row group after row group, columns as they were written.
///
/// # Errors
/// [`Error::Io`], [`Error::Parquet`].
pub fn join(parts: &[PathBuf], path: &Path) -> Result<()> {
    make_parent(path)?;
    let open = |part: &PathBuf| -> Result<(File, ParquetMetaData)> {
        let file = File::open(part).map_err(Error::io("lire", part))?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
        Ok((file, metadata))
    };
    let parts = parts.iter().map(open).collect::<Result<Vec<_>>>()?;
    let Some((_, first)) = parts.first() else { return Ok(()) };
    let schema = first.file_metadata().schema_descr().root_schema_ptr();
    let properties = WriterProperties::builder().set_created_by(CREATED_BY.to_owned()).build();
    let partial = temporary(path);
    let file = File::create(&partial).map_err(Error::io("écrire", path))?;
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    for (file, metadata) in &parts {
        for group in metadata.row_groups() {
            let mut rows = writer.next_row_group()?;
            for column in group.columns() {
                let as_written = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                rows.append_column(file, as_written)?;
            }
            rows.close()?;
        }
    }
    let file = writer.into_inner()?;
    file.sync_data().map_err(Error::io("écrire", path))?;
    publish(&partial, path)
}

/// Whether a file of the cache is there to its end: one that a power cut left short is as good as none.
#[must_use]
pub fn is_whole(path: &Path) -> bool {
    let before_footer = || -> Option<u64> {
        let mut file = File::open(path).ok()?;
        let mut tail = [0; FOOTER_SIZE];
        let before_tail = file.metadata().ok()?.len().checked_sub(tail.len() as u64)?;
        file.seek(SeekFrom::Start(before_tail)).ok()?;
        file.read_exact(&mut tail).ok()?;
        before_tail.checked_sub(FooterTail::try_new(&tail).ok()?.metadata_length() as u64)
    };
    before_footer().is_some_and(|bytes| bytes > 0)
}

/// Opens a Parquet file of the program to be read batch after batch; its schema, then the batches.
///
/// # Errors
/// [`Error::Io`], [`Error::Damaged`].
pub fn batches(path: &Path) -> Result<(SchemaRef, impl Iterator<Item = Result<RecordBatch>>)> {
    let damaged = damaged(path);
    let reader = reader(path)?.build().map_err(|e| damaged(&e))?;
    Ok((reader.schema(), reader.map(move |batch| batch.map_err(|e| damaged(&e)))))
}

/// Opens a Parquet file of the program, before it is said what is to be read of it.
pub(super) fn reader(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let file = File::open(path).map_err(Error::io("lire", path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(path)(&e))
}

/// Says of a file of the program that it no longer reads.
pub(super) fn damaged(path: &Path) -> impl Fn(&dyn std::error::Error) -> Error {
    let chemin = path.to_owned();
    move |error| Error::Damaged { chemin: chemin.clone(), raison: error.to_string() }
}

/// Reads a whole Parquet file.
///
/// # Errors
/// As [`batches`].
pub fn read_all(path: &Path) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let (schema, batches) = batches(path)?;
    Ok((schema, batches.collect::<Result<_>>()?))
}

/// The provenance written in a file's footer, in order.
///
/// # Errors
/// [`Error::Io`], [`Error::Damaged`].
pub fn footer(path: &Path) -> Result<Vec<(String, String)>> {
    let file = File::open(path).map_err(Error::io("lire", path))?;
    let reader = SerializedFileReader::new(file).map_err(|e| damaged(path)(&e))?;
    let pairs = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    Ok(pairs.into_iter().map(|kv| (kv.key, kv.value.unwrap_or_default())).collect())
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn files_put_end_to_end_hold_the_rows_of_each_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let part = |name: &str, rows: std::ops::Range<i64>| {
            let words: Vec<Option<String>> =
                rows.clone().map(|n| (n % 3 > 0).then(|| format!("mot {}", n % 7))).collect();
            let columns: [(&str, ArrayRef); 2] =
                [("n", Arc::new(Int64Array::from_iter_values(rows))), ("mot", Arc::new(StringArray::from(words)))];
            let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap();
            let path = folder.path().join(name);
            write_table(&path, &batch.schema(), &[batch]).unwrap();
            path
        };
        // The second holds nothing.
        let parts = [part("a", 0..5_000), part("b", 0..0), part("c", 5_000..5_003)];
        let whole = folder.path().join("entier");
        join(&parts, &whole).unwrap();
        let (schema, batches) = read_all(&whole).unwrap();
        let found = arrow::compute::concat_batches(&schema, &batches).unwrap();
        assert!(found.column(0).as_primitive::<Int64Type>().values().iter().copied().eq(0..5_003));
        let words = found.column(1).as_string::<i32>();
        assert!((0..5_003).all(|n| words.is_null(n) == (n % 3 == 0)));
        assert_eq!(words.value(5_002), format!("mot {}", 5_002 % 7));
        assert!(join(&[folder.path().join("absent")], &whole).is_err());
    }
}
