//! Identifiers that a source has on several rows, for the statements that tell those rows apart: `repetes_<source>`, one
//! column. Found by the program: to group a country's identifiers takes the engine as long as to count its demands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{FixedSizeBinaryArray, RecordBatch};
use arrow::datatypes::{Schema as ArrowSchema, SchemaRef};

use super::{ETAPES, Inputs, etapes, reachable, tables};
use crate::error::Result;
use crate::ingest::arrow_schema;
use crate::partage::shared_out;
use crate::schema::Schema;
use crate::store;

/// The identifiers of a source that stand on several of its rows.
pub(super) struct Repetes {
    /// Name of their table.
    pub(super) table: String,
    /// The file that holds them, named after what it is made from.
    pub(super) fichier: PathBuf,
    schema: SchemaRef,
    stored: Vec<PathBuf>,
}

/// Sources and their identifiers: a numéro unique is one demand (SNE), a dwelling stands once in a year's stock (SDES, RPLS).
const IDENTIFIANTS: [(&str, &str); 2] = [("demandes", "numero_unique"), ("rpls", "IDENT_REP")];

/// Those of each source.
///
/// # Errors
/// [`crate::error::Error::Resource`] when a schema is malformed.
pub(super) fn of(inputs: &Inputs<'_>, cache: &Path) -> Result<Vec<Repetes>> {
    let source = |(source, column): (&str, &str)| {
        let table = format!("repetes_{source}");
        let stored = tables::stored(inputs, source, cache);
        // Files of the store are named after their content.
        let names: Vec<_> = stored.iter().map(|f| f.to_string_lossy()).collect();
        let key = store::sha256(format!("{} {column}\n{}", env!("CARGO_PKG_VERSION"), names.join("\n")).as_bytes());
        let fichier = etapes::named(&cache.join(ETAPES), &table, &key);
        let schema = arrow_schema(&Schema::load(&inputs.plan.resources(), source, inputs.plan.millesime)?);
        let schema = Arc::new(ArrowSchema::new(vec![schema.field_with_name(column)?.clone()]));
        Ok(Repetes { table, fichier, schema, stored })
    };
    IDENTIFIANTS.into_iter().map(source).collect()
}

/// Finds them, or finds them found.
///
/// # Errors
/// [`crate::error::Error::Io`], [`crate::error::Error::Damaged`], [`crate::error::Error::Parquet`].
pub(super) fn find(inputs: &Inputs<'_>, threads: usize) -> Result<()> {
    let missing = of(inputs, &reachable(&inputs.plan.cache())?)?;
    let missing: Vec<Repetes> = missing.into_iter().filter(|r| !store::is_whole(&r.fichier)).collect();
    shared_out(threads, missing.len(), |i| {
        let Repetes { fichier, schema, stored, .. } = &missing[i];
        let identifiers = store::repeated(stored, schema.field(0).name())?;
        let bytes = identifiers.iter().map(|identifier| Some(identifier.to_be_bytes()));
        let column = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, store::HASH_BYTES)?;
        store::write_table(fichier, schema, &[RecordBatch::try_new(Arc::clone(schema), vec![Arc::new(column)])?])
    })
}
