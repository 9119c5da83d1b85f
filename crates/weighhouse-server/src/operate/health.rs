//! Whether the gate is well. *Healthy* is what only a new start would mend (a worker that hangs), *ready* is whether requests can be
//! answered now: an orchestrator ends what is not healthy, and sends nobody to what is not ready.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::gate::Gate;

/// Without a sign of life for so long a worker hangs: it gives one every five seconds at rest, and each third of a lease at work.
const SILENCE: Duration = Duration::from_mins(3);

/// Signs of life of the workers of this process.
#[derive(Debug)]
pub(crate) struct Workers {
    began: Instant,
    beats: Mutex<Vec<Arc<AtomicU64>>>,
}

/// The pulse of one worker.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    began: Instant,
    beat: Arc<AtomicU64>,
}

impl Pulse {
    /// The worker lives.
    pub(crate) fn beat(&self) {
        self.beat.store(self.began.elapsed().as_secs(), Ordering::Relaxed);
    }
}

impl Workers {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), beats: Mutex::default() }
    }

    /// The pulse of a worker that is not watched.
    pub(crate) fn unwatched(&self) -> Pulse {
        Pulse { began: self.began, beat: Arc::default() }
    }

    /// The pulse of a new worker.
    pub(crate) fn join(&self) -> Pulse {
        let pulse = self.unwatched();
        pulse.beat();
        self.beats.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&pulse.beat));
        pulse
    }

    /// For how long the quietest worker has given no sign of life; nothing if there is no worker.
    pub(crate) fn silence(&self) -> Option<Duration> {
        let now = self.began.elapsed().as_secs();
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = beats.iter().map(|beat| beat.load(Ordering::Relaxed)).min()?;
        Some(Duration::from_secs(now.saturating_sub(oldest)))
    }
}

/// Whether the process works, whatever is around it.
pub(crate) async fn healthy(State(gate): State<Arc<Gate>>) -> Response {
    match gate.workers.silence().filter(|silence| *silence > SILENCE) {
        None => "ok\n".into_response(),
        Some(silence) => {
            let seconds = silence.as_secs();
            tracing::error!(seconds, "a worker gives no sign of life");
            (StatusCode::SERVICE_UNAVAILABLE, "a worker hangs\n").into_response()
        }
    }
}

/// Whether requests can be answered: database and contents are there, and the gate is not closing.
pub(crate) async fn ready(State(gate): State<Arc<Gate>>) -> Response {
    let unready = |what: &'static str| (StatusCode::SERVICE_UNAVAILABLE, what).into_response();
    if gate.cancelled.load(Ordering::Relaxed) {
        return unready("the gate is closing\n");
    }
    let known = async { Ok((gate.store.jobs_waiting().await?, gate.store.dead().await?)) };
    let known: crate::store::Result<_> = known.await;
    let (jobs, undelivered) = match known {
        Ok(known) => known,
        Err(error) => {
            tracing::error!(%error, "not ready");
            return unready("the database does not answer\n");
        }
    };
    if let Err(error) = contents(&gate).await {
        tracing::error!(%error, "not ready");
        return unready("the contents cannot be reached\n");
    }
    Json(json!({ "jobs": jobs, "undelivered": undelivered, "database": "ok", "contents": "ok" }))
        .into_response()
}

/// Whether the store of contents is there.
pub(crate) async fn contents(gate: &Gate) -> std::io::Result<()> {
    gate.blobs.reachable().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quietest_worker_counts() {
        let mut workers = Workers::new();
        assert_eq!(workers.silence(), None);
        let (loud, quiet) = (workers.join(), workers.join());
        assert_eq!(workers.silence(), Some(Duration::ZERO));
        // Ten minutes pass, and one of the two beats.
        let then = workers.began.checked_sub(Duration::from_mins(10)).unwrap();
        workers.began = then;
        Pulse { began: then, ..loud }.beat();
        assert!(workers.silence().unwrap() >= SILENCE);
        Pulse { began: then, ..quiet }.beat();
        assert_eq!(workers.silence(), Some(Duration::ZERO));
    }
}
