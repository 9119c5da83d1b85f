//! Release bundles: what is released to a stage, to be checked without the gate.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use weighhouse_log::release::ReleaseBundle;

use super::{Answer, Body, name, wire};
use crate::gate::Gate;
use crate::identity::Caller;

/// What a bundle is wanted of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedBundle)]
pub(super) struct Wanted {
    model: wire::ModelName,
    #[serde(default)]
    kind: wire::Repository,
    /// The stage it is released to; that of the token if it is not given, else the usual one.
    stage: Option<wire::Stage>,
    /// For how many hours it is good; 24 if it is not given.
    #[serde(default, deserialize_with = "wire::whole")]
    #[schema(minimum = 1, maximum = 744)]
    hours: Option<i64>,
}

/// Gives out a release bundle, by which `weighhouse verify --bundle` checks a folder without the gate
#[utoipa::path(
    post,
    path = "/bundles",
    tag = "evidence",
    request_body = Wanted,
    responses(
        (status = 201, body = Object, description = "`schema`, `statement`, the `record` in the log and its `proof`"),
        (status = 403, description = "policy does not let the caller download it, or the token is bound to another stage"),
        (status = 404, description = "no such model is here"),
        (status = 409, description = "nothing is released there, or policy does not allow it any more (`denied`, with the decision)"),
    ),
)]
pub(super) async fn issue(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Answer<(StatusCode, Json<ReleaseBundle>)> {
    let name = name(wanted.kind.into(), &wanted.model.0)?;
    let stage = wanted.stage.as_ref().map_or_else(|| gate.own_stage(&caller), |stage| stage.0.as_str());
    let bundle = gate.bundle(&caller, &name, stage, wanted.hours).await?;
    Ok((StatusCode::CREATED, Json(bundle)))
}
