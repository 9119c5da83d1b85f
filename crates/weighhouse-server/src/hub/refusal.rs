//! How the gate says no, so that unmodified clients tell their users why.
//!
//! Clients serve a copy of their cache on most errors, silently. Only `RevisionNotFound` reaches the user in every version, so that is what
//! withdrawn revisions answer, and whatever waits of a model that was ever served to anybody: in another stage, or an older revision of
//! it, which a cache may hold. Of what was never served, `GatedRepo` is the answer, whose text users see. `X-HF-Warning` is printed by newer
//! clients whatever the answer is.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use weighhouse_core::Digest;
use weighhouse_core::printable::printable;

use crate::error::{BROKEN, GateError, LATER};
use crate::store::StoreError;

/// A no, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Option<&'static str>,
    message: String,
    /// Whether newer clients print it, too.
    warn: bool,
    commit: Option<String>,
    /// Whether it says that something waits, and was never served.
    waits: bool,
    /// In how many seconds it may be another answer.
    later: Option<i64>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), warn: false, commit: None, waits: false, later: None }
    }

    /// So that newer clients print it, too.
    pub(super) fn loud(self) -> Self {
        Self { warn: true, ..self }
    }

    /// Whether it says that something waits, and was never served.
    pub(super) fn is_quarantine(&self) -> bool {
        self.waits
    }

    /// The same, where caches may hold something of that name: on `GatedRepo` clients take that instead, and say nothing.
    pub(super) fn despite_caches(self) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: Some("RevisionNotFound"), ..self }
    }

    /// What a gate does not have, whoever asks.
    pub(super) fn absent(code: Option<&'static str>, message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(super) fn slow(message: &str) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, None, message)
    }

    pub(super) fn no_token() -> Self {
        let message = "this gate serves people it knows: set a token with `hf auth login` or `HF_TOKEN`";
        Self { warn: true, ..Self::new(StatusCode::UNAUTHORIZED, Some("GatedRepo"), message) }
    }

    /// Clients know this very text.
    pub(super) fn bad_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, None, "Invalid credentials in Authorization header")
    }

    /// It is not here, or not for this caller to know.
    pub(super) fn no_repository(name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, Some("RepoNotFound"), format!("`{name}` is not here"))
    }

    /// It was never served; why, and what to do.
    pub(super) fn quarantined(message: impl Into<String>) -> Self {
        Self { warn: true, waits: true, ..Self::new(StatusCode::FORBIDDEN, Some("GatedRepo"), message) }
    }

    /// It must not be used any more, whatever a cache holds.
    pub(super) fn withdrawn(message: impl Into<String>) -> Self {
        Self { warn: true, ..Self::new(StatusCode::NOT_FOUND, Some("RevisionNotFound"), message) }
    }

    pub(super) fn no_revision(name: &str, revision: &str) -> Self {
        let message = format!("`{name}` has no revision `{revision}` here");
        Self::new(StatusCode::NOT_FOUND, Some("RevisionNotFound"), message)
    }

    pub(super) fn no_entry(path: &str, commit: &str) -> Self {
        let message = format!("there is no `{path}` in this revision");
        let refusal = Self::new(StatusCode::NOT_FOUND, Some("EntryNotFound"), message);
        Self { commit: Some(commit.to_owned()), ..refusal }
    }

    /// The caller may see it, but not do this with it.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self { warn: true, ..Self::new(StatusCode::FORBIDDEN, None, message) }
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, None, message)
    }

    /// More bytes than are taken.
    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, None, message).loud()
    }

    /// Why a body was not read to its end.
    pub(super) fn of_body(error: GateError) -> Self {
        match error {
            GateError::TooLarge(why) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, None, why),
            error => Self::invalid(&error.to_string()),
        }
    }

    pub(super) fn beyond_the_end() -> Self {
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, None, "the range begins beyond the end")
    }

    /// It is the caller's, and this server does not have it yet.
    pub(super) fn on_its_way() -> Self {
        let message = "it is released, and on its way to the servers that give it out; try again in a moment";
        Self { later: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, None, message).loud() }
    }

    pub(super) fn nothing_there() -> Self {
        Self::new(StatusCode::NOT_FOUND, None, "there is nothing at this address")
    }

    pub(super) fn unsupported(message: &str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, None, message)
    }
}

impl From<GateError> for Refusal {
    fn from(error: GateError) -> Self {
        let status = error.status();
        if status.is_server_error() {
            tracing::error!(%error, "a request could not be answered");
            let later = status == StatusCode::SERVICE_UNAVAILABLE;
            let refusal = Self::new(status, None, if later { LATER } else { BROKEN });
            return Self { later: error.later(), ..refusal };
        }
        match error {
            // Only an address can hold it, and nothing has such a name.
            GateError::Invalid(_) => Self::nothing_there(),
            // Who holds a token that is not good is told in the words that clients know.
            GateError::Unknown(_) => Self::bad_token(),
            error => Self { later: error.later(), ..Self::new(status, None, error.to_string()) },
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        GateError::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        let plain = in_ascii(&self.message);
        set("x-error-message", &plain);
        if let Some(code) = self.code {
            set("x-error-code", code);
        }
        if self.warn {
            set("x-hf-warning", &warning(&plain));
        }
        if let Some(commit) = &self.commit {
            set("x-repo-commit", commit);
        }
        if let Some(seconds) = self.later {
            set("retry-after", &seconds.to_string());
        }
        (self.status, headers, Json(json!({ "error": printable(&self.message) }))).into_response()
    }
}

/// Clients print one warning a topic and process: what they say of another model is another topic.
fn warning(plain: &str) -> String {
    let topic = Digest::of(plain.as_bytes()).short();
    format!("weighhouse-{topic}; {plain}")
}

/// Adds words to an answer that newer clients print.
pub(super) fn warn(text: &str, response: &mut Response) {
    if let Ok(value) = HeaderValue::from_str(&warning(&in_ascii(text))) {
        response.headers_mut().insert(HeaderName::from_static("x-hf-warning"), value);
    }
}

/// Headers hold printable ASCII.
fn in_ascii(text: &str) -> String {
    text.chars()
        .map(|character| if matches!(character, ' '..='~') { character } else { '?' })
        .take(1000)
        .collect()
}
