//! The list of models: what is here, and how each stands in each stage.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use weighhouse_core::words::grouped;
use weighhouse_policy::Access;

use super::model::address;
use super::visitor::{Chrome, Visitor};
use super::words::{Moment, Tone, state};
use super::{Answer, page};
use crate::gate::Gate;
use crate::http::encoded;
use crate::name::{Kind, Name};
use crate::store::pages::Stands;

/// Models of a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "models.html")]
struct ModelsPage {
    chrome: Chrome,
    title: &'static str,
    list: &'static str,
    search: String,
    stages: Vec<String>,
    /// How many releases of each stage stand how; for those who may see all of them.
    overview: Vec<Overview>,
    models: Vec<Line>,
    first: bool,
    next: Option<String>,
    /// What was searched for, if it is a name that nobody knows.
    unknown: Option<(String, String)>,
}

impl ModelsPage {
    /// The stage of a column.
    fn stage(&self, at: usize) -> &str {
        self.stages.get(at).map_or("", String::as_str)
    }
}

struct Overview {
    stage: String,
    counts: Vec<(String, &'static str, Tone)>,
}

struct Line {
    href: String,
    name: String,
    created: Moment,
    /// Per stage.
    standing: Vec<Option<(String, Tone)>>,
}

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    search: String,
    #[serde(default)]
    after: String,
}

pub(super) async fn models(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(search): Query<Search>,
) -> Answer {
    show(&gate, &visitor, Kind::Model, "Models", &search).await
}

pub(super) async fn datasets(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(search): Query<Search>,
) -> Answer {
    show(&gate, &visitor, Kind::Dataset, "Data sets", &search).await
}

async fn show(gate: &Gate, visitor: &Visitor, kind: Kind, title: &'static str, query: &Search) -> Answer {
    let search = query.search.trim();
    let (visible, last) = gate.models_seen(&visitor.caller, kind, search, &query.after, PAGE).await?;
    let ids: Vec<&str> = visible.iter().map(|model| model.id.as_str()).collect();
    let standing = gate.store.standing_of(&ids).await?;
    let stages: Vec<String> = gate.settings.stages.iter().map(|stage| stage.name.clone()).collect();
    let line = |model: &crate::store::models::Model| Line {
        href: address(&model.name),
        name: model.name.to_string(),
        created: Moment::ago(model.created, gate.now()),
        standing: stages.iter().map(|stage| stands(&standing, &model.id, stage)).collect(),
    };
    let lines: Vec<Line> = visible.iter().map(line).collect();
    let next =
        last.map(|last| format!("/{}?search={}&after={}", kind.as_str(), encoded(search), encoded(&last)));
    let unknown = Name::new(kind, search).filter(|_| lines.is_empty() && !search.is_empty());
    let unknown = unknown.filter(|name| gate.sees(&visitor.caller, name));
    let all = kind == Kind::Model && search.is_empty() && query.after.is_empty();
    let overview =
        if all && visitor.may(gate, Access::View, "") { overview(gate).await? } else { Vec::new() };
    page(&ModelsPage {
        chrome: visitor.chrome(gate, kind.as_str()),
        title,
        list: kind.as_str(),
        search: search.to_owned(),
        stages,
        overview,
        models: lines,
        first: query.after.is_empty(),
        next,
        unknown: unknown.map(|name| (address(&name), name.to_string())),
    })
}

/// How a model stands in a stage.
fn stands(all: &[Stands], model: &str, stage: &str) -> Option<(String, Tone)> {
    let mine = all.iter().find(|stands| stands.model == model && stands.stage == stage);
    mine.map(|stands| state(stands.state))
}

/// How many releases stand how, stage by stage.
async fn overview(gate: &Gate) -> Result<Vec<Overview>, super::Fail> {
    let standing = gate.store.standing_since().await?;
    let of = |stage: &str, states: &[&str]| {
        let known = |state: &&str| standing.get(&(stage.to_owned(), (*state).to_owned()));
        states.iter().filter_map(known).map(|standing| standing.count).sum::<u64>()
    };
    let parts: [(&[&str], &str, Tone); 4] = [
        (&["released", "canary"], "served", Tone::Pass),
        (&["reviewable", "approved"], "waiting", Tone::Review),
        (&["suspended"], "suspended", Tone::Fail),
        (&["rejected"], "rejected", Tone::Fail),
    ];
    let stage = |name: &str| Overview {
        stage: name.to_owned(),
        counts: parts
            .iter()
            .map(|(states, word, tone)| {
                let count = of(name, states);
                (grouped(count), *word, if count == 0 { Tone::Quiet } else { *tone })
            })
            .collect(),
    };
    Ok(gate.settings.stages.iter().map(|known| stage(&known.name)).collect())
}
