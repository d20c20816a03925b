//! What leaves: the mention that every page and document bears, and the writing of a file of the results.

use serde::Serialize;

use crate::error::Result;
use crate::format;
use crate::project::Plan;
use crate::store;

/// What every page and document says of its data.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Mention {
    /// Which edition it is of.
    pub edition: &'static str,
    /// What that means for its reader, and that the year was not over where it was not.
    pub texte: String,
}

/// What is said of the data, then of a year that was not over when they were extracted.
fn texte(plan: &Plan, donnees: &str) -> String {
    match plan.arretee_au() {
        Some(day) => format!("{donnees}. Année {} en cours, arrêtée au {}", plan.millesime, day.format("%d/%m/%Y")),
        None => donnees.to_owned(),
    }
}

impl Mention {
    /// That of the review of the conference.
    pub(super) fn restreinte(plan: &Plan) -> Self {
        let (edition, texte) = if plan.fictif {
            ("Données fictives", "Registre tiré au sort sur une carte réelle")
        } else {
            ("Édition restreinte", "Effectifs non masqués, réservés aux membres de la conférence")
        };
        Self { edition, texte: self::texte(plan, texte) }
    }

    /// That of a partner's folder: `acces` is what it may read.
    pub(super) fn partenaire(plan: &Plan, acces: &str) -> Self {
        let edition = if plan.fictif { "Édition restreinte, données fictives" } else { "Édition restreinte" };
        Self { edition, texte: texte(plan, acces) }
    }

    /// That of the edition for everyone, whose counts are 0 or at least `seuil`.
    pub(super) fn publique(plan: &Plan, seuil: i64) -> Self {
        let edition = if plan.fictif { "Édition publique, données fictives" } else { "Édition publique" };
        let least = format!("Aucun effectif de moins de {} ménages", format::integer(seuil));
        Self { edition, texte: texte(plan, &least) }
    }

    /// Both in one sentence.
    pub(super) fn line(&self) -> String {
        let mut letters = self.texte.chars();
        let first = letters.next().map(char::to_lowercase).into_iter().flatten();
        format!("{} : {}{}", self.edition, first.collect::<String>(), letters.as_str())
    }
}

/// Writes a file of the results.
pub(super) fn write(plan: &Plan, path: &str, bytes: &[u8]) -> Result<()> {
    store::write_atomically(&plan.sortie.join(path), bytes)
}
