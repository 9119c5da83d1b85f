//! `/api/v1`: everything that people and programs do at the gate, in JSON. What policy forbids and what is not there look the same to who
//! may not know.

mod attestations;
mod bundles;
mod log;
mod notices;
mod people;
mod policy;
mod releases;
mod waivers;
mod wire;

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use weighhouse_policy::Access;

use crate::error::GateError;
use crate::gate::Gate;
use crate::http::Client;
use crate::identity::Caller;
use crate::name::{Kind, Name};
use crate::store::models::Asked;
use crate::workflow::Ask;

/// Bytes of a request at most.
const LARGEST_BODY: usize = 1 << 20;
/// Entries of a page at most.
const PAGE: u32 = 200;

/// The routes of the interface.
pub(crate) fn routes() -> Router<Arc<Gate>> {
    Router::new()
        .route("/whoami", get(people::whoami))
        .route("/models", get(models))
        .route("/models/{*name}", get(model))
        .route("/datasets", get(datasets))
        .route("/datasets/{*name}", get(dataset))
        .route("/requests", post(ask))
        .route("/releases", get(releases::list))
        .route("/releases/{id}", get(releases::one))
        .route("/releases/{id}/report", get(releases::report))
        .route("/releases/{id}/record", get(releases::record))
        .route("/releases/{id}/tlog-proof", get(releases::proof))
        .route("/releases/{id}/approve", post(releases::approve))
        .route("/releases/{id}/withdraw", post(releases::withdraw))
        .route("/releases/{id}/promote", post(releases::promote))
        .route("/releases/{id}/halt", post(releases::halt))
        .route("/roll-back", post(releases::roll_back))
        .route("/revoke", post(releases::revoke))
        .route("/waivers", get(waivers::list).post(waivers::waive))
        .route("/waivers/{id}", get(waivers::one))
        .route("/waivers/{id}/withdraw", post(waivers::withdraw))
        .route("/attestations", get(attestations::list).post(attestations::bring))
        .route("/attestations/{id}", get(attestations::envelope))
        .route("/attestations/{id}/withdraw", post(attestations::withdraw))
        .route("/bundles", post(bundles::issue))
        .route("/log", get(log::state))
        .route("/log/consistency", get(log::consistency))
        .route("/log/records/{seq}", get(log::record))
        .route("/log/records/{seq}/tlog-proof", get(log::proof))
        .route("/people", get(people::list).post(people::set))
        .route("/people/{name}", delete(people::disable))
        .route("/tokens", get(people::tokens).post(people::issue))
        .route("/tokens/{id}", delete(people::revoke))
        .route("/device", post(people::device))
        .route("/people/{name}/mail", post(notices::mail))
        .route("/webhooks", get(notices::webhooks).post(notices::add))
        .route("/webhooks/{id}", delete(notices::remove))
        .route("/webhooks/{id}/rotate", post(notices::rotate))
        .route("/webhooks/{id}/test", post(notices::test))
        .route("/deliveries", get(notices::deliveries))
        .route("/deliveries/{id}/retry", post(notices::retry))
        .route("/events", get(notices::events))
        .route("/policy", get(policy::show))
        .route("/policy/check", post(policy::check))
        .route("/policy/dry-run", post(policy::dry_run))
        .route("/policy/proposals", get(policy::proposals).post(policy::propose))
        .route("/policy/proposals/{id}", get(policy::proposal).delete(policy::withdraw))
        .route("/policy/proposals/{id}/approve", post(policy::approve))
        .route("/policy/proposals/{id}/enact", post(policy::enact))
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

async fn nothing() -> Problem {
    Problem(GateError::Missing("this address".to_owned()))
}

/// An error as it is answered: RFC 9457 in its smallest form.
pub(crate) struct Problem(pub(crate) GateError);

impl<E: Into<GateError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = match &self.0 {
            GateError::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid"),
            GateError::Unknown(_) => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            GateError::Missing(_) => (StatusCode::NOT_FOUND, "not-found"),
            GateError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            GateError::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            GateError::Denied(_) => (StatusCode::CONFLICT, "denied"),
            GateError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            GateError::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "too-often"),
            GateError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            GateError::Store(_) | GateError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let detail = if status.is_server_error() {
            tracing::error!(error = %self.0, "a request could not be answered");
            let later = status == StatusCode::SERVICE_UNAVAILABLE;
            if later { LATER } else { "the gate could not answer; its operators know why" }.to_owned()
        } else {
            self.0.to_string()
        };
        let mut body = json!({ "code": code, "detail": detail, "status": status.as_u16() });
        if let (GateError::Denied(decision), Some(fields)) = (&self.0, body.as_object_mut()) {
            fields.insert("decision".to_owned(), wire::decision(decision));
        }
        let mut response = (status, Json(body)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, axum::http::HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            let bearer = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        crate::http::retry_after(&self.0, &mut response);
        response
    }
}

/// What is said while the gate cannot work; why is for its operators.
pub(crate) const LATER: &str = "the gate cannot answer at the moment; try again in a while";

type Answer<T> = Result<T, Problem>;

impl FromRequestParts<Arc<Gate>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let unknown = |why: &str| Problem(GateError::Unknown(why.to_owned()));
        let value = parts.headers.get(header::AUTHORIZATION);
        let value = value.ok_or_else(|| unknown("send a token: `Authorization: Bearer …`"))?;
        let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        let client = Client::of(&gate.settings.proxies, &parts.extensions, &parts.headers);
        gate.caller(client, token).await?.ok_or_else(|| unknown("the token is not valid, or not any more"))
    }
}

/// A body of JSON; what cannot be read is the caller's fault, and says where.
struct Body<T>(T);

impl<T: serde::de::DeserializeOwned> FromRequest<Arc<Gate>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let wrong = |error: JsonRejection| {
            let text = error.body_text();
            Problem(match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => GateError::TooLarge(text),
                _ => GateError::Invalid(text),
            })
        };
        Json::from_request(request, gate).await.map(|Json(body)| Self(body)).map_err(wrong)
    }
}

/// What stands behind the question mark.
struct Queried<T>(T);

impl<T: serde::de::DeserializeOwned> FromRequestParts<Arc<Gate>> for Queried<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let wrong = |error: QueryRejection| Problem(GateError::Invalid(error.body_text()));
        Query::from_request_parts(parts, gate).await.map(|Query(query)| Self(query)).map_err(wrong)
    }
}

fn name(kind: Kind, text: &str) -> Answer<Name> {
    let wrong = || GateError::Invalid(format!("`{text}` is not the name of a repository"));
    Ok(Name::new(kind, text).ok_or_else(wrong)?)
}

/// The name of a model, unless another kind is named.
fn named(kind: Option<&str>, text: &str) -> Answer<Name> {
    let kind = kind.map_or(Ok(Kind::Model), str::parse);
    name(kind.map_err(|error: crate::name::UnknownKind| GateError::Invalid(error.to_string()))?, text)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    search: String,
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

async fn models(State(gate): State<Arc<Gate>>, caller: Caller, search: Queried<Page>) -> Answer<Response> {
    list(&gate, &caller, Kind::Model, &search.0).await
}

async fn datasets(State(gate): State<Arc<Gate>>, caller: Caller, search: Queried<Page>) -> Answer<Response> {
    list(&gate, &caller, Kind::Dataset, &search.0).await
}

async fn list(gate: &Gate, caller: &Caller, kind: Kind, search: &Page) -> Answer<Response> {
    let limit = search.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let found = gate.store.models(kind, &search.search, &search.after, limit).await?;
    let next = found.last().filter(|_| found.len() >= limit as usize).map(|last| last.name.folded());
    let visible = found.iter().filter(|model| gate.may(&caller.person, Access::View, model.name.as_str()));
    let items: Vec<_> = visible.map(wire::model).collect();
    Ok(Json(json!({ "items": items, "next": next })).into_response())
}

async fn model(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    axum::extract::Path(text): axum::extract::Path<String>,
) -> Answer<Response> {
    whole(&gate, &caller, name(Kind::Model, &text)?).await
}

async fn dataset(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    axum::extract::Path(text): axum::extract::Path<String>,
) -> Answer<Response> {
    whole(&gate, &caller, name(Kind::Dataset, &text)?).await
}

/// A model with its revisions, releases and requests.
async fn whole(gate: &Gate, caller: &Caller, name: Name) -> Answer<Response> {
    let model = gate.store.model(&name).await?;
    let model = model.filter(|model| gate.may(&caller.person, Access::View, model.name.as_str()));
    let model = model.ok_or_else(|| GateError::Missing(format!("`{name}`")))?;
    let revisions = gate.store.revisions_of(&model.id).await?;
    let releases = gate.store.releases_of(&model.id).await?;
    let requests = gate.store.requests_of(&model.id).await?;
    let mut body = wire::model(&model);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("revisions".to_owned(), revisions.iter().map(wire::revision).collect());
        let of = |release| wire::release(release, &model, commit_of(&revisions, release));
        fields.insert("releases".to_owned(), releases.iter().map(of).collect());
        let asked = |asked: &Asked| {
            let revision = revisions.iter().find(|revision| Some(&revision.id) == asked.revision.as_ref());
            wire::request(asked, revision.map(|revision| revision.commit.as_str()))
        };
        fields.insert("requests".to_owned(), requests.iter().map(asked).collect());
    }
    Ok(Json(body).into_response())
}

fn commit_of<'a>(
    revisions: &'a [crate::store::revisions::Revision],
    release: &crate::store::releases::Release,
) -> &'a str {
    let revision = revisions.iter().find(|revision| revision.id == release.revision);
    revision.map(|revision| revision.commit.as_str()).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    model: String,
    /// `models` if nobody says.
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    revision: Option<String>,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    reason: String,
}

async fn ask(State(gate): State<Arc<Gate>>, caller: Caller, Body(wanted): Body<Wanted>) -> Answer<Response> {
    let ask = Ask {
        name: named(wanted.kind.as_deref(), &wanted.model)?,
        revision: wanted.revision.unwrap_or_else(|| "main".to_owned()),
        stage: wanted
            .stage
            .or_else(|| caller.token.stage.clone())
            .unwrap_or_else(|| gate.settings.stage.clone()),
        reason: wanted.reason,
    };
    let asked = gate.ask(&caller, ask).await?;
    Ok((StatusCode::ACCEPTED, Json(wire::request(&asked, None))).into_response())
}
