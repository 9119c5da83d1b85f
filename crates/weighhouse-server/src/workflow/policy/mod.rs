//! A change of policy: proposed, looked at, approved if the policies in force demand it, put in force. The policies in force decide about
//! their successors, so that a change of policy is no way around the policy; docs/decisions/0011 says more.

mod check;
mod dry_run;
mod rights;

use std::collections::BTreeSet;

use weighhouse_core::{Decision, Outcome};
use weighhouse_policy::{Access, Consent, PolicySet, enact};

pub(crate) use check::{Checked, Draft, Problem, TestRun};
pub(crate) use dry_run::{Changed, Cursor, DryRun, Tally};

use super::approve::one_text;
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{Caller, person};
use crate::store::jobs::JobKind;
use crate::store::policies::{Policy, PolicyApproval, PolicyState, Source};
use crate::store::{Change, Note, Who, fresh_id};

/// Proposals that wait at most: each is a text that everybody who may change policy is shown.
const PROPOSALS: u64 = 50;

/// A proposal, and what the policies in force ask for before it takes their place.
#[derive(Debug)]
pub(crate) struct Proposed {
    pub(crate) policy: Policy,
    pub(crate) approvals: Vec<PolicyApproval>,
    pub(crate) decision: Decision,
}

impl Gate {
    /// Somebody proposes other policies.
    pub(crate) async fn propose_policy(
        &self,
        caller: &Caller,
        draft: &Draft,
        reason: &str,
    ) -> Result<Policy> {
        self.demand(caller, Access::ChangePolicy, "")?;
        let reason = one_text(reason)?;
        if reason.is_empty() {
            return Err(GateError::Invalid("say why the policies are to change".to_owned()));
        }
        let set = self.sound_policy(draft).await?;
        let mut change = self.change(caller.who()).await?;
        self.demand(caller, Access::ChangePolicy, "")?;
        let based = self.policies().digest();
        if set.digest() == based {
            return Err(GateError::Conflict("these policies are in force already".to_owned()));
        }
        let (id, waiting) = change.next_policy().await?;
        if waiting >= PROPOSALS {
            let why = format!("{waiting} proposals wait already; put in force or drop one of them first");
            return Err(GateError::Conflict(why));
        }
        let policy = Policy {
            id,
            source: Source::Gate,
            extend: draft.extend,
            texts: Policy::texts_of(&set),
            digest: set.digest(),
            based: Some(based.to_string()),
            reason,
            proposer: Some(caller.person.name.clone()),
            created: change.now(),
            state: PolicyState::Proposed,
            enacted_by: None,
            since: None,
            until: None,
        };
        let note = Note {
            objects: vec![policy.digest],
            detail: vec![("reason", policy.reason.clone())],
            ..Note::of("policy.propose")
        };
        change.add_policy(&policy, note).await?;
        change.commit().await?;
        Ok(policy)
    }

    /// A draft whose policies can be put in force.
    async fn sound_policy(&self, draft: &Draft) -> Result<std::sync::Arc<PolicySet>> {
        let checked = self.check_policy(draft).await?;
        if let Some(problem) = checked.first_problem() {
            return Err(GateError::Invalid(problem));
        }
        if let Some(failed) = checked.tests.iter().find(|test| test.failure.is_some()) {
            return Err(GateError::Conflict(format!("the test `{}` fails", failed.name)));
        }
        if let Some(why) = checked.lock_out {
            return Err(GateError::Conflict(why));
        }
        checked.set.ok_or_else(|| GateError::Internal("sound policies that did not compile".to_owned()))
    }

    /// Somebody else agrees to exactly these policies.
    pub(crate) async fn approve_policy(
        &self,
        caller: &Caller,
        id: &str,
        seen: &str,
        comment: &str,
    ) -> Result<()> {
        let mut change = self.change(caller.who()).await?;
        let policy = self.waiting_policy(&mut change, caller, id, seen).await?;
        if policy.proposer.as_ref() == Some(&caller.person.name) {
            let why = "who proposes policies does not approve them; somebody else must";
            return Err(GateError::Forbidden(why.to_owned()));
        }
        let given = change.policy_approvals(id).await?;
        if given.iter().any(|approval| approval.person == caller.person.name) {
            return Err(GateError::Conflict("you approved this already".to_owned()));
        }
        let approval = PolicyApproval {
            id: fresh_id()?,
            policy: policy.id.clone(),
            person: caller.person.name.clone(),
            digest: policy.digest.to_string(),
            comment: one_text(comment)?,
            at: change.now(),
        };
        let note = Note { objects: vec![policy.digest], ..Note::of("policy.approve") };
        change.add_policy_approval(&approval, note).await?;
        Ok(change.commit().await?)
    }

    /// Puts proposed policies in force, if those in force allow it now. All standing decisions are made again by them.
    pub(crate) async fn enact_policy(&self, caller: &Caller, id: &str, seen: &str) -> Result<Policy> {
        // Compiled again: what another program stored may mean something else here. Before the change, for which everybody waits, and only
        // for who may.
        let known = self.proposed(caller, id).await?;
        let allowed = known.policy.state == PolicyState::Proposed && known.decision.outcome == Outcome::Allow;
        let set = if allowed { Some(self.sound_policy(&Draft::of(&known.policy)).await?) } else { None };
        let mut change = self.change(caller.who()).await?;
        let before = self.waiting_policy(&mut change, caller, id, seen).await?;
        let now_in_force = self.policies().digest().to_string();
        if before.based.as_ref() != Some(&now_in_force) {
            let why =
                "other policies were put in force since this was proposed; propose it again, over those";
            return Err(GateError::Conflict(why.to_owned()));
        }
        let approvals = change.policy_approvals(id).await?;
        let decision = self.ask_enact(caller, &before, &approvals).await?;
        if decision.outcome != Outcome::Allow {
            return Err(GateError::Denied(Box::new(decision)));
        }
        let set = set.ok_or_else(|| GateError::Conflict("it was approved just now; try again".to_owned()))?;
        if set.digest() != before.digest {
            let why = "it was written for another version of the gate; propose it again";
            return Err(GateError::Conflict(why.to_owned()));
        }
        let now = change.now();
        let old = change.policy_in_force().await?;
        replace(&mut change, old.as_ref()).await?;
        let after = Policy {
            state: PolicyState::InForce,
            enacted_by: Some(caller.person.name.clone()),
            since: Some(now),
            ..before.clone()
        };
        let note =
            Note { objects: vec![after.digest], decision: Some(&decision), ..Note::of("policy.enact") };
        change.set_policy(&before, &after, note).await?;
        change.enqueue(JobKind::Review, &after.subject_of_review()).await?;
        change.commit().await?;
        self.follow_policy().await?;
        self.work.notify_one();
        Ok(after)
    }

    /// A proposal is not wanted any more.
    pub(crate) async fn drop_policy(&self, caller: &Caller, id: &str) -> Result<()> {
        let mut change = self.change(caller.who()).await?;
        let missing = || GateError::Missing(format!("policies `{id}`"));
        self.demand(caller, Access::ChangePolicy, "")?;
        let before = change.policy(id).await?.ok_or_else(missing)?;
        if before.state != PolicyState::Proposed {
            return Err(GateError::Conflict(format!("they are {}, not proposed", before.state)));
        }
        let after = Policy { state: PolicyState::Dropped, until: Some(change.now()), ..before.clone() };
        change.set_policy(&before, &after, Note::of("policy.drop")).await?;
        Ok(change.commit().await?)
    }

    /// A proposal whose text is the one that was looked at.
    async fn waiting_policy(
        &self,
        change: &mut Change,
        caller: &Caller,
        id: &str,
        seen: &str,
    ) -> Result<Policy> {
        self.demand(caller, Access::ChangePolicy, "")?;
        let missing = || GateError::Missing(format!("policies `{id}`"));
        let policy = change.policy(id).await?.ok_or_else(missing)?;
        if policy.state != PolicyState::Proposed {
            return Err(GateError::Conflict(format!("they are {}, not proposed", policy.state)));
        }
        if seen != policy.digest.to_string() {
            let why = "name the digest of the policies that you looked at; these have another one";
            return Err(GateError::Invalid(why.to_owned()));
        }
        Ok(policy)
    }

    /// What the policies in force say of a proposal, if this caller puts it in force now.
    pub(crate) async fn ask_enact(
        &self,
        caller: &Caller,
        policy: &Policy,
        approvals: &[PolicyApproval],
    ) -> Result<Decision> {
        let policies = self.policies();
        let mut consent = Consent { policy: policy.digest, approvals: 0, approver_roles: BTreeSet::new() };
        let digest = policy.digest.to_string();
        for approval in approvals {
            let counts = approval.digest == digest && policy.proposer.as_ref() != Some(&approval.person);
            let account = self.store.account(&approval.person).await?;
            // Whoever came after the proposal may have come for it.
            let known = account.filter(|account| !account.disabled && account.created <= policy.created);
            let Some(account) = known.filter(|_| counts) else { continue };
            let approver = person(&account);
            if self.may(&approver, Access::ChangePolicy, "") {
                consent.approvals += 1;
                consent.approver_roles.extend(approver.roles);
            }
        }
        Ok(enact(&policies, &caller.person, &consent))
    }

    /// A proposal, or policies that were or are in force, for who may change policy.
    pub(crate) async fn proposed(&self, caller: &Caller, id: &str) -> Result<Proposed> {
        self.demand(caller, Access::ChangePolicy, "")?;
        let missing = || GateError::Missing(format!("policies `{id}`"));
        let policy = self.store.policy(id).await?.ok_or_else(missing)?;
        let approvals = self.store.policy_approvals(id).await?;
        let decision = self.ask_enact(caller, &policy, &approvals).await?;
        Ok(Proposed { policy, approvals, decision })
    }

    /// Notes which policies this server's files say, if nobody put others in force at the gate.
    pub(crate) async fn adopt_files(&self, change: &mut Change) -> Result<()> {
        let old = change.policy_in_force().await?;
        match &old {
            Some(old) if old.source == Source::Gate => {
                if old.digest != self.files().digest() {
                    tracing::warn!(
                        number = old.id,
                        "the policies of the configuration have no force: others were put in force at the gate"
                    );
                }
                Ok(())
            }
            Some(old) if old.digest == self.files().digest() => Ok(()),
            _ => self.enforce_files(change, old).await,
        }
    }

    async fn enforce_files(&self, change: &mut Change, old: Option<Policy>) -> Result<()> {
        let now = change.now();
        replace(change, old.as_ref()).await?;
        let files = self.files();
        let (id, _) = change.next_policy().await?;
        let policy = Policy {
            id,
            source: Source::Files,
            extend: files.base() == weighhouse_policy::Base::Default,
            texts: Policy::texts_of(files),
            digest: files.digest(),
            based: old.map(|old| old.digest.to_string()),
            reason: String::new(),
            proposer: None,
            created: now,
            state: PolicyState::InForce,
            enacted_by: None,
            since: Some(now),
            until: None,
        };
        let note = Note { objects: vec![policy.digest], ..Note::of("policy.load") };
        Ok(change.add_policy(&policy, note).await?)
    }

    /// The policies of the configuration come into force, unless others were put in force at the gate.
    pub(crate) async fn adopt_policy(&self) -> Result<()> {
        let mut change = self.change_as_it_is(Who::Service("setup")).await?;
        self.adopt_files(&mut change).await?;
        change.commit().await?;
        self.follow_policy().await
    }

    /// The policies that are in force decide; those of the configuration only if there never were any.
    pub(crate) async fn follow_or_adopt(&self) -> Result<()> {
        match self.store.policy_in_force().await? {
            Some(_) => self.follow_policy().await,
            None => self.adopt_policy().await,
        }
    }

    /// The policies of the configuration come into force, whatever was there; gives their digest.
    pub(crate) async fn reset_policy(&self) -> Result<String> {
        let mut change = self.change_as_it_is(Who::Service("operator")).await?;
        let old = change.policy_in_force().await?;
        self.enforce_files(&mut change, old).await?;
        change.enqueue(JobKind::Review, "reset").await?;
        change.commit().await?;
        Ok(self.files().digest().to_string())
    }
}

/// Others take the place of the policies in force.
async fn replace(change: &mut Change, old: Option<&Policy>) -> Result<()> {
    if let Some(old) = old {
        let after = Policy { state: PolicyState::Replaced, until: Some(change.now()), ..old.clone() };
        change.set_policy(old, &after, Note::of("policy.replace")).await?;
    }
    Ok(())
}

impl Policy {
    fn subject_of_review(&self) -> String {
        format!("policy {}", self.id)
    }
}
