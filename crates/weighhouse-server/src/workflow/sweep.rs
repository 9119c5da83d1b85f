//! Contents to which nobody refers: removed, once a day.

use std::sync::atomic::Ordering;

use futures_util::TryStreamExt as _;

use crate::blobs::UNWANTED;
use crate::error::{GateError, Result};
use crate::gate::Gate;

/// Seconds between two sweeps of a server.
const BETWEEN: i64 = 86_400;

impl Gate {
    /// Removes contents to which nobody refers and that nobody wanted to bring in for a week, unless that was done a short while ago.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let now = self.now();
        let last = self.swept.load(Ordering::Relaxed);
        if (last..last.saturating_add(BETWEEN)).contains(&now) {
            return Ok(());
        }
        let lost = |error: std::io::Error| GateError::of_disk("contents", &error);
        let than = now - UNWANTED;
        let (mut removed, mut some) = (0_usize, self.blobs.older(than));
        while let Some(old) = some.try_next().await.map_err(lost)? {
            let wanted = self.store.wanted(&old).await?;
            for sha256 in old.into_iter().filter(|sha256| !wanted.contains(sha256)) {
                removed += usize::from(self.blobs.remove_older(sha256, than).await.map_err(lost)?);
            }
        }
        drop(some);
        let ended = self.blobs.end_abandoned().await.map_err(lost)?;
        self.swept.store(now, Ordering::Relaxed);
        if removed + ended > 0 {
            tracing::info!(removed, ended, "contents to which nobody refers");
        }
        Ok(())
    }
}
