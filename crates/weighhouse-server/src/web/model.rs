//! The page of a model: the verdict first, then why, what to do, and what it rests on. For a model that nobody knows, how to ask for it.

mod headline;
mod lineage;
mod revision;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use weighhouse_policy::Access;

use self::headline::{Headline, StageCard};
use self::lineage::Lineage;
use self::revision::RevisionView;
use super::audit::download;
use super::overview::sees_people;
use super::report::Found;
use super::visitor::{Chrome, Visitor};
use super::words::{Moment, Prose, Tone, short, shown};
use super::{Answer, Fail, page, words};
use crate::error::GateError;
use crate::gate::Gate;
use crate::name::{Kind, Name};
use crate::store::models::{Asked, Model};
use crate::store::releases::Release;
use crate::store::revisions::Revision;
use crate::waits::Waits;

/// Requests and revisions that a page shows.
const REQUESTS: usize = 20;
const REVISIONS: usize = 50;

#[derive(Template)]
#[template(path = "model.html")]
struct ModelPage {
    chrome: Chrome,
    name: String,
    list: &'static str,
    headline: Headline,
    stages: Vec<StageCard>,
    revision: Option<RevisionView>,
    /// Where its history is, and who has it.
    timeline: Option<String>,
    copies: Option<String>,
    lineage: Option<Lineage>,
    revisions: Vec<RevisionLine>,
    more_revisions: usize,
    requests: Vec<RequestLine>,
    more_requests: usize,
    ask: Option<AskForm>,
    /// Why there is no form for asking.
    no_ask: Option<&'static str>,
}

struct RevisionLine {
    href: String,
    short: String,
    created: Moment,
    state: String,
    tone: Tone,
    current: bool,
    /// Where it is compared with the one that is shown.
    compare: Option<String>,
}

struct RequestLine {
    person: String,
    stage: String,
    reason: String,
    created: Moment,
    fault: Option<Prose>,
}

struct AskForm {
    stages: Vec<(String, bool)>,
    /// Whether it is what the page is about.
    first: bool,
}

/// Why policy says what it says.
pub(super) struct Reason {
    pub(super) message: Prose,
    pub(super) denies: bool,
    pub(super) policy: String,
    /// The findings it rests on.
    pub(super) findings: Vec<Prose>,
}

#[derive(Deserialize, Default)]
struct Decision {
    #[serde(default)]
    release: DecisionPart,
    #[serde(default)]
    artifact: DecisionPart,
}

#[derive(Deserialize, Default)]
struct DecisionPart {
    #[serde(default)]
    reasons: Vec<ReasonRow>,
}

#[derive(Deserialize)]
struct ReasonRow {
    policy: String,
    outcome: String,
    message: String,
    #[serde(default)]
    findings: Vec<String>,
}

/// The reasons of a stored decision: those that rest on what was found before those that follow from them.
pub(super) fn reasons(decision: &str, found: Option<&Found>) -> Vec<Reason> {
    let decision: Decision = serde_json::from_str(decision).unwrap_or_default();
    let rows = decision.artifact.reasons.into_iter().chain(decision.release.reasons);
    rows.filter(|row| row.outcome != "allow")
        .map(|row| Reason {
            message: Prose::sentence(&row.message),
            denies: row.outcome == "deny",
            policy: shown(&row.policy),
            findings: found.map(|found| found.headlines(&row.findings)).unwrap_or_default(),
        })
        .collect()
}

/// The files that the reasons of a stored decision are about.
fn concerned(decision: &str, found: &Found) -> BTreeSet<String> {
    let decision: Decision = serde_json::from_str(decision).unwrap_or_default();
    let rows = decision.artifact.reasons.iter().chain(&decision.release.reasons);
    let rows = rows.filter(|row| row.outcome != "allow");
    let mut files: BTreeSet<String> = rows.flat_map(|row| found.files_of(&row.findings)).cloned().collect();
    files.extend(found.unseen().iter().cloned());
    files
}

/// The address of a page about a model.
pub(super) fn address(name: &Name) -> String {
    format!("/{}/{name}", name.kind().as_str())
}

#[derive(Deserialize)]
pub(super) struct Which {
    revision: Option<String>,
}

/// A model; its name has one part or two.
pub(super) async fn of_model(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(parts): Path<Vec<(String, String)>>,
    Query(which): Query<Which>,
) -> Answer {
    show(&gate, &visitor, Kind::Model, &joined(&parts), which).await
}

pub(super) async fn of_dataset(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(parts): Path<Vec<(String, String)>>,
    Query(which): Query<Which>,
) -> Answer {
    show(&gate, &visitor, Kind::Dataset, &joined(&parts), which).await
}

/// The parts of an address as the name they stand for.
fn joined(parts: &[(String, String)]) -> String {
    parts.iter().map(|(_, part)| part.as_str()).collect::<Vec<_>>().join("/")
}

async fn show(gate: &Gate, visitor: &Visitor, kind: Kind, text: &str, which: Which) -> Answer {
    let missing = || Fail(GateError::Missing(format!("`{text}`")));
    let name = Name::new(kind, text).ok_or_else(missing)?;
    let model = gate.store.model(&name).await?;
    let known = model.as_ref().map_or(&name, |model| &model.name);
    if !gate.sees(&visitor.caller, known) {
        return Err(missing());
    }
    let Some(model) = model else {
        return unknown(gate, visitor, &name);
    };
    let (newest, all_revisions) = gate.store.newest_revisions(&model.id, REVISIONS).await?;
    let chosen = match &which.revision {
        Some(commit) => Some(gate.store.revision_at(&model.id, commit).await?.ok_or_else(missing)?),
        None => newest.first().cloned(),
    };
    let (newest_requests, all_requests) = gate.store.newest_requests(&model.id, REQUESTS).await?;
    let Around { releases, revisions, requests } = around(gate, &model, &newest, chosen.as_ref()).await?;
    let revision = match &chosen {
        Some(chosen) => Some(RevisionView::of(gate, visitor, &model, chosen, &releases).await?),
        None => None,
    };
    let inspection = chosen.as_ref().and_then(|chosen| chosen.inspection.as_deref());
    let lineage = match inspection {
        Some(id) => match gate.store.inspection(id).await? {
            Some(inspected) => Lineage::of(gate, visitor, &model, &inspected).await?,
            None => None,
        },
        None => None,
    };
    let waited: Vec<&Asked> = requests.iter().chain(&newest_requests).collect();
    let waits = gate.waits(&waited, &chosen.iter().collect::<Vec<_>>()).await?;
    let stages = headline::cards(gate, visitor, &model, &releases, &revisions, (&requests, &waits));
    let headline = headline::headline(gate, visitor, &model.name, &stages);
    let asked = newest_requests.iter().map(|asked| request_line(asked, &waits, gate.now()));
    page(&ModelPage {
        chrome: visitor.chrome(gate, kind.as_str()),
        name: model.name.to_string(),
        list: kind.as_str(),
        headline,
        stages,
        revisions: revision_lines(&model, &newest, &releases, chosen.as_ref(), gate.now()),
        more_revisions: all_revisions.saturating_sub(REVISIONS),
        revision,
        timeline: Some(format!("/timeline/{}", model.id)),
        copies: sees_people(gate, visitor).then(|| format!("/copies?model={}", model.id)),
        lineage,
        requests: asked.collect(),
        more_requests: all_requests.saturating_sub(REQUESTS),
        ask: ask_form(gate, visitor, &model.name).map(|stages| AskForm { stages, first: false }),
        no_ask: None,
    })
}

/// What a page says about a model rests on these, however many revisions there are.
struct Around {
    /// Of the revisions that are listed, and those that tell how each stage stands.
    releases: Vec<Release>,
    /// Those that the releases are of.
    revisions: Vec<Revision>,
    /// For the revision that is shown, and the last one of each stage.
    requests: Vec<Asked>,
}

async fn around(
    gate: &Gate,
    model: &Model,
    newest: &[Revision],
    chosen: Option<&Revision>,
) -> Result<Around, Fail> {
    let mut revisions: Vec<Revision> = newest.to_vec();
    revisions.extend(chosen.filter(|chosen| newest.iter().all(|known| known.id != chosen.id)).cloned());
    let ids: Vec<&str> = revisions.iter().map(|revision| revision.id.as_str()).collect();
    let mut releases = gate.store.releases_of_revisions(&ids).await?;
    let mut requests = match chosen {
        Some(chosen) => gate.store.requests_for(&chosen.id).await?,
        None => Vec::new(),
    };
    for stage in &gate.settings.stages {
        for release in gate.store.notable(&model.id, &stage.name).await? {
            if releases.iter().all(|known| known.id != release.id) {
                releases.push(release);
            }
        }
        requests.extend(gate.store.last_request(&model.id, &stage.name).await?);
    }
    let others: Vec<&str> = releases
        .iter()
        .map(|release| release.revision.as_str())
        .filter(|id| revisions.iter().all(|known| known.id != *id))
        .collect();
    let others = gate.store.revisions(&others).await?;
    revisions.extend(others);
    // The last request of a stage is the last of the list, as if all were in it.
    requests.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    Ok(Around { releases, revisions, requests })
}

/// Nobody asked for it yet. Here the refusals that clients show send their users.
fn unknown(gate: &Gate, visitor: &Visitor, name: &Name) -> Answer {
    let stages = ask_form(gate, visitor, name);
    let no_ask = match (&stages, gate.settings.upstream.is_some()) {
        (Some(_), _) => None,
        (None, false) => {
            Some("This gate fetches nothing by itself: ask its administrators to bring the model in.")
        }
        (None, true) => Some("You may not ask for models here; ask somebody who may, or an administrator."),
    };
    page(&ModelPage {
        chrome: visitor.chrome(gate, name.kind().as_str()),
        name: name.to_string(),
        list: name.kind().as_str(),
        headline: Headline::unknown(name),
        stages: Vec::new(),
        revision: None,
        timeline: None,
        copies: None,
        lineage: None,
        revisions: Vec::new(),
        more_revisions: 0,
        requests: Vec::new(),
        more_requests: 0,
        ask: stages.map(|stages| AskForm { stages, first: true }),
        no_ask,
    })
}

/// The stages for which somebody may ask, the usual one marked.
fn ask_form(gate: &Gate, visitor: &Visitor, name: &Name) -> Option<Vec<(String, bool)>> {
    let fetched = gate.settings.upstream.is_some();
    if !fetched || !visitor.may(gate, Access::Request, name.as_str()) {
        return None;
    }
    let usual = gate.own_stage(&visitor.caller);
    Some(gate.settings.stages.iter().map(|stage| (stage.name.clone(), stage.name == usual)).collect())
}

fn request_line(asked: &Asked, waits: &Waits, now: i64) -> RequestLine {
    let waits = || waits.of_request(asked).map(|trouble| words::trouble(trouble, now));
    RequestLine {
        person: shown(&asked.person),
        stage: asked.stage.clone(),
        reason: shown(&asked.reason),
        created: Moment::ago(asked.created, now),
        fault: asked.fault.as_deref().map(Prose::sentence).or_else(waits),
    }
}

fn revision_lines(
    model: &Model,
    revisions: &[Revision],
    releases: &[Release],
    chosen: Option<&Revision>,
    now: i64,
) -> Vec<RevisionLine> {
    let line = |revision: &Revision| {
        let mine: Vec<&Release> = releases.iter().filter(|release| release.revision == revision.id).collect();
        let (state, tone) = revision::standing(revision, &mine);
        RevisionLine {
            href: format!("{}?revision={}", address(&model.name), revision.commit),
            short: short(&revision.commit),
            created: Moment::ago(revision.created, now),
            state,
            tone,
            current: chosen.is_some_and(|chosen| chosen.id == revision.id),
            compare: chosen.filter(|chosen| chosen.id != revision.id).map(|chosen| {
                // From the older to the newer.
                let older = (revision.created, &revision.id) < (chosen.created, &chosen.id);
                let (old, new) = if older { (revision, chosen) } else { (chosen, revision) };
                format!("/compare/{}/{}", old.id, new.id)
            }),
        }
    };
    revisions.iter().map(line).collect()
}

/// The report of the inspection that counts, as programs read it.
pub(super) async fn report(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let missing = || GateError::Missing("a report".to_owned());
    let revision = gate.store.revision(&id).await?.ok_or_else(missing)?;
    let model = gate.seen_by_id(&visitor.caller, &revision.model).await?.ok_or_else(missing)?;
    let inspection = revision.inspection.ok_or_else(missing)?;
    let inspected = gate.store.inspection(&inspection).await?.ok_or_else(missing)?;
    let name = model.name.as_str().replace('/', "-");
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.json\"")),
    ];
    Ok((headers, inspected.report).into_response())
}

/// A release, if whoever looks may see it.
async fn seen(gate: &Gate, visitor: &Visitor, id: &str) -> Result<Release, Fail> {
    let missing = || GateError::Missing(format!("release `{id}`"));
    let release = gate.store.release(id).await?.ok_or_else(missing)?;
    let model = gate.seen_by_id(&visitor.caller, &release.model).await?;
    Ok(model.map(|_| release).ok_or_else(missing)?)
}

/// The record of a release's last move, as it was logged.
pub(super) async fn record(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let release = seen(&gate, &visitor, &id).await?;
    let record = gate.record(release.moved).await?;
    Ok(download("application/json", "release.json", record))
}

/// The proof that it is in the log.
pub(super) async fn proof(State(gate): State<Arc<Gate>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let release = seen(&gate, &visitor, &id).await?;
    let proof = gate.proof_of(release.moved).await?.to_string();
    Ok(download("text/plain; charset=utf-8", "release.tlog-proof", proof))
}

/// The envelope of a statement, as it came.
pub(super) async fn attestation(
    State(gate): State<Arc<Gate>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let kept = gate.attestation_for(&visitor.caller, &id).await?;
    Ok(download("application/json", "statement.json", kept.envelope))
}
