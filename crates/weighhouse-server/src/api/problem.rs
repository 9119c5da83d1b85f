//! Errors as they are answered: RFC 9457 in its smallest form.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::wire;
use crate::error::{BROKEN, GateError, LATER};

/// Content type of errors.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Something that is not done, with the reason.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    decision: Option<Box<wire::Decision>>,
    /// After how many seconds trying again may help.
    later: Option<i64>,
}

/// Why something was not done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// What kind of error it is: for programs.
    code: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Why, in words for people.
    detail: String,
    /// What policy said, if it was policy that said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    decision: Option<Box<wire::Decision>>,
}

impl Problem {
    fn plain(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), decision: None, later: None }
    }

    /// The address is right, the method is not.
    pub(super) fn of_method() -> Self {
        Self::plain(StatusCode::METHOD_NOT_ALLOWED, "method", "this address does not know this method")
    }

    /// The caller does not take what is answered here.
    pub(super) fn of_accept(answered: &str) -> Self {
        let why = format!("this address answers in `{answered}`");
        Self::plain(StatusCode::NOT_ACCEPTABLE, "not-acceptable", why)
    }

    /// A body that cannot be taken.
    pub(super) fn of_body(status: StatusCode, why: String) -> Self {
        let code = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "media-type",
            StatusCode::UNPROCESSABLE_ENTITY => "shape",
            _ => "invalid",
        };
        Self::plain(status, code, why)
    }
}

impl<E: Into<GateError>> From<E> for Problem {
    fn from(error: E) -> Self {
        let error = error.into();
        let status = error.status();
        let code = match &error {
            GateError::Invalid(_) => "invalid",
            GateError::Unknown(_) => "unauthenticated",
            GateError::Missing(_) => "not-found",
            GateError::Forbidden(_) => "forbidden",
            GateError::Conflict(_) => "conflict",
            GateError::Denied(_) => "denied",
            GateError::TooLarge(_) => "too-large",
            GateError::TooOften(_) => "too-often",
            GateError::Unavailable(_) => "unavailable",
            GateError::Store(_) | GateError::Setup(_) | GateError::Internal(_) => "internal",
        };
        let later = error.later();
        if status.is_server_error() {
            tracing::error!(%error, "a request could not be answered");
            let why = if code == "unavailable" { LATER } else { BROKEN };
            return Self { later, ..Self::plain(status, code, why) };
        }
        let detail = error.to_string();
        let decision = match error {
            GateError::Denied(decision) => Some(Box::new(wire::Decision::of(&decision))),
            _ => None,
        };
        Self { decision, later, ..Self::plain(status, code, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, detail, decision, later } = self;
        let body = ProblemBody { code, status: status.as_u16(), detail, decision };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = later {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
