//! The Hub protocol, as unmodified clients speak it: what they ask, what they are answered, what they show their users when the gate
//! says no. The contract was proven against the clients themselves (`huggingface_hub` 0.36, 1.x, 2.x, `hf-hub` 0.5, 1.0).
//!
//! Nothing of a source's own storage is passed on (`xetHash`, `X-Xet-…`): a client that knew it would fetch past the gate.

mod content;
mod describe;
mod range;
mod refusal;
mod route;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use self::refusal::Refusal;
use self::route::Route;
use crate::gate::Gate;
use crate::identity::Caller;

/// Whether an address is part of the protocol.
pub(crate) fn speaks(path: &str, query: &str) -> bool {
    Route::of(path, query).is_some()
}

/// Answers every request that is not the gate's own interface.
pub(crate) async fn answer(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let Some(route) = Route::of(request.uri().path(), request.uri().query().unwrap_or_default()) else {
        return Refusal::nothing_there().into_response();
    };
    let method = request.method().clone();
    if !matches!(method, Method::GET | Method::HEAD) && !matches!(route, Route::ValidateYaml) {
        let why = "the gate takes no changes this way yet; ask for a model or import it";
        return Refusal::unsupported(why).into_response();
    }
    match respond(&gate, &route, &method, request.headers()).await {
        Ok(response) | Err(Answer::Response(response)) => response,
        Err(Answer::Refusal(refusal)) => refusal.into_response(),
    }
}

/// What ends an answer early.
enum Answer {
    Refusal(Refusal),
    Response(Response),
}

impl<E: Into<Refusal>> From<E> for Answer {
    fn from(error: E) -> Self {
        Self::Refusal(error.into())
    }
}

async fn respond(
    gate: &Arc<Gate>,
    route: &Route,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Answer> {
    if matches!(route, Route::ValidateYaml) {
        return Ok(Json(json!({ "errors": [], "warnings": [] })).into_response());
    }
    let caller = caller(gate, headers).await?;
    match route {
        Route::Whoami => Ok(Json(describe::whoami(&caller)).into_response()),
        Route::Info { name, revision } => {
            let view = view::resolve(gate, &caller, name, revision.as_deref()).await?;
            Ok(Json(describe::info(gate, &view).await?).into_response())
        }
        Route::Tree { name, revision, folder, query } => {
            let view = view::resolve(gate, &caller, name, Some(revision)).await?;
            describe::tree(gate, &view, folder, query).await.map_err(Answer::Refusal)
        }
        Route::File { name, revision, path } => {
            let view = view::resolve(gate, &caller, name, Some(revision)).await?;
            let file = gate.store.file(&view.revision.id, path).await?;
            let file = file.ok_or_else(|| Refusal::no_entry(path, &view.revision.commit))?;
            gate.store.pulled(&view.revision.id, &caller.person.name, gate.now()).await?;
            content::send(gate, &view, &file, method, headers).await.map_err(Answer::Refusal)
        }
        Route::ValidateYaml => Err(Answer::Response(StatusCode::NOT_FOUND.into_response())),
    }
}

/// Who asks. Without a good token nobody learns what is here.
async fn caller(gate: &Gate, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Err(Refusal::no_token()) };
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    gate.caller(token).await?.ok_or_else(Refusal::bad_token)
}

/// An answer without a body, for headers to be added to.
fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
