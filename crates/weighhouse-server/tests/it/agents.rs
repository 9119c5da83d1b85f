//! Agents: they act for a person, with less than their rights, and the log says so.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use weighhouse_server::document;

use crate::harness::{Answer, TestGate, clean, parts};

const ALL: [&str; 8] =
    ["user", "publisher", "approver", "release-manager", "security", "attester", "auditor", "admin"];

/// What an agent may change by the default policies, for somebody with all roles.
const ALLOWED: [(&str, &str); 7] = [
    ("POST", "/requests"),
    // A view is a request for less.
    ("POST", "/views"),
    ("POST", "/views/preview"),
    ("POST", "/bundles"),
    // Refused by the same question as bringing one.
    ("POST", "/attestations/{id}/withdraw"),
    // Refused, too, and asked below: they want a draft.
    ("POST", "/policy/check"),
    ("POST", "/policy/dry-run"),
];

/// A token for an agent of whoever holds `token`.
async fn agent(gate: &TestGate, token: &str) -> String {
    let body = json!({ "label": "assistant", "agent": true });
    let made = gate.post("/api/v1/tokens", token, body).await;
    assert_eq!((made.status, &made.json()["agent"]), (StatusCode::CREATED, &json!(true)), "{}", made.json());
    made.json()["token"].as_str().unwrap().to_owned()
}

/// Asks as a client that says something about agents.
async fn marked(
    gate: &TestGate,
    (method, path): (&str, &str),
    token: &str,
    mark: &str,
    body: Option<Value>,
) -> Answer {
    let request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    let request = request.header("weighhouse-agent", mark).header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    gate.send(request.body(body).unwrap()).await
}

/// A gate on which somebody has all roles, with something to decide about: their token, and the acts with their addresses.
async fn busy() -> (TestGate, String, Vec<(&'static str, &'static str, String, Value)>) {
    let gate = TestGate::new().await;
    let zed = gate.person("zed", &ALL).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let release = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    gate.post(&format!("/api/v1/releases/{release}/approve"), &zed, json!({})).await;
    let waive =
        json!({ "model": "org/m", "rules": ["WH-PKL-001"], "reason": "known", "until": "2026-12-31" });
    let waiver = gate.post("/api/v1/waivers", &zed, waive.clone()).await.json();
    let waiver = waiver["id"].as_str().unwrap_or_else(|| panic!("{waiver}")).to_owned();
    let stage = |reason: &str| json!({ "model": "org/m", "stage": "production", "reason": reason });
    let draft = json!({ "texts": [], "extend": true, "reason": "none" });
    let seen = json!({ "digest": format!("sha256:{}", "0".repeat(64)) });
    let token = gate.get("/api/v1/tokens?person=admin", &zed).await.json()["items"][0]["id"].clone();
    let token = token.as_str().unwrap().to_owned();
    let acts = vec![
        ("POST", "/releases/{id}/approve", format!("releases/{release}/approve"), json!({})),
        ("POST", "/releases/{id}/withdraw", format!("releases/{release}/withdraw"), json!({})),
        ("POST", "/releases/{id}/promote", format!("releases/{release}/promote"), json!({})),
        ("POST", "/releases/{id}/halt", format!("releases/{release}/halt"), json!({ "reason": "x" })),
        ("POST", "/roll-back", "roll-back".to_owned(), stage("x")),
        ("POST", "/waivers", "waivers".to_owned(), waive),
        ("POST", "/waivers/{id}/withdraw", format!("waivers/{waiver}/withdraw"), json!({})),
        ("POST", "/attestations", format!("attestations?model=org/m&commit={commit}"), json!({})),
        ("POST", "/people", "people".to_owned(), json!({ "name": "new", "roles": ["user"] })),
        ("DELETE", "/people/{name}", "people/new".to_owned(), Value::Null),
        ("POST", "/people/{name}/mail", "people/zed/mail".to_owned(), json!({ "mail": "x@example.com" })),
        ("POST", "/tokens", "tokens".to_owned(), json!({})),
        ("DELETE", "/tokens/{id}", format!("tokens/{token}"), Value::Null),
        ("POST", "/device", "device".to_owned(), json!({ "user_code": "BCDF-GHJK", "allow": true })),
        ("POST", "/webhooks", "webhooks".to_owned(), json!({ "url": "https://example.com/x" })),
        ("DELETE", "/webhooks/{id}", "webhooks/0".to_owned(), Value::Null),
        ("POST", "/webhooks/{id}/rotate", "webhooks/0/rotate".to_owned(), json!({})),
        ("POST", "/webhooks/{id}/test", "webhooks/0/test".to_owned(), json!({})),
        ("POST", "/deliveries/{id}/retry", "deliveries/0/retry".to_owned(), json!({})),
        ("POST", "/policy/proposals", "policy/proposals".to_owned(), draft),
        ("DELETE", "/policy/proposals/{id}", "policy/proposals/1".to_owned(), Value::Null),
        ("POST", "/policy/proposals/{id}/approve", "policy/proposals/1/approve".to_owned(), seen.clone()),
        ("POST", "/policy/proposals/{id}/enact", "policy/proposals/1/enact".to_owned(), seen),
        (
            "POST",
            "/revoke",
            "revoke".to_owned(),
            json!({ "model": "org/m", "commit": commit, "reason": "x" }),
        ),
    ];
    (gate, zed, acts)
}

#[tokio::test]
async fn no_endpoint_lets_an_agent_decide_or_rise() {
    let (gate, zed, acts) = busy().await;
    // Each endpoint that changes something is here, or said to be harmless.
    let document = serde_json::to_value(document()).unwrap();
    let mut known: BTreeSet<(String, String)> =
        acts.iter().map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned())).collect();
    known.extend(ALLOWED.map(|(method, path)| (method.to_owned(), path.to_owned())));
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|method| *method != "get") {
            let key = (method.to_uppercase(), path.clone());
            assert!(known.contains(&key), "{key:?}: say whether an agent may");
        }
    }
    let before = gate.get("/api/v1/log", &zed).await.json()["size"].clone();
    let token = agent(&gate, &zed).await;
    for (method, _, path, body) in &acts {
        let (path, body) = (format!("/api/v1/{path}"), Some(body.clone()).filter(|body| !body.is_null()));
        let by_token = gate.ask(method, &path, &token, body.clone()).await;
        let by_word = marked(&gate, (method, &path), &zed, "mcp", body).await;
        for answer in [by_token, by_word] {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.json());
            let why = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(why.contains("agent") && why.contains("`zed`"), "{method} {path}: {why}");
        }
    }
    for path in ["/api/v1/policy/check", "/api/v1/policy/dry-run"] {
        let answer = gate.post(path, &token, json!({ "texts": [] })).await;
        assert!([403, 422].contains(&answer.status.as_u16()), "{path}: {}", answer.json());
    }
    // Nothing happened but the token.
    let after = gate.get("/api/v1/log", &zed).await.json()["size"].clone();
    assert_eq!(after.as_u64().unwrap(), before.as_u64().unwrap() + 1);
    // To the person nothing of it is forbidden, whatever else is wrong with it.
    for (method, _, path, body) in &acts {
        let body = Some(body.clone()).filter(|body| !body.is_null());
        let answer = gate.ask(method, &format!("/api/v1/{path}"), &zed, body).await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.json());
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_caller_narrows_itself_and_never_widens() {
    let gate = TestGate::new().await;
    let zed = gate.person("zed", &ALL).await;
    let token = agent(&gate, &zed).await;
    let is_agent = |answer: &Answer| {
        let me = answer.json();
        let may: Vec<&str> = me["may"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(may.contains(&"approve"), me["agent"] == false, "{me}");
        me["agent"].as_bool().unwrap()
    };
    assert!(!is_agent(&gate.get("/api/v1/whoami", &zed).await));
    assert!(is_agent(&gate.get("/api/v1/whoami", &token).await));
    for mark in ["mcp", "", "no", "false", "0", "person"] {
        for token in [&zed, &token] {
            assert!(is_agent(&marked(&gate, ("GET", "/api/v1/whoami"), token, mark, None).await), "{mark}");
        }
    }
    // The next request of the same token is the person's again.
    assert!(!is_agent(&gate.get("/api/v1/whoami", &zed).await));
}

#[tokio::test]
async fn an_agent_looks_asks_and_downloads() {
    let gate = TestGate::new().await;
    let zed = gate.person("zed", &["user"]).await;
    let token = agent(&gate, &zed).await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    for path in ["/api/v1/models/org/m", "/api/v1/inbox", "/org/m/resolve/main/config.json", "/api/whoami-v2"]
    {
        assert_eq!(gate.get(path, &token).await.status, StatusCode::OK, "{path}");
    }
    // Nothing is fetched from anywhere here: the refusal is not one of policy.
    let asked = gate.post("/api/v1/requests", &token, json!({ "model": "org/other" })).await;
    assert_eq!(asked.status, StatusCode::CONFLICT, "{}", asked.json());
    let bundle = gate.post("/api/v1/bundles", &token, json!({ "model": "org/m" })).await;
    assert_eq!(bundle.status, StatusCode::CREATED, "{}", bundle.json());
    // Tokens tell for whom they are.
    let tokens = gate.get("/api/v1/tokens", &zed).await.json();
    let items = tokens["items"].as_array().unwrap();
    let agents = items.iter().filter(|one| one["agent"] == true).map(|one| &one["label"]);
    assert_eq!((agents.collect::<Vec<_>>(), items.len()), (vec![&json!("assistant")], 2));
    // And so does the record of what the agent did.
    let records = gate.get("/api/v1/log/records?limit=2", &gate.admin).await.json();
    let newest = &records["items"][0];
    assert_eq!((&newest["who"], &newest["agent"]), (&json!("zed"), &json!(true)));
    let entry: Value = serde_json::from_str(newest["entry"].as_str().unwrap()).unwrap();
    assert_eq!((&entry["action"], &entry["detail"]["agent"]), (&json!("bundle.issue"), &json!("yes")));
    assert_eq!(records["items"][1]["agent"], false);
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_delegates_lets_agents_decide_and_the_log_says_so() {
    let gate = TestGate::new().await;
    let zed = gate.person("zed", &["user", "approver", "delegator", "admin"]).await;
    let eve = gate.person("eve", &["approver"]).await;
    let (token, other) = (agent(&gate, &zed).await, agent(&gate, &eve).await);
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let release = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/releases/{release}/approve");
    let refused = gate.post(&path, &other, json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let why = refused.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(
        why,
        "policy does not let an agent approve for `eve`: a person decides this of `org/m`, at http://gate.test"
    );
    let approved = gate.post(&path, &token, json!({ "comment": "looked at" })).await;
    assert_eq!(approved.status, StatusCode::OK, "{}", approved.json());
    let record = gate.get("/api/v1/log/records?limit=2", &gate.admin).await.json();
    let both = record["items"].as_array().unwrap();
    assert!(both.iter().any(|record| record["who"] == "zed" && record["agent"] == true), "{record}");
    // It is the person's approval: the person gives no second one, and may take it back.
    assert_eq!(gate.post(&path, &zed, json!({})).await.status, StatusCode::CONFLICT);
    let withdraw = format!("/api/v1/releases/{release}/withdraw");
    assert_eq!(gate.post(&withdraw, &other, json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&withdraw, &zed, json!({})).await.status, StatusCode::OK);
    // About people no agent decides, whatever roles there are.
    let people = gate.post("/api/v1/people", &token, json!({ "name": "new", "roles": [] })).await;
    assert_eq!(people.status, StatusCode::FORBIDDEN);
    gate.assert_sound().await;
}

#[tokio::test]
async fn no_way_in_makes_an_agent_a_person() {
    let gate = TestGate::new().await;
    let zed = gate.person("zed", &ALL).await;
    let token = agent(&gate, &zed).await;
    let form = async |path: &str, body: String| {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("origin", "http://gate.test").header("host", "gate.test");
        gate.send(request.body(Body::from(body)).unwrap()).await
    };
    // Sessions of browsers.
    let login = form("/login", format!("token={token}&next=/")).await;
    assert_eq!((login.status, login.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    let person = form("/login", format!("token={zed}&next=/")).await;
    assert!(!person.header("set-cookie").is_empty());
    // Logins of devices.
    let device = form("/oauth/device", "client_id=x".to_owned()).await.json();
    let body = json!({ "user_code": device["user_code"], "allow": true });
    for answer in [
        gate.post("/api/v1/device", &token, body.clone()).await,
        marked(&gate, ("POST", "/api/v1/device"), &zed, "mcp", Some(body)).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    let code = device["device_code"].as_str().unwrap();
    let polled = form("/oauth/token", format!("{grant}&device_code={code}")).await;
    assert_eq!(polled.json()["error"], "authorization_pending");
    // Exchange of tokens.
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange";
    let kind = "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt";
    let exchanged = form("/oauth/token", format!("{grant}&{kind}&subject_token={token}")).await;
    assert_eq!(
        (exchanged.status, &exchanged.json()["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    // Tokens: not one more, and none that is for a person.
    for body in [json!({}), json!({ "agent": true }), json!({ "agent": false, "person": "zed" })] {
        assert_eq!(gate.post("/api/v1/tokens", &token, body).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        gate.get("/api/v1/tokens?person=zed", &zed).await.json()["items"].as_array().unwrap().len(),
        2
    );
    gate.assert_sound().await;
}
