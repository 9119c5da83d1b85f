//! What requests bring: who calls, what they send, what they take. What cannot be read is the caller's fault, and says where.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection, StringRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::{Client, bearer, is_agent};
use crate::identity::Caller;

impl FromRequestParts<Arc<Gate>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let unknown = |why: &str| Problem::from(GateError::Unknown(why.to_owned()));
        let token = bearer(&parts.headers);
        let token = token.ok_or_else(|| unknown("send a token: `Authorization: Bearer …`"))?;
        let client = Client::of(&gate.settings.proxies, &parts.extensions, &parts.headers);
        let caller = gate.caller(client, token).await?;
        let caller = caller.ok_or_else(|| unknown("the token is not valid, or not any more"))?;
        Ok(caller.narrowed(is_agent(&parts.headers)))
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Gate>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let wrong = |error: JsonRejection| Problem::of_body(error.status(), error.body_text());
        Json::from_request(request, gate).await.map(|Json(body)| Self(body)).map_err(wrong)
    }
}

/// A body that is kept byte for byte.
pub(super) struct Plain(pub(super) String);

impl FromRequest<Arc<Gate>> for Plain {
    type Rejection = Problem;

    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let wrong = |error: StringRejection| Problem::of_body(error.status(), error.body_text());
        String::from_request(request, gate).await.map(Self).map_err(wrong)
    }
}

/// What stands behind the question mark.
pub(super) struct Queried<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Gate>> for Queried<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let wrong = |error: QueryRejection| GateError::Invalid(error.body_text()).into();
        Query::from_request_parts(parts, gate).await.map(|Query(query)| Self(query)).map_err(wrong)
    }
}

/// The part of the address that names something. What cannot be a name names nothing.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Gate>> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Problem> {
        let found = Path::from_request_parts(parts, gate).await;
        let nothing = |_| GateError::Missing("this address".to_owned()).into();
        found.map(|Path(name)| Self(name)).map_err(nothing)
    }
}

/// Turns away who does not take what is answered here.
pub(super) async fn acceptable(
    State(answered): State<&'static str>,
    request: Request,
    next: Next,
) -> Response {
    if takes(request.headers(), answered) {
        return next.run(request).await;
    }
    Problem::of_accept(answered).into_response()
}

/// Whether `Accept` holds a media type (RFC 9110, section 12.5.1); without it everything is taken. Of the ranges that fit, the nearest one
/// counts.
fn takes(headers: &HeaderMap, wanted: &str) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(',')).map(str::trim).filter(|range| !range.is_empty());
    let (family, _) = wanted.split_once('/').unwrap_or_default();
    let mut nearest = None;
    let mut any = false;
    for range in ranges {
        any = true;
        let mut parts = range.split(';').map(str::trim);
        let near = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            range if range == wanted => 3,
            "*/*" => 1,
            range if range.strip_suffix("/*") == Some(family) => 2,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let taken = weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0));
        if nearest.is_none_or(|(known, _)| near > known) {
            nearest = Some((near, taken));
        }
    }
    !any || nearest.is_some_and(|(_, taken)| taken)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::takes;

    #[test]
    fn json_is_taken_where_the_nearest_range_takes_it() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            takes(&headers, "application/json")
        };
        for fine in [
            &[][..],
            &["*/*"],
            &["text/html, application/*;q=0.1"],
            &["text/html", "Application/JSON"],
            &["*/*;q=0, application/json"],
            &[""],
        ] {
            assert!(of(fine), "{fine:?}");
        }
        for wrong in [&["text/html"][..], &["application/json;q=0, */*"], &["application/xml"], &["*/*;q=x"]]
        {
            assert!(!of(wrong), "{wrong:?}");
        }
    }
}
