//! Webhooks after the Standard Webhooks specification: what is sent, how it is signed, and what counts as taken.

use std::io::Read as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::json;
use ureq::http::{StatusCode, Uri};
use ureq::unversioned::transport::DefaultConnector;
use weighhouse_core::printable::printable_within;
use weighhouse_scan::source::hub::Authorities;

use super::reach::{REFUSED, Reach};
use super::{Notices, Undelivered};
use crate::error::{GateError, Result};
use crate::events::Event;
use crate::store::timestamp;

/// How long a receiver has, connection and answer included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read: it is of no interest, but receivers like to finish it.
const ANSWER: u64 = 16 << 10;
/// The longest address.
const LONGEST: usize = 2000;
/// Before the text of a key.
const PREFIX: &str = "whsec_";

/// Address and keys of a webhook, as they are sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    pub(super) url: String,
    /// The key that signs, as its receiver knows it.
    pub(super) key: String,
    /// The key before, and until when it signs, too.
    pub(super) former: Option<(String, i64)>,
}

/// A new key: 256 random bits.
pub(super) fn fresh_key() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| GateError::Internal(format!("no random numbers: {error}")))?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// Checks an address as far as it can be without asking anybody; gives where it leads.
pub(super) fn checked(url: &str, notices: &Notices) -> Result<String> {
    let wrong = |why: &str| GateError::Invalid(format!("the address of a webhook {why}"));
    if url.len() > LONGEST || !url.bytes().all(|byte| matches!(byte, b'!'..=b'~')) {
        return Err(wrong("is at most 2,000 characters of ASCII, without spaces"));
    }
    let uri: Uri = url.parse().map_err(|_| wrong("is not one"))?;
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong("begins with `https://`")),
    };
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or_else(|| wrong("has no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("holds no name and no password"));
    }
    let reach = Reach::new(&notices.networks, tls);
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    if host.parse().is_ok_and(|address| !reach.allows(address)) {
        return Err(wrong(&format!("cannot be used: {REFUSED}")));
    }
    if !tls && notices.networks.is_empty() {
        return Err(wrong(
            "begins with `https://`; without TLS only networks in `[gate.webhooks] networks` are reached",
        ));
    }
    Ok(authority.to_string())
}

/// What is sent: the same bytes for the same event.
pub(super) fn body(event: &Event, address: &str) -> Result<String> {
    let mut data =
        serde_json::to_value(&event.facts).map_err(|error| GateError::Internal(error.to_string()))?;
    if let Some(fields) = data.as_object_mut()
        && !event.facts.model.is_empty()
    {
        fields.insert("page".to_owned(), page(event, address).into());
    }
    Ok(json!({ "type": event.kind.as_str(), "timestamp": timestamp(event.at)?, "data": data }).to_string())
}

/// The page of the model that an event is about.
pub(super) fn page(event: &Event, address: &str) -> String {
    let kind = if event.facts.kind == "datasets" { "datasets" } else { "models" };
    format!("{address}/{kind}/{}", event.facts.model)
}

/// Sends a body, signed as of now. Blocks.
pub(super) fn send(
    secrets: &Secrets,
    notices: &Notices,
    id: &str,
    body: &str,
    now: i64,
) -> std::result::Result<(), Undelivered> {
    checked(&secrets.url, notices).map_err(|error| Undelivered::Later(error.to_string(), None))?;
    let keys = std::iter::once(&secrets.key)
        .chain(secrets.former.as_ref().filter(|(_, until)| *until > now).map(|(key, _)| key));
    let signatures = keys.map(|key| signature(key, id, now, body)).collect::<Option<Vec<_>>>();
    let signatures = signatures.ok_or_else(|| Undelivered::Never("its key cannot be read".to_owned()))?;
    let config = ureq::config::Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // A proxy would resolve the name itself.
        .proxy(None)
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("weighhouse/", env!("CARGO_PKG_VERSION")))
        .tls_config(Authorities::tls(notices.authorities.as_ref()))
        .build();
    let reach = Reach::new(&notices.networks, secrets.url.starts_with("https:"));
    let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), reach);
    let request = agent
        .post(&secrets.url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", now.to_string())
        .header("webhook-signature", signatures.join(" "));
    let answer = request.send(body);
    // What a receiver says is shown to nobody: it may be a neighbour who was not meant.
    let answer =
        answer.map_err(|error| Undelivered::Unanswered(printable_within(&error.to_string(), 300)))?;
    let status = answer.status();
    let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let mut rest = answer.into_body().into_reader().take(ANSWER);
    // It was taken, or not, whatever else is said.
    drop(std::io::copy(&mut rest, &mut std::io::sink()));
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => {
            Err(Undelivered::Never("it answers 410: it wants to be told nothing more".to_owned()))
        }
        status if status.is_redirection() => Err(Undelivered::Later(
            format!("it answers {}; redirects are not followed", status.as_u16()),
            None,
        )),
        status => Err(Undelivered::Later(format!("it answers {}", status.as_u16()), wait)),
    }
}

/// `v1,` and the HMAC-SHA256 over id, time and body.
fn signature(key: &str, id: &str, at: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(key.strip_prefix(PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::{Notices, checked, signature};

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // The example of the Standard Webhooks libraries.
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn addresses_that_lead_inside_or_nowhere_are_refused_at_once() {
        let none = Notices::default();
        for wrong in [
            "",
            "example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "http://example.com/",
            "https://",
            "https:///x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1:8443/",
            "https://user:secret@example.com/",
            "https://example.com/\r\nhost: x",
            "https://exa mple.com",
            "https://[::ffff:10.0.0.1]/",
        ] {
            assert!(checked(wrong, &none).is_err(), "{wrong}");
        }
        assert_eq!(checked("https://hooks.example.com:8443/a?b", &none).unwrap(), "hooks.example.com:8443");
        let own = Notices { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Notices::default() };
        assert!(checked("http://127.0.0.1:1/", &own).is_ok());
        assert!(checked("http://10.0.0.1/", &own).is_err());
    }
}
