//! The law as dated data: which amount applies to which EPCI in a year, and which rules are in force.
//!
//! Nothing is judged here: the rules become rows of the table `regles`, which the pipeline `verdicts` evaluates over the
//! table of facts, together with the project's targets and by the same calculation.

mod regles;
mod seuils;

use serde::Serialize;

pub use regles::{Droit, Regle, RegleLegale, rules_for};
pub use seuils::{Arrete, Seuil, SeuilsDeLAnnee, Situation};

/// What a verdict rests on, from the firmest to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Statut {
    /// The year's own amount.
    Definitif,
    /// The amount of the year before.
    Provisoire,
    /// An assumed value was used.
    Hypothese,
}

impl Statut {
    /// The word of the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Definitif => "definitif",
            Self::Provisoire => "provisoire",
            Self::Hypothese => "hypothese",
        }
    }
}
