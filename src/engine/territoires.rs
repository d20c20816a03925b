//! Every territory in the order of published tables (level, code), and its rank: millions of records are grouped by it, and
//! large tables put in order, faster than by words.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use crate::reference::{Commune, Niveau};

/// The territories of a geography.
pub(super) struct Territoires<'g> {
    /// By word of the level and code: rank, from 1, and name.
    ordre: BTreeMap<(&'static str, &'g str), (i64, &'g str)>,
}

impl<'g> Territoires<'g> {
    /// All of them.
    pub(super) fn of(inputs: &Inputs<'g>) -> Self {
        let geographie = inputs.geographie;
        let named: BTreeMap<(&str, &str), &str> = geographie
            .communes()
            .flat_map(|c| Niveau::ALL.into_iter().map(move |niveau| (niveau, geographie.territory(c, niveau))))
            .filter_map(|(niveau, territory)| territory.map(|(code, libelle)| ((niveau.word(), code), libelle)))
            .collect();
        Self { ordre: named.into_iter().zip(1..).map(|((key, libelle), rang)| (key, (rang, libelle))).collect() }
    }

    /// Rank, word of the level, code and name of each, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (i64, &'static str, &'g str, &'g str)> {
        self.ordre.iter().map(|((niveau, code), (rang, libelle))| (*rang, *niveau, *code, *libelle))
    }

    /// Rank of the territory of `niveau` that `commune` belongs to, if it belongs to one.
    pub(super) fn rank(&self, inputs: &Inputs<'_>, commune: &Commune, niveau: Niveau) -> Option<i64> {
        let (code, _) = inputs.geographie.territory(commune, niveau)?;
        self.ordre.get(&(niveau.word(), code)).map(|(rang, _)| *rang)
    }

    /// Those that communes of the perimeter belong to, in order.
    pub(super) fn of_perimeter(&self, inputs: &Inputs<'_>) -> Vec<(Niveau, i64)> {
        let communes = inputs.geographie.communes().filter(|c| inputs.inside(&c.code));
        let ranks: BTreeSet<(i64, Niveau)> = communes
            .flat_map(|c| Niveau::ALL.into_iter().map(move |niveau| (self.rank(inputs, c, niveau), niveau)))
            .filter_map(|(rank, niveau)| Some((rank?, niveau)))
            .collect();
        ranks.into_iter().map(|(rang, niveau)| (niveau, rang)).collect()
    }
}
