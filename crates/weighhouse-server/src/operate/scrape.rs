//! What is told to whoever watches the gate, at an address of its own: metrics in the text form that Prometheus reads (`OpenMetrics` 1.0), and
//! whether it is well. The address takes no token, so it is for a network that only operators reach.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::health;
use crate::gate::Gate;
use crate::store::counts::Counts;

/// How long is waited for the database: whoever watches gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is answered at the address for operators.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health::healthy))
        .route("/readyz", get(health::ready))
        .with_state(gate)
}

async fn metrics(State(gate): State<Arc<Gate>>) -> Response {
    let found = tokio::time::timeout(PATIENCE, gate.store.counts(gate.now())).await;
    let counts = match found {
        Ok(Ok(counts)) => Some(counts),
        Ok(Err(error)) => {
            tracing::warn!(%error, "metrics are incomplete");
            None
        }
        Err(_) => None,
    };
    let contents = health::contents(&gate).await.is_ok();
    let mut text = String::new();
    let states = states(&gate, counts.as_ref(), contents);
    let written = encode_registry(&mut text, gate.metrics.registry())
        .and_then(|()| encode_registry(&mut text, &states))
        .and_then(|()| encode_eof(&mut text));
    match written {
        Ok(()) => ([(header::CONTENT_TYPE, TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindState {
    kind: String,
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageState {
    stage: String,
    state: String,
}

/// How things stand at this moment.
fn states(gate: &Gate, counts: Option<&Counts>, contents: bool) -> Registry {
    let mut all = Registry::with_prefix("weighhouse");
    one(&mut all, "database_up", "Whether the database answers", i64::from(counts.is_some()));
    one(&mut all, "contents_up", "Whether the store of contents answers", i64::from(contents));
    let (open, idle) = gate.store.connections();
    let connections = [("idle", idle), ("used", open.saturating_sub(idle))];
    let connections = connections.map(|(state, count)| (Standing { state: state.to_owned() }, count));
    family(&mut all, "database_connections", "Connections to the database", connections);
    if let Some(silence) = gate.workers.silence() {
        let help = "For how long the quietest worker of this server has given no sign of life";
        let seconds = Gauge::<i64>::default();
        seconds.set(i64::try_from(silence.as_secs()).unwrap_or(i64::MAX));
        all.register_with_unit("worker_silence", help, Unit::Seconds, seconds);
    }
    if let Some(counts) = counts {
        stored(&mut all, counts);
    }
    process(&mut all);
    all
}

/// What the database says.
fn stored(all: &mut Registry, counts: &Counts) {
    let jobs = |counts: &BTreeMap<(String, String), i64>| {
        let labels = |((kind, state), count): (&(String, String), &i64)| {
            (KindState { kind: kind.clone(), state: state.clone() }, *count)
        };
        counts.iter().map(labels).collect::<Vec<_>>()
    };
    family(all, "jobs", "Jobs of all servers, by kind and state", jobs(&counts.jobs));
    let ages = counts.oldest.iter().map(|(kind, age)| (Kind { kind: kind.clone() }, *age));
    let oldest = Family::<Kind, Gauge>::default();
    for (labels, age) in ages {
        oldest.get_or_create(&labels).set(age);
    }
    all.register_with_unit("jobs_oldest", "Age of the oldest job, by kind", Unit::Seconds, oldest);
    let releases = counts.releases.iter();
    let releases = releases
        .map(|((stage, state), count)| (StageState { stage: stage.clone(), state: state.clone() }, *count));
    family(all, "releases", "Releases, by stage and state", releases);
    let revisions = counts.revisions.iter().map(|(state, count)| (Standing { state: state.clone() }, *count));
    family(all, "revisions", "Revisions, by state", revisions);
    let notices = counts.notices.iter().map(|(state, count)| (Standing { state: state.clone() }, *count));
    family(all, "notices", "Notices to people and programs, by state", notices);
    one(all, "log_records", "Records of the audit log", counts.records);
}

/// What the system says of this process.
fn process(all: &mut Registry) {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<i64>().ok());
        if let Some(kibibytes) = kibibytes {
            let bytes = Gauge::<i64>::default();
            bytes.set(kibibytes.saturating_mul(1024));
            all.register_with_unit("resident_memory", "Memory of this server", Unit::Bytes, bytes);
        }
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        let count = i64::try_from(entries.count()).unwrap_or(i64::MAX);
        one(all, "open_files", "Open files and connections of this server", count);
    }
    let load = Gauge::<f64, AtomicU64>::default();
    if let Some(seconds) = started() {
        load.set(seconds);
        all.register_with_unit("start_time", "When this server was started", Unit::Seconds, load);
    }
}

/// When this process began, as seconds since 1970: the time of its folder in `/proc`.
fn started() -> Option<f64> {
    let began = std::fs::metadata("/proc/self").and_then(|folder| folder.modified()).ok()?;
    Some(began.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64())
}

fn one(all: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge = Gauge::<i64>::default();
    gauge.set(value);
    all.register(name, help, gauge);
}

fn family<L>(all: &mut Registry, name: &str, help: &str, values: impl IntoIterator<Item = (L, i64)>)
where
    L: EncodeLabelSet + Clone + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static,
{
    let family = Family::<L, Gauge>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    all.register(name, help, family);
}
