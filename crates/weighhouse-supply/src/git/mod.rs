//! Git repositories, read as data.
//!
//! Objects, refs and trees of a repository that somebody else made. No setting of the repository is read, so none can have an effect: no
//! hooks, no filters, no includes, no credential helpers, no network. Nothing is opened through a link or a pipe, a `gitdir:` file is
//! followed only inside the target, and alternates are refused, so that nothing outside is read, but for a store that the user names. Files are read by position and never mapped. Every object is
//! compared with its name before it is believed. All of it is bounded by [`Limits`].
//!
//! Formats: `gitformat-pack(5)`, `gitformat-loose(5)`, `gitrepository-layout(5)`, `gitformat-signature(5)`.

mod delta;
mod folder;
mod history;
mod id;
mod inflate;
mod objects;
mod pack;
mod parse;
mod place;
mod refs;
#[cfg(any(test, feature = "testkit"))]
pub(crate) mod testkit;
mod trees;

#[cfg(test)]
pub(crate) mod build;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(crate) use folder::Folder;
pub(crate) use history::{Commit, History};
pub(crate) use id::Id;
pub(crate) use objects::Kind;
pub(crate) use parse::{SignatureKind, tag};
pub(crate) use trees::{Change, Entry, Listing};

use objects::Objects;

/// How much of a repository is read.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Commits of the history that are looked at, newest first.
    pub commits: usize,
    /// Commits whose changes are looked at, newest first.
    pub changes: usize,
    /// Bytes of one object.
    pub object: u64,
    /// Bytes of all objects together, unpacked.
    pub total: u64,
    /// Bytes of all indexes of packs together.
    pub indexes: u64,
    /// Refs.
    pub refs: usize,
    /// Paths of one tree.
    pub paths: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            commits: 250_000,
            changes: 20_000,
            object: 16 << 20,
            total: 8 << 30,
            indexes: 512 << 20,
            refs: 100_000,
            paths: 200_000,
        }
    }
}

/// Why something of a repository was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// A commit names an object that is not there: a partial clone, or damage.
    #[error("object `{}` is missing", .0.short())]
    Missing(Id),
    /// The object does not read, or is not what its name says.
    #[error("object `{}` is broken: {}", .0.short(), .1)]
    Broken(Id, &'static str),
    /// Larger than [`Limits::object`].
    #[error("object `{}` is too large to be read", .0.short())]
    TooLarge(Id),
    /// [`Limits::total`] is used up.
    #[error("the repository is too large to be read whole")]
    Exhausted,
}

/// Why a folder is not read as a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// There is none.
    #[error("no git history")]
    None,
    /// Its store lies elsewhere, or seems to.
    #[error("{0}")]
    Outside(String),
    /// It is kept in a way that is not read.
    #[error("{0}")]
    Unknown(String),
}

/// A repository.
#[derive(Debug)]
pub(crate) struct Repository {
    objects: Objects,
    /// All refs but `HEAD`, by full name.
    pub(crate) refs: BTreeMap<String, Id>,
    /// The commit that is checked out.
    pub(crate) head: Option<Id>,
    /// The branch of `HEAD`.
    pub(crate) branch: Option<String>,
    /// Commits whose parents were not fetched.
    pub(crate) shallow: BTreeSet<Id>,
    /// What was not read, and why.
    pub(crate) problems: Vec<String>,
    pub(crate) limits: Limits,
    /// Whether it has a working folder.
    pub(crate) is_bare: bool,
}

/// Bytes of a small file of the store: `HEAD`, a ref, `shallow`.
const SMALL: u64 = 16 << 20;

impl Repository {
    /// Opens the repository whose working folder is `root`, or that is `root` itself.
    #[cfg(any(test, feature = "testkit"))]
    pub(crate) fn open(root: &Path, limits: Limits) -> Result<Self, Refused> {
        Self::open_at(root, None, limits)
    }

    /// The same; `named` is where the user says that its store lies.
    pub(crate) fn open_at(root: &Path, named: Option<&Path>, limits: Limits) -> Result<Self, Refused> {
        let place::Store { common: store, head, is_bare } = place::find(root, named)?;
        for (file, what) in [
            ("objects/info/alternates", "it borrows objects from another repository (alternates)"),
            ("objects/info/http-alternates", "it borrows objects from another repository (alternates)"),
        ] {
            if store.has(file) {
                let advice = "clone it again without sharing";
                return Err(Refused::Outside(format!("the git repository is not read: {what}; {advice}")));
            }
        }
        if store.has("reftable") {
            let why = "the git repository is not read: its refs are kept in `reftable`s; `git refs migrate --ref-format=files`";
            return Err(Refused::Unknown(why.to_owned()));
        }
        let mut problems = Vec::new();
        let objects = Objects::open(&store, &limits, &mut problems).ok_or_else(|| {
            Refused::Outside("the git repository is not read: it has no folder of objects".to_owned())
        })?;
        let refs::Refs { names: refs, head, branch } = refs::read(&store, &head, &limits, &mut problems);
        let shallow = store.text("shallow", SMALL).unwrap_or_default();
        let shallow =
            shallow.lines().take(limits.commits).filter_map(|line| line.trim().parse().ok()).collect();
        if store.has("info/grafts") {
            problems.push("grafts are not applied: the history is the one that its commits name".to_owned());
        }
        Ok(Self { objects, refs, head, branch, shallow, problems, limits, is_bare })
    }

    /// The content of an object, which is what its name says.
    pub(crate) fn read(&mut self, id: Id) -> Result<(Kind, Vec<u8>), Fault> {
        self.objects.read(id)
    }

    /// The kind and length of an object, without reading it whole.
    pub(crate) fn describe(&mut self, id: Id) -> Result<(Kind, u64), Fault> {
        self.objects.describe(id)
    }

    /// The content of a blob of at most `limit` bytes; `None` if it is larger.
    pub(crate) fn blob(&mut self, id: Id, limit: u64) -> Result<Option<Vec<u8>>, Fault> {
        let (kind, len) = self.describe(id)?;
        if kind != Kind::Blob {
            return Err(Fault::Broken(id, "a blob was expected"));
        }
        if len > limit {
            return Ok(None);
        }
        self.read(id).map(|(_, content)| Some(content))
    }
}
