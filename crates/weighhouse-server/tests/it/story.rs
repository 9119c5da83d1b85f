//! How a model comes in, is approved, served and taken back.

use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::harness::{TestGate, clean, parts};

/// Runs `print('x')` when it is loaded.
const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";

#[tokio::test]
async fn what_policy_allows_for_research_is_served_at_once() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let commit = gate.import("ada", "Org/Clean", "research", &parts(&clean("a"))).await;

    let info = gate.get("/api/models/org/clean/revision/research?blobs=true", &ada).await;
    assert_eq!(info.status, StatusCode::OK, "{}", info.json());
    assert_eq!(info.json()["sha"], commit);
    assert_eq!(info.json()["id"], "Org/Clean");
    assert_eq!(info.json()["siblings"].as_array().unwrap().len(), 3);

    let whole = gate.get("/org/clean/resolve/research/config.json", &ada).await;
    assert_eq!(whole.header("x-repo-commit"), commit);
    assert_eq!(whole.body, clean("a")[0].1);
    let request = Request::get(format!("/org/clean/resolve/{commit}/config.json"));
    let request = request.header("authorization", format!("Bearer {ada}")).header("range", "bytes=0-0");
    let byte = gate.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((byte.status, byte.body.as_slice()), (StatusCode::PARTIAL_CONTENT, b"{".as_slice()));
    assert_eq!(byte.header("content-range"), format!("bytes 0-0/{}", whole.body.len()));

    // Nobody asked for it in the stage of people who say nothing. Caches hold what research got: clients must not take that.
    for path in ["/api/models/org/clean", "/org/clean/resolve/production/config.json"] {
        let other = gate.get(path, &ada).await;
        assert_eq!((other.status, other.header("x-error-code")), (StatusCode::NOT_FOUND, "RevisionNotFound"));
        assert!(other.header("x-error-message").contains("is not released for"), "{path}");
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_hostile_is_rejected_and_no_approval_helps() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let bob = gate.person("bob", &["approver", "release-manager"]).await;
    let commit = gate.import("ada", "org/bad", "internal", &[("model.pkl", HOSTILE)]).await;
    let refused = gate.get("/api/models/org/bad", &ada).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (StatusCode::FORBIDDEN, "GatedRepo"));
    assert!(refused.header("x-hf-warning").contains("rejected"), "{}", refused.header("x-hf-warning"));
    let release = gate.release("org/bad", "internal", &commit).await;
    assert_eq!(release["state"], "rejected");
    let id = release["id"].as_str().unwrap();
    for (path, body) in [("approve", json!({})), ("promote", json!({})), ("promote", json!({ "share": 1 }))] {
        let answer = gate.post(&format!("/api/v1/releases/{id}/{path}"), &bob, body).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path}: {}", answer.json());
    }
    for path in ["/org/bad/resolve/main/model.pkl", &format!("/org/bad/resolve/{commit}/model.pkl")] {
        assert_eq!(gate.get(path, &ada).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn production_needs_two_other_people_a_promotion_and_can_be_rolled_back() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let ada = gate.person("ada", &["user", "approver"]).await;
    let bob = gate.person("bob", &["approver"]).await;
    let eve = gate.person("eve", &["approver"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    let model = "/api/models/org/clean";

    let first = gate.import("ada", "org/clean", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/clean", "production", &first).await["id"].as_str().unwrap().to_owned();
    let act = |verb: &'static str| format!("/api/v1/releases/{id}/{verb}");
    let approve = async |token: &str, expected: StatusCode| {
        let answer = gate.post(&act("approve"), token, json!({ "comment": "looked at it" })).await;
        assert_eq!(answer.status, expected, "{}", answer.json());
        answer.json()["state"].as_str().unwrap_or_default().to_owned()
    };
    // Who asked does not approve, nobody approves twice, one is not enough.
    approve(&ada, StatusCode::FORBIDDEN).await;
    approve(&max, StatusCode::FORBIDDEN).await;
    assert_eq!(approve(&bob, StatusCode::OK).await, "reviewable");
    approve(&bob, StatusCode::CONFLICT).await;
    let early = gate.post(&act("promote"), &max, json!({})).await;
    assert_eq!((early.status, early.json()["code"].as_str().unwrap()), (StatusCode::CONFLICT, "denied"));
    assert_eq!(early.json()["decision"]["reasons"][0]["policy"], "production-needs-two");
    assert_eq!(approve(&eve, StatusCode::OK).await, "approved");
    assert_eq!(gate.get(model, &ada).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&act("promote"), &bob, json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&act("promote"), &max, json!({})).await.json()["state"], "released");
    assert_eq!(gate.get(model, &ada).await.json()["sha"], first);

    // The next revision: a canary, then everybody, then back.
    let second = gate.import("ada", "org/clean", "production", &parts(&clean("2"))).await;
    let id = gate.release("org/clean", "production", &second).await["id"].as_str().unwrap().to_owned();
    for token in [&bob, &eve] {
        gate.post(&format!("/api/v1/releases/{id}/approve"), token, json!({})).await;
    }
    let promote = format!("/api/v1/releases/{id}/promote");
    assert_eq!(gate.post(&promote, &max, json!({ "share": 50 })).await.json()["state"], "canary");
    let mut seen = [0, 0];
    for number in 0..20 {
        let token = gate.person(&format!("user{number}"), &["user"]).await;
        let sha = gate.get(model, &token).await.json()["sha"].as_str().unwrap().to_owned();
        seen[usize::from(sha == second)] += 1;
        // Sticky: the same person sees the same.
        assert_eq!(gate.get(model, &token).await.json()["sha"], sha);
    }
    assert!(seen[0] > 2 && seen[1] > 2, "{seen:?}");
    assert_eq!(gate.post(&promote, &max, json!({})).await.json()["state"], "released");
    assert_eq!(gate.get(model, &ada).await.json()["sha"], second);
    assert_eq!(gate.release("org/clean", "production", &first).await["state"], "superseded");
    let body = json!({ "model": "org/clean", "stage": "production", "reason": "answers got worse" });
    let back = gate.post("/api/v1/roll-back", &max, body).await;
    assert_eq!(back.json()["to"]["commit"], first, "{}", back.json());
    assert_eq!(gate.get(model, &ada).await.json()["sha"], first);

    // Withdrawn: whoever has it is named, and every client is told.
    gate.get("/org/clean/resolve/main/config.json", &ada).await;
    let body = json!({ "model": "org/clean", "commit": first, "reason": "advisory 7" });
    let revoked = gate.post("/api/v1/revoke", &max, body).await;
    assert_eq!(revoked.json()["pulled"][0]["person"], "ada", "{}", revoked.json());
    for revision in ["main", &first] {
        let gone = gate.get(&format!("{model}/revision/{revision}"), &ada).await;
        assert_eq!((gone.status, gone.header("x-error-code")), (StatusCode::NOT_FOUND, "RevisionNotFound"));
        assert!(gone.header("x-error-message").contains("advisory 7"), "{}", gone.header("x-error-message"));
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn an_approval_lapses_with_its_time_and_with_its_giver() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let bob = gate.person("bob", &["approver"]).await;
    let eve = gate.person("eve", &["approver"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    for token in [&bob, &eve] {
        let body = json!({ "evidence": gate.get(&format!("/api/v1/releases/{id}"), token).await.json()["evidence"] });
        assert_eq!(
            gate.post(&format!("/api/v1/releases/{id}/approve"), token, body).await.status,
            StatusCode::OK
        );
    }
    gate.ask("DELETE", "/api/v1/people/eve", &gate.admin, None).await;
    let promote = format!("/api/v1/releases/{id}/promote");
    let denied = gate.post(&promote, &max, json!({})).await;
    assert_eq!(denied.json()["code"], "denied", "{}", denied.json());
    // Shut out: her token is worth nothing.
    assert_eq!(gate.get("/api/v1/whoami", &eve).await.status, StatusCode::UNAUTHORIZED);
    let old = json!({ "evidence": "sha256:0" });
    let stale = gate.post(&format!("/api/v1/releases/{id}/approve"), &bob, old).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    gate.assert_sound().await;
}

#[tokio::test]
async fn nobody_without_a_token_learns_anything() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "internal", &parts(&clean("1"))).await;
    for path in [
        "/api/models/org/m",
        "/api/models/org/none",
        "/org/m/resolve/main/config.json",
        "/api/whoami-v2",
        "/api/models/org/m/tree/main",
        "/api/v1/models",
        "/api/v1/models/org/m",
        "/api/v1/whoami",
        "/api/v1/releases",
        "/api/v1/people",
        "/api/v1/tokens",
        "/api/v1/waivers",
        "/api/v1/waivers/0",
        "/api/v1/attestations?model=org/m&commit=0",
        "/api/v1/attestations/0",
        "/api/v1/releases/0/record",
        "/api/v1/releases/0/tlog-proof",
        "/api/v1/log",
        "/api/v1/log/records/0",
        "/api/v1/log/records/0/tlog-proof",
        "/api/v1/log/consistency?old=0",
        "/log/checkpoint",
        "/log/tile/0/000.p/1",
        "/log/tile/entries/000.p/1",
    ] {
        for token in ["", "wh_wrong"] {
            assert_eq!(gate.get(path, token).await.status, StatusCode::UNAUTHORIZED, "{path} with `{token}`");
        }
    }
    // Known, but without any role: nothing is there.
    let guest = gate.person("guest", &[]).await;
    for path in ["/api/models/org/m", "/api/v1/models/org/m"] {
        assert_eq!(gate.get(path, &guest).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(gate.get("/api/v1/models", &guest).await.json()["items"], json!([]));
}

#[tokio::test]
async fn approvals_end_with_their_time() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let max = gate.person("max", &["release-manager"]).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    for name in ["bob", "eve"] {
        let token = gate.person(name, &["approver"]).await;
        gate.post(&format!("/api/v1/releases/{id}/approve"), &token, json!({})).await;
    }
    gate.pass(91 * 86_400);
    // The token of somebody who came before is too old by now as well.
    assert_eq!(gate.get("/api/v1/whoami", &max).await.status, StatusCode::UNAUTHORIZED);
    let second = gate.gate.bootstrap().await.unwrap();
    assert!(second.is_none(), "only the first administrator is made without one");
}
