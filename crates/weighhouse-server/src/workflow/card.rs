//! What revisions say of themselves: read once from their contents, which never change.

use std::sync::atomic::Ordering;

use weighhouse_core::Digest;

use crate::card::{CONFIG, Card, LARGEST, README};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::name::Kind;

/// Revisions that are looked for at a time.
const SOME: u32 = 100;

impl Gate {
    /// What a revision says of itself. Nothing, if its contents cannot be read: descriptions are given without it then.
    pub(crate) async fn card(&self, revision: &str, kind: Kind) -> Result<Card> {
        if let Some(card) = self.store.card(revision).await? {
            return Ok(card);
        }
        match self.read_card(revision, kind).await {
            Ok(card) => {
                self.keep_cards(&[(revision, &card)]).await;
                Ok(card)
            }
            Err(error) => {
                unread(revision, &error);
                Ok(Card::default())
            }
        }
    }

    async fn keep_cards(&self, cards: &[(&str, &Card)]) {
        if let Err(error) = self.store.keep_cards(cards).await {
            tracing::warn!(%error, "what revisions say of themselves could not be kept");
        }
    }

    async fn read_card(&self, revision: &str, kind: Kind) -> Result<Card> {
        let files = self.store.files(revision).await?;
        let wanted = |name: &str| {
            let file = files.iter().find(|file| file.path == name && file.size <= LARGEST);
            file.map(|file| (file.sha256, file.size))
        };
        let (readme, config) = (wanted(README), wanted(CONFIG));
        let lost = |error: std::io::Error| GateError::of_disk("the contents cannot be read", &error);
        let held = self.blobs.hold(readme.into_iter().chain(config).collect()).await.map_err(lost)?;
        let read = move || {
            // Of `LARGEST` bytes at most.
            let bytes = |wanted: Option<(Digest, u64)>| {
                wanted.map(|(sha256, size)| held.bytes(sha256, size)).transpose()
            };
            let (readme, config) = (bytes(readme)?, bytes(config)?);
            let paths = files.iter().map(|file| file.path.as_str());
            Ok(Card::of(kind, readme.as_deref(), config.as_deref(), paths))
        };
        let card = tokio::task::spawn_blocking(read).await;
        card.map_err(|error| GateError::Internal(error.to_string()))?.map_err(lost)
    }

    /// Reads what revisions say that programs before this one inspected. Those whose contents cannot be read are tried again at the next start.
    pub(crate) async fn read_cards(&self) -> Result<()> {
        let (mut after, mut count) = (String::new(), 0_usize);
        loop {
            let some = self.store.without_card(&after, SOME).await?;
            let Some(last) = some.last() else { break };
            last.id.clone_into(&mut after);
            count += some.len();
            // Written together: there may be a hundred thousand of them, and people who wait for the same disk.
            let mut read = Vec::with_capacity(some.len());
            for revision in &some {
                if self.cancelled.load(Ordering::Relaxed) {
                    return Ok(());
                }
                if let Some(model) = self.store.model_by_id(&revision.model).await? {
                    match self.read_card(&revision.id, model.name.kind()).await {
                        Ok(card) => read.push((revision.id.as_str(), card)),
                        Err(error) => unread(&revision.id, &error),
                    }
                }
            }
            let read: Vec<(&str, &Card)> = read.iter().map(|(revision, card)| (*revision, card)).collect();
            self.keep_cards(&read).await;
        }
        if count > 0 {
            tracing::info!(count, "read what revisions say of themselves");
        }
        Ok(())
    }
}

fn unread(revision: &str, error: &GateError) {
    tracing::warn!(revision, %error, "what a revision says of itself could not be read");
}
