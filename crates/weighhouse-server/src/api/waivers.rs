//! Waivers: findings that somebody accepts, for a time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use weighhouse_core::Date;

use super::{Answer, Body, Named, Queried, name, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::waivers::Waiver;
use crate::workflow::{NewWaiver, notes_on_rules};

/// What is accepted, by whom, for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Waive {
    model: wire::ModelName,
    #[serde(default)]
    kind: wire::Repository,
    /// The commit of the only revision it is for.
    commit: Option<wire::Commit>,
    /// The only stage it is for.
    stage: Option<wire::Stage>,
    /// Rules by id or slug. Of rules and findings there is one at least, and there are 50 at most.
    #[serde(default)]
    #[schema(max_items = 50)]
    rules: Vec<wire::Rule>,
    /// Findings by fingerprint, as the report names them.
    #[serde(default)]
    #[schema(max_items = 50)]
    findings: Vec<wire::FindingPrint>,
    /// Who answers for it; the caller if nobody is named.
    owner: Option<wire::Owner>,
    reason: wire::Why,
    /// The first day on which it holds; now if none is named.
    begins: Option<wire::Day>,
    /// The last day on which it holds.
    until: wire::Day,
}

/// A day as people write it.
fn day(day: &wire::Day) -> Result<Date, GateError> {
    day.0
        .trim()
        .parse()
        .map_err(|error: weighhouse_core::date::InvalidDate| GateError::Invalid(error.to_string()))
}

/// Accepts findings in a model, until a day. Decisions are made again at once
#[utoipa::path(
    post,
    path = "/waivers",
    tag = "evidence",
    request_body = Waive,
    responses(
        (status = 201, body = wire::NewWaiver),
        (status = 403, description = "policy does not let the caller waive anything, or they asked for the model themselves"),
        (status = 404, description = "no such model or revision is here"),
        (status = 409, description = "the bytes of the revision are not here yet, or too many waivers stand"),
    ),
)]
pub(super) async fn waive(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Waive>,
) -> Answer<(StatusCode, Json<wire::NewWaiver>)> {
    let new = NewWaiver {
        name: name(body.kind.into(), &body.model.0)?,
        commit: body.commit.map(|commit| commit.0),
        stage: body.stage.map(|stage| stage.0),
        rules: body.rules.into_iter().map(|rule| rule.0).collect(),
        findings: body.findings.into_iter().map(|finding| finding.0).collect(),
        owner: body.owner.map(|owner| owner.0),
        reason: body.reason.0,
        begins: body.begins.as_ref().map(day).transpose()?,
        until: day(&body.until)?,
    };
    let name = new.name.clone();
    let (waiver, accepts) = gate.waive(&caller, new).await?;
    let notes = notes_on_rules(&waiver.rules);
    let waiver = wire::Waiver::of(&waiver, &name, gate.now());
    Ok((StatusCode::CREATED, Json(wire::NewWaiver { waiver, accepts, notes })))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only waivers of this model or data set.
    model: Option<wire::ModelName>,
    /// Which of both; a model if it is not given.
    #[serde(default)]
    kind: wire::Repository,
    /// Those that are over or were taken back, too.
    #[serde(default)]
    all: bool,
    /// Where the page begins: `next` of the page before.
    #[serde(default)]
    #[param(inline)]
    after: wire::Cursor,
    /// Entries of the page at most.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u32>,
}

/// Waivers, those that end first before others
#[utoipa::path(
    get,
    path = "/waivers",
    tag = "evidence",
    params(Which),
    responses((status = 200, body = wire::Page<wire::Waiver>), (status = 404, description = "no such model is here")),
)]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Queried(which): Queried<Which>,
) -> Answer<Json<wire::Page<wire::Waiver>>> {
    let limit = wire::limit(which.limit)?;
    let model = match &which.model {
        Some(text) => Some(gate.seen(&caller, &name(which.kind.into(), &text.0)?).await?),
        None => None,
    };
    let of = model.as_ref().map(|model| model.id.as_str());
    let after = which.after.place()?;
    let (found, next) = gate.waivers_seen(&caller, of, which.all, after, limit as usize).await?;
    let now = gate.now();
    let items = found.iter().map(|(waiver, name)| wire::Waiver::of(waiver, name, now)).collect();
    Ok(Json(wire::Page { items, next }))
}

/// A waiver as the interface tells it, if the caller may see its model.
async fn seen(gate: &Gate, caller: &Caller, waiver: &Waiver) -> Answer<Option<wire::Waiver>> {
    let model = gate.seen_by_id(caller, &waiver.model).await?;
    Ok(model.map(|model| wire::Waiver::of(waiver, &model.name, gate.now())))
}

fn missing(id: &str) -> GateError {
    GateError::Missing(format!("waiver `{id}`"))
}

/// A waiver
#[utoipa::path(
    get,
    path = "/waivers/{id}",
    tag = "evidence",
    params(("id" = String, Path, description = "`id` of the waiver")),
    responses((status = 200, body = wire::Waiver)),
)]
pub(super) async fn one(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<wire::Waiver>> {
    let waiver = gate.store.waiver(&id).await?.ok_or_else(|| missing(&id))?;
    Ok(Json(seen(&gate, &caller, &waiver).await?.ok_or_else(|| missing(&id))?))
}

/// Takes a waiver back. What rested on it is suspended
#[utoipa::path(
    post,
    path = "/waivers/{id}/withdraw",
    tag = "evidence",
    params(("id" = String, Path, description = "`id` of the waiver")),
    responses(
        (status = 200, body = wire::Waiver),
        (status = 403, description = "policy does not let the caller waive anything, and so not take it back"),
        (status = 409, description = "its time is over"),
    ),
)]
pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Named(id): Named<String>,
) -> Answer<Json<wire::Waiver>> {
    let waiver = gate.withdraw_waiver(&caller, &id).await?;
    Ok(Json(seen(&gate, &caller, &waiver).await?.ok_or_else(|| missing(&id))?))
}
