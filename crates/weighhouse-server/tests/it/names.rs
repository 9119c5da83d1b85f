//! Policy is asked about the name as it is kept, in whatever letter case somebody writes it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_core::diagnostic::SourceText;
use weighhouse_policy::{Base, PolicySet};
use weighhouse_server::{Parts, Upstream, work_off};

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
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", answer.json());
                assert!(answer.header("x-error-message").starts_with("policy does not let you download"));
            }
        }
        gate.assert_sound().await;
    }
}

#[tokio::test]
async fn lists_end_at_no_name_that_is_hidden() {
    let gate = TestGate::new().await;
    for name in ["evil/mb", "hid/secret", "zed/x"] {
        gate.import("admin", name, "internal", &parts(&clean(name))).await;
        gate.pass(60);
    }
    let rules = ["view", "download"].map(|action| {
        format!(
            "@id(\"no-{action}\") @message(\"hidden\") @outcome(\"deny\") forbid (principal, \
             action == Weighhouse::Action::\"{action}\", resource) when {{ resource.namespace == \"hid\" }};"
        )
    });
    let rules = rules.join("\n");
    let source = SourceText { name: "house.cedar".to_owned(), text: rules.into() };
    let policies = PolicySet::load(Base::Default, &[source]).unwrap();
    let house = gate.beside_of(|parts| Parts { policies, ..parts }).await;
    let eve = house.person("eve", &["user"]).await;
    for path in ["/api/models?limit=1", "/api/models?limit=1&sort=createdAt"] {
        let (mut next, mut names) = (path.to_owned(), Vec::new());
        loop {
            let answer = house.get(&next, &eve).await;
            let entries = answer.json();
            let all = entries.as_array().unwrap().iter();
            names.extend(all.map(|entry| entry["id"].as_str().unwrap().to_owned()));
            let link = answer.header("link").to_owned();
            assert!(!link.contains("hid") && !link.contains("secret"), "{path}: {link}");
            let Some(address) = link.strip_prefix('<').and_then(|link| link.split_once('>')) else { break };
            address.0.strip_prefix("http://gate.test").unwrap().clone_into(&mut next);
        }
        names.sort();
        assert_eq!(names, ["evil/mb", "zed/x"], "{path}");
    }
    for path in ["/api/models?search=hid/s&limit=1", "/api/models?author=hid&limit=1&sort=createdAt"] {
        let answer = house.get(path, &eve).await;
        assert_eq!((answer.json(), answer.header("link")), (json!([]), ""), "{path}");
    }
    let page = house.get("/api/v1/models?limit=1", &eve).await.json();
    assert_eq!(page["next"], "evil/mb", "{page}");
    let page = house.get("/api/v1/models?limit=1&after=evil/mb", &eve).await.json();
    assert_eq!((&page["items"][0]["name"], &page["next"]), (&json!("zed/x"), &json!(null)), "{page}");
    assert_eq!(
        house.get("/api/v1/models?limit=1&search=hid", &eve).await.json(),
        json!({ "items": [], "next": null })
    );
    assert_eq!(house.get("/api/v1/models?after=~forged", &eve).await.status, StatusCode::BAD_REQUEST);
    assert!(house.get("/api/models?cursor=~forged", &eve).await.status.is_client_error());
}

#[tokio::test]
async fn pages_by_time_are_no_shorter_for_what_is_hidden() {
    let gate = TestGate::with(|settings| settings.upstream = Some(Upstream::at("http://127.0.0.1:9"))).await;
    let guard = gate.person("guard", &["security"]).await;
    let eve = gate.person("eve", &["user"]).await;
    let (shown, hidden) = (["org/a", "org/b", "org/c"], ["hid/a", "hid/b", "hid/c"]);
    for name in [hidden[0], shown[0], hidden[1], shown[1], shown[2], hidden[2]] {
        gate.import("admin", name, "internal", &parts(&clean(name))).await;
        let given = gate.post("/api/v1/waivers", &guard, waiver(name)).await;
        assert_eq!(given.status, StatusCode::CREATED, "{}", given.json());
        let asked =
            gate.post("/api/v1/requests", &eve, json!({ "model": name, "stage": "production" })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.json());
        gate.pass(60);
    }
    let text = "@id(\"house\") @message(\"house\") @outcome(\"deny\") forbid (principal, action == Weighhouse::Action::\"view\", \
                resource) when { resource.namespace == \"hid\" };";
    let source = SourceText { name: "house.cedar".to_owned(), text: text.to_owned().into() };
    let policies = PolicySet::load(Base::Default, &[source]).unwrap();
    let house = gate.beside_of(|parts| Parts { policies, ..parts }).await;
    for path in
        ["/api/v1/releases?stage=internal&limit=1", "/api/v1/waivers?limit=1", "/api/v1/requests?limit=1"]
    {
        let (mut next, mut names) = (String::new(), Vec::new());
        loop {
            let page = house.get(&format!("{path}&after={next}"), &eve).await.json();
            let items = page["items"].as_array().unwrap();
            assert_eq!(items.len(), 1, "{path}: {page}");
            names.push(items[0]["model"].as_str().unwrap().to_owned());
            let Some(after) = page["next"].as_str() else { break };
            after.clone_into(&mut next);
        }
        names.sort();
        assert_eq!(names, shown, "{path}");
    }
}

#[tokio::test]
async fn asking_tells_nothing_of_an_upload_that_is_hidden() {
    let gate = TestGate::with(|settings| settings.upstream = Some(Upstream::at("http://127.0.0.1:9"))).await;
    let robot = gate.person("robot", &["publisher"]).await;
    let body = json!({ "type": "model", "organization": "org", "name": "secret" });
    assert_eq!(gate.post("/api/repos/create", &robot, body).await.status, StatusCode::OK);
    let text = r#"@id("house") @message("house") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"view", resource) when { resource.name == "org/secret" };"#;
    let source = SourceText { name: "house.cedar".to_owned(), text: text.into() };
    let policies = PolicySet::load(Base::Default, &[source]).unwrap();
    let house = gate.beside_of(|parts| Parts { policies, ..parts }).await;
    let eve = house.person("eve", &["user"]).await;
    for revision in ["main", "v9", "0123456789abcdef0123456789abcdef01234567"] {
        let answers = ["org/secret", "org/nothing"]
            .map(|name| house.post("/api/v1/requests", &eve, json!({ "model": name, "revision": revision })));
        let [hidden, absent] = answers;
        let (hidden, absent) = (hidden.await, absent.await);
        assert_eq!(
            (hidden.status, absent.status),
            (StatusCode::ACCEPTED, StatusCode::ACCEPTED),
            "{revision}"
        );
        for key in ["settled", "commit", "fault"] {
            assert_eq!(hidden.json()[key], absent.json()[key], "{revision} {key}");
        }
    }
    // It is fetched by nobody for all that.
    work_off(&house.gate).await.unwrap();
    let requests = gate.get("/api/v1/models/org/secret", &gate.admin).await.json()["requests"].clone();
    let never = "it is uploaded here, and never fetched";
    assert!(requests.as_array().unwrap().iter().all(|asked| asked["fault"] == never), "{requests}");
    gate.assert_sound().await;
}
