//! Workers: take a job, do it, take the next. Many may run, in one process or in many.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::gate::Gate;
use crate::store::jobs::{Job, JobKind, LEASE, LONGEST_PAUSE};
use crate::workflow::Fault;

/// How long a worker rests when there is nothing to do and nobody rings.
const REST: Duration = Duration::from_secs(5);

/// Works until the gate closes.
pub(crate) async fn run(gate: Arc<Gate>) {
    while !gate.cancelled.load(Ordering::Relaxed) {
        match gate.store.take_job(gate.now()).await {
            Ok(Some(job)) => work(&gate, &job).await,
            Ok(None) => rest(&gate).await,
            Err(error) => {
                tracing::error!(%error, "jobs cannot be taken");
                rest(&gate).await;
            }
        }
    }
}

async fn rest(gate: &Gate) {
    // Either of them wakes the worker.
    drop(tokio::time::timeout(REST, gate.work.notified()).await);
}

/// Does one job, and keeps its lease while it does.
pub(crate) async fn work(gate: &Arc<Gate>, job: &Job) {
    let done = {
        let doing = async {
            match job.kind {
                JobKind::Fetch => gate.fetch(job).await,
                JobKind::Inspect => gate.inspect(job).await,
                JobKind::Review => gate.review(job).await,
            }
        };
        tokio::pin!(doing);
        loop {
            match tokio::time::timeout(Duration::from_secs(LEASE.unsigned_abs() / 3), &mut doing).await {
                Ok(done) => break done,
                Err(_) => match gate.store.renew(job, gate.now()).await {
                    Ok(true) => {}
                    // Another worker has it: what is under way will find that it may change nothing.
                    Ok(false) => tracing::warn!(job = job.id, "the lease was lost"),
                    Err(error) => tracing::warn!(job = job.id, %error, "the lease could not be renewed"),
                },
            }
        }
    };
    match done {
        Ok(()) => tracing::info!(kind = %job.kind, subject = job.subject, "done"),
        Err(Fault::Settled) => {
            tracing::info!(kind = %job.kind, subject = job.subject, "given up, and said why");
        }
        Err(Fault::Lost) => {
            tracing::warn!(kind = %job.kind, subject = job.subject, "another worker has it; nothing was changed");
        }
        Err(Fault::Later(why)) => {
            let pause = LONGEST_PAUSE.min(5_i64 << job.attempt.min(8));
            tracing::warn!(kind = %job.kind, subject = job.subject, attempt = job.attempt, why, "put off");
            if let Err(error) = gate.store.put_off(job, gate.now() + pause, &why).await {
                tracing::error!(%error, "a job could not be put off; it is free when its lease is over");
            }
        }
    }
}
