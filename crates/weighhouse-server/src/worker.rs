//! Workers: take a job, do it, take the next. Many may run, in one process or in many.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use opentelemetry::context::FutureExt as _;
use tracing::Instrument as _;

use crate::gate::Gate;
use crate::operate::health::Pulse;
use crate::operate::metrics::JobEnd;
use crate::operate::traces;
use crate::store::jobs::{Duty, Job, JobKind, LEASE, LONGEST_PAUSE};
use crate::workflow::Fault;

/// How long a worker rests when there is nothing to do and nobody rings.
const REST: Duration = Duration::from_secs(5);

/// How often it is looked for what other servers do that cannot ring here.
const BEAT: Duration = Duration::from_secs(1);

/// How often it is looked whether what the gate knows has changed.
const LOOK: Duration = Duration::from_secs(10);

/// Works until the gate closes. A worker that breaks is our bug; another one takes its place, and its job when the lease is over.
pub(crate) async fn watched(gate: Arc<Gate>, duty: Duty) {
    let pulse = gate.workers.join();
    while let Err(error) = tokio::spawn(run(Arc::clone(&gate), duty, pulse.clone())).await {
        gate.metrics.broken_workers.inc();
        tracing::error!(%error, "a worker broke; this is a bug of weighhouse");
        rest(&gate, duty).await;
    }
}

/// Works until the gate closes.
async fn run(gate: Arc<Gate>, duty: Duty, pulse: Pulse) {
    while !gate.cancelled.load(Ordering::Relaxed) {
        pulse.beat();
        match gate.store.take_job(duty, gate.now()).await {
            Ok(Some(job)) => work(&gate, &job, &pulse).await,
            Ok(None) => rest(&gate, duty).await,
            Err(error) => {
                tracing::error!(%error, "jobs cannot be taken");
                rest(&gate, duty).await;
            }
        }
    }
}

async fn rest(gate: &Gate, duty: Duty) {
    // Any of them wakes the worker.
    let (rest, bell) = match duty {
        Duty::News => (REST, gate.store.bell.notified()),
        // Rung for a release on any server: it is looked for.
        Duty::Releases => (BEAT, gate.ending.notified()),
        Duty::Models | Duty::All => (REST, gate.work.notified()),
    };
    drop(tokio::time::timeout(rest, bell).await);
}

/// Looks whether what the gate knows has changed (advisories were imported), and has everything reviewed then.
pub(crate) async fn watch(gate: Arc<Gate>) {
    let mut known = None;
    while !gate.cancelled.load(Ordering::Relaxed) {
        let inspector = Arc::clone(&gate.inspector);
        // It may read files.
        match tokio::task::spawn_blocking(move || inspector.ruleset()).await {
            Ok(ruleset) => {
                let before = known.replace(ruleset);
                if before.is_some_and(|before| before != ruleset) {
                    tracing::info!("rules or advisories changed: everything is reviewed");
                    if let Err(error) = gate.begin_reviews().await {
                        tracing::error!(%error, "a review could not be begun; the next one is within the hour");
                    }
                    gate.work.notify_one();
                }
            }
            Err(error) => tracing::error!(%error, "what the gate knows could not be read"),
        }
        drop(tokio::time::timeout(LOOK, gate.ending.notified()).await);
    }
}

/// Reads, once, what revisions say that were inspected by a program before this one.
pub(crate) async fn read_cards(gate: Arc<Gate>) {
    if let Err(error) = gate.read_cards().await {
        tracing::error!(%error, "what revisions say of themselves is read at the next start, or when somebody asks");
    }
}

/// Takes over the policies that other servers put in force, within a second; a change of state never waits for this.
pub(crate) async fn follow(gate: Arc<Gate>) {
    let mut told = false;
    while !gate.cancelled.load(Ordering::Relaxed) {
        match gate.follow_policy().await {
            Ok(()) => told = false,
            Err(error) if !told => {
                tracing::error!(%error, "the policies in force cannot be read");
                told = true;
            }
            Err(_) => {}
        }
        drop(tokio::time::timeout(BEAT, gate.ending.notified()).await);
    }
}

/// Does one job, and keeps its lease while it does.
pub(crate) async fn work(gate: &Arc<Gate>, job: &Job, pulse: &Pulse) {
    let began = Instant::now();
    let trace = gate.tracer.job(job);
    let number = traces::number(&trace);
    let span = tracing::info_span!("job", id = job.id, kind = %job.kind, subject = job.subject, attempt = job.attempt, trace = number);
    let outcome = Box::pin(attempt(gate, job, pulse).instrument(span)).with_context(trace.clone()).await;
    traces::job_ended(&trace, outcome);
    gate.metrics.job_ended(job.kind, outcome, began.elapsed());
}

async fn attempt(gate: &Arc<Gate>, job: &Job, pulse: &Pulse) -> JobEnd {
    let done = {
        let doing = async {
            match job.kind {
                JobKind::Fetch => gate.fetch(job).await,
                JobKind::Inspect => gate.inspect(job).await,
                JobKind::Review => gate.review(job).await,
                JobKind::Audit => gate.audit_job(job).await,
                JobKind::Notify => gate.address_event(job).await,
                JobKind::Deliver => gate.deliver(job).await,
                JobKind::Publish => gate.publish(job).await,
            }
        };
        tokio::pin!(doing);
        loop {
            let third = Duration::from_secs(LEASE.unsigned_abs() / 3);
            if let Ok(done) = tokio::time::timeout(third, &mut doing).await {
                break done;
            }
            pulse.beat();
            match gate.store.renew(job, gate.now()).await {
                Ok(true) => {}
                // Another worker has it: what is under way will find that it may change nothing.
                Ok(false) => tracing::warn!("the lease was lost"),
                Err(error) => tracing::warn!(%error, "the lease could not be renewed"),
            }
        }
    };
    match done {
        Ok(()) => {
            tracing::info!("done");
            JobEnd::done
        }
        Err(Fault::Settled) => {
            tracing::info!("given up, and said why");
            JobEnd::refused
        }
        Err(Fault::Lost) => {
            tracing::warn!("another worker has it; nothing was changed");
            JobEnd::lost
        }
        Err(Fault::Later(why)) => {
            let pause = LONGEST_PAUSE.min(5_i64 << job.attempt.min(8));
            tracing::warn!(why, pause, "put off");
            if let Err(error) = gate.store.put_off(job, gate.now() + pause, &why).await {
                tracing::error!(%error, "a job could not be put off; it is free when its lease is over");
            }
            JobEnd::put_off
        }
    }
}
