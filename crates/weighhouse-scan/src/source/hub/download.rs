//! Downloads a revision into the cache: resumed where it broke off, checked before it counts.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::cache::{Cache, create_parent, failed, is_commit};
use super::client::Client;
use super::{HubError, OnProgress, is_relative_path};

/// A file as the Hub declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remote {
    path: String,
    size: u64,
    content: ContentId,
}

/// The digest by which the Hub and the cache name content.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ContentId {
    /// Large files: SHA-256 of the content.
    Sha256(String),
    /// Small files: git's blob id, SHA-1 over a header and the content.
    GitBlob(String),
}

impl ContentId {
    fn name(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) => hex,
        }
    }
}

/// Downloads every file of a revision; returns the snapshot's folder.
pub(super) fn snapshot(
    client: &Client<'_>,
    cache: &Cache,
    repository: &str,
    revision: &str,
    cancelled: &AtomicBool,
    on_progress: OnProgress<'_>,
) -> Result<PathBuf, HubError> {
    let what = format!("{repository}@{revision}");
    let answer = client.describe(repository, revision)?;
    let commit =
        answer["sha"].as_str().filter(|sha| is_commit(sha)).map(str::to_owned).ok_or_else(|| {
            HubError::Protocol { what: what.clone(), reason: "it names no commit".to_owned() }
        })?;
    let files = declared_files(&answer, &what)?;
    let total = files.iter().map(|file| file.size).sum();
    let mut before = 0;
    for file in &files {
        let blob = cache.blob(file.content.name());
        if !blob.is_file() {
            let report = |done: u64| on_progress(before + done, total);
            fetch(client, repository, &commit, file, &blob, cancelled, &report)?;
        }
        before += file.size;
        on_progress(before, total);
    }
    // Links and the reference come last: a snapshot that can be found is whole.
    for file in &files {
        cache.link(&commit, &file.path, file.content.name())?;
    }
    let folder = cache.snapshot(&commit);
    fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
    cache.note_reference(revision, &commit)?;
    Ok(folder)
}

fn declared_files(answer: &Value, what: &str) -> Result<Vec<Remote>, HubError> {
    let wrong = |reason: String| HubError::Protocol { what: what.to_owned(), reason };
    let siblings = answer["siblings"].as_array().ok_or_else(|| wrong("it lists no files".to_owned()))?;
    siblings
        .iter()
        .map(|sibling| {
            let path = sibling["rfilename"].as_str().unwrap_or_default();
            if !is_relative_path(path) {
                return Err(wrong(format!(
                    "it lists a file with the unsafe name {}",
                    crate::rule::quote(path)
                )));
            }
            let hex = |value: &Value, len: usize| {
                let text = value.as_str()?;
                let sound = text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                sound.then(|| text.to_ascii_lowercase())
            };
            let large = hex(&sibling["lfs"]["sha256"], 64).or_else(|| hex(&sibling["lfs"]["oid"], 64));
            let content = large
                .map(ContentId::Sha256)
                .or_else(|| hex(&sibling["blobId"], 40).map(ContentId::GitBlob))
                .ok_or_else(|| wrong(format!("it declares no digest for `{path}`")))?;
            let size = sibling["lfs"]["size"].as_u64().or_else(|| sibling["size"].as_u64());
            let size = size.ok_or_else(|| wrong(format!("it declares no size for `{path}`")))?;
            Ok(Remote { path: path.to_owned(), size, content })
        })
        .collect()
}

/// Downloads one file to its place among the blobs.
fn fetch(
    client: &Client<'_>,
    repository: &str,
    commit: &str,
    remote: &Remote,
    blob: &Path,
    cancelled: &AtomicBool,
    on_progress: &dyn Fn(u64),
) -> Result<(), HubError> {
    let partial = blob.with_extension("incomplete");
    let written = |source| failed(&partial, source);
    create_parent(&partial).map_err(written)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&partial)
        .map_err(written)?;
    // Two processes that download the same file take turns; the second finds it done.
    file.lock().map_err(written)?;
    if blob.is_file() {
        return Ok(());
    }
    let have = file.metadata().map_err(written)?.len();
    let mut digest = RunningDigest::new(remote);
    let resume = if have > 0 && have < remote.size { have } else { 0 };
    let (honoured, response) = client.open(repository, commit, &remote.path, resume)?;
    let mut done = if honoured { resume } else { 0 };
    digest.absorb(&mut file, done).map_err(written)?;
    file.set_len(done).and_then(|()| file.seek(SeekFrom::Start(done)).map(|_| ())).map_err(written)?;

    // One byte more than declared is enough to know that the declaration is wrong.
    let mut body =
        response.into_body().into_reader().take(remote.size.saturating_sub(done).saturating_add(1));
    let mut window = vec![0; 256 * 1024];
    loop {
        if cancelled.load(Ordering::Relaxed) {
            return Err(HubError::Cancelled);
        }
        let count = body.read(&mut window).map_err(|error| HubError::Connection {
            url: remote.path.clone(),
            reason: format!(
                "broken off after {done} of {} bytes: {error}; run the command again to resume",
                remote.size
            ),
        })?;
        let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
        file.write_all(part).map_err(written)?;
        digest.update(part);
        done += count as u64;
        on_progress(done);
    }
    conclude(&file, &partial, blob, remote, done, digest)
}

/// Checks what arrived and gives it its name, or throws it away.
fn conclude(
    file: &File,
    partial: &Path,
    blob: &Path,
    remote: &Remote,
    done: u64,
    digest: RunningDigest,
) -> Result<(), HubError> {
    if done < remote.size {
        return Err(HubError::Connection {
            url: remote.path.clone(),
            reason: format!("only {done} of {} bytes arrived; run the command again to resume", remote.size),
        });
    }
    let found = digest.finish();
    if done > remote.size || found != remote.content.name() {
        fs::remove_file(partial).map_err(|source| failed(partial, source))?;
        let declared = remote.content.name().to_owned();
        return Err(HubError::Digest { path: remote.path.clone(), declared, found });
    }
    file.sync_all().and_then(|()| fs::rename(partial, blob)).map_err(|source| failed(blob, source))
}

/// The digest of the kind that the Hub declares.
enum RunningDigest {
    Sha256(Sha256),
    GitBlob(Sha1),
}

impl RunningDigest {
    fn new(remote: &Remote) -> Self {
        match remote.content {
            ContentId::Sha256(_) => Self::Sha256(Sha256::new()),
            ContentId::GitBlob(_) => {
                let mut digest = Sha1::new();
                digest.update(format!("blob {}\0", remote.size));
                Self::GitBlob(digest)
            }
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(digest) => digest.update(bytes),
            Self::GitBlob(digest) => digest.update(bytes),
        }
    }

    /// Reads the first `len` bytes of an interrupted download.
    fn absorb(&mut self, file: &mut File, len: u64) -> std::io::Result<()> {
        file.seek(SeekFrom::Start(0))?;
        let mut start = file.take(len);
        let mut window = vec![0; 256 * 1024];
        loop {
            let count = start.read(&mut window)?;
            match window.get(..count).filter(|part| !part.is_empty()) {
                Some(part) => self.update(part),
                None => return Ok(()),
            }
        }
    }

    fn finish(self) -> String {
        use std::fmt::Write as _;
        let bytes = match self {
            Self::Sha256(digest) => digest.finalize().to_vec(),
            Self::GitBlob(digest) => digest.finalize().to_vec(),
        };
        bytes.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
