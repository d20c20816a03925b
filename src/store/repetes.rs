//! Identifiers that stand on several rows.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use arrow::array::{Array, AsArray};
use parquet::arrow::ProjectionMask;
use parquet::errors::ParquetError;

use super::HASH_BYTES;
use super::parquet_file::{damaged, reader};
use crate::error::Result;

/// Rows read at a time.
const ROWS: usize = 65_536;

/// Hands the identifiers of a column that stand on more than one row of these files taken together to `take`, in the order of
/// their bytes, each with its number of rows; a row without one counts for none. The answer is exact: a first reading keeps
/// those that may have been seen before, a second counts their rows. Both are done again for each range of identifiers where
/// about `ensemble` rows are: for so many, one to two bytes each are held, and those kept.
///
/// # Errors
/// [`crate::error::Error::Io`], [`crate::error::Error::Damaged`]; what `take` met.
pub fn repeated(
    files: &[PathBuf],
    column: &str,
    ensemble: u64,
    mut take: impl FnMut(&[(u128, u64)]) -> Result<()>,
) -> Result<()> {
    let mut rows = 0;
    for file in files {
        rows += reader(file)?.metadata().file_metadata().num_rows().unsigned_abs();
    }
    for (first, last) in ranges(rows.div_ceil(ensemble.max(1))) {
        take(&within(files, column, rows.min(ensemble), first..=last)?)?;
    }
    Ok(())
}

/// The bounds, both included, of as many parts of equal width as asked, one at least, of all that an identifier can be: they
/// are keyed hashes and so spread evenly.
pub fn ranges(parts: u64) -> impl Iterator<Item = (u128, u128)> {
    let parts = u128::from(parts.max(1));
    let width = u128::MAX / parts;
    (0..parts).map(move |i| (i * width, if i + 1 == parts { u128::MAX } else { (i + 1) * width - 1 }))
}

/// Those of a range, where about so many rows are.
fn within(files: &[PathBuf], column: &str, rows: u64, range: RangeInclusive<u128>) -> Result<Vec<(u128, u64)>> {
    let mut suspects = Vec::new();
    let mut sieve = Sieve::of(rows * 8);
    each(files, column, |identifier| {
        if range.contains(&identifier) && sieve.mark(identifier) {
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
    let drawers = Drawers::of(&suspects);
    let mut found: Vec<(u128, u64)> = suspects.into_iter().map(|identifier| (identifier, 0)).collect();
    each(files, column, |identifier| {
        if sieve.has(identifier)
            && let Some(suspect) =
                found[drawers.within(identifier)].iter_mut().find(|(suspect, _)| *suspect == identifier)
        {
            suspect.1 += 1;
        }
    })?;
    found.retain(|(_, rows)| *rows > 1);
    Ok(found)
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

/// Where to look among identifiers put in order: their first bits tell, spread evenly as all are.
struct Drawers {
    /// Where each begins, and the end of the last.
    starts: Vec<usize>,
    bits: u32,
}

impl Drawers {
    /// Those of identifiers in order, about one in each.
    fn of(identifiers: &[u128]) -> Self {
        let bits = identifiers.len().max(2).ilog2();
        let drawers = (0..1_u128 << bits).map(|first| first << (u128::BITS - bits));
        let mut starts: Vec<usize> = Vec::with_capacity((1 << bits) + 1);
        let mut start = 0;
        for first in drawers {
            start += identifiers[start..].iter().take_while(|identifier| **identifier < first).count();
            starts.push(start);
        }
        starts.push(identifiers.len());
        Self { starts, bits }
    }

    /// Where this one is, if it is there.
    fn within(&self, identifier: u128) -> Range<usize> {
        let drawer = usize::try_from(identifier >> (u128::BITS - self.bits)).unwrap_or_default();
        self.starts[drawer]..self.starts[drawer + 1]
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
        let expected: Vec<(u128, u64)> = counted.into_iter().filter(|(_, rows)| *rows > 1).collect();
        assert!(expected.len() > 10, "{}", expected.len());
        let search = |files: &[PathBuf], column: &str, ensemble: u64| {
            let (mut found, mut ranges) = (Vec::new(), 0);
            repeated(files, column, ensemble, |some| {
                found.extend_from_slice(some);
                ranges += 1;
                Ok(())
            })
            .map(|()| (found, ranges))
        };
        assert_eq!(search(&files, "id", 1_000_000).unwrap(), (expected.clone(), 1));
        assert_eq!(search(&files, "id", 40_000).unwrap(), (expected, 4));
        assert_eq!(search(&[], "id", 10).unwrap(), (vec![], 1));
        assert!(matches!(search(&files[..1], "autre", 10), Err(Error::Damaged { .. })));
        // Identifiers of another width are none.
        let wide = FixedSizeBinaryArray::try_from_sparse_iter_with_size([None, Some([7; 32])].into_iter(), 32).unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable([("id", Arc::new(wide) as _, true)]).unwrap();
        write_table(&files[3], &batch.schema(), &[batch]).unwrap();
        assert!(matches!(search(&files, "id", 10), Err(Error::Damaged { .. })));
    }

    #[test]
    fn ranges_follow_one_another_and_leave_nothing_out() {
        for parts in [0, 1, 2, 3, 7, 320] {
            let found: Vec<(u128, u128)> = ranges(parts).collect();
            assert_eq!(found.len() as u64, parts.max(1));
            assert_eq!((found[0].0, found[found.len() - 1].1), (0, u128::MAX));
            assert!(found.windows(2).all(|two| two[0].1 + 1 == two[1].0), "{parts}");
        }
    }
}
