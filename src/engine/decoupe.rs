//! How a step is cut into parts done one after the other, each a statement of its own: what one holds is let go before the
//! next, so that a country needs no more room than a part of it.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};

use serde::{Deserialize, Serialize};

use crate::reference::Niveau;

/// The parts of a step: each statement has its bounds, both included, in the place of [`PREMIER`] and [`DERNIER`].
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decoupe {
    /// Territories by their rank, so many a part, each part of one level: a level alone holds every record once.
    Niveau {
        /// Territories in a part.
        territoires: NonZeroUsize,
    },
    /// Territories by their rank, so many a part. A published table has its rows in their order: parts then follow one another.
    Territoires {
        /// Territories in a part.
        nombre: NonZeroUsize,
    },
    /// A part for every so many rows of a source, give or take: identifiers are keyed hashes and so spread evenly. One that
    /// may be missing needs another beside it: a row with none is in no part.
    Identifiants {
        /// The source.
        source: String,
        /// Its rows in a part.
        lignes: NonZeroU64,
    },
}

/// Stands for the lower bound of a part.
pub(super) const PREMIER: &str = "$premier";
/// Stands for the upper bound of a part.
pub(super) const DERNIER: &str = "$dernier";

/// How much there is to cut.
#[derive(Debug, Default)]
pub(super) struct Etendue {
    /// Rows of each source.
    pub(super) lignes: BTreeMap<String, u64>,
    /// Ranks of the territories of the perimeter, in order, each with its level.
    pub(super) rangs: Vec<(Niveau, i64)>,
}

impl Decoupe {
    /// What the bounds of a statement stand for, in French.
    #[must_use]
    pub fn phrase(&self) -> String {
        let parts = match self {
            Self::Niveau { territoires } => {
                format!("au plus {territoires} territoires d'un même niveau, par leur rang")
            }
            Self::Territoires { nombre } => format!("au plus {nombre} territoires, par leur rang"),
            Self::Identifiants { source, lignes } => {
                format!("environ {lignes} lignes de « {source} », par leur identifiant")
            }
        };
        format!("{PREMIER} et {DERNIER} sont les bornes d'une partie : {parts}")
    }

    /// The statements of the parts of `sql`, one at least.
    pub(super) fn statements(&self, sql: &str, etendue: &Etendue) -> Vec<String> {
        let part = |(first, last): (String, String)| sql.replace(PREMIER, &first).replace(DERNIER, &last);
        match self {
            Self::Niveau { territoires } => {
                let levels = etendue.rangs.chunk_by(|a, b| a.0 == b.0);
                ranks(levels.flat_map(|level| level.chunks(territoires.get()))).map(part).collect()
            }
            Self::Territoires { nombre } => ranks(etendue.rangs.chunks(nombre.get())).map(part).collect(),
            Self::Identifiants { source, lignes } => {
                let rows = etendue.lignes.get(source).copied().unwrap_or(0);
                bounds(rows.div_ceil(lignes.get())).map(|(a, b)| (identifier(a), identifier(b))).map(part).collect()
            }
        }
    }
}

/// The bounds of groups of ranks; bounds that hold nothing where there is no group.
fn ranks<'a>(groups: impl Iterator<Item = &'a [(Niveau, i64)]>) -> impl Iterator<Item = (String, String)> {
    let ends = |group: &[(Niveau, i64)]| Some((group.first()?.1, group.last()?.1));
    let mut found: Vec<(i64, i64)> = groups.filter_map(ends).collect();
    if found.is_empty() {
        found.push((1, 0));
    }
    found.into_iter().map(|(first, last)| (first.to_string(), last.to_string()))
}

/// The bounds of as many parts of equal width as asked, one at least, of all that sixteen bytes can be.
fn bounds(parts: u64) -> impl Iterator<Item = (u128, u128)> {
    let parts = u128::from(parts.max(1));
    let width = u128::MAX / parts;
    (0..parts).map(move |i| (i * width, if i + 1 == parts { u128::MAX } else { (i + 1) * width - 1 }))
}

/// Sixteen bytes as SQL writes them.
fn identifier(bytes: u128) -> String {
    let digits = format!("{bytes:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]);
    format!("CAST('{}' AS UUID)", groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_one_another_and_leave_nothing_out() {
        for parts in [0, 1, 2, 3, 7, 320] {
            let bounds: Vec<(u128, u128)> = bounds(parts).collect();
            assert_eq!(bounds.len() as u64, parts.max(1));
            assert_eq!((bounds[0].0, bounds[bounds.len() - 1].1), (0, u128::MAX));
            assert!(bounds.windows(2).all(|two| two[0].1 + 1 == two[1].0), "{parts}");
        }
        assert_eq!(identifier(0xab << 120), "CAST('ab000000-0000-0000-0000-000000000000' AS UUID)");
    }

    #[test]
    fn every_territory_of_the_perimeter_is_in_one_part() {
        let communes = [3, 4, 9, 11, 12].map(|rang| (Niveau::Commune, rang));
        let etendue = Etendue {
            rangs: communes
                .into_iter()
                .chain([(Niveau::Departement, 20), (Niveau::Epci, 31), (Niveau::Epci, 40)])
                .collect(),
            ..Etendue::default()
        };
        let two = NonZeroUsize::new(2).unwrap();
        let parts = |decoupe: &Decoupe| decoupe.statements("$premier $dernier", &etendue).join(", ");
        assert_eq!(parts(&Decoupe::Territoires { nombre: two }), "3 4, 9 11, 12 20, 31 40");
        assert_eq!(parts(&Decoupe::Niveau { territoires: two }), "3 4, 9 11, 12 12, 20 20, 31 40");
        let nothing = Etendue::default();
        assert_eq!(Decoupe::Niveau { territoires: two }.statements("$premier $dernier", &nothing), ["1 0"]);
    }
}
