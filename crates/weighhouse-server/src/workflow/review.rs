//! Standing decisions, again: policies, rules and knowledge move on, approvals end, inspections age. What no longer holds is suspended.

use std::sync::Arc;

use weighhouse_core::printable::printable_within;
use weighhouse_core::{Digest, Intake};

use super::intake::Fault;
use crate::error::{GateError, Result};
use crate::events::{Event, EventKind, Facts};
use crate::gate::Gate;
use crate::identity::DAY;
use crate::store::jobs::{BETWEEN_AUDITS, BETWEEN_REVIEWS, Job, JobKind};
use crate::store::releases::Release;
use crate::store::revisions::{Inspected, Revision};
use crate::store::{Change, Who};

/// The one job that reviews, and the one that audits.
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
        let mut change = self.change_as_it_is(Who::Service("setup")).await?;
        self.adopt_files(&mut change).await?;
        change.enqueue(JobKind::Review, STANDING_JOB).await?;
        change.hasten(JobKind::Review, STANDING_JOB).await?;
        change.enqueue(JobKind::Audit, STANDING_JOB).await?;
        change.commit().await?;
        self.follow_policy().await
    }

    /// Does a job of the kind `review`, and puts it off until the next one.
    pub(crate) async fn review(&self, job: &Job) -> std::result::Result<(), Fault> {
        let ruleset = self.ruleset().await?;
        for state in STANDING {
            // Those that are moved while this goes on are decided about by whoever moves them.
            let mut last = String::new();
            loop {
                let some = self.store.ids_in_state(state, &last, AT_ONCE).await?;
                let Some(end) = some.last() else { break };
                last.clone_from(end);
                for release in &some {
                    if let Err(error) = self.review_one(release, ruleset).await {
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
        let found = self.store.forgettable(self.now()).await?;
        let mut change = self.change_as_it_is(Who::Service("review")).await?;
        change.forget_events(&self.store, found).await?;
        change.commit().await?;
        if job.subject == STANDING_JOB {
            self.store.rest_until(job, self.now() + BETWEEN_REVIEWS).await?;
        } else {
            // Asked for once, by a change of policy.
            self.store.drop_job(job).await?;
        }
        // Asked after that: a waiver that is given meanwhile sees to its own end.
        if let Some(turn) = self.store.next_turn(self.now()).await? {
            self.store.due_by(JobKind::Review, STANDING_JOB, turn).await?;
        }
        Ok(())
    }

    /// Does a job of the kind `audit`: what is wrong is told to administrators, once a day while it lasts.
    pub(crate) async fn audit_job(&self, job: &Job) -> std::result::Result<(), Fault> {
        let audit = self.audit().await?;
        if !audit.faults.is_empty() {
            let faults: Vec<String> = audit.faults.iter().map(ToString::to_string).collect();
            tracing::error!(faults = faults.len(), first = faults.first(), "log and tables do not agree");
            let facts = Facts {
                why: format!("{} faults in {} records and {} rows", faults.len(), audit.records, audit.rows),
                reasons: faults.iter().take(10).map(|fault| printable_within(fault, 300)).collect(),
                ..Facts::default()
            };
            // No change of state, and perhaps no change is possible: it is told past the log. The same on the same day is the same event.
            let day = self.now().div_euclid(DAY) * DAY;
            self.store.tell(&Event::new(EventKind::AuditFault, day, facts)).await?;
        }
        Ok(self.store.rest_until(job, self.now() + BETWEEN_AUDITS).await?)
    }

    async fn review_one(&self, id: &str, ruleset: Digest) -> Result<()> {
        let mut change = self.change(Who::Service("review")).await?;
        let Some(release) = change.release(id).await? else { return Ok(()) };
        let Some((_, inspected)) = self.review_in(&mut change, &release).await? else { return Ok(()) };
        let again = look_again(&mut change, &inspected, ruleset).await?;
        if change.is_empty() && !again {
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

    /// What the gate knows at this moment.
    pub(super) async fn ruleset(&self) -> Result<Digest> {
        let inspector = Arc::clone(&self.inspector);
        // It may read files.
        let ruleset = tokio::task::spawn_blocking(move || inspector.ruleset()).await;
        ruleset.map_err(|error| GateError::Internal(error.to_string()))
    }
}

/// Has a revision inspected again if more is known by now than when it was; says whether.
pub(super) async fn look_again(change: &mut Change, inspected: &Inspected, ruleset: Digest) -> Result<bool> {
    if inspected.ruleset != ruleset {
        change.enqueue(JobKind::Inspect, &inspected.revision).await?;
    }
    Ok(inspected.ruleset != ruleset)
}
