//! What leaves: the mention that every page and document bears, and the writing of a file of the results.

use crate::error::Result;
use crate::project::Plan;
use crate::store;

/// What every page and document says of its data.
pub(super) fn mention(plan: &Plan) -> &'static str {
    if plan.fictif {
        "Registre tiré au sort sur une carte réelle"
    } else {
        "Effectifs non masqués, réservés aux membres de la conférence"
    }
}

/// Writes a file unless it already holds these bytes.
pub(super) fn write(plan: &Plan, path: &str, bytes: &[u8]) -> Result<()> {
    let file = plan.sortie.join(path);
    if std::fs::read(&file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    store::write_atomically(&file, bytes)
}
