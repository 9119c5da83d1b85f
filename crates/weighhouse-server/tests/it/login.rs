//! Login by device, as `hf auth login` does it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, TestGate};

const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";

async fn form(gate: &TestGate, path: &str, body: String) -> Answer {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    gate.send(request.body(Body::from(body)).unwrap()).await
}

async fn begin(gate: &TestGate) -> Value {
    let begun = form(gate, "/oauth/device", "client_id=x".to_owned()).await;
    assert_eq!((begun.status, begun.header("cache-control")), (StatusCode::OK, "no-store"));
    begun.json()
}

async fn poll(gate: &TestGate, device: &Value) -> Answer {
    let code = device["device_code"].as_str().unwrap();
    form(gate, "/oauth/token", format!("grant_type={GRANT}&device_code={code}&client_id=x")).await
}

async fn answer(gate: &TestGate, token: &str, device: &Value, allow: bool) -> StatusCode {
    let body = json!({ "user_code": device["user_code"], "allow": allow });
    gate.post("/api/v1/device", token, body).await.status
}

#[tokio::test]
async fn a_device_gets_a_token_of_whoever_allows_it() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let device = begin(&gate).await;
    let code = device["user_code"].as_str().unwrap();
    assert!(device["verification_uri_complete"].as_str().unwrap().ends_with(code));
    let waits = poll(&gate, &device).await;
    assert_eq!(
        (waits.status, &waits.json()["error"]),
        (StatusCode::BAD_REQUEST, &json!("authorization_pending"))
    );
    assert_eq!(answer(&gate, "", &device, true).await, StatusCode::UNAUTHORIZED);

    // As people write it.
    let body = json!({ "user_code": code.to_lowercase().replace('-', " "), "allow": true });
    assert_eq!(gate.post("/api/v1/device", &ada, body).await.status, StatusCode::NO_CONTENT);
    let allowed = poll(&gate, &device).await;
    assert_eq!((allowed.status, allowed.header("cache-control")), (StatusCode::OK, "no-store"));
    let token = allowed.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(allowed.json()["expires_in"], 30 * 86_400);
    let me = gate.get("/api/whoami-v2", &token).await.json();
    assert_eq!(
        (&me["name"], &me["auth"]["accessToken"]["displayName"]),
        (&json!("ada"), &json!(format!("login-{code}")))
    );
    // Whose answer was lost asks again; nobody answers twice.
    assert_eq!(poll(&gate, &device).await.json()["access_token"], token);
    assert_eq!(answer(&gate, &ada, &device, false).await, StatusCode::NOT_FOUND);

    // The token is one like all others: it is listed, withdrawn, and stands in the log.
    let tokens = gate.get("/api/v1/tokens", &ada).await.json();
    let listed = tokens["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["label"] == format!("login-{code}"))
        .unwrap();
    let id = listed["id"].as_str().unwrap();
    gate.ask("DELETE", &format!("/api/v1/tokens/{id}"), &ada, None).await;
    assert_eq!(gate.get("/api/whoami-v2", &token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(poll(&gate, &device).await.json()["error"], "access_denied");
    gate.assert_sound().await;
}

#[tokio::test]
async fn what_is_denied_late_or_invented_gets_nothing() {
    let gate = TestGate::new().await;
    let ada = gate.person("ada", &["user"]).await;
    let denied = begin(&gate).await;
    assert_eq!(answer(&gate, &ada, &denied, false).await, StatusCode::NO_CONTENT);
    assert_eq!(poll(&gate, &denied).await.json()["error"], "access_denied");
    assert_eq!(answer(&gate, &ada, &denied, true).await, StatusCode::NOT_FOUND);

    let late = begin(&gate).await;
    let allowed_in_time = begin(&gate).await;
    assert_eq!(answer(&gate, &ada, &allowed_in_time, true).await, StatusCode::NO_CONTENT);
    gate.pass(901);
    assert_eq!(answer(&gate, &ada, &late, true).await, StatusCode::NOT_FOUND);
    for device in [&late, &allowed_in_time] {
        assert_eq!(poll(&gate, device).await.json()["error"], "expired_token");
    }
    for (body, error) in [
        (format!("grant_type={GRANT}&device_code=wh_invented"), "expired_token"),
        (format!("grant_type={GRANT}"), "expired_token"),
        ("grant_type=refresh_token&refresh_token=x".to_owned(), "invalid_grant"),
        ("grant_type=password".to_owned(), "unsupported_grant_type"),
        (String::new(), "unsupported_grant_type"),
    ] {
        let refused = form(&gate, "/oauth/token", body).await;
        assert_eq!((refused.status, &refused.json()["error"]), (StatusCode::BAD_REQUEST, &json!(error)));
    }
    let large = form(&gate, "/oauth/token", "x".repeat(1 << 20)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    // The code of a device is no token, and a code for people is none either.
    let device = begin(&gate).await;
    for key in ["device_code", "user_code"] {
        let token = device[key].as_str().unwrap();
        assert_eq!(gate.get("/api/v1/whoami", token).await.status, StatusCode::UNAUTHORIZED);
    }
    gate.assert_sound().await;
}

#[tokio::test]
async fn a_login_reaches_no_further_than_who_allowed_it() {
    let gate = TestGate::new().await;
    gate.person("ada", &["user"]).await;
    let bound = gate.token("ada", Some("research")).await;
    let device = begin(&gate).await;
    assert_eq!(answer(&gate, &bound, &device, true).await, StatusCode::NO_CONTENT);
    let token = poll(&gate, &device).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(gate.get("/api/v1/whoami", &token).await.json()["token"]["stage"], "research");
    gate.ask("DELETE", "/api/v1/people/ada", &gate.admin, None).await;
    assert_eq!(gate.get("/api/v1/whoami", &token).await.status, StatusCode::UNAUTHORIZED);

    // Nobody has to be known to begin a login: there is an end to how many are under way, and time makes room.
    for _ in 0..999 {
        begin(&gate).await;
    }
    let full = form(&gate, "/oauth/device", String::new()).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    gate.pass(901);
    begin(&gate).await;
    gate.assert_sound().await;
}
