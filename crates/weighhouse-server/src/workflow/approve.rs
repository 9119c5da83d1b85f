//! Consent. People add facts; policy decides what they are worth.

use weighhouse_core::{ReleaseState, Share};
use weighhouse_policy::Access;

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{Caller, DAY};
use crate::store::models::Model;
use crate::store::releases::{Approval, Lapse, Release};
use crate::store::revisions::{Inspected, Revision};
use crate::store::{Change, Note, StoreError, fresh_id};

impl Gate {
    /// Somebody approves a release: these bytes, on this evidence. `seen` is the evidence they looked at, if they say.
    pub(crate) async fn approve(
        &self,
        caller: &Caller,
        id: &str,
        comment: &str,
        seen: Option<&str>,
    ) -> Result<Release> {
        let mut change = self.change(caller.who()).await?;
        let (release, revision, inspected) = self.at_stake(&mut change, caller, id, Access::Approve).await?;
        let stage = self.stage(&release.stage)?;
        let requests = change.requests_for(&revision.id).await?;
        if requests.iter().any(|asked| asked.stage == release.stage && asked.person == caller.person.name) {
            return Err(GateError::Forbidden("who asks for a model does not approve it".to_owned()));
        }
        if change.authors_of(&revision.id).await?.contains(&caller.person.name) {
            return Err(GateError::Forbidden("who uploaded a model does not approve it".to_owned()));
        }
        if !matches!(
            release.state,
            ReleaseState::Reviewable | ReleaseState::Approved | ReleaseState::Suspended
        ) {
            return Err(GateError::Conflict(format!(
                "there is nothing to approve: the state is `{}`",
                release.state
            )));
        }
        let ground = self.ground(change.connection(), &revision, &inspected, &release.stage).await?;
        let (bytes, evidence) = (ground.bytes, ground.evidence);
        if seen.is_some_and(|seen| seen != evidence.to_string()) {
            let why = "the evidence changed since you looked at it; look again";
            return Err(GateError::Conflict(why.to_owned()));
        }
        let now = change.now();
        let mut given = change.approvals(id).await?.into_iter();
        let stands = |approval: &Approval| matches!(ground.lapse(approval, now), None | Some(Lapse::Ahead));
        if given.any(|approval| approval.person == caller.person.name && stands(&approval)) {
            return Err(GateError::Conflict("you approved this already".to_owned()));
        }
        let approval = Approval {
            id: fresh_id()?,
            release: id.to_owned(),
            person: caller.person.name.clone(),
            digest: bytes.to_string(),
            evidence: evidence.to_string(),
            comment: one_text(comment)?,
            at: now,
            expires: now + stage.approval_days * DAY,
            withdrawn: None,
        };
        let note = Note { objects: vec![bytes], evidence: vec![evidence], ..Note::of("approval.give") };
        change.add_approval(&approval, note).await?;
        let release = self.decide_anew(&mut change, &release, &revision, &inspected).await?;
        change.commit().await?;
        Ok(release)
    }

    /// Somebody takes their approval back. What rested on it is suspended.
    pub(crate) async fn withdraw(&self, caller: &Caller, id: &str) -> Result<Release> {
        let mut change = self.change(caller.who()).await?;
        // Who takes an approval back decides as much as who gives one. People may always; an agent must be let.
        let needed = if caller.person.agent { Access::Approve } else { Access::View };
        let (release, revision, inspected) = self.at_stake(&mut change, caller, id, needed).await?;
        let given = change.approvals(id).await?.into_iter();
        let mine: Vec<Approval> = given
            .filter(|approval| approval.person == caller.person.name && approval.withdrawn.is_none())
            .collect();
        if mine.is_empty() {
            return Err(GateError::Conflict("you gave no approval that could be withdrawn".to_owned()));
        }
        for approval in &mine {
            change.withdraw_approval(approval).await?;
        }
        let release = self.decide_anew(&mut change, &release, &revision, &inspected).await?;
        change.commit().await?;
        Ok(release)
    }

    /// Decides again, and promotes where the stage does so by itself.
    pub(super) async fn decide_anew(
        &self,
        change: &mut Change,
        before: &Release,
        revision: &Revision,
        inspected: &Inspected,
    ) -> Result<Release> {
        let stage = self.stage(&before.stage)?;
        let decided = self.decide(change, revision, inspected, stage, Some(&before.id)).await?;
        let release = self.redecided(change, before, &decided).await?;
        if stage.automatic
            && release.state == ReleaseState::Approved
            && self.begins_by_itself(change, &release, false).await?
        {
            return self.put_in_force(change, &release, Share::ALL, &decided).await;
        }
        Ok(release)
    }

    /// A release with its model, if the caller may know that it is here.
    pub(super) async fn release_seen(
        &self,
        change: &mut Change,
        caller: &Caller,
        id: &str,
    ) -> Result<(Release, Model)> {
        let missing = || GateError::Missing(format!("release `{id}`"));
        let release = change.release(id).await?.ok_or_else(missing)?;
        let model = self.seen_by_id(caller, &release.model).await?.ok_or_else(missing)?;
        Ok((release, model))
    }

    /// A release with its revision and the inspection that counts, if the caller may do this with it.
    pub(super) async fn at_stake(
        &self,
        change: &mut Change,
        caller: &Caller,
        id: &str,
        access: Access,
    ) -> Result<(Release, Revision, Inspected)> {
        let (release, model) = self.release_seen(change, caller, id).await?;
        self.demand(caller, access, model.name.as_str())?;
        let missing = || GateError::Missing(format!("release `{id}`"));
        let revision = change.revision(&release.revision).await?.ok_or_else(missing)?;
        let inspected = self.inspected(&revision).await?;
        Ok((release, revision, inspected))
    }

    /// The inspection that counts.
    pub(super) async fn inspected(&self, revision: &Revision) -> Result<Inspected> {
        let corrupt =
            |what: &str| GateError::Store(StoreError::Corrupt(format!("{what}: revision `{}`", revision.id)));
        let id = revision.inspection.as_deref().ok_or_else(|| corrupt("a release without inspection"))?;
        let inspected = self.store.inspection(id).await?.ok_or_else(|| corrupt("no inspection"))?;
        // What was found must be what was written: the log knows the id, and the id is over the content.
        if inspected.id().hex() == id { Ok(inspected) } else { Err(corrupt("an inspection that was edited")) }
    }
}

/// A text that people wrote, as it is kept.
pub(super) fn one_text(text: &str) -> Result<String> {
    let text = text.trim();
    let allowed = |character: char| !character.is_control() || character == '\n';
    if text.chars().count() <= 2000 && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(GateError::Invalid("write at most 2,000 characters, without control characters".to_owned()))
}
