//! Waivers by expiry: what is accepted, until when, and who answers for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use serde::Deserialize;
use weighhouse_core::Date;
use weighhouse_policy::Access;

use super::model::address;
use super::visitor::{Chrome, Fields, Posted, Visitor};
use super::words::{Moment, Tone, shown};
use super::{Answer, Fail, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::name::{Kind, Name};
use crate::places;
use crate::store::waivers::{Phase, Waiver};
use crate::workflow::NewWaiver;

/// Waivers of a page.
const PAGE: usize = 100;
/// Seconds before its end in which a waiver is shown as one that ends soon.
const SOON: i64 = 14 * 86_400;

#[derive(Template)]
#[template(path = "waivers.html")]
struct WaiversPage {
    chrome: Chrome,
    waivers: Vec<Line>,
    all: bool,
    next: Option<String>,
    /// Whether whoever looks may give one for some model.
    may_give: bool,
    /// What the form begins with.
    model: String,
    rule: String,
    stages: Vec<String>,
}

/// A waiver as pages show it.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) what: String,
    pub(super) scope: String,
    pub(super) owner: String,
    pub(super) giver: String,
    pub(super) reason: String,
    pub(super) word: &'static str,
    pub(super) tone: Tone,
    pub(super) begins: Option<Moment>,
    pub(super) expires: Moment,
    pub(super) day: Moment,
    pub(super) may_withdraw: bool,
}

impl Line {
    pub(super) fn of(waiver: &Waiver, name: &Name, now: i64, may_withdraw: bool) -> Self {
        let phase = waiver.phase(now);
        let (word, tone) = match phase {
            Phase::Holds if waiver.expires <= now + SOON => ("Ends soon", Tone::Review),
            Phase::Holds => ("Holds", Tone::Pass),
            Phase::Ahead => ("Begins later", Tone::Quiet),
            Phase::Over => ("Over", Tone::Quiet),
            Phase::Withdrawn => ("Taken back", Tone::Quiet),
        };
        let what: Vec<&str> = waiver.rules.iter().chain(&waiver.findings).map(String::as_str).collect();
        let stage = waiver.stage.as_deref().unwrap_or("all stages");
        let bytes = if waiver.digest.is_some() { "one revision" } else { "all revisions" };
        Self {
            id: waiver.id.clone(),
            href: address(name),
            name: name.to_string(),
            what: shown(&what.join(", ")),
            scope: format!("{}, {bytes}", shown(stage)),
            owner: shown(&waiver.owner),
            giver: shown(&waiver.giver),
            reason: shown(&waiver.reason),
            word,
            tone,
            begins: (phase == Phase::Ahead).then(|| Moment::exact(waiver.begins)),
            expires: Moment::ago(waiver.expires, now),
            day: Moment::exact(waiver.expires),
            may_withdraw: may_withdraw && matches!(phase, Phase::Holds | Phase::Ahead),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    all: bool,
    #[serde(default)]
    after: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    rule: String,
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(which): Query<Which>,
) -> Answer {
    let now = gate.now();
    let after = places::moment(&which.after);
    let (found, next) = gate.waivers_seen(&visitor.caller, None, which.all, after, PAGE).await?;
    let line = |(waiver, name): &(Waiver, Name)| {
        Line::of(waiver, name, now, visitor.may(&gate, Access::Waive, name.as_str()))
    };
    let waivers = found.iter().map(line).collect();
    let next = next.map(|next| format!("/waivers?all={}&after={next}", which.all));
    page(&WaiversPage {
        chrome: visitor.chrome(&gate, "waivers"),
        waivers,
        all: which.all,
        next,
        may_give: visitor.may(&gate, Access::Waive, &which.model),
        model: shown(&which.model),
        rule: shown(&which.rule),
        stages: gate.settings.stages.iter().map(|stage| stage.name.clone()).collect(),
    })
}

fn day(fields: &Fields, field: &str) -> Result<Option<Date>, Fail> {
    let day = fields.some(field).map(|text| text.trim().parse::<Date>()).transpose();
    Ok(day.map_err(|error| GateError::Invalid(error.to_string()))?)
}

fn words(text: &str) -> BTreeSet<String> {
    text.split([',', ' ', '\n', '\r']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

pub(super) async fn give(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let text = fields.get("model").trim();
    let (text, commit) = match text.split_once('@') {
        Some((text, commit)) => (text, Some(commit.to_owned())),
        None => (text, None),
    };
    let wrong = || GateError::Invalid(format!("`{text}` is not the name of a model; it is like `org/name`"));
    let no_day = || GateError::Invalid("write the last day on which it holds".to_owned());
    let new = NewWaiver {
        name: Name::new(Kind::Model, text).ok_or_else(wrong)?,
        commit,
        stage: fields.some("stage").map(str::to_owned),
        rules: words(fields.get("rules")),
        findings: words(fields.get("findings")),
        owner: fields.some("owner").map(str::to_owned),
        reason: fields.get("reason").replace("\r\n", "\n"),
        begins: day(&fields, "begins")?,
        until: day(&fields, "until")?.ok_or_else(no_day)?,
    };
    gate.waive(&visitor.caller, new).await?;
    Ok(Redirect::to("/waivers?done=waived").into_response())
}

pub(super) async fn withdraw(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    Posted { visitor, .. }: Posted,
) -> Answer {
    gate.withdraw_waiver(&visitor.caller, &id).await?;
    Ok(Redirect::to("/waivers?done=unwaived").into_response())
}
