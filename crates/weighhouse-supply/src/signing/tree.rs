//! The files of a model, and their digests.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::Error;
use super::manifest::{HashKind, Method, Resource, Serialization};

/// Folders in folders: more is a loop of links or an attack.
const DEPTH: usize = 128;
/// Files and folders of one model.
const ENTRIES: usize = 1_000_000;
const CHUNK: usize = 1 << 20;

/// The files of a model as a signature sees them.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Path in the model, place on disk, length; in no order.
    files: Vec<(String, PathBuf, u64)>,
    /// Paths of files that are left out.
    pub(super) ignored: Vec<String>,
    /// Files and folders seen so far.
    seen: usize,
    /// Folders above the one that is listed, as they are on disk: a link to one of them would go round in circles.
    above: Vec<PathBuf>,
}

impl Tree {
    /// Lists the model at `root`, a file or a folder. What is left out is listed too, for somebody has to know of it.
    pub(super) fn list(root: &Path, serialization: &Serialization) -> Result<Self, Error> {
        let metadata = fs::metadata(root).map_err(|cause| read(root, cause))?;
        let mut tree = Self::default();
        if metadata.is_file() {
            tree.files.push((".".to_owned(), root.to_owned(), metadata.len()));
        } else {
            tree.folder(root, "", serialization, false, 0)?;
        }
        Ok(tree)
    }

    fn folder(
        &mut self,
        folder: &Path,
        prefix: &str,
        serialization: &Serialization,
        ignored: bool,
        depth: usize,
    ) -> Result<(), Error> {
        if depth > DEPTH {
            return Err(Error::TooLarge(prefix.to_owned()));
        }
        let place = fs::canonicalize(folder).map_err(|cause| read(folder, cause))?;
        if self.above.contains(&place) {
            return Err(Error::Circle(prefix.to_owned()));
        }
        self.above.push(place);
        self.entries(folder, prefix, serialization, ignored, depth)?;
        self.above.pop();
        Ok(())
    }

    fn entries(
        &mut self,
        folder: &Path,
        prefix: &str,
        serialization: &Serialization,
        ignored: bool,
        depth: usize,
    ) -> Result<(), Error> {
        for entry in fs::read_dir(folder).map_err(|cause| read(folder, cause))? {
            let entry = entry.map_err(|cause| read(folder, cause))?;
            self.seen = self.seen.saturating_add(1);
            if self.seen > ENTRIES {
                return Err(Error::TooLarge(prefix.to_owned()));
            }
            let place = entry.path();
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| Error::Name(place.to_string_lossy().into_owned()))?;
            let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            let ignored = ignored || serialization.ignored.contains(&path);
            let link = entry.file_type().map_err(|cause| read(&place, cause))?.is_symlink();
            if link && ignored {
                self.ignored.push(path);
                continue;
            }
            if link && !serialization.follow_links {
                return Err(Error::Link(path));
            }
            let metadata = fs::metadata(&place).map_err(|cause| read(&place, cause))?;
            if metadata.is_dir() {
                self.folder(&place, &path, serialization, ignored, depth.saturating_add(1))?;
            } else if ignored {
                self.ignored.push(path);
            } else if metadata.is_file() {
                self.files.push((path, place, metadata.len()));
            } else {
                return Err(Error::Special(path));
            }
        }
        Ok(())
    }

    /// Paths of files without content.
    pub(super) fn empty(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter(|(_, _, len)| *len == 0).map(|(path, _, _)| path.as_str())
    }

    /// Takes out the files that `listed` does not name: added ones need not be read to be told. Of the others no more is read than one byte
    /// behind the last one that is listed.
    pub(super) fn unlisted(&mut self, listed: &BTreeMap<&str, u64>) -> Vec<String> {
        let mut others = Vec::new();
        self.files.retain_mut(|(path, _, len)| {
            let end = listed.get(path.as_str());
            match end {
                Some(end) => *len = (*len).min(end.saturating_add(1)),
                None => others.push(std::mem::take(path)),
            }
            end.is_some()
        });
        others
    }

    /// The resources with their digests, in the order of the specification.
    pub(super) fn resources(&self, method: Method, hash: HashKind) -> Result<Vec<Resource>, Error> {
        let ranges = self
            .files
            .iter()
            .flat_map(|(path, place, len)| shards(method, *len).map(move |range| (path, place, range)));
        let ranges: Vec<_> = ranges.collect();
        let digest = |(path, place, range): (&String, &PathBuf, Option<(u64, u64)>)| {
            let digest = digest(place, range, hash).map_err(|cause| read(place, cause))?;
            Ok(Resource { path: path.clone(), range, digest })
        };
        let mut resources: Vec<Resource> =
            ranges.into_par_iter().map(digest).collect::<Result<_, Error>>()?;
        resources.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(resources)
    }
}

/// The parts of a file of `len` bytes. A file without content has no shard.
fn shards(method: Method, len: u64) -> impl Iterator<Item = Option<(u64, u64)>> {
    let size = match method {
        Method::Files => None,
        Method::Shards { size } => Some(size.max(1)),
    };
    let mut start = 0_u64;
    let mut whole = size.is_none();
    std::iter::from_fn(move || {
        if whole {
            whole = false;
            return Some(None);
        }
        let end = start.saturating_add(size?).min(len);
        let shard = (start < len).then_some(Some((start, end)));
        start = end;
        shard
    })
}

fn digest(place: &Path, range: Option<(u64, u64)>, hash: HashKind) -> io::Result<Vec<u8>> {
    let mut file = File::open(place)?;
    let (start, end) = range.unwrap_or((0, u64::MAX));
    file.seek(SeekFrom::Start(start))?;
    let mut reader = file.take(end.saturating_sub(start));
    let mut hasher = hash.hasher();
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
}

pub(super) fn read(path: &Path, cause: io::Error) -> Error {
    Error::Read { path: path.to_owned(), cause }
}
