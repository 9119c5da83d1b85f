//! The bytes of a download against the digests that came with it: pointers of git LFS, names of blobs in a Hub cache, what
//! `huggingface_hub` wrote down, and what the commit that is checked out has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sha1::Digest as _;
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Digest, Finding, Location, Severity};
use weighhouse_formats::source::read_up_to;

use super::project::{Project, ending};
use super::rules::{CHANGED_SINCE_COMMIT, TAMPERED};
use super::signals::is_weights;
use super::snapshot::Model;
use crate::git::{Id, Repository};
use crate::materials::{Content, Material, Materials};

/// What came out of it.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Files that are what they were named, by where the name comes from.
    pub(super) same: BTreeMap<&'static str, usize>,
    /// Large files of which only the pointer is there.
    pub(super) pointers: usize,
    /// Files that are not part of the commit.
    pub(super) untracked: usize,
    pub(super) findings: Vec<Finding>,
    /// What was not compared, and why.
    pub(super) missing: Vec<String>,
}

/// A digest that a file should have.
enum Name {
    Sha256(Digest),
    /// The name that git gives to a file.
    Git(Id),
}

/// Bytes that are read again to compute names of git's; SHA-256 is there already.
const REREAD: u64 = 2 << 30;
/// Longest pointer, by the specification of git LFS.
const POINTER: u64 = 1024;
/// Findings of one kind.
const MOST: usize = 50;
/// Characters of a path that are shown.
const SHOWN: usize = 120;

const CACHE: &str = "their names in the Hub cache";
const METADATA: &str = "what `huggingface_hub` wrote down when it fetched them";
const LFS: &str = "pointers of git LFS";
const LFS_STORE: &str = "their names in the store of git LFS";
const SNAPSHOT: &str = "what the Hub says of them";
const COMMIT: &str = "the commit that is checked out";

/// Compares what lies in a folder with names that came with it; no git needed.
pub(super) fn downloads(materials: &Materials, model: Option<&Model>) -> Comparison {
    let mut comparison = Comparer::default();
    for file in &materials.files {
        if let Some(name) = blob_name(file) {
            comparison.compare(file, &name, CACHE);
        }
        if let Some(name) = lfs_store_name(&file.path) {
            comparison.compare(file, &name, LFS_STORE);
        }
        if let Some((path, name)) = metadata(file)
            && let Some(subject) = materials.file(&path)
        {
            comparison.compare(subject, &name, METADATA);
        }
        let told = model.and_then(|model| model.files.get(&file.path)).and_then(|hex| sha256(hex));
        if let Some(name) = told {
            comparison.compare(file, &name, SNAPSHOT);
        }
    }
    comparison.finish()
}

/// Compares the working folder with the commit.
pub(super) fn working_folder(
    materials: &Materials,
    repository: &mut Repository,
    project: &Project<'_>,
) -> Comparison {
    let mut comparison = Comparer::default();
    for file in materials.files.iter().filter(|file| !in_store(&file.path)) {
        let Some(entry) = project.files.get(&file.path).filter(|entry| entry.is_file()) else {
            comparison.out.untracked = comparison.out.untracked.saturating_add(1);
            continue;
        };
        let pointer = repository.blob(entry.id, POINTER).ok().flatten();
        match pointer.as_deref().and_then(pointer_digest) {
            Some(_) if file.text.as_deref().map(str::as_bytes) == pointer.as_deref() => {
                comparison.out.pointers = comparison.out.pointers.saturating_add(1);
            }
            Some(digest) => comparison.compare(file, &Name::Sha256(digest), LFS),
            None => comparison.compare(file, &Name::Git(entry.id), COMMIT),
        }
    }
    comparison.finish()
}

/// Whether a path lies in what tools keep for themselves.
fn in_store(path: &str) -> bool {
    path.starts_with(".git/") || path.starts_with(".cache/huggingface/")
}

/// The digest in a pointer of git LFS.
fn pointer_digest(content: &[u8]) -> Option<Digest> {
    let text = std::str::from_utf8(content).ok()?;
    if !text.starts_with("version https://git-lfs.github.com/spec/")
        && !text.starts_with("version https://hawser.github.com/spec/")
    {
        return None;
    }
    let line = text.lines().find_map(|line| line.strip_prefix("oid sha256:"))?;
    match sha256(line.trim())? {
        Name::Sha256(digest) => Some(digest),
        Name::Git(_) => None,
    }
}

fn sha256(hex: &str) -> Option<Name> {
    let bytes: [u8; 32] = weighhouse_core::digest::unhex(hex)?.try_into().ok()?;
    Some(Name::Sha256(Digest::from_bytes(bytes)))
}

/// What the Hub calls a file: SHA-256 of a large one, git's name of a small one.
fn etag(text: &str) -> Option<Name> {
    let hex = text.trim().trim_matches('"');
    match hex.len() {
        64 => sha256(hex),
        40 => hex.parse().ok().map(Name::Git),
        _ => None,
    }
}

/// The name of a blob in a Hub cache: the file itself, or what a link of a snapshot points to.
fn blob_name(file: &Material) -> Option<Name> {
    let mut parts = file.path.rsplit('/');
    let (name, folder) = (parts.next()?, parts.next());
    if folder == Some("blobs") {
        return etag(name);
    }
    let Some(Content::Path(path)) = &file.content else { return None };
    let target = std::fs::read_link(path).ok()?;
    let in_blobs = target.parent().and_then(Path::file_name).is_some_and(|folder| folder == "blobs");
    in_blobs.then(|| etag(target.file_name()?.to_str()?)).flatten()
}

/// `.git/lfs/objects/ab/cd/abcd…`.
fn lfs_store_name(path: &str) -> Option<Name> {
    let (_, rest) = path.split_once("lfs/objects/")?;
    sha256(rest.rsplit('/').next()?)
}

/// What `huggingface_hub` wrote down of a file: commit, name, time, one a line.
fn metadata(file: &Material) -> Option<(String, Name)> {
    let path = file.path.strip_suffix(".metadata")?;
    let (folder, path) = path.split_once(".cache/huggingface/download/")?;
    let name = etag(file.text.as_deref()?.lines().nth(1)?)?;
    Some((format!("{folder}{path}"), name))
}

/// Compares, within bounds.
struct Comparer {
    out: Comparison,
    left: u64,
    /// What was compared already, by path and kind of name.
    done: BTreeSet<(String, &'static str)>,
}

impl Default for Comparer {
    fn default() -> Self {
        Self { out: Comparison::default(), left: REREAD, done: BTreeSet::new() }
    }
}

impl Comparer {
    fn compare(&mut self, file: &Material, name: &Name, source: &'static str) {
        if !self.done.insert((file.path.clone(), source)) {
            return;
        }
        let same = match name {
            Name::Sha256(digest) => file.digest().map(|real| real == *digest),
            Name::Git(id) => self.git_name(file, *id),
        };
        match same {
            Some(true) => {
                let count = self.out.same.entry(source).or_default();
                *count = count.saturating_add(1);
            }
            Some(false) => self.differs(file, source),
            None => self.out.missing.push(format!(
                "`{}` was not compared with {source}: it could not be read again, or there is too much of it",
                printable_within(&file.path, SHOWN)
            )),
        }
    }

    /// Whether git would give a file this name; line ends may be those of another system.
    fn git_name(&mut self, file: &Material, id: Id) -> Option<bool> {
        let source = file.content.as_ref()?.open().ok()?;
        if let Some(text) = &file.text {
            let name = |content: &[u8]| Id::of("blob", content, id.as_bytes().len()) == Some(id);
            return Some(
                name(text.as_bytes()) || text.contains("\r\n") && name(text.replace("\r\n", "\n").as_bytes()),
            );
        }
        self.left = self.left.checked_sub(source.len())?;
        if id.as_bytes().len() != 20 {
            return None;
        }
        let mut digest = sha1::Sha1::new();
        digest.update(format!("blob {}\0", source.len()));
        let mut at = 0_u64;
        while at < source.len() {
            let part = read_up_to(source.as_ref(), at, 1 << 20).ok().filter(|part| !part.is_empty())?;
            digest.update(&part);
            at = at.saturating_add(part.len() as u64);
        }
        Some(digest.finalize().as_slice() == id.as_bytes())
    }

    fn differs(&mut self, file: &Material, source: &'static str) {
        let shown = printable_within(&file.path, SHOWN);
        if self.out.findings.len() >= MOST {
            return;
        }
        let location = Location::file(file.path.clone());
        let real = file.digest().map(|digest| format!("sha256 {digest}"));
        let finding = if source == COMMIT {
            let severity =
                if is_code(&file.path) || is_weights(&file.path) { Severity::Medium } else { Severity::Low };
            crate::finding(
                &CHANGED_SINCE_COMMIT,
                severity,
                location,
                format!("`{shown}` is not what the commit has that is checked out"),
                real,
                "see what changed with `git diff`; if nobody here changed it, fetch the repository again",
            )
        } else {
            crate::finding(
                &TAMPERED,
                TAMPERED.severity,
                location,
                format!("`{shown}` does not have the digest of {source}: it was changed after the download"),
                real,
                "do not use this file; remove it and fetch it again",
            )
        };
        self.out.findings.push(finding);
    }

    fn finish(mut self) -> Comparison {
        let more = self.out.missing.len().saturating_sub(5);
        self.out.missing.truncate(5);
        if more > 0 {
            self.out.missing.push(format!("{more} more files were not compared"));
        }
        self.out
    }
}

/// Files that loading a model may run or obey.
fn is_code(path: &str) -> bool {
    matches!(
        ending(path),
        "py" | "json" | "jinja" | "sh" | "yaml" | "yml" | "toml" | "so" | "dll" | "js" | "ipynb"
    )
}
