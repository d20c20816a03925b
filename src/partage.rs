//! Independent pieces of work shared out among threads.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// Stack of a thread: deeply nested content is laid out recursively.
const STACK: usize = 16 << 20;

/// Runs `work` on 0..n, on several threads; the first error stops them all.
pub(crate) fn shared_out(threads: usize, n: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    std::thread::scope(|scope| -> std::io::Result<()> {
        for _ in 0..threads.clamp(1, n.max(1)) {
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let stop = failed.lock().map_or(true, |f| f.is_some());
                    if i >= n || stop {
                        break;
                    }
                    if let (Err(error), Ok(mut first)) = (work(i), failed.lock()) {
                        first.get_or_insert(error);
                    }
                }
            })?;
        }
        Ok(())
    })
    .map_err(Error::io("lancer un fil d'exécution pour", Path::new("les résultats")))?;
    failed.into_inner().unwrap_or_default().map_or(Ok(()), Err)
}

/// Runs two pieces of work, side by side on several threads; each is told how many it may use.
pub(crate) fn side_by_side<A: Send, B>(
    threads: usize,
    one: impl FnOnce(usize) -> A + Send,
    other: impl FnOnce(usize) -> B,
) -> (A, B) {
    if threads < 2 {
        return (one(threads), other(threads));
    }
    std::thread::scope(|scope| {
        let one = scope.spawn(move || one(threads / 2));
        let other = other(threads - threads / 2);
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}
