//! Everything that happened to a model, by the records of the audit log: the newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::audit::{Line, line};
use super::model::address;
use super::visitor::{Chrome, Visitor};
use super::{Answer, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::store::overview::What;

/// Records of a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    chrome: Chrome,
    /// Id of the model.
    id: String,
    name: String,
    href: String,
    stages: Vec<String>,
    stage: String,
    kinds: [(&'static str, &'static str); 3],
    show: &'static str,
    records: Vec<Line>,
    first: bool,
    next: Option<i64>,
}

impl TimelinePage {
    /// Whether this is what is shown alone.
    fn shows(&self, kind: &str) -> bool {
        self.show == kind
    }
}

/// What may be shown alone.
const KINDS: [(&str, &str); 3] = [
    ("releases", "decisions and releases"),
    ("approvals", "approvals"),
    ("intake", "requests and inspections"),
];

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    show: String,
    #[serde(default)]
    stage: String,
    before: Option<i64>,
}

pub(super) async fn show(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
) -> Answer {
    let missing = || GateError::Missing("this model".to_owned());
    let model = gate.seen_by_id(&visitor.caller, &id).await?.ok_or_else(missing)?;
    let (what, shown) = match filter.show.as_str() {
        "releases" => (What::Releases, "releases"),
        "approvals" => (What::Approvals, "approvals"),
        "intake" => (What::Intake, "intake"),
        _ => (What::Everything, ""),
    };
    let stages: Vec<String> = gate.settings.stages.iter().map(|stage| stage.name.clone()).collect();
    let stage = stages.iter().find(|stage| **stage == filter.stage).cloned();
    let before = filter.before.unwrap_or(i64::MAX);
    let entries = gate.store.history(&model.id, what, stage.as_deref(), before, PAGE as u32 + 1).await?;
    let people = gate.store.pseudonyms().await?;
    let mut known = BTreeMap::new();
    let mut records = Vec::with_capacity(entries.len());
    for entry in entries.iter().take(PAGE) {
        records.push(line(&gate, &visitor, entry, &people, &mut known).await?);
    }
    page(&TimelinePage {
        chrome: visitor.chrome(&gate, model.name.kind().as_str()),
        id: model.id.clone(),
        name: model.name.to_string(),
        href: address(&model.name),
        stages,
        stage: stage.unwrap_or_default(),
        kinds: KINDS,
        show: shown,
        records,
        first: filter.before.is_none(),
        next: entries.get(PAGE - 1).filter(|_| entries.len() > PAGE).map(|last| last.seq),
    })
}
