//! What the interface says, version 1. Made from what is stored, and never the same types.

use serde_json::{Value, json};
use weighhouse_core::{Decision, Share};

use crate::events::{Event, EventKind};
use crate::identity::Caller;
use crate::store::attestations::Attestation;
use crate::store::bundles::Bundle;
use crate::store::models::{Asked, Model};
use crate::store::outbox::Delivery;
use crate::store::people::{Account, Token};
use crate::store::releases::{Approval, Release};
use crate::store::revisions::Revision;
use crate::store::timestamp;
use crate::store::waivers::Waiver;
use crate::store::webhooks::Webhook;

fn at(seconds: i64) -> Value {
    timestamp(seconds).map_or(Value::Null, Value::from)
}

pub(super) fn webhook(hook: &Webhook) -> Value {
    json!({
        "id": hook.id,
        "label": hook.label,
        "host": hook.host,
        "events": hook.kinds,
        "created": at(hook.created),
    })
}

pub(super) fn delivery(delivery: &Delivery, kind: EventKind) -> Value {
    json!({
        "id": delivery.id,
        "event": delivery.event,
        "kind": kind.as_str(),
        "channel": delivery.channel.as_str(),
        "target": delivery.target,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "tried": delivery.tried.map(at),
        "fault": delivery.fault,
        "created": at(delivery.created),
    })
}

pub(super) fn event(event: &Event) -> Value {
    json!({ "id": event.id, "type": event.kind.as_str(), "timestamp": at(event.at), "data": event.facts })
}

pub(super) fn model(model: &Model) -> Value {
    json!({ "kind": model.name.kind().as_str(), "name": model.name.as_str(), "created": at(model.created) })
}

pub(super) fn revision(revision: &Revision) -> Value {
    json!({
        "commit": revision.commit,
        "source": revision.source,
        "state": revision.state.to_string(),
        "fault": revision.fault,
        "digest": revision.digest.map(|digest| digest.to_string()),
        "files": revision.files,
        "bytes": revision.bytes,
        "created": at(revision.created),
    })
}

pub(super) fn request(asked: &Asked, commit: Option<&str>) -> Value {
    json!({
        "id": asked.id,
        "revision": asked.wanted,
        "commit": commit,
        "stage": asked.stage,
        "person": asked.person,
        "reason": asked.reason,
        "created": at(asked.created),
        "settled": asked.revision.is_some(),
        "fault": asked.fault,
    })
}

pub(super) fn release(release: &Release, model: &Model, commit: &str) -> Value {
    json!({
        "id": release.id,
        "model": model.name.as_str(),
        "stage": release.stage,
        "commit": commit,
        "state": release.state.as_str(),
        "share": release.state.share().map(Share::percent),
        "requester": release.requester,
        "decision": serde_json::from_str::<Value>(&release.decision).unwrap_or_default(),
        "decided": at(release.decided),
        "served": release.served.map(at),
        "created": at(release.created),
        "changed": at(release.changed),
    })
}

pub(super) fn approval(approval: &Approval) -> Value {
    json!({
        "person": approval.person,
        "comment": approval.comment,
        "evidence": approval.evidence,
        "at": at(approval.at),
        "expires": at(approval.expires),
        "withdrawn": approval.withdrawn.map(at),
    })
}

pub(super) fn waiver(waiver: &Waiver, model: &str, now: i64) -> Value {
    json!({
        "id": waiver.id,
        "model": model,
        "digest": waiver.digest,
        "stage": waiver.stage,
        "rules": waiver.rules,
        "findings": waiver.findings,
        "owner": waiver.owner,
        "reason": waiver.reason,
        "giver": waiver.giver,
        "given": at(waiver.given),
        "begins": at(waiver.begins),
        "expires": at(waiver.expires),
        "withdrawn": waiver.withdrawn.map(at),
        "state": waiver.phase(now).as_str(),
    })
}

/// `counts`: whether it is believed as things stand.
pub(super) fn attestation(kept: &Attestation, counts: bool) -> Value {
    json!({
        "id": kept.id,
        "digest": kept.digest.to_string(),
        "kind": kept.kind,
        "result": kept.result,
        "signer": kept.signer,
        "person": kept.person,
        "at": at(kept.at),
        "withdrawn": kept.withdrawn.map(at),
        "counts": counts,
    })
}

pub(super) fn bundle(bundle: &Bundle) -> Value {
    json!({
        "id": bundle.id,
        "stage": bundle.stage,
        "person": bundle.person,
        "issued": at(bundle.issued),
        "expires": at(bundle.expires),
    })
}

pub(super) fn account(account: &Account) -> Value {
    json!({
        "name": account.name,
        "roles": account.roles,
        "created": at(account.created),
        "disabled": account.disabled,
    })
}

pub(super) fn token(token: &Token, used: Option<i64>) -> Value {
    json!({
        "id": token.id,
        "person": token.person,
        "label": token.label,
        "stage": token.stage,
        "created": at(token.created),
        "expires": at(token.expires),
        "used": used.map(at),
        "revoked": token.revoked.map(at),
    })
}

pub(super) fn caller(caller: &Caller) -> Value {
    json!({
        "name": caller.person.name,
        "roles": caller.person.roles,
        "token": token(&caller.token, None),
    })
}

pub(super) fn decision(decision: &Decision) -> Value {
    let reasons = decision.reasons.iter().map(|reason| {
        json!({ "policy": reason.policy, "outcome": reason.outcome.to_string(), "message": reason.message })
    });
    json!({
        "outcome": decision.outcome.to_string(),
        "profile": decision.profile,
        "policy": decision.policy.to_string(),
        "facts": decision.facts.to_string(),
        "reasons": reasons.collect::<Vec<_>>(),
    })
}
