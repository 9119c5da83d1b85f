//! The local cache, in the layout of `huggingface_hub`:
//!
//! ```text
//! models--org--name/refs/main                     the commit a branch or tag pointed at
//! models--org--name/blobs/<digest>                content, named by its SHA-256 or git blob id
//! models--org--name/snapshots/<commit>/<path>     link to a blob
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::HubError;

/// The folder of one model in the cache.
#[derive(Debug, Clone)]
pub struct Cache {
    model: PathBuf,
}

impl Cache {
    /// The folder of `repository` in the cache `root`. Creates nothing.
    pub fn new(root: &Path, repository: &str) -> Self {
        Self { model: root.join(format!("models--{}", repository.replace('/', "--"))) }
    }

    /// The snapshot of a revision, if the cache has one.
    pub fn find(&self, revision: &str) -> Option<PathBuf> {
        let commit = if is_commit(revision) {
            revision.to_owned()
        } else {
            let reference = self.model.join("refs").join(revision);
            // A reference is 40 characters; anything larger is none.
            if fs::metadata(&reference).ok()?.len() > 256 {
                return None;
            }
            fs::read_to_string(reference).ok()?.trim().to_owned()
        };
        let snapshot = is_commit(&commit).then(|| self.snapshot(&commit))?;
        snapshot.is_dir().then_some(snapshot)
    }

    /// The folder of a commit's files.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.model.join("snapshots").join(commit)
    }

    /// Where content with this name lies or will lie.
    pub(super) fn blob(&self, name: &str) -> PathBuf {
        self.model.join("blobs").join(name)
    }

    /// Notes which commit a revision points at.
    pub(super) fn note_reference(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if is_commit(revision) {
            return Ok(());
        }
        let path = self.model.join("refs").join(revision);
        write_atomically(&path, commit.as_bytes()).map_err(|source| failed(&path, source))
    }

    /// Makes `<snapshot>/<path>` stand for a blob: a relative link, or a copy where links are not to be had.
    pub(super) fn link(&self, commit: &str, path: &str, blob: &str) -> Result<(), HubError> {
        let place = self.snapshot(commit).join(path);
        let up = "../".repeat(path.split('/').count() + 1);
        let target = format!("{up}blobs/{blob}");
        create_parent(&place)
            .and_then(|()| match fs::remove_file(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            })
            .and_then(|()| {
                symlink(&target, &place).or_else(|_| fs::copy(self.blob(blob), &place).map(|_| ()))
            })
            .map_err(|source| failed(&place, source))
    }
}

/// Whether the text is a full commit id.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Creates the folder a file will stand in.
pub(super) fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A failed write.
pub(super) fn failed(path: &Path, source: io::Error) -> HubError {
    HubError::Cache { path: path.display().to_string(), source }
}

fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_parent(path)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, bytes)?;
    fs::rename(temporary, path)
}

#[cfg(unix)]
fn symlink(target: &str, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn symlink(_: &str, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
