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
