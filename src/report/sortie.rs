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

/// Writes a file of the results.
pub(super) fn write(plan: &Plan, path: &str, bytes: &[u8]) -> Result<()> {
    store::write_atomically(&plan.sortie.join(path), bytes)
}
