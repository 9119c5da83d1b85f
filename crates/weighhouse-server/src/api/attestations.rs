//! Statements of others about models: brought, listed, given back as they came.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_policy::Access;

use super::{Answer, Queried, named, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;

#[derive(Deserialize)]
pub(super) struct About {
    model: String,
    kind: Option<String>,
    commit: String,
}

/// Takes an envelope as it is, byte for byte.
pub(super) async fn bring(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    about: Queried<About>,
    body: String,
) -> Answer<Response> {
    let name = named(about.0.kind.as_deref(), &about.0.model)?;
    let kept = gate.attest(&caller, &name, &about.0.commit, body).await?;
    Ok((StatusCode::CREATED, Json(wire::attestation(&kept, true))).into_response())
}

/// What others state about a revision.
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    about: Queried<About>,
) -> Answer<Response> {
    let name = named(about.0.kind.as_deref(), &about.0.model)?;
    let missing = || GateError::Missing(format!("`{name}@{}`", about.0.commit));
    let model = gate.store.model(&name).await?;
    let model = model.filter(|model| gate.may(&caller.person, Access::View, model.name.as_str()));
    let model = model.ok_or_else(missing)?;
    let revision = gate.store.revision_at(&model.id, &about.0.commit).await?.ok_or_else(missing)?;
    let kept = gate.store.attestations(&revision.id).await?;
    let items: Vec<Value> = kept.iter().map(|one| wire::attestation(one, gate.trusts(one))).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

/// The envelope as it came.
pub(super) async fn envelope(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let kept = gate.attestation_for(&caller, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], kept.envelope).into_response())
}

pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    Ok(Json(wire::attestation(&gate.withdraw_attestation(&caller, &id).await?, false)).into_response())
}
