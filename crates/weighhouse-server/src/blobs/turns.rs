//! Many who want the same content at once, that nobody has read yet: one reads it, the others wait, and take what was found.

use std::io;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use weighhouse_core::Digest;

/// Contents that are read at the same time at most. Two that share a turn are read one after the other.
const TURNS: usize = 64;

/// Whether content that nobody has read yet may be read by whoever opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Not yet: opening fails with `WouldBlock`.
    Waits,
    Now,
}

#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<[Arc<Mutex<()>>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Arc::default()).collect())
    }
}

impl Turns {
    /// Opens content: at once if it was read before, else when it is its turn. Threads that wait for disks do not wait here.
    pub(super) async fn open<T: Send + 'static>(
        &self,
        sha256: Digest,
        open: impl Fn(Reading) -> io::Result<T> + Clone + Send + 'static,
    ) -> io::Result<T> {
        let first = open.clone();
        match spawn_blocking(move || first(Reading::Waits)).await.map_err(io::Error::other)? {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            opened => return opened,
        }
        let turn = self.of(sha256).await;
        let read = move || {
            let opened = open(Reading::Now);
            // Also if whoever asked is gone meanwhile: what was begun is not begun again beside it.
            drop(turn);
            opened
        };
        spawn_blocking(read).await.map_err(io::Error::other)?
    }

    async fn of(&self, sha256: Digest) -> Option<OwnedMutexGuard<()>> {
        let number = sha256.as_bytes().first().map_or(0, |byte| usize::from(*byte));
        match self.0.get(number % TURNS) {
            Some(turn) => Some(Arc::clone(turn).lock_owned().await),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_reads_for_all() {
        let (turns, sha256) = (Turns::default(), Digest::of(b"x"));
        let (found, read) = (Arc::<std::sync::Mutex<bool>>::default(), Arc::<AtomicUsize>::default());
        let opened = (0..100).map(|_| {
            let (found, read) = (Arc::clone(&found), Arc::clone(&read));
            turns.open(sha256, move |reading| {
                if *found.lock().unwrap() {
                    return Ok(());
                }
                if reading == Reading::Waits {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                read.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                *found.lock().unwrap() = true;
                Ok(())
            })
        });
        assert!(futures_util::future::join_all(opened).await.iter().all(Result::is_ok));
        assert_eq!(read.load(Ordering::SeqCst), 1);
    }
}
