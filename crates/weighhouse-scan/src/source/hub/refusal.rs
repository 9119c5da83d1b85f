//! Refusals of a Hub, in its own words and with what to do about them.

use std::io::Read as _;

use ureq::Body;
use ureq::http::{HeaderMap, Response};
use weighhouse_core::printable::printable_within;

use super::{HubError, Reader};

/// Longest body of a refusal that is read for a reason, in bytes.
const LONGEST: u64 = 16 << 10;

/// The answer if the Hub gives what was asked for, else an error that says why not.
pub(super) fn accepted(
    response: Response<Body>,
    what: &str,
    reader: Reader,
) -> Result<Response<Body>, HubError> {
    let status = response.status().as_u16();
    if response.status().is_success() {
        return Ok(response);
    }
    let code = text(response.headers(), "x-error-code");
    let message = text(response.headers(), "x-error-message");
    let wait = text(response.headers(), "retry-after").and_then(|wait| wait.parse::<u32>().ok());
    let message = message.or_else(|| error_of_body(response));

    let mut reason = message.unwrap_or_else(|| meaning(status).to_owned());
    reason = match code {
        Some(code) => format!("{reason} ({status} {code})"),
        None => format!("{reason} ({status})"),
    };
    if let Some(seconds) = wait {
        reason = format!("{reason}; it asks to wait {seconds} s");
    }
    if let Some(advice) = advice(status, reader) {
        reason = format!("{reason}; {advice}");
    }
    Err(HubError::Refused { what: what.to_owned(), status, reason })
}

/// A header as text that is safe to print.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(name)?.as_bytes()).trim().to_owned();
    (!text.is_empty()).then(|| printable_within(&text, 300))
}

/// `{"error": "…"}`, which some gates send instead of the header.
fn error_of_body(response: Response<Body>) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: String,
    }
    let reader = response.into_body().into_reader().take(LONGEST);
    let refusal: Refusal = serde_json::from_reader(reader).ok()?;
    (!refusal.error.trim().is_empty()).then(|| printable_within(refusal.error.trim(), 300))
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 => "it does not exist, or may not be seen without a token",
        403 => "access was not granted",
        404 => "it does not exist",
        429 => "too many requests",
        500..=599 => "the Hub has a problem",
        _ => "an unexpected status",
    }
}

fn advice(status: u16, reader: Reader) -> Option<&'static str> {
    match (status, reader) {
        (401, Reader::User) => Some("check the name, and set `HF_TOKEN` if the model is private or gated"),
        (401, Reader::OfGate) => Some(
            "check the name; if it is private or gated, the operators of this gate must set `WEIGHHOUSE_UPSTREAM_TOKEN`",
        ),
        (403, Reader::User) => {
            Some("ask for access where the model is offered, and set `HF_TOKEN` to a token that has it")
        }
        (403, Reader::OfGate) => Some(
            "the operators of this gate must ask for access where it is offered, and set `WEIGHHOUSE_UPSTREAM_TOKEN` to a \
             token that has it",
        ),
        (429 | 500..=599, _) => Some("try again later"),
        _ => None,
    }
}
