//! Policies: those in force, proposals, and what they would do.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use weighhouse_policy::{Access, Base, PolicySet};

use super::{Answer, Body, Named, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::policies::{Policy, PolicyApproval, PolicyState, Text};
use crate::workflow::{Changed, Checked, Cursor, Draft, DryRun, Problem, Proposed, Tally};

/// Releases that one answer decides about at most, and how long it takes.
const LOOKED: u64 = 2_000;
const TIME: Duration = Duration::from_secs(5);
/// Proposals and former policies of an answer.
const PROPOSALS: u32 = 100;

/// Policies that somebody wrote.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyDraft)]
pub(super) struct Written {
    /// Whether the default policies stay in force beside the texts.
    #[serde(default = "yes")]
    extend: bool,
    texts: Vec<WrittenText>,
    /// What they must decide, as `weighhouse policy test` reads it.
    #[serde(default)]
    tests: String,
    /// Why, for a proposal.
    #[serde(default)]
    reason: String,
}

/// A file of policies.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyText)]
pub(super) struct WrittenText {
    name: String,
    text: String,
}

fn yes() -> bool {
    true
}

impl Written {
    fn draft(self) -> Draft {
        let text = |text: WrittenText| Text { name: text.name, text: text.text };
        Draft { extend: self.extend, texts: self.texts.into_iter().map(text).collect(), tests: self.tests }
    }
}

/// The policies in force.
#[utoipa::path(
    get,
    path = "/policy",
    tag = "policy",
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy")),
)]
pub(super) async fn show(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    gate.demand(&caller, Access::ChangePolicy, "")?;
    let row = gate.store.policy_in_force().await?;
    let (set, files) = (gate.policies(), gate.files());
    let mut body = json!({
        "digest": set.digest().to_string(),
        "extend": set.base() == Base::Default,
        "texts": Policy::texts_of(&set),
        "policies": policies(&set),
        "files": files.digest().to_string(),
    });
    if let (Some(fields), Some(row)) = (body.as_object_mut(), row) {
        fields.insert("number".to_owned(), row.id.clone().into());
        fields.insert("source".to_owned(), row.source.to_string().into());
        fields.insert("since".to_owned(), at(row.since));
        fields.insert("proposer".to_owned(), row.proposer.into());
        fields.insert("enacted_by".to_owned(), row.enacted_by.into());
        fields.insert("reason".to_owned(), row.reason.into());
    }
    Ok(Json(body).into_response())
}

fn at(seconds: Option<i64>) -> Value {
    json!(seconds.map(wire::at))
}

fn policies(set: &PolicySet) -> Vec<Value> {
    let one = |info: &weighhouse_policy::PolicyInfo| {
        let asks = if info.forbids { info.outcome.to_string() } else { "permit".to_owned() };
        json!({ "id": info.id, "asks": asks, "message": info.message, "source": info.source.name })
    };
    set.policies().iter().map(one).collect()
}

fn problem(problem: &Problem) -> Value {
    json!({
        "code": problem.code,
        "headline": problem.headline,
        "help": problem.help,
        "source": problem.source,
        "line": problem.at.map(|(line, _)| line),
        "column": problem.at.map(|(_, column)| column),
        "text": problem.line,
        "note": problem.note,
    })
}

fn checked(checked: &Checked) -> Value {
    let all = |problems: &[Problem]| problems.iter().map(problem).collect::<Vec<_>>();
    let tests = checked.tests.iter().map(|test| {
        json!({ "name": test.name, "outcome": test.outcome, "failure": test.failure.as_ref().map(problem) })
    });
    let rights = checked
        .rights
        .changes
        .iter()
        .map(|of| json!({ "person": of.person, "gains": of.gains, "loses": of.loses }));
    json!({
        "sound": checked.sound(),
        "digest": checked.set.as_ref().map(|set| set.digest().to_string()),
        "problems": all(&checked.problems),
        "warnings": all(&checked.warnings),
        "tests": tests.collect::<Vec<_>>(),
        "lock_out": checked.lock_out,
        "cautions": checked.cautions,
        "rights": rights.collect::<Vec<_>>(),
        "people_not_compared": checked.rights.unseen,
    })
}

/// Whether a draft could be put in force, and what is wrong with it.
#[utoipa::path(
    post,
    path = "/policy/check",
    tag = "policy",
    request_body = Written,
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy")),
)]
pub(super) async fn check(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(written): Body<Written>,
) -> Answer<Response> {
    let found = gate.check_policy_for(&caller, &written.draft()).await?;
    Ok(Json(checked(&found)).into_response())
}

/// What is to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DryRun)]
pub(super) struct Asked {
    /// A proposal; or a draft.
    proposal: Option<String>,
    draft: Option<Written>,
    /// Where the answer before ended.
    from: Option<String>,
}

/// What a draft or a proposal would change, slice by slice.
#[utoipa::path(
    post,
    path = "/policy/dry-run",
    tag = "policy",
    request_body = Asked,
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy"), (status = 404, description = "there is none with this number"), (status = 503, description = "other dry runs are under way")),
)]
pub(super) async fn dry_run(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(asked): Body<Asked>,
) -> Answer<Response> {
    gate.demand(&caller, Access::ChangePolicy, "")?;
    let wrong = || GateError::Invalid("`from` is what an answer before gave as `next`".to_owned());
    let from = asked.from.as_deref().map(|text| Cursor::read(text).ok_or_else(wrong)).transpose()?;
    let draft = match (asked.proposal, asked.draft) {
        (Some(id), None) => Draft::of(&gate.proposed(&caller, &id).await?.policy),
        (None, Some(written)) => written.draft(),
        _ => {
            return Err(GateError::Invalid("send a `draft`, or the number of a `proposal`".to_owned()).into());
        }
    };
    let found = gate.check_policy_for(&caller, &draft).await?;
    let Some(set) = &found.set else {
        return Err(GateError::Invalid(found.first_problem().unwrap_or_default()).into());
    };
    let run = gate.dry_run(&caller, set, from.unwrap_or_default(), LOOKED, TIME).await?;
    Ok(Json(wire_run(&run)).into_response())
}

fn wire_run(run: &DryRun) -> Value {
    let tally = |tally: &Tally| {
        json!({
            "same": tally.same, "blocked": tally.blocked, "suspended": tally.suspended,
            "passing": tally.passing, "eased": tally.eased,
        })
    };
    let stages: serde_json::Map<String, Value> =
        run.stages.iter().map(|(stage, of)| (stage.clone(), tally(of))).collect();
    let change = |changed: &Changed| {
        let reasons = changed.reasons.iter();
        json!({
            "release": changed.release,
            "kind": changed.name.kind().as_str(),
            "model": changed.name.as_str(),
            "commit": changed.commit,
            "stage": changed.stage,
            "state": changed.state.to_string(),
            "then": changed.then.to_string(),
            "before": changed.before.to_string(),
            "after": changed.after.to_string(),
            "reasons": reasons.map(|(policy, message)| json!({ "policy": policy, "message": message })).collect::<Vec<_>>(),
        })
    };
    json!({
        "looked": run.looked,
        "undecided": run.undecided,
        "hidden": run.hidden,
        "stages": stages,
        "changes": run.changes.iter().map(change).collect::<Vec<_>>(),
        "next": run.next.as_ref().map(Cursor::write),
    })
}

fn policy(policy: &Policy) -> Value {
    json!({
        "number": policy.id,
        "state": policy.state.to_string(),
        "source": policy.source.to_string(),
        "extend": policy.extend,
        "texts": policy.texts,
        "digest": policy.digest.to_string(),
        "based": policy.based,
        "reason": policy.reason,
        "proposer": policy.proposer,
        "created": at(Some(policy.created)),
        "enacted_by": policy.enacted_by,
        "since": at(policy.since),
        "until": at(policy.until),
    })
}

fn approval(approval: &PolicyApproval) -> Value {
    json!({ "person": approval.person, "comment": approval.comment, "at": at(Some(approval.at)) })
}

fn whole(proposed: &Proposed) -> Value {
    let mut body = policy(&proposed.policy);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("approvals".to_owned(), proposed.approvals.iter().map(approval).collect());
        // What stands in the way of this caller.
        let decision = (proposed.policy.state == PolicyState::Proposed)
            .then(|| json!(wire::Decision::of(&proposed.decision)));
        fields.insert("decision".to_owned(), decision.into());
    }
    body
}

/// Proposals that wait.
#[utoipa::path(
    get,
    path = "/policy/proposals",
    tag = "policy",
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy")),
)]
pub(super) async fn proposals(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    gate.demand(&caller, Access::ChangePolicy, "")?;
    let all = gate.store.policies_in(PolicyState::Proposed, PROPOSALS).await?;
    Ok(Json(json!({ "items": all.iter().map(policy).collect::<Vec<_>>() })).into_response())
}

/// Proposes policies; they are not in force by that
#[utoipa::path(
    post,
    path = "/policy/proposals",
    tag = "policy",
    request_body = Written,
    responses(
        (status = 201, body = Object),
        (status = 403, description = "the caller may not change policy"),
        (status = 409, description = "they are in force already, a test of them fails, they would lock everybody out, or too many proposals wait"),
    ),
)]
pub(super) async fn propose(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(written): Body<Written>,
) -> Answer<Response> {
    let reason = written.reason.clone();
    let made = gate.propose_policy(&caller, &written.draft(), &reason).await?;
    let proposed = gate.proposed(&caller, &made.id).await?;
    Ok((StatusCode::CREATED, Json(whole(&proposed))).into_response())
}

/// A proposal, or policies that were or are in force, by number.
#[utoipa::path(
    get,
    path = "/policy/proposals/{id}",
    tag = "policy",
    params(("id" = String, Path, description = "`number` of the policies")),
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy"), (status = 404, description = "there is none with this number")),
)]
pub(super) async fn proposal(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    Ok(Json(whole(&gate.proposed(&caller, &id).await?)).into_response())
}

/// Drops a proposal
#[utoipa::path(
    delete,
    path = "/policy/proposals/{id}",
    tag = "policy",
    params(("id" = String, Path, description = "`number` of the policies")),
    responses((status = 204, description = "it waits no more"), (status = 403, description = "the caller may not change policy"), (status = 404, description = "there is none with this number"), (status = 409, description = "it is not in a state for this, or it says something else than what was looked at")),
)]
pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<StatusCode> {
    gate.drop_policy(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which policies were looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicySeen)]
pub(super) struct Seen {
    /// Digest of the policies that were looked at.
    digest: String,
    #[serde(default)]
    comment: String,
}

/// Approves what somebody else proposed
#[utoipa::path(
    post,
    path = "/policy/proposals/{id}/approve",
    tag = "policy",
    params(("id" = String, Path, description = "`number` of the policies")),
    request_body = Seen,
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy"), (status = 404, description = "there is none with this number"), (status = 409, description = "it is not in a state for this, or it says something else than what was looked at")),
)]
pub(super) async fn approve(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    Body(seen): Body<Seen>,
) -> Answer<Response> {
    gate.approve_policy(&caller, &id, &seen.digest, &seen.comment).await?;
    Ok(Json(whole(&gate.proposed(&caller, &id).await?)).into_response())
}

/// Puts a proposal in force, if the policies in force allow it
#[utoipa::path(
    post,
    path = "/policy/proposals/{id}/enact",
    tag = "policy",
    params(("id" = String, Path, description = "`number` of the policies")),
    request_body = Seen,
    responses((status = 200, body = Object), (status = 403, description = "the caller may not change policy"), (status = 404, description = "there is none with this number"), (status = 409, description = "it is not in a state for this, or it says something else than what was looked at")),
)]
pub(super) async fn enact(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
    Body(seen): Body<Seen>,
) -> Answer<Response> {
    let enacted = gate.enact_policy(&caller, &id, &seen.digest).await?;
    Ok(Json(policy(&enacted)).into_response())
}
