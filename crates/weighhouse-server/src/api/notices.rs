//! Who is told what: webhooks, what could not be delivered, addresses of people.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_policy::Access;

use super::{Answer, Body, PAGE, Queried, wire};
use crate::error::GateError;
use crate::gate::Gate;
use crate::identity::Caller;
use crate::notify::NewWebhook;
use crate::store::outbox::STATES;

pub(super) async fn webhooks(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    let items: Vec<_> = gate.list_webhooks(&caller).await?.iter().map(wire::webhook).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    url: String,
    #[serde(default)]
    label: String,
    /// Kinds of events; all of them if there is none.
    #[serde(default)]
    events: Vec<String>,
}

/// A new webhook. The answer is the only place where its key is ever shown.
pub(super) async fn add(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Add>,
) -> Answer<Response> {
    let new = NewWebhook { url: &body.url, label: &body.label, kinds: &body.events };
    let (hook, key) = gate.add_webhook(&caller, &new).await?;
    let mut answer = wire::webhook(&hook);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("key".to_owned(), Value::from(key.expose()));
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

pub(super) async fn remove(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    gate.remove_webhook(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn rotate(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let key = gate.rotate_webhook(&caller, &id).await?;
    Ok(Json(json!({ "id": id, "key": key.expose() })).into_response())
}

pub(super) async fn test(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let tried = gate.try_webhook(&caller, &id).await?;
    Ok(Json(json!({ "id": tried.id, "delivered": tried.fault.is_none(), "fault": tried.fault }))
        .into_response())
}

#[derive(Deserialize)]
pub(super) struct InState {
    state: Option<String>,
}

/// What is on its way, was delivered, or was given up; without a state, the last.
pub(super) async fn deliveries(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    query: Queried<InState>,
) -> Answer<Response> {
    gate.demand(&caller, Access::Administer, "")?;
    let state = query.0.state.as_deref().unwrap_or("dead");
    if !STATES.contains(&state) {
        let why = format!("`{state}` is no state of a delivery; there are {}", STATES.join(", "));
        return Err(GateError::Invalid(why).into());
    }
    let found = gate.store.deliveries(state, PAGE).await?;
    let items: Vec<_> = found.iter().map(|(delivery, kind)| wire::delivery(delivery, *kind)).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

pub(super) async fn retry(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    gate.retry_delivery(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The newest events, for those who ask rather than listen.
pub(super) async fn events(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    gate.demand(&caller, Access::Administer, "")?;
    let items: Vec<_> = gate.store.events(PAGE).await?.iter().map(wire::event).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    /// Empty: no mail.
    mail: String,
}

pub(super) async fn mail(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(name): Path<String>,
    Body(body): Body<Mail>,
) -> Answer<StatusCode> {
    gate.set_mail(&caller, &name, body.mail.trim()).await?;
    Ok(StatusCode::NO_CONTENT)
}
