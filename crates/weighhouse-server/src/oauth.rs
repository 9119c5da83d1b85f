//! The part of OAuth that clients of the Hub speak to their endpoint: login by device (RFC 8628), for `hf auth login`, and tokens for
//! jobs (RFC 8693).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::device::{PATIENCE, Standing};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::{Client, retry_after, whole};
use crate::hub::pairs;

/// Bytes of a form at most.
const LARGEST_FORM: usize = 64 << 10;
/// Seconds between two questions of a device.
const INTERVAL: u32 = 5;
const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device wants to log in.
pub(crate) async fn begin(State(gate): State<Arc<Gate>>, client: Client) -> Response {
    match gate.begin_login(client).await {
        Ok(begun) => {
            let address = format!("{}/device", gate.settings.address);
            secret(Json(json!({
                "device_code": begun.device_code.expose(),
                "user_code": begun.user_code,
                "verification_uri": address,
                "verification_uri_complete": format!("{address}?user_code={}", begun.user_code),
                "expires_in": PATIENCE,
                "interval": INTERVAL,
            })))
        }
        Err(error) => broken(&error),
    }
}

/// A device asks whether somebody allowed it.
pub(crate) async fn token(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let form = match fields(request).await {
        Ok(form) => form,
        Err(error) => return broken(&error),
    };
    let text = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
    match text("grant_type") {
        DEVICE_GRANT => {}
        EXCHANGE_GRANT => return exchange(&gate, &form).await,
        // No token of this gate comes with one: who logged in does so again when the time of the token is over.
        "refresh_token" => return refused("invalid_grant", "log in again: `hf auth login`"),
        _ => {
            return refused(
                "unsupported_grant_type",
                "this gate knows logins by device, and tokens for jobs",
            );
        }
    }
    match gate.login(text("device_code")).await {
        Ok(Standing::Waits) => refused("authorization_pending", "nobody allowed this login yet"),
        Ok(Standing::Denied) => refused("access_denied", "the login was not allowed"),
        Ok(Standing::Over) => refused("expired_token", "there is no such login, or its time is over"),
        Ok(Standing::Allowed(token, seconds)) => secret(Json(json!({
            "access_token": token.expose(),
            "token_type": "bearer",
            "expires_in": seconds,
        }))),
        // RFC 8628, section 3.5.
        Err(GateError::TooOften(_)) => refused("slow_down", "it asks more often than it was told to"),
        Err(error) => broken(&error),
    }
}

/// What a client sends: a form, as the standards say, or the JSON of clients of the Hub.
async fn fields(request: Request) -> Result<BTreeMap<String, String>, GateError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let body = whole(request.into_body(), LARGEST_FORM).await?;
    if is_json {
        return Ok(serde_json::from_slice(&body).unwrap_or_default());
    }
    Ok(pairs(&String::from_utf8_lossy(&body)).collect())
}

/// A job shows its identity token (RFC 8693).
async fn exchange(gate: &Gate, form: &BTreeMap<String, String>) -> Response {
    let text = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
    if !matches!(text("subject_token_type"), ID_TOKEN | JWT) {
        return refused("invalid_request", "`subject_token_type` is that of an identity token");
    }
    let resource = Some(text("resource")).filter(|resource| !resource.is_empty());
    match gate.exchange(text("subject_token"), resource).await {
        Ok(exchanged) => secret(Json(json!({
            "access_token": exchanged.token.expose(),
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "bearer",
            "expires_in": exchanged.seconds,
        }))),
        Err(GateError::Unknown(why)) => refused("invalid_grant", &why),
        Err(error) => broken(&error),
    }
}

fn refused(error: &str, why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": why }))).into_response()
}

fn broken(error: &GateError) -> Response {
    let status = match error {
        GateError::Invalid(_) => Some(StatusCode::BAD_REQUEST),
        GateError::TooLarge(_) => Some(StatusCode::PAYLOAD_TOO_LARGE),
        GateError::TooOften(_) => Some(StatusCode::TOO_MANY_REQUESTS),
        _ => None,
    };
    if let Some(status) = status {
        let body = json!({ "error": "invalid_request", "error_description": error.to_string() });
        let mut response = (status, Json(body)).into_response();
        retry_after(error, &mut response);
        return response;
    }
    tracing::error!(%error, "a login could not go on");
    let body = json!({ "error": "temporarily_unavailable", "error_description": crate::error::LATER });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

/// An answer that nobody may keep a copy of.
fn secret(body: Json<serde_json::Value>) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
