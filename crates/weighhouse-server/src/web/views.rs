//! Partial views: what one would leave out, shown before it is made.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect};
use weighhouse_core::Intake;
use weighhouse_core::words::{bytes, plural};
use weighhouse_policy::Access;

use super::audit::download;
use super::model::address;
use super::visitor::{Chrome, Fields, Posted, Visitor};
use super::words::{Prose, short, shown};
use super::{Answer, Fail, page};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::encoded;
use crate::store::models::Model;
use crate::store::revisions::Revision;
use crate::workflow::{Known, Part, Plan, Wish, Without};

/// Files that a page names.
const FILES: usize = 200;

#[derive(Template)]
#[template(path = "view.html")]
struct ViewPage {
    chrome: Chrome,
    name: String,
    href: String,
    /// Id of the revision, and its commit.
    id: String,
    short: String,
    parts: Vec<PartBox>,
    /// As they were written, one a line.
    paths: String,
    stages: Vec<(String, bool)>,
    plan: Option<Shown>,
    /// Why there is no such view.
    wrong: Option<Prose>,
}

struct PartBox {
    word: &'static str,
    label: &'static str,
    about: &'static str,
    files: String,
    checked: bool,
}

/// What a view would leave out.
pub(super) struct Shown {
    commit: String,
    pub(super) left: Vec<LeftLine>,
    pub(super) more: usize,
    pub(super) rewritten: Vec<RewrittenLine>,
    kept: String,
    stage: String,
    /// Whether it is there already.
    there: bool,
}

pub(super) struct LeftLine {
    pub(super) path: String,
    pub(super) size: String,
    pub(super) why: Prose,
}

pub(super) struct RewrittenLine {
    pub(super) path: String,
    pub(super) what: Prose,
}

impl LeftLine {
    pub(super) fn of(path: &str, size: u64, why: &str) -> Self {
        Self { path: shown(path), size: bytes(size), why: Prose::sentence(why) }
    }
}

impl RewrittenLine {
    pub(super) fn of(path: &str, removed: &[String]) -> Self {
        let names: Vec<String> = removed.iter().map(|name| format!("`{name}`")).collect();
        Self { path: shown(path), what: Prose::new(&format!("without {}", names.join(" and "))) }
    }
}

/// The name of a kind of files, and what it is.
fn told(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Pickle => ("Pickles", "and whatever else runs when it is loaded"),
        Part::Code => ("Code", "Python and other; what configurations say of it goes, too"),
        Part::Executable => ("Programs", "and libraries of machine code"),
        Part::Template => ("Chat templates", "also those in the configuration of the tokenizer"),
    }
}

/// The kinds of files as a sentence names them.
pub(super) fn noun(part: Part) -> &'static str {
    match part {
        Part::Pickle => "what runs when it is loaded",
        Part::Code => "code",
        Part::Executable => "programs",
        Part::Template => "chat templates",
    }
}

/// The address of the page on which a view of a revision is put together.
pub(super) fn new_address(revision: &str, without: &Without) -> String {
    let parts = without.parts.iter().map(|part| format!("&without={part}")).collect::<Vec<_>>().concat();
    let paths = match without.paths.as_slice() {
        [] => String::new(),
        paths => format!("&paths={}", encoded(&paths.join("\n"))),
    };
    format!("/views/new?revision={revision}{parts}{paths}")
}

/// A revision of which views may be made by whoever looks.
async fn found(gate: &Gate, visitor: &Visitor, id: &str) -> Result<(Revision, Model), Fail> {
    let missing = || GateError::Missing(format!("revision `{id}`"));
    let revision = gate.store.revision(id).await?.ok_or_else(missing)?;
    let model = gate.seen_by_id(&visitor.caller, &revision.model).await?.ok_or_else(missing)?;
    gate.demand(&visitor.caller, Access::Request, model.name.as_str())?;
    Ok((revision, model))
}

fn without(fields: &Fields) -> Result<Without, GateError> {
    let parts = fields.all("without").into_iter().map(str::parse).collect::<Result<_, _>>()?;
    let paths = fields.get("paths").lines().map(str::trim).filter(|path| !path.is_empty());
    Ok(Without { parts, paths: paths.map(str::to_owned).collect() })
}

fn wish(
    gate: &Gate,
    visitor: &Visitor,
    fields: &Fields,
    revision: &Revision,
    model: &Model,
) -> Result<Wish, GateError> {
    Ok(Wish {
        name: model.name.clone(),
        revision: revision.commit.clone(),
        without: without(fields)?,
        stage: fields.some("stage").unwrap_or_else(|| gate.own_stage(&visitor.caller)).to_owned(),
        reason: fields.get("reason").replace("\r\n", "\n"),
    })
}

/// The page on which a view is put together, with what it would leave out.
pub(super) async fn new(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Query(fields): Query<Vec<(String, String)>>,
) -> Answer {
    let fields = Fields::of(fields);
    let (revision, model) = found(&gate, &visitor, fields.get("revision")).await?;
    let inspected = match (&revision.inspection, revision.state) {
        (Some(id), Intake::Inspected) => gate.store.inspection(id).await?,
        _ => None,
    };
    let known = inspected.and_then(|inspected| Known::read(&inspected.report)).unwrap_or_default();
    let files = gate.store.files(&revision.id).await?;
    let wish = wish(&gate, &visitor, &fields, &revision, &model)?;
    let asked = !wish.without.parts.is_empty() || !wish.without.paths.is_empty();
    let (mut plan, mut wrong) = (None, None);
    // Without a question there is something to say only if no question can be answered.
    if asked || revision.state != Intake::Inspected {
        match gate.plan_view(&visitor.caller, &wish).await {
            Ok(found) => {
                let there = gate.store.revision_at(&model.id, &found.commit).await?.is_some();
                plan = Some(Shown::of(&found, &wish.stage, there));
            }
            Err(GateError::Invalid(why) | GateError::Conflict(why)) => wrong = Some(Prose::sentence(&why)),
            Err(error) => return Err(error.into()),
        }
    }
    let part = |part: Part| {
        let count = files.iter().filter(|file| known.parts(&file.path).contains(&part)).count();
        let (label, about) = told(part);
        let checked = wish.without.parts.contains(&part);
        PartBox { word: part.as_str(), label, about, files: plural(count as u64, "file"), checked }
    };
    page(&ViewPage {
        chrome: visitor.chrome(&gate, model.name.kind().as_str()),
        name: model.name.to_string(),
        href: format!("{}?revision={}", address(&model.name), revision.commit),
        id: revision.id.clone(),
        short: short(&revision.commit),
        parts: Part::ALL.into_iter().map(part).collect(),
        paths: wish.without.paths.join("\n"),
        stages: gate.settings.stages.iter().map(|one| (one.name.clone(), one.name == wish.stage)).collect(),
        plan,
        wrong,
    })
}

impl Shown {
    fn of(plan: &Plan, stage: &str, there: bool) -> Self {
        let left = plan.left_out.iter().take(FILES);
        let size = plan.files.iter().map(|file| file.size).sum();
        Self {
            commit: plan.commit.clone(),
            left: left.map(|left| LeftLine::of(&left.file.path, left.file.size, &left.why)).collect(),
            more: plan.left_out.len().saturating_sub(FILES),
            rewritten: plan
                .rewritten
                .iter()
                .take(FILES)
                .map(|changed| RewrittenLine::of(&changed.before.path, &changed.removed))
                .collect(),
            kept: format!("{}, {}", plural(plan.files.len() as u64, "file"), bytes(size)),
            stage: shown(stage),
            there,
        }
    }
}

/// Makes a view.
pub(super) async fn make(State(gate): State<Arc<Gate>>, Posted { visitor, fields }: Posted) -> Answer {
    let (revision, model) = found(&gate, &visitor, fields.get("revision")).await?;
    let wish = wish(&gate, &visitor, &fields, &revision, &model)?;
    let made = gate.make_view(&visitor.caller, wish).await?;
    let (page, commit) = (address(&model.name), made.revision.commit);
    Ok(Redirect::to(&format!("{page}?revision={commit}&done=view-made")).into_response())
}

/// The transformation record of a view, as it was signed.
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let view = gate.view_record(&visitor.caller, &id).await?;
    Ok(download("application/json", "view.intoto.json", view.envelope))
}
