//! Project and contributor health: how the project behind a model is kept, from its git history alone.
//!
//! [`checks`] are those of OpenSSF Scorecard, with score and coverage apart. [`signals`] say what matters for models beyond them. A
//! [`memory::Memory`] adds what was seen before: tags that moved, histories that were rewritten, addresses that changed hands. [`snapshot`]s
//! of GitHub and the Hub answer what a clone does not. [`downloads`] compares bytes with the digests that came with them.

mod answers;
mod checks;
mod compare;
mod downloads;
mod memory;
mod names;
mod project;
pub mod rules;
mod signals;
mod snapshot;
mod workflow;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use weighhouse_core::{Assessment, Date, FactValue, Finding, State, Thread};

pub use checks::{Check, Outcome, Risk, Score};
pub use memory::{BadRecord, Memory, RECORD_BYTES, Record};
pub use snapshot::{Snapshot, Unknown};

use crate::deps;
pub use crate::git::Limits;
use crate::git::{Refused, Repository};
use crate::materials::Materials;
use project::Project;

/// What is known beside the target.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What servers said.
    pub snapshot: Snapshot,
    /// What was seen before.
    pub memory: Option<Memory>,
    /// What the thread of vulnerabilities says.
    pub vulnerabilities: Vulnerabilities,
    /// Where the user says that the store of the repository lies, if not in the target.
    pub git_dir: Option<PathBuf>,
    /// How much of a repository is read.
    pub limits: Limits,
}

/// What the thread of vulnerabilities says, as far as the project is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Vulnerabilities {
    /// It was not asked.
    #[default]
    Unasked,
    /// It could not tell: why, and what to do. Safe to print.
    NotAssessed(String),
    /// Nothing names a package.
    NoPackages,
    /// So many are open in what is pinned or demanded.
    Open {
        /// How many.
        count: usize,
        /// The day of the data.
        as_of: Option<Date>,
        /// What was left out, if something was. Safe to print.
        without: Option<String>,
    },
}

impl Vulnerabilities {
    /// What its result says.
    pub fn of(result: &deps::Result) -> Self {
        let why = || result.missing.first().cloned();
        match result.state {
            State::Assessed if result.packages.is_empty() => Self::NoPackages,
            State::Partly if result.packages.is_empty() => {
                Self::NotAssessed(why().unwrap_or_else(|| result.headline()))
            }
            State::NotAssessed => Self::NotAssessed(why().unwrap_or_else(|| result.headline())),
            State::Assessed => Self::Open { count: result.firm(), as_of: result.as_of(), without: None },
            State::Partly => Self::Open { count: result.firm(), as_of: result.as_of(), without: why() },
        }
    }
}

/// Everything that was found out.
#[derive(Debug)]
pub struct Health {
    /// The answer, as reports tell it.
    pub assessment: Assessment,
    /// What rules found.
    pub findings: Vec<Finding>,
    /// All checks, if there is a history.
    pub checks: Vec<Check>,
    /// Score and coverage of the checks.
    pub score: Option<Score>,
    /// What is to be remembered, if there is a history.
    pub record: Option<Record>,
    /// Whether it contradicts what was remembered.
    pub contradicts: bool,
}

/// Answers the question in the form that all threads share.
pub fn assess(materials: &Materials, settings: &Settings, today: Date) -> (Assessment, Vec<Finding>) {
    let health = examine(materials, settings, today);
    (health.assessment, health.findings)
}

/// Answers the question with everything that is known.
pub fn examine(materials: &Materials, settings: &Settings, today: Date) -> Health {
    let compared = downloads::downloads(materials, settings.snapshot.model.as_ref());
    let opened = match &materials.root {
        Some(root) => Repository::open_at(root, settings.git_dir.as_deref(), settings.limits.clone()),
        None => Err(Refused::None),
    };
    match opened {
        Ok(repository) => with_history(repository, materials, settings, today, compared),
        Err(refused) => without_history(materials, settings, &refused, compared),
    }
}

/// What can be said of a folder without history: its bytes, its name, what a snapshot says.
fn without_history(
    materials: &Materials,
    settings: &Settings,
    refused: &Refused,
    compared: downloads::Comparison,
) -> Health {
    let mut answers = answers::compared(&compared);
    let mut findings = compared.findings;
    if let Some(publisher) = compare::publisher(materials, None, &settings.snapshot) {
        findings.extend(compare::name(&publisher));
    }
    answers.extend(answers::snapshot(&settings.snapshot));
    let mut assessment = Assessment::not_assessed(Thread::Health, refused.to_string());
    if !answers.is_empty() {
        // What is there besides is told; the question itself stays open.
        assessment.answers = answers;
        assessment.missing.extend(compared.missing);
    }
    Health { assessment, findings, checks: Vec::new(), score: None, record: None, contradicts: false }
}

fn with_history(
    mut repository: Repository,
    materials: &Materials,
    settings: &Settings,
    today: Date,
    downloads: downloads::Comparison,
) -> Health {
    let Some(tip) = repository.head.and_then(|head| repository.peel(head)) else {
        let refused = Refused::Unknown("the git repository has no commit that is checked out".to_owned());
        return without_history(materials, settings, &refused, downloads);
    };
    let project = Project::read(&mut repository, tip, today, &settings.snapshot, &settings.vulnerabilities);
    let checks = checks::run(&project);
    let score = Score::of(&checks);
    let signals = signals::read(&project);
    let origin = compare::origin(materials);
    let key = compare::key(materials, origin.as_deref());
    let record = compare::record(&project, &repository, &settings.snapshot, key, today);
    let before = settings.memory.as_ref().and_then(|memory| memory.of(&record.key));

    let told = answers::compared(&downloads);
    let (mut findings, mut missing) = (downloads.findings, downloads.missing);
    findings.extend(compare::with_memory(&mut repository, before, &record));
    let contradicts = findings.iter().any(compare::is_contradiction);
    let mut answers = answers::history(&project, &signals, &repository);
    answers.extend(settings.memory.iter().flat_map(|memory| answers::people(memory, before, &record)));
    answers.extend(told);
    if !repository.is_bare {
        let folder = downloads::working_folder(materials, &mut repository, &project);
        answers.extend(answers::compared(&folder));
        findings.extend(folder.findings);
        missing.extend(folder.missing);
    }
    answers.extend(answers::snapshot(&settings.snapshot));
    findings.extend(compare::findings(&project, &signals, repository.is_bare));
    if let Some(publisher) = compare::publisher(materials, origin.as_deref(), &settings.snapshot) {
        findings.extend(compare::name(&publisher));
    }
    missing.extend(answers::missing(&project, &repository, &checks));

    let mut assessment = Assessment::new(Thread::Health, answers::headline(score, &project));
    assessment.state = if missing.is_empty() { State::Assessed } else { State::Partly };
    assessment.as_of = Some(today);
    assessment.facts = facts(&checks, score, &signals);
    assessment.answers = answers;
    assessment.missing = missing;
    let record = compare::carried(record, before);
    Health { assessment, findings, checks, score: Some(score), record: Some(record), contradicts }
}

/// What policies may read.
fn facts(checks: &[Check], score: Score, signals: &signals::Signals) -> BTreeMap<&'static str, FactValue> {
    let failed: BTreeSet<String> = checks
        .iter()
        .filter(|check| check.outcome.score().is_some_and(|score| score < 5))
        .map(|check| check.name.to_owned())
        .collect();
    let percent = signals.signed.saturating_mul(100).checked_div(signals.commits).unwrap_or_default();
    let mut facts = BTreeMap::from([
        ("health_coverage", FactValue::Count(score.coverage.into())),
        ("health_failed", FactValue::Words(failed)),
        ("contributors", FactValue::Count(signals.people as u64)),
        ("bus_factor", FactValue::Count(signals.bus_factor as u64)),
        ("signed_commits", FactValue::Count(percent as u64)),
    ]);
    facts.extend(score.tenths.map(|tenths| ("health_score", FactValue::Count(tenths.into()))));
    facts
}
