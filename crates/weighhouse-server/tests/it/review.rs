//! Standing decisions are made again when policies change, rules change, and approvals end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::http::StatusCode;
use serde_json::json;
use weighhouse_core::diagnostic::SourceText;
use weighhouse_core::{Digest, Inspection};
use weighhouse_policy::{Base, PolicySet};
use weighhouse_scan::source::Listing;
use weighhouse_server::{Inspector, Parts};

use crate::harness::{Real, TestGate, clean, parts};

/// The same engine with other knowledge: it dislikes what it liked before.
struct Learned;

impl Inspector for Learned {
    fn ruleset(&self) -> Digest {
        Digest::of(b"new rules")
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        let (mut inspection, report) = Real.inspect(listing, cancelled)?;
        inspection.tool.ruleset = self.ruleset();
        inspection.findings.push(
            weighhouse_scan::engine::Engine::inspect(
                &weighhouse_scan::engine::Engine::new(Arc::default(), Arc::clone(cancelled)),
                &hostile(),
            )
            .findings
            .first()
            .cloned()
            .unwrap(),
        );
        Ok((inspection, report))
    }
}

fn hostile() -> Listing {
    let bytes: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";
    let limits = weighhouse_formats::bounded::Limits::default();
    weighhouse_scan::source::from_stream(&mut &*bytes, "model.pkl", &limits).unwrap()
}

async fn sees(gate: &TestGate, token: &str, expected: StatusCode, text: &str) {
    let answer = gate.get("/api/models/org/m/revision/research", token).await;
    assert_eq!(answer.status, expected, "{}", String::from_utf8_lossy(&answer.body));
    assert!(answer.header("x-error-message").contains(text), "{}", answer.header("x-error-message"));
}

#[tokio::test]
async fn a_stricter_policy_suspends_what_serves_and_a_gentler_one_gives_it_back_to_people() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let max = gate.person("max", &["release-manager"]).await;
    let commit = gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    sees(&gate, &ada, StatusCode::OK, "").await;

    let text = r#"@id("no-tensors") @message("house rule: no safetensors") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource)
        when { resource.formats.contains("safetensors") };"#;
    let source = SourceText { name: "house.cedar".to_owned(), text: text.into() };
    let policies = PolicySet::load(Base::Default, &[source]).unwrap();
    let stricter = gate.beside_of(|parts| Parts { policies, ..parts }).await;
    stricter.review().await;
    assert_eq!(gate.release("org/m", "research", &commit).await["state"], "suspended");
    // Told in a way that no cache hides.
    sees(&gate, &ada, StatusCode::NOT_FOUND, "no safetensors").await;
    gate.assert_sound().await;

    gate.review().await;
    // Research releases by itself what policy allows.
    assert_eq!(gate.release("org/m", "research", &commit).await["state"], "released");
    let by_hand =
        gate.post("/api/v1/roll-back", &max, json!({ "model": "org/m", "stage": "research", "reason": "r" }));
    assert_eq!(by_hand.await.status, StatusCode::OK);
    gate.review().await;
    assert_eq!(
        gate.release("org/m", "research", &commit).await["state"],
        "rolled back",
        "people decided that"
    );
    gate.assert_sound().await;
}

#[tokio::test]
async fn new_rules_look_at_everything_again() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let commit = gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    let learned = gate.beside_of(|parts| Parts { inspector: Arc::new(Learned), ..parts }).await;
    learned.review().await;
    assert_eq!(gate.release("org/m", "research", &commit).await["state"], "suspended");
    sees(&gate, &ada, StatusCode::NOT_FOUND, "suspended").await;
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_rests_on_an_approval_that_ends_is_suspended() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    for name in ["bob", "eve"] {
        let token = gate.person(name, &["approver"]).await;
        gate.post(&format!("/api/v1/releases/{id}/approve"), &token, json!({})).await;
    }
    let max = gate.person("max", &["release-manager"]).await;
    gate.post(&format!("/api/v1/releases/{id}/promote"), &max, json!({})).await;
    gate.review().await;
    assert_eq!(gate.state_of(&id).await, "released");
    gate.pass(89 * 86_400);
    gate.review().await;
    assert_eq!(gate.state_of(&id).await, "released");
    gate.pass(2 * 86_400);
    gate.review().await;
    assert_eq!(gate.state_of(&id).await, "suspended");
    gate.assert_sound().await;
}
