//! The process that is killed: a gate with workers, and people who all do something at once. What was answered with success is printed,
//! each line by one write, after the answer.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde_json::{Value, json};
use weighhouse_server::{Gate, Kind, Name, Settings, work_off};

use crate::chance::Chance;
use crate::contents;
use crate::harness::{self, write};

/// Who there is, with their roles. Everybody's token is made by the administrator when it is needed.
pub(crate) const PEOPLE: [(&str, &[&str]); 5] = [
    ("ada", &["user"]),
    ("bob", &["approver"]),
    ("eve", &["approver", "security"]),
    ("max", &["release-manager"]),
    ("kim", &["release-manager", "admin"]),
];

/// A gate that keeps what is released once more.
pub(crate) fn settings(data: &Path, database: Option<String>) -> Settings {
    Settings { released: Some(contents::beside(data)), ..harness::settings(data.to_owned(), database) }
}

/// Works until it is killed.
pub(crate) fn run(data: &Path, database: Option<String>, seed: u64, now: i64) {
    // A fault in any task is a fault of the process: its parent sees that it ended by itself.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |fault| {
        tell(fault);
        std::process::abort();
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let gate = harness::open(settings(data, database), &Arc::new(AtomicI64::new(now))).await;
        gate.begin_publishing().await.unwrap();
        let Some(admin) = administrator(&gate, data).await else {
            say(&json!({ "open": true, "stranded": true }));
            return std::future::pending().await;
        };
        say(&json!({ "open": true }));
        let tokens = people(&gate, &admin).await;
        let mut tasks = Vec::new();
        let made = Arc::new(AtomicU64::new(0));
        for number in 0..4 {
            let (gate, admin, tokens, made) =
                (Arc::clone(&gate), admin.clone(), tokens.clone(), Arc::clone(&made));
            let chance = Chance::new(seed.wrapping_add(number));
            tasks.push(tokio::spawn(async move { busy(&gate, &admin, &tokens, chance, seed, &made).await }));
        }
        for _ in 0..2 {
            let gate = Arc::clone(&gate);
            tasks.push(tokio::spawn(async move {
                loop {
                    work_off(&gate).await.unwrap();
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

pub(crate) fn say(line: &Value) {
    let line = format!("{line}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

/// The administrator's token, kept in a file. Nobody has it if the one who should have written the file was killed.
pub(crate) async fn administrator(gate: &Arc<Gate>, folder: &Path) -> Option<String> {
    let file = folder.join("token");
    if let Some(secret) = gate.bootstrap().await.unwrap() {
        std::fs::write(folder.join("token.new"), secret.expose()).unwrap();
        std::fs::rename(folder.join("token.new"), &file).unwrap();
    }
    std::fs::read_to_string(&file).ok()
}

/// Makes everybody who is not there yet, and a token for each.
async fn people(gate: &Arc<Gate>, admin: &str) -> Vec<String> {
    let there = get(gate, "/api/v1/people", admin).await.unwrap_or_default();
    let there = there["items"].as_array().map_or(0, Vec::len);
    for (name, roles) in PEOPLE.into_iter().skip(there - 1) {
        let body = json!({ "name": name, "roles": roles });
        if post(gate, "/api/v1/people", admin, body).await.is_some() {
            say(&json!({ "person": name }));
        }
    }
    let mut tokens = Vec::new();
    for (name, _) in PEOPLE {
        let token = post(gate, "/api/v1/tokens", admin, json!({ "person": name })).await;
        let text = token.as_ref().and_then(|token| token["token"].as_str()).unwrap_or_default().to_owned();
        if let Some(token) = token {
            say(&json!({ "token": text, "id": token["id"], "person": name }));
        }
        tokens.push(text);
    }
    tokens
}

/// One of those who work. What is refused is refused: others were faster.
async fn busy(
    gate: &Arc<Gate>,
    admin: &str,
    tokens: &[String],
    mut chance: Chance,
    seed: u64,
    made: &AtomicU64,
) {
    loop {
        let name = format!("org/m{}", chance.below(4));
        let stage = *chance.one_of(&["research", "internal", "production"]).unwrap();
        let token = chance.one_of(tokens).unwrap().clone();
        match chance.below(10) {
            0..=2 => import(gate, &name, stage, seed, made).await,
            3..=5 => release(gate, admin, tokens, &mut chance).await,
            6 => {
                let body = json!({ "model": name, "stage": stage, "reason": "worse" });
                if let Some(done) = post(gate, "/api/v1/roll-back", &token, body).await {
                    say(&json!({ "rolled_back": done["from"]["id"] }));
                }
            }
            7 => {
                let model = get(gate, &format!("/api/v1/models/{name}"), admin).await.unwrap_or_default();
                let revisions = model["revisions"].as_array().cloned().unwrap_or_default();
                // Not too many, or nothing is left to promote.
                let Some(revision) = chance.one_of(&revisions).filter(|_| chance_is_rare(seed, made)) else {
                    continue;
                };
                let body = json!({ "model": name, "commit": revision["commit"], "reason": "stolen" });
                if post(gate, "/api/v1/revoke", &token, body).await.is_some() {
                    say(&json!({ "revoked": revision["commit"], "model": name }));
                }
            }
            8 => {
                let issued = post(gate, "/api/v1/tokens", &token, json!({ "label": "short" })).await;
                let Some(issued) = issued else { continue };
                let path = format!("/api/v1/tokens/{}", issued["id"].as_str().unwrap_or_default());
                if harness::ask(gate, "DELETE", &path, &token, None).await.status.is_success() {
                    say(&json!({ "token_revoked": issued["id"], "text": issued["token"] }));
                }
            }
            _ => {
                let file =
                    harness::ask(gate, "GET", &format!("/{name}/resolve/{stage}/config.json"), &token, None)
                        .await;
                assert!(!file.status.is_server_error(), "{}", String::from_utf8_lossy(&file.body));
            }
        }
    }
}

/// One revocation among some.
fn chance_is_rare(seed: u64, made: &AtomicU64) -> bool {
    (seed ^ made.load(Ordering::Relaxed)).is_multiple_of(3)
}

async fn import(gate: &Arc<Gate>, name: &str, stage: &str, seed: u64, made: &AtomicU64) {
    let folder = tempfile::tempdir().unwrap();
    // Some contents come again, some are new.
    let salt = format!("{}", made.fetch_add(1, Ordering::Relaxed) % 7 + seed % 3 * 7);
    for (path, content) in harness::clean(&salt) {
        write(&folder.path().join(path), &content);
    }
    let model = Name::new(Kind::Model, name).unwrap();
    match gate.import("ada", &model, folder.path(), stage).await {
        Ok(commit) => say(&json!({ "imported": commit, "model": name, "stage": stage })),
        Err(error) => assert!(error.to_string().contains("withdrawn"), "{error}"),
    }
}

/// Something with a release that is there.
async fn release(gate: &Arc<Gate>, admin: &str, tokens: &[String], chance: &mut Chance) {
    let state = *chance
        .one_of(&["reviewable", "reviewable", "approved", "released", "superseded", "canary"])
        .unwrap();
    let list = get(gate, &format!("/api/v1/releases?state={state}"), admin).await.unwrap_or_default();
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let Some(id) = chance.one_of(&items).and_then(|release| release["id"].as_str().map(str::to_owned)) else {
        return;
    };
    let (action, body) = match (state, chance.below(4)) {
        ("released", 0) => ("withdraw", json!({})),
        ("reviewable", _) => ("approve", json!({})),
        (_, 1) => ("promote", json!({ "share": 20 })),
        _ => ("promote", json!({})),
    };
    let who = usize::try_from(chance.below(tokens.len() as u64)).unwrap();
    let Some(token) = tokens.get(who) else { return };
    if let Some(answer) = post(gate, &format!("/api/v1/releases/{id}/{action}"), token, body).await {
        say(&json!({ "done": action, "release": id, "person": PEOPLE[who].0, "state": answer["state"] }));
    }
}

async fn get(gate: &Arc<Gate>, path: &str, token: &str) -> Option<Value> {
    let answer = harness::ask(gate, "GET", path, token, None).await;
    assert!(!answer.status.is_server_error(), "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.status.is_success().then(|| answer.json())
}

async fn post(gate: &Arc<Gate>, path: &str, token: &str, body: Value) -> Option<Value> {
    let answer = harness::ask(gate, "POST", path, token, Some(body)).await;
    assert!(!answer.status.is_server_error(), "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.status.is_success().then(|| answer.json())
}
