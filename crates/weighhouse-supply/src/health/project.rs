//! What the checks look at: the history, and the files of the commit that is checked out.

use std::collections::BTreeMap;

use weighhouse_core::{Date, Location, location::TextPosition};

use super::Vulnerabilities;
use super::snapshot::Snapshot;
use super::workflow::Workflow;
use crate::git::{Change, Entry, History, Id, Listing, Repository, SignatureKind};

/// A repository as far as it was read.
#[derive(Debug)]
pub(super) struct Project<'a> {
    pub(super) today: Date,
    pub(super) history: History,
    /// Files of the newest commit.
    pub(super) files: BTreeMap<String, Entry>,
    /// Why not all files are known, if so.
    pub(super) unlisted: Option<String>,
    /// Texts among them that checks look into.
    pub(super) texts: BTreeMap<String, String>,
    /// Whether texts were left out because they are too large or too many.
    pub(super) unread: usize,
    pub(super) workflows: Vec<Workflow>,
    /// Workflows that do not read.
    pub(super) broken_workflows: Vec<String>,
    /// What each commit changed, by its place in the history; merges and old commits are not there.
    pub(super) changes: BTreeMap<usize, Vec<Change>>,
    pub(super) tags: Vec<TagRef>,
    pub(super) snapshot: &'a Snapshot,
    /// What is known of vulnerabilities.
    pub(super) vulnerabilities: &'a Vulnerabilities,
}

/// A tag of a commit.
#[derive(Debug, Clone)]
pub(super) struct TagRef {
    pub(super) name: String,
    pub(super) annotated: bool,
    pub(super) signed: Option<SignatureKind>,
    /// When it was made, by its own word or its commit's.
    pub(super) time: i64,
}

/// Bytes of one text.
const TEXT: u64 = 1 << 20;
/// Bytes of all texts.
const ALL_TEXTS: u64 = 64 << 20;
/// Texts.
const MOST_TEXTS: usize = 20_000;
/// Tags that are looked into.
const MOST_TAGS: usize = 5_000;
/// Changed paths of all commits that are kept.
const MOST_CHANGES: usize = 300_000;
/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

impl<'a> Project<'a> {
    pub(super) fn read(
        repository: &mut Repository,
        tip: Id,
        today: Date,
        snapshot: &'a Snapshot,
        vulnerabilities: &'a Vulnerabilities,
    ) -> Self {
        let history = repository.history(tip);
        let listing = history.commits.iter().find(|commit| commit.id == tip).map(|commit| commit.tree);
        let Listing { files, fault } = listing.map(|tree| repository.list(tree)).unwrap_or_default();
        let (texts, unread) = texts(repository, &files);
        let mut workflows = Vec::new();
        let mut broken_workflows = Vec::new();
        for (path, text) in texts.iter().filter(|(path, _)| is_workflow(path)) {
            match Workflow::read(path, text) {
                Some(workflow) => workflows.push(workflow),
                None => broken_workflows.push(path.clone()),
            }
        }
        let changes = changes(repository, &history);
        let tags = tags(repository, &history);
        Self {
            today,
            history,
            files,
            unlisted: fault,
            texts,
            unread,
            workflows,
            broken_workflows,
            changes,
            tags,
            snapshot,
            vulnerabilities,
        }
    }

    /// The last second of today.
    pub(super) fn now(&self) -> i64 {
        self.today.days().saturating_add(1).saturating_mul(DAY).saturating_sub(1)
    }

    /// Files whose lower-case path is one of these.
    pub(super) fn named<'p>(&'p self, paths: &'p [&str]) -> impl Iterator<Item = &'p String> {
        self.files.keys().filter(move |path| paths.contains(&path.to_lowercase().as_str()))
    }

    /// Whether there is source code that somebody could test or analyse.
    pub(super) fn has_code(&self) -> bool {
        const ENDINGS: &[&str] = &[
            "py", "rs", "go", "c", "cc", "cpp", "cxx", "h", "hpp", "js", "ts", "tsx", "jsx", "java", "kt",
            "cs", "swift", "rb", "php", "scala", "cu", "m", "mm", "zig", "ex", "exs", "erl", "hs",
        ];
        self.files.keys().any(|path| ENDINGS.contains(&ending(path)))
    }
}

/// A place in a file of the repository.
pub(super) fn place(path: &str, line: u32) -> Location {
    Location { text: Some(TextPosition { line, column: 1 }), ..Location::file(path) }
}

/// What stands behind the last dot of the name.
pub(super) fn ending(path: &str) -> &str {
    file_name(path).rsplit_once('.').map_or("", |(_, ending)| ending)
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_workflow(path: &str) -> bool {
    path.strip_prefix(".github/workflows/")
        .is_some_and(|name| !name.contains('/') && matches!(ending(name), "yml" | "yaml"))
}

/// Whether checks look into a file.
fn is_wanted(path: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "py",
        "rs",
        "go",
        "c",
        "cc",
        "cpp",
        "cxx",
        "js",
        "ts",
        "java",
        "kt",
        "cs",
        "swift",
        "hs",
        "erl",
        "ex",
        "exs",
        "sh",
        "bash",
        "dockerfile",
        "mk",
    ];
    const NAMES: &[&str] = &["config.json", "cargo.toml", "package.json", "makefile", "readme.md"];
    let name = file_name(path).to_lowercase();
    is_workflow(path)
        || ENDINGS.contains(&ending(&name))
        || NAMES.contains(&name.as_str())
        || ["dockerfile", "containerfile", "security", "license", "licence", "copying"]
            .iter()
            .any(|start| name.starts_with(start))
}

fn texts(repository: &mut Repository, files: &BTreeMap<String, Entry>) -> (BTreeMap<String, String>, usize) {
    let mut texts = BTreeMap::new();
    let (mut room, mut unread) = (ALL_TEXTS, 0_usize);
    // Workflows first: whatever else fills the room, they are read.
    let wanted = files.iter().filter(|(path, entry)| entry.is_file() && is_wanted(path));
    let (first, rest): (Vec<_>, Vec<_>) = wanted.partition(|(path, _)| is_workflow(path));
    for (path, entry) in first.into_iter().chain(rest) {
        let content = if texts.len() < MOST_TEXTS {
            repository.blob(entry.id, TEXT.min(room)).ok().flatten()
        } else {
            None
        };
        match content {
            Some(content) => {
                room = room.saturating_sub(content.len() as u64);
                texts.insert(path.clone(), String::from_utf8_lossy(&content).into_owned());
            }
            None => unread = unread.saturating_add(1),
        }
    }
    (texts, unread)
}

/// What the newest commits changed, each against its parent.
fn changes(repository: &mut Repository, history: &History) -> BTreeMap<usize, Vec<Change>> {
    let trees: std::collections::HashMap<Id, Id> =
        history.commits.iter().map(|commit| (commit.id, commit.tree)).collect();
    let mut changes = BTreeMap::new();
    let mut room = MOST_CHANGES;
    for (number, commit) in history.commits.iter().enumerate().take(repository.limits.changes) {
        let old = match commit.parents.as_slice() {
            [] => None,
            [parent] => match trees.get(parent) {
                Some(tree) => Some(*tree),
                // The parent was not fetched: everything would seem to be new.
                None => continue,
            },
            _ => continue,
        };
        if let Ok((changed, _)) = repository.changes(old, commit.tree) {
            room = match room.checked_sub(changed.len()) {
                Some(room) => room,
                None => break,
            };
            changes.insert(number, changed);
        }
    }
    changes
}

fn tags(repository: &mut Repository, history: &History) -> Vec<TagRef> {
    let times: std::collections::HashMap<Id, i64> =
        history.commits.iter().map(|commit| (commit.id, commit.committed)).collect();
    let named: Vec<(String, Id)> = repository
        .refs
        .iter()
        .filter_map(|(name, id)| Some((name.strip_prefix("refs/tags/")?.to_owned(), *id)))
        .take(MOST_TAGS)
        .collect();
    let mut tags = Vec::new();
    for (name, id) in named {
        let tag = match repository.read(id) {
            Ok((crate::git::Kind::Tag, content)) => crate::git::tag(&content),
            _ => None,
        };
        let commit = repository.peel(id);
        let own = tag.as_ref().and_then(|tag| tag.tagger.as_ref()).map(|tagger| tagger.time);
        let time = own.or_else(|| commit.and_then(|commit| times.get(&commit).copied())).unwrap_or_default();
        let signed = tag.as_ref().and_then(|tag| tag.signed);
        tags.push(TagRef { name, annotated: tag.is_some(), signed, time });
    }
    // Newest first.
    tags.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| b.name.cmp(&a.name)));
    tags
}
