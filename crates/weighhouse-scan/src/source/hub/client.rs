//! Requests to a Hub-speaking endpoint. Redirects are followed here, by hand, so that the token never leaves the endpoint.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body};

use super::HubError;

/// An access token. Never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token; surrounding white space is dropped, an empty one is none.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let sound = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Redirects followed for one request.
const REDIRECTS: usize = 5;
/// Largest answer about a model, in bytes.
const LARGEST_ANSWER: u64 = 64 << 20;

/// A connection to an endpoint.
pub(super) struct Client<'a> {
    agent: Agent,
    endpoint: &'a str,
    token: Option<&'a Token>,
}

impl<'a> Client<'a> {
    pub(super) fn new(endpoint: &'a str, token: Option<&'a Token>) -> Self {
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("weighhouse/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_recv_response(Some(Duration::from_mins(1)))
            .build()
            .into();
        Self { agent, endpoint: endpoint.trim_end_matches('/'), token }
    }

    /// What the Hub knows about a revision: its commit and files with digests.
    pub(super) fn describe(&self, repository: &str, revision: &str) -> Result<serde_json::Value, HubError> {
        let what = format!("{repository}@{revision}");
        let url = format!(
            "{}/api/models/{repository}/revision/{}?blobs=true",
            self.endpoint,
            encode(revision, false)
        );
        let response = accepted(self.get(url, None)?, &what)?;
        let reader = response.into_body().into_reader().take(LARGEST_ANSWER);
        serde_json::from_reader(reader)
            .map_err(|error| HubError::Protocol { what, reason: format!("it is not JSON: {error}") })
    }

    /// Opens a file from byte `from` on. Returns whether the server honours the offset, and the content.
    pub(super) fn open(
        &self,
        repository: &str,
        commit: &str,
        path: &str,
        from: u64,
    ) -> Result<(bool, Response<Body>), HubError> {
        let url = format!("{}/{repository}/resolve/{commit}/{}", self.endpoint, encode(path, true));
        let response = self.get(url.clone(), (from > 0).then_some(from))?;
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok((false, accepted(self.get(url, None)?, path)?));
        }
        let partial = response.status() == StatusCode::PARTIAL_CONTENT;
        Ok((partial, accepted(response, path)?))
    }

    fn get(&self, mut url: String, from: Option<u64>) -> Result<Response<Body>, HubError> {
        for _ in 0..=REDIRECTS {
            let mut request = self.agent.get(&url);
            if let Some(token) = self.token.filter(|_| same_origin(&url, self.endpoint)) {
                request = request.header("authorization", format!("Bearer {}", token.0));
            }
            if let Some(from) = from {
                request = request.header("range", format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| HubError::Connection {
                url: without_query(&url).to_owned(),
                reason: error.to_string(),
            })?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url = redirect(&url, response.headers())?;
        }
        Err(HubError::Protocol {
            what: without_query(&url).to_owned(),
            reason: format!("more than {REDIRECTS} redirects"),
        })
    }
}

/// The address a redirect leads to.
fn redirect(url: &str, headers: &HeaderMap) -> Result<String, HubError> {
    let location = headers.get("location").and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| {
        if location.starts_with('/') && !location.starts_with("//") {
            Some(format!("{}{location}", origin(url)?))
        } else {
            location.starts_with("http").then(|| location.to_owned())
        }
    });
    let downgraded = |target: &String| url.starts_with("https://") && !target.starts_with("https://");
    target.filter(|target| !downgraded(target)).ok_or_else(|| HubError::Protocol {
        what: without_query(url).to_owned(),
        reason: "it redirects to an address that must not be followed".to_owned(),
    })
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<&str> {
    let after_scheme = url.find("://")?.checked_add(3)?;
    let rest = url.get(after_scheme..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..after_scheme.checked_add(end)?)
}

fn same_origin(url: &str, endpoint: &str) -> bool {
    origin(url).is_some() && origin(url) == origin(endpoint)
}

/// Signed addresses carry credentials in their query: never shown.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// Turns a refusal into an error with the Hub's own words.
fn accepted(response: Response<Body>, what: &str) -> Result<Response<Body>, HubError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let meaning = match status.as_u16() {
        401 => "it does not exist, or needs a token (`HF_TOKEN`)",
        403 => "access was not granted (a gated model, or a policy of the gate)",
        404 => "it does not exist",
        429 => "too many requests; try again later",
        500..=599 => "the Hub has a problem; try again later",
        _ => "an unexpected status",
    };
    let own_words = header("x-error-message").or_else(|| header("x-error-code")).unwrap_or(meaning);
    let reason =
        format!("{} ({})", weighhouse_core::printable::printable_within(own_words, 300), status.as_u16());
    Err(HubError::Refused { what: what.to_owned(), reason })
}

/// Percent-encodes a path for a URL; `/` stays if `keep_slash`.
fn encode(path: &str, keep_slash: bool) -> String {
    use fmt::Write as _;
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slash && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_with_its_endpoint() {
        assert!(same_origin("https://hub.example/a/b?x", "https://hub.example"));
        for other in [
            "https://hub.example.evil/x",
            "http://hub.example/x",
            "https://hub.example:444/",
            "https://hub.example@evil/",
        ] {
            assert!(!same_origin(other, "https://hub.example"), "{other}");
        }
        assert!(!format!("{:?}", Token::new("hf_secret")).contains("secret"));
        assert!(Token::new("a\r\nb: c").is_none());
    }

    #[test]
    fn redirects_do_not_lead_to_weaker_ground() {
        let to = |location: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("location", location.parse().unwrap());
            redirect("https://hub.example/a", &headers)
        };
        assert_eq!(to("/b").unwrap(), "https://hub.example/b");
        assert_eq!(to("https://cdn.example/b").unwrap(), "https://cdn.example/b");
        for wrong in ["http://cdn.example/b", "file:///etc/passwd", "//evil/x", "ftp://x"] {
            assert!(to(wrong).is_err(), "{wrong}");
        }
    }
}
