//! Where models come from: another gate, and servers that refuse, lie, hang or die.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use weighhouse_core::Digest;
use weighhouse_scan::source::hub::{Patience, Token};
use weighhouse_server::{Kind, Name, Upstream, router, work_off};

use crate::harness::{TestGate, clean, parts, write};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: &[u8] = b"0123456789";

/// Serves on a port of this machine until the test ends; gives the address.
async fn serve(app: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// A gate that fetches from `endpoint`, and does not wait long.
async fn below(endpoint: &str, token: Option<&str>) -> TestGate {
    let patience = Patience {
        connect: Duration::from_secs(5),
        answer: Duration::from_millis(300),
        silence: Duration::from_millis(300),
        attempts: 2,
        pause: Duration::from_millis(10),
    };
    let upstream = Upstream { endpoint: endpoint.to_owned(), token: token.and_then(Token::new), patience };
    TestGate::with(|settings| {
        "research".clone_into(&mut settings.stage);
        settings.upstream = Some(upstream);
    })
    .await
}

/// Does what is due, and what is put off, until nothing waits.
async fn patiently(gate: &TestGate) {
    // A day and some hours: a source that is away is waited for half a day.
    for _ in 0..12 {
        work_off(&gate.gate).await.unwrap();
        gate.pass(8000);
    }
    assert_eq!(gate.get("/readyz", "").await.json()["jobs"], 0);
}

async fn ask_for(gate: &TestGate, token: &str, name: &str) {
    let asked = gate.post("/api/v1/requests", token, json!({ "model": name, "reason": "for a test" })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.json());
}

#[tokio::test]
async fn a_gate_fetches_from_another_what_that_one_released() {
    let far = TestGate::with(|settings| "internal".clone_into(&mut settings.stage)).await;
    let machine = far.person("machine", &["user"]).await;
    let address = serve(router(Arc::clone(&far.gate))).await;
    let near = below(&address, Some(&machine)).await;
    let ada = near.person("ada", &["user"]).await;
    let model = "/api/models/org/model";

    // Nobody asked here; who asks is told how.
    let never = near.get(model, &ada).await;
    assert_eq!((never.status, never.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    assert!(never.header("x-error-message").contains("weighhouse gate request"));

    // There it is released for research only, which is not the stage of the machine's token: its reason arrives here.
    let commit = far.import("admin", "Org/Model", "research", &parts(&clean("1"))).await;
    ask_for(&near, &ada, "org/model").await;
    let waiting = near.get(model, &ada).await;
    assert!(
        waiting.header("x-error-message").contains("being fetched"),
        "{}",
        waiting.header("x-error-message")
    );
    patiently(&near).await;
    let refused = near.get(model, &ada).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    let why = refused.header("x-error-message");
    assert!(why.contains("could not be fetched") && why.contains("is not released for `internal`"), "{why}");

    // Released there, asked for again here: fetched, inspected, decided, served. Commit ids and names are kept.
    far.import("admin", "Org/Model", "internal", &parts(&clean("1"))).await;
    ask_for(&near, &ada, "org/model").await;
    patiently(&near).await;
    let info = near.get(&format!("{model}?blobs=true"), &ada).await;
    assert_eq!((info.status, &info.json()["sha"]), (StatusCode::OK, &json!(commit)), "{}", info.json());
    let there = far.get("/api/models/org/model/tree/main?recursive=true", &machine).await.json();
    let here = near.get(&format!("{model}/tree/main?recursive=true"), &ada).await.json();
    assert_eq!(here, there, "the same names, sizes and ids");
    for (path, content) in clean("1") {
        let file = near.get(&format!("/org/model/resolve/main/{path}"), &ada).await;
        assert_eq!(file.body, content, "{path}");
    }
    let history = near.get("/api/models/org/model/commits/main", &ada).await.json();
    assert_eq!(history[0]["title"], format!("fetched from {address}"));

    // The other one ends, or withdraws it: what was released here stays, until somebody here withdraws it.
    let sec = far.person("sec", &["security"]).await;
    let body = json!({ "model": "org/model", "commit": commit, "reason": "advisory 7" });
    assert_eq!(far.post("/api/v1/revoke", &sec, body).await.status, StatusCode::OK);
    ask_for(&near, &ada, "org/model").await;
    patiently(&near).await;
    assert_eq!(near.get(model, &ada).await.status, StatusCode::OK);
    let requests = near.get("/api/v1/models/org/model", &ada).await.json()["requests"].clone();
    let last = requests.as_array().unwrap().last().unwrap()["fault"].as_str().unwrap().to_owned();
    assert!(last.contains("advisory 7"), "{last}");
    near.assert_sound().await;
    far.assert_sound().await;
}

#[tokio::test]
async fn data_sets_are_fetched_and_are_not_the_models_of_the_same_name() {
    let far = TestGate::with(|settings| "internal".clone_into(&mut settings.stage)).await;
    let machine = far.person("machine", &["user"]).await;
    let rows: &[u8] = b"{\"text\": \"one\"}\n";
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("data/train.jsonl"), rows);
    let name = Name::new(Kind::Dataset, "org/both").unwrap();
    let commit = far.gate.import("admin", &name, folder.path(), "internal").await.unwrap();
    far.import("admin", "org/both", "internal", &parts(&clean("1"))).await;
    let near = below(&serve(router(Arc::clone(&far.gate))).await, Some(&machine)).await;
    let ada = near.person("ada", &["user"]).await;
    let refused = near.get("/api/datasets/org/both", &ada).await;
    assert!(refused.header("x-error-message").contains("gate request org/both --dataset"));

    let body = json!({ "model": "org/both", "kind": "datasets" });
    assert_eq!(near.post("/api/v1/requests", &ada, body).await.status, StatusCode::ACCEPTED);
    patiently(&near).await;
    let info = near.get("/api/datasets/org/both", &ada).await.json();
    assert_eq!(info["sha"], commit.as_str(), "{info}");
    let file = near.get("/datasets/org/both/resolve/main/data/train.jsonl", &ada).await;
    assert_eq!(file.body, rows);
    // The model was not asked for.
    assert_eq!(near.get("/api/models/org/both", &ada).await.status, StatusCode::FORBIDDEN);
    ask_for(&near, &ada, "org/both").await;
    patiently(&near).await;
    assert_eq!(near.get("/org/both/resolve/main/sub/notes.txt", &ada).await.body, b"hello\n");
    assert_eq!(
        near.get("/datasets/org/both/resolve/main/sub/notes.txt", &ada).await.status,
        StatusCode::NOT_FOUND
    );
    // It is withdrawn by its kind, too.
    let sam = near.person("sam", &["security"]).await;
    let body = json!({ "model": "org/both", "kind": "datasets", "commit": commit, "reason": "advisory 7" });
    assert_eq!(near.post("/api/v1/revoke", &sam, body).await.status, StatusCode::OK);
    assert_eq!(near.get("/api/datasets/org/both", &ada).await.header("x-error-code"), "RevisionNotFound");
    assert_eq!(near.get("/api/models/org/both", &ada).await.status, StatusCode::OK);
    let wrong = json!({ "model": "org/both", "kind": "spaces" });
    assert_eq!(near.post("/api/v1/requests", &ada, wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    near.assert_sound().await;
}

/// What a server says and does that is not what it should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Vice {
    None,
    Digest,
    Longer,
    Shorter,
    Path,
    Twice,
    NoJson,
    HangsAtOnce,
    HangsHalfWay,
    DiesOnce,
    DiesAlways,
    Status(u16),
    FileStatus(u16),
}

/// A Hub with one model and a vice. Counts how often its weights were asked for.
fn vicious(vice: Vice, asked: Arc<AtomicUsize>) -> axum::Router {
    axum::Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
        let asked = Arc::clone(&asked);
        async move {
            if uri.path().starts_with("/api/") {
                return description(vice).await;
            }
            let count = asked.fetch_add(1, Ordering::Relaxed);
            weights(vice, count, headers.get("range").map(|range| range.to_str().unwrap()))
        }
    })
}

async fn description(vice: Vice) -> Response {
    let mut file = json!({
        "rfilename": "notes.bin",
        "size": WEIGHTS.len(),
        "blobId": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "lfs": { "sha256": Digest::of(WEIGHTS).hex(), "size": WEIGHTS.len(), "pointerSize": 130 },
    });
    match vice {
        Vice::Status(status) => return refusal(status),
        Vice::NoJson => return "<html>welcome</html>".into_response(),
        Vice::HangsAtOnce => tokio::time::sleep(Duration::from_mins(10)).await,
        Vice::Digest => file["lfs"]["sha256"] = Value::from("a".repeat(64)),
        Vice::Path => file["rfilename"] = Value::from("../../../etc/passwd"),
        _ => {}
    }
    let files = if vice == Vice::Twice { json!([file, file]) } else { json!([file]) };
    Json(json!({ "id": "org/m", "sha": COMMIT, "siblings": files })).into_response()
}

fn weights(vice: Vice, count: usize, range: Option<&str>) -> Response {
    let from: usize =
        range.and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok()).unwrap_or(0);
    let half = |length: usize, end: bool| {
        let part: Result<Bytes, std::io::Error> = Ok(Bytes::from_static(&WEIGHTS[from..5]));
        let broken = Err(std::io::Error::other("dead"));
        let first = futures_util::stream::iter([part]);
        let body = if end {
            Body::from_stream(first.chain(futures_util::stream::iter([broken])))
        } else {
            Body::from_stream(first.chain(futures_util::stream::pending()))
        };
        Response::builder().header("content-length", length).body(body).unwrap()
    };
    match vice {
        Vice::FileStatus(status) => refusal(status),
        Vice::Longer => [WEIGHTS, b"more"].concat().into_response(),
        Vice::Shorter => WEIGHTS[..4].into_response(),
        Vice::HangsHalfWay if from == 0 => half(WEIGHTS.len(), false),
        Vice::DiesOnce if count == 0 => half(WEIGHTS.len(), true),
        Vice::DiesAlways if from == 0 => half(WEIGHTS.len(), true),
        Vice::DiesAlways | Vice::HangsHalfWay => refusal(503),
        _ if from > 0 => {
            let headers = [("content-range", format!("bytes {from}-9/10"))];
            (StatusCode::PARTIAL_CONTENT, headers, &WEIGHTS[from..]).into_response()
        }
        _ => WEIGHTS.into_response(),
    }
}

fn refusal(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let headers =
        [("x-error-message", format!("far reason {}", status.as_u16())), ("retry-after", "1".into())];
    (status, headers).into_response()
}

/// What comes of asking for a model there: the answer of the gate here, and how often its content was asked for.
async fn outcome(vice: Vice) -> (Result<Vec<u8>, String>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let address = serve(vicious(vice, Arc::clone(&asked))).await;
    let gate = below(&address, None).await;
    let ada = gate.person("ada", &["user"]).await;
    ask_for(&gate, &ada, "org/m").await;
    patiently(&gate).await;
    let answer = gate.get("/org/m/resolve/main/notes.bin", &ada).await;
    gate.assert_sound().await;
    let asked = asked.load(Ordering::Relaxed);
    if answer.status == StatusCode::OK {
        return (Ok(answer.body), asked);
    }
    assert_eq!((answer.status, answer.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    // Nothing is here, under whatever name one asks.
    let known = gate.get("/api/v1/models/org/m", &ada).await.json();
    for revision in known["revisions"].as_array().unwrap() {
        assert_eq!((&revision["state"], &revision["files"]), (&json!("failed"), &json!(0)), "{known}");
    }
    assert_eq!(known["releases"], json!([]));
    let by_commit = gate.get(&format!("/org/m/resolve/{COMMIT}/notes.bin"), &ada).await;
    assert!(by_commit.status.is_client_error());
    assert_eq!(gate.contents().count().await, 0, "{vice:?}");
    (Err(answer.header("x-error-message").to_owned()), asked)
}

#[tokio::test]
async fn an_honest_server_is_believed_and_a_broken_line_taken_up_again() {
    let (served, asked) = outcome(Vice::None).await;
    assert_eq!((served.unwrap(), asked), (WEIGHTS.to_vec(), 1));
    let (served, asked) = outcome(Vice::DiesOnce).await;
    assert_eq!((served.unwrap(), asked), (WEIGHTS.to_vec(), 2));
}

#[tokio::test]
async fn what_a_server_lies_about_never_comes_in() {
    for (vice, reason) in [
        (Vice::Digest, "but the Hub declares"),
        (Vice::Longer, "are declared, but"),
        (Vice::Shorter, "are declared, but"),
        (Vice::Path, "unsafe name"),
        (Vice::Twice, "twice"),
        (Vice::NoJson, "not the JSON that a Hub sends"),
    ] {
        let (served, _) = outcome(vice).await;
        let why = served.unwrap_err();
        assert!(why.contains("could not be fetched") && why.contains(reason), "{vice:?}: {why}");
    }
}

#[tokio::test]
async fn refusals_of_a_server_are_passed_on_and_those_that_may_pass_tried_again() {
    for (vice, attempts) in [
        (Vice::FileStatus(403), 1),
        (Vice::FileStatus(404), 1),
        // Twice in each of seven attempts, of which the last is half a day after the request.
        (Vice::FileStatus(429), 14),
        (Vice::FileStatus(500), 14),
        (Vice::Status(401), 0),
        (Vice::Status(403), 0),
        (Vice::Status(404), 0),
        (Vice::Status(429), 0),
        (Vice::Status(503), 0),
    ] {
        let (Vice::Status(status) | Vice::FileStatus(status)) = vice else { panic!() };
        let (served, asked) = outcome(vice).await;
        let why = served.unwrap_err();
        assert!(why.contains(&format!("far reason {status}")), "{vice:?}: {why}");
        assert!(!why.contains("HF_TOKEN"), "{vice:?}: {why}");
        assert_eq!(why.contains("WEIGHHOUSE_UPSTREAM_TOKEN"), matches!(status, 401 | 403), "{why}");
        assert_eq!(why.contains("the Hub does not offer"), status == 404, "{why}");
        assert_eq!(asked, attempts, "{vice:?}");
    }
}

#[tokio::test]
async fn servers_that_hang_or_die_are_given_up_with_a_reason() {
    for vice in [Vice::HangsAtOnce, Vice::HangsHalfWay, Vice::DiesAlways] {
        let (served, _) = outcome(vice).await;
        let why = served.unwrap_err();
        assert!(why.contains("could not be fetched"), "{vice:?}: {why}");
    }
    // Nobody is there at all.
    let gate = below("http://127.0.0.1:9", None).await;
    let ada = gate.person("ada", &["user"]).await;
    ask_for(&gate, &ada, "org/m").await;
    patiently(&gate).await;
    let why = gate.get("/api/models/org/m", &ada).await.header("x-error-message").to_owned();
    assert!(why.contains("could not be fetched"), "{why}");
}

#[tokio::test]
async fn what_is_here_is_asked_for_in_another_stage_without_its_source() {
    let far = TestGate::with(|settings| "internal".clone_into(&mut settings.stage)).await;
    let machine = far.person("machine", &["user"]).await;
    let commit = far.import("admin", "org/model", "internal", &parts(&clean("1"))).await;
    let near = below(&serve(router(Arc::clone(&far.gate))).await, Some(&machine)).await;
    let ada = near.person("ada", &["user"]).await;
    ask_for(&near, &ada, "org/model").await;
    patiently(&near).await;
    // The source is away for good.
    let alone = near.beside_set(|settings| {
        "http://127.0.0.1:9".clone_into(&mut settings.upstream.as_mut().unwrap().endpoint);
    });
    let alone = alone.await;
    for (revision, stage) in [(commit.as_str(), "production"), ("research", "internal")] {
        let body = json!({ "model": "org/model", "revision": revision, "stage": stage });
        let asked = alone.post("/api/v1/requests", &ada, body).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.json());
        assert_eq!(asked.json()["settled"], true, "{}", asked.json());
    }
    assert_eq!(near.release("org/model", "production", &commit).await["state"], "reviewable");
    assert_eq!(near.release("org/model", "internal", &commit).await["state"], "released");
    // What is not here is looked for there, and so is what the source may have moved.
    for revision in ["0123456789abcdef0123456789abcdef01234567", "main"] {
        let body = json!({ "model": "org/model", "revision": revision, "stage": "internal", "reason": "x" });
        assert_eq!(alone.post("/api/v1/requests", &ada, body).await.json()["settled"], false, "{revision}");
    }
    near.assert_sound().await;
}

#[tokio::test]
async fn what_was_imported_is_asked_for_in_another_stage_where_there_is_no_source() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let ask = async |revision: &str| {
        let body = json!({ "model": "org/m", "revision": revision, "stage": "production" });
        gate.post("/api/v1/requests", &ada, body).await
    };
    assert_eq!(ask("main").await.status, StatusCode::CONFLICT, "nothing is here");
    let first = gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    gate.pass(60);
    let second = gate.import("admin", "org/m", "internal", &parts(&clean("2"))).await;
    for (revision, commit) in
        [("main", &second), ("research", &first), ("internal", &second), (first.as_str(), &first)]
    {
        let asked = ask(revision).await;
        assert_eq!(
            (asked.status, &asked.json()["commit"]),
            (StatusCode::ACCEPTED, &json!(commit)),
            "{revision}"
        );
    }
    assert_eq!(gate.release("org/m", "production", &first).await["state"], "reviewable");
    assert_eq!(ask("0123456789abcdef0123456789abcdef01234567").await.status, StatusCode::CONFLICT);
    // Asked for after it, but here before it: somebody has to want it in the place of the later one.
    let body = json!({ "model": "org/m", "revision": first, "stage": "internal" });
    assert_eq!(gate.post("/api/v1/requests", &ada, body).await.status, StatusCode::ACCEPTED);
    assert_eq!(gate.release("org/m", "internal", &first).await["state"], "approved");
    assert_eq!(gate.release("org/m", "internal", &second).await["state"], "released");
    // What was withdrawn is not asked for, and the reason is told.
    let sam = gate.person("sam", &["security"]).await;
    let body = json!({ "model": "org/m", "commit": second, "reason": "advisory 7" });
    assert_eq!(gate.post("/api/v1/revoke", &sam, body).await.status, StatusCode::OK);
    let refused = ask(&second).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.json()["detail"].as_str().unwrap().contains("withdrawn: advisory 7"),
        "{}",
        refused.json()
    );
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_asks_for_what_was_withdrawn_is_told_so() {
    let far = TestGate::with(|settings| "internal".clone_into(&mut settings.stage)).await;
    let machine = far.person("machine", &["user"]).await;
    let commit = far.import("admin", "org/model", "internal", &parts(&clean("1"))).await;
    let near = below(&serve(router(Arc::clone(&far.gate))).await, Some(&machine)).await;
    let ada = near.person("ada", &["user"]).await;
    ask_for(&near, &ada, "org/model").await;
    patiently(&near).await;
    let sam = near.person("sam", &["security"]).await;
    let body = json!({ "model": "org/model", "commit": commit, "reason": "advisory 7" });
    assert_eq!(near.post("/api/v1/revoke", &sam, body).await.status, StatusCode::OK);
    // The source still has it as `main`, and another stage never had anything.
    let body = json!({ "model": "org/model", "stage": "internal" });
    assert_eq!(near.post("/api/v1/requests", &ada, body).await.status, StatusCode::ACCEPTED);
    patiently(&near).await;
    let requests = near.get("/api/v1/models/org/model", &ada).await.json()["requests"].clone();
    let last = requests.as_array().unwrap().iter().find(|asked| asked["stage"] == "internal").unwrap();
    assert_eq!(last["fault"], "it was withdrawn: advisory 7", "{requests}");
    let token = near.token("ada", Some("internal")).await;
    let refused = near.get("/api/models/org/model", &token).await;
    assert_eq!(refused.header("x-error-code"), "RevisionNotFound");
    assert!(refused.header("x-error-message").contains("withdrawn and must not be used: advisory 7"));
    near.assert_sound().await;
}

/// A Hub whose models have the weights that all know, and a file of their own that changes with each commit. Says which files were asked for.
fn moving(commits: Arc<AtomicUsize>, asked: Arc<std::sync::Mutex<Vec<String>>>) -> axum::Router {
    let large = |name: &str, content: &[u8]| {
        json!({
            "rfilename": name, "size": content.len(), "blobId": "a".repeat(40),
            "lfs": { "sha256": Digest::of(content).hex(), "size": content.len(), "pointerSize": 130 },
        })
    };
    axum::Router::new().fallback(move |uri: Uri| {
        let (number, path) = (commits.load(Ordering::Relaxed), uri.path().to_owned());
        let own = format!("commit {number}");
        let answer = if path.starts_with("/api/") {
            let files = [large("notes.bin", WEIGHTS), large("own.bin", own.as_bytes())];
            Json(json!({ "id": "org/m", "sha": format!("{number:040}"), "siblings": files })).into_response()
        } else {
            asked.lock().unwrap().push(path.clone());
            match path.strip_prefix("/org/evil/") {
                // It knows the digest, and has nothing else.
                Some(_) => refusal(404),
                None if path.ends_with("own.bin") => own.into_response(),
                None => WEIGHTS.into_response(),
            }
        };
        std::future::ready(answer)
    })
}

#[tokio::test]
async fn what_is_here_of_a_model_is_not_fetched_again_and_what_is_of_another_is() {
    let (commits, asked) = (Arc::new(AtomicUsize::new(1)), Arc::default());
    let address = serve(moving(Arc::clone(&commits), Arc::clone(&asked))).await;
    let gate = below(&address, None).await;
    let ada = gate.person("ada", &["user"]).await;
    for number in 1..=2 {
        commits.store(number, Ordering::Relaxed);
        ask_for(&gate, &ada, "org/m").await;
        patiently(&gate).await;
        let commit = format!("{number:040}");
        for (path, content) in [("notes.bin", WEIGHTS), ("own.bin", format!("commit {number}").as_bytes())] {
            let file = gate.get(&format!("/org/m/resolve/{commit}/{path}"), &ada).await;
            assert_eq!((file.status, file.body.as_slice()), (StatusCode::OK, content), "{number} {path}");
        }
    }
    let files: Vec<String> = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(files.iter().filter(|path| path.ends_with("notes.bin")).count(), 1, "{files:?}");
    assert_eq!(files.iter().filter(|path| path.ends_with("own.bin")).count(), 2, "{files:?}");
    // Damaged here: it is fetched anew.
    gate.contents().write(&Digest::of(WEIGHTS).hex(), b"012345678!").await;
    commits.store(3, Ordering::Relaxed);
    ask_for(&gate, &ada, "org/m").await;
    patiently(&gate).await;
    let file = gate.get(&format!("/org/m/resolve/{:040}/notes.bin", 3), &ada).await;
    assert_eq!((file.status, file.body.as_slice()), (StatusCode::OK, WEIGHTS));

    ask_for(&gate, &ada, "org/evil").await;
    patiently(&gate).await;
    let refused = gate.get("/org/evil/resolve/main/notes.bin", &ada).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    assert!(
        refused.header("x-error-message").contains("could not be fetched"),
        "{}",
        refused.header("x-error-message")
    );
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_was_begun_is_fetched_to_its_end_wherever_the_branch_goes() {
    let (tip, away) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicBool::new(true)));
    let app = {
        let (tip, away) = (Arc::clone(&tip), Arc::clone(&away));
        axum::Router::new().fallback(move |uri: Uri| {
            let path = uri.path().to_owned();
            let named = path.split('/').find(|part| part.len() == 40).map(str::to_owned);
            let commit = named.unwrap_or_else(|| format!("{:040}", tip.load(Ordering::Relaxed)));
            let answer = if path.starts_with("/api/") {
                let lfs = json!({ "sha256": Digest::of(WEIGHTS).hex(), "size": WEIGHTS.len(), "pointerSize": 130 });
                let file = json!({ "rfilename": "notes.bin", "size": WEIGHTS.len(), "blobId": "a".repeat(40), "lfs": lfs });
                Json(json!({ "id": "org/m", "sha": commit, "siblings": [file] })).into_response()
            } else if away.load(Ordering::Relaxed) {
                refusal(503)
            } else {
                WEIGHTS.into_response()
            };
            std::future::ready(answer)
        })
    };
    let gate = below(&serve(app).await, None).await;
    let ada = gate.person("ada", &["user"]).await;
    ask_for(&gate, &ada, "org/m").await;
    work_off(&gate.gate).await.unwrap();
    tip.store(2, Ordering::Relaxed);
    away.store(false, Ordering::Relaxed);
    patiently(&gate).await;
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    let states: Vec<_> =
        model["revisions"].as_array().unwrap().iter().map(|one| (&one["commit"], &one["state"])).collect();
    assert_eq!(states, [(&json!(format!("{:040}", 1)), &json!("inspected"))]);
    // Who asks now asks for what the branch is now.
    ask_for(&gate, &ada, "org/m").await;
    patiently(&gate).await;
    let file = gate.get(&format!("/org/m/resolve/{:040}/notes.bin", 2), &ada).await;
    assert_eq!(file.status, StatusCode::OK);
    // A token of another stage is told what that stage lacks.
    let token = gate.token("ada", Some("production")).await;
    let refused = gate.get(&format!("/org/m/resolve/{:040}/notes.bin", 2), &token).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (StatusCode::NOT_FOUND, "RevisionNotFound"));
    let why = refused.header("x-error-message");
    assert!(why.contains("is not released for `production`. Ask for it: "), "{why}");
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_source_that_is_away_is_told_of_and_waited_for() {
    let far = TestGate::with(|settings| "internal".clone_into(&mut settings.stage)).await;
    far.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let machine = far.person("machine", &["user"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    drop(listener);
    let gate = below(&format!("http://{place}"), Some(&machine)).await;
    let ada = gate.person("ada", &["user"]).await;
    ask_for(&gate, &ada, "org/m").await;
    let trouble = async || {
        let model = gate.get("/api/v1/models/org/m", &ada).await.json();
        assert_eq!(model["requests"][0]["fault"], Value::Null, "{model}");
        model["requests"][0]["trouble"].clone()
    };
    assert_eq!(trouble().await, Value::Null, "nothing is in the way yet");
    // Six attempts and more, for hours.
    for attempt in 1..=9 {
        work_off(&gate.gate).await.unwrap();
        let told = trouble().await;
        assert_eq!(told["attempts"], attempt, "{told}");
        assert!(told["why"].as_str().unwrap().starts_with("cannot fetch"), "{told}");
        assert!(told["next"].as_str().is_some_and(|next| next.starts_with("2026-11-22T")), "{told}");
        gate.pass(1000);
    }
    let mine = gate.get("/api/v1/requests", &ada).await.json();
    assert_eq!(mine["items"][0]["trouble"], trouble().await, "{mine}");
    let again = gate.post("/api/v1/requests", &ada, json!({ "model": "org/m" })).await.json();
    assert_eq!(again["trouble"], trouble().await, "who asks again is told, too");
    let refused = gate.get("/org/m/resolve/main/config.json", &ada).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    let why = refused.header("x-error-message");
    assert!(why.contains("being fetched and inspected. That is held up: cannot fetch"), "{why}");
    assert!(why.contains("; it is tried again "), "clients tell it: {why}");

    let listener = TcpListener::bind(place).await.unwrap();
    let app = router(Arc::clone(&far.gate));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    work_off(&gate.gate).await.unwrap();
    assert_eq!(trouble().await, Value::Null);
    assert_eq!(gate.get("/api/models/org/m", &ada).await.status, StatusCode::OK);
    gate.assert_sound().await;
}
