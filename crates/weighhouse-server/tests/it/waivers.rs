//! Waivers at the gate: given by who may, counted in decisions, over when their time is.

use axum::http::StatusCode;
use serde_json::{Value, json};
use weighhouse_server::work_off;

use crate::harness::{Answer, START, TestGate, clean, parts};

/// Runs `print('x')` when it is loaded.
const HOSTILE: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";
const DAY: i64 = 86_400;

/// What a test does to a request before it is sent.
type Change = fn(&mut Value);

struct World {
    gate: TestGate,
    sam: String,
    commit: String,
    /// Everything that was found.
    rules: Vec<String>,
    fingerprints: Vec<String>,
}

impl World {
    /// A model that policy rejects, asked for by ada; sam may give waivers.
    async fn new() -> Self {
        let gate = TestGate::new().await;
        gate.person("ada", &["user", "security"]).await;
        let sam = gate.person("sam", &["security"]).await;
        let commit = gate.import("ada", "org/m", "research", &[("model.pkl", HOSTILE)]).await;
        let id = gate.release("org/m", "research", &commit).await["id"].as_str().unwrap().to_owned();
        let report = gate.get(&format!("/api/v1/releases/{id}/report"), &sam).await.json();
        let all = |key: &str| {
            let findings = report["findings"].as_array().unwrap().iter();
            findings.map(|finding| finding[key].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (rules, fingerprints) = (all("rule"), all("fingerprint"));
        assert!(!rules.is_empty());
        Self { gate, sam, commit, rules, fingerprints }
    }

    async fn state(&self) -> String {
        self.gate.release("org/m", "research", &self.commit).await["state"].as_str().unwrap().to_owned()
    }

    async fn waive(&self, token: &str, change: impl FnOnce(&mut Value)) -> Answer {
        let mut body = json!({ "model": "org/m", "rules": self.rules, "reason": "own code, read line by line", "until": "2026-11-30" });
        change(&mut body);
        self.gate.post("/api/v1/waivers", token, body).await
    }

    /// What the review that is due does.
    async fn reviewed(&self) {
        work_off(&self.gate.gate).await.unwrap();
    }
}

#[tokio::test]
async fn a_waiver_lets_pass_until_its_last_day_is_over() {
    let world = World::new().await;
    let gate = &world.gate;
    gate.review().await;
    assert_eq!(world.state().await, "rejected");
    let given = world.waive(&world.sam, |_| ()).await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.json());
    assert_eq!(given.json()["accepts"], world.rules.len());
    assert_eq!(
        (given.json()["state"].as_str(), given.json()["owner"].as_str()),
        (Some("holds"), Some("sam"))
    );
    // At once, and by itself: research releases what policy allows.
    assert_eq!(world.state().await, "released");
    gate.assert_sound().await;
    // The last second of the last day, and the one after it: the review comes by itself.
    gate.pass(9 * DAY - 1);
    world.reviewed().await;
    assert_eq!(world.state().await, "released");
    gate.pass(1);
    world.reviewed().await;
    assert_eq!(world.state().await, "suspended");
    let listed = gate.get("/api/v1/waivers", &gate.admin).await.json();
    assert_eq!(listed["items"], json!([]));
    let listed = gate.get("/api/v1/waivers?all=true&model=org/m", &gate.admin).await.json();
    assert_eq!(listed["items"][0]["state"], "over");
    let id = given.json()["id"].as_str().unwrap().to_owned();
    let late = gate.post(&format!("/api/v1/waivers/{id}/withdraw"), &world.sam, json!({})).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    gate.assert_sound().await;
}

#[tokio::test]
async fn one_of_tomorrow_begins_tomorrow_and_ends_when_it_is_taken_back() {
    let world = World::new().await;
    let gate = &world.gate;
    gate.review().await;
    let given = world.waive(&world.sam, |body| body["begins"] = json!("2026-11-23")).await.json();
    assert_eq!((given["state"].as_str(), world.state().await.as_str()), (Some("ahead"), "rejected"));
    gate.pass(DAY - 1);
    world.reviewed().await;
    assert_eq!(world.state().await, "rejected");
    gate.pass(1);
    world.reviewed().await;
    assert_eq!(world.state().await, "released");
    let withdraw = format!("/api/v1/waivers/{}/withdraw", given["id"].as_str().unwrap());
    // Who may not give waivers takes none back, and who sees nothing is told nothing.
    let max = gate.person("max", &["release-manager"]).await;
    let guest = gate.person("guest", &[]).await;
    assert_eq!(gate.post(&withdraw, &max, json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(gate.post(&withdraw, &guest, json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(gate.post(&withdraw, &world.sam, json!({})).await.json()["state"], "withdrawn");
    assert_eq!(world.state().await, "suspended");
    // Taking back twice is once.
    assert_eq!(gate.post(&withdraw, &world.sam, json!({})).await.status, StatusCode::OK);
    gate.assert_sound().await;
}

#[tokio::test]
async fn who_may_not_and_what_cannot_be_meant() {
    let world = World::new().await;
    let gate = &world.gate;
    let ada = gate.token("ada", None).await;
    let max = gate.person("max", &["release-manager", "approver"]).await;
    let guest = gate.person("guest", &[]).await;
    // Who asked for it; who may not; who does not see it.
    assert_eq!(world.waive(&ada, |_| ()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.waive(&max, |_| ()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.waive(&guest, |_| ()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.waive("", |_| ()).await.status, StatusCode::UNAUTHORIZED);
    let wrong: [(&str, Change, StatusCode); 13] = [
        ("no rule", |body| body["rules"] = json!([]), StatusCode::BAD_REQUEST),
        ("every rule", |body| body["rules"] = json!(["*"]), StatusCode::BAD_REQUEST),
        (
            "too many",
            |body| body["rules"] = json!((0..51).map(|n| format!("a{n}")).collect::<Vec<_>>()),
            StatusCode::BAD_REQUEST,
        ),
        ("no fingerprint", |body| body["findings"] = json!(["xyz"]), StatusCode::BAD_REQUEST),
        ("no reason", |body| body["reason"] = json!("  "), StatusCode::BAD_REQUEST),
        ("no day", |body| body["until"] = json!("2026-02-30"), StatusCode::BAD_REQUEST),
        ("over", |body| body["until"] = json!("2026-11-21"), StatusCode::BAD_REQUEST),
        ("for ever", |body| body["until"] = json!("2028-01-01"), StatusCode::BAD_REQUEST),
        ("far beyond", |body| body["until"] = json!("9999-12-31"), StatusCode::BAD_REQUEST),
        ("nowhere", |body| body["stage"] = json!("moon"), StatusCode::BAD_REQUEST),
        ("no owner", |body| body["owner"] = json!("a\nb"), StatusCode::BAD_REQUEST),
        ("no such bytes", |body| body["commit"] = json!("0000"), StatusCode::NOT_FOUND),
        ("no such model", |body| body["model"] = json!("org/none"), StatusCode::NOT_FOUND),
    ];
    for (what, change, expected) in wrong {
        let answer = world.waive(&world.sam, change).await;
        assert_eq!(answer.status, expected, "{what}: {}", answer.json());
    }
    assert_eq!(world.state().await, "rejected");
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_waiver_is_for_what_it_names_and_for_nothing_else() {
    let world = World::new().await;
    let gate = &world.gate;
    // Another stage, another model: nothing happens.
    assert_eq!(world.waive(&world.sam, |body| body["stage"] = json!("internal")).await.json()["accepts"], 0);
    assert_eq!(world.state().await, "rejected");
    // By fingerprints, of these bytes only.
    let commit = world.commit.clone();
    let given = world
        .waive(&world.sam, |body| {
            body["rules"] = json!([]);
            body["findings"] = json!(world.fingerprints);
            body["commit"] = json!(commit);
            body["stage"] = json!("research");
            body["owner"] = json!("ml-platform@example.com");
        })
        .await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.json());
    assert_eq!(world.state().await, "released");
    let other = [HOSTILE, b" "].concat();
    let next = gate.import("ada", "org/m", "research", &[("model.pkl", other.as_slice())]).await;
    assert_eq!(gate.release("org/m", "research", &next).await["state"], "rejected");
    gate.assert_sound().await;
}

#[tokio::test]
async fn it_counts_no_more_when_its_giver_may_not_or_asks_for_the_model() {
    let world = World::new().await;
    let gate = &world.gate;
    world.waive(&world.sam, |_| ()).await;
    assert_eq!(world.state().await, "released");
    // The same content, asked for by the one who accepted what is in it.
    gate.import("sam", "org/m", "research", &[("model.pkl", HOSTILE)]).await;
    gate.review().await;
    assert_eq!(world.state().await, "suspended");

    let world = World::new().await;
    world.waive(&world.sam, |_| ()).await;
    world.gate.ask("DELETE", "/api/v1/people/sam", &world.gate.admin, None).await;
    world.gate.review().await;
    assert_eq!(world.state().await, "suspended");
    world.gate.assert_sound().await;
}

#[tokio::test]
async fn an_approval_is_of_what_was_left_to_look_at() {
    let gate = TestGate::with(|settings| "production".clone_into(&mut settings.stage)).await;
    let (bob, eve) = (gate.person("bob", &["approver"]).await, gate.person("eve", &["approver"]).await);
    let sam = gate.person("sam", &["security"]).await;
    let commit = gate.import("admin", "org/m", "production", &parts(&clean("1"))).await;
    let id = gate.release("org/m", "production", &commit).await["id"].as_str().unwrap().to_owned();
    for token in [&bob, &eve] {
        gate.post(&format!("/api/v1/releases/{id}/approve"), token, json!({})).await;
    }
    let release = || gate.release("org/m", "production", &commit);
    assert_eq!(release().await["state"], "approved");
    // A waiver that accepts nothing changes nothing.
    let nothing = json!({ "model": "org/m", "rules": ["WH-PKL-001"], "reason": "r", "until": "2026-12-01" });
    let given = gate.post("/api/v1/waivers", &sam, nothing).await;
    assert_eq!((given.status, given.json()["accepts"].clone()), (StatusCode::CREATED, json!(0)));
    assert_eq!(release().await["state"], "approved");
    assert_eq!(gate.clock.load(std::sync::atomic::Ordering::Relaxed), START);
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_accepted_by_now_does_not_replace_what_came_later() {
    let world = World::new().await;
    let gate = &world.gate;
    gate.pass(60);
    let later = gate.import("admin", "org/m", "research", &parts(&clean("1"))).await;
    assert_eq!(world.waive(&world.sam, |_| ()).await.status, StatusCode::CREATED);
    assert_eq!(world.state().await, "approved");
    gate.review().await;
    assert_eq!(world.state().await, "approved");
    assert_eq!(gate.release("org/m", "research", &later).await["state"], "released");
    // Somebody who may can do it, knowing what they do.
    let max = gate.person("max", &["release-manager"]).await;
    let id = gate.release("org/m", "research", &world.commit).await["id"].as_str().unwrap().to_owned();
    let done = gate.post(&format!("/api/v1/releases/{id}/promote"), &max, json!({})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json());
    assert_eq!(gate.release("org/m", "research", &later).await["state"], "superseded");
    gate.assert_sound().await;
}
