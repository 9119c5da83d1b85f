//! The gate in a browser: what waits, what was found, why, and what to do about it. Pages are made on the server, there is no script, and every
//! text of others is escaped by the templates.

mod acts;
mod audit;
mod compare;
mod device;
mod inbox;
mod login;
mod model;
mod models;
mod notices;
mod overview;
mod people;
mod policy;
mod report;
mod timeline;
mod views;
mod visitor;
mod waivers;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use self::visitor::Chrome;
use self::words::Prose;
use crate::error::GateError;
use crate::gate::Gate;
use crate::hub;
use crate::name::{Kind, Name};

/// Bytes of a form at most.
const LARGEST_FORM: usize = 64 << 10;
/// The same of a form with policies and their tests, each character of which may be sent as three.
const LARGEST_POLICY: usize = 2 << 20;

const STYLE: &str = include_str!("../../assets/gate.css");
const MARK: &str = include_str!("../../assets/mark.svg");

/// The routes of the pages.
pub(crate) fn routes(gate: &Arc<Gate>) -> Router<Arc<Gate>> {
    Router::new()
        .route("/", get(inbox::show))
        .route("/login", get(login::show).post(login::log_in))
        .route("/login/directory", get(login::begin))
        .route("/login/directory/done", get(login::end))
        .route("/logout", post(login::log_out))
        .route("/models", get(models::models))
        .route("/models/{name}", get(model::of_model))
        .route("/models/{org}/{name}", get(model::of_model))
        .route("/datasets", get(models::datasets))
        .route("/datasets/{name}", get(model::of_dataset))
        .route("/datasets/{org}/{name}", get(model::of_dataset))
        .route("/reports/{revision}", get(model::report))
        .route("/requests", post(acts::ask))
        .route("/releases/{id}/record", get(model::record))
        .route("/releases/{id}/tlog-proof", get(model::proof))
        .route("/attestations/{id}", get(model::attestation))
        .route("/views", post(views::make))
        .route("/views/new", get(views::new))
        .route("/views/{revision}/record", get(views::record))
        .route("/waivers", get(waivers::show).post(waivers::give))
        .route("/waivers/{id}/withdraw", post(waivers::withdraw))
        .route("/releases/{id}/approve", post(acts::approve))
        .route("/releases/{id}/withdraw", post(acts::withdraw))
        .route("/releases/{id}/promote", post(acts::promote))
        .route("/roll-back", post(acts::roll_back))
        .route("/revoke", post(acts::revoke))
        .route("/device", get(device::show).post(device::answer))
        .route("/audit", get(audit::show))
        .route("/audit/checkpoint", get(audit::checkpoint))
        .route("/audit/{seq}/record", get(audit::record))
        .route("/audit/{seq}/tlog-proof", get(audit::proof))
        .route("/you", get(people::you))
        .route("/you/tokens", post(people::issue_own))
        .route("/tokens/{id}/revoke", post(people::revoke))
        .route("/admin", get(people::list).post(people::set))
        .route("/admin/{name}", get(people::one))
        .route("/admin/{name}/tokens", post(people::issue))
        .route("/admin/{name}/disable", post(people::disable))
        .route("/admin/{name}/mail", post(notices::mail_of))
        .route("/you/mail", post(notices::mail))
        .route("/notices", get(notices::show))
        .route("/notices/{id}/retry", post(notices::retry))
        .route("/webhooks", post(notices::add))
        .route("/webhooks/{id}/test", post(notices::test))
        .route("/webhooks/{id}/rotate", post(notices::rotate))
        .route("/webhooks/{id}/remove", post(notices::remove))
        .route("/overview", get(overview::show))
        .route("/inventory", get(overview::inventory))
        .route("/copies", get(overview::copies))
        .route("/timeline/{model}", get(timeline::show))
        .route("/compare/{old}/{new}", get(compare::show))
        .route("/policy", get(policy::show))
        .route("/policy/new", get(policy::new))
        .route("/policy/draft", post(policy::draft).layer(DefaultBodyLimit::max(LARGEST_POLICY)))
        .route("/policy/{id}", get(policy::one))
        .route("/policy/{id}/dry-run", post(policy::dry_run))
        .route("/policy/{id}/approve", post(policy::approve))
        .route("/policy/{id}/enact", post(policy::enact))
        .route("/policy/{id}/drop", post(policy::withdraw))
        .route("/assets/{file}", get(asset))
        .method_not_allowed_fallback(|| async { Fail(GateError::Missing("this address".to_owned())) })
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn_with_state(Arc::clone(gate), dress))
}

/// Every other address: the Hub protocol, and a page for browsers that are lost.
pub(crate) async fn elsewhere(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let html = |value: &HeaderValue| value.to_str().is_ok_and(|accepted| accepted.contains("text/html"));
    let browser = request.method() == Method::GET && request.headers().get(header::ACCEPT).is_some_and(html);
    if !browser || hub::speaks(path, query) {
        return hub::answer(State(gate), request).await;
    }
    let headers = request.headers().clone();
    // Where a Hub has the page of a model, the way to ours.
    if let Some(page) = page_of(path) {
        return guarded(Redirect::to(&page).into_response());
    }
    let lost = Fail(GateError::Missing("this address".to_owned())).into_response();
    guarded(in_full(&gate, &headers, lost).await)
}

/// Our page of what a Hub has at an address: a repository, its files, a commit, as clients print them. Whether there is such a thing, the page says.
fn page_of(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').filter(|part| !part.is_empty()).collect();
    let (kind, parts) = match parts.split_first()? {
        (&"datasets", rest) => (Kind::Dataset, rest),
        (&"models", rest) => (Kind::Model, rest),
        _ => (Kind::Model, parts.as_slice()),
    };
    let at = parts.iter().position(|part| matches!(*part, "tree" | "blob" | "raw" | "commit" | "commits"));
    let at = at.unwrap_or(parts.len());
    let (name, rest) = parts.split_at_checked(at)?;
    // One word alone may be any address that somebody mistyped.
    if name.len() < 2 && rest.is_empty() {
        return None;
    }
    let name = Name::new(kind, &name.join("/"))?;
    let revision = rest.get(1).filter(|revision| hub::is_commit(revision));
    let revision = revision.map_or_else(String::new, |commit| format!("?revision={}", commit.to_lowercase()));
    Some(format!("{}{revision}", model::address(&name)))
}

/// Something that cannot be done, to be shown as a page.
pub(super) struct Fail(pub(super) GateError);

impl<E: Into<GateError>> From<E> for Fail {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What a page about an error says.
#[derive(Debug, Clone)]
struct Failure {
    status: StatusCode,
    title: &'static str,
    words: String,
    reasons: Vec<String>,
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let title = match &self.0 {
            GateError::Invalid(_) => "That cannot be meant",
            GateError::Unknown(_) => "Sign in first",
            GateError::Missing(_) => "There is nothing here",
            GateError::Forbidden(_) => "You may not do this",
            GateError::Conflict(_) => "Not possible as things stand",
            GateError::Denied(_) => "Policy does not allow this",
            GateError::TooLarge(_) => "That is too much",
            GateError::TooOften(_) => "Not so fast",
            GateError::Unavailable(_) => "Not now",
            GateError::Store(_) | GateError::Setup(_) | GateError::Internal(_) => "The gate could not answer",
        };
        let mut reasons = Vec::new();
        let words = match &self.0 {
            GateError::Store(_) | GateError::Setup(_) | GateError::Internal(_) => {
                tracing::error!(error = %self.0, "a page could not be made");
                "The fault is not yours. The operators of this gate find the cause in its log.".to_owned()
            }
            GateError::Denied(decision) => {
                reasons = decision.reasons.iter().map(|reason| words::sentence(&reason.message)).collect();
                "What stands against it:".to_owned()
            }
            GateError::Missing(_) => {
                "The address is wrong, or what it names is not for you to see.".to_owned()
            }
            error => words::sentence(&error.to_string()),
        };
        let mut response = status.into_response();
        crate::http::retry_after(&self.0, &mut response);
        response.extensions_mut().insert(Failure { status, title, words, reasons });
        response
    }
}

type Answer = Result<Response, Fail>;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    chrome: Chrome,
    status: u16,
    title: &'static str,
    words: Prose,
    reasons: Vec<Prose>,
}

/// Writes a page.
fn page(template: &impl Template) -> Answer {
    let text = template.render().map_err(|error| GateError::Internal(format!("a template: {error}")))?;
    Ok(Html(text).into_response())
}

/// Gives errors their page, and every answer its headers.
async fn dress(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let response = next.run(request).await;
    guarded(in_full(&gate, &headers, response).await)
}

async fn in_full(gate: &Gate, headers: &HeaderMap, response: Response) -> Response {
    let Some(failure) = response.extensions().get::<Failure>().cloned() else { return response };
    let chrome = visitor::chrome_of(gate, headers).await;
    let template = ErrorPage {
        chrome,
        status: failure.status.as_u16(),
        title: failure.title,
        words: Prose::new(&failure.words),
        reasons: failure.reasons.iter().map(|reason| Prose::new(reason)).collect(),
    };
    let mut full = match template.render() {
        Ok(text) => (failure.status, Html(text)).into_response(),
        Err(_) => (failure.status, failure.words).into_response(),
    };
    if let Some(later) = response.headers().get(header::RETRY_AFTER) {
        full.headers_mut().insert(header::RETRY_AFTER, later.clone());
    }
    full
}

/// What browsers are forbidden: scripts, frames, foreign addresses, copies on disk.
fn guarded(mut response: Response) -> Response {
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                  frame-ancestors 'none'";
    let all = [
        ("content-security-policy", policy),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: with it browsers send no `Origin` either, which forms are checked by.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ];
    let headers = response.headers_mut();
    for (name, value) in all {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn asset(Path(file): Path<String>) -> Answer {
    let (kind, text) = match file.as_str() {
        "gate.css" => ("text/css; charset=utf-8", STYLE),
        "mark.svg" => ("image/svg+xml", MARK),
        _ => return Err(GateError::Missing("this address".to_owned()).into()),
    };
    // Pages name a style by its digest, so that a copy is never the wrong one.
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, text).into_response())
}
