//! A database of each earlier version is brought up to date, and says what it said.
//!
//! `older/rows.sql` was written by the program of version 3: people, tokens, a model with two revisions, one of them approved by two people and
//! promoted. Tables of a version are those of the migrations up to it, which never change; versions 2 and 3 added tables of which it has no row,
//! so the same rows are those of each earlier version, too.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::{AnyPool, AssertSqlSafe, Executor as _};
use weighhouse_server::{Gate, Settings};

use crate::harness::{self, START, fresh_database, settings};

const ROWS: &str = include_str!("older/rows.sql");
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/0001-first.sql"),
    include_str!("../../migrations/0002-web.sql"),
    include_str!("../../migrations/0003-devices.sql"),
];
/// Of a gate that was made for this and is nowhere.
const KEY: &str = "PRIVATE+KEY+example.org/gate+5995e809+AZAsz3Upty8j/NVguSHzlxDHYxKjrIm/VXBxPIC4ykRo";
const BOB: &str = "wh_3AwTQqHRoxNsJpjXSwEupeAserW39-0OWKFPR9_aswA";

/// A gate as the program of a version left it.
async fn older(version: usize, folder: &std::path::Path) -> (Settings, AnyPool) {
    let settings = Settings {
        origin: "example.org/gate".to_owned(),
        ..settings(folder.join("data"), fresh_database().await)
    };
    std::fs::create_dir_all(&settings.data).unwrap();
    std::fs::write(settings.data.join("log.key"), KEY).unwrap();
    sqlx::any::install_default_drivers();
    let local = format!("sqlite://{}?mode=rwc", settings.data.join("gate.db").display());
    let pool = AnyPool::connect(settings.database.as_ref().unwrap_or(&local)).await.unwrap();
    let collate = if settings.database.is_some() { " TEXT COLLATE \"C\"" } else { " TEXT" };
    pool.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)").await.unwrap();
    for (number, text) in (1..=version).zip(MIGRATIONS) {
        let text = text.replace(" TEXT", collate);
        pool.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
        let note = format!("INSERT INTO schema_version (version) VALUES ({number})");
        pool.execute(AssertSqlSafe(note)).await.unwrap();
    }
    pool.execute(sqlx::raw_sql(ROWS)).await.unwrap();
    (settings, pool)
}

fn clock() -> std::sync::Arc<std::sync::atomic::AtomicI64> {
    std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START + 86_400))
}

#[tokio::test]
async fn each_earlier_version_is_brought_up_to_date_and_says_what_it_said() {
    for version in 1..=MIGRATIONS.len() {
        let folder = tempfile::tempdir().unwrap();
        let (settings, pool) = older(version, folder.path()).await;
        pool.close().await;
        for _ in 0..2 {
            let gate = Gate::open(settings.clone(), harness::works(&clock())).await.unwrap();
            let audit = gate.audit().await.unwrap();
            assert_eq!(audit.faults, Vec::new(), "from version {version}");
            assert!(ROWS.contains(audit.checkpoint.lines().nth(2).unwrap()), "{}", audit.checkpoint);
            assert_eq!(audit.records, 24);
            let model = harness::ask(&gate, "GET", "/api/v1/models/org/m", BOB, None).await;
            assert_eq!(model.status, StatusCode::OK, "{}", model.json());
            let releases = model.json()["releases"].as_array().unwrap().clone();
            assert!(releases.len() == 2 && releases.iter().all(|release| release["state"] == "released"));
            let tree = harness::ask(&gate, "GET", "/api/models/org/m/tree/production", BOB, None).await;
            assert_eq!(tree.json().as_array().unwrap().len(), 2);
        }
        // It goes on.
        let gate = Gate::open(settings, harness::works(&clock())).await.unwrap();
        let token = harness::ask(&gate, "POST", "/api/v1/tokens", BOB, Some(json!({ "label": "new" }))).await;
        assert_eq!(token.status, StatusCode::CREATED, "{}", token.json());
        let audit = gate.audit().await.unwrap();
        assert!(audit.faults.is_empty() && audit.records == 25);
    }
}

/// The tables that are there, and how far they say to be.
async fn standing(settings: &Settings, pool: &AnyPool) -> (Vec<String>, i64) {
    let query = if settings.database.is_some() {
        "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' \
         AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
    };
    let tables = sqlx::query_scalar(query).fetch_all(pool).await.unwrap();
    let version =
        sqlx::query_scalar("SELECT MAX(version) FROM schema_version").fetch_one(pool).await.unwrap();
    (tables, version)
}

#[tokio::test]
async fn an_upgrade_that_breaks_half_way_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, pool) = older(1, folder.path()).await;
    // In the way of version 3: by then version 2 has made its tables.
    pool.execute("CREATE TABLE devices (note TEXT)").await.unwrap();
    let before = standing(&settings, &pool).await;
    assert_eq!(before.1, 1);
    let refused = Gate::open(settings.clone(), harness::works(&clock())).await.map(drop);
    assert!(refused.unwrap_err().to_string().contains("devices"));
    assert_eq!(standing(&settings, &pool).await, before);
    pool.execute("DROP TABLE devices").await.unwrap();
    let gate = Gate::open(settings.clone(), harness::works(&clock())).await.unwrap();
    assert!(gate.audit().await.unwrap().faults.is_empty());
    let (tables, version) = standing(&settings, &pool).await;
    assert!(tables.iter().any(|table| table == "sessions") && version >= 3);
    pool.close().await;
}

#[tokio::test]
async fn two_servers_that_start_at_once_upgrade_once() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, pool) = older(1, folder.path()).await;
    let open = || Gate::open(settings.clone(), harness::works(&clock()));
    let (one, other, third) = tokio::join!(open(), open(), open());
    for gate in [one, other, third] {
        assert!(gate.unwrap().audit().await.unwrap().faults.is_empty());
    }
    let query = "SELECT COUNT(*) FROM schema_version GROUP BY version ORDER BY 1 DESC";
    let most: i64 = sqlx::query_scalar(query).fetch_one(&pool).await.unwrap();
    assert_eq!(most, 1);
    pool.close().await;
}
