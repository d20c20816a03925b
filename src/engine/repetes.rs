//! Identifiers that a source has on several rows, for the statements that tell those rows apart: `repetes_<source>`, one
//! column. Found by the program: to group a country's identifiers takes the engine as long as to count its demands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{FixedSizeBinaryArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};

use super::{ETAPES, Inputs, etapes, reachable};
use crate::error::Result;
use crate::ingest::uuid;
use crate::partage::shared_out;
use crate::store;

/// The identifiers of a source that stand on several of its rows.
pub(super) struct Repetes {
    /// Name of their table.
    pub(super) table: String,
    /// The file that holds them, named after what it is made from.
    pub(super) fichier: PathBuf,
    /// Rows that bear one.
    pub(super) lignes: u64,
}

/// Sources and their identifiers: a numéro unique is one demand (SNE), a dwelling stands once in a year's stock (SDES, RPLS).
const IDENTIFIANTS: [(&str, &str); 2] = [("demandes", "numero_unique"), ("rpls", "IDENT_REP")];

/// Rows whose identifiers are looked for together: a country's register is looked through once, several years of it by ranges
/// of identifiers.
const ENSEMBLE: u64 = 12_000_000;
/// What the footer of their file says: how many rows bear one.
const LIGNES: &str = "lignes";

/// Name of the table of those of a source.
pub(super) fn table(source: &str) -> String {
    format!("repetes_{source}")
}

/// Those of each source, found now or before.
///
/// # Errors
/// [`crate::error::Error::Io`], [`crate::error::Error::Damaged`], [`crate::error::Error::Parquet`].
pub(super) fn find(inputs: &Inputs<'_>, threads: usize) -> Result<Vec<Repetes>> {
    let cache = reachable(&inputs.plan.cache())?;
    let sources = IDENTIFIANTS.map(|(source, column)| {
        let table = table(source);
        let stored = inputs.stored(source, &cache);
        let key = format!("{} {column}\n{}", env!("CARGO_PKG_VERSION"), etapes::content(&stored));
        let fichier = etapes::named(&cache.join(ETAPES), &table, &store::sha256(key.as_bytes()));
        (column, stored, table, fichier)
    });
    shared_out(threads, sources.len(), |i| {
        let (column, stored, _, fichier) = &sources[i];
        if store::is_whole(fichier) && rows(fichier)?.is_some() { Ok(()) } else { write(fichier, stored, column) }
    })?;
    let told = sources.into_iter().map(|(_, _, table, fichier)| {
        let lignes = rows(&fichier)?.unwrap_or(0);
        Ok(Repetes { table, fichier, lignes })
    });
    told.collect()
}

/// How many rows bear one, as the footer of their file says.
fn rows(fichier: &Path) -> Result<Option<u64>> {
    let said = store::footer(fichier)?.into_iter().find(|(name, _)| name == LIGNES);
    Ok(said.and_then(|(_, lignes)| lignes.parse().ok()))
}

/// Writes those of a column of these files.
fn write(fichier: &Path, stored: &[PathBuf], column: &str) -> Result<()> {
    let kind = DataType::FixedSizeBinary(store::HASH_BYTES);
    let schema = Arc::new(ArrowSchema::new(vec![Field::new(column, kind, true).with_metadata(uuid())]));
    let mut parquet = store::ParquetFile::create(fichier, Arc::clone(&schema), &store::Ecriture::default())?;
    let mut lignes = 0;
    store::repeated(stored, column, ENSEMBLE, |found| {
        let bytes = found.iter().map(|(identifier, _)| Some(identifier.to_be_bytes()));
        let values = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, store::HASH_BYTES)?;
        lignes += found.iter().map(|(_, rows)| rows).sum::<u64>();
        parquet.write(&RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(values)])?)
    })?;
    parquet.finish(&[(LIGNES, lignes.to_string())]).map(|_| ())
}
