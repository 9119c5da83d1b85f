//! Statements of others: believed only as far as configuration trusts who signed them.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use weighhouse_core::Digest;
use weighhouse_core::diagnostic::SourceText;
use weighhouse_policy::{Base, PolicySet};
use weighhouse_server::{Attester, Parts};
use weighhouse_supply::signing::PrivateKey;
use weighhouse_supply::statements::{Statement, Subject};

use crate::harness::{Answer, TestGate, clean, parts};

const TEST: &str = "https://in-toto.io/attestation/test-result/v0.1";

fn key(text: &str) -> PrivateKey {
    PrivateKey::from_pem(text, None).unwrap()
}

fn lab() -> PrivateKey {
    key(include_str!("../fixtures/lab.key"))
}

fn eve() -> PrivateKey {
    key(include_str!("../fixtures/eve.key"))
}

/// Somebody who is trusted in results of tests.
pub(crate) fn the_lab() -> Attester {
    Attester { name: "lab".to_owned(), key: lab().public(), kinds: vec![TEST.to_owned()] }
}

/// The lab says that a model passed; `token` brings it.
pub(crate) async fn lab_says(gate: &TestGate, token: &str, commit: &str) {
    let model = gate.get("/api/v1/models/org/m", &gate.admin).await.json();
    let digest = model["revisions"][0]["digest"].as_str().unwrap().parse().unwrap();
    let text = statement(digest, TEST, "PASSED").text(Some(&lab())).unwrap();
    let kept = bring(gate, token, commit, &text).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.json());
}

/// A gate that trusts the lab in results of tests.
async fn gate() -> (TestGate, String, Digest) {
    let gate = TestGate::with(|settings| settings.trust.attesters.push(the_lab())).await;
    gate.person("ci", &["attester"]).await;
    let commit = gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let model = gate.get("/api/v1/models/org/m", &gate.admin).await.json();
    let digest = model["revisions"][0]["digest"].as_str().unwrap().parse().unwrap();
    (gate, commit, digest)
}

fn statement(digest: Digest, kind: &str, result: &str) -> Statement {
    Statement::new(vec![Subject::new("org/m", digest)], kind, json!({ "result": result }))
}

async fn bring(gate: &TestGate, token: &str, commit: &str, text: &str) -> Answer {
    let request = Request::post(format!("/api/v1/attestations?model=org/m&commit={commit}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(text.to_owned()))
        .unwrap();
    gate.send(request).await
}

#[tokio::test]
async fn what_a_trusted_key_signed_about_these_bytes_is_kept_as_it_came() {
    let (gate, commit, digest) = gate().await;
    let ci = gate.token("ci", None).await;
    let text = statement(digest, TEST, "PASSED").text(Some(&lab())).unwrap();
    let kept = bring(&gate, &ci, &commit, &text).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.json());
    let told = kept.json();
    assert_eq!(
        (told["signer"].as_str(), told["kind"].as_str(), told["result"].as_str()),
        (Some("lab"), Some(TEST), Some("PASSED"))
    );
    assert_eq!(told["digest"], Digest::of(text.as_bytes()).to_string());
    // The same again is the same, not another.
    assert_eq!(bring(&gate, &ci, &commit, &text).await.json()["id"], told["id"]);
    let id = told["id"].as_str().unwrap();
    let back = gate.get(&format!("/api/v1/attestations/{id}"), &gate.admin).await;
    assert_eq!(back.body, text.as_bytes());
    let list = format!("/api/v1/attestations?model=org/m&commit={commit}");
    let listed = gate.get(&list, &gate.admin).await.json();
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["counts"]), (1, &json!(true)));
    // Existence is hidden.
    let guest = gate.person("guest", &[]).await;
    for path in [list.as_str(), &format!("/api/v1/attestations/{id}")] {
        assert_eq!(gate.get(path, &guest).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Taken back, it does not come again.
    let withdraw = format!("/api/v1/attestations/{id}/withdraw");
    assert_eq!(gate.post(&withdraw, &gate.admin, json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&withdraw, &ci, json!({})).await.json()["counts"], false);
    assert_eq!(bring(&gate, &ci, &commit, &text).await.status, StatusCode::CONFLICT);
    gate.assert_sound().await;
}

#[tokio::test]
async fn forged_foreign_huge_and_broken_ones_are_refused() {
    let (gate, commit, digest) = gate().await;
    let ci = gate.token("ci", None).await;
    let good = statement(digest, TEST, "PASSED").text(Some(&lab())).unwrap();
    let envelope: Value = serde_json::from_str(&good).unwrap();
    let changed = |change: fn(&mut Value)| {
        let mut envelope = envelope.clone();
        change(&mut envelope);
        envelope.to_string()
    };
    let other = statement(digest, TEST, "FAILED").text(Some(&lab())).unwrap();
    let other: Value = serde_json::from_str(&other).unwrap();
    let mut swapped = envelope.clone();
    swapped["payload"] = other["payload"].clone();
    let many = |count: usize| {
        let mut envelope = envelope.clone();
        envelope["signatures"] = json!(vec![envelope["signatures"][0].clone(); count]);
        envelope.to_string()
    };
    for (what, text, expected) in [
        (
            "signed by a stranger",
            statement(digest, TEST, "PASSED").text(Some(&eve())).unwrap(),
            StatusCode::FORBIDDEN,
        ),
        ("signed by nobody", statement(digest, TEST, "PASSED").text(None).unwrap(), StatusCode::BAD_REQUEST),
        ("no signature", changed(|one| one["signatures"] = json!([])), StatusCode::FORBIDDEN),
        ("another payload under the signature", swapped.to_string(), StatusCode::FORBIDDEN),
        (
            "another type",
            changed(|one| one["payloadType"] = json!("application/json")),
            StatusCode::BAD_REQUEST,
        ),
        (
            "another signature",
            changed(|one| one["signatures"][0]["sig"] = json!("AAAA")),
            StatusCode::FORBIDDEN,
        ),
        (
            "about other bytes",
            statement(Digest::of(b"x"), TEST, "PASSED").text(Some(&lab())).unwrap(),
            StatusCode::BAD_REQUEST,
        ),
        (
            "of a kind the lab is not trusted in",
            statement(digest, "https://slsa.dev/provenance/v1", "").text(Some(&lab())).unwrap(),
            StatusCode::FORBIDDEN,
        ),
        ("many signatures", many(17), StatusCode::BAD_REQUEST),
        ("two at once", format!("{good}{good}"), StatusCode::BAD_REQUEST),
        ("cut", good.get(..good.len() / 2).unwrap().to_owned(), StatusCode::BAD_REQUEST),
        ("nothing", String::new(), StatusCode::BAD_REQUEST),
        ("huge", " ".repeat(2 << 20), StatusCode::PAYLOAD_TOO_LARGE),
        ("deep", "[".repeat(100_000), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(bring(&gate, &ci, &commit, &text).await.status, expected, "{what}");
    }
    // Good, but brought by somebody who may not; by nobody; for what is not there.
    let ada = gate.person("ada", &["user"]).await;
    assert_eq!(bring(&gate, &ada, &commit, &good).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bring(&gate, "wh_wrong", &commit, &good).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bring(&gate, &ci, "0123", &good).await.status, StatusCode::NOT_FOUND);
    let list = format!("/api/v1/attestations?model=org/m&commit={commit}");
    assert_eq!(gate.get(&list, &gate.admin).await.json()["items"], json!([]));
    gate.assert_sound().await;
}

#[tokio::test]
async fn policy_can_demand_them_and_approvals_are_bound_to_them() {
    let (gate, commit, digest) = gate().await;
    let ci = gate.token("ci", None).await;
    let text = r#"@id("lab") @message("the lab must have passed it") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource)
        unless { context.attestations.contains({ by: "lab", kind: "https://in-toto.io/attestation/test-result/v0.1", result: "PASSED" }) };
        @id("one") @message("one approval") @outcome("needs-approval")
        forbid (principal, action == Weighhouse::Action::"release", resource) when { context.approvals < 1 };"#;
    let house = |parts| {
        let source = SourceText { name: "house.cedar".to_owned(), text: text.into() };
        Parts { policies: PolicySet::load(Base::Default, &[source]).unwrap(), ..parts }
    };
    let strict = gate.beside_of(house).await;
    strict.review().await;
    let release = || strict.release("org/m", "research", &commit);
    assert_eq!(release().await["state"], "suspended");
    let passed = statement(digest, TEST, "PASSED").text(Some(&lab())).unwrap();
    let first = bring(&strict, &ci, &commit, &passed).await.json();
    let id = release().await["id"].as_str().unwrap().to_owned();
    let bob = strict.person("bob", &["approver"]).await;
    let approve = format!("/api/v1/releases/{id}/approve");
    assert_eq!(strict.post(&approve, &bob, json!({})).await.json()["state"], "released");
    // New evidence: who approved has not seen it.
    let failed = statement(digest, TEST, "FAILED").text(Some(&lab())).unwrap();
    let second = bring(&strict, &ci, &commit, &failed).await.json();
    assert_eq!(release().await["state"], "suspended");
    let withdraw = |id: &Value| format!("/api/v1/attestations/{}/withdraw", id.as_str().unwrap());
    strict.post(&withdraw(&second["id"]), &ci, json!({})).await;
    assert_eq!(release().await["state"], "released");
    // What the lab said counts no more when it is taken back, or when the lab is not trusted any more.
    let without = strict.beside_set(|settings| settings.trust.attesters.clear()).await;
    let without = without.beside_of(house).await;
    without.review().await;
    assert_eq!(release().await["state"], "suspended");
    strict.review().await;
    assert_eq!(release().await["state"], "released");
    strict.post(&withdraw(&first["id"]), &ci, json!({})).await;
    assert_eq!(release().await["state"], "suspended");
    strict.assert_sound().await;
}
