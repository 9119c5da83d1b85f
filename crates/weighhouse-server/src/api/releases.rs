//! Releases: what waits, why, and what people do about it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_core::{ReleaseState, Share};
use weighhouse_policy::Access;

use super::{Answer, Body, PAGE, Queried, named, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::models::Model;
use crate::store::releases::Release;
use crate::store::revisions::Revision;
use crate::store::timestamp;

#[derive(Deserialize)]
pub(super) struct InState {
    state: Option<String>,
}

/// Releases in a state; without one, those that wait for somebody.
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    query: Queried<InState>,
) -> Answer<Response> {
    let state = query.0.state.as_deref().unwrap_or("reviewable");
    let share = (state == "canary").then_some(1);
    if ReleaseState::parse(state, share).is_none() {
        return Err(GateError::Invalid(format!("`{state}` is no state of a release")).into());
    }
    let mut items: Vec<Value> = Vec::new();
    for release in gate.store.releases_by_state(state, PAGE).await? {
        if let Some((model, revision)) = around(&gate, &caller, &release).await? {
            items.push(wire::release(&release, &model, &revision.commit));
        }
    }
    Ok(Json(json!({ "items": items })).into_response())
}

/// The model and the revision of a release, if the caller may see them.
async fn around(gate: &Gate, caller: &Caller, release: &Release) -> Answer<Option<(Model, Revision)>> {
    let model = gate.store.model_by_id(&release.model).await?;
    let model = model.filter(|model| gate.may(&caller.person, Access::View, model.name.as_str()));
    let revision = gate.store.revision(&release.revision).await?;
    Ok(model.zip(revision))
}

async fn found(gate: &Gate, caller: &Caller, id: &str) -> Answer<(Release, Model, Revision)> {
    let missing = || GateError::Missing(format!("release `{id}`"));
    let release = gate.store.release(id).await?.ok_or_else(missing)?;
    let (model, revision) = around(gate, caller, &release).await?.ok_or_else(missing)?;
    Ok((release, model, revision))
}

/// A release with its approvals and the evidence that an approval binds.
pub(super) async fn one(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let (release, model, revision) = found(&gate, &caller, &id).await?;
    let approvals = gate.store.approvals(&id).await?;
    let mut body = wire::release(&release, &model, &revision.commit);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("approvals".to_owned(), approvals.iter().map(wire::approval).collect());
        fields.insert(
            "evidence".to_owned(),
            gate.evidence_of(&revision, &release.stage).await?.map(|digest| digest.to_string()).into(),
        );
    }
    Ok(Json(body).into_response())
}

/// The report of the inspection that counts.
pub(super) async fn report(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let (_, _, revision) = found(&gate, &caller, &id).await?;
    let inspected = match &revision.inspection {
        Some(inspection) => gate.store.inspection(inspection).await?,
        None => None,
    };
    let inspected = inspected.ok_or_else(|| GateError::Missing("a report".to_owned()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], inspected.report).into_response())
}

/// The record of the release's last move, as it was logged.
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let (release, ..) = found(&gate, &caller, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], gate.record(release.moved).await?).into_response())
}

/// The proof that the record of the release's last move is in the log.
pub(super) async fn proof(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let (release, ..) = found(&gate, &caller, &id).await?;
    Ok(super::log::as_proof(gate.proof_of(release.moved).await?.to_string()))
}

async fn after(gate: &Gate, caller: &Caller, release: &Release) -> Answer<Response> {
    let (_, model, revision) = found(gate, caller, &release.id).await?;
    Ok(Json(wire::release(release, &model, &revision.commit)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    #[serde(default)]
    comment: String,
    /// The evidence that was looked at; if it is another by now, nothing is approved.
    evidence: Option<String>,
}

pub(super) async fn approve(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Approve>,
) -> Answer<Response> {
    let release = gate.approve(&caller, &id, &body.comment, body.evidence.as_deref()).await?;
    after(&gate, &caller, &release).await
}

pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let release = gate.withdraw(&caller, &id).await?;
    after(&gate, &caller, &release).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Promote {
    /// In percent of the users; all of them if it is not given.
    share: Option<u8>,
}

pub(super) async fn promote(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Promote>,
) -> Answer<Response> {
    let share = match body.share {
        None => Share::ALL,
        Some(percent) => {
            Share::new(percent).ok_or_else(|| GateError::Invalid("a share is 1 to 100 percent".to_owned()))?
        }
    };
    let release = gate.promote(&caller, &id, share).await?;
    after(&gate, &caller, &release).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Halt {
    reason: String,
}

pub(super) async fn halt(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Halt>,
) -> Answer<Response> {
    let release = gate.halt(&caller, &id, &body.reason).await?;
    after(&gate, &caller, &release).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBack {
    model: String,
    #[serde(default)]
    kind: Option<String>,
    stage: String,
    reason: String,
}

pub(super) async fn roll_back(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<RollBack>,
) -> Answer<Response> {
    let name = named(body.kind.as_deref(), &body.model)?;
    let done = gate.roll_back(&caller, &name, &body.stage, &body.reason).await?;
    let mut answer = serde_json::Map::new();
    for (key, release) in [("from", Some(&done.from)), ("to", done.to.as_ref())] {
        let value = match release {
            Some(release) => {
                let (_, model, revision) = found(&gate, &caller, &release.id).await?;
                wire::release(release, &model, &revision.commit)
            }
            None => Value::Null,
        };
        answer.insert(key.to_owned(), value);
    }
    Ok(Json(Value::Object(answer)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    model: String,
    #[serde(default)]
    kind: Option<String>,
    commit: String,
    reason: String,
}

pub(super) async fn revoke(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Revoke>,
) -> Answer<Response> {
    let name = named(body.kind.as_deref(), &body.model)?;
    let done = gate.revoke(&caller, &name, &body.commit, &body.reason).await?;
    let pulled: Vec<Value> = done
        .pulled
        .iter()
        .map(|(person, first, latest)| {
            json!({
                "person": person,
                "first": timestamp(*first).unwrap_or_default(),
                "latest": timestamp(*latest).unwrap_or_default(),
            })
        })
        .collect();
    let bundles: Vec<Value> = done.bundles.iter().map(wire::bundle).collect();
    let body = json!({ "revision": wire::revision(&done.revision), "pulled": pulled, "bundles": bundles });
    Ok(Json(body).into_response())
}
