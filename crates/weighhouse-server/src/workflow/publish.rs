//! Contents of what is released, kept once more where servers read that can read nothing else. It follows the releases: whatever stops it half-way,
//! the next look at them finds what is left to do.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use weighhouse_core::Digest;

use super::intake::Fault;
use crate::blobs::{Blobs, is_lost};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::store::jobs::{BETWEEN_REVIEWS, Job, JobKind, LEASE};
use crate::store::published::{Alone, PUBLISHING};

/// Revisions that are looked for at a time.
const SOME: usize = 100;
/// How often it is looked for what was withdrawn while something is brought.
const GLANCE: Duration = Duration::from_secs(5);
/// Seconds between two looks for contents that nobody knows of, and how old they are at least.
const BETWEEN_SWEEPS: i64 = 86_400;
const UNKNOWN: i64 = 3600;

/// Why something was not done.
enum Halt {
    /// The contents themselves are not there, or damaged.
    Lost(&'static str),
    /// This of it, for now; the rest may be possible.
    This(GateError),
    /// All of it: the job is another's, the gate closes, the place or the database is away.
    All(Fault),
}

impl<E: Into<GateError>> From<E> for Halt {
    fn from(error: E) -> Self {
        match error.into() {
            error @ (GateError::Unavailable(_) | GateError::Store(_)) => Self::All(error.into()),
            error => Self::This(error),
        }
    }
}

/// What the job that publishes has at hand.
struct Publishing<'a> {
    gate: &'a Gate,
    released: &'a Blobs,
    job: &'a Job,
    /// Revisions of which something could not be done in this look.
    failed: BTreeSet<String>,
    glanced: Instant,
}

impl Gate {
    /// Sees to it that what is released is kept where servers read that read nothing else, from now on; nothing to do where that is nowhere.
    ///
    /// # Errors
    /// If the place is another gate's, or that of all contents, or the database cannot be written.
    pub async fn begin_publishing(&self) -> Result<()> {
        let Some(released) = &self.released else { return Ok(()) };
        match self.take_place(released).await {
            // It may pass; it is looked at again with each look.
            Err(error @ GateError::Unavailable(_)) => {
                tracing::error!(%error, "the place of what is released is away");
            }
            taken => taken?,
        }
        Ok(self.store.begin_publishing(self.now()).await?)
    }

    /// Sees to it that the place of what is released is this gate's, and not that of all contents.
    async fn take_place(&self, released: &Blobs) -> Result<()> {
        let mine = self.log_key().to_string();
        let claimed = async || released.claimed().await.map_err(|error| disk(&error));
        let mut owner = claimed().await?;
        if owner.is_none() {
            // Nothing is there that we know of, whatever was at the place before.
            self.store.doubt_all_published().await?;
            released.claim(&mine).await.map_err(|error| disk(&error))?;
            owner = claimed().await?;
        }
        if owner.as_ref() != Some(&mine) {
            let why =
                "the place of what is released (`blobs-released`) is another gate's; choose one of its own";
            return Err(GateError::Invalid(why.to_owned()));
        }
        if self.blobs.claimed().await.map_err(|error| disk(&error))?.is_some() {
            let why = "the place of what is released (`blobs-released`) is, or was, that of all contents (a text `gate` lies there); choose one of its own";
            return Err(GateError::Invalid(why.to_owned()));
        }
        Ok(())
    }

    /// Does the job that publishes, and puts it off until a release moves.
    pub(crate) async fn publish(&self, job: &Job) -> std::result::Result<(), Fault> {
        let now = self.now();
        let Some(released) = &self.released else {
            // For a server that is set up to.
            return Ok(self.store.rest_until(job, now + BETWEEN_REVIEWS).await?);
        };
        self.take_place(released).await?;
        let look = self.store.begin_look(job, now).await?;
        let mut publishing =
            Publishing { gate: self, released, job, failed: BTreeSet::new(), glanced: Instant::now() };
        publishing.all().await?;
        let pause = if publishing.failed.is_empty() { BETWEEN_REVIEWS } else { LEASE };
        Ok(self.store.end_look(job, &look, (self.now(), self.now() + pause)).await?)
    }

    /// Content could not be given to somebody: it is lost, or damaged. Where this server has only what others keep for it, they are told, and it is
    /// on its way again; says whether.
    pub(crate) async fn not_given(&self, revision: &str, sha256: Digest, why: &str) -> Result<bool> {
        if !self.settings.released_only {
            self.unservable(revision, why).await?;
            return Ok(false);
        }
        if self.store.doubt(sha256, self.now()).await? {
            tracing::error!(content = %sha256, why, "not as it was kept for this server; it is looked after");
            self.store.due_by(JobKind::Publish, PUBLISHING, self.now()).await?;
        }
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

impl Publishing<'_> {
    /// Does all there is to do.
    async fn all(&mut self) -> std::result::Result<(), Fault> {
        self.withdraw().await?;
        for (sha256, size) in self.gate.store.doubted(SOME).await? {
            self.look_after(sha256, size).await?;
        }
        loop {
            // Those that fail are asked for again and again, and passed over.
            let some = self.gate.store.to_publish(self.failed.len() + SOME).await?;
            let some: Vec<_> = some.into_iter().filter(|revision| !self.failed.contains(revision)).collect();
            if some.is_empty() {
                break;
            }
            for revision in some.iter().take(SOME) {
                match self.publish(revision).await {
                    Ok(()) => {}
                    Err(Halt::All(fault)) => return Err(fault),
                    Err(Halt::This(error)) => self.not_done(revision, &error),
                    Err(Halt::Lost(why)) => {
                        // Without its contents a canary is halted; everything else waits for an operator who brings them back.
                        self.gate.unservable(revision, why).await?;
                        self.failed.insert(revision.clone());
                    }
                }
            }
        }
        self.withdraw().await?;
        self.sweep().await
    }

    fn not_done(&mut self, revision: &str, error: &GateError) {
        tracing::error!(revision, %error, "it is not kept with what is released as it should be");
        self.failed.insert(revision.to_owned());
    }

    async fn publish(&mut self, revision: &str) -> std::result::Result<(), Halt> {
        self.go_on().await.map_err(Halt::All)?;
        // Before the first content: what lies there is always known to.
        self.gate.store.note_published(self.job, revision, None).await?;
        let contents = self.gate.store.contents_alone(revision, Alone::Complete).await?;
        for (sha256, size) in &contents {
            if self.glanced.elapsed() > GLANCE {
                // What was withdrawn waits for nothing that comes.
                self.withdraw().await.map_err(Halt::All)?;
            }
            self.go_on().await.map_err(Halt::All)?;
            match self.released.is_as_new(*sha256, *size).await {
                Ok(true) => continue,
                Err(error) if !is_lost(&error) => return Err(disk(&error).into()),
                _ => {}
            }
            self.bring(*sha256, *size).await?;
        }
        self.go_on().await.map_err(Halt::All)?;
        self.gate.store.note_published(self.job, revision, Some(self.gate.now())).await?;
        tracing::info!(
            revision,
            contents = contents.len(),
            "kept for servers that give out what is released"
        );
        Ok(())
    }

    /// Removes what serves nobody any more.
    async fn withdraw(&mut self) -> std::result::Result<(), Fault> {
        loop {
            let some = self.gate.store.to_withdraw(self.failed.len() + SOME).await?;
            let some: Vec<_> = some.into_iter().filter(|revision| !self.failed.contains(revision)).collect();
            if some.is_empty() {
                self.glanced = Instant::now();
                return Ok(());
            }
            for revision in &some {
                match self.remove(revision).await {
                    Ok(()) => {}
                    Err(Halt::All(fault)) => return Err(fault),
                    Err(Halt::This(error)) => self.not_done(revision, &error),
                    Err(Halt::Lost(why)) => self.not_done(revision, &GateError::Internal(why.to_owned())),
                }
            }
        }
    }

    async fn remove(&self, revision: &str) -> std::result::Result<(), Halt> {
        let contents = self.gate.store.contents_alone(revision, Alone::Whatever).await?;
        for (sha256, _) in &contents {
            self.go_on().await.map_err(Halt::All)?;
            self.released.remove(*sha256).await.map_err(|error| disk(&error))?;
        }
        self.gate.store.forget_published(self.job, revision).await?;
        tracing::info!(revision, contents = contents.len(), "no longer kept with what is released");
        Ok(())
    }

    /// Looks after content that some server did not find as it should be.
    async fn look_after(&mut self, sha256: Digest, size: u64) -> std::result::Result<(), Fault> {
        self.go_on().await?;
        let whole = self.released.is_whole(sha256, size).await;
        if whole.is_ok_and(|whole| whole) && self.released.is_as_new(sha256, size).await.is_ok_and(|new| new)
        {
            tracing::error!(content = %sha256, "some server says that it is not there, and it is: that server reads another place");
        } else {
            match self.bring(sha256, size).await {
                Ok(()) => {}
                Err(Halt::All(fault)) => return Err(fault),
                Err(Halt::This(error)) => {
                    tracing::error!(content = %sha256, %error, "it could not be brought again");
                }
                // Whatever has it is brought as soon as it is here again.
                Err(Halt::Lost(_)) => self.gate.store.doubt_published(sha256).await?,
            }
        }
        Ok(self.gate.store.looked_after(sha256, self.gate.now()).await?)
    }

    /// Copies content to what is released, compared on its way.
    async fn bring(&self, sha256: Digest, size: u64) -> std::result::Result<(), Halt> {
        let lost = |error: &io::Error| {
            tracing::error!(content = %sha256, %error, "released, and cannot be given");
            Halt::Lost("its contents are damaged or missing in the store")
        };
        // Faults of the source are faults of the contents; all others are of the place, which may have room again, or come back.
        let held = match self.gate.blobs.hold(vec![(sha256, size)]).await {
            Err(error) if is_lost(&error) => return Err(lost(&error)),
            held => held.map_err(|error| disk(&error))?,
        };
        let source = match File::open(held.path(sha256)) {
            Err(error) if is_lost(&error) => return Err(lost(&error)),
            source => source.map_err(|error| disk(&error))?,
        };
        let released = self.released.clone();
        let take = move || {
            let taken = released.take_if(source, |content| content.sha256 == sha256);
            drop(held);
            taken
        };
        let taken = tokio::task::spawn_blocking(take).await;
        let taken = taken.map_err(|error| GateError::Internal(error.to_string()))?;
        if taken.map_err(|error| disk(&error))?.sha256 != sha256 {
            return Err(lost(&io::Error::other("it is another content than came in")));
        }
        // It took its time: whoever has the job by now may have withdrawn it meanwhile.
        if !self.gate.store.holds(self.job).await? && self.gate.store.published(&[sha256]).await?.is_empty() {
            self.released.remove(sha256).await.map_err(|error| disk(&error))?;
        }
        Ok(())
    }

    /// Removes, once a day, what is there and nobody knows of: what a worker that was killed or had lost its job left, and what was there before a backup
    /// was restored.
    async fn sweep(&self) -> std::result::Result<(), Fault> {
        let now = self.gate.now();
        let last = self.gate.swept_released.load(Ordering::Relaxed);
        if (last..last.saturating_add(BETWEEN_SWEEPS)).contains(&now) {
            return Ok(());
        }
        let than = now - UNKNOWN;
        let mut some = self.released.older(than);
        while let Some(old) = some.try_next().await.map_err(|error| disk(&error))? {
            self.go_on().await?;
            let known = self.gate.store.published(&old).await?;
            for sha256 in old.into_iter().filter(|sha256| !known.contains(sha256)) {
                self.released.remove_older(sha256, than).await.map_err(|error| disk(&error))?;
            }
        }
        drop(some);
        self.released.end_abandoned().await.map_err(|error| disk(&error))?;
        self.gate.swept_released.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Stops what is done by a worker that has lost its job, or whose gate closes.
    async fn go_on(&self) -> std::result::Result<(), Fault> {
        if self.gate.cancelled.load(Ordering::Relaxed) {
            return Err(Fault::Later("the gate is closing".to_owned()));
        }
        if self.gate.store.holds(self.job).await? { Ok(()) } else { Err(Fault::Lost) }
    }
}

fn disk(error: &io::Error) -> GateError {
    GateError::of_disk("contents of what is released", error)
}
