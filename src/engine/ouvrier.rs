//! A worker of the computation: an engine of its own, with its own share of memory and its own room on the disk. Two steps at
//! work then never take from one another what they hold, and the memory of a run has a bound whatever the register.

use std::collections::BTreeSet;
use std::path::Path;

use super::charge::Charge;
use super::etapes::Etapes;
use super::tables::{self, Prealable};
use super::{ETAPES, Engine, Inputs, Limits, Prevue, Travail, reachable};
use crate::error::{Error, Result};

/// Memory of a worker: what does not fit goes to disk. Below, the facts of a country do.
const PART: &str = "600MB";
/// Memory of a step that found too little of it and is done again with no other beside it.
const SEULE: &str = "1200MB";

/// A worker.
pub(super) struct Ouvrier {
    engine: Engine,
    /// Steps whose tables its statements may name.
    connues: BTreeSet<usize>,
}

impl Ouvrier {
    /// As many workers as asked, the threads shared out among them; and the account of what they read, by which steps are known.
    ///
    /// # Errors
    /// [`Error::Engine`], [`Error::Io`].
    pub(super) fn open_several(
        inputs: &Inputs<'_>,
        prealable: &Prealable<'_>,
        workers: usize,
        threads: usize,
    ) -> Result<(Vec<Self>, Etapes)> {
        let failed = |e| Error::io("lancer un fil d'exécution pour", Path::new("le moteur"))(e);
        let opened = std::thread::scope(|scope| {
            let open = |number: usize| {
                let own = (threads / workers + usize::from(number < threads % workers)).max(1);
                let work = move || Self::open(inputs, prealable, &format!("moteur-{number}"), own, PART);
                std::thread::Builder::new().spawn_scoped(scope, work).map_err(failed)
            };
            let started = (0..workers).map(open).collect::<Result<Vec<_>>>()?;
            let opened = started.into_iter().map(|t| t.join().unwrap_or_else(|p| std::panic::resume_unwind(p)));
            opened.collect::<Result<Vec<_>>>()
        })?;
        let (ouvriers, mut accounts): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
        // Each has read the same.
        Ok((ouvriers, accounts.pop().unwrap_or_default()))
    }

    /// A worker for a step that needs all the memory.
    ///
    /// # Errors
    /// As [`Self::open_several`].
    pub(super) fn open_alone(inputs: &Inputs<'_>, prealable: &Prealable<'_>, threads: usize) -> Result<Self> {
        Ok(Self::open(inputs, prealable, "moteur-seul", threads, SEULE)?.0)
    }

    fn open(
        inputs: &Inputs<'_>,
        prealable: &Prealable<'_>,
        room: &str,
        threads: usize,
        memory: &str,
    ) -> Result<(Self, Etapes)> {
        let cache = reachable(&inputs.plan.cache())?;
        let room = cache.join("tmp").join(room);
        // What an interrupted run left there is of no use.
        let _ = std::fs::remove_dir_all(&room);
        let limits = Limits {
            threads,
            memory: memory.to_owned(),
            folders: vec![cache.join("store"), reachable(&cache.join("historique"))?, reachable(&cache.join(ETAPES))?],
            spill: reachable(&room)?,
        };
        let engine = Engine::open(&limits)?;
        let mut etapes = Etapes::default();
        tables::load_inputs(&mut Charge { engine: &engine, etapes: &mut etapes }, inputs, prealable, &cache)?;
        Ok((Self { engine, connues: BTreeSet::new() }, etapes))
    }

    /// Its engine, where the tables that `step` names can be named, and all that they are made from.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub(super) fn with_tables(&mut self, steps: &[Prevue<'_>], attend: &[Vec<usize>], step: usize) -> Result<&Engine> {
        let mut named = BTreeSet::new();
        let mut asked = attend[step].clone();
        while let Some(before) = asked.pop() {
            if named.insert(before) {
                asked.extend(&attend[before]);
            }
        }
        for before in named {
            let prevue = &steps[before];
            let Travail::Table(indicateur) = prevue.travail else { continue };
            if self.connues.insert(before) {
                self.engine.show(indicateur, prevue)?;
            }
        }
        Ok(&self.engine)
    }

    /// Its engine.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tells a step to be done again alone, and what is told of it when that does not help.
    #[test]
    fn a_lack_of_memory_is_known_and_told_in_french() {
        let folder = tempfile::tempdir().unwrap();
        let room = |memory: &str| {
            Engine::open(&Limits {
                threads: 1,
                memory: memory.to_owned(),
                folders: Vec::new(),
                spill: reachable(folder.path()).unwrap(),
            })
            .unwrap()
        };
        // The values of a median stand in memory together.
        let median = "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY range) AS m FROM range(10000000)";
        let cramped = room("20MB").query("médiane", median).unwrap_err();
        assert!(cramped.is_out_of_memory(), "{cramped}");
        assert!(cramped.to_string().contains("mémoire insuffisante"), "{cramped}");
        assert_eq!(room(SEULE).query("médiane", median).unwrap().rows(), 1);
        assert!(!room(PART).query("médiane", "SELECT une_faute").unwrap_err().is_out_of_memory());
    }
}
