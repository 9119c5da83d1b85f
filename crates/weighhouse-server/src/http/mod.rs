//! The gate on the network: routes, and a server that ends what it began.

mod log;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::net::TcpListener;

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

/// Serves until `stop` is done, with `workers` workers; downloads under way are finished.
///
/// # Errors
/// If the listener breaks.
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
    let served = axum::serve(listener, router(Arc::clone(&gate))).with_graceful_shutdown(stop).await;
    gate.cancelled.store(true, Ordering::Relaxed);
    gate.work.notify_waiters();
    cosigning.abort();
    for worker in working {
        if let Err(error) = worker.await {
            tracing::error!(%error, "a worker broke");
        }
    }
    served.map_err(|error| GateError::Internal(error.to_string()))
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
