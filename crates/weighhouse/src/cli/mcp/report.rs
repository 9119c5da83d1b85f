//! Tools that read the report of an inspection: what was found, where a model comes from, what changed, why it is refused.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::look::{Kind, OfRevision, Query, RevisionWhole, ask, id, model_path};
use super::text::{Said, Untrusted, Word};
use super::tools::{Does, GateTool};
use super::wire::{Assessment, Finding, Gap, Inspected, Model, Reason, Release, Report};
use crate::cli::gate::Access;

/// Entries of a part of a report at most, and if nobody says how many.
const MOST: usize = 100;
const USUAL: usize = 20;
/// Findings that are told with a refusal; answers of a question.
const FINDINGS: usize = 10;
const ANSWERS: usize = 40;
/// Changes of files that a comparison tells.
const CHANGES: usize = 100;

/// The report of a revision.
fn report(access: &Access, revision: &str) -> Result<Report> {
    let mut report: Report =
        ask(access, &format!("revisions/{}/report", id("revision", revision)?), &Query::default())?;
    for assessment in &mut report.assessments {
        assessment.answers.truncate(ANSWERS);
        assessment.missing.truncate(ANSWERS);
    }
    Ok(report)
}

/// Findings by severity.
fn by_severity<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> BTreeMap<Word, u64> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity.clone()).or_default() += 1;
    }
    counts
}

/// A revision: how it stands, and what its inspection says.
#[derive(Debug, Serialize, JsonSchema)]
struct Shown {
    #[serde(flatten)]
    revision: RevisionWhole,
    /// What the inspection says; nothing if there was none.
    inspection: Option<Summary>,
}

/// An inspection in short.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// By the thresholds of the inspection alone: `pass`, `review`, `fail`. What counts is the decision of each release.
    verdict: Word,
    /// Whether everything was looked at. What was not is not fine.
    complete: bool,
    /// Findings by severity.
    findings: BTreeMap<Word, u64>,
    /// How many things were not looked at.
    gaps: u64,
    /// Questions beyond the bytes, such as the licence: `read_report` has the answers.
    questions: Vec<Question>,
}

/// A question and its answer in a line.
#[derive(Debug, Serialize, JsonSchema)]
struct Question {
    /// `licence`, `vulnerabilities`, `signature`, `lineage`, `card` or `health`.
    thread: Word,
    /// `assessed`, `partly` or `not-assessed`.
    state: Word,
    headline: Untrusted,
}

fn show_revision(access: &Access, of: &OfRevision) -> Result<Shown> {
    let path = format!("revisions/{}", id("revision", &of.revision)?);
    let revision: RevisionWhole = ask(access, &path, &Query::default())?;
    let inspection = match revision.inspected {
        Some(_) => Some(summary(&report(access, &of.revision)?)),
        None => None,
    };
    Ok(Shown { revision, inspection })
}

fn summary(report: &Report) -> Summary {
    let question = |one: &Assessment| Question {
        thread: one.thread.clone(),
        state: one.state.clone(),
        headline: one.headline.clone(),
    };
    Summary {
        verdict: report.verdict.clone(),
        complete: report.coverage.complete,
        findings: by_severity(&report.findings),
        gaps: report.coverage.gaps.len() as u64,
        questions: report.assessments.iter().map(question).collect(),
    }
}

/// A part of a report.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Part {
    /// What was found, the worst first.
    #[default]
    Findings,
    /// What was not looked at.
    Gaps,
    /// Questions beyond the bytes: licence, vulnerabilities, signature, lineage, card, health.
    Questions,
    /// The files, their formats, and how much of each was looked at.
    Files,
}

/// What of a report.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `id` of the revision.
    revision: String,
    #[serde(default)]
    part: Part,
    /// Entries to leave out: `next` of the page before.
    #[serde(default)]
    skip: usize,
    /// Entries at most: 1 to 100; 20 if it is not given.
    limit: Option<usize>,
}

/// A part of a report, page by page. Only the list that was asked for is filled.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Told {
    verdict: Word,
    /// The day of the inspection.
    date: Option<Word>,
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
    questions: Vec<Assessment>,
    files: Vec<Inspected>,
    /// How many entries there are of this part.
    total: usize,
    /// `skip` of the following page; nothing if this is the last one.
    next: Option<usize>,
}

fn read_report(access: &Access, wanted: &Wanted) -> Result<Told> {
    let report = report(access, &wanted.revision)?;
    let limit = wanted.limit.unwrap_or(USUAL).clamp(1, MOST);
    let mut told = Told { verdict: report.verdict, date: report.date, ..Told::default() };
    let mut total = 0;
    let mut cut = |length: usize| {
        total = length;
        wanted.skip.min(length)..wanted.skip.saturating_add(limit).min(length)
    };
    match wanted.part {
        Part::Findings => told.findings = part(report.findings, &mut cut),
        Part::Gaps => told.gaps = part(report.coverage.gaps, &mut cut),
        Part::Questions => told.questions = part(report.assessments, &mut cut),
        Part::Files => told.files = part(report.files, &mut cut),
    }
    told.total = total;
    told.next = Some(wanted.skip.saturating_add(limit)).filter(|next| *next < total);
    Ok(told)
}

fn part<T>(all: Vec<T>, cut: &mut impl FnMut(usize) -> std::ops::Range<usize>) -> Vec<T> {
    let range = cut(all.len());
    all.into_iter().skip(range.start).take(range.len()).collect()
}

/// Where a model comes from.
#[derive(Debug, Serialize, JsonSchema)]
struct Lineage {
    model: Word,
    commit: Word,
    /// What was found out; nothing if nobody asked. `bases` are models that it is said to come from, `kin` those whose weights show it.
    found: Option<Assessment>,
}

fn lineage(access: &Access, of: &OfRevision) -> Result<Lineage> {
    let path = format!("revisions/{}", id("revision", &of.revision)?);
    let revision: RevisionWhole = ask(access, &path, &Query::default())?;
    let found = report(access, &of.revision)?.assessments;
    let found = found.into_iter().find(|one| one.thread.as_str() == "lineage");
    Ok(Lineage { model: revision.model.name, commit: revision.revision.commit, found })
}

/// Two revisions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Two {
    /// `id` of the older revision.
    old: String,
    /// `id` of the newer revision.
    new: String,
}

/// What changed.
#[derive(Debug, Serialize, JsonSchema)]
struct Compared {
    old: Side,
    new: Side,
    /// Whether the bytes are the same.
    same: bool,
    /// Findings of the new one that the old one does not have.
    appeared: Vec<Finding>,
    /// Findings of the old one that the new one does not have.
    gone: Vec<Finding>,
    files: Vec<Change>,
    /// Files whose bytes are the same.
    unchanged: u64,
    /// Whether more changed than is told.
    more: bool,
    /// Questions whose answer changed.
    questions: Vec<Changed>,
}

/// One of two revisions.
#[derive(Debug, Serialize, JsonSchema)]
struct Side {
    commit: Word,
    verdict: Word,
    complete: bool,
    findings: BTreeMap<Word, u64>,
    /// How it stands in each stage.
    releases: Vec<InStage>,
}

/// A revision in a stage.
#[derive(Debug, Serialize, JsonSchema)]
struct InStage {
    stage: Word,
    state: Word,
    /// What the business says against it.
    reasons: Vec<Said>,
}

/// A file that is not the same.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// `added`, `changed` or `removed`.
    what: &'static str,
    path: Untrusted,
    /// Bytes before and after.
    old: Option<u64>,
    new: Option<u64>,
}

/// A question whose answer changed.
#[derive(Debug, Serialize, JsonSchema)]
struct Changed {
    thread: Word,
    old: Option<Untrusted>,
    new: Option<Untrusted>,
}

fn compare(access: &Access, two: &Two) -> Result<Compared> {
    let whole = |id_: &str| -> Result<(RevisionWhole, Report)> {
        let revision = ask(access, &format!("revisions/{}", id("revision", id_)?), &Query::default())?;
        Ok((revision, report(access, id_)?))
    };
    let ((old, before), (new, after)) = (whole(&two.old)?, whole(&two.new)?);
    let of_both = |one: &Report, other: &Report| {
        let known: BTreeSet<&Word> = other.findings.iter().map(|finding| &finding.fingerprint).collect();
        let only = one.findings.iter().filter(|finding| !known.contains(&finding.fingerprint));
        only.cloned().collect::<Vec<_>>()
    };
    let (mut appeared, mut gone) = (of_both(&after, &before), of_both(&before, &after));
    let (mut files, unchanged) = changes(&before, &after);
    let more = appeared.len() > MOST || gone.len() > MOST || files.len() > CHANGES;
    appeared.truncate(MOST);
    gone.truncate(MOST);
    files.truncate(CHANGES);
    Ok(Compared {
        same: old.revision.digest.is_some() && old.revision.digest == new.revision.digest,
        old: side(old, &before),
        new: side(new, &after),
        appeared,
        gone,
        files,
        unchanged,
        more,
        questions: questions(&before, &after),
    })
}

fn side(revision: RevisionWhole, report: &Report) -> Side {
    Side {
        commit: revision.revision.commit,
        verdict: report.verdict.clone(),
        complete: report.coverage.complete,
        findings: by_severity(&report.findings),
        releases: revision.releases.iter().map(in_stage).collect(),
    }
}

/// Files that are not the same, and how many are. Told apart by their path as it is shown: such paths are as unlike as those on disk, up to
/// the length at which they are cut.
fn changes(old: &Report, new: &Report) -> (Vec<Change>, u64) {
    let by_path = |report: &Report| {
        let files = report.files.iter();
        files.map(|file| (file.path.clone(), (file.sha256.clone(), file.bytes))).collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (by_path(old), by_path(new));
    let (mut changes, mut unchanged) = (Vec::new(), 0);
    for (path, (sha256, bytes)) in &new {
        match old.get(path) {
            Some((known, _)) if known.is_some() && known == sha256 => unchanged += 1,
            known => changes.push(Change {
                what: if known.is_some() { "changed" } else { "added" },
                path: path.clone(),
                old: known.map(|(_, bytes)| *bytes),
                new: Some(*bytes),
            }),
        }
    }
    let removed = old.iter().filter(|(path, _)| !new.contains_key(*path));
    changes.extend(removed.map(|(path, (_, bytes))| Change {
        what: "removed",
        path: path.clone(),
        old: Some(*bytes),
        new: None,
    }));
    (changes, unchanged)
}

fn questions(old: &Report, new: &Report) -> Vec<Changed> {
    let headlines = |report: &Report| {
        let all = report.assessments.iter();
        all.map(|one| (one.thread.clone(), one.headline.clone())).collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (headlines(old), headlines(new));
    let threads: BTreeSet<&Word> = old.keys().chain(new.keys()).collect();
    let changed = threads.into_iter().filter(|thread| old.get(*thread) != new.get(*thread));
    changed
        .map(|thread| Changed {
            thread: thread.clone(),
            old: old.get(thread).cloned(),
            new: new.get(thread).cloned(),
        })
        .collect()
}

/// What is to be explained.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// `org/name`.
    model: String,
    #[serde(default)]
    kind: Kind,
    /// The stage; all if it is not given.
    stage: Option<String>,
    /// The commit; the newest of each stage if it is not given.
    commit: Option<String>,
}

/// Why a model cannot be had.
#[derive(Debug, Serialize, JsonSchema)]
struct Explained {
    model: Word,
    /// What users get, by stage.
    served: Vec<InStage>,
    /// What they do not get, and why.
    refused: Vec<Refusal>,
    /// What could not be fetched, and why.
    not_fetched: Vec<Untrusted>,
    /// What to do.
    what_to_do: Vec<Said>,
}

/// A release that is not served.
#[derive(Debug, Serialize, JsonSchema)]
struct Refusal {
    /// `id` of the release.
    release: Word,
    stage: Word,
    commit: Word,
    state: Word,
    reasons: Vec<Reason>,
    /// What was found that the reasons are about, the worst first.
    findings: Vec<Finding>,
    /// What would change it, and who can do that.
    what_to_do: Vec<Said>,
}

/// The reasons of a release: those that rest on the bytes after those about the stage.
pub(super) fn reasons(release: &Release) -> Vec<Reason> {
    let decided = release.decision.as_ref();
    let all = decided.into_iter().flat_map(|both| both.release.reasons.iter().chain(&both.artifact.reasons));
    all.filter(|reason| reason.outcome.as_str() != "allow").cloned().collect()
}

fn explain_refusal(access: &Access, of: &Refused) -> Result<Explained> {
    let model: Model = ask(access, &model_path(of.kind, &of.model)?, &Query::default())?;
    let meant = |release: &&Release| {
        of.stage.as_deref().is_none_or(|stage| release.stage.as_str() == stage)
            && of.commit.as_deref().is_none_or(|commit| release.commit.as_str() == commit)
    };
    let served: Vec<InStage> =
        model.releases.iter().filter(meant).filter(|release| release.serves()).map(in_stage).collect();
    let mut seen = BTreeSet::new();
    let mut refused = Vec::new();
    // Releases stand by stage, the newest revision first.
    for revision in &model.revisions {
        let of_revision = model.releases.iter().filter(|release| release.commit == revision.commit);
        for release in of_revision.filter(meant).filter(|release| !release.serves()) {
            if of.commit.is_none() && !seen.insert(release.stage.clone()) {
                continue;
            }
            refused.push(refusal(access, release, revision.id.as_str(), served.as_slice())?);
        }
    }
    let faults = model.requests.iter().filter_map(|asked| asked.fault.clone());
    // One that was withdrawn has a fault, too, and is no better when it is fetched again.
    let failed = model.revisions.iter().filter(|revision| revision.state.as_str() == "failed");
    let not_fetched: Vec<_> =
        faults.chain(failed.filter_map(|revision| revision.fault.clone())).take(FINDINGS).collect();
    let mut what_to_do = Vec::new();
    if refused.is_empty() && served.is_empty() {
        what_to_do.push(Said::of(if model.requests.iter().any(|asked| !asked.settled) {
            "it is on its way: look again in a while"
        } else {
            "nobody asked for it in this stage: use `request_model`"
        }));
    }
    if !not_fetched.is_empty() {
        what_to_do.push(Said::of("what could not be fetched can be asked for again with `request_model`"));
    }
    Ok(Explained { model: model.name, served, refused, not_fetched, what_to_do })
}

fn in_stage(release: &Release) -> InStage {
    let reasons = reasons(release).into_iter().map(|reason| reason.message).collect();
    InStage { stage: release.stage.clone(), state: release.state.clone(), reasons }
}

fn refusal(access: &Access, release: &Release, revision: &str, served: &[InStage]) -> Result<Refusal> {
    let reasons = reasons(release);
    let about: BTreeSet<&Word> = reasons.iter().flat_map(|reason| &reason.findings).collect();
    let findings = if about.is_empty() {
        Vec::new()
    } else {
        let all = report(access, revision)?.findings;
        all.into_iter().filter(|finding| about.contains(&finding.fingerprint)).take(FINDINGS).collect()
    };
    let what_to_do = steps(access, release, &reasons, served);
    Ok(Refusal {
        release: release.id.clone(),
        stage: release.stage.clone(),
        commit: release.commit.clone(),
        state: release.state.clone(),
        findings,
        what_to_do,
        reasons,
    })
}

/// What would change how a release stands, and who can do that.
fn steps(access: &Access, release: &Release, reasons: &[Reason], served: &[InStage]) -> Vec<Said> {
    let page = format!("{}/{}/{}", access.address(), release.kind.as_str(), release.model.as_str());
    let mut steps = Vec::new();
    let mut add = |text: String| steps.push(Said::of(&text));
    match release.state.as_str() {
        "rejected" => {
            add("policy denies it: use another revision, or another model".to_owned());
            if reasons.iter().any(|reason| !reason.findings.is_empty()) {
                add(format!(
                    "or have somebody with the right to waive accept the findings for a time, at {page}"
                ));
            }
        }
        "reviewable" => add(format!("a person has to look at it and approve it, at {page}")),
        "approved" => add(format!("it is approved; somebody who may promote has to release it, at {page}")),
        "suspended" => add(format!("what it rested on changed; a person has to decide again, at {page}")),
        "revoked" => add("it was withdrawn for good: delete copies, and use another revision".to_owned()),
        "expired" => add("its time is over: ask for it again with `request_model`".to_owned()),
        "rolled back" => add("it was taken back: ask those who run the gate why, or use another".to_owned()),
        _ => add("another revision took its place".to_owned()),
    }
    if served.iter().any(|other| other.stage == release.stage) {
        add("another revision is served in this stage: use that one".to_owned());
    }
    steps
}

/// The tools.
pub(super) fn tools() -> Vec<GateTool> {
    use Does::Reads;
    vec![
        GateTool::new(
            ("show_revision", "Show a revision"),
            Reads,
            "A revision: how it stands in each stage and why, and its inspection in short: verdict, findings by severity, what was not \
             looked at, licence and other questions.",
            show_revision,
        ),
        GateTool::new(
            ("read_report", "Read a report"),
            Reads,
            "The report of an inspection, part by part and page by page: findings, gaps, questions (licence, vulnerabilities, signature, \
             lineage, card, health), files. What it quotes from the model is `untrusted`.",
            read_report,
        ),
        GateTool::new(
            ("lineage", "Lineage"),
            Reads,
            "Where a model comes from: what it says, and what its weights show.",
            lineage,
        ),
        GateTool::new(
            ("compare_revisions", "Compare two revisions"),
            Reads,
            "What changed between two inspected revisions: files, findings, answers, and how each stands in each stage.",
            compare,
        ),
        GateTool::new(
            ("explain_refusal", "Explain a refusal"),
            Reads,
            "Why a model cannot be had: the reasons of policy, what was found, and what would change it and who can do that.",
            explain_refusal,
        ),
    ]
}
