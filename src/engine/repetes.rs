//! Identifiers that a source has on several rows, for the statements that tell those rows apart: `repetes_<source>`, one
//! column. Found by the program: to group a country's identifiers takes the engine as long as to count its demands.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, FixedSizeBinaryArray, RecordBatch};
use arrow::datatypes::{Field, Schema as ArrowSchema};

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
}

/// Sources and their identifiers: a numéro unique is one demand (SNE), a dwelling stands once in a year's stock (SDES, RPLS).
const IDENTIFIANTS: [(&str, &str); 2] = [("demandes", "numero_unique"), ("rpls", "IDENT_REP")];

/// Those of each source, found now or before.
///
/// # Errors
/// [`crate::error::Error::Io`], [`crate::error::Error::Damaged`], [`crate::error::Error::Parquet`].
pub(super) fn find(inputs: &Inputs<'_>, threads: usize) -> Result<Vec<Repetes>> {
    let cache = reachable(&inputs.plan.cache())?;
    let sources = IDENTIFIANTS.map(|(source, column)| {
        let table = format!("repetes_{source}");
        let stored = inputs.stored(source, &cache);
        let key = format!("{} {column}\n{}", env!("CARGO_PKG_VERSION"), etapes::content(&stored));
        let fichier = etapes::named(&cache.join(ETAPES), &table, &store::sha256(key.as_bytes()));
        (column, stored, Repetes { table, fichier })
    });
    shared_out(threads, sources.len(), |i| {
        let (column, stored, Repetes { fichier, .. }) = &sources[i];
        if store::is_whole(fichier) {
            return Ok(());
        }
        let identifiers = store::repeated(stored, column)?;
        let bytes = identifiers.iter().map(|identifier| Some(identifier.to_be_bytes()));
        let values = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, store::HASH_BYTES)?;
        let field = Field::new(*column, values.data_type().clone(), true).with_metadata(uuid());
        let batch = RecordBatch::try_new(Arc::new(ArrowSchema::new(vec![field])), vec![Arc::new(values)])?;
        store::write_table(fichier, &batch.schema(), &[batch])
    })?;
    Ok(sources.into_iter().map(|(_, _, repetes)| repetes).collect())
}
