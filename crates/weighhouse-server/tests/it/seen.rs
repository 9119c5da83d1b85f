//! What is remembered between requests never outlives what it is about: with warm memories on two servers, a change at one is felt by the
//! next request at the other.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{TestGate, clean, parts};

const FILE: &str = "/org/name/resolve/main/config.json";

/// Two servers on the same, both of which know the answer to everything below by heart.
async fn warm() -> (TestGate, TestGate, String, String) {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let commit = gate.import("admin", "org/name", "internal", &parts(&clean("seen"))).await;
    let other = gate.beside().await;
    for server in [&gate, &other] {
        for _ in 0..3 {
            for path in paths(&commit) {
                assert_eq!(server.get(&path, &ada).await.status, StatusCode::OK, "{path}");
            }
        }
    }
    (gate, other, ada, commit)
}

fn paths(commit: &str) -> Vec<String> {
    let api = "/api/models/org/name";
    vec![
        FILE.to_owned(),
        format!("/org/name/resolve/{commit}/config.json"),
        format!("/org/name/resolve/internal/sub/notes.txt"),
        api.to_owned(),
        format!("{api}/revision/{commit}"),
        format!("{api}/tree/main?recursive=true"),
        format!("{api}/refs"),
        format!("{api}/commits/main"),
    ]
}

async fn all_say(gates: [&TestGate; 2], token: &str, commit: &str, expected: StatusCode) {
    for gate in gates {
        for path in paths(commit) {
            assert_eq!(gate.get(&path, token).await.status, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn a_withdrawal_is_felt_by_the_next_request() {
    let (gate, other, ada, commit) = warm().await;
    let body = json!({ "model": "org/name", "commit": commit, "reason": "advisory 7" });
    assert_eq!(gate.post("/api/v1/revoke", &gate.admin, body).await.status, StatusCode::FORBIDDEN);
    let security = gate.person("sec", &["user", "security"]).await;
    let body = json!({ "model": "org/name", "commit": commit, "reason": "advisory 7" });
    assert_eq!(gate.post("/api/v1/revoke", &security, body).await.status, StatusCode::OK);
    all_say([&other, &gate], &ada, &commit, StatusCode::NOT_FOUND).await;
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_roll_back_and_the_next_release_are_felt_by_the_next_request() {
    let (gate, other, ada, first) = warm().await;
    let second = gate.import("admin", "org/name", "internal", &parts(&clean("second"))).await;
    assert_ne!(first, second);
    assert_eq!(other.get("/api/models/org/name", &ada).await.json()["sha"], second);
    let manager = gate.person("rel", &["user", "release-manager"]).await;
    let body = json!({ "model": "org/name", "stage": "internal", "reason": "worse" });
    assert_eq!(gate.post("/api/v1/roll-back", &manager, body.clone()).await.status, StatusCode::OK);
    assert_eq!(other.get("/api/models/org/name", &ada).await.json()["sha"], first);
    let gone = format!("/org/name/resolve/{second}/config.json");
    assert_eq!(other.get(&gone, &ada).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.post("/api/v1/roll-back", &manager, body).await.status, StatusCode::OK);
    assert_eq!(gate.get(FILE, &ada).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_not_any_more_is_refused_by_the_next_request() {
    let (gate, other, ada, commit) = warm().await;
    // The role that lets them download, by policy.
    let body = json!({ "name": "ada", "roles": [] });
    assert_eq!(gate.post("/api/v1/people", &gate.admin, body).await.status, StatusCode::CREATED);
    all_say([&other, &gate], &ada, &commit, StatusCode::NOT_FOUND).await;
    let body = json!({ "name": "ada", "roles": ["user"] });
    assert_eq!(other.post("/api/v1/people", &gate.admin, body).await.status, StatusCode::CREATED);
    all_say([&gate, &other], &ada, &commit, StatusCode::OK).await;
    // The token.
    let tokens = gate.get("/api/v1/tokens", &ada).await.json();
    let id = tokens["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(gate.ask("DELETE", &format!("/api/v1/tokens/{id}"), &ada, None).await.status, 204);
    all_say([&other, &gate], &ada, &commit, StatusCode::UNAUTHORIZED).await;
    // The person.
    let again = gate.token("ada", None).await;
    all_say([&gate, &other], &again, &commit, StatusCode::OK).await;
    assert_eq!(gate.ask("DELETE", "/api/v1/people/ada", &gate.admin, None).await.status, 204);
    all_say([&other, &gate], &again, &commit, StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn a_waiver_that_is_given_and_taken_back_is_felt_by_the_next_request() {
    let gate = TestGate::new().await;
    let other = gate.beside().await;
    let ada = gate.person("ada", &["user"]).await;
    let sam = gate.person("sam", &["user", "security"]).await;
    let hostile: &[u8] = b"cbuiltins\nexec\n(S'print(1)'\ntR.";
    let commit = gate.import("admin", "org/m", "research", &[("model.pkl", hostile)]).await;
    let id = gate.release("org/m", "research", &commit).await["id"].as_str().unwrap().to_owned();
    let report = gate.get(&format!("/api/v1/releases/{id}/report"), &sam).await.json();
    let found = report["findings"].as_array().unwrap().iter();
    let rules: Vec<_> = found.map(|finding| finding["rule"].as_str().unwrap()).collect();
    let paths =
        ["/org/m/resolve/research/model.pkl".to_owned(), format!("/org/m/resolve/{commit}/model.pkl")];
    let all_say = async |served: bool| {
        for server in [&other, &gate, &other] {
            for path in &paths {
                let status = server.get(path, &ada).await.status;
                assert_eq!(status == StatusCode::OK, served, "{path}: {status}");
            }
        }
    };
    all_say(false).await;
    let body =
        json!({ "model": "org/m", "rules": rules, "reason": "read line by line", "until": "2026-11-30" });
    let given = gate.post("/api/v1/waivers", &sam, body).await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.json());
    all_say(true).await;
    let withdraw = format!("/api/v1/waivers/{}/withdraw", given.json()["id"].as_str().unwrap());
    assert_eq!(other.post(&withdraw, &sam, json!({})).await.status, StatusCode::OK);
    all_say(false).await;
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_token_ends_when_its_time_is_over_though_nothing_changed() {
    let (gate, other, ada, commit) = warm().await;
    gate.pass(30 * 86_400 - 1);
    all_say([&gate, &other], &ada, &commit, StatusCode::OK).await;
    gate.pass(1);
    all_say([&gate, &other], &ada, &commit, StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn who_took_bytes_stands_in_the_list_before_they_go_out() {
    let (gate, other, ada, commit) = warm().await;
    let list = async || {
        let database = gate.database().await;
        let query = sqlx::query_as("SELECT person, first, latest FROM pulls ORDER BY person, latest");
        let pulls: Vec<(String, i64, i64)> = query.fetch_all(&database).await.unwrap();
        database.close().await;
        pulls
    };
    let begin = crate::harness::START;
    assert_eq!(list().await, [("ada".to_owned(), begin, begin)]);
    // Another person is another line, at once; the same one after more than a minute a later time.
    let bob = gate.person("bob", &["user"]).await;
    assert_eq!(other.get(FILE, &bob).await.status, StatusCode::OK);
    gate.pass(61);
    assert_eq!(gate.get(FILE, &ada).await.status, StatusCode::OK);
    assert_eq!(other.get(FILE, &ada).await.status, StatusCode::OK);
    assert_eq!(list().await, [("ada".to_owned(), begin, begin + 61), ("bob".to_owned(), begin, begin)]);
    assert_eq!(
        gate.get(&format!("/org/name/resolve/{commit}/nothing"), &bob).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn requests_that_come_while_others_ask_see_what_was_before_them() {
    let (gate, other, ada, _) = warm().await;
    let security = gate.person("sec", &["user", "security"]).await;
    for round in 0..5 {
        let commit =
            gate.import("admin", "org/name", "internal", &parts(&clean(&format!("round {round}")))).await;
        let path = format!("/org/name/resolve/{commit}/config.json");
        let busy = async || {
            for _ in 0..20 {
                let answers = (0..8).map(|_| other.get(&path, &ada));
                futures_util::future::join_all(answers).await;
            }
        };
        let revoke = async {
            let body = json!({ "model": "org/name", "commit": commit, "reason": "advisory" });
            assert_eq!(gate.post("/api/v1/revoke", &security, body).await.status, StatusCode::OK);
            // It is done: nobody who comes now gets it.
            let answers = (0..20).map(|_| other.get(&path, &ada));
            for answer in futures_util::future::join_all(answers).await {
                assert_eq!(answer.status, StatusCode::NOT_FOUND);
            }
        };
        tokio::join!(busy(), revoke);
    }
}
