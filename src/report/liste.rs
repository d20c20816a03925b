//! A list of territories or landlords on a page.

use serde::Serialize;

use crate::format;

/// A line of it.
#[derive(Debug, Serialize)]
pub(super) struct Entree {
    /// SIREN, or code of a département.
    pub code: String,
    /// Name.
    pub nom: String,
    /// What is said beside it.
    pub note: String,
    /// What it leads to, relative to the results folder.
    pub lien: String,
}

impl Entree {
    /// Where it stands in its list.
    pub(super) fn place(&self) -> (String, String) {
        (format::plain(&self.nom), self.code.clone())
    }
}
