//! Allowing a login by device: the code that a program shows, typed or confirmed by whoever sits before it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::visitor::{Chrome, Posted, Visitor};
use super::{Answer, page};
use crate::error::GateError;
use crate::gate::Gate;

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    chrome: Chrome,
    person: String,
    code: String,
    /// What came of it, once something was said.
    outcome: Option<&'static str>,
    wrong: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Code {
    #[serde(default)]
    user_code: String,
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(query): Query<Code>,
) -> Answer {
    let code =
        query.user_code.chars().filter(|letter| letter.is_ascii_alphabetic() || *letter == '-').take(9);
    page(&shown(&gate, &visitor, code.collect(), None, None))
}

pub(super) async fn answer(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let allow = fields.get("answer") == "allow";
    match gate.answer_login(&visitor.caller, fields.get("user_code"), allow).await {
        Ok(()) => {
            let outcome = if allow { "You are logged in there." } else { "That login was refused." };
            page(&shown(&gate, &visitor, String::new(), Some(outcome), None))
        }
        Err(GateError::Missing(_)) => {
            let wrong = "No login waits with this code. It may be mistyped, answered already, or too old.";
            page(&shown(&gate, &visitor, String::new(), None, Some(wrong.to_owned())))
        }
        Err(error) => Err(error.into()),
    }
}

fn shown(
    gate: &Gate,
    visitor: &Visitor,
    code: String,
    outcome: Option<&'static str>,
    wrong: Option<String>,
) -> DevicePage {
    let person = visitor.caller.person.name.clone();
    DevicePage { chrome: visitor.chrome(gate, "you"), person, code, outcome, wrong }
}
