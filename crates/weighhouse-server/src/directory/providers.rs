//! Identity providers: where they are, which keys they have, and whether they signed a token.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata};
use openidconnect::http::Request;
use openidconnect::{ClaimsVerificationError, ClientId, HttpRequest, HttpResponse, IssuerUrl, Nonce};
use ureq::Agent;
use weighhouse_scan::source::hub::Authorities;

use super::Claims;
use crate::error::{GateError, Result};

/// How long what a provider says of itself is believed, in seconds.
const KEPT: i64 = 3600;
/// A key that is not known makes the gate ask again, but not more often than this, in seconds.
const PAUSE: i64 = 30;
/// By how much clocks may differ, in seconds.
const LEEWAY: i64 = 60;
/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const LARGEST: u64 = 1 << 20;
/// Characters of a token that somebody sends.
const LONGEST_TOKEN: usize = 32 << 10;

/// Signatures that are believed: none by a shared secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The identity providers that the gate asks.
#[derive(Debug)]
pub(crate) struct Providers {
    http: Http,
    known: Mutex<HashMap<String, (CoreProviderMetadata, i64)>>,
}

impl Providers {
    /// Providers behind these authorities; without any, behind the public ones.
    pub(crate) fn new(authorities: Option<&Authorities>) -> Self {
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("weighhouse/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(PATIENCE))
            .tls_config(Authorities::tls(authorities))
            .build();
        Self { http: Http(agent.into()), known: Mutex::default() }
    }

    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// What a provider says of itself, with its keys, and when it said so. Asked anew if that is older than `kept` seconds.
    pub(super) async fn metadata(
        &self,
        issuer: &str,
        now: i64,
        kept: i64,
    ) -> Result<(CoreProviderMetadata, i64)> {
        let known = self.lock().get(issuer).cloned();
        if let Some(known) = known.filter(|(_, at)| (0..kept).contains(&(now - at))) {
            return Ok(known);
        }
        let found = CoreProviderMetadata::discover_async(address(issuer)?, &self.http).await;
        let found = found.map_err(|error| {
            // Its causes say what does not fit; this is for operators.
            tracing::warn!(issuer, error = %told(&error), "the identity provider does not say what it is");
            GateError::Unavailable(format!("the identity provider `{issuer}` does not answer as it should"))
        })?;
        self.lock().insert(issuer.to_owned(), (found.clone(), now));
        Ok((found, now))
    }

    /// What a token says that `issuer` signed for `audience`, if it holds at the time `now`. A login has a nonce, a job has none.
    pub(super) async fn verified(
        &self,
        (issuer, audience): (&str, &str),
        token: &str,
        nonce: Option<&Nonce>,
        now: i64,
    ) -> Result<Claims> {
        let wrong = |why: &dyn std::fmt::Display| GateError::Unknown(format!("the identity token: {why}"));
        if token.len() > LONGEST_TOKEN {
            return Err(wrong(&"it is too long"));
        }
        let parsed = CoreIdToken::from_str(token).map_err(|_| wrong(&"it is not one"))?;
        let (metadata, at) = self.metadata(issuer, now, KEPT).await?;
        match check(&parsed, &metadata, (issuer, audience), nonce, now) {
            Ok(()) => {}
            // Perhaps the provider has new keys.
            Err(ClaimsVerificationError::SignatureVerification(_)) if now - at >= PAUSE => {
                let (metadata, _) = self.metadata(issuer, now, PAUSE).await?;
                check(&parsed, &metadata, (issuer, audience), nonce, now).map_err(|error| wrong(&error))?;
            }
            Err(error) => return Err(wrong(&error)),
        }
        // Read from the very text whose signature was verified.
        payload(token).ok_or_else(|| wrong(&"its claims cannot be read"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (CoreProviderMetadata, i64)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Verifies signature, issuer, audience, times and nonce.
fn check(
    token: &CoreIdToken,
    metadata: &CoreProviderMetadata,
    (issuer, audience): (&str, &str),
    nonce: Option<&Nonce>,
    now: i64,
) -> std::result::Result<(), ClaimsVerificationError> {
    let other = |error: &dyn std::fmt::Display| ClaimsVerificationError::Other(error.to_string());
    let issuer = address(issuer).map_err(|error| other(&error))?;
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(audience.to_owned()),
        issuer,
        metadata.jwks().clone(),
    );
    let verifier = verifier
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || moment(now - LEEWAY))
        .set_issue_time_verifier_fn(move |issued| {
            if issued <= moment(now + LEEWAY) { Ok(()) } else { Err("it is of the future".to_owned()) }
        });
    match nonce {
        Some(nonce) => token.claims(&verifier, nonce).map(|_| ()),
        None => token.claims(&verifier, |_: Option<&Nonce>| Ok(())).map(|_| ()),
    }
}

/// What a token claims; nobody verified it.
pub(super) fn payload(token: &str) -> Option<Claims> {
    let text = token.split('.').nth(1).filter(|_| token.len() <= LONGEST_TOKEN)?;
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok().map(Claims)
}

pub(super) fn address(issuer: &str) -> Result<IssuerUrl> {
    IssuerUrl::new(issuer.to_owned())
        .map_err(|error| GateError::Internal(format!("the issuer `{issuer}`: {error}")))
}

/// An error with its causes.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The connection to providers: bounded, without redirects.
#[derive(Debug, Clone)]
pub(super) struct Http(Agent);

/// Why a provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no connection")]
    Connection(#[from] Box<ureq::Error>),
    #[error("an answer that cannot be read")]
    Answer(#[from] openidconnect::http::Error),
    #[error("the gate ends")]
    Ended,
}

impl<'c> openidconnect::AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let agent = self.0.clone();
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || fetch(&agent, request)).await;
            asked.map_err(|_| HttpError::Ended)?
        })
    }
}

fn fetch(agent: &Agent, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
    let (parts, body) = request.into_parts();
    let answer = if body.is_empty() {
        agent.run(Request::from_parts(parts, ()))
    } else {
        agent.run(Request::from_parts(parts, body))
    };
    let mut answer = answer.map_err(Box::new)?;
    let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(Box::new)?;
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        *headers = answer.headers().clone();
    }
    Ok(response.body(body)?)
}
