//! Tools that look: models, revisions, files, releases, what waits.

use std::collections::BTreeMap;

use anyhow::Result;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::{Word, place};
use super::tools::{Does, GateTool};
use super::wire::{
    Attestation, File, Inbox, Model, ModelLine, Page, Release, ReleaseWhole, Request, Revision, Stage, Waiver,
};
use crate::cli::gate::{Access, escaped};
use crate::exit::Mistake;

/// Entries of a page at most, and if nobody says how many.
const MOST: u32 = 100;
const USUAL: u32 = 25;
/// Pages of a state that an overview counts.
const PAGES: usize = 5;

/// What kind of repository is meant.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Models.
    #[default]
    Models,
    /// Data sets.
    Datasets,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Datasets => "datasets",
        }
    }
}

/// The name of a model, as part of an address.
pub(super) fn model_path(kind: Kind, name: &str) -> Result<String> {
    let sound = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        !matches!(part, "" | "." | "..") && part.len() <= 96 && part.bytes().all(fits)
    };
    if name.split('/').count() > 2 || !name.split('/').all(sound) {
        return Err(Mistake("`model` is a name such as `org/name`".to_owned()).into());
    }
    Ok(format!("{}/{name}", kind.as_str()))
}

/// An id, as part of an address.
pub(super) fn id<'a>(what: &str, text: &'a str) -> Result<&'a str> {
    if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text);
    }
    Err(Mistake(format!("`{what}` is an `id`, as other tools answer it")).into())
}

/// What stands behind the question mark of an address.
#[derive(Debug, Default)]
pub(super) struct Query(String);

impl Query {
    pub(super) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            let sign = if self.0.is_empty() { '?' } else { '&' };
            self.0 = format!("{}{sign}{name}={}", self.0, escaped(value));
        }
        self
    }

    pub(super) fn page(self, after: Option<&str>, limit: Option<u32>) -> Result<Self> {
        let limit = limit.unwrap_or(USUAL).clamp(1, MOST);
        let after = after.map(place).transpose()?;
        Ok(self.with("limit", Some(&limit.to_string())).with("after", after.as_deref()))
    }
}

/// Asks, and reads what is told on of the answer.
pub(super) fn ask<T: DeserializeOwned>(access: &Access, path: &str, query: &Query) -> Result<T> {
    fit(access.get(&format!("{path}{}", query.0))?)
}

/// An answer of the gate, in its form here.
pub(super) fn fit<T: DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer).map_err(|error| {
        anyhow::anyhow!("the gate answers in another form; is it of another version? ({error})")
    })
}

/// Nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Who you are at the gate.
#[derive(Debug, Serialize, JsonSchema)]
struct You {
    /// Address of the gate.
    gate: Word,
    /// For whom you act.
    name: Word,
    roles: Vec<Word>,
    /// Whether the gate takes you for an agent: then people decide, unless policy says otherwise.
    agent: bool,
    /// What policy lets you do with a model of no particular name.
    may: Vec<Word>,
    /// The stages; releases are for one of them.
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Whoami {
    name: Word,
    roles: Vec<Word>,
    agent: bool,
    may: Vec<Word>,
}

#[derive(Deserialize)]
struct Stages {
    items: Vec<Stage>,
}

fn who_am_i(access: &Access, _: &Nothing) -> Result<You> {
    let me: Whoami = ask(access, "whoami", &Query::default())?;
    let stages: Stages = ask(access, "stages", &Query::default())?;
    Ok(You {
        gate: Word::of(access.address()),
        name: me.name,
        roles: me.roles,
        agent: me.agent,
        may: me.may,
        stages: stages.items,
    })
}

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Find {
    /// A part of the name.
    search: Option<String>,
    #[serde(default)]
    kind: Kind,
    /// Where the page begins: `next` of the page before.
    after: Option<String>,
    /// Entries at most: 1 to 100; 25 if it is not given.
    limit: Option<u32>,
}

fn find_models(access: &Access, find: &Find) -> Result<Page<ModelLine>> {
    let query =
        Query::default().with("search", find.search.as_deref()).page(find.after.as_deref(), find.limit)?;
    ask(access, find.kind.as_str(), &query)
}

/// A model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
}

fn show_model(access: &Access, named: &Named) -> Result<Model> {
    let mut model: Model = ask(access, &model_path(named.kind, &named.model)?, &Query::default())?;
    // The newest stand first, and requests last.
    model.more |= model.revisions.len() > 20 || model.requests.len() > 20;
    model.revisions.truncate(20);
    let surplus = model.requests.len().saturating_sub(20);
    model.requests.drain(..surplus);
    model.releases.retain(|release| model.revisions.iter().any(|one| one.commit == release.commit));
    Ok(model)
}

/// A revision.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRevision {
    /// `id` of the revision.
    pub(super) revision: String,
}

/// Files of a revision.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfRevisionPaged {
    /// `id` of the revision.
    revision: String,
    /// Where the page begins: `next` of the page before.
    after: Option<String>,
    /// Entries at most: 1 to 100; 25 if it is not given.
    limit: Option<u32>,
}

fn list_files(access: &Access, of: &OfRevisionPaged) -> Result<Page<File>> {
    let path = format!("revisions/{}/files", id("revision", &of.revision)?);
    ask(access, &path, &Query::default().page(of.after.as_deref(), of.limit)?)
}

/// A release.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRelease {
    /// `id` of the release.
    pub(super) release: String,
}

fn show_release(access: &Access, of: &OfRelease) -> Result<ReleaseWhole> {
    ask(access, &format!("releases/{}", id("release", &of.release)?), &Query::default())
}

/// Which releases.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// `rejected`, `reviewable`, `approved`, `canary`, `released`, `suspended`, `superseded`, `rolled back`, `expired` or `revoked`.
    state: Option<String>,
    stage: Option<String>,
    /// `org/name`.
    model: Option<String>,
    #[serde(default)]
    kind: Kind,
    /// Where the page begins: `next` of the page before.
    after: Option<String>,
    /// Entries at most: 1 to 100; 25 if it is not given.
    limit: Option<u32>,
}

fn list_releases(access: &Access, which: &Which) -> Result<Page<Release>> {
    let kind = which.model.is_some().then(|| which.kind.as_str());
    let query = Query::default().with("state", which.state.as_deref()).with("stage", which.stage.as_deref());
    let query = query
        .with("model", which.model.as_deref())
        .with("kind", kind)
        .page(which.after.as_deref(), which.limit)?;
    ask(access, "releases", &query)
}

/// What waits.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiting {
    /// For somebody with your rights. What you may not decide waits for a person; tell them.
    inbox: Inbox,
    /// What you asked for, the newest first.
    asked: Vec<Request>,
    /// Where people decide.
    decide_at: Word,
}

fn list_waiting(access: &Access, _: &Nothing) -> Result<Waiting> {
    let mut inbox: Inbox = ask(access, "inbox", &Query::default())?;
    for list in [&mut inbox.approve, &mut inbox.suspended, &mut inbox.promote, &mut inbox.canaries] {
        inbox.more |= list.len() > USUAL as usize;
        list.truncate(USUAL as usize);
    }
    let asked: Page<Request> = ask(access, "requests", &Query::default().page(None, None)?)?;
    let decide_at = Word::of(&format!("{}/inbox", access.address()));
    Ok(Waiting { inbox, asked: asked.items, decide_at })
}

/// Which waivers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Waivers {
    /// `org/name`; of all models if it is not given.
    model: Option<String>,
    #[serde(default)]
    kind: Kind,
    /// Also those that are over or were withdrawn.
    #[serde(default)]
    all: bool,
    /// Where the page begins: `next` of the page before.
    after: Option<String>,
    /// Entries at most: 1 to 100; 25 if it is not given.
    limit: Option<u32>,
}

fn list_waivers(access: &Access, which: &Waivers) -> Result<Page<Waiver>> {
    let kind = which.model.is_some().then(|| which.kind.as_str());
    let query = Query::default().with("model", which.model.as_deref()).with("kind", kind);
    ask(
        access,
        "waivers",
        &query.with("all", which.all.then_some("true")).page(which.after.as_deref(), which.limit)?,
    )
}

/// A commit of a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AtCommit {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// The commit: 40 hexadecimal digits.
    commit: String,
}

/// Statements of others.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Attestations {
    items: Vec<Attestation>,
}

impl AtCommit {
    pub(super) fn query(&self) -> Query {
        let query = Query::default().with("model", Some(&self.model)).with("kind", Some(self.kind.as_str()));
        query.with("commit", Some(&self.commit))
    }
}

fn list_statements(access: &Access, of: &AtCommit) -> Result<Attestations> {
    ask(access, "attestations", &of.query())
}

/// How much of something there is.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Count {
    releases: u64,
    /// Whether there are more than were counted.
    at_least: bool,
    /// Since when the oldest of them stands so.
    oldest: Option<Word>,
}

/// How the gate stands, as far as you see it.
#[derive(Debug, Serialize, JsonSchema)]
struct Overview {
    /// Releases by state, then by stage.
    states: BTreeMap<&'static str, BTreeMap<Word, Count>>,
    /// What was asked for by you and is on its way.
    on_the_way: u64,
    stages: Vec<Stage>,
}

/// States in which something waits for somebody, or users get something.
const STATES: [&str; 5] = ["released", "canary", "reviewable", "approved", "suspended"];

fn overview(access: &Access, _: &Nothing) -> Result<Overview> {
    let mut states = BTreeMap::new();
    for state in STATES {
        states.insert(state, counted(access, state)?);
    }
    let asked: Page<Request> = ask(access, "requests", &Query::default().page(None, None)?)?;
    let stages: Stages = ask(access, "stages", &Query::default())?;
    let on_the_way = asked.items.iter().filter(|one| !one.settled && one.fault.is_none()).count() as u64;
    Ok(Overview { states, on_the_way, stages: stages.items })
}

/// Releases in a state, by stage. The list begins with what stands so longest.
fn counted(access: &Access, state: &str) -> Result<BTreeMap<Word, Count>> {
    let mut stages: BTreeMap<Word, Count> = BTreeMap::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let query = Query::default().with("state", Some(state)).with("limit", Some("200"));
        let answer = access.get(&format!("releases{}", query.with("after", after.as_deref()).0))?;
        after = answer["next"].as_str().map(str::to_owned);
        let page: Page<Release> = fit(answer)?;
        for release in page.items {
            let count = stages.entry(release.stage).or_default();
            count.releases += 1;
            count.oldest.get_or_insert(release.changed);
        }
        if after.is_none() {
            return Ok(stages);
        }
    }
    for count in stages.values_mut() {
        count.at_least = true;
    }
    Ok(stages)
}

/// The tools.
pub(super) fn tools() -> Vec<GateTool> {
    use Does::Reads;
    vec![
        GateTool::new(
            ("who_am_i", "Who am I"),
            Reads,
            "For whom you act at the gate, whether it takes you for an agent, what policy lets you do, and which stages there are. \
             Begin here.",
            who_am_i,
        ),
        GateTool::new(
            ("find_models", "Find models"),
            Reads,
            "Models (or data sets) that the gate knows, by a part of their name, with how each stands in each stage. What is `released` \
             may be used there; what is not here can be asked for with `request_model`.",
            find_models,
        ),
        GateTool::new(
            ("show_model", "Show a model"),
            Reads,
            "A model with the newest of its revisions, their releases with the decision and its reasons, and the requests for it.",
            show_model,
        ),
        GateTool::new(
            ("list_files", "List files"),
            Reads,
            "The files of a revision with their sizes and SHA-256, page by page.",
            list_files,
        ),
        GateTool::new(
            ("show_release", "Show a release"),
            Reads,
            "A release: its decision and reasons, the approvals it rests on, and the digest of the evidence that an approval binds.",
            show_release,
        ),
        GateTool::new(
            ("list_releases", "List releases"),
            Reads,
            "Releases by state, stage or model, those that stand so longest first.",
            list_releases,
        ),
        GateTool::new(
            ("list_waiting", "List what waits"),
            Reads,
            "What waits for a decision, and what became of what you asked for. People decide; tell them what waits.",
            list_waiting,
        ),
        GateTool::new(
            ("list_waivers", "List waivers"),
            Reads,
            "Findings that somebody accepted for a time: who, why, until when.",
            list_waivers,
        ),
        GateTool::new(
            ("list_statements", "List statements"),
            Reads,
            "Signed statements of others about a revision, and which of them count.",
            list_statements,
        ),
        GateTool::new(
            ("overview", "Overview"),
            Reads,
            "How the gate stands, as far as you see it: how much is released, waits or is suspended in each stage, and since when.",
            overview,
        ),
    ]
}

/// A revision with its releases.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct RevisionWhole {
    #[serde(flatten)]
    pub(super) revision: Revision,
    pub(super) model: ModelLine,
    /// When the inspection that counts was made.
    pub(super) inspected: Option<Word>,
    pub(super) releases: Vec<Release>,
}
