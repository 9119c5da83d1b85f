//! What breaks around a gate: keys, databases, disks.

use std::fs;
use std::path::PathBuf;

use axum::http::StatusCode;
use serde_json::json;
use sqlx::Executor as _;
use weighhouse_server::{Gate, Kind, Name, work_off};

use crate::harness::{self, TestGate, clean, parts, write};

async fn refusal(gate: &TestGate) -> String {
    let opened = Gate::open(gate.settings.clone(), harness::works(&gate.clock)).await;
    opened.expect_err("it opened").to_string()
}

#[tokio::test]
async fn with_a_wrong_key_it_does_not_open() {
    let gate = TestGate::new().await;
    let key = gate.data().join("log.key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    // No new one is made, which would sign what another signed before.
    let why = refusal(&gate).await;
    assert!(why.contains("has a log that is signed by it") && !key.exists(), "{why}");
    let another = TestGate::new().await;
    fs::copy(another.data().join("log.key"), &key).unwrap();
    let why = refusal(&gate).await;
    assert!(why.contains("was not signed with this gate's key"), "{why}");
    for (wrong, expected) in
        [("", "log.key"), ("nonsense", "log.key"), ("PRIVATE+KEY+gate.test/log+00+AA", "log.key")]
    {
        fs::write(&key, wrong).unwrap();
        let why = refusal(&gate).await;
        assert!(why.contains(expected), "{wrong}: {why}");
    }
    fs::write(&key, &right).unwrap();
    let mut settings = gate.settings.clone();
    "other.test/log".clone_into(&mut settings.origin);
    let why = Gate::open(settings, harness::works(&gate.clock)).await.unwrap_err().to_string();
    assert!(why.contains("`gate.test/log`") && why.contains("`other.test/log`"), "{why}");
    // Nothing was lost by all this.
    gate.beside().await.assert_sound().await;
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let gate = TestGate::new().await;
    let database = gate.database().await;
    database.execute("INSERT INTO schema_version (version) VALUES (99)").await.unwrap();
    let why = refusal(&gate).await;
    assert!(why.contains("version 99") && why.contains("newer weighhouse"), "{why}");
    database.execute("DELETE FROM schema_version WHERE version = 99").await.unwrap();
    database.close().await;
    gate.beside().await.assert_sound().await;
}

#[tokio::test]
async fn an_edited_end_of_the_log_is_never_gone_on_with() {
    for edit in [
        "UPDATE log_head SET frontier = replace(frontier, substr(frontier, 20, 6), '012345')",
        "UPDATE log_head SET checkpoint = ''",
        "UPDATE log_head SET size = 0, frontier = ''",
    ] {
        let gate = TestGate::new().await;
        let database = gate.database().await;
        database.execute(edit).await.unwrap();
        let body = json!({ "name": "eve", "roles": ["admin"] });
        let answer = gate.post("/api/v1/people", &gate.admin, body).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{edit}");
        assert_eq!(
            gate.get("/api/v1/people", &gate.admin).await.json()["items"].as_array().unwrap().len(),
            1
        );
        database.close().await;
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let gate = TestGate::new().await;
    let mut settings = gate.settings.clone();
    // Nobody makes folders there, not even root.
    settings.data = PathBuf::from("/proc/gate");
    settings.database = None;
    let why = Gate::open(settings, harness::works(&gate.clock)).await.unwrap_err().to_string();
    assert!(why.contains("/proc/gate"), "{why}");
}

/// The name of the content of a path.
async fn content(gate: &TestGate, path: &str) -> String {
    let database = gate.database().await;
    let query = sqlx::query("SELECT sha256 FROM files WHERE path = $1").bind(path);
    let name: String = sqlx::Row::get(&query.fetch_one(&database).await.unwrap(), 0);
    database.close().await;
    name
}

#[tokio::test]
async fn damaged_contents_are_neither_served_nor_inspected() {
    let gate = TestGate::new().await;
    let files = clean("1");
    gate.import("admin", "org/m", "internal", &parts(&files)).await;
    let file = "/org/m/resolve/main/model.safetensors";
    let (model, contents) = (content(&gate, "model.safetensors").await, gate.contents());
    let whole = contents.read(&model).await.unwrap();
    assert_eq!(gate.get(file, &gate.admin).await.body, whole);
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    for damaged in [&altered[..], &whole[1..], &[]] {
        contents.write(&model, damaged).await;
        let answer = gate.get(file, &gate.admin).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        // Another server, which never saw it whole.
        assert!(gate.beside().await.get(file, &gate.admin).await.status.is_server_error());
    }
    contents.remove(&model).await;
    assert_eq!(gate.get(file, &gate.admin).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    // The others are served.
    assert_eq!(gate.get("/org/m/resolve/main/config.json", &gate.admin).await.status, StatusCode::OK);

    // Brought in again, it is mended, and what waited for it goes on.
    contents.write(&model, &altered).await;
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in clean("2") {
        write(&folder.path().join(path), &content);
    }
    let name = Name::new(Kind::Model, "org/m").unwrap();
    gate.gate.import("admin", &name, folder.path(), "internal").await.unwrap();
    assert_eq!(contents.read(&model).await.unwrap(), whole);
    contents.write(&model, &altered).await;
    work_off(&gate.gate).await.unwrap();
    let database = gate.database().await;
    let query = "SELECT fault FROM jobs WHERE owner IS NULL";
    let fault: String = sqlx::Row::get(&sqlx::query(query).fetch_one(&database).await.unwrap(), 0);
    database.close().await;
    // A folder is found wrong by what was read, object storage before anything is read.
    assert!(fault.contains("not those that came in") || fault.contains("not what came in"), "{fault}");
    contents.write(&model, &whole).await;
    gate.pass(1000);
    assert!(work_off(&gate.gate).await.unwrap() >= 1);
    gate.assert_sound().await;
}

#[expect(clippy::disallowed_methods, reason = "a server of databases is stopped and started")]
fn postgres(command: &str, folder: &std::path::Path) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/postgres");
    let done = std::process::Command::new(script).arg(command).arg(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_and_comes_back() {
    if std::env::var("WEIGHHOUSE_TEST_DATABASE").is_err() {
        // A file does not go away; the run on PostgreSQL has a server of its own here.
        return;
    }
    let folder = tempfile::Builder::new().prefix("weighhouse-postgres.").tempdir_in("/tmp").unwrap();
    let address = postgres("start", folder.path());
    let gate = TestGate::with(|settings| settings.database = Some(address)).await;
    let ada = gate.person("ada", &["user"]).await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let file = "/org/m/resolve/main/config.json";
    for _ in 0..2 {
        assert_eq!(gate.get(file, &ada).await.status, StatusCode::OK);
        postgres("stop", folder.path());
        for path in [file, "/api/models/org/m", "/api/v1/models", "/api/v1/whoami", "/readyz"] {
            let started = std::time::Instant::now();
            let answer = gate.get(path, &ada).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(path == "/readyz" || !answer.header("retry-after").is_empty(), "{path}");
            assert!(started.elapsed().as_secs() < 15, "{path}");
        }
        assert!(work_off(&gate.gate).await.is_err());
        postgres("start", folder.path());
    }
    assert_eq!(gate.get(file, &ada).await.status, StatusCode::OK);
    gate.person("bob", &["user"]).await;
    gate.assert_sound().await;
    gate.gate.audit().await.unwrap();
    postgres("stop", folder.path());
}
