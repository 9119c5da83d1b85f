//! The history: commits from a tip backwards, newest first.

use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use super::parse::{self, RawCommit};
use super::{Fault, Id, Kind, Repository, SignatureKind};

/// Somebody, by the e-mail address that their commits bear; nothing proves it but a signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity {
    /// In lower case.
    pub(crate) email: String,
    /// As in their newest commit.
    pub(crate) name: String,
}

/// A commit.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) id: Id,
    pub(crate) tree: Id,
    pub(crate) parents: Vec<Id>,
    /// Into [`History::people`].
    pub(crate) author: usize,
    pub(crate) committer: usize,
    pub(crate) authored: i64,
    pub(crate) committed: i64,
    pub(crate) signed: Option<SignatureKind>,
    /// The first line of the message, cut.
    pub(crate) subject: String,
    /// Who it says reviewed or approved it, other than its author.
    pub(crate) reviewed: bool,
}

/// What was walked.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Newest first by the time of the committer, parents never before children unless times lie.
    pub(crate) commits: Vec<Commit>,
    pub(crate) people: Vec<Identity>,
    /// Commits without parents.
    pub(crate) roots: BTreeSet<Id>,
    /// Whether the limit ended the walk.
    pub(crate) cut: bool,
    /// Whether commits are there whose parents were not fetched.
    pub(crate) shallow: bool,
    /// What did not read.
    pub(crate) faults: Vec<Fault>,
}

/// Faults that are kept.
const MOST_FAULTS: usize = 20;
/// Parents of a commit in the mean; real histories have less than two.
const PARENTS: usize = 4;
/// Characters of a subject.
const SUBJECT: usize = 120;
/// Bytes of a message that are looked at.
const MESSAGE: usize = 64 << 10;

impl History {
    /// Whether every commit is there.
    pub(crate) fn is_whole(&self) -> bool {
        !self.cut && !self.shallow && self.faults.is_empty()
    }

    /// The author of a commit.
    pub(crate) fn author(&self, commit: &Commit) -> Option<&Identity> {
        self.people.get(commit.author)
    }
}

impl Repository {
    /// Walks the history from `tip`, newest first, so that a limit leaves out what is oldest.
    pub(crate) fn history(&mut self, tip: Id) -> History {
        let mut history = History::default();
        let mut people = HashMap::new();
        let mut seen = HashSet::from([tip]);
        let mut waiting = BinaryHeap::new();
        let mut parents = 0_usize;
        self.visit(tip, &mut history, &mut people, &mut waiting);
        while let Some(Waiting { commit, .. }) = waiting.pop() {
            // Commits with hundreds of parents would let what waits outgrow what is kept, and so would their lists.
            let most = self.limits.commits.saturating_mul(PARENTS);
            parents = parents.saturating_add(commit.parents.len());
            let crowd = seen.len() > most || parents > most;
            if crowd || history.commits.len() >= self.limits.commits {
                history.cut = true;
                break;
            }
            if self.shallow.contains(&commit.id) {
                history.shallow = true;
            } else {
                if commit.parents.is_empty() {
                    history.roots.insert(commit.id);
                }
                for parent in &commit.parents {
                    if seen.insert(*parent) {
                        self.visit(*parent, &mut history, &mut people, &mut waiting);
                    }
                }
            }
            history.commits.push(*commit);
        }
        history
    }

    fn visit(
        &mut self,
        id: Id,
        history: &mut History,
        people: &mut HashMap<String, usize>,
        waiting: &mut BinaryHeap<Waiting>,
    ) {
        match self.read_commit(id, |raw| commit(id, raw, history, people)) {
            Ok(commit) => waiting.push(Waiting { time: commit.committed, commit: Box::new(commit) }),
            Err(fault) if history.faults.len() < MOST_FAULTS => history.faults.push(fault),
            Err(_) => {}
        }
    }

    fn read_commit<T>(&mut self, id: Id, make: impl FnOnce(&RawCommit<'_>) -> T) -> Result<T, Fault> {
        let (kind, content) = self.read(id)?;
        let raw = (kind == Kind::Commit).then(|| parse::commit(&content)).flatten();
        raw.map(|raw| make(&raw)).ok_or(Fault::Broken(id, "no commit"))
    }

    /// Whether `old` is `tip` or comes before it; `None` if that could not be told within the limits.
    pub(crate) fn descends(&mut self, tip: Id, old: Id) -> Option<bool> {
        let mut seen = HashSet::from([tip]);
        let mut open = vec![tip];
        let mut whole = true;
        while let Some(id) = open.pop() {
            if id == old {
                return Some(true);
            }
            if seen.len() > self.limits.commits {
                return None;
            }
            if self.shallow.contains(&id) {
                whole = false;
                continue;
            }
            match self.read_commit(id, |raw| raw.parents.clone()) {
                Ok(parents) => open.extend(parents.into_iter().filter(|parent| seen.insert(*parent))),
                Err(_) => whole = false,
            }
        }
        whole.then_some(false)
    }

    /// The commit that a ref names, through annotated tags.
    pub(crate) fn peel(&mut self, mut id: Id) -> Option<Id> {
        for _ in 0..8 {
            match self.read(id).ok()? {
                (Kind::Commit, _) => return Some(id),
                (Kind::Tag, content) => id = parse::tag(&content)?.target,
                _ => return None,
            }
        }
        None
    }
}

fn commit(id: Id, raw: &RawCommit<'_>, history: &mut History, people: &mut HashMap<String, usize>) -> Commit {
    let mut known = |person: &parse::Person| {
        let email = person.email.to_lowercase();
        let key = if email.is_empty() { person.name.clone() } else { email.clone() };
        *people.entry(key).or_insert_with(|| {
            history.people.push(Identity { email, name: person.name.clone() });
            history.people.len().saturating_sub(1)
        })
    };
    let message = raw.message.get(..raw.message.len().min(MESSAGE)).unwrap_or_default();
    let message = String::from_utf8_lossy(message);
    Commit {
        id,
        tree: raw.tree,
        parents: raw.parents.clone(),
        author: known(&raw.author),
        committer: known(&raw.committer),
        authored: raw.author.time,
        committed: raw.committer.time,
        signed: raw.signed,
        subject: message.lines().next().unwrap_or_default().chars().take(SUBJECT).collect(),
        reviewed: is_reviewed(&message, &raw.author.email),
    }
}

/// Whether a trailer says that somebody else than the author looked at the change.
fn is_reviewed(message: &str, author: &str) -> bool {
    const TRAILERS: &[&str] = &["reviewed-by:", "approved-by:", "acked-by:"];
    message.lines().any(|line| {
        let line = line.trim().to_ascii_lowercase();
        let who = TRAILERS.iter().find_map(|trailer| line.strip_prefix(trailer));
        who.is_some_and(|who| {
            !who.trim().is_empty() && (author.is_empty() || !who.contains(&author.to_ascii_lowercase()))
        })
    })
}

/// A commit that waits for its turn.
struct Waiting {
    time: i64,
    commit: Box<Commit>,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.time.cmp(&other.time).then_with(|| self.commit.id.cmp(&other.commit.id))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}
