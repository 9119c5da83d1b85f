//! Contents of what is released, kept once more where servers read that can read nothing else. It follows the releases: whatever stops it half-way,
//! the next look at them finds what is left to do.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::Ordering;

use weighhouse_core::Digest;

use super::intake::Fault;
use crate::blobs::{Blobs, is_lost};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::store::jobs::{BETWEEN_REVIEWS, Job, JobKind};
use crate::store::published::{Alone, PUBLISHING};

/// Revisions that are looked for at a time.
const SOME: u32 = 100;

impl Gate {
    /// Sees to it that what is released is kept where servers read that read nothing else, from now on; nothing to do where that is nowhere.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn begin_publishing(&self) -> Result<()> {
        match &self.released {
            Some(_) => Ok(self.store.begin_publishing(self.now()).await?),
            None => Ok(()),
        }
    }

    /// Does the job that publishes, and puts it off until a release moves.
    pub(crate) async fn publish(&self, job: &Job) -> std::result::Result<(), Fault> {
        let Some(released) = &self.released else {
            // For a server that is set up to.
            return Ok(self.store.rest_until(job, self.now() + BETWEEN_REVIEWS).await?);
        };
        let (mut after, mut lost) = (String::new(), BTreeSet::new());
        loop {
            let some = self.store.to_publish(&after, SOME).await?;
            for revision in &some {
                // Each time: what was withdrawn waits for nothing that comes.
                self.withdraw_published(job, released).await?;
                match self.publish_one(job, released, revision).await {
                    Err(Halted::Lost(why)) => {
                        // Without its contents a canary is halted; everything else waits for an operator who brings them back.
                        self.unservable(revision, &why).await?;
                        lost.insert(revision.clone());
                    }
                    Err(Halted::Ends(fault)) => return Err(fault),
                    Ok(()) => {}
                }
            }
            match some.last() {
                Some(last) => after.clone_from(last),
                None => break,
            }
        }
        self.withdraw_published(job, released).await?;
        self.store.rest_until(job, self.now() + BETWEEN_REVIEWS).await?;
        // Asked after that: a release that moves from now on sees to it by itself.
        let more = u32::try_from(lost.len()).unwrap_or(u32::MAX).saturating_add(1);
        let come = self.store.to_publish("", more).await?.iter().any(|revision| !lost.contains(revision));
        if come || !self.store.to_withdraw(1).await?.is_empty() {
            self.store.due_by(JobKind::Publish, PUBLISHING, self.now()).await?;
        }
        Ok(())
    }

    async fn publish_one(
        &self,
        job: &Job,
        released: &Blobs,
        revision: &str,
    ) -> std::result::Result<(), Halted> {
        // Before the first content: what lies there is always known to.
        self.go_on(job).await?;
        self.store.note_published(revision, None).await?;
        let contents = self.store.contents_alone(revision, Alone::Complete).await?;
        for (sha256, size) in &contents {
            self.go_on(job).await?;
            self.bring(released, *sha256, *size).await?;
        }
        self.go_on(job).await?;
        self.store.note_published(revision, Some(self.now())).await?;
        tracing::info!(
            revision,
            contents = contents.len(),
            "kept for servers that give out what is released"
        );
        Ok(())
    }

    /// Removes what serves nobody any more.
    async fn withdraw_published(&self, job: &Job, released: &Blobs) -> std::result::Result<(), Fault> {
        loop {
            let some = self.store.to_withdraw(SOME).await?;
            if some.is_empty() {
                return Ok(());
            }
            for revision in some {
                let contents = self.store.contents_alone(&revision, Alone::Whatever).await?;
                for (sha256, _) in &contents {
                    self.go_on(job).await?;
                    released.remove(*sha256).await.map_err(|error| disk(&error))?;
                }
                self.store.forget_published(&revision).await?;
                tracing::info!(revision, contents = contents.len(), "no longer kept with what is released");
            }
        }
    }

    /// Copies content to what is released, whole and compared.
    async fn bring(&self, released: &Blobs, sha256: Digest, size: u64) -> std::result::Result<(), Halted> {
        let held = self.blobs.hold(vec![(sha256, size)]).await;
        let held = held.map_err(|error| Halted::of(sha256, &error))?;
        let released = released.clone();
        let take =
            move || -> io::Result<bool> { Ok(released.take_staged(&held.path(sha256))?.sha256 == sha256) };
        let taken = tokio::task::spawn_blocking(take).await;
        match taken.map_err(|error| GateError::Internal(error.to_string()))? {
            Ok(true) => Ok(()),
            Ok(false) => Err(Halted::Lost(format!("content {sha256} is damaged in the store"))),
            Err(error) => Err(Halted::of(sha256, &error)),
        }
    }

    /// Stops what is done by a worker that has lost its job, or whose gate closes.
    async fn go_on(&self, job: &Job) -> std::result::Result<(), Fault> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Fault::Later("the gate is closing".to_owned()));
        }
        if self.store.holds(job).await? { Ok(()) } else { Err(Fault::Lost) }
    }

    /// Content could not be given to somebody: it is lost, or damaged. Where this server has only what others keep for it, they are told, and it is
    /// on its way again; says whether.
    pub(crate) async fn not_given(&self, revision: &str, sha256: Digest, why: &str) -> Result<bool> {
        if !self.settings.released_only {
            self.unservable(revision, why).await?;
            return Ok(false);
        }
        if self.store.doubt_published(sha256).await? {
            tracing::error!(content = %sha256, why, "not as it was kept for this server; it is brought again");
        }
        self.store.due_by(JobKind::Publish, PUBLISHING, self.now()).await?;
        Ok(true)
    }

    /// Refuses what needs more than what is released, where this server can read nothing else.
    pub(crate) fn demand_all_contents(&self) -> Result<()> {
        if !self.settings.released_only {
            return Ok(());
        }
        Err(GateError::Forbidden(
            "this server gives out what is released, and nothing comes in by it: use another one of this gate"
                .to_owned(),
        ))
    }
}

fn disk(error: &io::Error) -> GateError {
    GateError::of_disk("contents of what is released", error)
}

/// Why a revision was not published.
enum Halted {
    /// Its contents are not there, or damaged.
    Lost(String),
    /// It ends the job.
    Ends(Fault),
}

impl Halted {
    fn of(sha256: Digest, error: &io::Error) -> Self {
        if is_lost(error) {
            tracing::error!(content = %sha256, %error, "released, and cannot be given");
            return Self::Lost(format!("content {sha256}: {error}"));
        }
        disk(error).into()
    }
}

impl<E: Into<Fault>> From<E> for Halted {
    fn from(error: E) -> Self {
        Self::Ends(error.into())
    }
}
