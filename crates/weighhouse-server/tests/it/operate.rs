//! What operators see: the log of the program, metrics, health.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use weighhouse_server::{Upstream, operators};

use crate::harness::{TestGate, clean, parts};

/// Everything that is told while it lives.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Told {
    /// All events of this thread, however small, as JSON.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        // Whether an event is of interest is remembered for the whole process. Without somebody who wants everything all the time, a test
        // of another thread could have it remembered that nobody does.
        static EVERYTHING: Once = Once::new();
        EVERYTHING.call_once(|| {
            drop(tracing::subscriber::set_global_default(tracing_subscriber::registry()));
        });
        let told = self.clone();
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(true);
        let layer = layer.with_writer(move || told.clone());
        tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of requests.
    fn requests(&self) -> Vec<Value> {
        let lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().filter(|line| line["message"] == "answered").collect()
    }
}

#[tokio::test]
async fn each_request_is_one_line_with_its_number_and_the_pseudonym_of_who_asked() {
    let upstream = Upstream::at("http://127.0.0.1:9");
    let gate = TestGate::with(|settings| settings.upstream = Some(upstream)).await;
    let ada = gate.person("ada", &["user"]).await;
    let told = Told::default();
    let listening = told.listen();
    let answer = gate.get("/api/v1/whoami?secret=of-the-query", &ada).await;
    let missing = gate.get("/org/none/resolve/main/config.json", &ada).await;
    let nobody = gate.get("/api/v1/whoami", "wh_not-a-token").await;
    gate.get("/healthz", "").await;
    drop(listening);
    let lines = told.requests();
    assert_eq!(lines.len(), 4, "{}", told.text());
    let first = &lines[0];
    assert_eq!((&first["status"], &first["route"]), (&json!(200), &json!("/api/v1/whoami")), "{first}");
    assert_eq!(first["span"]["path"], "/api/v1/whoami");
    assert_eq!(first["span"]["id"], answer.header("x-request-id"));
    assert_eq!(first["sent"], answer.body.len());
    assert!(first["ms"].is_u64() && first["whole"] == true, "{first}");
    assert_eq!(lines[1]["route"], "/{name}/resolve");
    assert_eq!(lines[1]["status"], missing.status.as_u16());
    assert_eq!((&lines[2]["status"], &lines[2]["span"]["person"]), (&json!(401), &Value::Null));
    assert_eq!(nobody.header("x-request-id").len(), 16);
    // Seldom of interest, and often asked.
    assert_eq!((&lines[3]["level"], &first["level"]), (&json!("DEBUG"), &json!("INFO")));

    // The pseudonym is the one of the audit log: what somebody changes stands there under it.
    let pseudonym = first["span"]["person"].as_str().unwrap();
    let asked = gate.post("/api/v1/requests", &ada, json!({ "model": "org/m" })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    let database = gate.database().await;
    let query = sqlx::query_scalar("SELECT entry FROM log_records ORDER BY seq DESC LIMIT 1");
    let entry: String = query.fetch_one(&database).await.unwrap();
    database.close().await;
    assert!(entry.contains(&format!("person:{pseudonym}")), "{entry}");
}

#[tokio::test]
async fn no_secret_and_no_name_is_ever_told() {
    let gate = TestGate::new().await;
    let told = Told::default();
    let listening = told.listen();
    let ada = gate.person("ada-lovelace", &["user", "approver"]).await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    gate.get("/org/m/resolve/main/config.json", &ada).await;
    gate.get("/api/v1/whoami", "wh_wrong-but-still-a-secret").await;
    gate.get(&format!("/api/v1/models?search={ada}"), &ada).await;
    gate.get(&format!("/device?user_code=SECRET-CODE&token={ada}"), "").await;
    let form = format!("token={ada}");
    let request = |path: &str, body: String| {
        let request = Request::builder().method("POST").uri(path).header("origin", "http://gate.test");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", "weighhouse=the-secret-of-a-browser").body(Body::from(body)).unwrap()
    };
    let login = gate.send(request("/login", form)).await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    let secret = cookie.split_once('=').map_or("", |(_, secret)| secret).to_owned();
    assert!(secret.len() > 20, "{} {cookie}", login.status);
    let page = Request::builder().uri("/").header("cookie", &cookie).body(Body::empty()).unwrap();
    assert_eq!(gate.send(page).await.status, StatusCode::OK);
    let device = gate.send(request("/oauth/device", "client_id=hf".to_owned())).await.json();
    let code = device["device_code"].as_str().unwrap_or("no device code").to_owned();
    let user_code = device["user_code"].as_str().unwrap_or("no user code").to_owned();
    gate.send(request("/oauth/token", format!("device_code={code}&client_id=hf"))).await;
    drop(listening);
    let text = told.text();
    assert!(told.requests().len() >= 9, "{text}");
    let key = std::fs::read_to_string(gate.data().join("log.key")).unwrap();
    // `PRIVATE+KEY+name+number+base64`, of which the last may hold `+`, too.
    let key = key.trim().splitn(5, '+').last().unwrap();
    for secret in [
        gate.admin.as_str(),
        &ada,
        "wrong-but-still",
        "the-secret-of-a-browser",
        "SECRET-CODE",
        &secret,
        &code,
        &user_code,
        key,
        "ada-lovelace",
    ] {
        assert!(!text.contains(secret), "`{secret}` was told: {text}");
    }
}

/// The samples of a scrape: name with labels, and value.
async fn scrape(gate: &TestGate) -> BTreeMap<String, String> {
    let request = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
    let response = operators(Arc::clone(&gate.gate)).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.to_owned())
    });
    samples.collect()
}

#[tokio::test]
async fn metrics_tell_what_happened_and_how_things_stand() {
    let upstream = Upstream::at("http://127.0.0.1:9");
    let gate = TestGate::with(|settings| settings.upstream = Some(upstream)).await;
    let ada = gate.person("ada", &["user"]).await;
    gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    gate.import("admin", "org/n", "internal", &parts(&clean("2"))).await;
    let file = gate.get("/org/n/resolve/main/model.safetensors", &ada).await;
    assert_eq!(file.status, StatusCode::OK);
    gate.post("/api/v1/requests", &ada, json!({ "model": "org/later" })).await;
    gate.pass(100);
    let now = scrape(&gate).await;
    let value = |name: &str| now.get(name).unwrap_or_else(|| panic!("{name}: {now:#?}")).as_str();
    let file_route = r#"route="/{name}/resolve""#;
    let labels = format!(r#"{file_route},method="GET",status="200""#);
    assert_eq!(value(&format!("weighhouse_http_requests_total{{{labels}}}")), "1");
    let bytes = value(&format!("weighhouse_http_response_body_bytes_total{{{file_route}}}"));
    assert_eq!(bytes, file.body.len().to_string());
    assert_eq!(value(&format!("weighhouse_http_request_duration_seconds_count{{{file_route}}}")), "1");
    assert_eq!(value(r#"weighhouse_jobs_ended_total{kind="inspect",outcome="done"}"#), "2");
    assert_ne!(value(r#"weighhouse_decisions_total{stage="internal",outcome="allow"}"#), "0");
    assert_ne!(value(r#"weighhouse_decisions_total{stage="production",outcome="needs-approval"}"#), "0");
    assert_eq!(value(r#"weighhouse_releases{stage="internal",state="released"}"#), "1");
    assert_eq!(value(r#"weighhouse_releases{stage="production",state="reviewable"}"#), "1");
    assert_eq!(value(r#"weighhouse_jobs{kind="fetch",state="waiting"}"#), "1");
    assert_eq!(value(r#"weighhouse_jobs_oldest_seconds{kind="fetch"}"#), "100");
    assert!(value("weighhouse_log_records").parse::<u64>().unwrap() > 5);
    assert!(value("weighhouse_resident_memory_bytes").parse::<u64>().unwrap() > 1_000_000);
    for up in ["weighhouse_database_up", "weighhouse_contents_up"] {
        assert_eq!(value(up), "1", "{up}");
    }
    assert_eq!(value("weighhouse_http_requests_under_way"), "0");
}

#[tokio::test]
async fn callers_cannot_make_metrics_grow() {
    let gate = TestGate::new().await;
    let once = async |number: usize| {
        let path = format!("/org/m{number}/resolve/main/file{number}");
        gate.get(&path, "wh_x").await;
        gate.get(&format!("/api/v1/models/org/m{number}"), "wh_x").await;
        gate.get(&format!("/api/models/org/m{number}/revision/r{number}"), "wh_x").await;
        gate.get(&format!("/nothing/at/all/{number}"), "wh_x").await;
        let request = Request::builder().method(format!("M{number}").as_str()).uri("/healthz");
        gate.send(request.body(Body::empty()).unwrap()).await;
    };
    once(0).await;
    let before = scrape(&gate).await;
    for number in 1..50 {
        once(number).await;
    }
    let after = scrape(&gate).await;
    let names = |samples: &BTreeMap<String, String>| samples.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
}

#[tokio::test]
async fn clients_are_not_told_metrics() {
    let gate = TestGate::new().await;
    for token in ["", &gate.admin] {
        assert_ne!(gate.get("/metrics", token).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn without_its_contents_a_gate_is_not_ready_but_healthy() {
    let gate = TestGate::new().await;
    let (contents, aside) = (gate.data().join("blobs"), gate.data().join("aside"));
    assert_eq!(gate.get("/readyz", "").await.status, StatusCode::OK);
    std::fs::rename(&contents, &aside).unwrap();
    let answer = gate.get("/readyz", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, b"the contents cannot be reached\n");
    assert_eq!(gate.get("/healthz", "").await.status, StatusCode::OK);
    assert_eq!(scrape(&gate).await["weighhouse_contents_up"], "0");
    std::fs::rename(&aside, &contents).unwrap();
    assert_eq!(gate.get("/readyz", "").await.status, StatusCode::OK);
}
