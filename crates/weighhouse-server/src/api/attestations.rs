//! Statements of others about models: brought, listed, given back as they came.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Plain;
use super::{Answer, Named, Queried, name, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct About {
    /// The model or data set that it is about.
    pub(super) model: wire::ModelName,
    /// Which of both; a model if it is not given.
    #[serde(default)]
    pub(super) kind: wire::Repository,
    /// The commit of the revision.
    pub(super) commit: wire::Commit,
}

/// Takes a signed statement about a revision, byte for byte: in-toto, in a DSSE envelope or a Sigstore bundle
#[utoipa::path(
    post,
    path = "/attestations",
    tag = "evidence",
    params(About),
    request_body(content = Object, content_type = "application/json", description = "the envelope"),
    responses(
        (status = 201, body = wire::Attestation),
        (status = 403, description = "policy does not let the caller bring statements, or nobody whom the gate trusts signed it"),
        (status = 404, description = "no such revision is here"),
        (status = 409, description = "it was withdrawn, too many are kept, or the bytes of the revision are not here yet"),
    ),
)]
pub(super) async fn bring(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(about): Queried<About>,
    Plain(envelope): Plain,
) -> Answer<(StatusCode, Json<wire::Attestation>)> {
    let name = name(about.kind.into(), &about.model.0)?;
    let kept = gate.attest(&caller, &name, &about.commit.0, envelope).await?;
    Ok((StatusCode::CREATED, Json(wire::Attestation::of(&kept, true))))
}

/// What others state about a revision.
#[derive(Serialize, ToSchema)]
pub(super) struct Attestations {
    /// The oldest first, those that were withdrawn too.
    items: Vec<wire::Attestation>,
}

/// What others state about a revision
#[utoipa::path(
    get,
    path = "/attestations",
    tag = "evidence",
    params(About),
    responses((status = 200, body = Attestations), (status = 404, description = "no such revision is here")),
)]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(about): Queried<About>,
) -> Answer<Json<Attestations>> {
    let name = name(about.kind.into(), &about.model.0)?;
    let commit = &about.commit.0;
    let model = gate.seen(&caller, &name).await?;
    let revision = gate.store.revision_at(&model.id, commit).await?;
    let revision = revision.ok_or_else(|| GateError::Missing(format!("`{name}@{commit}`")))?;
    let kept = gate.store.attestations(&revision.id).await?;
    let items = kept.iter().map(|one| wire::Attestation::of(one, gate.trusts(one))).collect();
    Ok(Json(Attestations { items }))
}

/// A statement in its envelope, as it came
#[utoipa::path(
    get,
    path = "/attestations/{id}",
    tag = "evidence",
    params(("id" = String, Path, description = "`id` of the statement")),
    responses((status = 200, body = Object)),
)]
pub(super) async fn envelope(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Response> {
    let kept = gate.attestation_for(&caller, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], kept.envelope).into_response())
}

/// Takes a statement back: it counts no more, and is not taken again
#[utoipa::path(
    post,
    path = "/attestations/{id}/withdraw",
    tag = "evidence",
    params(("id" = String, Path, description = "`id` of the statement")),
    responses(
        (status = 200, body = wire::Attestation),
        (status = 403, description = "policy does not let the caller bring statements, and so not take them back"),
    ),
)]
pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<wire::Attestation>> {
    let kept = gate.withdraw_attestation(&caller, &id).await?;
    Ok(Json(wire::Attestation::of(&kept, false)))
}
