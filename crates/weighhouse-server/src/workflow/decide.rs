//! Decisions about releases: the facts of the last inspection, what people added, and the policies in force.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::AnyConnection;
use weighhouse_core::release::ReleaseEvent;
use weighhouse_core::{Decision, Digest, Outcome, Reason, ReleaseState, Share};
use weighhouse_policy::{Access, Attested, Facts, FindingFacts, Person, ReleaseDecision, Standing, release};

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::identity::{DAY, person};
use crate::name::Name;
use crate::operate::traces;
use crate::settings::Stage;
use crate::store::attestations::{self, Attestation};
use crate::store::models;
use crate::store::releases::{Approval, Lapse, Release};
use crate::store::revisions::{Inspected, Revision};
use crate::store::waivers::{self, Phase, Waiver};
use crate::store::{Change, Note, StoreError, fresh_id, timestamp};

/// Findings that a reason names in messages.
const FOUND: usize = 3;

/// A decision with what it rests on.
pub(super) struct Decided {
    pub(super) decision: ReleaseDecision,
    /// What reasons name by its fingerprint.
    findings: Vec<FindingFacts>,
    /// What accepts findings in it.
    waivers: Vec<Waiver>,
    /// Digests for the log: of the bytes, and of the evidence.
    pub(super) bytes: Digest,
    pub(super) evidence: Digest,
}

/// What a decision about a revision in a stage rests on, beside approvals.
pub(crate) struct Ground {
    /// The model.
    pub(super) name: Name,
    /// What was found and no waiver accepts.
    pub(crate) facts: Facts,
    /// The waivers that accept something.
    pub(crate) waivers: Vec<Waiver>,
    pub(crate) attestations: BTreeSet<Attested>,
    pub(super) requesters: BTreeSet<String>,
    pub(super) bytes: Digest,
    /// What approvals are bound to.
    pub(crate) evidence: Digest,
}

impl Ground {
    /// Why an approval does not count; nothing if it does. The one rule: policy counts by it, and pages tell it.
    pub(crate) fn lapse(&self, approval: &Approval, now: i64) -> Option<Lapse> {
        let of = |digest: Digest, said: &str| digest.to_string() == said;
        if approval.withdrawn.is_some() {
            Some(Lapse::Withdrawn)
        } else if approval.expires <= now {
            Some(Lapse::Over)
        } else if !of(self.bytes, &approval.digest) || !of(self.evidence, &approval.evidence) {
            Some(Lapse::Changed)
        } else if self.is_of(&approval.person) {
            Some(Lapse::Requester)
        } else if approval.at > now + DAY {
            Some(Lapse::Ahead)
        } else {
            None
        }
    }

    /// Whether somebody asked for it in this stage, or brought something of it in: people judge nothing of their own.
    pub(crate) fn is_of(&self, person: &str) -> bool {
        self.requesters.contains(person)
    }

    /// Whose approvals count, if they may approve: each person once, however often they approved.
    pub(super) fn approvers<'a>(&self, approvals: &'a [Approval], now: i64) -> BTreeSet<&'a str> {
        let counting = approvals.iter().filter(|approval| self.lapse(approval, now).is_none());
        counting.map(|approval| approval.person.as_str()).collect()
    }
}

impl Decided {
    pub(super) fn outcome(&self) -> Outcome {
        self.decision.release.outcome
    }

    /// What a reason rests on, in a few words for messages.
    fn found(&self, reason: &Reason) -> Vec<String> {
        let of = self.findings.iter().filter(|finding| reason.findings.contains(&finding.fingerprint));
        let words = of.map(|finding| format!("`{}` in `{}`", finding.slug, finding.file));
        words.collect::<BTreeSet<_>>().into_iter().take(FOUND).collect()
    }

    pub(super) fn note(&self, action: &'static str) -> Note<'_> {
        Note {
            objects: vec![self.bytes],
            decision: Some(&self.decision.release),
            evidence: vec![self.evidence],
            ..Note::of(action)
        }
    }

    /// As it is stored and shown: what policy says, why, and under which digests it can be made again.
    pub(super) fn document(&self) -> String {
        let part = |decision: &Decision| {
            let reasons: Vec<_> = decision
                .reasons
                .iter()
                .map(|reason| {
                    json!({
                        "policy": reason.policy,
                        "outcome": reason.outcome.to_string(),
                        "message": reason.message,
                        "findings": reason.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                        "found": self.found(reason),
                    })
                })
                .collect();
            json!({
                "outcome": decision.outcome.to_string(),
                "profile": decision.profile,
                "policy": decision.policy.to_string(),
                "facts": decision.facts.to_string(),
                "reasons": reasons,
            })
        };
        let mut document =
            json!({ "release": part(&self.decision.release), "artifact": part(&self.decision.artifact) });
        let waiver = |waiver: &Waiver| json!({ "id": waiver.id, "expires": timestamp(waiver.expires).unwrap_or_default() });
        if let (false, Some(fields)) = (self.waivers.is_empty(), document.as_object_mut()) {
            fields.insert("waivers".to_owned(), self.waivers.iter().map(waiver).collect());
        }
        document.to_string()
    }
}

impl Gate {
    /// What an approval of this revision in a stage would rest on; nothing while it was not inspected.
    pub(crate) async fn ground_of(&self, revision: &Revision, stage: &str) -> Result<Option<Ground>> {
        let Some(id) = &revision.inspection else { return Ok(None) };
        let Some(inspected) = self.store.inspection(id).await? else { return Ok(None) };
        let mut connection = self.store.pool().acquire().await?;
        Ok(Some(self.ground(&mut connection, revision, &inspected, stage).await?))
    }

    /// What a decision about a revision in a stage rests on as things stand now, beside approvals.
    pub(crate) async fn ground(
        &self,
        connection: &mut AnyConnection,
        revision: &Revision,
        inspected: &Inspected,
        stage: &str,
    ) -> Result<Ground> {
        let corrupt = |what: String| GateError::Store(StoreError::Corrupt(what));
        let mut facts = Facts::from_json(&inspected.facts).map_err(|error| corrupt(error.to_string()))?;
        let bytes =
            revision.digest.ok_or_else(|| corrupt("an inspected revision without digest".to_owned()))?;
        let model = models::of_id(connection, &revision.model).await?;
        let name = model.ok_or_else(|| corrupt("a revision without its model".to_owned()))?.name;
        let requesters = models::requesters(connection, &revision.id, stage).await?;
        let now = self.now();
        let mut waivers = Vec::new();
        for waiver in waivers::standing(connection, &revision.model, now).await? {
            let counts = waiver.phase(now) == Phase::Holds
                && waiver.is_for(bytes, stage)
                && !requesters.contains(&waiver.giver)
                && self.stands(&waiver.giver, Access::Waive).await?.is_some();
            if counts && facts.accept(|finding| waiver.accepts(finding)) > 0 {
                waivers.push(waiver);
            }
        }
        let mut kept = attestations::about(connection, &revision.id).await?;
        kept.retain(|one| self.trusts(one));
        let mut believed = Vec::with_capacity(kept.len());
        for one in kept {
            let whole = attestations::whole(connection, &one.id).await?;
            believed.extend(whole.is_some_and(|whole| self.believes(&whole, bytes)).then_some(one));
        }
        let kept = believed;
        let evidence = evidence_over(inspected, &facts, &waivers, &kept);
        let attestations =
            kept.into_iter().map(|one| Attested { by: one.signer, kind: one.kind, result: one.result });
        Ok(Ground { name, facts, waivers, attestations: attestations.collect(), requesters, bytes, evidence })
    }

    /// Somebody who still may do this.
    async fn stands(&self, name: &str, access: Access) -> Result<Option<Person>> {
        let account = self.store.account(name).await?.filter(|account| !account.disabled);
        Ok(account.map(|account| person(&account)).filter(|person| self.may(person, access, "")))
    }

    /// The stage of this name.
    pub(super) fn stage(&self, name: &str) -> Result<&Stage> {
        self.settings.stage(name).ok_or_else(|| {
            let known: Vec<_> = self.settings.stages.iter().map(|stage| stage.name.as_str()).collect();
            GateError::Invalid(format!("there is no stage `{name}`; there are {}", known.join(", ")))
        })
    }

    /// Decides about a release as things stand now.
    pub(super) async fn decide(
        &self,
        change: &mut Change,
        revision: &Revision,
        inspected: &Inspected,
        stage: &Stage,
        release_id: Option<&str>,
    ) -> Result<Decided> {
        let ground = self.ground(change.connection(), revision, inspected, &stage.name).await?;
        if ground.facts.artifact.digest != Some(ground.bytes) {
            let what = format!("an inspection of other bytes than those of revision `{}`", revision.id);
            return Err(GateError::Store(StoreError::Corrupt(what)));
        }
        let approvals = match release_id {
            Some(id) => change.approvals(id).await?,
            None => Vec::new(),
        };
        let consenting = ground.approvers(&approvals, change.now());
        let Ground { name, facts, waivers, attestations, bytes, evidence, .. } = ground;
        let facts = Facts { profile: stage.profile.clone(), ..facts };
        let mut standing = Standing {
            stage: stage.name.clone(),
            kind: name.kind().as_str().to_owned(),
            model: name.as_str().to_owned(),
            verdict: Outcome::Deny,
            approvals: 0,
            approver_roles: BTreeSet::new(),
            inspected_days: change.now().saturating_sub(inspected.at).div_euclid(DAY),
            waivers: waivers.len() as u64,
            attestations,
        };
        for approver in consenting {
            // Who may not approve any more does not count any more.
            if let Some(approver) = self.stands(approver, Access::Approve).await? {
                standing.approvals += 1;
                standing.approver_roles.extend(approver.roles);
            }
        }
        let trace = self.tracer.decision(&stage.name);
        let decision = release(&self.policies(), &facts, &standing);
        traces::decided(&trace, decision.release.outcome);
        self.metrics.decided(&stage.name, decision.release.outcome);
        Ok(Decided { decision, findings: facts.findings, waivers, bytes, evidence })
    }

    /// Decides about every stage for which a revision was asked, makes releases or moves them, and promotes where the stage says so.
    pub(super) async fn settle(
        &self,
        change: &mut Change,
        revision: &Revision,
        inspected: &Inspected,
    ) -> Result<()> {
        let existing = change.releases_of_revision(&revision.id).await?;
        let mut stages: Vec<(String, String)> = Vec::new();
        for asked in change.requests_for(&revision.id).await? {
            if stages.iter().all(|(known, _)| *known != asked.stage) {
                stages.push((asked.stage, asked.person));
            }
        }
        for (name, requester) in stages {
            // A stage that is not configured any more serves nobody; its releases are moved below, if there are any.
            let Ok(stage) = self.stage(&name) else { continue };
            let before = existing.iter().find(|release| release.stage == name);
            let decided = self
                .decide(change, revision, inspected, stage, before.map(|before| before.id.as_str()))
                .await?;
            let release = if let Some(before) = before {
                self.redecided(change, before, &decided).await?
            } else {
                let new = Release {
                    id: fresh_id()?,
                    model: revision.model.clone(),
                    stage: name,
                    revision: revision.id.clone(),
                    state: ReleaseState::begin(decided.outcome()),
                    requester,
                    decision: decided.document(),
                    decided: change.now(),
                    served: None,
                    created: change.now(),
                    changed: change.now(),
                    moved: change.next_record(),
                };
                let note = Note { quiet: self.goes_on(&new), ..decided.note("release.decide") };
                change.add_release(&new, note).await?;
                new
            };
            if stage.automatic
                && release.state == ReleaseState::Approved
                && self.begins_by_itself(change, &release, before.is_none()).await?
            {
                self.put_in_force(change, &release, Share::ALL, &decided).await?;
            }
        }
        Ok(())
    }

    /// Whether the stage of a release serves it in the same change.
    fn goes_on(&self, release: &Release) -> bool {
        let automatic = self.settings.stage(&release.stage).is_some_and(|stage| stage.automatic);
        automatic && release.state == ReleaseState::Approved
    }

    /// Moves a release as the decision demands; nothing is written if nothing changed.
    pub(super) async fn redecided(
        &self,
        change: &mut Change,
        before: &Release,
        decided: &Decided,
    ) -> Result<Release> {
        // Revoked: no decision moves it.
        let Ok(state) = before.state.after(ReleaseEvent::Decide(decided.outcome())) else {
            return Ok(before.clone());
        };
        let document = decided.document();
        if state == before.state && same(&document, &before.decision) {
            return Ok(before.clone());
        }
        let now = change.now();
        let stays = state == before.state;
        let changed = if stays { before.changed } else { now };
        let moved = if stays { before.moved } else { change.next_record() };
        let after = Release { state, decision: document, decided: now, changed, moved, ..before.clone() };
        let note = Note { quiet: self.goes_on(&after), ..decided.note("release.decide") };
        change.set_release(before, &after, note).await?;
        Ok(after)
    }
}

/// Whether two documents say the same. The facts about a release change with every day that passes; that alone is no news.
fn same(new: &str, old: &str) -> bool {
    let without_facts = |text: &str| {
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        if let Some(facts) = document.pointer_mut("/release/facts") {
            *facts = serde_json::Value::Null;
        }
        document
    };
    without_facts(new) == without_facts(old)
}

/// The evidence of an inspection alone: what was found, not when.
pub(crate) fn evidence(inspected: &Inspected) -> Digest {
    Digest::of(inspected.facts.as_bytes())
}

/// The evidence that approvals are bound to: what was found and still counts, and what others state.
fn evidence_over(inspected: &Inspected, facts: &Facts, waivers: &[Waiver], kept: &[Attestation]) -> Digest {
    let found = if waivers.is_empty() { evidence(inspected) } else { facts.digest() };
    if kept.is_empty() {
        return found;
    }
    let statements: BTreeSet<String> = kept.iter().map(|one| one.digest.to_string()).collect();
    let document = json!({
        "schema": "urn:weighhouse:evidence:v1", "facts": found.to_string(), "attestations": statements,
    });
    Digest::of(document.to_string().as_bytes())
}
