//! Identifiers that stand on several rows.

use std::path::PathBuf;

use arrow::array::{Array, AsArray};
use parquet::arrow::ProjectionMask;
use parquet::errors::ParquetError;

use super::HASH_BYTES;
use super::parquet_file::{damaged, reader};
use crate::error::Result;

/// Rows read at a time.
const ROWS: usize = 65_536;

/// The identifiers of a column that stand on more than one row of these files taken together, in the order of their bytes; a
/// row without one counts for none. The answer is exact: a first reading keeps those that may have been seen before, a second
/// counts their rows. One to two bytes a row are held, and those kept.
///
/// # Errors
/// [`crate::error::Error::Io`], [`crate::error::Error::Damaged`].
pub fn repeated(files: &[PathBuf], column: &str) -> Result<Vec<u128>> {
    let mut rows = 0;
    for file in files {
        rows += reader(file)?.metadata().file_metadata().num_rows().unsigned_abs();
    }
    let mut suspects = Vec::new();
    let mut sieve = Sieve::of(rows * 8);
    each(files, column, |identifier| {
        if sieve.mark(identifier) {
            suspects.push(identifier);
        }
    })?;
    suspects.sort_unstable();
    suspects.dedup();
    // Of its own size, since it is asked of each row whether it is one of a few.
    let mut sieve = Sieve::of(suspects.len() as u64 * 32);
    for identifier in &suspects {
        sieve.mark(*identifier);
    }
    let mut found = vec![0_u64; suspects.len()];
    each(files, column, |identifier| {
        if let Some(at) = sieve.has(identifier).then(|| suspects.binary_search(&identifier).ok()).flatten() {
            found[at] += 1;
        }
    })?;
    Ok(suspects.into_iter().zip(found).filter(|(_, rows)| *rows > 1).map(|(identifier, _)| identifier).collect())
}

/// Bits, of which each identifier has one. Identifiers are keyed hashes: any of their own bits are spread evenly.
struct Sieve {
    words: Vec<u64>,
}

impl Sieve {
    /// At least so many bits.
    fn of(bits: u64) -> Self {
        Self { words: vec![0; usize::try_from(bits.div_ceil(64).next_power_of_two()).unwrap_or(1)] }
    }

    /// Its word and its bit in it.
    fn place(&self, identifier: u128) -> (usize, u64) {
        let low = u64::try_from(identifier & u128::from(u64::MAX)).unwrap_or_default();
        (usize::try_from(low >> 6).unwrap_or_default() & (self.words.len() - 1), 1 << (low & 63))
    }

    fn has(&self, identifier: u128) -> bool {
        let (word, bit) = self.place(identifier);
        self.words[word] & bit != 0
    }

    /// Marks an identifier; whether one of the same bit was before.
    fn mark(&mut self, identifier: u128) -> bool {
        let (word, bit) = self.place(identifier);
        let before = self.words[word] & bit != 0;
        self.words[word] |= bit;
        before
    }
}

fn each(files: &[PathBuf], column: &str, mut take: impl FnMut(u128)) -> Result<()> {
    for file in files {
        let damaged = damaged(file);
        let reader = reader(file)?.with_batch_size(ROWS);
        let only = ProjectionMask::columns(reader.parquet_schema(), [column]);
        for batch in reader.with_projection(only).build().map_err(|e| damaged(&e))? {
            let batch = batch.map_err(|e| damaged(&e))?;
            let identifiers = batch.columns().first().and_then(|c| c.as_fixed_size_binary_opt());
            let identifiers = identifiers.filter(|found| found.value_length() == HASH_BYTES);
            let identifiers =
                identifiers.ok_or_else(|| damaged(&ParquetError::General(format!("colonne « {column} » absente"))))?;
            let (each, _) = identifiers.value_data().as_chunks();
            for row in (0..each.len().min(identifiers.len())).filter(|row| identifiers.is_valid(*row)) {
                take(u128::from_be_bytes(each[row]));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use arrow::array::{FixedSizeBinaryArray, RecordBatch};

    use super::super::{sha256, write_table};
    use super::*;
    use crate::error::Error;

    #[test]
    fn identifiers_on_several_rows_are_those_that_a_count_of_all_finds() {
        let folder = tempfile::tempdir().unwrap();
        let mut counted: BTreeMap<u128, u64> = BTreeMap::new();
        let mut file = |name: &str, rows: std::ops::Range<u32>| {
            // One row in ten has no identifier; one number in 300 comes back, within a file or in the other.
            let rows = rows.map(|n| (n % 10 > 0).then(|| sha256(&(if n % 300 < 2 { n % 7 } else { n }).to_le_bytes())));
            let rows: Vec<Option<[u8; 16]>> = rows.map(|hex| hex?.as_bytes()[..16].try_into().ok()).collect();
            for identifier in rows.iter().flatten() {
                *counted.entry(u128::from_be_bytes(*identifier)).or_default() += 1;
            }
            let column = FixedSizeBinaryArray::try_from_sparse_iter_with_size(rows.into_iter(), HASH_BYTES).unwrap();
            let batch = RecordBatch::try_from_iter_with_nullable([("id", Arc::new(column) as _, true)]).unwrap();
            let path = folder.path().join(name);
            write_table(&path, &batch.schema(), &[batch]).unwrap();
            path
        };
        let files =
            [file("un", 0..100_000), file("deux", 100_000..150_000), file("vide", 0..0), file("trois", 99_990..99_999)];
        let expected: Vec<u128> = counted.into_iter().filter(|(_, rows)| *rows > 1).map(|(found, _)| found).collect();
        assert!(expected.len() > 10, "{}", expected.len());
        assert_eq!(repeated(&files, "id").unwrap(), expected);
        assert!(repeated(&[], "id").unwrap().is_empty());
        assert!(matches!(repeated(&files[..1], "autre"), Err(Error::Damaged { .. })));
        // Identifiers of another width are none.
        let wide = FixedSizeBinaryArray::try_from_sparse_iter_with_size([None, Some([7; 32])].into_iter(), 32).unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable([("id", Arc::new(wide) as _, true)]).unwrap();
        write_table(&files[3], &batch.schema(), &[batch]).unwrap();
        assert!(matches!(repeated(&files, "id"), Err(Error::Damaged { .. })));
    }
}
