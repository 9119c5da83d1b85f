//! The gate on the network: routes, and a server that ends what it began.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use crate::error::{GateError, Result};
use crate::gate::Gate;
use crate::{api, oauth, web, worker};

/// Everything the gate answers.
pub fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .nest("/api/v1", api::routes())
        .merge(web::routes(&gate))
        .route("/oauth/device", post(oauth::begin))
        .route("/oauth/token", post(oauth::token))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(web::elsewhere)
        .with_state(gate)
}

/// Whether requests can be answered: the database is there.
async fn ready(State(gate): State<Arc<Gate>>) -> Response {
    match gate.store.jobs_waiting().await {
        Ok(jobs) => Json(json!({ "jobs": jobs })).into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
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
    let working: Vec<_> = (0..workers).map(|_| tokio::spawn(worker::run(Arc::clone(&gate)))).collect();
    let ending = Arc::clone(&gate);
    let stop = async move {
        stop.await;
        ending.cancelled.store(true, Ordering::Relaxed);
        ending.work.notify_waiters();
    };
    let served = axum::serve(listener, router(Arc::clone(&gate))).with_graceful_shutdown(stop).await;
    gate.cancelled.store(true, Ordering::Relaxed);
    gate.work.notify_waiters();
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
        worker::work(gate, &job).await;
        done += 1;
    }
    Ok(done)
}
