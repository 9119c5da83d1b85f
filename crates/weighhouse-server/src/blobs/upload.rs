//! How contents come into object storage: whole or not at all, and large ones in parts.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{Error, MultipartId, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions};
use sha2::Digest as _;
use weighhouse_core::Digest;

use super::content::{Content, changed};
use super::memory::Found;
use super::objects::{Objects, Version};
use super::sealed::stored;
use super::source::fits;
use super::sweep::UNWANTED;

/// Up to this size content goes in one piece, and parts of larger content are at least that large (S3 asks for 5 MiB).
const PART: u64 = 8 << 20;
/// Parts of one upload at most; S3 allows 10,000.
const PARTS: u64 = 9000;
/// Parts under way at once: they are what is held in memory.
const AT_ONCE: usize = 2;
/// Where it is noted which uploads have begun, so that anybody can end them.
pub(super) const BEGUN: &str = "uploads";
/// After this time nobody goes on with an upload any more, in seconds.
const LONGEST: i64 = 86_400;

/// Content in the form in which it is sent.
pub(super) struct Sent<'a> {
    pub(super) file: &'a File,
    pub(super) size: u64,
    /// What is sent must have this digest. What was encrypted a moment ago has none, and proves itself when it is read.
    pub(super) sha256: Option<Digest>,
}

/// What stands in object storage at the place of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    /// It, in the form in which it is kept now, and nobody is about to sweep it.
    It,
    /// Something that has to be written anew.
    Else,
}

impl Objects {
    /// What stands where this content belongs.
    pub(super) async fn there(&self, content: &Content) -> io::Result<There> {
        let form = if self.keys.encrypts() { stored(content.size) } else { content.size };
        let Some(meta) = self.look(content.sha256).await? else { return Ok(There::Nothing) };
        // What is older may be swept before anybody refers to it.
        let young = (self.clock)() - meta.last_modified.timestamp() < UNWANTED / 2;
        let it = young && meta.size == form && self.is_whole(content, &Version::of(&meta)).await?;
        Ok(if it { There::It } else { There::Else })
    }

    /// Brings content in from a file that was read, in the place of what is there. The file is read again on its way: other bytes never become
    /// visible.
    pub(super) async fn keep(&self, content: &Content, sent: &Sent<'_>, there: There) -> io::Result<()> {
        let key = self.key(content.sha256);
        if sent.size > PART {
            self.keep_in_parts(content.sha256, sent, &key).await?;
        } else {
            let mode = if there == There::Nothing { PutMode::Create } else { PutMode::Overwrite };
            let bytes = read(sent.file, 0, sent.size)?;
            same(Digest::of(&bytes), sent)?;
            match self.store.put_opts(&key, bytes.into(), PutOptions::from(mode)).await {
                // Somebody was faster, with the same.
                Ok(_) | Err(Error::AlreadyExists { .. }) => {}
                Err(error) => return Err(self.fault(&error)),
            }
        }
        match self.look(content.sha256).await? {
            Some(meta) if fits(meta.size, content.size) => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "object storage does not hold what it was given",
            )),
        }
    }

    async fn is_whole(&self, content: &Content, version: &Version) -> io::Result<bool> {
        match self.found.of(content.sha256, version) {
            Some(Found::Whole) => Ok(true),
            Some(Found::Damaged) => Ok(false),
            Some(Found::Reading) | None => {
                self.check(content.sha256, content.size, version, &mut tokio::io::sink()).await
            }
        }
    }

    async fn keep_in_parts(&self, sha256: Digest, sent: &Sent<'_>, key: &Path) -> io::Result<()> {
        let id = self.store.create_multipart(key).await.map_err(|error| self.fault(&error))?;
        let note = self.child(&format!(
            "{BEGUN}/{}.{}",
            sha256.hex(),
            crate::store::fresh_id().map_err(io::Error::other)?
        ));
        let done = async {
            let noted = self.store.put(&note, id.clone().into_bytes().into()).await;
            noted.map_err(|error| self.fault(&error))?;
            let parts = self.send(sent, key, &id).await?;
            let done = self.store.complete_multipart(key, &id, parts).await;
            done.map_err(|error| self.fault(&error))
        };
        match done.await {
            Ok(_) => self.remove(&note).await,
            Err(why) => {
                // If this fails too, the note stays, and it is ended when contents are swept.
                if self.end(key, &id).await.is_ok() {
                    drop(self.remove(&note).await);
                }
                Err(why)
            }
        }
    }

    /// Sends all parts.
    async fn send(&self, whole: &Sent<'_>, key: &Path, id: &MultipartId) -> io::Result<Vec<PartId>> {
        let part = whole.size.div_ceil(PARTS).max(PART);
        let mut sha256 = sha2::Sha256::new();
        let mut sent = futures_util::stream::iter(0..whole.size.div_ceil(part))
            .map(|number| {
                let first = number * part;
                let bytes = read(whole.file, first, part.min(whole.size - first));
                if let Ok(bytes) = &bytes {
                    sha256.update(bytes);
                }
                async move {
                    if self.cancelled.load(Ordering::Relaxed) {
                        return Err(io::Error::new(io::ErrorKind::Interrupted, "the gate is closing"));
                    }
                    let number = usize::try_from(number).map_err(io::Error::other)?;
                    let put = self.store.put_part(key, id, number, bytes?.into()).await;
                    put.map_err(|error| self.fault(&error))
                }
            })
            .buffered(AT_ONCE);
        let mut parts = Vec::new();
        while let Some(part) = sent.try_next().await? {
            parts.push(part);
        }
        drop(sent);
        same(Digest::from_bytes(sha256.finalize().into()), whole)?;
        Ok(parts)
    }

    /// Ends an upload: its parts are removed.
    async fn end(&self, key: &Path, id: &MultipartId) -> io::Result<()> {
        match self.store.abort_multipart(key, id).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.fault(&error)),
        }
    }

    /// Ends uploads that nobody goes on with: their servers were killed. Gives how many.
    pub(super) async fn end_abandoned(&self) -> io::Result<usize> {
        let mut notes = self.list(BEGUN);
        let mut ended = 0;
        while let Some(note) = notes.try_next().await? {
            if (self.clock)() - note.last_modified.timestamp() < LONGEST {
                continue;
            }
            let name = note.location.filename().unwrap_or_default();
            let sha256 = name.split_once('.').and_then(|(sha256, _)| sha256.parse::<Digest>().ok());
            let Some(sha256) = sha256 else { continue };
            let id = match self.store.get(&note.location).await {
                Ok(note) if note.meta.size <= 4096 => {
                    note.bytes().await.map_err(|error| self.fault(&error))?
                }
                Ok(_) | Err(Error::NotFound { .. }) => continue,
                Err(error) => return Err(self.fault(&error)),
            };
            self.end(&self.key(sha256), &String::from_utf8_lossy(&id).into_owned()).await?;
            self.remove(&note.location).await?;
            ended += 1;
        }
        Ok(ended)
    }
}

/// A part of a file.
fn read(file: &File, first: u64, size: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, first)?;
    Ok(bytes.into())
}

fn same(sha256: Digest, sent: &Sent<'_>) -> io::Result<()> {
    if sent.sha256.is_none_or(|expected| expected == sha256) {
        return Ok(());
    }
    Err(changed())
}
