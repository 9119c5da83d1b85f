//! Release bundles: what is released to a stage, to be checked without the gate.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::{Answer, Body, named};
use crate::gate::Gate;
use crate::identity::Caller;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    model: String,
    kind: Option<String>,
    stage: Option<String>,
    /// For how long it is good.
    hours: Option<i64>,
}

pub(super) async fn issue(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Answer<Response> {
    let name = named(wanted.kind.as_deref(), &wanted.model)?;
    let stage = wanted.stage.or_else(|| caller.token.stage.clone());
    let stage = stage.unwrap_or_else(|| gate.settings.stage.clone());
    let bundle = gate.bundle(&caller, &name, &stage, wanted.hours).await?;
    Ok((StatusCode::CREATED, Json(bundle)).into_response())
}
