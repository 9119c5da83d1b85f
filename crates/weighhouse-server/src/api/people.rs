//! People and tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use weighhouse_policy::Access;

use super::{Answer, Body, wire};
use crate::gate::Gate;
use crate::identity::{Caller, NewToken};

pub(super) async fn whoami(caller: Caller) -> Response {
    Json(wire::caller(&caller)).into_response()
}

pub(super) async fn list(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    gate.demand(&caller, Access::Administer, "")?;
    let items: Vec<_> = gate.store.accounts().await?.iter().map(wire::account).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPerson {
    name: String,
    roles: Vec<String>,
}

pub(super) async fn set(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<SetPerson>,
) -> Answer<Response> {
    gate.set_person(&caller, &body.name, &body.roles).await?;
    Ok((StatusCode::CREATED, Json(json!({ "name": body.name, "roles": body.roles }))).into_response())
}

pub(super) async fn disable(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    gate.disable_person(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own tokens; administrators see all.
pub(super) async fn tokens(State(gate): State<Arc<Gate>>, caller: Caller) -> Answer<Response> {
    let all = gate.may(&caller.person, Access::Administer, "");
    let tokens = gate.store.tokens().await?;
    let mine = tokens.iter().filter(|(token, _)| all || token.person == caller.person.name);
    let items: Vec<_> = mine.map(|(token, used)| wire::token(token, *used)).collect();
    Ok(Json(json!({ "items": items })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issue {
    person: Option<String>,
    #[serde(default)]
    label: String,
    stage: Option<String>,
    days: Option<i64>,
}

/// A new token. The answer is the only place where its text is ever shown.
pub(super) async fn issue(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Issue>,
) -> Answer<Response> {
    let new = NewToken {
        person: body.person.as_deref().unwrap_or(&caller.person.name),
        label: &body.label,
        stage: body.stage.as_deref().or(caller.token.stage.as_deref()),
        days: body.days.unwrap_or(30),
    };
    let (token, secret) = gate.issue(&caller, &new).await?;
    let mut answer = wire::token(&token, None);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("token".to_owned(), Value::from(secret.expose()));
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

pub(super) async fn revoke(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    gate.revoke_token(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Device {
    user_code: String,
    allow: bool,
}

/// Allows or denies the login that shows a code (`hf auth login`), as the caller.
pub(super) async fn device(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    Body(body): Body<Device>,
) -> Answer<StatusCode> {
    gate.answer_login(&caller, &body.user_code, body.allow).await?;
    Ok(StatusCode::NO_CONTENT)
}
