//! What the history says beyond the checks: who carries the work, who is new, what was signed, what became of the weights.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::is_bot;
use super::project::{DAY, Project, ending, file_name};
use crate::git::{Commit, Id};

/// What the history says.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Signals {
    /// Commits that were walked.
    pub(super) commits: usize,
    /// People with a commit, programs left out.
    pub(super) people: usize,
    /// People who made half of the changes in the last year of the history.
    pub(super) bus_factor: usize,
    /// How evenly the work is spread over them: hundredths of a bit.
    pub(super) entropy: u32,
    /// Commits with a signature.
    pub(super) signed: usize,
    /// Of the newest commits and of those before them, how many are signed, if signing stopped.
    pub(super) ceased: Option<Ceased>,
    /// The newest tag that is not signed although those before it are.
    pub(super) unsigned_tag: Option<String>,
    /// Newest commits that were made on the website or by an upload library.
    pub(super) uploads: usize,
    /// Commits that say they were made later than today, or long before what they build on.
    pub(super) odd_times: Vec<OddTime>,
    /// Weights that were replaced.
    pub(super) replaced: Vec<Replaced>,
    /// The last change of weights and of the card, in seconds since 1970.
    pub(super) weights_changed: Option<i64>,
    pub(super) card_changed: Option<i64>,
    /// Loading code that somebody new changed last.
    pub(super) newcomers: Vec<Newcomer>,
}

/// Signing that stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ceased {
    pub(super) newest: usize,
    pub(super) before: usize,
    pub(super) since: i64,
}

/// A commit whose time cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OddTime {
    pub(super) commit: Id,
    pub(super) time: i64,
    /// Whether it is in the future; otherwise before its parent.
    pub(super) future: bool,
}

/// Weights that are others than they were, under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) path: String,
    pub(super) commit: Id,
    pub(super) time: i64,
    /// By the address; shown only to the reader.
    pub(super) author: String,
    /// Days since they were first put there.
    pub(super) after: i64,
}

/// Somebody new who changed loading code last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Newcomer {
    pub(super) path: String,
    pub(super) commit: Id,
    pub(super) time: i64,
    pub(super) author: String,
}

/// Findings of one kind that are kept.
const MOST: usize = 10;
/// Commits that must all be unsigned for signing to have stopped.
const NEWEST: usize = 5;
/// Commits before them that must nearly all be signed.
const BEFORE: usize = 10;
/// Clocks of people are wrong by less.
const SKEW: i64 = 2 * DAY;
/// A commit this much older than its parent was not made by a wrong clock.
const BACKDATED: i64 = 30 * DAY;
/// Days after which weights are in use, and replacing them is another thing than finishing an upload.
const IN_USE: i64 = 30;
/// Commits of others before somebody counts as new.
const OTHERS: usize = 5;

/// Endings of files that hold weights.
pub(super) fn is_weights(path: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "safetensors",
        "gguf",
        "ggml",
        "bin",
        "pt",
        "pth",
        "ckpt",
        "onnx",
        "h5",
        "keras",
        "msgpack",
        "npz",
        "tflite",
        "pkl",
        "pickle",
        "joblib",
        "pb",
        "pte",
        "mlmodel",
        "nemo",
        "llamafile",
        "engine",
    ];
    ENDINGS.contains(&ending(path).to_lowercase().as_str())
}

pub(super) fn read(project: &Project<'_>) -> Signals {
    let history = &project.history;
    let mut signals = Signals { commits: history.commits.len(), ..Signals::default() };
    let human =
        |person: usize| history.people.get(person).is_some_and(|person| !is_bot(&person.name, &person.email));
    let authors: BTreeSet<usize> =
        history.commits.iter().map(|commit| commit.author).filter(|author| human(*author)).collect();
    signals.people = authors.len();
    (signals.bus_factor, signals.entropy) = concentration(project, human);
    signals.signed = history.commits.iter().filter(|commit| commit.signed.is_some()).count();
    signals.ceased = ceased(&history.commits);
    signals.unsigned_tag = unsigned_tag(project);
    signals.uploads = history.commits.iter().filter(|commit| is_upload(&commit.subject)).count();
    signals.odd_times = odd_times(project);
    weights(project, &mut signals);
    signals.newcomers = newcomers(project);
    signals
}

/// How many people made half of the changes of the last year, and how evenly all of them are spread. A change is a file in a commit.
fn concentration(project: &Project<'_>, human: impl Fn(usize) -> bool) -> (usize, u32) {
    let history = &project.history;
    let newest =
        history.commits.iter().map(|commit| commit.committed).filter(|time| *time <= project.now()).max();
    let since = newest.unwrap_or_default().saturating_sub(365 * DAY);
    let mut work: BTreeMap<usize, u64> = BTreeMap::new();
    for (number, commit) in history.commits.iter().enumerate() {
        if commit.committed >= since
            && human(commit.author)
            && let Some(changes) = project.changes.get(&number)
        {
            let done = work.entry(commit.author).or_default();
            *done = done.saturating_add(changes.len().max(1) as u64);
        }
    }
    let all: u64 = work.values().sum();
    let mut shares: Vec<u64> = work.into_values().collect();
    shares.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0_u64;
    let needed = shares.iter().take_while(|share| {
        let enough = sum.saturating_mul(2) >= all;
        sum = sum.saturating_add(**share);
        !enough
    });
    let bus_factor = needed.count();
    let bits: f64 = shares
        .iter()
        .map(|share| {
            #[expect(clippy::cast_precision_loss, reason = "shares of a few thousand commits")]
            let part = *share as f64 / all as f64;
            -part * part.log2()
        })
        .sum();
    #[expect(clippy::cast_sign_loss, reason = "entropy is never below zero")]
    let hundredths = (bits.max(0.0) * 100.0).round() as u32;
    (bus_factor, hundredths)
}

/// Whether signing was the custom and stopped.
fn ceased(commits: &[Commit]) -> Option<Ceased> {
    let own: Vec<&Commit> = commits.iter().filter(|commit| commit.parents.len() < 2).collect();
    let newest = own.iter().take_while(|commit| commit.signed.is_none()).count();
    let before = own.get(newest..newest.checked_add(BEFORE)?)?;
    let signed = before.iter().filter(|commit| commit.signed.is_some()).count();
    let since = own.get(newest.checked_sub(1)?)?.committed;
    let mostly = signed.saturating_mul(10) >= BEFORE.saturating_mul(9);
    (newest >= NEWEST && mostly).then_some(Ceased { newest, before: signed, since })
}

/// The newest tag, if it is not signed and the three before it are.
fn unsigned_tag(project: &Project<'_>) -> Option<String> {
    let (newest, before) = project.tags.split_first()?;
    let custom = before.len() >= 3 && before.iter().take(3).all(|tag| tag.signed.is_some());
    (custom && newest.signed.is_none()).then(|| newest.name.clone())
}

fn is_upload(subject: &str) -> bool {
    subject.ends_with("with huggingface_hub")
        || subject.starts_with("Upload ")
        || subject == "Add files via upload"
}

fn odd_times(project: &Project<'_>) -> Vec<OddTime> {
    let commits = &project.history.commits;
    let times: std::collections::HashMap<Id, i64> =
        commits.iter().map(|commit| (commit.id, commit.committed)).collect();
    let odd = commits.iter().filter_map(|commit| {
        let future = commit.committed > project.now().saturating_add(SKEW);
        let parents = commit.parents.iter().filter_map(|parent| times.get(parent));
        // A parent in the future is told of itself.
        let newest = parents.copied().filter(|time| *time <= project.now().saturating_add(SKEW)).max();
        let backdated = newest.is_some_and(|parent| commit.committed < parent.saturating_sub(BACKDATED));
        (future || backdated).then_some(OddTime { commit: commit.id, time: commit.committed, future })
    });
    odd.take(MOST).collect()
}

/// Goes through the changes of weights and of the card, oldest first.
fn weights(project: &Project<'_>, signals: &mut Signals) {
    let history = &project.history;
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    let mut makers: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (number, changes) in project.changes.iter().rev() {
        let Some(commit) = history.commits.get(*number) else { continue };
        for change in changes {
            if change.path.eq_ignore_ascii_case("readme.md") {
                signals.card_changed = Some(commit.committed);
            }
            if !is_weights(&change.path) || change.new.is_none() {
                continue;
            }
            signals.weights_changed = Some(commit.committed);
            let born = *first.entry(&change.path).or_insert(commit.committed);
            let known = makers.entry(&change.path).or_default();
            let stranger = known.insert(commit.author);
            let after = commit.committed.saturating_sub(born) / DAY;
            let there = project.files.contains_key(&change.path);
            if change.old.is_some() && there && stranger && after >= IN_USE {
                signals.replaced.retain(|replaced| replaced.path != change.path);
                signals.replaced.push(Replaced {
                    path: change.path.clone(),
                    commit: commit.id,
                    time: commit.committed,
                    author: history.author(commit).map(|author| author.email.clone()).unwrap_or_default(),
                    after,
                });
            }
        }
    }
    signals.replaced.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.path.cmp(&b.path)));
    signals.replaced.truncate(MOST);
}

/// Modules that `auto_map` names: they run when the model is loaded.
fn loading_code(project: &Project<'_>) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (path, text) in project.texts.iter().filter(|(path, _)| file_name(path) == "config.json") {
        let config: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let folder = path.strip_suffix("config.json").unwrap_or_default();
        let map = config.as_ref().and_then(|config| config.get("auto_map")?.as_object());
        let named = map.into_iter().flat_map(serde_json::Map::values).flat_map(|value| match value {
            serde_json::Value::Array(list) => list.iter().collect::<Vec<_>>(),
            other => vec![other],
        });
        // `org/name--module.Class` is code of another repository.
        let own = named.filter_map(|value| value.as_str()).filter(|value| !value.contains("--"));
        modules.extend(own.filter_map(|value| Some(format!("{folder}{}.py", value.split('.').next()?))));
    }
    modules
}

/// Loading code whose last change was somebody's first.
fn newcomers(project: &Project<'_>) -> Vec<Newcomer> {
    let history = &project.history;
    let code = loading_code(project);
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut newcomers = Vec::new();
    for (number, changes) in &project.changes {
        let Some(commit) = history.commits.get(*number) else { continue };
        for change in changes.iter().filter(|change| code.contains(&change.path)) {
            if !seen.insert(&change.path) || !project.files.contains_key(&change.path) {
                continue;
            }
            let older = history.commits.get(number.saturating_add(1)..).unwrap_or_default();
            let others = older.iter().filter(|other| other.author != commit.author).count();
            let own = older.len().saturating_sub(others);
            if own == 0 && others >= OTHERS && history.is_whole() {
                newcomers.push(Newcomer {
                    path: change.path.clone(),
                    commit: commit.id,
                    time: commit.committed,
                    author: history.author(commit).map(|author| author.email.clone()).unwrap_or_default(),
                });
            }
        }
    }
    newcomers.truncate(MOST);
    newcomers
}
