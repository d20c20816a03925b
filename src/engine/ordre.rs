//! Steps that wait for one another, done by as many workers as are given: each starts once all it waits for is done. A step
//! that finds too little memory in a worker's share is done again with no other beside it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Where the work stands.
struct Avancement<T> {
    prises: Vec<bool>,
    faites: Vec<Option<T>>,
    /// Steps that need all the memory.
    seules: Vec<bool>,
    en_cours: usize,
    /// Something went wrong: nothing more is started.
    arret: bool,
}

/// Says that a worker is gone, should its work panic: the others must not wait for it.
struct Veille<'a, T> {
    avancement: &'a Mutex<Avancement<T>>,
    signal: &'a Condvar,
    finie: bool,
}

impl<T> Drop for Veille<'_, T> {
    fn drop(&mut self) {
        if !self.finie {
            held(self.avancement).arret = true;
        }
        self.signal.notify_all();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does step after step; `attend[i]` are the steps that step `i` waits for, all before it. Each of the `workers` runs `work` on
/// one step at a time; results come in the order of the steps. A step whose error is `cramped` is done again alone, and `work`
/// told so.
///
/// # Errors
/// The first step, in order, that fails among those started: nothing is started after a failure.
pub(super) fn in_turn<W: Send, T: Send>(
    workers: &mut [W],
    attend: &[Vec<usize>],
    work: impl Fn(&mut W, usize, bool) -> Result<T> + Sync,
    cramped: impl Fn(&Error) -> bool + Sync,
) -> Result<Vec<T>> {
    let empty = Avancement {
        prises: vec![false; attend.len()],
        faites: attend.iter().map(|_| None).collect(),
        seules: vec![false; attend.len()],
        en_cours: 0,
        arret: false,
    };
    let avancement: Mutex<Avancement<Result<T>>> = Mutex::new(empty);
    let signal = Condvar::new();
    let next = || {
        let mut state = held(&avancement);
        loop {
            if state.arret || state.faites.iter().all(Option::is_some) {
                return None;
            }
            let alone = (0..attend.len()).any(|i| state.seules[i] && state.prises[i] && state.faites[i].is_none());
            let ready = |i: &usize| {
                !state.prises[*i]
                    && attend[*i].iter().all(|before| state.faites[*before].is_some())
                    && (state.en_cours == 0 || !state.seules[*i])
            };
            if let Some(step) = (0..attend.len()).find(ready).filter(|_| !alone) {
                state.prises[step] = true;
                state.en_cours += 1;
                return Some((step, state.seules[step]));
            }
            state = signal.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    };
    let all = |worker: &mut W| {
        while let Some((step, seule)) = next() {
            let mut veille = Veille { avancement: &avancement, signal: &signal, finie: false };
            let done = work(worker, step, seule);
            let mut state = held(&avancement);
            state.en_cours -= 1;
            if !seule && done.as_ref().is_err_and(&cramped) {
                state.seules[step] = true;
                state.prises[step] = false;
            } else {
                state.arret |= done.is_err();
                state.faites[step] = Some(done);
            }
            veille.finie = true;
            drop(state);
        }
    };
    std::thread::scope(|scope| {
        for worker in workers {
            scope.spawn(|| all(worker));
        }
    });
    avancement.into_inner().unwrap_or_else(PoisonError::into_inner).faites.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_starts_once_all_it_waits_for_is_done() {
        // 0 and 1 alone, 2 after both, 3 after 2, 4 alone.
        let attend = [vec![], vec![], vec![0, 1], vec![2], vec![]];
        for workers in 1..4 {
            let done = Mutex::new(Vec::new());
            let results = in_turn(
                &mut vec![(); workers],
                &attend,
                |(), step, _| {
                    assert!(attend[step].iter().all(|before| held(&done).contains(before)), "{step}");
                    std::thread::sleep(std::time::Duration::from_millis(5 - step as u64));
                    held(&done).push(step);
                    Ok(step * 10)
                },
                |_| false,
            );
            assert_eq!(results.unwrap(), [0, 10, 20, 30, 40]);
        }
    }

    #[test]
    fn nothing_starts_after_a_failure_and_the_first_is_told() {
        let attend: Vec<Vec<usize>> = (0_usize..100).map(|i| i.checked_sub(1).into_iter().collect()).collect();
        for workers in 1..4 {
            let started = Mutex::new(0);
            let results = in_turn(
                &mut vec![(); workers],
                &attend,
                |(), step, _| {
                    *held(&started) += 1;
                    if step == 10 { Err(Error::Chart("arrêt".to_owned())) } else { Ok(()) }
                },
                |_| false,
            );
            assert!(results.is_err());
            assert_eq!(*held(&started), 11);
        }
    }

    #[test]
    fn a_step_short_of_memory_is_done_again_with_no_other_beside_it() {
        let (beside, tries) = (Mutex::new(0), Mutex::new(0));
        let attend: Vec<Vec<usize>> = vec![vec![]; 20];
        let work = |(): &mut (), step: usize, seule: bool| {
            *held(&beside) += 1;
            std::thread::sleep(std::time::Duration::from_millis(2));
            let crowd = *held(&beside);
            *held(&beside) -= 1;
            if step == 3 {
                *held(&tries) += 1;
                if !seule || crowd > 1 {
                    return Err(Error::Chart("mémoire".to_owned()));
                }
            }
            Ok(step)
        };
        for workers in 1..4 {
            *held(&tries) = 0;
            let results = in_turn(&mut vec![(); workers], &attend, work, |_| true);
            assert_eq!(results.unwrap(), (0..20).collect::<Vec<_>>());
            assert_eq!(*held(&tries), 2);
        }
        // Alone already: the failure stands.
        let never = |(): &mut (), _, _| Err::<(), _>(Error::Chart("mémoire".to_owned()));
        assert!(in_turn(&mut [()], &attend, never, |_| true).is_err());
    }
}
