//! The interface as a contract: what it describes is what it does, and nobody learns past policy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use weighhouse_core::diagnostic::SourceText;
use weighhouse_log::tlog_proof::TlogProof;
use weighhouse_log::{Hash, proof};
use weighhouse_policy::{Base, PolicySet};
use weighhouse_server::{Parts, document, router};

use crate::harness::{TestGate, clean, parts};
use crate::web::Browser;

fn described() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Every operation: method, path, what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
    });
    all.collect()
}

/// An address of a path, with something in the place of each parameter.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "0" } else { part });
    format!("/api/v1{}", parts.collect::<Vec<_>>().join("/"))
}

#[test]
fn the_published_description_is_that_of_the_program() {
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let published = std::fs::read_to_string(published).unwrap_or_default();
    let now = document().to_pretty_json().unwrap() + "\n";
    assert!(published == now, "docs/reference/openapi.json is out of date: run docs/generate");
}

#[tokio::test]
async fn every_route_is_described_with_its_methods() {
    let gate = TestGate::new().await;
    let document = described();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in operations(&document) {
        known.entry(path).or_default().insert(method);
    }
    // The router tells its routes to who looks at it; what it prints begins each with its address.
    let routes = format!("{:?}", router(Arc::clone(&gate.gate)));
    let routes: BTreeSet<String> = routes
        .split('"')
        .filter_map(|text| text.strip_prefix("/api/v1"))
        .filter(|path| path.starts_with('/') && !path.contains("axum"))
        .map(|path| path.replace("{*", "{"))
        .collect();
    assert!(routes.len() > 20, "the router does not tell its routes any more: {routes:?}");
    for path in &routes {
        assert!(
            known.contains_key(path),
            "`{path}` is not described: give its handler `#[utoipa::path]` and enter it by `routes!` in api/mod.rs"
        );
    }
    for (path, methods) in known {
        let answer = gate.ask("QUERY", &filled(&path), &gate.admin, None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.json()["code"], "method", "{path}");
        let allowed: BTreeSet<String> =
            answer.header("allow").split(',').filter(|word| *word != "HEAD").map(str::to_owned).collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[tokio::test]
async fn nobody_without_a_token_reaches_any_endpoint() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    let guest = gate.person("guest", &[]).await;
    for (method, path, operation) in operations(&described()) {
        let address = filled(&path);
        let body = (method == "POST").then(|| json!({}));
        if operation["security"].is_array() {
            assert_eq!(path, "/openapi.json", "only the description is for everybody");
            continue;
        }
        for token in ["", "wh_wrong"] {
            let answer = gate.ask(&method, &address, token, body.clone()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} with `{token}`");
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
            assert!(operation["responses"]["401"].is_object(), "{method} {path}");
        }
        // Known, but without any role: nothing is there, or it is theirs.
        let answer = gate.ask(&method, &address, &guest, body).await;
        let own = [
            "/whoami",
            "/stages",
            "/models",
            "/datasets",
            "/requests",
            "/inbox",
            "/releases",
            "/tokens",
            "/waivers",
            // Public keys.
            "/keys",
        ];
        let status = answer.status.as_u16();
        let fine = match status {
            200 => own.contains(&path.as_str()) && method == "GET",
            201 => method == "POST" && path == "/tokens",
            status => [400, 403, 404, 422].contains(&status),
        };
        assert!(fine, "{method} {path}: {status}");
        assert!(operation["responses"][status.to_string()].is_object(), "{method} {path}: {status}");
        if status == 200 && !["/whoami", "/stages", "/tokens"].contains(&path.as_str()) {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("org/m"), "{path}: {text}");
        }
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_request_has_its_status() {
    let gate = TestGate::new().await;
    let send = async |kind: &str, accept: &str, body: Vec<u8>| {
        let request =
            Request::post("/api/v1/tokens").header("authorization", format!("bearer {}", gate.admin));
        let request = request.header("content-type", kind).header("accept", accept);
        gate.send(request.body(Body::from(body)).unwrap()).await
    };
    let large = format!("{{\"label\": \"{}\"}}", "x".repeat(2 << 20)).into_bytes();
    for (kind, accept, body, status, code) in [
        ("application/json", "text/html", b"{}".to_vec(), 406, "not-acceptable"),
        ("application/json", "*/*", large, 413, "too-large"),
        ("text/plain", "*/*", b"{}".to_vec(), 415, "media-type"),
        ("application/json", "*/*", b"{".to_vec(), 400, "invalid"),
        ("application/json", "*/*", b"{\"days\": \"x\"}".to_vec(), 422, "shape"),
        ("application/json", "*/*", b"{\"unknown\": 1}".to_vec(), 422, "shape"),
        ("application/json", "*/*", b"{\"days\": 0}".to_vec(), 400, "invalid"),
    ] {
        let answer = send(kind, accept, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (status, &json!(code)),
            "{}",
            answer.json()
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for query in
        ["limit=0", "limit=201", "limit=x", "limit=1&limit=2", "unknown=1", "state=nonsense", "after=x"]
    {
        let answer = gate.get(&format!("/api/v1/releases?{query}"), &gate.admin).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(gate.get("/api/v1/log/records/x", &gate.admin).await.status, StatusCode::NOT_FOUND);
    assert_eq!(gate.get("/api/v1/nothing", &gate.admin).await.json()["code"], "not-found");
    // Proofs are plain text.
    for (accept, status) in [("text/plain", 200), ("*/*", 200), ("application/json", 406)] {
        let request = Request::get("/api/v1/log/records/0/tlog-proof").header("accept", accept);
        let request = request.header("authorization", format!("Bearer {}", gate.admin));
        let answer = gate.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{accept}");
    }
    let request = Request::post(format!("/api/v1/attestations?model=org/m&commit={}", "0".repeat(40)));
    let request = request.header("authorization", format!("Bearer {}", gate.admin));
    let answer = gate.send(request.body(Body::from(vec![0xff])).unwrap()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("invalid")));
}

/// Everything of a list, read page by page.
async fn all(gate: &TestGate, token: &str, path: &str, cursor: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), String::new());
    loop {
        let page = gate.get(&format!("/api/v1/{path}limit=2{next}"), token).await;
        assert_eq!(page.status, StatusCode::OK, "{path}{next}: {}", page.json());
        let page = page.json();
        let found = page["items"].as_array().unwrap().clone();
        assert!(found.len() <= 2);
        items.extend(found);
        next = match &page["next"] {
            Value::Null => return items,
            Value::String(text) => format!("&{cursor}={text}"),
            number => format!("&{cursor}={number}"),
        };
    }
}

#[tokio::test]
async fn lists_are_whole_and_each_entry_is_there_once() {
    let gate = TestGate::new().await;
    for number in 0..5 {
        if number % 2 == 0 {
            gate.pass(1);
        }
        let name = format!("org/m{number}");
        gate.import("admin", &name, "research", &parts(&clean(&name))).await;
        gate.person(&format!("p{number}"), &["user"]).await;
    }
    let of = |items: &[Value], key: &str| {
        let texts: Vec<String> = items.iter().map(|item| item[key].to_string()).collect();
        let different: BTreeSet<&String> = texts.iter().collect();
        assert_eq!(different.len(), texts.len(), "{texts:?}");
        texts.len()
    };
    for (path, cursor, key, expected) in [
        ("models?", "after", "name", 5),
        ("models?search=M3&", "after", "name", 1),
        ("datasets?", "after", "name", 0),
        ("releases?", "after", "id", 5),
        ("releases?state=released&stage=research&", "after", "id", 5),
        ("releases?state=rejected&", "after", "id", 0),
        ("releases?model=ORG/m1&", "after", "id", 1),
        ("releases?model=ORG/m1&kind=models&", "after", "id", 1),
        ("waivers?", "after", "id", 0),
        ("people?", "after", "name", 6),
        ("tokens?", "after", "id", 6),
        ("tokens?person=p1&", "after", "id", 1),
        ("requests?", "after", "id", 5),
    ] {
        assert_eq!(of(&all(&gate, &gate.admin, path, cursor).await, key), expected, "{path}");
    }
    let records = all(&gate, &gate.admin, "log/records?", "before").await;
    let size = gate.get("/api/v1/log", &gate.admin).await.json()["size"].as_u64().unwrap();
    assert_eq!(of(&records, "seq") as u64, size);
    assert_eq!(records[0]["seq"], size - 1);
    let model = gate.get("/api/v1/models/org/m1", &gate.admin).await.json();
    let id = model["revisions"][0]["id"].as_str().unwrap();
    assert_eq!(of(&all(&gate, &gate.admin, &format!("revisions/{id}/files?"), "after").await, "path"), 3);
    let listed = gate.get("/api/v1/models?search=m1", &gate.admin).await.json();
    assert_eq!(listed["items"][0]["stages"], json!([{ "stage": "research", "state": "released" }]));
    let whole = gate.get(&format!("/api/v1/revisions/{id}"), &gate.admin).await.json();
    assert_eq!((&whole["model"]["name"], &whole["state"]), (&json!("org/m1"), &json!("inspected")));
    let release = whole["releases"][0]["id"].as_str().unwrap();
    let release = gate.get(&format!("/api/v1/releases/{release}"), &gate.admin).await.json();
    assert!(release["evidence"].as_str().unwrap().starts_with("sha256:"), "{release}");
    assert_eq!(release["revision"], whole["id"]);
    // A token of somebody sees what is theirs.
    let own = gate.token("p1", None).await;
    assert_eq!(all(&gate, &own, "tokens?", "after").await.len(), 2);
    assert_eq!(gate.get("/api/v1/tokens?person=p2", &own).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.get("/api/v1/log/records", &own).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_record_is_proven_by_the_signed_head() {
    let gate = TestGate::new().await;
    // More than a tile of the log holds.
    for number in 0..130 {
        gate.post("/api/v1/people", &gate.admin, json!({ "name": format!("p{number}"), "roles": ["user"] }))
            .await;
        gate.post("/api/v1/people", &gate.admin, json!({ "name": format!("p{number}"), "roles": [] })).await;
    }
    let size = gate.get("/api/v1/log", &gate.admin).await.json()["size"].as_u64().unwrap();
    assert!(size > 256);
    for seq in [0, 1, 255, 256, size - 1] {
        let page = format!("/api/v1/log/records?before={}&limit=1", seq + 1);
        let record = gate.get(&page, &gate.admin).await.json()["items"][0].clone();
        assert_eq!(
            (&record["seq"], &record["who"]),
            (&json!(seq), &json!(if seq < 2 { "setup" } else { "admin" }))
        );
        let path = format!("/api/v1/log/records/{seq}");
        let entry = record["entry"].as_str().unwrap().as_bytes();
        assert_eq!(gate.get(&path, &gate.admin).await.body, entry);
        let found =
            TlogProof::parse(&gate.get(&format!("{path}/tlog-proof"), &gate.admin).await.body).unwrap();
        let head = found.checkpoint.verify(gate.gate.log_key()).unwrap();
        assert_eq!((head.size(), found.index), (size, seq));
        proof::verify_inclusion(Hash::leaf(entry), seq, size, &found.path, head.root()).unwrap();
        let other = Hash::leaf(b"something else");
        assert!(proof::verify_inclusion(other, seq, size, &found.path, head.root()).is_err());
    }
    for beyond in [size, u64::MAX] {
        let answer = gate.get(&format!("/api/v1/log/records/{beyond}"), &gate.admin).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{beyond}");
    }
    assert_eq!(gate.get("/api/v1/log/records?before=-1", &gate.admin).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_inbox_tells_what_waits_for_whom() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let bob = gate.person("bob", &["approver"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let inbox = async |token: &str| gate.get("/api/v1/inbox", token).await.json();
    let waiting = inbox(&bob).await;
    assert_eq!(waiting["approve"][0]["model"], "org/m");
    let id = waiting["approve"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(inbox(&max).await["approve"], json!([]));
    gate.post(&format!("/api/v1/releases/{id}/approve"), &bob, json!({})).await;
    assert_eq!(inbox(&bob).await["approve"], json!([]));
    let eve = gate.person("eve", &["approver"]).await;
    gate.post(&format!("/api/v1/releases/{id}/approve"), &eve, json!({})).await;
    assert_eq!(inbox(&max).await["promote"][0]["id"], json!(id));
}

/// Bob may approve what is of `nlp`, and nothing else.
const ONLY_NLP: &str = r#"
@id("only-nlp") @message("not his") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"approve", resource)
when { principal.name == "bob" && !(resource.name like "nlp/*") };
"#;

#[tokio::test]
async fn the_inbox_looks_behind_what_waits_for_others_and_says_how_far_it_looked() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let bob = gate.person("bob", &["approver"]).await;
    let only_nlp = SourceText { name: "nlp.cedar".to_owned(), text: ONLY_NLP.into() };
    let policies = PolicySet::load(Base::Default, &[only_nlp]).unwrap();
    let gate = gate.beside_of(|parts| Parts { policies, ..parts }).await;
    for number in 0..52 {
        gate.import("admin", &format!("zz/m{number}"), "production", &parts(&clean(&number.to_string())))
            .await;
        gate.pass(1);
    }
    gate.import("admin", "nlp/good", "production", &parts(&clean("good"))).await;
    let inbox = gate.get("/api/v1/inbox", &bob).await.json();
    assert_eq!(
        (&inbox["approve"][0]["model"], &inbox["more"]),
        (&json!("nlp/good"), &json!(false)),
        "{inbox}"
    );
    // Of others there are more than a page: each is told of once.
    let eve = gate.person("eve", &["approver"]).await;
    let first = gate.get("/api/v1/inbox", &eve).await.json();
    let next = first["next"]["approve"].as_str().unwrap();
    let rest = gate.get(&format!("/api/v1/inbox?part=approve&after={next}"), &eve).await.json();
    let names = |page: &Value| -> Vec<String> {
        let items = page["approve"].as_array().unwrap().iter();
        items.map(|item| item["model"].as_str().unwrap().to_owned()).collect()
    };
    let all: BTreeSet<String> = names(&first).into_iter().chain(names(&rest)).collect();
    assert_eq!((names(&first).len(), names(&rest).len(), all.len()), (50, 3, 53));
    assert_eq!((&rest["more"], &rest["next"]["approve"]), (&json!(false), &Value::Null));
    assert_eq!(gate.get(&format!("/api/v1/inbox?after={next}"), &eve).await.status, StatusCode::BAD_REQUEST);

    // There is an end to what is looked at for one answer, and then it says where it goes on.
    let database = gate.database().await;
    let copies = "INSERT INTO releases (id, model, revision, stage, state, requester, decision, moved, created, changed, decided) \
                  SELECT r.id || 'c' || n.number, r.model, r.revision, 'copy' || n.number, r.state, r.requester, r.decision, r.moved, \
                  r.created, r.changed - 1000, r.decided FROM releases r, \
                  (SELECT ROW_NUMBER() OVER (ORDER BY id) AS number FROM releases) n WHERE r.stage = 'production' \
                  AND r.model IN (SELECT id FROM models WHERE name LIKE 'zz/%')";
    sqlx::query(copies).execute(&database).await.unwrap();
    database.close().await;
    let mut page = gate.get("/api/v1/inbox", &bob).await.json();
    assert_eq!((&page["approve"], &page["more"]), (&json!([]), &json!(true)), "{page}");
    let mut pages = 1;
    while page["approve"].as_array().unwrap().is_empty() {
        let next = page["next"]["approve"].as_str().unwrap_or_else(|| panic!("{page}")).to_owned();
        page = gate.get(&format!("/api/v1/inbox?part=approve&after={next}"), &bob).await.json();
        pages += 1;
    }
    assert_eq!((names(&page), pages), (vec!["nlp/good".to_owned()], 3));
    // So do pages.
    let browser = Browser::signed_in(&gate, &bob).await;
    let mut page = browser.get("/").await.text();
    for _ in 1..pages {
        assert!(page.contains("More may wait") && !page.contains("waits for you."), "{page}");
        let next = page.split("href=\"/?").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        page = browser.get(&format!("/?{next}")).await.text();
    }
    assert!(page.contains("nlp/good") && !page.contains("More may wait"), "{page}");
    assert_eq!(browser.get("/?part=approve&after=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nobody_takes_the_right_to_give_rights_from_themselves() {
    let gate = TestGate::new().await;
    let roles = |roles: &[&str]| json!({ "name": "admin", "roles": roles });
    let lost = gate.post("/api/v1/people", &gate.admin, roles(&["user"])).await;
    assert_eq!(lost.status, StatusCode::CONFLICT, "{}", lost.json());
    let kept = gate.post("/api/v1/people", &gate.admin, roles(&["admin", "approver"])).await;
    assert_eq!((kept.status, &kept.json()["roles"]), (StatusCode::CREATED, &json!(["admin", "approver"])));
}
