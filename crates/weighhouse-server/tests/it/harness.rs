//! A gate in a folder of its own, with the real engine and a clock that stands still.
//!
//! With `WEIGHHOUSE_TEST_DATABASE=postgres://…` each gate gets a schema of its own there (`tools/postgres run cargo test …`), without it
//! an `SQLite` file in its folder. With `WEIGHHOUSE_TEST_BLOBS=s3://…` contents are in object storage (`tools/s3 run …`); with both, servers
//! beside each other share nothing else: each has a folder of its own, as if on another machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::contents::{self, Contents};
use crate::sound::faults;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use weighhouse_core::{Digest, Inspection, RuleMeta};
use weighhouse_formats::bounded::Limits;
use weighhouse_policy::PolicySet;
use weighhouse_report::{Basis, Detail, Format, Report, Style};
use weighhouse_scan::engine::Engine;
use weighhouse_scan::source::Listing;
use weighhouse_server::{Gate, Inspector, Kind, Name, Notices, Parts, Settings, Stage, router, work_off};

/// 2026-11-22, 00:00 UTC.
pub(crate) const START: i64 = 1_795_305_600;

/// Inspects with the real engine.
pub(crate) struct Real;

impl Inspector for Real {
    fn ruleset(&self) -> Digest {
        weighhouse_scan::engine::tool().ruleset
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        let inspection = Engine::new(Arc::new(Limits::default()), Arc::clone(cancelled)).inspect(&listing);
        let rules: Vec<&'static RuleMeta> = weighhouse_scan::RULES.iter().map(|rule| rule.meta()).collect();
        let report = Report {
            inspection: &inspection,
            basis: Basis::Threshold(None),
            rules: &rules,
            waivers: &[],
            diagnostics: &[],
            date: None,
        };
        let mut text = Vec::new();
        let style = Style { color: false, width: 80, detail: Detail::Normal };
        weighhouse_report::render(&report, Format::Json, &style, &mut text)
            .map_err(|error| error.to_string())?;
        Ok((inspection, String::from_utf8(text).map_err(|error| error.to_string())?))
    }
}

/// A gate, and an administrator's token.
pub(crate) struct TestGate {
    pub(crate) gate: Arc<Gate>,
    pub(crate) admin: String,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) settings: Settings,
    folder: Arc<TempDir>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl TestGate {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A gate whose settings are changed before it opens.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(START));
        let mut settings = settings(folder.path().join("data"), fresh_database().await);
        change(&mut settings);
        let gate = open(settings.clone(), &clock).await;
        let admin = gate.bootstrap().await.unwrap().unwrap().expose().to_owned();
        Self { gate, admin, clock, settings, folder: Arc::new(folder) }
    }

    /// Another server on the same database and contents.
    pub(crate) async fn beside(&self) -> Self {
        let (settings, folder) = self.elsewhere();
        Self {
            gate: open(settings.clone(), &self.clock).await,
            admin: self.admin.clone(),
            clock: Arc::clone(&self.clock),
            settings,
            folder,
        }
    }

    /// Settings of another server on the same, on another machine if it shares no folder. Its operator brought the keys there.
    fn elsewhere(&self) -> (Settings, Arc<TempDir>) {
        let mut settings = self.settings.clone();
        if settings.database.is_none() || settings.blobs.is_none() {
            return (settings, Arc::clone(&self.folder));
        }
        let folder = tempfile::tempdir().unwrap();
        settings.data = folder.path().join("data");
        std::fs::create_dir_all(&settings.data).unwrap();
        for entry in std::fs::read_dir(&self.settings.data).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), settings.data.join(entry.file_name())).unwrap();
            }
        }
        (settings, Arc::new(folder))
    }

    /// Another server on the same, with other parts.
    pub(crate) async fn beside_of(&self, change: impl FnOnce(Parts) -> Parts) -> Self {
        let (parts, beside) = (change(works(&self.clock)), self.beside().await);
        Self { gate: Gate::open(beside.settings.clone(), parts).await.unwrap(), ..beside }
    }

    /// Another server on the same, set up in another way.
    pub(crate) async fn beside_set(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Self { gate: open(settings.clone(), &self.clock).await, settings, ..self.beside().await }
    }

    /// Decides again about everything, and does what comes of it.
    pub(crate) async fn review(&self) {
        self.gate.begin_reviews().await.unwrap();
        work_off(&self.gate).await.unwrap();
    }

    /// The state of a release, whoever may see it.
    pub(crate) async fn state_of(&self, id: &str) -> String {
        let row = sqlx::query_scalar("SELECT state FROM releases WHERE id = $1").bind(id);
        let database = self.database().await;
        let state: String = row.fetch_one(&database).await.unwrap();
        database.close().await;
        state
    }

    /// The database, as its administrator has it.
    pub(crate) async fn database(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        let local = format!("sqlite://{}", self.data().join("gate.db").display());
        sqlx::AnyPool::connect(self.settings.database.as_ref().unwrap_or(&local)).await.unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.settings.data.clone()
    }

    /// Its contents, past the gate.
    pub(crate) fn contents(&self) -> Contents {
        Contents::of(&self.settings)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Asks, with or without token and body.
    pub(crate) async fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        ask(&self.gate, method, path, token, body).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.gate, request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.ask("POST", path, token, Some(body)).await
    }

    /// Somebody with these roles, and a token of theirs.
    pub(crate) async fn person(&self, name: &str, roles: &[&str]) -> String {
        let made = self.post("/api/v1/people", &self.admin, json!({ "name": name, "roles": roles })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
        self.token(name, None).await
    }

    /// A new token for somebody, whatever became of those before: as its operator would.
    pub(crate) async fn long_token(&self, name: &str) -> String {
        let now = self.clock.load(Ordering::Relaxed);
        self.clock.store(START, Ordering::Relaxed);
        let body = json!({ "person": name, "label": "test", "days": 366 });
        let token = self.post("/api/v1/tokens", &self.admin, body).await;
        self.clock.store(now, Ordering::Relaxed);
        token.json()["token"].as_str().unwrap_or_else(|| panic!("{}", token.json())).to_owned()
    }

    /// A token for somebody, bound to a stage or not.
    pub(crate) async fn token(&self, name: &str, stage: Option<&str>) -> String {
        let body = json!({ "person": name, "label": "test", "stage": stage });
        let token = self.post("/api/v1/tokens", &self.admin, body).await;
        assert_eq!(token.status, StatusCode::CREATED, "{}", token.json());
        token.json()["token"].as_str().unwrap().to_owned()
    }

    /// Brings files in as a model, asked for by `person` for `stage`, and inspects it; gives the commit.
    pub(crate) async fn import(
        &self,
        person: &str,
        name: &str,
        stage: &str,
        files: &[(&str, &[u8])],
    ) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            write(&folder.path().join(path), content);
        }
        let name = Name::new(Kind::Model, name).unwrap();
        let commit = self.gate.import(person, &name, folder.path(), stage).await.unwrap();
        work_off(&self.gate).await.unwrap();
        commit
    }

    /// The release of a model in a stage, by its API form.
    pub(crate) async fn release(&self, name: &str, stage: &str, commit: &str) -> Value {
        let model = self.get(&format!("/api/v1/models/{name}"), &self.admin).await.json();
        let releases = model["releases"].as_array().unwrap();
        let found = releases.iter().find(|release| release["stage"] == stage && release["commit"] == commit);
        found.unwrap_or_else(|| panic!("{model}")).clone()
    }

    /// Everything is as it must always be.
    pub(crate) async fn assert_sound(&self) {
        let database = self.database().await;
        assert_eq!(faults(&self.gate, &database, &self.contents()).await, Vec::<String>::new());
        database.close().await;
        let audit = self.gate.audit().await.unwrap();
        assert!(audit.records > 0 && audit.rows > 0);
    }
}

/// Asks a gate, with or without token and body.
pub(crate) async fn ask(
    gate: &Arc<Gate>,
    method: &str,
    path: &str,
    token: &str,
    body: Option<Value>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    send(gate, request.body(body).unwrap()).await
}

async fn send(gate: &Arc<Gate>, request: Request<Body>) -> Answer {
    let response = router(Arc::clone(gate)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// The settings of a gate that keeps everything in `data`.
pub(crate) fn settings(data: PathBuf, database: Option<String>) -> Settings {
    Settings {
        blobs: contents::storage(&data),
        data,
        database,
        address: "http://gate.test".to_owned(),
        origin: "gate.test/log".to_owned(),
        upstream: None,
        stages: Stage::built_in(),
        stage: "internal".to_owned(),
        max_files: 10_000,
        directory: None,
        workloads: Vec::new(),
        authorities: None,
        uploads: weighhouse_server::Uploads::default(),
        trust: weighhouse_server::Trust::default(),
        limits: weighhouse_server::Limits::default(),
        proxies: Vec::new(),
        notices: Notices::default(),
        encrypt_blobs: false,
        released: None,
        released_only: false,
        traces: None,
        seal_keys: None,
    }
}

/// An empty database on the server that the environment names; without one, none: a file does.
pub(crate) async fn fresh_database() -> Option<String> {
    static NUMBER: AtomicI64 = AtomicI64::new(0);
    let server = std::env::var("WEIGHHOUSE_TEST_DATABASE").ok()?;
    let schema = format!("gate_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&server).await.unwrap();
    let make = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::Executor::execute(&mut connection, make).await.unwrap();
    let sign = if server.contains('?') { '&' } else { '?' };
    Some(format!("{server}{sign}options[search_path]={schema}"))
}

/// What every gate of a test works with.
pub(crate) fn works(clock: &Arc<AtomicI64>) -> Parts {
    let clock = Arc::clone(clock);
    Parts {
        policies: PolicySet::embedded(),
        inspector: Arc::new(Real),
        clock: Arc::new(move || clock.load(Ordering::Relaxed)),
    }
}

pub(crate) async fn open(settings: Settings, clock: &Arc<AtomicI64>) -> Arc<Gate> {
    Gate::open(settings, works(clock)).await.unwrap()
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A small model without findings.
pub(crate) fn clean(salt: &str) -> Vec<(&'static str, Vec<u8>)> {
    let header = r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut tensors = (header.len() as u64).to_le_bytes().to_vec();
    tensors.extend(header.as_bytes());
    tensors.extend([0; 8]);
    vec![
        ("config.json", format!("{{\"model_type\": \"bert\", \"note\": \"{salt}\"}}\n").into_bytes()),
        ("model.safetensors", tensors),
        ("sub/notes.txt", b"hello\n".to_vec()),
    ]
}

/// The parts of [`clean`] as [`TestGate::import`] takes them.
pub(crate) fn parts<'a>(files: &'a [(&'static str, Vec<u8>)]) -> Vec<(&'static str, &'a [u8])> {
    files.iter().map(|(path, content)| (*path, content.as_slice())).collect()
}
