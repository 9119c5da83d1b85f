//! What people do: each a form, each ending on the page that shows what came of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use weighhouse_core::Share;

use super::model::address;
use super::visitor::{Fields, Posted, Visitor};
use super::{Answer, Fail};
use crate::error::GateError;
use crate::gate::Gate;
use crate::name::{Kind, Name};
use crate::store::releases::Release;
use crate::workflow::Ask;

/// The page of the model that a release is of.
async fn back(gate: &Gate, visitor: &Visitor, release: &Release, done: &str) -> Answer {
    let model = gate.seen_by_id(&visitor.caller, &release.model).await?;
    let revision = gate.store.revision(&release.revision).await?;
    let (Some(model), Some(revision)) = (model, revision) else {
        return Ok(Redirect::to("/").into_response());
    };
    let (page, commit) = (address(&model.name), revision.commit);
    Ok(Redirect::to(&format!("{page}?revision={commit}&done={done}")).into_response())
}

fn name(fields: &Fields) -> Result<Name, Fail> {
    let kind = fields.some("kind").map_or(Ok(Kind::Model), str::parse);
    let kind = kind.map_err(|error| GateError::Invalid(error.to_string()))?;
    let text = fields.get("model").trim();
    let wrong = || GateError::Invalid(format!("`{text}` is not the name of a model; it is like `org/name`"));
    Ok(Name::new(kind, text).ok_or_else(wrong)?)
}

pub(super) async fn ask(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let ask = Ask {
        name: name(&fields)?,
        revision: fields.some("revision").unwrap_or("main").to_owned(),
        stage: fields.some("stage").unwrap_or_else(|| gate.own_stage(&visitor.caller)).to_owned(),
        reason: text(&fields, "reason"),
    };
    let page = address(&ask.name);
    gate.ask(&visitor.caller, ask).await?;
    Ok(Redirect::to(&format!("{page}?done=asked")).into_response())
}

pub(super) async fn approve(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    // A form that names no evidence was not made by a page that showed any.
    let missing = || GateError::Invalid("an approval names the evidence that was looked at".to_owned());
    let seen = fields.some("evidence").ok_or_else(missing)?;
    let release = gate.approve(&visitor.caller, &id, &text(&fields, "comment"), Some(seen)).await?;
    back(&gate, &visitor, &release, "approved").await
}

pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    let release = gate.withdraw(&visitor.caller, &id).await?;
    back(&gate, &visitor, &release, "withdrawn").await
}

pub(super) async fn promote(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, fields }: Posted,
) -> Answer {
    let wrong = || GateError::Invalid("a share is 1 to 100 percent".to_owned());
    let share = fields.some("share").and_then(|share| share.parse().ok()).and_then(Share::new);
    let release = gate.promote(&visitor.caller, &id, share.ok_or_else(wrong)?).await?;
    back(&gate, &visitor, &release, "promoted").await
}

pub(super) async fn roll_back(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let name = name(&fields)?;
    let done = gate.roll_back(&visitor.caller, &name, fields.get("stage"), &text(&fields, "reason")).await?;
    back(&gate, &visitor, done.to.as_ref().unwrap_or(&done.from), "rolled-back").await
}

pub(super) async fn revoke(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let name = name(&fields)?;
    let done = gate.revoke(&visitor.caller, &name, fields.get("commit"), &text(&fields, "reason")).await?;
    let (page, commit) = (address(&name), done.revision.commit);
    Ok(Redirect::to(&format!("{page}?revision={commit}&done=revoked#pulled")).into_response())
}

/// What somebody wrote: browsers end lines with two characters.
pub(super) fn text(fields: &Fields, name: &str) -> String {
    fields.get(name).replace("\r\n", "\n")
}
