//! Policies at the gate: checked, tried on what stands, put in force by those who may, and never a way around themselves.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_core::diagnostic::SourceText;
use weighhouse_policy::{Base, PolicySet};
use weighhouse_server::Parts;

use crate::harness::{Answer, TestGate, clean, parts};
use crate::web::{Browser, hidden};

const NO_TENSORS: &str = r#"@id("no-tensors") @message("house rule: no safetensors") @outcome("deny")
forbid (principal, action == Weighhouse::Action::"release", resource)
when { resource.formats.contains("safetensors") };"#;
const TWO: &str = include_str!("../../../../examples/policies/two-for-policy.cedar");

fn draft(text: &str) -> Value {
    json!({ "texts": [{ "name": "house.cedar", "text": text }] })
}

async fn propose(gate: &TestGate, token: &str, text: &str) -> Answer {
    let mut body = draft(text);
    body["reason"] = "because".into();
    gate.post("/api/v1/policy/proposals", token, body).await
}

async fn act(gate: &TestGate, token: &str, proposed: &Value, what: &str) -> Answer {
    let id = proposed["number"].as_str().unwrap();
    let body = json!({ "digest": proposed["digest"] });
    gate.post(&format!("/api/v1/policy/proposals/{id}/{what}"), token, body).await
}

/// Proposes and puts in force, as who may do so alone.
async fn apply(gate: &TestGate, token: &str, text: &str) -> Value {
    let proposed = propose(gate, token, text).await;
    assert_eq!(proposed.status, StatusCode::CREATED, "{}", proposed.json());
    let enacted = act(gate, token, &proposed.json(), "enact").await;
    assert_eq!(enacted.status, StatusCode::OK, "{}", enacted.json());
    enacted.json()
}

/// All slices of a dry run, as one.
async fn dry_run(gate: &TestGate, text: &str) -> Vec<Value> {
    let (mut changes, mut from) = (Vec::new(), Value::Null);
    loop {
        let body = json!({ "draft": draft(text), "from": from });
        let slice = gate.post("/api/v1/policy/dry-run", &gate.admin, body).await;
        assert_eq!(slice.status, StatusCode::OK, "{}", slice.json());
        let slice = slice.json();
        changes.extend(slice["changes"].as_array().unwrap().iter().cloned());
        from = slice["next"].clone();
        if from.is_null() {
            return changes;
        }
    }
}

async fn states(gate: &TestGate) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for state in ["rejected", "reviewable", "approved", "canary", "released", "suspended", "superseded"] {
        let list = gate.get(&format!("/api/v1/releases?state={state}"), &gate.admin).await.json();
        for one in list["items"].as_array().unwrap() {
            all.insert(one["id"].as_str().unwrap().to_owned(), state.to_owned());
        }
    }
    all
}

#[tokio::test]
async fn what_a_dry_run_tells_comes_true_when_the_policies_are_put_in_force() {
    let gate = TestGate::new().await;
    for (name, stage) in [("org/a", "research"), ("org/b", "internal"), ("org/c", "production")] {
        gate.import("admin", name, stage, &parts(&clean(name))).await;
    }
    gate.import("admin", "org/text", "research", &[("readme.txt", b"hello")]).await;
    let pickle: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";
    gate.import("admin", "org/bad", "research", &[("model.pkl", pickle)]).await;
    let before = states(&gate).await;

    let told = dry_run(&gate, NO_TENSORS).await;
    assert_eq!(states(&gate).await, before, "a dry run changes nothing");
    let of = |name: &str| told.iter().find(|one| one["model"] == name).cloned().unwrap_or_default();
    assert_eq!(of("org/a")["then"], "suspended");
    assert_eq!(
        (of("org/c")["state"].clone(), of("org/c")["then"].clone()),
        (json!("reviewable"), json!("rejected"))
    );
    assert_eq!(
        of("org/a")["reasons"],
        json!([{ "policy": "no-tensors", "message": "house rule: no safetensors" }])
    );
    assert_eq!((of("org/text"), of("org/bad")), (Value::Null, Value::Null));
    gate.assert_sound().await;

    apply(&gate, &gate.admin, NO_TENSORS).await;
    let second = gate.beside().await;
    second.gate.begin_reviews().await.unwrap();
    weighhouse_server::work_off(&second.gate).await.unwrap();
    let mut expected = before.clone();
    for one in &told {
        expected
            .insert(one["release"].as_str().unwrap().to_owned(), one["then"].as_str().unwrap().to_owned());
    }
    assert_eq!(states(&gate).await, expected);
    gate.assert_sound().await;

    // And back: what would pass again, and why it does not now.
    let told = dry_run(&gate, "// nothing").await;
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|one| one["reasons"][0]["policy"] == "no-tensors"), "{told:?}");
    apply(&gate, &gate.admin, "// nothing").await;
    gate.review().await;
    let after = states(&gate).await;
    for one in &told {
        // Research and internal release by themselves what is allowed again.
        let then = one["then"].as_str().unwrap();
        let state = &after[one["release"].as_str().unwrap()];
        assert!(state == then || (then == "approved" && state == "released"), "{one} {state}");
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place_and_nothing_is_proposed() {
    let gate = TestGate::new().await;
    let text = "// first\npermit (principal, action, resource);\n@id(\"x\") forbid (principal, action == Weighhouse::Action::\"fly\", resource);";
    let found = gate.post("/api/v1/policy/check", &gate.admin, draft(text)).await.json();
    assert_eq!(found["sound"], false);
    let places: Vec<_> =
        found["problems"].as_array().unwrap().iter().map(|one| one["line"].clone()).collect();
    assert!(places.contains(&json!(2)) && places.contains(&json!(3)), "{found}");
    let proposed = propose(&gate, &gate.admin, text).await;
    assert_eq!(proposed.status, StatusCode::BAD_REQUEST);
    assert!(proposed.json()["detail"].as_str().unwrap().contains("line 2"), "{}", proposed.json());

    // Tests: they hold, they fail, they are no tests.
    let case = |expect: &str| format!("[[case]]\nname = \"clean\"\nexpect = \"{expect}\"\n");
    for (tests, sound) in [(case("allow"), true), (case("deny"), false), ("[[case]".to_owned(), false)] {
        let mut body = draft(NO_TENSORS);
        body["tests"] = tests.into();
        assert_eq!(gate.post("/api/v1/policy/check", &gate.admin, body).await.json()["sound"], sound);
    }
    // Too much, too deep, of the wrong kind.
    let deep = |open: &str, close: &str, times| {
        format!(
            "@id(\"d\") permit (principal, action, resource) when {{ {}true{} }};",
            open.repeat(times),
            close.repeat(times)
        )
    };
    for (text, status) in [
        ("x".repeat(300 << 10), StatusCode::BAD_REQUEST),
        ("\0".to_owned(), StatusCode::BAD_REQUEST),
        (deep("(", ")", 50_000), StatusCode::OK),
        (deep("!", "", 50_000), StatusCode::OK),
        (deep("true && ", "", 20_000), StatusCode::OK),
        (deep("if true then ", " else false", 8_000), StatusCode::OK),
        (deep("[", "].contains(1)", 10_000), StatusCode::OK),
    ] {
        let answer = gate.post("/api/v1/policy/check", &gate.admin, draft(&text)).await;
        assert_eq!(answer.status, status);
        assert_ne!(answer.json()["sound"], true);
    }
    // As deep as is allowed: read, checked, decided by and freed without harm.
    let deepest = deep("true && ", "", 95);
    let found = gate.post("/api/v1/policy/check", &gate.admin, draft(&deepest)).await.json();
    assert_eq!(found["sound"], true, "{found}");
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    assert_eq!(dry_run(&gate, &deepest).await, Vec::<Value>::new());
    for body in [json!({}), json!({ "texts": 1 }), json!({ "texts": [], "more": 1 })] {
        assert_eq!(
            gate.post("/api/v1/policy/check", &gate.admin, body).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    for from in ["x", "99-", "0-'"] {
        let body = json!({ "draft": draft(NO_TENSORS), "from": from });
        assert_eq!(
            gate.post("/api/v1/policy/dry-run", &gate.admin, body).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    assert_eq!(gate.get("/api/v1/policy/proposals", &gate.admin).await.json()["items"], json!([]));
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_change_of_policy_is_no_way_around_the_policy() {
    let gate = TestGate::new().await;
    // Nobody else could approve: it would be for ever.
    let refused = propose(&gate, &gate.admin, TWO).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.json()["detail"].as_str().unwrap().contains("never"), "{}", refused.json());
    let eve = gate.person("eve", &["admin"]).await;
    let bob = gate.person("bob", &["approver", "user"]).await;
    apply(&gate, &gate.admin, TWO).await;

    // To take the rule away takes two as well, and not two of one.
    gate.pass(10);
    let proposed = propose(&gate, &gate.admin, "// free again").await.json();
    assert_eq!(proposed["decision"]["outcome"], "needs approval", "{proposed}");
    let alone = act(&gate, &gate.admin, &proposed, "enact").await;
    assert_eq!((alone.status, alone.json()["code"].clone()), (StatusCode::CONFLICT, json!("denied")));
    assert_eq!(act(&gate, &gate.admin, &proposed, "approve").await.status, StatusCode::FORBIDDEN);
    assert_eq!(act(&gate, &bob, &proposed, "approve").await.status, StatusCode::FORBIDDEN);
    assert_eq!(act(&gate, &bob, &proposed, "enact").await.status, StatusCode::FORBIDDEN);
    // Somebody who is made for it does not count.
    gate.pass(10);
    let puppet = gate.person("puppet", &["admin"]).await;
    assert_eq!(act(&gate, &puppet, &proposed, "approve").await.status, StatusCode::OK);
    assert_eq!(act(&gate, &gate.admin, &proposed, "enact").await.status, StatusCode::CONFLICT);
    // Another text than the one that was looked at.
    let body = json!({ "digest": format!("sha256:{}", "0".repeat(64)) });
    let id = proposed["number"].as_str().unwrap();
    let other = gate.post(&format!("/api/v1/policy/proposals/{id}/approve"), &eve, body).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert_eq!(act(&gate, &eve, &proposed, "approve").await.status, StatusCode::OK);
    assert_eq!(act(&gate, &eve, &proposed, "approve").await.status, StatusCode::CONFLICT);
    // Who is shut out meanwhile does not count any more.
    gate.ask("DELETE", "/api/v1/people/eve", &gate.admin, None).await;
    assert_eq!(act(&gate, &gate.admin, &proposed, "enact").await.status, StatusCode::CONFLICT);
    gate.post("/api/v1/people", &gate.admin, json!({ "name": "eve", "roles": ["admin"] })).await;
    assert_eq!(act(&gate, &gate.admin, &proposed, "enact").await.status, StatusCode::OK);
    assert_eq!(act(&gate, &gate.admin, &proposed, "enact").await.status, StatusCode::CONFLICT);
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_proposal_is_bound_to_what_was_in_force() {
    let gate = TestGate::new().await;
    let first = propose(&gate, &gate.admin, NO_TENSORS).await.json();
    apply(&gate, &gate.admin, "// another").await;
    let late = act(&gate, &gate.admin, &first, "enact").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.json()["detail"].as_str().unwrap().contains("since"), "{}", late.json());
    assert_eq!(
        propose(&gate, &gate.admin, "// another").await.status,
        StatusCode::CONFLICT,
        "in force already"
    );
    let id = first["number"].as_str().unwrap();
    let path = format!("/api/v1/policy/proposals/{id}");
    assert_eq!(gate.ask("DELETE", &path, &gate.admin, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(gate.ask("DELETE", &path, &gate.admin, None).await.status, StatusCode::CONFLICT);
    gate.assert_sound().await;
}

#[tokio::test]
async fn policies_that_would_lock_everybody_out_are_refused() {
    let gate = TestGate::new().await;
    let nobody = r#"@id("n") @message("no") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"change-policy", resource);"#;
    for text in [nobody, &nobody.replace("change-policy", "enact")] {
        let refused = propose(&gate, &gate.admin, text).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.json());
    }
    let mut alone =
        draft(r#"@id("all") permit (principal, action == Weighhouse::Action::"view", resource);"#);
    alone["extend"] = false.into();
    let found = gate.post("/api/v1/policy/check", &gate.admin, alone).await.json();
    assert_eq!(found["sound"], false);
    assert!(found["lock_out"].as_str().unwrap().contains("nobody"), "{found}");
    assert!(found["cautions"].to_string().contains("add people"), "{found}");
    assert!(found["rights"].to_string().contains("change-policy"), "{found}");
}

#[tokio::test]
async fn files_are_in_force_until_others_are_put_in_force_at_the_gate() {
    let gate = TestGate::new().await;
    gate.review().await;
    let shown = gate.get("/api/v1/policy", &gate.admin).await.json();
    assert_eq!((shown["source"].clone(), shown["number"].clone()), (json!("files"), json!("1")));
    // Another server with other files: they are what is in force, for both.
    let load = |text: &str| {
        let source = SourceText { name: "house.cedar".to_owned(), text: text.into() };
        PolicySet::load(Base::Default, &[source]).unwrap()
    };
    let other = gate.beside_of(|parts| Parts { policies: load(NO_TENSORS), ..parts }).await;
    other.review().await;
    let commit = gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    assert_eq!(gate.release("org/m", "research", &commit).await["state"], "rejected");
    // Put in force at the gate: files have no force, whatever starts.
    apply(&gate, &gate.admin, "// ours").await;
    other.review().await;
    assert_eq!(gate.release("org/m", "research", &commit).await["state"], "released");
    let shown = gate.get("/api/v1/policy", &gate.admin).await.json();
    assert_eq!((shown["source"].clone(), shown["enacted_by"].clone()), (json!("gate"), json!("admin")));
    let restarted = gate.beside_of(|parts| Parts { policies: load(NO_TENSORS), ..parts }).await;
    assert_eq!(restarted.get("/api/v1/policy", &gate.admin).await.json()["digest"], shown["digest"]);
    let page = Browser::signed_in(&restarted, &gate.admin).await.get("/policy").await.text();
    assert!(page.contains("They have no force"), "{page}");
    gate.assert_sound().await;
    // The way out for whoever has the machine.
    drop((gate.gate.clone(), restarted));
    let settings = gate.settings.clone();
    let parts = Parts { policies: load(NO_TENSORS), ..crate::harness::works(&gate.clock) };
    tokio::task::spawn_blocking(move || weighhouse_server::blocking::reset_policy(settings, parts))
        .await
        .unwrap()
        .unwrap();
    gate.import("admin", "org/n", "research", &crate::harness::parts(&clean("2"))).await;
    assert_eq!(gate.get("/api/v1/policy", &gate.admin).await.json()["source"], "files");
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_may_not_change_policy_sees_and_does_nothing() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user", "approver", "release-manager", "security"]).await;
    let digest = propose(&gate, &gate.admin, NO_TENSORS).await.json()["digest"].clone();
    let seen = json!({ "digest": digest });
    let mut body = draft(NO_TENSORS);
    body["reason"] = "x".into();
    for (method, path, sent) in [
        ("GET", "", None),
        ("GET", "/proposals", None),
        ("GET", "/proposals/1", None),
        ("GET", "/proposals/99", None),
        ("DELETE", "/proposals/1", None),
        ("POST", "/check", Some(draft(NO_TENSORS))),
        ("POST", "/dry-run", Some(json!({ "draft": draft(NO_TENSORS) }))),
        ("POST", "/dry-run", Some(json!({ "proposal": "1" }))),
        ("POST", "/proposals", Some(body)),
        ("POST", "/proposals/1/approve", Some(seen.clone())),
        ("POST", "/proposals/1/enact", Some(seen)),
    ] {
        let path = format!("/api/v1/policy{path}");
        let answer = gate.ask(method, &path, &ada, sent.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.json());
        assert_eq!(gate.ask(method, &path, "", sent).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn policies_are_proposed_tried_and_put_in_force_in_a_browser() {
    let gate = TestGate::new().await;
    gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    let admin = Browser::signed_in(&gate, &gate.admin).await;
    assert!(admin.get("/policy").await.text().contains("@id(&#34;admit-unless-forbidden&#34;)"));
    let wrong = [("do", "check"), ("text", "forbid <script>;"), ("extend", "yes")];
    let page = admin.post("/policy/draft", &wrong).await.text();
    assert!(
        page.contains("cannot be put in force") && page.contains("line 1") && !page.contains("<script"),
        "{page}"
    );
    let tried = admin
        .post("/policy/draft", &[("do", "dry-run"), ("text", NO_TENSORS), ("extend", "yes")])
        .await
        .text();
    assert!(tried.contains("org/m") && tried.contains("House rule: no safetensors."), "{tried}");
    let no_reason = admin
        .post("/policy/draft", &[("do", "propose"), ("text", NO_TENSORS), ("extend", "yes")])
        .await
        .text();
    assert!(no_reason.contains("say why"), "{no_reason}");
    let fields = [("do", "propose"), ("text", NO_TENSORS), ("extend", "yes"), ("reason", "pickles <b>")];
    let to = admin.post("/policy/draft", &fields).await.to().to_owned();
    let page = admin.get(&to).await.text();
    assert!(page.contains("It is proposed") && !page.contains("<b>pickles"), "{page}");
    let path = to.split('?').next().unwrap().to_owned();
    let tried = admin.post(&format!("{path}/dry-run"), &[]).await.text();
    assert!(tried.contains("Suspended") && tried.contains("org/m"), "{tried}");
    let digest = hidden(&page, "digest");
    assert_eq!(admin.post(&format!("{path}/enact"), &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        admin.post(&format!("{path}/enact"), &[("digest", &digest)]).await.to(),
        "/policy?done=enacted"
    );
    weighhouse_server::work_off(&gate.gate).await.unwrap();
    assert!(admin.get("/models/org/m").await.text().contains("no safetensors"));
    let log = admin.get("/audit").await.text();
    assert!(log.contains("put in force") && log.contains("href=\"/policy/"), "{log}");
    gate.assert_sound().await;
}
