//! Requests to a Hub-speaking endpoint. Redirects are followed here, by hand, so that the token never leaves the endpoint.
//!
//! Proxies of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`…) are used, except for this machine itself.

use std::fmt;
use std::io::{self, Read as _};

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Method, Response, StatusCode};
use ureq::{Agent, Body};

use super::address::{encode, is_loopback, resolve, same_origin, shown};
use super::refusal::accepted;
use super::{Authorities, Holding, HubError, Patience, Reader};

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
    holding: Holding,
    reader: Reader,
    endpoint: &'a str,
    token: Option<&'a Token>,
}

impl<'a> Client<'a> {
    pub(super) fn new(
        holding: Holding,
        reader: Reader,
        endpoint: &'a str,
        token: Option<&'a Token>,
        patience: &Patience,
        authorities: Option<&Authorities>,
    ) -> Self {
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("weighhouse/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.answer))
            .timeout_per_read(Some(patience.silence))
            .tls_config(Authorities::tls(authorities))
            .build()
            .into();
        Self { agent, holding, reader, endpoint: endpoint.trim_end_matches('/'), token }
    }

    /// What the Hub knows about a revision, as JSON.
    pub(super) fn describe<T: DeserializeOwned>(
        &self,
        repository: &str,
        revision: &str,
    ) -> Result<T, HubError> {
        let revision_part = encode(revision, false);
        let url = format!(
            "{}/api/{}/{repository}/revision/{revision_part}?blobs=true",
            self.endpoint,
            self.holding.as_str()
        );
        Ok(self.json(url, &format!("{repository}@{revision}"))?.0)
    }

    /// One page of the list of a commit's files, and the address of the next. The first page has no address.
    pub(super) fn tree<T: DeserializeOwned>(
        &self,
        repository: &str,
        commit: &str,
        page: Option<String>,
    ) -> Result<(T, Option<String>), HubError> {
        let url = page.unwrap_or_else(|| {
            format!(
                "{}/api/{}/{repository}/tree/{commit}?recursive=true",
                self.endpoint,
                self.holding.as_str()
            )
        });
        let (page, headers) = self.json(url.clone(), &format!("{repository}@{commit}"))?;
        Ok((page, next_page(&headers).and_then(|next| resolve(&url, &next))))
    }

    /// The headers that describe a file: of the last answer on the endpoint, which is where digests are declared.
    pub(super) fn head(&self, repository: &str, commit: &str, path: &str) -> Result<HeaderMap, HubError> {
        let mut url = self.file(repository, commit, path);
        for _ in 0..=REDIRECTS {
            let response = self.send(&Method::HEAD, &url, None)?;
            if !response.status().is_redirection() {
                return Ok(accepted(response, path, self.reader)?.headers().clone());
            }
            let target = redirect(&url, response.headers())?;
            if !same_origin(&target, &url) {
                return Ok(response.headers().clone());
            }
            url = target;
        }
        Err(too_many_redirects(&url))
    }

    /// Opens a file from byte `from` on. Returns whether the content starts there (else at the beginning), and the answer.
    pub(super) fn open(
        &self,
        repository: &str,
        commit: &str,
        path: &str,
        from: u64,
    ) -> Result<(bool, Response<Body>), HubError> {
        let url = self.file(repository, commit, path);
        if from > 0 {
            let response = self.get(url.clone(), Some(from))?;
            let partial = response.status() == StatusCode::PARTIAL_CONTENT;
            let elsewhere = partial && content_start(response.headers()).is_some_and(|start| start != from);
            if response.status() != StatusCode::RANGE_NOT_SATISFIABLE && !elsewhere {
                return Ok((partial, accepted(response, path, self.reader)?));
            }
        }
        Ok((false, accepted(self.get(url, None)?, path, self.reader)?))
    }

    fn file(&self, repository: &str, commit: &str, path: &str) -> String {
        // Addresses of models have no word before the name.
        let before = match self.holding {
            Holding::Model => "",
            Holding::Dataset => "datasets/",
        };
        format!("{}/{before}{repository}/resolve/{commit}/{}", self.endpoint, encode(path, true))
    }

    fn json<T: DeserializeOwned>(&self, url: String, what: &str) -> Result<(T, HeaderMap), HubError> {
        let response = accepted(self.get(url, None)?, what, self.reader)?;
        let headers = response.headers().clone();
        let wrong = |reason: String| HubError::Protocol { what: what.to_owned(), reason };
        let mut reader = response.into_body().into_reader().take(LARGEST_ANSWER + 1);
        let mut bytes = Vec::new();
        let read = io::copy(&mut reader, &mut bytes).map_err(|error| HubError::Connection {
            what: what.to_owned(),
            reason: format!("broken off: {error}"),
        })?;
        if read > LARGEST_ANSWER {
            return Err(wrong(format!("it is larger than {} MiB", LARGEST_ANSWER >> 20)));
        }
        let answer = serde_json::from_slice(&bytes).map_err(|error| {
            wrong(format!("it is not the JSON that a Hub sends ({error}); is the endpoint a Hub?"))
        })?;
        Ok((answer, headers))
    }

    fn get(&self, mut url: String, from: Option<u64>) -> Result<Response<Body>, HubError> {
        for _ in 0..=REDIRECTS {
            let response = self.send(&Method::GET, &url, from)?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url = redirect(&url, response.headers())?;
        }
        Err(too_many_redirects(&url))
    }

    /// One request; the token goes along to the endpoint only.
    fn send(&self, method: &Method, url: &str, from: Option<u64>) -> Result<Response<Body>, HubError> {
        let mut request = if *method == Method::HEAD { self.agent.head(url) } else { self.agent.get(url) };
        // Digests and offsets are about the bytes themselves, not about a compressed form.
        request = request.header("accept-encoding", "identity");
        if let Some(token) = self.token.filter(|_| same_origin(url, self.endpoint)) {
            request = request.header("authorization", format!("Bearer {}", token.0));
        }
        if let Some(from) = from {
            request = request.header("range", format!("bytes={from}-"));
        }
        let answer =
            if is_loopback(url) { request.config().proxy(None).build().call() } else { request.call() };
        answer.map_err(|error| HubError::Connection { what: shown(url), reason: error.to_string() })
    }
}

/// The address a redirect leads to.
fn redirect(url: &str, headers: &HeaderMap) -> Result<String, HubError> {
    let location = headers.get("location").and_then(|value| value.to_str().ok());
    location.and_then(|location| resolve(url, location)).ok_or_else(|| HubError::Protocol {
        what: shown(url),
        reason: "it redirects to an address that must not be followed".to_owned(),
    })
}

fn too_many_redirects(url: &str) -> HubError {
    HubError::Protocol { what: shown(url), reason: format!("more than {REDIRECTS} redirects") }
}

/// The first byte of a partial answer: `bytes 5-9/10`; some servers leave out the unit.
fn content_start(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get("content-range")?.to_str().ok()?;
    let range = text.trim_start_matches("bytes").trim_start();
    range.split('-').next()?.parse().ok()
}

/// `Link: <…>; rel="next"` (RFC 8288).
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get("link")?.to_str().ok()?;
    links.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        parameters.contains("rel=\"next\"").then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_print_and_cannot_smuggle_headers() {
        assert!(!format!("{:?}", Token::new("hf_secret")).contains("secret"));
        assert!(Token::new("a\r\nb: c").is_none());
        assert!(Token::new("\n").is_none());
    }

    #[test]
    fn headers_are_read_as_servers_write_them() {
        let headers = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(content_start(&headers("content-range", "bytes 5-9/10")), Some(5));
        assert_eq!(content_start(&headers("content-range", "5-9/10")), Some(5));
        assert_eq!(content_start(&headers("content-range", "bytes */10")), None);
        let links = "<https://h/a>; rel=\"prev\", <https://h/b?cursor=x>; rel=\"next\"";
        assert_eq!(next_page(&headers("link", links)).unwrap(), "https://h/b?cursor=x");
        assert_eq!(next_page(&headers("link", "<https://h/a>; rel=\"prev\"")), None);
    }
}
