//! What is counted while the gate works. Labels come from the program or its configuration, never from callers, so that their number is
//! bounded: a route is the pattern that was matched, not the path that was asked for.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use weighhouse_core::Outcome;

use crate::store::jobs::JobKind;

/// Requests that were answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) route: String,
    pub(crate) method: &'static str,
    pub(crate) status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    kind: &'static str,
    outcome: JobEnd,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the names are the values of the label")]
pub(crate) enum JobEnd {
    /// It did what it was for.
    done,
    /// It cannot be done, and whoever asked is told.
    refused,
    /// Another worker has it.
    lost,
    /// It is tried again later.
    put_off,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    stage: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    bytes: Family<RouteLabels, Counter>,
    cut_short: Counter,
    under_way: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) failed_handshakes: Counter,
    /// When the certificate expires, in seconds since 1970; 0 if there is none.
    pub(crate) certificate_expires: Gauge,
    jobs: Family<JobLabels, Counter>,
    job_seconds: Counter<f64, AtomicU64>,
    decisions: Family<DecisionLabels, Counter>,
    upstream: Family<OutcomeLabels, Counter>,
    spans: Family<OutcomeLabels, Counter>,
    pub(crate) broken_workers: Counter,
}

/// A request that is not answered yet.
pub(crate) struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn durations() -> Histogram {
    // From a look into the database to the download of many gigabytes.
    Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0])
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let this = Self {
            registry: Registry::with_prefix("weighhouse"),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations as fn() -> Histogram),
            bytes: Family::default(),
            cut_short: Counter::default(),
            under_way: Gauge::default(),
            connections: Gauge::default(),
            failed_handshakes: Counter::default(),
            certificate_expires: Gauge::default(),
            jobs: Family::default(),
            job_seconds: Counter::default(),
            decisions: Family::default(),
            upstream: Family::default(),
            spans: Family::default(),
            broken_workers: Counter::default(),
        };
        this.registered()
    }

    fn registered(mut self) -> Self {
        let all = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        all.register("build", "The program", build);
        let requests = all.sub_registry_with_prefix("http");
        requests.register("requests", "Requests answered", self.requests.clone());
        requests.register_with_unit(
            "request_duration",
            "From a request to the last byte of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        requests.register_with_unit(
            "response_body",
            "Bytes of bodies of answers",
            Unit::Bytes,
            self.bytes.clone(),
        );
        requests.register(
            "responses_cut_short",
            "Answers whose callers hung up before the end",
            self.cut_short.clone(),
        );
        requests.register("requests_under_way", "Requests being answered", self.under_way.clone());
        requests.register("connections", "Open connections of clients", self.connections.clone());
        requests.register(
            "failed_handshakes",
            "Connections that ended before they spoke TLS",
            self.failed_handshakes.clone(),
        );
        all.register_with_unit(
            "certificate_expiry",
            "When the certificate of the gate expires; 0 if it has none",
            Unit::Seconds,
            self.certificate_expires.clone(),
        );
        all.register("jobs_ended", "Jobs that workers of this server ended", self.jobs.clone());
        all.register_with_unit(
            "jobs_busy",
            "Time that workers of this server spent on jobs",
            Unit::Seconds,
            self.job_seconds.clone(),
        );
        all.register(
            "decisions",
            "Decisions made about releases, by stage and outcome",
            self.decisions.clone(),
        );
        all.register(
            "upstream_requests",
            "What this server asked of the upstream, by how it went",
            self.upstream.clone(),
        );
        all.register(
            "trace_spans",
            "Spans of traces, by whether the collector took them",
            self.spans.clone(),
        );
        all.register(
            "workers_broken",
            "Workers that broke and were started again; each is a bug",
            self.broken_workers.clone(),
        );
        self
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn begin(&self) -> UnderWay {
        self.under_way.inc();
        UnderWay(self.under_way.clone())
    }

    pub(super) fn answered(&self, labels: &RequestLabels, took: Duration, bytes: u64, whole: bool) {
        self.requests.get_or_create(labels).inc();
        let route = RouteLabels { route: labels.route.clone() };
        self.durations.get_or_create(&route).observe(took.as_secs_f64());
        self.bytes.get_or_create(&route).inc_by(bytes);
        if !whole {
            self.cut_short.inc();
        }
    }

    pub(crate) fn job_ended(&self, kind: JobKind, outcome: JobEnd, took: Duration) {
        self.jobs.get_or_create(&JobLabels { kind: kind.as_str(), outcome }).inc();
        self.job_seconds.inc_by(took.as_secs_f64());
    }

    pub(crate) fn decided(&self, stage: &str, outcome: Outcome) {
        let labels = DecisionLabels { stage: stage.to_owned(), outcome: outcome.word() };
        self.decisions.get_or_create(&labels).inc();
    }

    /// The upstream was asked for something. That it does not have it is an answer, too.
    pub(crate) fn asked_upstream(&self, answered: bool) {
        let outcome = if answered { "answered" } else { "failed" };
        self.upstream.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Counts what became of spans, by whoever sends them: `sent`, `failed`, `dropped`.
    pub(super) fn spans(&self, outcome: &'static str) -> Counter {
        self.spans.get_or_create(&OutcomeLabels { outcome }).clone()
    }
}
