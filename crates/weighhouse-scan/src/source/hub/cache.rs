//! The local cache, in the layout of `huggingface_hub`:
//!
//! ```text
//! models--org--name/refs/main                     the commit a branch or tag pointed at
//! models--org--name/blobs/<digest>                content, named by its SHA-256 or git blob id
//! models--org--name/snapshots/<commit>/<path>     link to a blob
//! models--org--name/trees/<commit>.json           all files of the commit, downloaded or not (since version 2)
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digest::{ContentId, git_id};
use super::remote::Remote;
use super::{Holding, HubError, is_relative_path};

/// The folder of one model in the cache.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    model: PathBuf,
}

/// Largest list of files that is read, in bytes.
const LARGEST_TREE: u64 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Tree {
    format_version: u32,
    files: BTreeMap<String, TreeEntry>,
}

#[derive(Serialize, Deserialize)]
struct TreeEntry {
    size: u64,
    blob_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lfs_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lfs_size: Option<u64>,
}

impl Cache {
    /// The folder of `repository` in the cache `root`. Creates nothing.
    pub(super) fn new(root: &Path, holding: Holding, repository: &str) -> Self {
        Self { model: root.join(format!("{}--{}", holding.as_str(), repository.replace('/', "--"))) }
    }

    /// The commit of a revision whose snapshot the cache has, whole or in part.
    pub(super) fn find(&self, revision: &str) -> Option<String> {
        let commit = match git_id(revision) {
            Some(commit) => commit,
            None => git_id(self.reference(revision)?.trim())?,
        };
        self.snapshot(&commit).is_dir().then_some(commit)
    }

    /// The folder of a commit's files.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.model.join("snapshots").join(commit)
    }

    /// Files of a commit that the cache lacks, by its list; `None` if it has no list and so cannot tell.
    pub(super) fn missing(&self, commit: &str) -> Option<Vec<String>> {
        let mut bytes = Vec::new();
        let file = File::open(self.tree(commit)).ok()?;
        let read = io::copy(&mut file.take(LARGEST_TREE), &mut bytes).ok()?;
        let tree: Tree = (read < LARGEST_TREE).then(|| serde_json::from_slice(&bytes).ok())??;
        let snapshot = self.snapshot(commit);
        let absent = |path: &String| !is_relative_path(path) || !snapshot.join(path).is_file();
        (tree.format_version == 1).then(|| tree.files.into_keys().filter(absent).collect())
    }

    /// Notes all files of a commit. Without git's ids other clients could not read the list, so it is not written then.
    pub(super) fn note_files(&self, commit: &str, files: &[Remote]) -> Result<(), HubError> {
        let entry = |file: &Remote| {
            let large = matches!(file.content, ContentId::Sha256(_));
            let entry = TreeEntry {
                size: file.size,
                blob_id: file.blob_id.clone()?,
                lfs_sha256: large.then(|| file.content.name().to_owned()),
                lfs_size: large.then_some(file.size),
            };
            Some((file.path.clone(), entry))
        };
        let path = self.tree(commit);
        let Some(files) = files.iter().map(entry).collect::<Option<_>>() else { return Ok(()) };
        let json = serde_json::to_vec_pretty(&Tree { format_version: 1, files })
            .map_err(|error| failed(&path, &io::Error::other(error)))?;
        if fs::read(&path).is_ok_and(|there| there == json) {
            return Ok(());
        }
        write_atomically(&path, &json).map_err(|error| failed(&path, &error))
    }

    /// Where content with this name lies or will lie.
    pub(super) fn blob(&self, name: &str) -> PathBuf {
        self.model.join("blobs").join(name)
    }

    /// Where content lies while it arrives. Other clients use other names, so that nobody writes into another's file.
    pub(super) fn partial(&self, name: &str) -> PathBuf {
        self.model.join("blobs").join(format!("{name}.weighhouse.incomplete"))
    }

    /// Notes which commit a revision points at.
    pub(super) fn note_reference(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if is_commit(revision) || self.reference(revision).as_deref() == Some(commit) {
            return Ok(());
        }
        let path = self.model.join("refs").join(revision);
        write_atomically(&path, commit.as_bytes()).map_err(|error| failed(&path, &error))
    }

    /// Makes `<snapshot>/<path>` stand for a blob: a relative link, or a copy where links are not to be had.
    pub(super) fn link(&self, commit: &str, path: &str, blob: &str) -> Result<(), HubError> {
        let place = self.snapshot(commit).join(path);
        let up = "../".repeat(path.split('/').count() + 1);
        let target = format!("{up}blobs/{blob}");
        let right = || fs::read_link(&place).is_ok_and(|there| there == Path::new(&target));
        if right() {
            return Ok(());
        }
        create_parent(&place)
            .and_then(|()| match fs::remove_file(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            })
            .and_then(|()| match symlink(&target, &place) {
                // Another process made it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && right() => Ok(()),
                Err(_) => fs::copy(self.blob(blob), &place).map(|_| ()),
                Ok(()) => Ok(()),
            })
            .map_err(|error| failed(&place, &error))
    }

    fn tree(&self, commit: &str) -> PathBuf {
        self.model.join("trees").join(format!("{commit}.json"))
    }

    fn reference(&self, revision: &str) -> Option<String> {
        let path = self.model.join("refs").join(revision);
        // A reference is 40 characters; anything larger is none.
        let small = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= 256);
        small.then(|| fs::read_to_string(path).ok())?
    }
}

/// Whether the text is a full commit id.
pub(super) fn is_commit(text: &str) -> bool {
    git_id(text).is_some()
}

/// Creates the folder a file will stand in.
pub(super) fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A failed write.
pub(super) fn failed(path: &Path, error: &io::Error) -> HubError {
    HubError::Cache { path: path.display().to_string(), reason: error.to_string() }
}

/// Readers see the old file or the new one, never a part.
fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_parent(path)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
    io::Write::write_all(&mut temporary, bytes)?;
    temporary.persist(path).map(|_| ()).map_err(|error| error.error)
}

#[cfg(unix)]
fn symlink(target: &str, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn symlink(_: &str, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
