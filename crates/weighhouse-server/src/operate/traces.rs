//! Traces of what the gate does, for a collector that speaks OTLP (HTTP, protobuf): requests, jobs, what is asked of the upstream, decisions.
//!
//! Spans hold words of the program and of its configuration only: routes, statuses, kinds, outcomes, stages. Nothing that callers write is in
//! them: no name, no path, no query, no token. A caller's `traceparent` is gone on with; nobody outside is told one. Between the gate and the
//! collector stands a queue of bounded length: if the collector is slow or away, spans are dropped and counted, and nobody waits.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, Uri};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span, SpanData,
    SpanProcessor,
};
use prometheus_client::metrics::counter::Counter;
use weighhouse_core::Outcome;
use weighhouse_core::printable::printable_within;
use weighhouse_scan::source::hub::Authorities;

use super::metrics::{JobEnd, Metrics, RequestLabels};
use super::requests::{HUNG_UP, OTHER};
use crate::error::{GateError, Result};
use crate::settings::{Settings, TraceCollector};
use crate::store::jobs::Job;
use crate::store::outbox::Channel;

/// Spans that wait for the collector at most, those on their way to it included; more are dropped.
const WAITING: usize = 2048;
/// Spans that are sent together.
const BATCH: usize = 512;
/// How long a span waits for others.
const REST: Duration = Duration::from_secs(2);
/// How long the collector has for an answer, and all of it when the program ends.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of its answer that are read.
const ANSWER: u64 = 64 << 10;
/// By which a trace is gone on with (W3C Trace Context).
const PARENT: &str = "traceparent";

/// Makes spans, if there is somebody who takes them. Without, all of them are the empty context, in which nothing is recorded.
pub(crate) struct Tracer(Option<Open>);

struct Open {
    tracer: SdkTracer,
    provider: SdkTracerProvider,
    /// What all requests have in common: the address by which clients reach the gate. What they themselves call it is their word.
    address: Vec<KeyValue>,
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracer").field(&self.0.is_some()).finish()
    }
}

impl Tracer {
    /// Begins to send spans, if the settings say where.
    pub(crate) fn of(settings: &Settings, metrics: &Metrics) -> Result<Self> {
        let Some(collector) = &settings.traces else { return Ok(Self(None)) };
        let provider = provider(collector, metrics).map_err(|error| {
            GateError::Invalid(format!("traces cannot be sent to `{}`: {error}", collector.endpoint))
        })?;
        let mut address = server(&settings.address);
        let scheme = if settings.address.starts_with("https:") { "https" } else { "http" };
        address.push(KeyValue::new("url.scheme", scheme));
        Ok(Self(Some(Open { tracer: provider.tracer("weighhouse"), provider, address })))
    }

    /// Sends what waits, and no more after that.
    pub(crate) async fn end(&self) {
        let Some(Open { provider, .. }) = &self.0 else { return };
        let provider = provider.clone();
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(PATIENCE)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans did not reach the collector of traces");
        }
    }

    /// The span of a request. It goes on with the trace of its caller, if they have one.
    pub(crate) fn request(&self, method: &'static str, headers: &HeaderMap) -> Context {
        let Some(open) = &self.0 else { return Context::new() };
        let parent = headers.get(PARENT).and_then(|value| value.to_str().ok()).map(remote);
        let mut attributes = open.address.clone();
        attributes.push(KeyValue::new("http.request.method", known(method, "_OTHER")));
        open.start(known(method, "HTTP"), SpanKind::Server, attributes, &parent.unwrap_or_default())
    }

    /// The span of a job. It goes on with the trace of whoever asked for it.
    pub(crate) fn job(&self, job: &Job) -> Context {
        let Some(open) = &self.0 else { return Context::new() };
        let parent = job.trace.as_deref().map(remote).unwrap_or_default();
        let attributes = vec![
            KeyValue::new("weighhouse.job.kind", job.kind.as_str()),
            KeyValue::new("weighhouse.job.attempt", i64::from(job.attempt)),
        ];
        open.start(format!("job {}", job.kind), SpanKind::Consumer, attributes, &parent)
    }

    /// The span of something that is asked of the upstream, within what is done now.
    pub(crate) fn upstream(&self, what: &'static str, endpoint: &str) -> Context {
        let Some(open) = &self.0 else { return Context::new() };
        open.start(what, SpanKind::Client, server(endpoint), &Context::current())
    }

    /// The span of a decision by policy, within what is done now.
    pub(crate) fn decision(&self, stage: &str) -> Context {
        let Some(open) = &self.0 else { return Context::new() };
        let attributes = vec![KeyValue::new("weighhouse.stage", stage.to_owned())];
        open.start("decide", SpanKind::Internal, attributes, &Context::current())
    }
}

impl Open {
    fn start(
        &self,
        name: impl Into<std::borrow::Cow<'static, str>>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        parent: &Context,
    ) -> Context {
        let span = self.tracer.span_builder(name).with_kind(kind).with_attributes(attributes);
        parent.with_span(span.start_with_context(&self.tracer, parent))
    }
}

/// A method, or what OpenTelemetry writes for others.
fn known(method: &'static str, other: &'static str) -> &'static str {
    if method == OTHER { other } else { method }
}

/// Ends the span of a request. Its route is known by now.
pub(super) fn answered(trace: &Context, labels: &RequestLabels, sent: u64, whole: bool) {
    let span = trace.span();
    if !span.is_recording() {
        return;
    }
    if labels.route != OTHER {
        span.update_name(format!("{} {}", known(labels.method, "HTTP"), labels.route));
        span.set_attribute(KeyValue::new("http.route", labels.route.clone()));
    }
    if labels.status != HUNG_UP {
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(labels.status)));
    }
    span.set_attribute(KeyValue::new("http.response.body.size", i64::try_from(sent).unwrap_or(i64::MAX)));
    if labels.status >= 500 {
        span.set_attribute(KeyValue::new("error.type", labels.status.to_string()));
        span.set_status(Status::error(""));
    } else if labels.status == HUNG_UP || !whole {
        // Theirs, not ours: no error of the gate.
        span.set_attribute(KeyValue::new("error.type", "hung_up"));
    }
    span.end();
}

/// Ends the span of a job.
pub(crate) fn job_ended(trace: &Context, outcome: JobEnd) {
    let span = trace.span();
    if !span.is_recording() {
        return;
    }
    span.set_attribute(KeyValue::new("weighhouse.job.outcome", format!("{outcome:?}")));
    if outcome == JobEnd::put_off {
        span.set_status(Status::error(""));
    }
    span.end();
}

/// Ends the span of something that was asked of the upstream.
pub(crate) fn asked(trace: &Context, answered: bool) {
    if !answered {
        trace.span().set_status(Status::error(""));
    }
    trace.span().end();
}

/// Ends the span of a decision.
pub(crate) fn decided(trace: &Context, outcome: Outcome) {
    trace.span().set_attribute(KeyValue::new("weighhouse.outcome", outcome.word()));
    trace.span().end();
}

/// Notes with the job that is done now by which way somebody was to be told, and whether they were.
pub(crate) fn told(channel: Channel, delivered: bool) {
    let context = Context::current();
    let span = context.span();
    span.set_attribute(KeyValue::new("weighhouse.channel", channel.as_str()));
    if !delivered {
        span.set_status(Status::error(""));
    }
}

/// The number of a trace, for lines of the log.
pub(crate) fn number(trace: &Context) -> Option<String> {
    let span = trace.span();
    let span = span.span_context();
    span.is_valid().then(|| span.trace_id().to_string())
}

/// What is done now, for whoever goes on with it: the form of `traceparent`.
pub(crate) fn current() -> Option<String> {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    let flags = span.trace_flags().to_u8();
    span.is_valid().then(|| format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()))
}

/// What a `traceparent` names; nothing if it is none. What else callers may send along (`tracestate`, `baggage`) goes nowhere.
fn remote(traceparent: &str) -> Context {
    let fields = HashMap::from([(PARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract_with_context(&Context::new(), &fields)
}

/// The host and port of an address.
fn server(address: &str) -> Vec<KeyValue> {
    let uri = address.parse::<Uri>().unwrap_or_default();
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let port = i64::from(uri.port_u16().unwrap_or(usual));
    let host = uri.host().map(|host| KeyValue::new("server.address", host.to_owned()));
    host.into_iter().chain([KeyValue::new("server.port", port)]).collect()
}

fn provider(
    collector: &TraceCollector,
    metrics: &Metrics,
) -> std::result::Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(collector))
        .with_endpoint(&collector.endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(PATIENCE)
        .build()?;
    let waiting = Arc::<AtomicUsize>::default();
    let exporter = Counting {
        exporter,
        waiting: Arc::clone(&waiting),
        sent: metrics.spans("sent"),
        failed: metrics.spans("failed"),
    };
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(WAITING)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(REST)
        .build();
    let batches = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    let detected = Resource::builder().build();
    let name = detected.get(&Key::new("service.name"));
    let unnamed = name.is_none_or(|name| name.as_str().starts_with("unknown_service"));
    let resource = Resource::builder()
        .with_attributes(unnamed.then(|| KeyValue::new("service.name", "weighhouse")))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let provider = SdkTracerProvider::builder()
        .with_span_processor(Bounded { batches, waiting, dropped: metrics.spans("dropped") })
        .with_resource(resource.build());
    Ok(match collector.percent {
        Some(percent) => {
            let some = Sampler::TraceIdRatioBased(f64::from(percent) / 100.0);
            provider.with_sampler(Sampler::ParentBased(Box::new(some))).build()
        }
        None => provider.build(),
    })
}

/// Lets in as many spans as may wait, and counts the others: the library drops them in silence.
#[derive(Debug)]
struct Bounded {
    batches: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    dropped: Counter,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < WAITING {
            self.batches.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.dropped.inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// Counts what became of the spans that were let in.
#[derive(Debug)]
struct Counting {
    exporter: SpanExporter,
    waiting: Arc<AtomicUsize>,
    sent: Counter,
    failed: Counter,
}

impl opentelemetry_sdk::trace::SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let counter = if result.is_ok() { &self.sent } else { &self.failed };
        counter.inc_by(count as u64);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Posts spans, on the thread that the library has for it, and says when the collector takes no more of them, and when it does again.
#[derive(Debug)]
struct Client {
    agent: ureq::Agent,
    lost: AtomicBool,
}

impl Client {
    fn new(collector: &TraceCollector) -> Self {
        let config = ureq::config::Config::builder()
            .http_status_as_error(false)
            // Spans, and the headers that let them in, go where the operator said and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .tls_config(Authorities::tls(collector.authorities.as_ref()));
        Self { agent: config.build().into(), lost: AtomicBool::new(false) }
    }

    fn post(&self, request: Request<Bytes>) -> std::result::Result<Response<Bytes>, ureq::Error> {
        let answer = self.agent.run(request.map(|body| body.to_vec()))?;
        let (head, body) = answer.into_parts();
        let mut start = Vec::new();
        std::io::copy(&mut body.into_reader().take(ANSWER), &mut start)?;
        Ok(Response::from_parts(head, start.into()))
    }

    /// Says it once, not for each batch.
    fn tell(&self, fault: Option<&str>) {
        let before = self.lost.swap(fault.is_some(), Ordering::Relaxed);
        match fault {
            Some(why) if !before => {
                tracing::warn!(why, "the collector of traces takes no spans; nothing waits for it");
            }
            None if before => tracing::info!("the collector of traces takes spans again"),
            _ => {}
        }
    }
}

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let answer = self.post(request);
            match &answer {
                Ok(answer) if answer.status().is_success() => self.tell(None),
                Ok(answer) => self.tell(Some(&format!("it answers {}", answer.status().as_u16()))),
                Err(error) => self.tell(Some(&printable_within(&error.to_string(), 300))),
            }
            Ok(answer?)
        })
    }
}
