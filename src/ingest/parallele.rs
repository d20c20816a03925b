//! Blocks of a file read by one thread, typed by several, taken back in the order of the file: the same bytes come out
//! whatever the number of threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::lecture::Echec;
use crate::error::Result;

/// Blocks on their way at once, for each worker.
const AHEAD: usize = 2;

/// Reads `blocks`, gives each to `work` and what it makes of it to `take`, in order; what stopped the reading, if something
/// did.
///
/// # Errors
/// The first that `take` gives: nothing is read after it.
pub(super) fn in_order<B, T>(
    threads: usize,
    blocks: impl Iterator<Item = std::result::Result<B, Echec>> + Send,
    work: impl Fn(B) -> T + Sync,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<Option<Echec>>
where
    B: Send,
    T: Send,
{
    if threads < 2 {
        for block in blocks {
            match block {
                Ok(block) => take(work(block))?,
                Err(echec) => return Ok(Some(echec)),
            }
        }
        return Ok(None);
    }
    let (send, receive) = sync_channel(threads * AHEAD);
    let receive = Mutex::new(receive);
    let (give, done) = sync_channel(threads * AHEAD);
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (receive, work, stopped) = (&receive, &work, &stopped);
        scope.spawn(move || {
            for numbered in blocks.enumerate() {
                let stop = numbered.1.is_err() || stopped.load(Ordering::Relaxed);
                if send.send(numbered).is_err() || stop {
                    break;
                }
            }
        });
        for _ in 0..threads {
            let give = give.clone();
            scope.spawn(move || {
                while let Some((number, block)) = next(receive) {
                    // Nobody takes any more: the blocks on their way are let go, so that the reading thread ends.
                    if stopped.load(Ordering::Relaxed) {
                        continue;
                    }
                    if give.send((number, block.map(work))).is_err() {
                        stopped.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
        drop(give);
        let mut waiting = BTreeMap::new();
        let mut expected = 0;
        for (number, worked) in done {
            waiting.insert(number, worked);
            while let Some(worked) = waiting.remove(&expected) {
                expected += 1;
                match worked {
                    Ok(typed) => take(typed)?,
                    Err(echec) => return Ok(Some(echec)),
                }
            }
        }
        Ok(None)
    })
}

/// Gives each of `items` to `take`, in order; with several threads, one item is made while another is taken.
///
/// # Errors
/// The first that `take` gives: nothing is taken after it.
pub(super) fn ahead<T: Send>(
    threads: usize,
    mut items: impl Iterator<Item = T> + Send,
    take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    if threads < 2 {
        return items.try_for_each(take);
    }
    std::thread::scope(|scope| {
        let (give, made) = sync_channel(1);
        scope.spawn(move || {
            for item in items {
                if give.send(item).is_err() {
                    break;
                }
            }
        });
        made.into_iter().try_for_each(take)
    })
}

/// The next block for whoever asks first.
fn next<T>(receive: &Mutex<Receiver<T>>) -> Option<T> {
    receive.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// Numbers squared by workers that finish out of order.
    fn squares(threads: usize, count: u64, refuse_at: Option<u64>) -> (Vec<u64>, bool) {
        let mut taken = Vec::new();
        let work = |n: u64| {
            std::thread::sleep(std::time::Duration::from_micros(n % 7 * 50));
            (n, n * n)
        };
        let result = in_order(threads, (0..count).map(Ok), work, |(n, square)| {
            if Some(n) == refuse_at {
                return Err(Error::Chart("arrêt".to_owned()));
            }
            taken.push(square);
            Ok(())
        });
        (taken, result.is_ok())
    }

    #[test]
    fn blocks_come_back_in_order_whatever_the_threads() {
        let expected: Vec<u64> = (0..200).map(|n| n * n).collect();
        for threads in [1, 2, 5] {
            assert_eq!(squares(threads, 200, None), (expected.clone(), true), "{threads}");
        }
    }

    #[test]
    fn what_is_made_ahead_is_taken_in_order_until_an_error() {
        for threads in [1, 2] {
            let mut taken = Vec::new();
            let result = ahead(threads, 0..100_u32, |item| {
                taken.push(item);
                if item == 10 { Err(Error::Chart("arrêt".to_owned())) } else { Ok(()) }
            });
            assert!(result.is_err());
            assert_eq!(taken, (0..=10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_stops_the_reading_and_every_thread_ends() {
        for threads in [1, 2, 5] {
            let (taken, whole) = squares(threads, 100_000, Some(10));
            assert_eq!((taken.len(), whole), (10, false), "{threads}");
        }
    }
}
