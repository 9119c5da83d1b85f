//! Partial views: less than a revision, decided about by itself, told in a signed record, and gone with what it was made from.

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_core::Digest;
use weighhouse_core::digest::model_digest;
use weighhouse_server::work_off;
use weighhouse_supply::signing::PublicKey;
use weighhouse_supply::statements;

use crate::harness::{Answer, TestGate, clean, parts};
use crate::web::Browser;

const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";
const CONFIG: &str = "{\n  \"model_type\": \"bert\",\n  \"auto_map\": {\n    \"AutoModel\": \"modeling.M\"\n  },\n  \"eps\": 1e-05\n}\n";
const TOKENIZER: &str = "{\n  \"chat_template\": \"{{ messages }}\",\n  \"eos_token\": \"</s>\"\n}\n";
const INDEX: &str = "{\"metadata\": {}, \"weight_map\": {\"a\": \"model-1.bin\", \"b\": \"model-2.bin\"}}\n";

/// Weights that may be used beside pickles that may not, and code.
fn mixed() -> Vec<(&'static str, Vec<u8>)> {
    let weights = clean("1").remove(1);
    vec![
        ("LICENSE", b"MIT License\n".to_vec()),
        ("README.md", b"# A model\n".to_vec()),
        ("config.json", CONFIG.as_bytes().to_vec()),
        ("model-1.bin", HOSTILE.to_vec()),
        ("model-2.bin", [HOSTILE, b" "].concat()),
        ("model.bin.index.json", INDEX.as_bytes().to_vec()),
        weights,
        ("modeling.py", b"class M:\n    pass\n".to_vec()),
        ("tokenizer_config.json", TOKENIZER.as_bytes().to_vec()),
    ]
}

async fn rejected(gate: &TestGate, name: &str) -> String {
    let commit = gate.import("admin", name, "internal", &parts(&mixed())).await;
    assert_eq!(gate.release(name, "internal", &commit).await["state"], "rejected");
    commit
}

fn wish(name: &str, commit: &str, without: &[&str], paths: &[&str]) -> Value {
    json!({ "model": name, "revision": commit, "without": without, "paths": paths, "reason": "to be used" })
}

async fn make(gate: &TestGate, token: &str, wish: &Value) -> String {
    let made = gate.post("/api/v1/views", token, wish.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    work_off(&gate.gate).await.unwrap();
    made.json()["revision"]["commit"].as_str().unwrap().to_owned()
}

fn names(plan: &Value) -> Vec<&str> {
    let left = plan["left_out"].as_array().unwrap_or_else(|| panic!("{plan}"));
    left.iter().map(|left| left["path"].as_str().unwrap()).collect()
}

async fn resolve(gate: &TestGate, token: &str, name: &str, revision: &str, path: &str) -> Answer {
    gate.get(&format!("/{name}/resolve/{revision}/{path}"), token).await
}

async fn revision(gate: &TestGate, name: &str, commit: &str) -> Value {
    let model = gate.get(&format!("/api/v1/models/{name}"), &gate.admin).await.json();
    let all = model["revisions"].as_array().unwrap().clone();
    all.into_iter().find(|revision| revision["commit"] == commit).unwrap_or_else(|| panic!("{model}"))
}

#[tokio::test]
async fn a_view_leaves_out_what_may_not_be_used_and_is_decided_about_by_itself() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let base = rejected(&gate, "org/m").await;
    assert_eq!(resolve(&gate, &ada, "org/m", "main", "config.json").await.status, StatusCode::FORBIDDEN);

    let wanted = wish("org/m", &base, &["pickle", "code", "template"], &[]);
    let plan = gate.post("/api/v1/views/preview", &ada, wanted.clone()).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.json());
    let plan = plan.json();
    assert_eq!(names(&plan), ["model-1.bin", "model-2.bin", "model.bin.index.json", "modeling.py"]);
    assert_eq!(plan["left_out"][2]["why"], "it is the index of `model-1.bin`");
    let rewritten = |at: usize| (&plan["rewritten"][at]["path"], &plan["rewritten"][at]["removed"]);
    assert_eq!(rewritten(0), (&json!("config.json"), &json!(["auto_map"])));
    assert_eq!(rewritten(1), (&json!("tokenizer_config.json"), &json!(["chat_template"])));
    // Nothing was made by looking.
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    assert_eq!(model["revisions"].as_array().unwrap().len(), 1);

    let made = gate.post("/api/v1/views", &ada, wanted.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json());
    assert_eq!((&made.json()["revision"]["state"], &made.json()["view"]), (&json!("quarantined"), &plan));
    let commit = plan["commit"].as_str().unwrap().to_owned();
    assert!(commit.len() == 40 && commit != base);
    // It waits like everything.
    for which in ["main", commit.as_str()] {
        assert_eq!(resolve(&gate, &ada, "org/m", which, "config.json").await.status, StatusCode::FORBIDDEN);
    }
    gate.assert_sound().await;
    work_off(&gate.gate).await.unwrap();
    assert_eq!(gate.release("org/m", "internal", &commit).await["state"], "released");

    let info = gate.get("/api/models/org/m?blobs=true", &ada).await.json();
    assert_eq!(info["sha"], commit.as_str());
    let tree = gate.get("/api/models/org/m/tree/main?recursive=true", &ada).await.json();
    let paths: Vec<&str> =
        tree.as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["LICENSE", "README.md", "config.json", "model.safetensors", "tokenizer_config.json"]);
    for gone in ["model-1.bin", "model.bin.index.json", "modeling.py"] {
        let answer = gate.ask("HEAD", &format!("/org/m/resolve/main/{gone}"), &ada, None).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (StatusCode::NOT_FOUND, "EntryNotFound"));
        assert_eq!(answer.header("x-repo-commit"), commit);
    }
    let weights = resolve(&gate, &ada, "org/m", &commit, "model.safetensors").await;
    assert_eq!(weights.body, clean("1").remove(1).1);
    let config = resolve(&gate, &ada, "org/m", "main", "config.json").await;
    let left = CONFIG.replace("  \"auto_map\": {\n    \"AutoModel\": \"modeling.M\"\n  },\n", "");
    assert_eq!(String::from_utf8(config.body).unwrap(), left);
    let tokenizer = resolve(&gate, &ada, "org/m", "main", "tokenizer_config.json").await;
    assert_eq!(tokenizer.body, b"{\n  \"eos_token\": \"</s>\"\n}\n");
    // What it was made from is as little given as before.
    assert_eq!(resolve(&gate, &ada, "org/m", &base, "model-1.bin").await.status, StatusCode::NOT_FOUND);

    // The same again is the same; somebody else may ask for it, too.
    let eve = gate.person("eve", &["user"]).await;
    let seen = gate.gate.audit().await.unwrap().records;
    assert_eq!(make(&gate, &ada, &wanted).await, commit);
    assert_eq!(gate.gate.audit().await.unwrap().records, seen);
    assert_eq!(make(&gate, &eve, &wanted).await, commit);
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    assert_eq!(model["revisions"].as_array().unwrap().len(), 2);

    // Both know of each other.
    let (of, from) = (revision(&gate, "org/m", &commit).await, revision(&gate, "org/m", &base).await);
    let whole = async |of: &Value| {
        gate.get(&format!("/api/v1/revisions/{}", of["id"].as_str().unwrap()), &ada).await.json()
    };
    assert_eq!(whole(&of).await["view_of"]["commit"], base.as_str());
    assert_eq!(whole(&from).await["views"][0]["commit"], commit.as_str());
    assert_eq!(of["source"], "view");
    gate.assert_sound().await;
}

#[tokio::test]
async fn the_record_of_a_view_is_signed_logged_and_says_what_is_missing() {
    let gate = TestGate::new().await;
    // No word of hexadecimal digits, which a digest could hold by chance.
    let wilma = gate.person("wilma", &["user"]).await;
    let base = rejected(&gate, "org/m").await;
    let commit = make(&gate, &wilma, &wish("org/m", &base, &["pickle", "code"], &[])).await;
    let told = gate.get(&format!("/api/v1/views?model=org/m&commit={commit}"), &wilma).await.json();
    assert_eq!(names(&told), ["model-1.bin", "model-2.bin", "model.bin.index.json", "modeling.py"]);
    assert_eq!((&told["from"]["commit"], &told["person"]), (&json!(base), &json!("wilma")));

    let path = format!("/api/v1/revisions/{}/view/record", told["id"].as_str().unwrap());
    let envelope = String::from_utf8(gate.get(&path, &wilma).await.body).unwrap();
    let keys = gate.get("/api/v1/keys", &wilma).await.json();
    let key = PublicKey::from_pem(keys["statements"].as_str().unwrap()).unwrap();
    let [one] = <[_; 1]>::try_from(statements::read(&envelope).unwrap()).unwrap();
    assert_eq!(one.envelope.as_ref().unwrap().is_signed_by(&key), Ok(true));
    let other = TestGate::new().await.gate.statement_key_pem().unwrap();
    let other = PublicKey::from_pem(&other).unwrap();
    assert_eq!(one.envelope.as_ref().unwrap().is_signed_by(&other), Ok(false));
    // Servers of one log sign alike.
    assert_eq!(gate.beside().await.gate.statement_key_pem().unwrap(), keys["statements"].as_str().unwrap());

    let statement = one.statement;
    assert_eq!(statement.predicate_type, "urn:weighhouse:view:v1");
    let tree = gate.get(&format!("/api/models/org/m/tree/{commit}?recursive=true"), &wilma).await.json();
    let mut files = Vec::new();
    for file in tree.as_array().unwrap() {
        let path = file["path"].as_str().unwrap().to_owned();
        let content = resolve(&gate, &wilma, "org/m", &commit, &path).await.body;
        files.push((path, Digest::of(&content)));
    }
    let digest = model_digest(files.iter().map(|(path, digest)| (path.as_str(), *digest)));
    assert_eq!(statement.subject[0].digest["sha256"], digest.hex());
    let predicate = &statement.predicate;
    assert_eq!(predicate["from"]["commit"], base.as_str());
    let from = revision(&gate, "org/m", &base).await;
    assert_eq!(format!("sha256:{}", predicate["from"]["digest"]["sha256"].as_str().unwrap()), from["digest"]);
    assert_eq!(predicate["leftOut"][0]["digest"]["sha256"], Digest::of(HOSTILE).hex());
    assert_eq!(predicate["leftOut"][3]["why"], "it is code");
    assert_eq!(predicate["rewritten"][0]["before"]["sha256"], Digest::of(CONFIG.as_bytes()).hex());
    assert!(!predicate.to_string().contains("wilma"));
    assert!(statement.claim().contains("4 files left out, 1 rewritten"), "{}", statement.claim());

    // The log holds its digest, and nobody edits it.
    let records = gate.get("/api/v1/log/records?limit=200", &gate.admin).await.json();
    let entries = records["items"].as_array().unwrap().iter().map(|item| item["entry"].as_str().unwrap());
    let logged: Vec<Value> = entries.map(|entry| serde_json::from_str(entry).unwrap()).collect();
    let logged = logged.iter().find(|entry| entry["action"] == "view.make").unwrap();
    assert_eq!(logged["evidence"][0], Digest::of(envelope.as_bytes()).to_string());
    assert_eq!(told["record"], Digest::of(envelope.as_bytes()).to_string());
    gate.assert_sound().await;
    let database = gate.database().await;
    let edit = "UPDATE views SET envelope = REPLACE(envelope, 'a', 'b')";
    sqlx::query(edit).execute(&database).await.unwrap();
    database.close().await;
    let faults = gate.gate.audit().await.unwrap().faults;
    assert!(faults.iter().any(|fault| fault.to_string().contains("record")), "{faults:?}");
}

#[tokio::test]
async fn what_cannot_be_a_view_is_refused_with_the_reason() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let base = rejected(&gate, "org/m").await;
    let long = "x".repeat(201);
    let many: Vec<&str> = vec!["*.py"; 51];
    let deep = "{".repeat(150);
    let everything: Vec<&str> = mixed().iter().map(|(path, _)| *path).skip(2).collect();
    for (without, paths, status, said) in [
        (&[][..], &[][..], 400, "say what is to be left out"),
        (&["nonsense"], &[], 422, "nonsense"),
        (&["executable"], &[], 400, "the view would be the revision itself"),
        (&[], &["nothing*"], 400, "the pattern `nothing*` means no file"),
        (&[], &["*.py", "*.pyc"], 400, "the pattern `*.pyc` means no file"),
        (&[], &["LICEN?E"], 400, "`LICENSE` says what it is"),
        (&[], &["*"], 400, "stays in every view"),
        (&[], &["readme.md"], 400, "means no file"),
        (&[], &[""], 400, "is no pattern"),
        (&[], &["a\u{7}"], 400, "is no pattern"),
        (&[], &["[z-a]"], 400, "is no pattern"),
        (&[], &["{a"], 400, "is no pattern"),
        (&[], &[long.as_str()], 400, "is no pattern"),
        (&[], &[deep.as_str()], 400, "is no pattern"),
        (&[], &many, 400, "at most 50"),
    ] {
        for path in ["/api/v1/views/preview", "/api/v1/views"] {
            let answer = gate.post(path, &ada, wish("org/m", &base, without, paths)).await;
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert_eq!(answer.status.as_u16(), status, "{paths:?}: {detail}");
            assert!(detail.contains(said), "{paths:?}: {detail}");
        }
    }
    // Everything but the licence and the card may go.
    let answer = gate.post("/api/v1/views/preview", &ada, wish("org/m", &base, &[], &everything)).await;
    assert_eq!((answer.status, answer.json()["files"].clone()), (StatusCode::OK, json!(2)));
    let bare: &[(&str, &[u8])] = &[("a.bin", HOSTILE)];
    let bare = gate.import("admin", "org/bare", "internal", bare).await;
    let answer = gate.post("/api/v1/views", &ada, wish("org/bare", &bare, &["pickle"], &[])).await;
    assert_eq!(answer.json()["detail"], "nothing would be left of it");
    for (name, revision) in [("org/m", "v9"), ("org/m", &"0".repeat(40)), ("org/none", "main")] {
        let answer = gate.post("/api/v1/views", &ada, wish(name, revision, &["code"], &[])).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}@{revision}");
    }
    let stage = json!({ "model": "org/m", "without": ["code"], "stage": "nowhere" });
    assert_eq!(gate.post("/api/v1/views", &ada, stage).await.status, StatusCode::BAD_REQUEST);
    for path in
        ["/api/v1/views?model=org/m&commit=".to_owned() + &base, "/api/v1/revisions/0/view/record".to_owned()]
    {
        assert_eq!(gate.get(&path, &ada).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    assert_eq!(model["revisions"].as_array().unwrap().len(), 1);
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_somebody_may_not_see_has_no_views_for_them() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let guest = gate.person("guest", &[]).await;
    let auditor = gate.person("auditor", &["auditor"]).await;
    let base = rejected(&gate, "org/m").await;
    let wanted = wish("org/m", &base, &["pickle", "code"], &[]);
    let commit = make(&gate, &ada, &wanted).await;
    let record = revision(&gate, "org/m", &commit).await["id"].as_str().unwrap().to_owned();
    let absent = gate.post("/api/v1/views", &guest, wish("org/none", &base, &["pickle"], &[])).await;
    let hidden = gate.post("/api/v1/views", &guest, wanted.clone()).await;
    let said = |answer: &Answer| answer.json()["detail"].as_str().unwrap().replace("org/none", "org/m");
    assert_eq!((hidden.status, said(&hidden)), (StatusCode::NOT_FOUND, said(&absent)));
    for path in [
        format!("/api/v1/views?model=org/m&commit={commit}"),
        format!("/api/v1/revisions/{record}/view/record"),
    ] {
        assert_eq!(gate.get(&path, &guest).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(gate.get(&path, &auditor).await.status, StatusCode::OK, "{path}");
    }
    // Who may see but not ask makes none.
    for path in ["/api/v1/views", "/api/v1/views/preview"] {
        assert_eq!(gate.post(path, &auditor, wanted.clone()).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_view_goes_with_what_it_was_made_from() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let base = rejected(&gate, "org/m").await;
    let first = make(&gate, &ada, &wish("org/m", &base, &["pickle", "code"], &[])).await;
    // A view of a view, in another stage.
    let mut wanted = wish("org/m", &first, &["template"], &[]);
    wanted["stage"] = json!("research");
    let second = make(&gate, &ada, &wanted).await;
    let told = gate.get(&format!("/api/v1/views?model=org/m&commit={second}"), &ada).await.json();
    assert_eq!((&told["from"]["commit"], names(&told).len()), (&json!(first), 0));
    assert_eq!(told["rewritten"][0]["path"], "tokenizer_config.json");
    assert_eq!(resolve(&gate, &ada, "org/m", &first, "config.json").await.status, StatusCode::OK);
    assert_eq!(resolve(&gate, &ada, "org/m", "research", "config.json").await.status, StatusCode::OK);

    let body = json!({ "model": "org/m", "commit": base, "reason": "advisory 7" });
    let sam = gate.person("sam", &["security"]).await;
    let done = gate.post("/api/v1/revoke", &sam, body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json());
    let gone = done.json()["views"].as_array().unwrap().clone();
    assert_eq!(
        gone.iter().map(|view| view["commit"].clone()).collect::<Vec<_>>(),
        [first.as_str(), second.as_str()]
    );
    // Nobody took any of what was withdrawn itself; ada has files of both views.
    assert_eq!(done.json()["pulled"].as_array().unwrap().len(), 1);
    assert_eq!(done.json()["pulled"][0]["person"], "ada");
    for which in [first.as_str(), second.as_str(), "main", "research"] {
        let answer = resolve(&gate, &ada, "org/m", which, "config.json").await;
        assert_eq!(
            (answer.status, answer.header("x-error-code")),
            (StatusCode::NOT_FOUND, "RevisionNotFound")
        );
    }
    let answer = resolve(&gate, &ada, "org/m", &second, "config.json").await;
    assert!(answer.header("x-error-message").contains("advisory 7"), "{}", answer.header("x-error-message"));
    // Neither it nor anything like it is made again.
    for (from, parts) in [(&base, &["pickle", "code"][..]), (&base, &["pickle"]), (&first, &["template"])] {
        let answer = gate.post("/api/v1/views", &ada, wish("org/m", from, parts, &[])).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.json()["detail"].as_str().unwrap().contains("withdrawn"), "{}", answer.json());
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_withdrawn_view_is_not_made_again_and_what_it_was_made_from_stays() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let sam = gate.person("sam", &["security"]).await;
    let base = gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let wanted = wish("org/m", &base, &[], &["sub/*"]);
    let commit = make(&gate, &ada, &wanted).await;
    let body = json!({ "model": "org/m", "commit": commit, "reason": "not enough" });
    assert_eq!(gate.post("/api/v1/revoke", &sam, body).await.json()["views"], json!([]));
    assert_eq!(gate.release("org/m", "research", &base).await["state"], "released");
    let again = gate.post("/api/v1/views", &ada, wanted).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.json()["detail"].as_str().unwrap().contains("this very view was withdrawn: not enough"));
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_view_takes_the_place_of_nothing_by_itself() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    let base = gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let commit = make(&gate, &ada, &wish("org/m", "main", &[], &["sub/*"])).await;
    let release = gate.release("org/m", "internal", &commit).await;
    assert_eq!(release["state"], "approved");
    assert_eq!(gate.get("/api/models/org/m", &ada).await.json()["sha"], base.as_str());
    // Not by being decided about again, either.
    gate.review().await;
    assert_eq!(gate.release("org/m", "internal", &commit).await["state"], "approved");
    let path = format!("/api/v1/releases/{}/promote", release["id"].as_str().unwrap());
    assert_eq!(gate.post(&path, &ada, json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&path, &max, json!({})).await.json()["state"], "released");
    assert_eq!(gate.get("/api/models/org/m", &ada).await.json()["sha"], commit.as_str());
    // For another stage it is asked for by its commit, and fetched from nowhere.
    let asked = json!({ "model": "org/m", "revision": commit, "stage": "research" });
    assert_eq!(gate.post("/api/v1/requests", &ada, asked).await.status, StatusCode::ACCEPTED);
    assert_eq!(gate.release("org/m", "research", &commit).await["state"], "released");
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_was_taken_back_does_not_come_back_as_a_view() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let waiting = make(&gate, &ada, &wish("org/m", "main", &[], &["sub/*"])).await;
    let back = json!({ "model": "org/m", "stage": "internal", "reason": "its weights are poisoned" });
    assert_eq!(gate.post("/api/v1/roll-back", &max, back).await.status, StatusCode::OK);
    gate.review().await;
    let later = make(&gate, &ada, &wish("org/m", "main", &[], &["config.json"])).await;
    let asked = json!({ "model": "org/m", "revision": waiting, "stage": "internal" });
    assert_eq!(gate.post("/api/v1/requests", &max, asked).await.status, StatusCode::ACCEPTED);
    for commit in [waiting, later] {
        assert_eq!(gate.release("org/m", "internal", &commit).await["state"], "approved");
    }
    assert_ne!(gate.get("/api/models/org/m", &ada).await.status, StatusCode::OK);
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_makes_a_view_does_not_approve_it() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["approver"]).await;
    let bob = gate.person("bob", &["approver"]).await;
    rejected(&gate, "org/m").await;
    let mut wanted = wish("org/m", "main", &["pickle", "code"], &[]);
    wanted["stage"] = json!("research");
    let commit = make(&gate, &ada, &wanted).await;
    // Somebody else asks for it in production.
    let asked = json!({ "model": "org/m", "revision": commit, "stage": "production" });
    assert_eq!(gate.post("/api/v1/requests", &gate.admin, asked).await.status, StatusCode::ACCEPTED);
    let release = gate.release("org/m", "production", &commit).await;
    let path = format!("/api/v1/releases/{}/approve", release["id"].as_str().unwrap());
    assert_eq!(gate.post(&path, &ada, json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&path, &bob, json!({})).await.status, StatusCode::OK);
    gate.assert_sound().await;
}

#[tokio::test]
async fn every_gate_gives_the_same_view_the_same_id() {
    let (one, other) = (TestGate::new().await, TestGate::new().await);
    let mut commits = Vec::new();
    for gate in [&one, &other] {
        let base = rejected(gate, "org/m").await;
        commits.push(make(gate, &gate.admin, &wish("org/m", &base, &["pickle"], &["*.py"])).await);
        // However it is said.
        commits
            .push(make(gate, &gate.admin, &wish("org/m", "main", &[], &["model-?.bin", "modeling*"])).await);
    }
    commits.dedup();
    assert_eq!(commits.len(), 1, "{commits:?}");
}

#[tokio::test]
async fn two_who_make_the_same_view_at_once_make_one() {
    let gate = TestGate::new().await;
    let (ada, bob) = (gate.person("ada", &["user"]).await, gate.person("bob", &["user"]).await);
    let base = rejected(&gate, "org/m").await;
    let beside = gate.beside().await;
    let wanted = wish("org/m", &base, &["pickle", "code"], &[]);
    let (one, other) = tokio::join!(
        gate.post("/api/v1/views", &ada, wanted.clone()),
        beside.post("/api/v1/views", &bob, wanted.clone())
    );
    assert_eq!((one.status, other.status), (StatusCode::CREATED, StatusCode::CREATED), "{}", other.json());
    assert_eq!(one.json()["revision"]["commit"], other.json()["revision"]["commit"]);
    work_off(&gate.gate).await.unwrap();
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    assert_eq!(model["revisions"].as_array().unwrap().len(), 2);
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_page_offers_the_view_that_helps_shows_it_and_makes_it() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let base = rejected(&gate, "org/m").await;
    let id = revision(&gate, "org/m", &base).await["id"].as_str().unwrap().to_owned();
    let browser = Browser::signed_in(&gate, &ada).await;
    let page = browser.get("/models/org/m").await.text();
    let offered = format!("/views/new?revision={id}&#38;without=pickle");
    assert!(page.contains("What stands against it is in 2 files."), "{page}");
    assert!(page.contains(&offered), "{page}");

    // Nothing asked for yet: the kinds that are there.
    let empty = browser.get(&format!("/views/new?revision={id}")).await.text();
    assert!(empty.contains("and whatever else runs when it is loaded: 2 files"), "{empty}");
    assert!(!empty.contains("Make this view"), "{empty}");
    let asked = format!("/views/new?revision={id}&without=pickle&paths=mod%2A.py%0D%0A&stage=research");
    let shown = browser.get(&asked).await;
    assert_eq!(shown.status, StatusCode::OK);
    for text in [
        "model-1.bin",
        "It is the index of <code>model-1.bin</code>",
        "Its path is like <code>mod*.py</code>",
        "Make this view for research",
    ] {
        assert!(shown.text().contains(text), "{text}: {}", shown.text());
    }
    // What is wrong stands on the page, and what was written stays.
    let wrong = browser.get(&format!("/views/new?revision={id}&paths=%3Cb%3E*")).await;
    assert!(wrong.status == StatusCode::OK && wrong.text().contains("means no file of this revision"));
    assert!(wrong.text().contains("&#60;b&#62;*") && !wrong.text().contains("<b>*"), "{}", wrong.text());
    let nonsense = browser.get(&format!("/views/new?revision={id}&without=nonsense")).await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/views/new?revision=0").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/views/new").await.status, StatusCode::NOT_FOUND);

    let fields = [
        ("revision", id.as_str()),
        ("without", "pickle"),
        ("paths", "mod*.py\r\n"),
        ("stage", "internal"),
        ("reason", "for search"),
    ];
    let made = browser.post("/views", &fields).await;
    work_off(&gate.gate).await.unwrap();
    let page = browser.get(made.to()).await.text();
    for text in ["The view is made.", "A view of <a", "Left out", "as a view of it", "Signed record"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let of = browser.get(&format!("/models/org/m?revision={base}")).await.text();
    assert!(of.contains("Views of it"), "{of}");
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    let view = model["revisions"].as_array().unwrap().iter().find(|one| one["source"] == "view").unwrap();
    let record = browser.get(&format!("/views/{}/record", view["id"].as_str().unwrap())).await;
    assert_eq!(record.status, StatusCode::OK);
    assert!(record.header("content-disposition").contains("attachment"));
    // Somebody without roles sees none of it.
    let guest = gate.person("guest", &[]).await;
    let guest = Browser::signed_in(&gate, &guest).await;
    for path in
        [format!("/views/new?revision={id}"), format!("/views/{}/record", view["id"].as_str().unwrap())]
    {
        assert_eq!(guest.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // The history tells of it.
    let timeline = page.split('"').find(|text| text.starts_with("/timeline/")).unwrap();
    let timeline = browser.get(timeline).await.text();
    assert!(timeline.contains("made a partial view of"), "{timeline}");
    gate.assert_sound().await;
}
