//! Release bundles: every field is bound to the log, and what is not released any more gets none.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_core::Digest;
use weighhouse_log::Policy;
use weighhouse_log::release::{Demands, Present, ReleaseBundle, Untrue};

use crate::harness::{Answer, TestGate, clean, parts};

const ISSUED: &str = "2026-11-22T00:00:00Z";

async fn bundle(gate: &TestGate, token: &str, body: Value) -> Answer {
    gate.post("/api/v1/bundles", token, body).await
}

fn research() -> Value {
    json!({ "model": "org/m", "stage": "research" })
}

/// A gate with a released model, somebody who may download it, and a bundle of it.
async fn released() -> (TestGate, String, Value) {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    gate.import("ada", "org/m", "research", &parts(&clean("1"))).await;
    let answer = bundle(&gate, &ada, research()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
    (gate, ada, answer.json())
}

fn trust(gate: &TestGate) -> Policy {
    Policy::log_only(gate.gate.log_key().clone())
}

fn demands<'a>(policy: &'a Policy, at: &'a str) -> Demands<'a> {
    Demands { policy, at, stage: Some("research"), model: Some("org/m"), since: None }
}

fn check(bundle: &Value, demands: &Demands<'_>) -> Result<(), Untrue> {
    ReleaseBundle::parse(bundle.to_string().as_bytes())?.verify(demands).map(|_| ())
}

fn folder() -> BTreeMap<String, Present> {
    let present = |content: &[u8]| Present { size: content.len() as u64, sha256: Digest::of(content) };
    clean("1").iter().map(|(path, content)| ((*path).to_owned(), present(content))).collect()
}

#[tokio::test]
async fn a_bundle_is_true_until_it_expires_and_of_these_files_only() {
    let (gate, _, told) = released().await;
    let policy = trust(&gate);
    check(&told, &demands(&policy, ISSUED)).unwrap();
    let last = demands(&policy, "2026-11-22T23:59:59Z");
    check(&told, &last).unwrap();
    let over = check(&told, &demands(&policy, "2026-11-23T00:00:00Z"));
    assert!(matches!(over, Err(Untrue::Expired(_))), "{over:?}");
    let early = check(&told, &demands(&policy, "2026-11-21T23:59:59Z"));
    assert!(matches!(early, Err(Untrue::Ahead(_))), "{early:?}");
    let stale = check(&told, &Demands { since: Some("2026-11-22T00:00:01Z"), ..last });
    assert!(matches!(stale, Err(Untrue::Stale(_))), "{stale:?}");
    check(&told, &Demands { since: Some(ISSUED), ..last }).unwrap();
    for (stage, model) in [(Some("production"), None), (None, Some("org/n"))] {
        let other = check(&told, &Demands { stage, model, ..last });
        assert!(matches!(other, Err(Untrue::Other { .. })), "{other:?}");
    }
    let read = ReleaseBundle::parse(told.to_string().as_bytes()).unwrap();
    assert_eq!(read.compare(&folder()), []);
    let mut one = folder();
    one.remove("config.json");
    one.insert("evil.py".to_owned(), Present { size: 0, sha256: Digest::of(b"") });
    one.get_mut("sub/notes.txt").unwrap().size += 1;
    let missing = [Untrue::Missing("config.json".to_owned()), Untrue::Changed("sub/notes.txt".to_owned())];
    assert_eq!(read.compare(&one), [missing.as_slice(), &[Untrue::Added("evil.py".to_owned())]].concat());
    // The same contents under each other's names are other files, though the model digest may not tell.
    let mut swapped = folder();
    let (a, b) = (swapped["config.json"], swapped["sub/notes.txt"]);
    swapped.insert("config.json".to_owned(), b);
    swapped.insert("sub/notes.txt".to_owned(), a);
    assert_eq!(read.compare(&swapped).len(), 2);
    gate.assert_sound().await;
}

/// All places of a document that hold a value, as JSON pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        _ => all.push(at.to_owned()),
    }
}

#[tokio::test]
async fn a_bundle_with_any_field_changed_is_refused() {
    let (gate, ada, told) = released().await;
    let policy = trust(&gate);
    let free = Demands { stage: None, model: None, ..demands(&policy, ISSUED) };
    let mut all = Vec::new();
    places(&told, "", &mut all);
    assert!(all.len() > 20, "{all:?}");
    let other =
        bundle(&gate, &ada, json!({ "model": "org/m", "stage": "research", "hours": 48 })).await.json();
    for place in &all {
        let was = told.pointer(place).unwrap();
        let mut values: Vec<Value> =
            vec![Value::Null, json!(""), json!("x"), json!(1), other.pointer(place).unwrap().clone()];
        if let Some(text) = was.as_str() {
            // Each kind of character once changed, at the beginning, in the middle and at the end.
            for at in [0, text.len() / 2, text.len() - 1] {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
                values.extend(String::from_utf8(bytes).ok().map(Value::from));
            }
            values.push(json!(text.to_uppercase()));
            values.push(json!(format!("{text} ")));
        }
        for value in values.into_iter().filter(|value| value != was) {
            let mut changed = told.clone();
            *changed.pointer_mut(place).unwrap() = value.clone();
            assert!(check(&changed, &free).is_err(), "{place} as {value}");
        }
        // Or left out, or with another beside it.
        let (parent, key) = place.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/");
        let mut cut = told.clone();
        cut.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(&key);
        assert!(check(&cut, &free).is_err(), "without {place}");
        let mut more = told.clone();
        more.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(format!("{key}2"), json!(1));
        assert!(check(&more, &free).is_err(), "with more than {place}");
    }
    // The proof and the record of another bundle, whole.
    let mut swapped = told.clone();
    swapped["record"] = other["record"].clone();
    swapped["proof"] = other["proof"].clone();
    assert!(matches!(check(&swapped, &free), Err(Untrue::Record(_))));
    // Another record of the log, truly proven.
    let release = gate
        .get(&format!("/api/v1/releases/{}/record", told["statement"]["release"].as_str().unwrap()), &ada)
        .await;
    let proof = gate
        .get(&format!("/api/v1/releases/{}/tlog-proof", told["statement"]["release"].as_str().unwrap()), &ada)
        .await;
    swapped["record"] = json!(String::from_utf8(release.body).unwrap());
    swapped["proof"] = json!(String::from_utf8(proof.body).unwrap());
    assert!(matches!(check(&swapped, &free), Err(Untrue::Record(_))));
    // A gate of somebody else, which tells the same.
    let (stranger, ..) = released().await;
    assert!(matches!(check(&told, &Demands { policy: &trust(&stranger), ..free }), Err(Untrue::Proof(_))));
    for text in ["", "{}", "[]", "null", "\u{0}", "{\"schema\":\"urn:weighhouse:release-bundle:v1\"}"] {
        assert!(matches!(ReleaseBundle::parse(text.as_bytes()), Err(Untrue::Malformed(_))), "{text}");
    }
}

#[tokio::test]
async fn what_is_not_released_gets_no_bundle_and_what_is_withdrawn_tells_who_has_one() {
    let (gate, ada, _) = released().await;
    let guest = gate.person("guest", &[]).await;
    let max = gate.person("max", &["release-manager"]).await;
    let bound = gate.token("ada", Some("internal")).await;
    for (what, token, body, expected) in [
        ("hidden", &guest, research(), StatusCode::NOT_FOUND),
        ("nobody", &"wh_x".to_owned(), research(), StatusCode::UNAUTHORIZED),
        ("no such model", &ada, json!({ "model": "org/none", "stage": "research" }), StatusCode::NOT_FOUND),
        ("no such stage", &ada, json!({ "model": "org/m", "stage": "moon" }), StatusCode::BAD_REQUEST),
        (
            "not released there",
            &ada,
            json!({ "model": "org/m", "stage": "production" }),
            StatusCode::CONFLICT,
        ),
        ("a token for another stage", &bound, research(), StatusCode::FORBIDDEN),
        (
            "for ever",
            &ada,
            json!({ "model": "org/m", "stage": "research", "hours": 1_000_000 }),
            StatusCode::BAD_REQUEST,
        ),
        (
            "no time",
            &ada,
            json!({ "model": "org/m", "stage": "research", "hours": 0 }),
            StatusCode::BAD_REQUEST,
        ),
        (
            "before now",
            &ada,
            json!({ "model": "org/m", "stage": "research", "hours": -5 }),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let answer = bundle(&gate, token, body).await;
        assert_eq!(answer.status, expected, "{what}: {}", answer.json());
    }
    let model = gate.get("/api/v1/models/org/m", &ada).await.json();
    let commit = model["revisions"][0]["commit"].as_str().unwrap().to_owned();
    let body = json!({ "model": "org/m", "commit": commit, "reason": "advisory 7" });
    let revoked = gate.post("/api/v1/revoke", &max, body).await.json();
    let good = revoked["bundles"].as_array().unwrap();
    assert_eq!(
        (good.len(), good[0]["person"].as_str(), good[0]["expires"].as_str()),
        (1, Some("ada"), Some("2026-11-23T00:00:00Z"))
    );
    assert_eq!(bundle(&gate, &ada, research()).await.status, StatusCode::CONFLICT);
    gate.assert_sound().await;
}

#[tokio::test]
async fn two_bundles_at_once_are_two_records() {
    let (gate, ada, _) = released().await;
    let policy = trust(&gate);
    let beside = gate.beside().await;
    let (one, two) = tokio::join!(bundle(&gate, &ada, research()), bundle(&beside, &ada, research()));
    for answer in [&one, &two] {
        assert_eq!(answer.status, StatusCode::CREATED);
        check(&answer.json(), &demands(&policy, ISSUED)).unwrap();
    }
    assert_ne!(one.json()["statement"]["id"], two.json()["statement"]["id"]);
    gate.assert_sound().await;
}
