//! The Hub protocol, as unmodified clients speak it: what they ask, what they are answered, what they show their users when the gate
//! says no. The contract was proven against the clients themselves (`huggingface_hub` 0.36, 1.x, 2.x, `hf-hub` 0.5, 1.0).
//!
//! Nothing of a source's own storage is passed on (`xetHash`, `X-Xet-…`): a client that knew it would fetch past the gate.

mod content;
mod describe;
mod list;
mod lists;
mod range;
mod refusal;
mod route;
mod view;
mod write;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use self::refusal::Refusal;
pub(crate) use self::route::pairs;
use self::route::{Absent, Route, Wanted};
use self::view::View;
pub(crate) use self::view::is_commit;
use crate::blobs::pointer_text;
use crate::gate::Gate;
use crate::http::{Client, Lane, bearer, is_agent, whole};
use crate::identity::Caller;
use crate::name::Name;
use crate::operate::RouteName;
use crate::store::seen::Seen;

/// Bytes of a body at most.
const LARGEST_BODY: usize = 1 << 20;

/// Whether an address is part of the protocol.
pub(crate) fn speaks(path: &str, query: &str) -> bool {
    Route::of(path, query, &Method::GET).is_some()
}

/// Answers every request that is not the gate's own interface.
pub(crate) async fn answer(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (uri, method) = (request.uri(), request.method());
    let Some(route) = Route::of(uri.path(), uri.query().unwrap_or_default(), method) else {
        return Refusal::nothing_there().into_response();
    };
    let allowed = match &route {
        Route::ValidateYaml | Route::Paths { .. } => *method == Method::POST,
        Route::Write(write) => write.takes(method),
        _ => reads(method),
    };
    if !allowed {
        let why = "this address is not asked in this way";
        return Refusal::unsupported(why).into_response();
    }
    let mut response = match respond(&gate, &route, request).await {
        Ok(response) | Err(Answer::Response(response)) => response,
        Err(Answer::Refusal(refusal)) => refusal.into_response(),
    };
    response.extensions_mut().insert(RouteName(route.pattern()));
    response
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Tells what a Hub has and no gate, in the words that the clients of it show.
fn absent(what: Absent) -> Response {
    let (code, message) = match what {
        // Git prints what is plain text, and takes 404 for a repository that is not there.
        Absent::Git => {
            let message =
                "this is a gate, not a git server: use `hf download`, or any other client of the Hub\n";
            return (StatusCode::FORBIDDEN, message).into_response();
        }
        Absent::Spaces => (Some("RepoNotFound"), "this gate has models and data sets, and no Spaces"),
        Absent::Discussions => (None, "this gate has no discussions: people decide on its pages"),
    };
    Refusal::absent(code, message).into_response()
}

/// The revision of which a file is asked for.
async fn resolved(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    (name, revision, path): (&Name, &str, &str),
) -> Result<View, Refusal> {
    let refusal = match view::resolve(gate, seen, caller, name, Some(revision)).await {
        Ok(view) => return Ok(view),
        Err(refusal) => refusal,
    };
    // Who uploads there knows what is not in it.
    match view::draft(gate, caller, name, revision, &refusal).await? {
        Some(draft) if gate.store.file(&draft.revision.id, path).await?.is_none() => {
            Err(Refusal::no_entry(path, &draft.revision.commit))
        }
        _ => Err(refusal),
    }
}

/// A file of a revision, or the pointer that git holds instead.
async fn file(
    gate: &Gate,
    seen: &Seen<'_>,
    caller: &Caller,
    view: &View,
    (path, raw): (&str, bool),
    request: Request,
) -> Result<Response, Refusal> {
    let file = seen.file(&view.revision.id, path).await?;
    let file = file.ok_or_else(|| Refusal::no_entry(path, &view.revision.commit))?;
    gate.store.pulled(&view.revision.id, &caller.person.name, gate.now()).await?;
    let lane = request.extensions().get::<Lane>();
    let mut response = if raw && file.large {
        pointer_text(file.sha256, file.size).into_response()
    } else {
        content::send(gate, view, &file, request.method(), request.headers(), lane).await?
    };
    tell(view, &mut response);
    Ok(response)
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

async fn respond(gate: &Arc<Gate>, route: &Route, request: Request) -> Result<Response, Answer> {
    if matches!(route, Route::ValidateYaml) {
        return Ok(Json(json!({ "errors": [], "warnings": [] })).into_response());
    }
    if let Route::Absent(what) = route {
        return Ok(absent(*what));
    }
    if let Route::Write(write) = route
        && write::is_ticket(write)
    {
        let sent = write::send(gate, write, request).await;
        return sent.unwrap_or_else(|| Err(Refusal::nothing_there())).map_err(Answer::Refusal);
    }
    // Everything that is decided here is decided by the state as it is now, after the request came.
    let seen = &gate.store.seen().await?;
    let client = Client::of(&gate.settings.proxies, request.extensions(), request.headers());
    let caller = caller(gate, seen, client, request.headers()).await?;
    match route {
        Route::Whoami => Ok(Json(describe::whoami(&caller)).into_response()),
        Route::Info { name, revision } => {
            let view = view::described(gate, seen, &caller, name, revision.as_deref()).await?;
            let mut response = Json(describe::info(gate, seen, &view).await?).into_response();
            tell(&view, &mut response);
            Ok(response)
        }
        Route::Tree { name, revision, folder, query } => {
            let view = view::described(gate, seen, &caller, name, Some(revision)).await?;
            describe::tree(gate, seen, &view, folder, query).await.map_err(Answer::Refusal)
        }
        Route::File { name, revision, path, raw } => {
            let view = resolved(gate, seen, &caller, (name, revision, path)).await?;
            file(gate, seen, &caller, &view, (path, *raw), request).await.map_err(Answer::Refusal)
        }
        Route::Paths { name, revision } => {
            let view = view::described(gate, seen, &caller, name, Some(revision)).await?;
            let wanted = wanted(request).await?;
            Ok(describe::paths(seen, &view, &wanted).await.map(Json)?.into_response())
        }
        Route::Commits { name, revision, query } => {
            let view = view::resolve(gate, seen, &caller, name, Some(revision)).await?;
            lists::commits(gate, &caller, &view, revision, query).await.map_err(Answer::Refusal)
        }
        Route::Refs { name } => Ok(Json(lists::refs(gate, seen, &caller, name).await?).into_response()),
        Route::Allowed { name, write } => {
            if *write {
                gate.home(&caller, name).await.map_err(write::refused)?;
            } else {
                view::described(gate, seen, &caller, name, None).await?;
            }
            Ok(Json(json!({})).into_response())
        }
        Route::Search { kind, list } => {
            lists::search(gate, seen, &caller, *kind, list).await.map_err(Answer::Refusal)
        }
        Route::Write(write) => write::answer(gate, &caller, write, request).await.map_err(Answer::Refusal),
        Route::Tags => Ok(Json(json!({})).into_response()),
        Route::ValidateYaml | Route::Absent(_) => {
            Err(Answer::Response(StatusCode::NOT_FOUND.into_response()))
        }
    }
}

/// Who asks. Without a good token nobody learns what is here.
async fn caller(
    gate: &Gate,
    seen: &Seen<'_>,
    client: Client,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    let Some(token) = bearer(headers) else { return Err(Refusal::no_token()) };
    let caller = gate.caller_in(seen, client, token).await?.ok_or_else(Refusal::bad_token)?;
    Ok(caller.narrowed(is_agent(headers)))
}

/// The paths that a body asks for.
async fn wanted(request: Request) -> Result<Wanted, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let body = whole(request.into_body(), LARGEST_BODY).await.map_err(Refusal::of_body)?;
    let wrong = || Refusal::invalid("send `paths` (and `expand`) as a form or as JSON");
    Wanted::of(&body, is_json).ok_or_else(wrong)
}

/// Says what whoever uses it should know, where newer clients print it.
fn tell(view: &View, response: &mut Response) {
    if let Some(notice) = &view.notice {
        refusal::warn(notice, response);
    }
}

/// `Link: <…>; rel="next"` (RFC 8288): where a list goes on.
fn next_page(address: &str, response: &mut Response) {
    if let Ok(link) = HeaderValue::from_str(&format!("<{address}>; rel=\"next\"")) {
        response.headers_mut().insert(header::LINK, link);
    }
}

/// An answer without a body, for headers to be added to.
fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
