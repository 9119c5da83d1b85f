//! The gate on the network: routes, and a server that ends what it began.

mod client;
mod lane;
mod listen;
mod log;
mod patience;
mod rate;
mod wire;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use http_body_util::LengthLimitError;
use tokio::net::TcpListener;

pub(crate) use self::client::Client;
pub use self::client::Network;
pub(crate) use self::lane::{Lane, SMALLEST};
pub use self::listen::Limits;
pub(crate) use self::rate::{Act, Rates};
use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::operate::{self, health, observe};
use crate::{api, cosign, oauth, web, worker};

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
    let seconds = match error {
        GateError::TooOften(seconds) => *seconds,
        GateError::Unavailable(_) => 5,
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
}

/// Serves until `stop` is done, with `workers` workers; downloads under way are finished.
///
/// # Errors
/// If the database cannot be written.
pub async fn serve(
    gate: Arc<Gate>,
    listener: TcpListener,
    workers: usize,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    gate.begin_reviews().await?;
    let working: Vec<_> = (0..workers).map(|_| tokio::spawn(worker::watched(Arc::clone(&gate)))).collect();
    let cosigning = tokio::spawn(cosign::run(Arc::clone(&gate)));
    let ending = Arc::clone(&gate);
    let stop = async move {
        stop.await;
        ending.cancelled.store(true, Ordering::Relaxed);
        ending.work.notify_waiters();
    };
    let limits = gate.settings.limits.clone();
    listen::listen(listener, router(Arc::clone(&gate)), limits, &gate.settings.proxies, stop).await;
    gate.cancelled.store(true, Ordering::Relaxed);
    gate.work.notify_waiters();
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
    let mut done = 0;
    while let Some(job) = gate.store.take_job(gate.now()).await? {
        worker::work(gate, &job, &gate.workers.unwatched()).await;
        done += 1;
    }
    Ok(done)
}
