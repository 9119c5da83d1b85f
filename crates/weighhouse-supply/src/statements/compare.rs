//! Whether a statement speaks of these bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::Digest as _;
use weighhouse_core::Digest;
use weighhouse_core::digest::model_digest;

use super::statement::{Statement, Subject};
const CHUNK: usize = 1 << 20;

/// The digests of an artifact: of the whole and of each file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Digests by path.
    pub files: BTreeMap<String, Digest>,
    /// The same the other way round.
    paths: BTreeMap<Digest, String>,
    /// The model digest over every file, and others that count as that.
    wholes: BTreeSet<Digest>,
}

/// How a subject of a statement relates to an artifact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// It is the whole artifact.
    Whole,
    /// It is this file.
    File(String),
    /// It is called like this file, which has other bytes.
    Differs(String),
    /// It is something else, or has no SHA-256 digest to tell by.
    Elsewhere(String),
}

impl Digests {
    /// Digests of files by path.
    pub fn new(files: BTreeMap<String, Digest>) -> Self {
        let whole = model_digest(files.iter().map(|(path, digest)| (path.as_str(), *digest)));
        let paths = files.iter().rev().map(|(path, digest)| (*digest, path.clone())).collect();
        Self { files, paths, wholes: BTreeSet::from([whole]) }
    }

    /// Lets this digest, too, be that of the whole.
    pub(super) fn accept(&mut self, whole: Digest) {
        self.wholes.insert(whole);
    }

    /// Reads files: their paths in the artifact, and where they lie.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a Path)>) -> io::Result<Self> {
        let read = |(path, place): (&str, &Path)| Ok((path.to_owned(), digest(place)?));
        Ok(Self::new(files.into_iter().map(read).collect::<io::Result<_>>()?))
    }

    /// What each subject of a statement is here, sorted.
    pub fn relations(&self, statement: &Statement) -> Vec<Relation> {
        let mut relations: Vec<_> = statement.subject.iter().map(|subject| self.relation(subject)).collect();
        relations.sort();
        relations.dedup();
        relations
    }

    fn relation(&self, subject: &Subject) -> Relation {
        let elsewhere = || Relation::Elsewhere(subject.name.clone());
        let Some(digest) = subject.digest.get("sha256").and_then(|text| text.parse().ok()) else {
            return elsewhere();
        };
        if self.wholes.contains(&digest) {
            return Relation::Whole;
        }
        // Of several files with the same bytes, the one with that name.
        if self.files.get(&subject.name) == Some(&digest) {
            return Relation::File(subject.name.clone());
        }
        if let Some(path) = self.paths.get(&digest) {
            return Relation::File(path.clone());
        }
        if self.files.contains_key(&subject.name) {
            return Relation::Differs(subject.name.clone());
        }
        elsewhere()
    }
}

fn digest(place: &Path) -> io::Result<Digest> {
    let mut file = File::open(place)?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::from_bytes(hasher.finalize().into())),
            count => hasher.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}
