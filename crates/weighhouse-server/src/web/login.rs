//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::visitor::{Chrome, Form0, Posted, cookie, inside, set_cookie};
use super::{Answer, page};
use crate::error::GateError;
use crate::gate::Gate;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    chrome: Chrome,
    next: String,
    /// Why it did not work.
    wrong: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Query(query): Query<Next>,
) -> Answer {
    let next = inside(&query.next).to_owned();
    if let Some(secret) = cookie(&gate, &headers)
        && gate.visitor(&secret).await?.is_some()
    {
        return Ok(Redirect::to(&next).into_response());
    }
    page(&LoginPage { chrome: Chrome::default(), next, wrong: None })
}

pub(super) async fn log_in(
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Form0(fields): Form0,
) -> Answer {
    let next = inside(fields.get("next")).to_owned();
    let former = cookie(&gate, &headers);
    match gate.log_in(fields.get("token").trim(), former.as_ref()).await {
        Ok((_, secret)) => {
            let mut response = Redirect::to(&next).into_response();
            if let Some(value) = set_cookie(&gate, Some(&secret)) {
                response.headers_mut().insert(header::SET_COOKIE, value);
            }
            Ok(response)
        }
        Err(GateError::Unknown(why)) => {
            let wrong = Some(super::words::sentence(&why));
            let mut response = page(&LoginPage { chrome: Chrome::default(), next, wrong })?;
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn log_out(State(gate): State<Arc<Gate>>, Posted { visitor, .. }: Posted) -> Answer {
    gate.log_out(&visitor.caller, &visitor.secret).await?;
    let mut response: Response = Redirect::to("/login").into_response();
    if let Some(value) = set_cookie(&gate, None) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}
