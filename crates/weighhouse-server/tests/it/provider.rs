//! An identity provider of the tests: discovery, keys, and a token for each code, with PKCE checked. What it signs is what a test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::START;

pub(crate) const CLIENT: &str = "weighhouse";
pub(crate) const SECRET: &str = "a secret: of 100 %";

#[derive(Default)]
struct Codes(HashMap<String, (String, String)>);

struct Shared {
    issuer: String,
    key: Mutex<(String, EcdsaKeyPair)>,
    codes: Mutex<Codes>,
}

/// A provider that answers on this machine.
#[derive(Clone)]
pub(crate) struct Provider(Arc<Shared>);

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Provider {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let own = Self(Arc::new(Shared {
            issuer,
            key: Mutex::new(("first".to_owned(), key())),
            codes: Mutex::default(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(own.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        own
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Another key from now on, under another name.
    pub(crate) fn roll(&self) {
        *self.0.key.lock().unwrap() = ("second".to_owned(), key());
    }

    /// The claims of somebody who just signed in.
    pub(crate) fn claims(&self, subject: &str, more: &Value) -> Value {
        let mut claims = json!({
            "iss": self.0.issuer, "sub": subject, "aud": CLIENT, "iat": START, "exp": START + 300,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    /// A signed token.
    pub(crate) fn signed(&self, claims: &Value) -> String {
        let key = self.0.key.lock().unwrap();
        let header = json!({ "alg": "ES256", "kid": key.0 });
        let text = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = key.1.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", encoded(signature))
    }

    /// A code by which a client that has the verifier of this challenge gets this token.
    pub(crate) fn code(&self, challenge: &str, token: String) -> String {
        let mut codes = self.0.codes.lock().unwrap();
        let code = format!("code-{}", codes.0.len());
        codes.0.insert(code.clone(), (challenge.to_owned(), token));
        code
    }
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let key = provider.0.key.lock().unwrap();
    let point = key.1.public_key().as_ref();
    let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
    Json(json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key.0, "x": x, "y": y },
    ]}))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    // RFC 6749 §2.3.1: both parts are encoded as in a form.
    let expected = STANDARD.encode(format!("{CLIENT}:a+secret%3A+of+100+%25"));
    let basic = headers.get("authorization").and_then(|value| value.to_str().ok());
    if basic != Some(&format!("Basic {expected}")) {
        return refused("invalid_client");
    }
    let known = provider.0.codes.lock().unwrap().0.remove(&form["code"]);
    let Some((challenge, token)) = known else { return refused("invalid_grant") };
    if encoded(Sha256::digest(&form["code_verifier"])) != challenge {
        return refused("invalid_grant");
    }
    Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": token })).into_response()
}
