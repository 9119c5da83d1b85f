//! Waivers: findings that somebody accepts, for a time.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_core::Date;
use weighhouse_policy::Access;

use super::{Answer, Body, PAGE, Queried, named, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::store::waivers::Waiver;
use crate::workflow::NewWaiver;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waive {
    model: String,
    kind: Option<String>,
    commit: Option<String>,
    stage: Option<String>,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    findings: Vec<String>,
    owner: Option<String>,
    reason: String,
    begins: Option<String>,
    until: String,
}

/// A day as people write it.
fn day(text: &str) -> Result<Date, GateError> {
    text.trim()
        .parse()
        .map_err(|error: weighhouse_core::date::InvalidDate| GateError::Invalid(error.to_string()))
}

pub(super) async fn waive(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Waive>,
) -> Answer<Response> {
    let new = NewWaiver {
        name: named(body.kind.as_deref(), &body.model)?,
        commit: body.commit,
        stage: body.stage,
        rules: body.rules.into_iter().collect(),
        findings: body.findings.into_iter().collect(),
        owner: body.owner,
        reason: body.reason,
        begins: body.begins.as_deref().map(day).transpose()?,
        until: day(&body.until)?,
    };
    let model = new.name.as_str().to_owned();
    let (waiver, accepts) = gate.waive(&caller, new).await?;
    let mut answer = wire::waiver(&waiver, &model, gate.now());
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("accepts".to_owned(), accepts.into());
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

#[derive(Deserialize)]
pub(super) struct Which {
    model: Option<String>,
    kind: Option<String>,
    /// Those that are over or were taken back, too.
    #[serde(default)]
    all: bool,
    /// The last of the page before, as its `next` says.
    #[serde(default)]
    after: String,
}

/// Waivers, those that end first before others.
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    query: Queried<Which>,
) -> Answer<Response> {
    let Which { model, kind: of, all, after } = query.0;
    let model = match model {
        Some(text) => {
            let name = named(of.as_deref(), &text)?;
            let found = gate.store.model(&name).await?;
            let found = found.filter(|found| gate.may(&caller.person, Access::View, found.name.as_str()));
            Some(found.ok_or_else(|| GateError::Missing(format!("`{name}`")))?)
        }
        None => None,
    };
    // Behind all that end at this very moment: ids are hexadecimal digits.
    let first = (if all { 0 } else { gate.now() }, "~");
    let page = after.split_once('-').and_then(|(moment, id)| Some((moment.parse().ok()?, id)));
    let after = page.unwrap_or(first);
    let found = gate.store.waivers(model.as_ref().map(|model| model.id.as_str()), after, all, PAGE).await?;
    let next = found.last().filter(|_| found.len() >= PAGE as usize);
    let next = next.map(|last| format!("{}-{}", last.expires, last.id));
    let mut items: Vec<Value> = Vec::new();
    for waiver in &found {
        items.extend(seen(&gate, &caller, waiver).await?);
    }
    Ok(Json(json!({ "items": items, "next": next })).into_response())
}

/// A waiver as the interface tells it, if the caller may see its model.
async fn seen(gate: &Gate, caller: &Caller, waiver: &Waiver) -> Answer<Option<Value>> {
    let model = gate.store.model_by_id(&waiver.model).await?;
    let model = model.filter(|model| gate.may(&caller.person, Access::View, model.name.as_str()));
    Ok(model.map(|model| wire::waiver(waiver, model.name.as_str(), gate.now())))
}

pub(super) async fn one(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let missing = || GateError::Missing(format!("waiver `{id}`"));
    let waiver = gate.store.waiver(&id).await?.ok_or_else(missing)?;
    Ok(Json(seen(&gate, &caller, &waiver).await?.ok_or_else(missing)?).into_response())
}

pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let waiver = gate.withdraw_waiver(&caller, &id).await?;
    Ok(Json(seen(&gate, &caller, &waiver).await?).into_response())
}
