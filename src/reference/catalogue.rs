//! Every diagnostic code, what it does to the figures and what to do about it: one list behind the page of the docs, the
//! page of the site and `bilan explain`.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Resources, toml_file};
use crate::error::Result;

/// A code explained.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CodeExplique {
    /// `B` and four digits.
    pub code: String,
    /// Severity, in the words of `rejets.csv`.
    pub gravite: String,
    /// What is wrong.
    pub titre: String,
    /// What it does to the figures.
    pub effet: String,
    /// What to do.
    pub remede: String,
}

#[derive(Deserialize)]
struct Fichier {
    diagnostic: Vec<CodeExplique>,
}

/// Families of codes: first digits, title.
pub const FAMILLES: [(&str, &str); 7] = [
    ("B00", "Projet et ligne de commande"),
    ("B01", "Fichiers, lignes et valeurs"),
    ("B02", "Règles d'une ligne"),
    ("B030", "Droit, géographie et années"),
    ("B03", "Contrôles croisés"),
    ("B04", "Questions posées aux résultats"),
    ("B0", "Autres"),
];

/// Every code, in order.
///
/// # Errors
/// [`crate::error::Error::Resource`] when the list does not hold what it must.
pub fn catalogue(resources: &Resources) -> Result<Vec<CodeExplique>> {
    Ok(toml_file::<Fichier>(resources, "reference/diagnostics.toml")?.diagnostic)
}

/// The codes by family, each code in the first that fits it.
#[must_use]
pub fn by_family(codes: &[CodeExplique]) -> Vec<(&'static str, Vec<&CodeExplique>)> {
    let family = |code: &str| FAMILLES.iter().position(|(prefix, _)| code.starts_with(prefix));
    FAMILLES
        .iter()
        .enumerate()
        .map(|(i, (_, title))| (*title, codes.iter().filter(|c| family(&c.code) == Some(i)).collect::<Vec<_>>()))
        .filter(|(_, codes)| !codes.is_empty())
        .collect()
}

/// The page of the docs.
#[must_use]
pub fn markdown(codes: &[CodeExplique]) -> String {
    let mut text = String::from(
        "# Les diagnostics\n\n\
         Chaque message porte un code stable, une gravité, un lieu (fichier, ligne, colonne, valeur masquée) et un remède.\n\n\
         - **refus** : la ligne, ou le fichier entier, n'est pas utilisé ;\n\
         - **anomalie** : utilisé, compté, listé ;\n\
         - **a_confirmer** : peu plausible ; utilisé, listé jusqu'à ce que `bilan.toml` le confirme.\n\n\
         Cette page est écrite d'après `reference/diagnostics.toml` ; `bilan explain B0107` en affiche une entrée.\n",
    );
    for (title, codes) in by_family(codes) {
        let _ = write!(text, "\n## {title}\n\n| Code | Gravité | Constat | Effet | Remède |\n|---|---|---|---|---|\n");
        for c in codes {
            let _ = writeln!(text, "| {} | {} | {} | {} | {} |", c.code, c.gravite, c.titre, c.effet, c.remede);
        }
    }
    text
}
