//! Policy is asked about the name as it is kept, in whatever letter case somebody writes it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_core::diagnostic::SourceText;
use weighhouse_policy::{Base, PolicySet};
use weighhouse_server::{Parts, Upstream};

use crate::harness::{TestGate, clean, parts};

const OTHERWISE: [&str; 3] = ["Org/Secret", "org/secret", "ORG/SECRET"];

/// A gate with `Org/Secret`, of which policy forbids `action`.
async fn forbidding(action: &str) -> TestGate {
    let gate = TestGate::with(|settings| {
        "research".clone_into(&mut settings.stage);
        settings.upstream = Some(Upstream::at("http://127.0.0.1:9"));
    });
    let gate = gate.await;
    gate.import("admin", "Org/Secret", "research", &parts(&clean("1"))).await;
    let text = format!(
        "@id(\"house\") @message(\"house\") @outcome(\"deny\") forbid (principal, action == Weighhouse::Action::\"{action}\", resource) \
         when {{ resource.name == \"Org/Secret\" }};"
    );
    let source = SourceText { name: "house.cedar".to_owned(), text: text.into() };
    let policies = PolicySet::load(Base::Default, &[source]).unwrap();
    gate.beside_of(|parts| Parts { policies, ..parts }).await
}

fn waiver(name: &str) -> Value {
    json!({ "model": name, "rules": ["WH-PKL-001"], "until": "2026-12-01", "reason": "r" })
}

#[tokio::test]
async fn who_may_not_see_a_model_does_not_see_it_under_another_spelling() {
    let gate = forbidding("view").await;
    let max = gate.person("max", &["release-manager", "security", "user"]).await;
    for name in OTHERWISE {
        let stage = json!({ "model": name, "stage": "research", "reason": "r" });
        let commit = json!({ "model": name, "commit": "0".repeat(40), "reason": "r" });
        let answers = [
            gate.get(&format!("/api/v1/models/{name}"), &max).await,
            gate.post("/api/v1/roll-back", &max, stage).await,
            gate.post("/api/v1/revoke", &max, commit).await,
            gate.post("/api/v1/bundles", &max, json!({ "model": name, "stage": "research" })).await,
            gate.post("/api/v1/waivers", &max, waiver(name)).await,
            gate.get(&format!("/api/models/{name}"), &max).await,
            gate.get(&format!("/{name}/resolve/main/config.json"), &max).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", answer.json());
            // As if it had never been here.
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(text.contains(&format!("`{name}` is not here")), "{text}");
        }
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_policy_forbids_by_name_is_not_done_under_another_spelling() {
    for action in ["promote", "revoke", "request", "download", "waive"] {
        let gate = forbidding(action).await;
        let max = gate.person("max", &["release-manager", "security", "user"]).await;
        for name in OTHERWISE {
            let (path, body) = match action {
                "promote" => {
                    ("/api/v1/roll-back", json!({ "model": name, "stage": "research", "reason": "r" }))
                }
                "revoke" => {
                    ("/api/v1/revoke", json!({ "model": name, "commit": "0".repeat(40), "reason": "r" }))
                }
                "waive" => ("/api/v1/waivers", waiver(name)),
                "download" => ("/api/v1/bundles", json!({ "model": name, "stage": "research" })),
                _ => ("/api/v1/requests", json!({ "model": name, "stage": "research" })),
            };
            let answer = gate.post(path, &max, body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action} {name}: {}", answer.json());
            if action == "download" {
                let answer = gate.get(&format!("/{name}/resolve/main/config.json"), &max).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {}", answer.json());
            }
        }
        gate.assert_sound().await;
    }
}
