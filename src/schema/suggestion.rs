//! The declared column that an unknown header name comes near to: same words once abbreviations are written out, or a slip
//! of the pen.

use super::{Schema, normalised};
use crate::format;

/// Abbreviations that registers use in column names.
const ABBREVIATIONS: [(&str, &str); 22] = [
    ("dt", "date"),
    ("dat", "date"),
    ("cd", "code"),
    ("nb", "nombre"),
    ("nbr", "nombre"),
    ("num", "numero"),
    ("no", "numero"),
    ("typ", "type"),
    ("typo", "typologie"),
    ("log", "logement"),
    ("logt", "logement"),
    ("lgt", "logement"),
    ("com", "commune"),
    ("ress", "ressources"),
    ("rev", "revenus"),
    ("pers", "personnes"),
    ("dem", "demande"),
    ("attrib", "attribution"),
    ("sign", "signature"),
    ("resa", "reservataire"),
    ("cat", "categorie"),
    ("fin", "financement"),
];
/// Words that say nothing of what a column holds.
const EMPTY: [&str; 2] = ["date", "code"];

/// The canonical name that `name` comes near to, if one does.
#[must_use]
pub fn nearest<'a>(schema: &'a Schema, name: &str) -> Option<&'a str> {
    let plain = normalised(name);
    let own = words(&plain);
    if own.is_empty() {
        return None;
    }
    let mut best: Option<(f64, &str)> = None;
    for colonne in &schema.colonnes {
        for known in std::iter::once(&colonne.nom).chain(&colonne.alias) {
            let known = normalised(known);
            let theirs = words(&known);
            let same = if own == theirs { Some(1.0) } else { format::likeness(&plain, &known) };
            if let Some(same) = same.filter(|same| best.is_none_or(|(most, _)| *same > most)) {
                best = Some((same, &colonne.nom));
            }
        }
    }
    best.map(|(_, canonical)| canonical)
}

/// The words of a name, written out, sorted.
fn words(plain: &str) -> Vec<&str> {
    let mut words: Vec<&str> = plain
        .split('_')
        .map(|word| ABBREVIATIONS.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long))
        .filter(|word| !word.is_empty() && !EMPTY.contains(word))
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}
