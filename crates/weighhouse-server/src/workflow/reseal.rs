//! Everything that the gate keeps secret, under the key that seals now and in the form that is configured now.

use crate::blobs::is_lost;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::store::jobs::JobKind;
use crate::store::published::PUBLISHING;

/// What was sealed again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets of webhooks.
    pub secrets: usize,
    /// Keys under which contents are encrypted.
    pub store_keys: usize,
    /// Contents that were encrypted, or kept in the clear again.
    pub contents: usize,
    /// Contents that are missing or damaged.
    pub lost: usize,
}

impl Gate {
    /// Seals everything under the first key again, and keeps all contents in the form in which new ones are kept. The gate may serve meanwhile.
    ///
    /// # Errors
    /// If a key is missing, or the database or the contents cannot be written.
    pub async fn reseal(&self) -> Result<Resealed> {
        let disk = |error: std::io::Error| GateError::of_disk("contents", &error);
        self.demand_all_contents()?;
        let mut store_keys = self.blobs.reseal().await.map_err(disk)?;
        if let Some(released) = &self.released {
            store_keys += released.reseal().await.map_err(disk)?;
        }
        let mut done = Resealed { secrets: self.reseal_webhooks().await?, store_keys, ..Resealed::default() };
        for (sha256, size) in self.store.all_contents().await? {
            let renewed = match self.blobs.is_as_new(sha256, size).await {
                Ok(true) => Ok(false),
                Ok(false) => self.blobs.renew(sha256, size).await.map(|()| true),
                Err(error) => Err(error),
            };
            match renewed {
                Ok(renewed) => done.contents += usize::from(renewed),
                Err(error) if is_lost(&error) => {
                    tracing::error!(content = %sha256, %error, "left as it is");
                    done.lost += 1;
                }
                Err(error) => return Err(disk(error)),
            }
        }
        if self.released.is_some() {
            // What is kept there in another form is kept anew.
            self.store.doubt_all_published().await?;
            self.store.due_by(JobKind::Publish, PUBLISHING, self.now()).await?;
        }
        Ok(done)
    }
}
