//! What a collector of traces is sent, read by the types of OpenTelemetry; and that one that is away, slow or wrong is felt by nobody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode as Outcome;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;
use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use weighhouse_scan::source::hub::{Authorities, Patience};
use weighhouse_server::{Settings, TraceCollector, Upstream, operators, router};

use crate::harness::{TestGate, clean, parts};
use crate::receivers::{self, Receiver, Sent};

/// How a collector answers.
#[derive(Clone, Copy)]
enum Manner {
    /// With this status.
    Status(u16),
    /// Never.
    Hangs,
    /// It takes them, and has very much to say about it.
    Talks,
    /// A byte now and then, for ever.
    Drips,
}

/// A collector on this machine.
#[derive(Clone)]
struct Collector {
    port: u16,
    status: Arc<AtomicU16>,
    sent: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Collector {
    async fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let status = if let Manner::Status(status) = manner { status } else { 200 };
        let this = Self {
            port: listener.local_addr().unwrap().port(),
            status: Arc::new(AtomicU16::new(status)),
            sent: Arc::default(),
        };
        let keep = move |State(this): State<Self>, headers: HeaderMap, body: Bytes| async move {
            this.sent.lock().unwrap().push((headers, body));
            this.answer(manner).await
        };
        let router = Router::new().route("/v1/traces", post(keep)).with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    async fn answer(&self, manner: Manner) -> Response {
        let part = |byte: u8, count: usize| Ok::<_, std::io::Error>(Bytes::from(vec![byte; count]));
        match manner {
            Manner::Status(_) => {
                StatusCode::from_u16(self.status.load(Ordering::SeqCst)).unwrap().into_response()
            }
            Manner::Hangs => std::future::pending().await,
            Manner::Talks => {
                let all = futures_util::stream::iter(0..1 << 14).map(move |_| part(b'x', 1 << 20));
                Body::from_stream(all).into_response()
            }
            Manner::Drips => {
                let all = futures_util::stream::repeat(()).then(move |()| async move {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    part(0, 1)
                });
                Body::from_stream(all).into_response()
            }
        }
    }

    /// Spans are posted to it.
    fn named(port: u16) -> TraceCollector {
        let endpoint = format!("http://127.0.0.1:{port}/v1/traces");
        TraceCollector { endpoint, percent: Some(100), authorities: None }
    }

    /// A gate whose spans it takes.
    async fn gate(&self, change: impl FnOnce(&mut Settings)) -> TestGate {
        TestGate::with(|settings| {
            settings.traces = Some(Self::named(self.port));
            change(settings);
        })
        .await
    }

    /// Everything, as it is on the wire.
    fn raw(&self) -> Vec<u8> {
        self.sent.lock().unwrap().iter().flat_map(|(_, body)| body.to_vec()).collect()
    }

    fn resources(&self) -> Vec<ResourceSpans> {
        let sent = self.sent.lock().unwrap();
        let requests = sent.iter().map(|(_, body)| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        requests.flat_map(|request| request.resource_spans).collect()
    }

    fn spans(&self) -> Vec<Span> {
        let scopes = self.resources().into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &AnyValue| match value.value.as_ref().unwrap() {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|one| (one.key.clone(), text(one.value.as_ref().unwrap()))).collect()
}

fn attributes(span: &Span) -> BTreeMap<String, String> {
    texts(&span.attributes)
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no `{name}` in {names:?}"))
}

fn failed(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code == Outcome::Error as i32)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

/// What became of spans, as metrics tell it.
async fn counted(gate: &TestGate, outcome: &str) -> usize {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = operators(Arc::clone(&gate.gate)).oneshot(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let sample = format!("weighhouse_trace_spans_total{{outcome=\"{outcome}\"}} ");
    let found = text.lines().find_map(|line| line.strip_prefix(&sample));
    found.unwrap_or_else(|| panic!("no `{sample}` in {text}")).parse().unwrap()
}

/// An upstream that has a bad day, and keeps the headers that it is sent.
async fn upstream() -> (Upstream, Arc<Mutex<Vec<HeaderMap>>>) {
    let heard = Arc::<Mutex<Vec<HeaderMap>>>::default();
    let hear = |State(heard): State<Arc<Mutex<Vec<HeaderMap>>>>, headers: HeaderMap| async move {
        heard.lock().unwrap().push(headers);
        StatusCode::SERVICE_UNAVAILABLE
    };
    let router = Router::new().fallback(hear).with_state(Arc::clone(&heard));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let short = Duration::from_secs(2);
    let pause = Duration::from_millis(1);
    let patience = Patience { connect: short, answer: short, silence: short, attempts: 1, pause };
    (Upstream { patience, ..Upstream::at(&endpoint) }, heard)
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What came of a model that was brought in, taken, looked for by a stranger, and of another that the upstream does not give.
struct Scene {
    collector: Collector,
    gate: TestGate,
    ada: String,
    spans: Vec<Span>,
    hooks: Receiver<Sent>,
    heard: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Scene {
    async fn new() -> Self {
        let collector = Collector::new(Manner::Status(200)).await;
        let (upstream, heard) = upstream().await;
        let hooks = receivers::web();
        let gate = collector.gate(|settings| {
            settings.upstream = Some(upstream);
            settings.notices.networks = vec!["127.0.0.0/8".parse().unwrap()];
        });
        let gate = gate.await;
        let ada = gate.person("ada-lovelace", &["user"]).await;
        let hook = json!({ "url": format!("http://127.0.0.1:{}/hook", hooks.port) });
        assert_eq!(gate.post("/api/v1/webhooks", &gate.admin, hook).await.status, StatusCode::CREATED);
        gate.import("admin", "mystic-org/mystic-model", "internal", &parts(&clean("1"))).await;
        let by_ada = |request: axum::http::request::Builder, body: Body| {
            let request = request.header("authorization", format!("Bearer {ada}"));
            request.header("traceparent", PARENT).body(body).unwrap()
        };
        let take = Request::get("/mystic-org/mystic-model/resolve/main/config.json?q=hush");
        let take = take.header("tracestate", "vendor=hush").header("baggage", "hush=hush");
        assert_eq!(gate.send(by_ada(take, Body::empty())).await.status, StatusCode::OK);
        let strange = gate.get("/mystic-org/none/resolve/main/x", "").await;
        assert_eq!(strange.status, StatusCode::UNAUTHORIZED);
        let odd = Request::builder().method("HUSH").uri("/healthz");
        gate.send(odd.body(Body::empty()).unwrap()).await;
        let wanted = json!({ "model": "mystic-org/other", "stage": "internal", "reason": "hush" });
        let wish = Request::post("/api/v1/requests").header("content-type", "application/json");
        let wish = by_ada(wish, Body::from(wanted.to_string()));
        assert_eq!(gate.send(wish).await.status, StatusCode::ACCEPTED);
        weighhouse_server::work_off(&gate.gate).await.unwrap();
        gate.gate.end_traces().await;
        let spans = collector.spans();
        Self { collector, gate, ada, spans, hooks, heard }
    }
}

#[tokio::test]
async fn requests_are_spans_by_the_names_of_opentelemetry() {
    let Scene { gate, spans, collector, .. } = Scene::new().await;
    let served = named(&spans, "GET /{name}/resolve");
    assert_eq!((&served.trace_id, &served.parent_span_id), (&hex(TRACE), &hex("b7ad6b7169203331")));
    assert_eq!((served.kind, served.trace_state.as_str()), (SpanKind::Server as i32, ""));
    let found = attributes(served);
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("http.route", "/{name}/resolve"),
        ("server.address", "gate.test"),
        ("server.port", "80"),
        ("url.scheme", "http"),
    ] {
        assert_eq!(found.get(key).map(String::as_str), Some(value), "{key} in {found:?}");
    }
    assert!(!found.contains_key("url.path") && !found.contains_key("error.type") && !failed(served));
    assert!(served.end_time_unix_nano > served.start_time_unix_nano);
    let refused =
        |span: &&Span| attributes(span).get("http.response.status_code").is_some_and(|it| it == "401");
    let refused = spans.iter().find(refused).unwrap();
    assert!(
        !failed(refused) && refused.parent_span_id.is_empty(),
        "a trace of its own, and no fault of ours"
    );
    assert_eq!(attributes(named(&spans, "HTTP /healthz"))["http.request.method"], "_OTHER");
    let resources = collector.resources();
    let resource = texts(&resources.first().and_then(|spans| spans.resource.clone()).unwrap().attributes);
    assert_eq!(resource["service.name"], "weighhouse");
    assert_eq!(resource["telemetry.sdk.language"], "rust");
    assert_eq!((counted(&gate, "sent").await, counted(&gate, "failed").await), (spans.len(), 0));
}

#[tokio::test]
async fn a_wish_and_what_comes_of_it_are_one_trace() {
    let Scene { gate, spans, .. } = Scene::new().await;
    let inspect = named(&spans, "job inspect");
    assert_eq!(inspect.kind, SpanKind::Consumer as i32);
    assert_eq!(attributes(inspect)["weighhouse.job.outcome"], "done");
    let within = |span: &&Span| span.name == "decide" && span.parent_span_id == inspect.span_id;
    let decide = attributes(spans.iter().find(within).unwrap());
    assert_eq!((&*decide["weighhouse.stage"], &*decide["weighhouse.outcome"]), ("internal", "allow"));

    let (asked, fetch) = (named(&spans, "POST /api/v1/requests"), named(&spans, "job fetch"));
    assert_eq!((&fetch.trace_id, &fetch.parent_span_id), (&hex(TRACE), &asked.span_id));
    assert_eq!(attributes(fetch)["weighhouse.job.outcome"], "put_off");
    let resolve = named(&spans, "upstream resolve");
    assert_eq!((&resolve.parent_span_id, resolve.kind), (&fetch.span_id, SpanKind::Client as i32));
    assert_eq!(attributes(resolve)["server.address"], "127.0.0.1");
    assert!(failed(resolve) && failed(fetch));
    let deliver = |span: &&Span| span.name == "job deliver" && span.trace_id == hex(TRACE);
    let deliver = spans.iter().find(deliver).unwrap();
    assert_eq!(attributes(deliver)["weighhouse.channel"], "webhook");
    assert!(!failed(deliver));
    let notify = spans.iter().find(|span| span.span_id == deliver.parent_span_id).unwrap();
    assert_eq!((notify.name.as_str(), &notify.parent_span_id), ("job notify", &asked.span_id));
    gate.assert_sound().await;
}

#[tokio::test]
async fn nobody_is_named_and_nobody_outside_is_told() {
    let Scene { collector, gate, ada, hooks, heard, .. } = Scene::new().await;
    let told = hooks.kept();
    assert!(!told.is_empty() && told.iter().all(|one| !one.headers.contains_key("traceparent")));
    let heard = heard.lock().unwrap().clone();
    assert!(!heard.is_empty() && heard.iter().all(|headers| !headers.contains_key("traceparent")));
    let raw = String::from_utf8_lossy(&collector.raw()).into_owned();
    // Without numbers of spans, which are random and may look like short words.
    let read = format!("{:?}", collector.resources()).to_lowercase();
    assert!(raw.contains("/{name}/resolve") && read.contains("/{name}/resolve"), "words can be found");
    for hidden in ["mystic", "lovelace", "hush", "config.json", &ada, &gate.admin] {
        assert!(!raw.contains(hidden), "`{hidden}` was exported");
    }
    for hidden in ["mystic", "ada", "admin", "hush", "config.json", "clean", "hf_wh"] {
        assert!(!read.contains(hidden), "`{hidden}` was exported: {read}");
    }
}

#[tokio::test]
async fn callers_send_traceparents_that_mean_nothing() {
    let collector = Collector::new(Manner::Status(200)).await;
    let gate = collector.gate(|_| ()).await;
    let long = format!("{PARENT}-{}", "0".repeat(5000));
    let wrong = [
        "",
        "garbage",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        &long,
    ];
    for parent in wrong {
        let request = Request::get("/healthz").header("traceparent", parent).body(Body::empty());
        assert_eq!(gate.send(request.unwrap()).await.status, StatusCode::OK, "{parent}");
    }
    let bytes = axum::http::HeaderValue::from_bytes(b"00-\xff\xfe").unwrap();
    let request = Request::get("/healthz").header("traceparent", bytes).body(Body::empty());
    gate.send(request.unwrap()).await;
    // Whoever has decided that this trace is not kept is heard.
    let request = Request::get("/readyz").header("traceparent", PARENT.replace("-01", "-00"));
    gate.send(request.body(Body::empty()).unwrap()).await;
    gate.gate.end_traces().await;
    let spans = collector.spans();
    assert_eq!(spans.len(), wrong.len() + 1, "{spans:?}");
    for span in spans {
        assert!(span.parent_span_id.is_empty() && span.trace_id != hex(TRACE), "{span:?}");
        assert_eq!(span.name, "GET /healthz");
    }
}

/// More requests than spans wait.
const SIEGE: usize = 2600;

/// Asks more often than spans wait; gives how long it took.
async fn besieged(gate: &TestGate) -> Duration {
    let (began, router) = (Instant::now(), router(Arc::clone(&gate.gate)));
    for _ in 0..SIEGE {
        let request = Request::get("/healthz").body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    }
    began.elapsed()
}

/// The longest that a besieged gate takes for its answers, on a machine that is busy with other tests.
const ANSWERED: Duration = Duration::from_mins(1);
/// The longest that the end waits for the collector, on such a machine.
const ENDED: Duration = Duration::from_secs(20);

async fn not_felt(port: u16, drops: bool) {
    let gate = TestGate::with(|settings| settings.traces = Some(Collector::named(port))).await;
    let took = besieged(&gate).await;
    assert!(took < ANSWERED, "{took:?}");
    let began = Instant::now();
    gate.gate.end_traces().await;
    assert!(began.elapsed() < ENDED, "{:?}", began.elapsed());
    let (failed, dropped) = (counted(&gate, "failed").await, counted(&gate, "dropped").await);
    assert!(dropped > 0 || !drops, "{dropped} dropped");
    assert!(failed + dropped > 0, "{failed} failed, {dropped} dropped");
    assert!(failed + dropped + counted(&gate, "sent").await <= SIEGE);
    // And after the end.
    assert_eq!(gate.get("/healthz", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_collector_that_hangs_is_felt_by_nobody() {
    not_felt(Collector::new(Manner::Hangs).await.port, true).await;
}

#[tokio::test]
async fn a_collector_that_answers_a_byte_at_a_time_is_felt_by_nobody() {
    not_felt(Collector::new(Manner::Drips).await.port, true).await;
}

#[tokio::test]
async fn a_collector_that_refuses_is_felt_by_nobody() {
    not_felt(Collector::new(Manner::Status(403)).await.port, false).await;
    not_felt(Collector::new(Manner::Status(503)).await.port, false).await;
}

#[tokio::test]
async fn a_collector_that_is_away_is_felt_by_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    not_felt(port, false).await;
}

#[tokio::test]
async fn a_collector_that_says_much_is_not_listened_to() {
    let collector = Collector::new(Manner::Talks).await;
    let gate = collector.gate(|_| ()).await;
    gate.get("/healthz", "").await;
    gate.gate.end_traces().await;
    assert_eq!((counted(&gate, "sent").await, collector.spans().len()), (1, 1));
}

#[tokio::test]
async fn a_collector_that_comes_back_is_sent_spans_again() {
    let collector = Collector::new(Manner::Status(400)).await;
    let gate = collector.gate(|_| ()).await;
    gate.get("/healthz", "").await;
    let began = Instant::now();
    while counted(&gate, "failed").await == 0 {
        assert!(began.elapsed() < ENDED, "spans are sent while the gate serves");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    collector.status.store(200, Ordering::SeqCst);
    gate.get("/readyz", "").await;
    gate.gate.end_traces().await;
    assert_eq!((counted(&gate, "failed").await, counted(&gate, "sent").await), (1, 1));
}

#[tokio::test]
async fn of_many_traces_some_are_kept() {
    let collector = Collector::new(Manner::Status(200)).await;
    let gate = collector.gate(|settings| settings.traces.as_mut().unwrap().percent = Some(10)).await;
    for _ in 0..500 {
        gate.get("/healthz", "").await;
    }
    let request = Request::get("/readyz").header("traceparent", PARENT).body(Body::empty());
    gate.send(request.unwrap()).await;
    gate.gate.end_traces().await;
    let spans = collector.spans();
    let kept = spans.iter().filter(|span| span.name == "GET /healthz").count();
    assert!((10..150).contains(&kept), "{kept} of 500");
    assert_eq!(named(&spans, "GET /readyz").trace_id, hex(TRACE), "its caller wants it kept");
}

/// Takes one request by TLS, and says how long its body was.
async fn taken_by_tls(listener: TcpListener, tls: TlsAcceptor) -> std::io::Result<usize> {
    let mut stream = BufReader::new(tls.accept(listener.accept().await?.0).await?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
    stream.shutdown().await?;
    Ok(length)
}

#[tokio::test]
async fn spans_go_by_tls_to_a_collector_that_the_operator_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("collector.pem");
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&authority, cert.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let key = PrivateKeyDer::from_pem_slice(signing_key.serialize_pem().as_bytes()).unwrap();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key);
    let tls = TlsAcceptor::from(Arc::new(config.unwrap()));
    for trusted in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("https://localhost:{}/v1/traces", listener.local_addr().unwrap().port());
        let taking = tokio::spawn(taken_by_tls(listener, tls.clone()));
        let authorities = trusted.then(|| Authorities::read(&authority).unwrap());
        let traces = TraceCollector { endpoint, percent: None, authorities };
        let gate = TestGate::with(|settings| settings.traces = Some(traces)).await;
        gate.get("/healthz", "").await;
        gate.gate.end_traces().await;
        assert_eq!(counted(&gate, "sent").await, usize::from(trusted));
        let taken = tokio::time::timeout(ENDED, taking).await.unwrap().unwrap();
        assert_eq!(taken.is_ok_and(|length| length > 0), trusted);
    }
}
