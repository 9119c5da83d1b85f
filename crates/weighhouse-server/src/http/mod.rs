//! The gate on the network: routes, and a server that ends what it began.

mod client;
mod door;
mod lane;
mod listen;
mod log;
mod patience;
mod rate;
mod sealed;
mod tls;
mod wire;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use http_body_util::LengthLimitError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) use self::client::Client;
pub use self::door::Door;
pub(crate) use self::lane::{Lane, SMALLEST};
pub use self::listen::Limits;
pub(crate) use self::rate::{Act, Rates};
pub use self::tls::{Tls, TlsFiles};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::operate::{self, health, observe};
use crate::store::jobs::Duty;
use crate::{api, cosign, oauth, web, worker};

/// Workers that tell people and programs what happened.
const COURIERS: usize = 4;

/// Everything the gate answers.
pub fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .nest("/api/v1", api::routes())
        .nest("/log", log::routes())
        .merge(web::routes(&gate))
        .route("/oauth/device", post(oauth::begin))
        .route("/oauth/token", post(oauth::token))
        .route("/healthz", get(health::healthy))
        .route("/readyz", get(health::ready))
        .fallback(web::elsewhere)
        .layer(from_fn_with_state(Arc::clone(&gate), observe))
        .with_state(gate)
}

/// What whoever watches the gate is told, at an address of its own: metrics, and whether it is well.
pub fn operators(gate: Arc<Gate>) -> Router {
    operate::router(gate)
}

/// All of a body, if it is not too large.
pub(crate) async fn whole(body: Body, most: usize) -> Result<Bytes> {
    axum::body::to_bytes(body, most).await.map_err(|error| {
        let error = error.into_inner();
        if error.is::<LengthLimitError>() {
            return GateError::TooLarge(format!("the body is longer than {most} bytes"));
        }
        GateError::Invalid(format!("the body broke off: {error}"))
    })
}

/// Says when to try again, if trying again helps.
pub(crate) fn retry_after(error: &GateError, response: &mut Response) {
    if let Some(seconds) = error.later() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
}

/// The token of a request; nothing if it has no `Authorization` at all, and empty if that holds none.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    // The word is told without regard to letter case (RFC 9110, section 11.1).
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    Some(if scheme.eq_ignore_ascii_case("bearer") { token.trim_start() } else { "" })
}

/// The header by which a client says that an agent uses it.
const AGENT: &str = "weighhouse-agent";

/// Whether a client says that an agent uses it. Whatever it says of that: who says less by it than they have is believed.
pub(crate) fn is_agent(headers: &HeaderMap) -> bool {
    headers.contains_key(AGENT)
}

/// A text as part of an address.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Serves until `stop` is done, with `workers` workers; downloads under way are finished.
///
/// # Errors
/// If the database cannot be written.
pub async fn serve(
    gate: Arc<Gate>,
    door: impl Into<Door>,
    workers: usize,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    if workers > 0 {
        gate.demand_all_contents()?;
    }
    gate.begin_reviews().await?;
    // Who is told of something never waits for an inspection.
    let couriers = if workers == 0 { 0 } else { COURIERS };
    let publishes = workers > 0 && gate.released.is_some();
    if publishes {
        gate.begin_publishing().await?;
    }
    let duties = (0..workers).map(|_| Duty::Models).chain((0..couriers).map(|_| Duty::News));
    let duties = duties.chain(publishes.then_some(Duty::Releases));
    let mut working: Vec<_> =
        duties.map(|duty| tokio::spawn(worker::watched(Arc::clone(&gate), duty))).collect();
    working.push(tokio::spawn(worker::watch(Arc::clone(&gate))));
    working.push(tokio::spawn(worker::follow(Arc::clone(&gate))));
    if !gate.settings.released_only {
        working.push(tokio::spawn(worker::read_cards(Arc::clone(&gate))));
    }
    let cosigning = tokio::spawn(cosign::run(Arc::clone(&gate)));
    let ending = Arc::clone(&gate);
    let stop = async move {
        stop.await;
        ending.cancelled.store(true, Ordering::Relaxed);
        ending.wake_all();
    };
    listen::listen(&gate, door.into(), router(Arc::clone(&gate)), stop).await;
    gate.cancelled.store(true, Ordering::Relaxed);
    gate.wake_all();
    cosigning.abort();
    for worker in working {
        if let Err(error) = worker.await {
            tracing::error!(%error, "a worker broke");
        }
    }
    Ok(())
}

/// Does all jobs that are due, one after another; for programs that bring models in and end.
///
/// # Errors
/// If the database does not answer.
pub async fn work_off(gate: &Arc<Gate>) -> Result<usize> {
    gate.read_cards().await?;
    work_off_of(gate, Duty::All).await
}

/// The same, of one duty only.
pub(crate) async fn work_off_of(gate: &Arc<Gate>, duty: Duty) -> Result<usize> {
    let mut done = 0;
    while let Some(job) = gate.store.take_job(duty, gate.now()).await? {
        worker::work(gate, &job, &gate.workers.unwatched()).await;
        done += 1;
    }
    Ok(done)
}
