//! Standing decisions, again: policies, rules and knowledge move on, approvals end, inspections age. What no longer holds is suspended.

use weighhouse_core::Intake;

use super::intake::Fault;
use crate::error::Result;
use crate::gate::Gate;
use crate::store::jobs::{BETWEEN_REVIEWS, Job, JobKind};
use crate::store::releases::Release;
use crate::store::revisions::{Inspected, Revision};
use crate::store::{Change, Who};

/// The one job that reviews.
pub(super) const STANDING_JOB: &str = "standing";

/// States in which a decision still matters.
const STANDING: &[&str] = &["reviewable", "approved", "canary", "released", "suspended", "rejected"];

/// Releases whose names are in memory at once.
const AT_ONCE: u32 = 500;

impl Gate {
    /// Sees to it that everything is reviewed now, and from then on every hour.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn begin_reviews(&self) -> Result<()> {
        let mut change = self.change(Who::Service("setup")).await?;
        change.enqueue(JobKind::Review, STANDING_JOB).await?;
        change.hasten(JobKind::Review, STANDING_JOB).await?;
        Ok(change.commit().await?)
    }

    /// Does a job of the kind `review`, and puts it off until the next one.
    pub(crate) async fn review(&self, job: &Job) -> std::result::Result<(), Fault> {
        for state in STANDING {
            // Those that are moved while this goes on are decided about by whoever moves them.
            let mut last = String::new();
            loop {
                let some = self.store.ids_in_state(state, &last, AT_ONCE).await?;
                let Some(end) = some.last() else { break };
                last.clone_from(end);
                for release in &some {
                    if let Err(error) = self.review_one(release).await {
                        tracing::error!(release, %error, "a release could not be decided about again");
                    }
                }
            }
        }
        if let Err(error) = self.sweep().await {
            tracing::error!(%error, "contents to which nobody refers could not be removed");
        }
        let (staging, now, keep) = (self.staging.clone(), self.now(), self.settings.uploads.keep);
        match tokio::task::spawn_blocking(move || staging.sweep(now, keep)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(swept)) => tracing::info!(swept, "what was never committed was removed"),
            Ok(Err(error)) => tracing::error!(%error, "what was never committed could not be removed"),
            Err(error) => tracing::error!(%error, "what was never committed could not be removed"),
        }
        self.store.put_off(job, self.now() + BETWEEN_REVIEWS, "").await?;
        // Asked after that: a waiver that is given meanwhile sees to its own end.
        if let Some(turn) = self.store.next_turn(self.now()).await? {
            self.store.due_by(JobKind::Review, STANDING_JOB, turn).await?;
        }
        Ok(())
    }

    async fn review_one(&self, id: &str) -> Result<()> {
        let mut change = self.change(Who::Service("review")).await?;
        let Some(release) = change.release(id).await? else { return Ok(()) };
        let Some((revision, inspected)) = self.review_in(&mut change, &release).await? else { return Ok(()) };
        if inspected.ruleset != self.inspector.ruleset() {
            change.enqueue(JobKind::Inspect, &revision.id).await?;
        } else if change.is_empty() {
            // Nothing to be written, and so nothing to wait for a disk for.
            return Ok(());
        }
        Ok(change.commit().await?)
    }

    /// Decides about a release again, if it is one that is decided about.
    pub(super) async fn review_in(
        &self,
        change: &mut Change,
        release: &Release,
    ) -> Result<Option<(Revision, Inspected)>> {
        let Some(revision) = change.revision(&release.revision).await? else { return Ok(None) };
        let stands = STANDING.contains(&release.state.as_str());
        if !stands || revision.state != Intake::Inspected || self.stage(&release.stage).is_err() {
            return Ok(None);
        }
        let inspected = self.inspected(&revision).await?;
        self.decide_anew(change, release, &revision, &inspected).await?;
        Ok(Some((revision, inspected)))
    }
}
