//! Several servers on one database and one store of contents.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use weighhouse_core::{CoverageGap, Digest, Inspection, Location};
use weighhouse_scan::source::Listing;
use weighhouse_server::{Gate, Inspector, Kind, Name, Parts, Upstream, work_off};

use crate::harness::{self, Real, TestGate, clean, parts, write};

/// Brings a model in through one server; nothing is inspected yet.
async fn bring(gate: &TestGate, person: &str, name: &str, salt: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in clean(salt) {
        write(&folder.path().join(path), &content);
    }
    let name = Name::new(Kind::Model, name).unwrap();
    gate.gate.import(person, &name, folder.path(), "production").await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_at_once_agree_on_tables_key_and_first_administrator() {
    for _ in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let settings = harness::settings(folder.path().join("data"), harness::fresh_database().await);
        let clock = Arc::default();
        let opened = (0..4).map(|_| {
            let (settings, parts) = (settings.clone(), harness::works(&clock));
            tokio::spawn(async move {
                let gate = Gate::open(settings, parts).await.unwrap();
                let first = gate.bootstrap().await.unwrap().is_some();
                (gate, first)
            })
        });
        let gates: Vec<_> = join_all(opened).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(gates.iter().filter(|(_, first)| *first).count(), 1);
        let key = gates[0].0.log_key().to_string();
        assert!(gates.iter().all(|(gate, _)| gate.log_key().to_string() == key));
        assert_eq!(gates[3].0.audit().await.unwrap().faults, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_do_the_same_at_once_one_does_it() {
    let one = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let two = one.beside().await;
    let ada = one.person("ada", &["user"]).await;
    let bob = one.person("bob", &["approver"]).await;
    let eve = one.person("eve", &["approver"]).await;
    let max = one.person("max", &["release-manager"]).await;
    let kim = one.person("kim", &["release-manager"]).await;
    for round in 0..6 {
        let name = format!("org/m{round}");
        let (first, second) = (format!("{round} a"), format!("{round} b"));
        // The same content and another one, from both servers at once.
        let (a, b) = join(bring(&one, "ada", &name, &first), bring(&two, "ada", &name, &first)).await;
        assert_eq!(a, b);
        let (c, _) = join(bring(&one, "ada", &name, &second), work_off(&two.gate)).await;
        join(async { work_off(&one.gate).await.unwrap() }, async { work_off(&two.gate).await.unwrap() })
            .await;
        let mut ids = Vec::new();
        for commit in [&a, &c] {
            ids.push(one.release(&name, "production", commit).await["id"].as_str().unwrap().to_owned());
        }
        // Each approver approves both, on both servers at once: once each.
        for id in &ids {
            let path = format!("/api/v1/releases/{id}/approve");
            let tried = [(&one, &bob), (&two, &bob), (&one, &eve), (&two, &eve)];
            let tried = tried.map(|(gate, token)| gate.post(&path, token, json!({})));
            let answers = join_all(tried).await;
            let done = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
            let refused = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
            assert_eq!((done, refused), (2, 2));
        }
        // Both are promoted at once, one of them is revoked meanwhile, and users download.
        let promote = |gate: &TestGate, id: &str, token: &str, body: Value| {
            let (gate, path, token) =
                (gate.gate.clone(), format!("/api/v1/releases/{id}/promote"), token.to_owned());
            tokio::spawn(async move { harness::ask(&gate, "POST", &path, &token, Some(body)).await.status })
        };
        let moves = [
            promote(&one, &ids[0], &max, json!({})),
            promote(&two, &ids[1], &kim, json!({ "share": 10 })),
            promote(&two, &ids[1], &max, json!({})),
            promote(&one, &ids[0], &kim, json!({ "share": 50 })),
        ];
        let revoke = json!({ "model": name, "commit": c, "reason": "race" });
        let file = format!("/{name}/resolve/main/model.safetensors");
        let (moves, revoked, answers) = tokio::join!(
            join_all(moves),
            two.post("/api/v1/revoke", &max, revoke),
            join_all((0..8).map(|number| if number % 2 == 0 { &one } else { &two }.get(&file, &ada))),
        );
        assert_eq!(revoked.status, StatusCode::OK);
        for status in moves {
            let status = status.unwrap();
            assert!(matches!(status, StatusCode::OK | StatusCode::CONFLICT), "{status}");
        }
        for answer in answers {
            let fine = answer.status != StatusCode::OK || answer.body == clean("")[1].1;
            assert!(fine && !answer.status.is_server_error(), "{}", answer.status);
        }
        one.assert_sound().await;
        assert_eq!(one.release(&name, "production", &c).await["state"], "revoked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_request_at_two_servers_is_one_request() {
    let upstream = |endpoint: &str| {
        Some(Upstream {
            endpoint: endpoint.to_owned(),
            token: None,
            patience: weighhouse_scan::source::hub::Patience::default(),
        })
    };
    let one = TestGate::with(|settings| settings.upstream = upstream("http://127.0.0.1:9")).await;
    let two = one.beside().await;
    let ada = one.person("ada", &["user"]).await;
    let body = json!({ "model": "org/m", "stage": "research", "reason": "a try" });
    let asked = (0..8)
        .map(|number| if number % 2 == 0 { &one } else { &two }.post("/api/v1/requests", &ada, body.clone()));
    let ids: Vec<Value> = join_all(asked).await.iter().map(|answer| answer.json()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && id.is_string()), "{ids:?}");
    one.assert_sound().await;
}

/// Inspects when it is told to, and says when it begins.
struct Slow {
    began: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
}

impl Slow {
    fn new() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let ((began, begins), (goes, go)) = (channel(), channel());
        (Arc::new(Self { began: Mutex::new(began), go: Mutex::new(go) }), begins, goes)
    }
}

impl Inspector for Slow {
    fn ruleset(&self) -> Digest {
        Real.ruleset()
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        self.began.lock().unwrap().send(()).unwrap();
        // Nobody to tell it: its test is over.
        self.go.lock().unwrap().recv().map_err(|error| error.to_string())?;
        Real.inspect(listing, cancelled)
    }
}

async fn count(gate: &TestGate, query: &'static str) -> i64 {
    let database = gate.database().await;
    let row = sqlx::query(query).fetch_one(&database).await.unwrap();
    database.close().await;
    sqlx::Row::get(&row, 0)
}

const INSPECTIONS: &str = "SELECT COUNT(*) FROM log_records WHERE entry LIKE '%revision.inspect%'";
/// Jobs about models; who is told of them is a job of its own.
const JOBS: &str = "SELECT COUNT(*) FROM jobs WHERE kind NOT IN ('notify', 'deliver')";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_job_of_a_worker_that_was_killed_is_done_by_another() {
    let one = TestGate::new().await;
    let (slow, begins, _goes) = Slow::new();
    let two = one.beside_of(|parts| Parts { inspector: slow, ..parts }).await;
    let commit = bring(&one, "admin", "org/m", "1").await;
    let gate = Arc::clone(&two.gate);
    let working = tokio::spawn(async move { work_off(&gate).await });
    begins.recv().unwrap();
    working.abort();
    assert!(working.await.unwrap_err().is_cancelled());
    // Its lease is not over: it may be slow, not dead.
    one.pass(59);
    work_off(&one.gate).await.unwrap();
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (0, 1));
    one.pass(2);
    work_off(&one.gate).await.unwrap();
    assert_eq!(one.release("org/m", "production", &commit).await["state"], "reviewable");
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (1, 0));
    one.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_was_too_slow_changes_nothing() {
    let one = TestGate::new().await;
    let (slow, begins, goes) = Slow::new();
    let two = one.beside_of(|parts| Parts { inspector: slow, ..parts }).await;
    bring(&one, "admin", "org/m", "1").await;
    let gate = Arc::clone(&two.gate);
    let working = tokio::spawn(async move { work_off(&gate).await });
    begins.recv().unwrap();
    one.pass(61);
    // Another one does it, and the same content is asked for again, which makes the same job anew.
    work_off(&one.gate).await.unwrap();
    bring(&one, "admin", "org/m", "1").await;
    goes.send(()).unwrap();
    begins.recv().unwrap();
    // The slow one said nothing, and has the new job by now.
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (1, 1));
    goes.send(()).unwrap();
    working.await.unwrap().unwrap();
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (2, 0));
    one.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_revoked_while_it_is_inspected_stays_revoked() {
    let one = TestGate::new().await;
    let (slow, begins, goes) = Slow::new();
    let two = one.beside_of(|parts| Parts { inspector: slow, ..parts }).await;
    let max = one.person("max", &["release-manager"]).await;
    let commit = bring(&one, "admin", "org/m", "1").await;
    let gate = Arc::clone(&two.gate);
    let working = tokio::spawn(async move { work_off(&gate).await });
    begins.recv().unwrap();
    let body = json!({ "model": "org/m", "commit": commit, "reason": "stolen" });
    assert_eq!(one.post("/api/v1/revoke", &max, body).await.status, StatusCode::OK);
    goes.send(()).unwrap();
    let started = std::time::Instant::now();
    working.await.unwrap().unwrap();
    assert!(started.elapsed().as_secs() < 5, "it waited for a lock that it held itself");
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (0, 0));
    // The same content does not come back under the name.
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in clean("1") {
        write(&folder.path().join(path), &content);
    }
    let name = Name::new(Kind::Model, "org/m").unwrap();
    let again = one.gate.import("admin", &name, folder.path(), "internal").await.unwrap_err();
    assert!(again.to_string().contains("stolen"), "{again}");
    one.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_survive_clocks_that_jump() {
    let one = TestGate::new().await;
    let (slow, begins, _goes) = Slow::new();
    let two = one.beside_of(|parts| Parts { inspector: slow, ..parts }).await;
    // A clock that is a year ahead: a job made then, and taken then by a worker that dies.
    one.pass(366 * 86_400);
    bring(&one, "admin", "org/m", "1").await;
    let gate = Arc::clone(&two.gate);
    let working = tokio::spawn(async move { work_off(&gate).await });
    begins.recv().unwrap();
    working.abort();
    bring(&one, "admin", "org/n", "1").await;
    one.pass(-366 * 86_400);
    work_off(&one.gate).await.unwrap();
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (2, 0));
    one.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_that_hang_up_leave_nothing_half_done() {
    let one = TestGate::new().await;
    let two = one.beside().await;
    for round in 0..120_u64 {
        let body = json!({ "name": format!("p{round}"), "roles": ["user"] });
        let gate = if round % 2 == 0 { &one } else { &two };
        let (gate, admin) = (gate.gate.clone(), gate.admin.clone());
        let asking =
            tokio::spawn(
                async move { harness::ask(&gate, "POST", "/api/v1/people", &admin, Some(body)).await },
            );
        tokio::time::sleep(std::time::Duration::from_micros(round * 61 % 4000)).await;
        asking.abort();
    }
    // The locks are free again, at both servers.
    one.person("last", &["user"]).await;
    two.person("very-last", &["user"]).await;
    one.assert_sound().await;
}

#[tokio::test]
async fn order_is_that_of_bytes_on_every_database() {
    let gate = TestGate::new().await;
    let mut names = ["org/b", "org/a_b", "org/a-b", "org/a.b", "org/ab", "org/B2", "a", "Z"];
    for name in names {
        gate.import("admin", name, "research", &parts(&clean("1"))).await;
    }
    names.sort_by_key(|name| name.to_ascii_lowercase());
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = gate.get(&format!("/api/v1/models?limit=1&after={after}"), &gate.admin).await.json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(seen, names);
    let odd: Vec<(&str, Vec<u8>)> = ["B", "a", "a-b", "a/b", "a/B", "a b", "ä", "aa"]
        .into_iter()
        .map(|path| (path, b"x\n".to_vec()))
        .collect();
    let odd: Vec<_> = odd.into_iter().filter(|(path, _)| *path != "a").collect();
    gate.import("admin", "org/odd", "research", &parts(&odd)).await;
    gate.assert_sound().await;
    let found = gate.get("/api/v1/models?search=A_", &gate.admin).await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
}

#[tokio::test]
async fn zero_characters_are_nobodys_name() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    for (method, path, body) in [
        ("GET", "/org/m/resolve/main/a%00b", None),
        ("GET", "/org/m/resolve/a%00b/config.json", None),
        ("GET", "/api/models/org/m/revision/%00", None),
        ("GET", "/api/models/org/m/tree/main/%00", None),
        ("GET", "/api/v1/models?search=%00", None),
        ("GET", "/api/v1/models?after=%00", None),
        ("GET", "/api/v1/releases/%00", None),
        ("DELETE", "/api/v1/people/%00", None),
        ("DELETE", "/api/v1/tokens/%00", None),
        ("POST", "/api/v1/tokens", Some(json!({ "person": "\0" }))),
        ("POST", "/api/v1/revoke", Some(json!({ "model": "org/m", "commit": "\0", "reason": "x" }))),
    ] {
        let answer = gate.ask(method, path, &gate.admin, body).await;
        assert!(!answer.status.is_server_error(), "{method} {path}: {}", answer.status);
    }
    gate.assert_sound().await;
}

/// Somebody else touches a file while it is inspected for the first time.
struct Disturbed(AtomicBool);

impl Inspector for Disturbed {
    fn ruleset(&self) -> Digest {
        Real.ruleset()
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        let (mut inspection, report) = Real.inspect(listing, cancelled)?;
        if !self.0.swap(true, Ordering::Relaxed) {
            let location = Location::file("config.json");
            let detail = "the file changed while it was inspected".to_owned();
            inspection.gaps.push(CoverageGap { location, reason: "changed", detail, waived: false });
        }
        Ok((inspection, report))
    }
}

#[tokio::test]
async fn what_was_touched_while_it_was_inspected_is_inspected_again_and_rejected_by_nobody() {
    let one = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let disturbed = Arc::new(Disturbed(AtomicBool::new(false)));
    let two = one.beside_of(|parts| Parts { inspector: disturbed, ..parts }).await;
    let commit = bring(&one, "admin", "org/m", "1").await;
    work_off(&two.gate).await.unwrap();
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (0, 1));
    one.pass(60);
    work_off(&two.gate).await.unwrap();
    assert_eq!((count(&one, INSPECTIONS).await, count(&one, JOBS).await), (1, 0));
    assert_eq!(one.release("org/m", "production", &commit).await["state"], "reviewable");
    one.assert_sound().await;
}
