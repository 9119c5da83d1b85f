//! What is given to users: promotion, canary, rollback, withdrawal.

use std::collections::BTreeMap;

use weighhouse_core::release::{IntakeEvent, ReleaseEvent};
use weighhouse_core::words::short;
use weighhouse_core::{Intake, Outcome, ReleaseState, Share};
use weighhouse_policy::Access;

use super::approve::one_text;
use super::decide::Decided;
use super::review::look_again;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::Caller;
use crate::name::Name;
use crate::store::bundles::Bundle;
use crate::store::releases::Release;
use crate::store::revisions::Revision;
use crate::store::{Change, Note, Who};

/// What a rollback did.
#[derive(Debug)]
pub(crate) struct RolledBack {
    /// What was taken back.
    pub(crate) from: Release,
    /// What serves now, if anything does.
    pub(crate) to: Option<Release>,
}

/// A revision that was withdrawn.
#[derive(Debug)]
pub(crate) struct Withdrawn {
    pub(crate) revision: Revision,
    /// Who has bytes of it, with when they took some first and last.
    pub(crate) pulled: Vec<(String, i64, i64)>,
    /// Release bundles that say until their end that it is released.
    pub(crate) bundles: Vec<Bundle>,
    /// Partial views that were withdrawn with it.
    pub(crate) views: Vec<Revision>,
}

impl Gate {
    /// Serves a release to a share of its users, if policy allows it at this moment.
    pub(crate) async fn promote(&self, caller: &Caller, id: &str, share: Share) -> Result<Release> {
        let ruleset = self.ruleset().await?;
        let mut change = self.change(caller.who()).await?;
        let (release, revision, inspected) = self.at_stake(&mut change, caller, id, Access::Promote).await?;
        let stage = self.stage(&release.stage)?;
        let decided = self.decide(&mut change, &revision, &inspected, stage, Some(id)).await?;
        if decided.outcome() != Outcome::Allow {
            return Err(GateError::Denied(Box::new(decided.decision.release)));
        }
        let release = self.put_in_force(&mut change, &release, share, &decided).await?;
        look_again(&mut change, &inspected, ruleset).await?;
        change.commit().await?;
        self.work.notify_one();
        Ok(release)
    }

    /// Moves a release to serving, and what it replaces out of the way.
    pub(super) async fn put_in_force(
        &self,
        change: &mut Change,
        before: &Release,
        share: Share,
        decided: &Decided,
    ) -> Result<Release> {
        let now = change.now();
        let state = before.state.after(ReleaseEvent::Promote(share, decided.outcome()))?;
        let others = change.releases_in(&before.model, &before.stage).await?;
        for other in others.iter().filter(|other| other.id != before.id) {
            let replaced = match other.state {
                ReleaseState::Released => state == ReleaseState::Released,
                ReleaseState::Canary(_) => true,
                _ => false,
            };
            if replaced {
                self.move_release(change, other, ReleaseEvent::Supersede, Note::of("release.supersede"))
                    .await?;
            }
        }
        let after = Release {
            state,
            decision: decided.document(),
            decided: now,
            served: before.served.or(Some(now)),
            changed: now,
            moved: change.next_record(),
            ..before.clone()
        };
        change.set_release(before, &after, decided.note("release.promote")).await?;
        Ok(after)
    }

    async fn move_release(
        &self,
        change: &mut Change,
        before: &Release,
        event: ReleaseEvent,
        note: Note<'_>,
    ) -> Result<Release> {
        let state = before.state.after(event)?;
        let (changed, moved) = (change.now(), change.next_record());
        let after = Release { state, changed, moved, ..before.clone() };
        change.set_release(before, &after, note).await?;
        Ok(after)
    }

    /// Takes back what serves in a stage: a canary if there is one, else the release, for the one before it.
    pub(crate) async fn roll_back(
        &self,
        caller: &Caller,
        name: &Name,
        stage: &str,
        why: &str,
    ) -> Result<RolledBack> {
        let model = self.seen(caller, name).await?;
        self.demand(caller, Access::Promote, model.name.as_str())?;
        let stage = self.stage(stage)?;
        let detail = vec![("reason", one_line(why)?)];
        let ruleset = self.ruleset().await?;
        let mut change = self.change(caller.who()).await?;
        let releases = change.releases_in(&model.id, &stage.name).await?;
        let canary = releases.iter().find(|release| matches!(release.state, ReleaseState::Canary(_)));
        let released = releases.iter().find(|release| release.state == ReleaseState::Released);
        let suspended = releases.iter().rev().find(|release| release.state == ReleaseState::Suspended);
        let Some(current) = canary.or(released).or(suspended) else {
            return Err(GateError::Conflict(format!("`{name}` serves nobody in `{}`", stage.name)));
        };
        let note = Note { detail, ..Note::of("release.roll-back") };
        let from = self.move_release(&mut change, current, ReleaseEvent::RollBack, note).await?;
        if canary.is_some() {
            change.commit().await?;
            return Ok(RolledBack { from, to: released.cloned() });
        }
        // The one before: the last that was superseded and that policy still allows. It is decided anew, never assumed.
        for before in releases.iter().rev().filter(|release| release.state == ReleaseState::Superseded) {
            let Some(revision) = change.revision(&before.revision).await? else { continue };
            let inspected = self.inspected(&revision).await?;
            let decided = self.decide(&mut change, &revision, &inspected, stage, Some(&before.id)).await?;
            if decided.outcome() == Outcome::Allow {
                let to = self.put_in_force(&mut change, before, Share::ALL, &decided).await?;
                // Nobody looked at it while it did not serve.
                look_again(&mut change, &inspected, ruleset).await?;
                change.commit().await?;
                self.work.notify_one();
                return Ok(RolledBack { from, to: Some(to) });
            }
        }
        change.commit().await?;
        Ok(RolledBack { from, to: None })
    }

    /// Halts a canary, and nothing else: what served before goes on. For people, and for programs that watch.
    pub(crate) async fn halt(&self, caller: &Caller, id: &str, why: &str) -> Result<Release> {
        let mut change = self.change(caller.who()).await?;
        let (release, model) = self.release_seen(&mut change, caller, id).await?;
        let model = model.name.as_str();
        // Who may withdraw what serves everybody may stop what serves a few.
        if !self.may(&caller.person, Access::Revoke, model) {
            self.demand(caller, Access::Promote, model)?;
        }
        if !matches!(release.state, ReleaseState::Canary(_)) {
            return Err(GateError::Conflict(format!("it is no canary: the state is `{}`", release.state)));
        }
        let note = Note { detail: vec![("reason", one_line(why)?)], ..Note::of("canary.halt") };
        let halted = self.move_release(&mut change, &release, ReleaseEvent::RollBack, note).await?;
        change.commit().await?;
        Ok(halted)
    }

    /// Contents of a revision could not be given to somebody: where it is only tried, it is tried no longer.
    pub(crate) async fn unservable(&self, revision: &str, why: &str) -> Result<()> {
        let mut change = self.change(Who::Service("serving")).await?;
        for release in change.releases_of_revision(revision).await? {
            if matches!(release.state, ReleaseState::Canary(_)) {
                let note = Note { detail: vec![("reason", why.to_owned())], ..Note::of("canary.halt") };
                self.move_release(&mut change, &release, ReleaseEvent::RollBack, note).await?;
            }
        }
        Ok(change.commit().await?)
    }

    /// Withdraws a revision for good, in every stage.
    pub(crate) async fn revoke(
        &self,
        caller: &Caller,
        name: &Name,
        commit: &str,
        why: &str,
    ) -> Result<Withdrawn> {
        let missing = || GateError::Missing(format!("`{name}@{commit}`"));
        let model = self.seen(caller, name).await?;
        self.demand(caller, Access::Revoke, model.name.as_str())?;
        let why = one_line(why)?;
        let mut change = self.change(caller.who()).await?;
        let before = change.revision_at(&model.id, commit).await?.ok_or_else(missing)?;
        let (after, views) = self.withdraw_with_views(&mut change, &before, &why).await?;
        change.commit().await?;
        let mut pulled = BTreeMap::new();
        merge(&mut pulled, self.store.pullers(&after.id).await?);
        let mut bundles = self.store.good_bundles(&after.id, self.now()).await?;
        for view in &views {
            merge(&mut pulled, self.store.pullers(&view.id).await?);
            bundles.extend(self.store.good_bundles(&view.id, self.now()).await?);
        }
        let pulled = pulled.into_iter().map(|(person, (first, latest))| (person, first, latest)).collect();
        Ok(Withdrawn { revision: after, pulled, bundles, views })
    }

    /// Withdraws a revision, and all that was made from it: a view shares the bytes of what it was made from, and nobody can tell whether the
    /// reason is in those that were left out.
    pub(super) async fn withdraw_with_views(
        &self,
        change: &mut Change,
        before: &Revision,
        why: &str,
    ) -> Result<(Revision, Vec<Revision>)> {
        let after = self.withdraw_revision(change, before, why).await?;
        let (mut bases, mut views) = (vec![after.id.clone()], Vec::new());
        let short = short(&after.commit);
        let why = format!("it is a view of {short}, which was withdrawn: {why}");
        while let Some(base) = bases.pop() {
            for view in change.views_from(&base).await? {
                bases.push(view.id.clone());
                if view.state != Intake::Revoked {
                    views.push(self.withdraw_revision(change, &view, &why).await?);
                }
            }
        }
        Ok((after, views))
    }

    /// Withdraws a revision and its releases.
    async fn withdraw_revision(&self, change: &mut Change, before: &Revision, why: &str) -> Result<Revision> {
        let state = before.state.after(IntakeEvent::Revoke)?;
        let after = Revision { state, fault: Some(why.to_owned()), ..before.clone() };
        let objects = before.digest.into_iter().collect();
        let note = Note { objects, detail: vec![("reason", why.to_owned())], ..Note::of("revision.revoke") };
        change.set_revision(before, &after, note).await?;
        for release in change.releases_of_revision(&before.id).await? {
            if release.state != ReleaseState::Revoked {
                let note = Note::of("release.revoke");
                self.move_release(change, &release, ReleaseEvent::Revoke, note).await?;
            }
        }
        Ok(after)
    }

    /// Whether a release that policy allows may begin to serve by itself: never in place of what came in after it, in whatever order they were
    /// inspected, and whatever is allowed by now that was not before; and a view only where nothing ever served. It is less than what it was
    /// made from, somebody chose what is missing, and what was taken back does not come back as a part of itself. What may not begin by itself
    /// waits for somebody who promotes it. `new`: nothing was decided about this revision in its stage until now.
    pub(super) async fn begins_by_itself(
        &self,
        change: &mut Change,
        release: &Release,
        new: bool,
    ) -> Result<bool> {
        if change.view_of(&release.revision).await?.is_some() {
            let releases = change.releases_in(&release.model, &release.stage).await?;
            return Ok(releases.iter().all(|other| other.id == release.id || other.served.is_none()));
        }
        let commit = change.commit_of(&release.revision).await?;
        let came = came(change, release).await?;
        for other in change.releases_in(&release.model, &release.stage).await? {
            if other.id == release.id || !other.state.serves() {
                continue;
            }
            let uploaded = commit.as_ref().zip(change.commit_of(&other.revision).await?);
            let later = if let Some((commit, other)) = uploaded {
                other.seq > commit.seq
            } else {
                let other = self::came(change, &other).await?;
                // Within the same second: what was there stays, unless this is a new one that somebody asks for.
                other > came || (other == came && !new)
            };
            if later {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// When the revision of a release came to be known here: by that it stands before others or after them, whenever it was asked for in this stage.
async fn came(change: &mut Change, release: &Release) -> Result<i64> {
    Ok(change.revision(&release.revision).await?.map_or(release.created, |revision| revision.created))
}

/// Adds who has bytes of one thing to who has bytes of another.
fn merge(all: &mut BTreeMap<String, (i64, i64)>, more: Vec<(String, i64, i64)>) {
    for (person, first, latest) in more {
        let known = all.entry(person).or_insert((first, latest));
        *known = (known.0.min(first), known.1.max(latest));
    }
}

/// A reason: it is shown to users and stands in the log.
fn one_line(text: &str) -> Result<String> {
    let text = one_text(text)?;
    if text.is_empty() || text.contains('\n') {
        return Err(GateError::Invalid("give a reason, in one line".to_owned()));
    }
    Ok(text)
}
