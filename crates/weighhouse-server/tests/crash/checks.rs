//! What must be there after a kill.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use sqlx::{AnyPool, Row as _};
use weighhouse_core::Digest;
use weighhouse_server::{Gate, Settings, work_off};

use crate::contents::Contents;
use crate::{harness, sound};

/// Everything that was ever acknowledged by one database.
#[derive(Default)]
pub(crate) struct Known {
    lines: Vec<Value>,
    /// How many of them are checked already; each is checked after the kill that followed it, and all at the end of some.
    checked: usize,
}

impl Known {
    /// Adds what a process said; gives how many changes that were.
    pub(crate) fn take_in(&mut self, lines: &[String]) -> usize {
        let before = self.lines.len();
        // A last line may be cut.
        self.lines.extend(lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()));
        self.lines[before..].iter().filter(|line| line["open"].is_null()).count()
    }
}

/// Checks everything; gives how many jobs were left to be done.
pub(crate) async fn all(gate: &Arc<Gate>, settings: &Settings, known: &mut Known, place: &str) -> usize {
    sqlx::any::install_default_drivers();
    let (data, contents) = (&settings.data, Contents::of(settings));
    let local = format!("sqlite://{}", data.join("gate.db").display());
    let pool = AnyPool::connect(settings.database.as_deref().unwrap_or(&local)).await.unwrap();
    let none = Vec::<String>::new();
    assert_eq!(sound::faults(gate, &pool, &contents).await, none, "{place}");
    assert_eq!(lost(gate, &pool, known).await, none, "{place}");
    // What was begun comes to its end, by somebody else, once the leases of the killed are over.
    let ended = work_off(gate).await.unwrap();
    assert_eq!(sound::faults(gate, &pool, &contents).await, none, "{place}, after the jobs");
    for (what, query) in [
        ("jobs are left", "SELECT COUNT(*) FROM jobs WHERE kind <> 'publish'"),
        ("revisions wait", "SELECT COUNT(*) FROM revisions WHERE state NOT IN ('inspected', 'revoked')"),
    ] {
        let left: i64 = sqlx::query(query).fetch_one(&pool).await.unwrap().get(0);
        assert_eq!(left, 0, "{place}: {what}");
    }
    let released = Contents::released(settings);
    assert_eq!(sound::faults_of_released(&pool, &released).await, none, "{place}");
    pool.close().await;
    // Of what killed processes had half-way, nothing is left: the folder of this one, and its lock.
    let staged = std::fs::read_dir(data.join("blobs/staging")).unwrap().count();
    assert_eq!(staged, 2, "{place}: contents on their way in are left");
    ended
}

/// What was acknowledged and is not there.
async fn lost(gate: &Arc<Gate>, pool: &AnyPool, known: &mut Known) -> Vec<String> {
    let mut lost = BTreeSet::new();
    let revoked: BTreeSet<&str> =
        known.lines.iter().filter_map(|line| line["token_revoked"].as_str()).collect();
    let new = if known.checked.is_multiple_of(5) { &known.lines[..] } else { &known.lines[known.checked..] };
    for line in new {
        let there = match line {
            _ if line["open"] == true => true, // nothing was done
            _ if line["person"].is_string() && line["token"].is_null() && line["done"].is_null() => {
                count(pool, "SELECT COUNT(*) FROM people WHERE name = $1", &[&line["person"]]).await == 1
            }
            _ if line["token"].is_string() => {
                let text = line["token"].as_str().unwrap_or_default();
                let digest = Value::from(Digest::of(text.as_bytes()).hex());
                let good = harness::ask(gate, "GET", "/api/v1/whoami", text, None).await.status.is_success();
                let there =
                    count(pool, "SELECT COUNT(*) FROM tokens WHERE digest = $1", &[&digest]).await == 1;
                there && (good || revoked.contains(line["id"].as_str().unwrap_or_default()))
            }
            _ if line["token_revoked"].is_string() => {
                let text = line["text"].as_str().unwrap_or_default();
                harness::ask(gate, "GET", "/api/v1/whoami", text, None).await.status == 401
            }
            _ if line["imported"].is_string() => {
                let query = "SELECT COUNT(*) FROM requests JOIN revisions ON requests.revision = revisions.id \
                             WHERE revisions.commit_id = $1 AND requests.stage = $2";
                count(pool, query, &[&line["imported"], &line["stage"]]).await > 0
            }
            _ if line["revoked"].is_string() => {
                let query = "SELECT COUNT(*) FROM revisions JOIN models ON revisions.model = models.id \
                             WHERE commit_id = $1 AND name = $2 AND state = 'revoked'";
                count(pool, query, &[&line["revoked"], &line["model"]]).await == 1
            }
            _ if line["rolled_back"].is_string() => {
                logged(pool, "release.roll-back", &line["rolled_back"]).await
            }
            _ if line["done"] == "promote" => {
                let query = "SELECT COUNT(*) FROM releases WHERE id = $1 AND served IS NOT NULL";
                count(pool, query, &[&line["release"]]).await == 1
                    && logged(pool, "release.promote", &line["release"]).await
            }
            _ if line["done"] == "approve" => {
                let query = "SELECT COUNT(*) FROM approvals WHERE release = $1 AND person = $2";
                count(pool, query, &[&line["release"], &line["person"]]).await > 0
            }
            _ if line["done"] == "withdraw" => {
                let query = "SELECT COUNT(*) FROM approvals WHERE release = $1 AND person = $2 AND withdrawn IS NOT NULL";
                count(pool, query, &[&line["release"], &line["person"]]).await > 0
            }
            other => panic!("a line that nobody checks: {other}"),
        };
        if !there {
            lost.insert(line.to_string());
        }
    }
    known.checked = known.lines.len();
    lost.into_iter().collect()
}

async fn logged(pool: &AnyPool, action: &str, release: &Value) -> bool {
    let action = Value::from(format!("%\"{action}\"%"));
    let subject = Value::from(format!("%\"release/{}\"%", release.as_str().unwrap_or_default()));
    count(
        pool,
        "SELECT COUNT(*) FROM log_records WHERE entry LIKE $1 AND entry LIKE $2",
        &[&action, &subject],
    )
    .await
        > 0
}

async fn count(pool: &AnyPool, query: &'static str, values: &[&Value]) -> i64 {
    let mut query = sqlx::query(query);
    for value in values {
        query = query.bind(value.as_str().unwrap_or_default());
    }
    query.fetch_one(pool).await.unwrap().get(0)
}
