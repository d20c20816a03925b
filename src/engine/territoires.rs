//! Every territory in the order of published tables (level, code), and its rank: millions of records are grouped by it, and
//! large tables put in order, faster than by words.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use crate::reference::{Commune, Niveau};

/// Ranks of what a commune belongs to, in the order of [`Niveau::ALL`].
type Rangs = [Option<i64>; Niveau::ALL.len()];

/// The territories of a geography.
pub(super) struct Territoires<'g> {
    /// Word of the level, code and name of each, in order: the first has rank 1.
    noms: Vec<(&'static str, &'g str, &'g str)>,
    /// Every commune, with its ranks.
    communes: Vec<(&'g Commune, Rangs)>,
}

impl<'g> Territoires<'g> {
    /// All of them.
    pub(super) fn of(inputs: &Inputs<'g>) -> Self {
        let geographie = inputs.geographie;
        let mut communes: Vec<(&Commune, Rangs)> = geographie.communes().map(|c| (c, Rangs::default())).collect();
        let mut levels = Niveau::ALL;
        levels.sort_by_key(|niveau| niveau.word());
        let mut noms = Vec::new();
        for niveau in levels {
            // A commune of each territory is enough to name it.
            let one_each: BTreeMap<&str, &Commune> =
                communes.iter().filter_map(|(c, _)| Some((c.code_at(niveau)?, *c))).collect();
            let ranks: BTreeMap<&str, i64> = one_each.keys().copied().zip(rank(noms.len()) + 1..).collect();
            let named = one_each.values().filter_map(|c| geographie.territory(c, niveau));
            noms.extend(named.map(|(code, libelle)| (niveau.word(), code, libelle)));
            for (commune, own) in &mut communes {
                own[niveau as usize] = commune.code_at(niveau).and_then(|code| ranks.get(code).copied());
            }
        }
        Self { noms, communes }
    }

    /// Rank, word of the level, code and name of each, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (i64, &'static str, &'g str, &'g str)> {
        (1..).zip(&self.noms).map(|(rang, (niveau, code, libelle))| (rang, *niveau, *code, *libelle))
    }

    /// Every commune, with the ranks of what it belongs to, in the order of [`Niveau::ALL`].
    pub(super) fn communes(&self) -> impl Iterator<Item = &(&'g Commune, Rangs)> {
        self.communes.iter()
    }

    /// Those that communes of the perimeter belong to, in order.
    pub(super) fn of_perimeter(&self, inputs: &Inputs<'_>) -> Vec<(Niveau, i64)> {
        let inside = self.communes.iter().filter(|(commune, _)| inputs.inside(&commune.code));
        let ranks: BTreeSet<(i64, Niveau)> = inside
            .flat_map(|(_, own)| own.iter().zip(Niveau::ALL))
            .filter_map(|(rang, niveau)| Some(((*rang)?, niveau)))
            .collect();
        ranks.into_iter().map(|(rang, niveau)| (niveau, rang)).collect()
    }
}

fn rank(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
