//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use serde::Deserialize;

use super::visitor::{Chrome, Form0, Posted, cookie, inside, login_cookie, sent_login, set_cookie};
use super::{Answer, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::{Client, encoded};
use crate::secret::BrowserSecret;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    chrome: Chrome,
    next: String,
    /// Where people sign in by the directory, if there is one.
    directory: Option<String>,
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
    page(&login_page(&gate, next, None))
}

pub(super) async fn log_in(
    State(gate): State<Arc<Gate>>,
    client: Client,
    headers: HeaderMap,
    Form0(fields): Form0,
) -> Answer {
    let next = inside(fields.get("next")).to_owned();
    let former = cookie(&gate, &headers);
    match gate.log_in(client, fields.get("token").trim(), former.as_ref()).await {
        Ok((_, secret)) => {
            let mut response = Redirect::to(&next).into_response();
            if let Some(value) = set_cookie(&gate, Some(&secret)) {
                response.headers_mut().insert(header::SET_COOKIE, value);
            }
            Ok(response)
        }
        Err(GateError::Unknown(why)) => refused(&gate, next, &why),
        Err(error) => Err(error.into()),
    }
}

fn login_page(gate: &Gate, next: String, wrong: Option<String>) -> LoginPage {
    let address = || format!("/login/directory?next={}", encoded(&next));
    let directory = gate.settings.directory.as_ref().map(|_| address());
    LoginPage { chrome: Chrome::default(), next, directory, wrong }
}

/// The page for signing in, with why it did not work.
fn refused(gate: &Gate, next: String, why: &str) -> Answer {
    let mut response = page(&login_page(gate, next, Some(super::words::sentence(why))))?;
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    Ok(response)
}

/// Goes to the identity provider.
pub(super) async fn begin(State(gate): State<Arc<Gate>>, Query(query): Query<Next>) -> Answer {
    let (address, secret) = gate.begin_directory().await?;
    let mut response = Redirect::to(&address).into_response();
    let value = login_cookie(&gate, Some((&secret, inside(&query.next))));
    response.headers_mut().extend(value.map(|value| (header::SET_COOKIE, value)));
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct Returned {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// Back from the identity provider.
pub(super) async fn end(
    State(gate): State<Arc<Gate>>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Answer {
    let (secret, next) = match sent_login(&gate, &headers) {
        Some(sent) => sent,
        None => (BrowserSecret::sent(""), "/".to_owned()),
    };
    let done = if returned.error.is_empty() {
        let former = cookie(&gate, &headers);
        gate.end_directory(&secret, (&returned.state, &returned.code), former.as_ref()).await
    } else {
        let said = weighhouse_core::printable::printable_within(&returned.error, 100);
        Err(GateError::Unknown(format!("the identity provider says `{said}`")))
    };
    let (mut response, session) = match done {
        Ok(session) => (Redirect::to(inside(&next)).into_response(), set_cookie(&gate, Some(&session))),
        Err(GateError::Unknown(why) | GateError::Forbidden(why)) => (refused(&gate, next, &why)?, None),
        Err(error) => return Err(error.into()),
    };
    for value in session.into_iter().chain(login_cookie(&gate, None)) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

pub(super) async fn log_out(State(gate): State<Arc<Gate>>, Posted { visitor, .. }: Posted) -> Answer {
    gate.log_out(&visitor.caller, &visitor.secret).await?;
    let mut response: Response = Redirect::to("/login").into_response();
    if let Some(value) = set_cookie(&gate, None) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}
