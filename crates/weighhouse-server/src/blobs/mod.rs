//! Content by its SHA-256: in a folder of this machine, or in object storage that all servers share. What is there is whole and never changes.

mod arriving;
mod at_hand;
mod content;
mod folder;
mod memory;
mod objects;
mod remote;
mod settings;
mod sweep;
mod turns;
mod upload;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use tempfile::TempDir;
use weighhouse_core::Digest;

use self::arriving::Arriving;
use self::at_hand::AtHand;
pub(crate) use self::content::{Content, pointer};
use self::folder::Folder;
use self::objects::Objects;
use self::remote::Remote;
pub use self::settings::{ObjectStorage, StoragePatience};
pub(crate) use self::sweep::UNWANTED;
use crate::gate::Clock;

/// The contents of all files that came in.
#[derive(Clone)]
pub(crate) struct Blobs {
    kind: Kind,
    staging: PathBuf,
    /// Where contents of this process stand before they are whole.
    arriving: Arc<Arriving>,
    clock: Clock,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Where they are.
#[derive(Debug, Clone)]
enum Kind {
    Folder(Folder),
    Remote(Remote),
}

/// Content, or the part of it that was asked for.
pub(crate) enum Opened {
    /// All of it.
    File(File),
    /// The part.
    Stream(BoxStream<'static, io::Result<Bytes>>),
}

/// Contents that stay where they are as long as this lives.
#[derive(Debug)]
pub(crate) enum Held {
    /// Where they are always.
    Folder(Blobs),
    /// Brought here.
    Brought(TempDir),
}

impl Held {
    /// Where content is.
    pub(crate) fn path(&self, sha256: Digest) -> PathBuf {
        match self {
            Self::Folder(blobs) => match &blobs.kind {
                Kind::Folder(folder) => folder.path(sha256),
                Kind::Remote(_) => PathBuf::new(),
            },
            Self::Brought(folder) => folder.path().join(sha256.hex()),
        }
    }
}

impl Blobs {
    /// Opens the store: below `folder`, made if it is not there, or in object storage. What processes that were killed left half-way on this
    /// machine is removed.
    pub(crate) async fn open(
        folder: &Path,
        storage: Option<&ObjectStorage>,
        cancelled: Arc<AtomicBool>,
        clock: Clock,
    ) -> Result<Self, String> {
        let wrong = |error: io::Error| format!("{}: {error}", folder.display());
        let staging = folder.join("staging");
        fs::create_dir_all(&staging).map_err(wrong)?;
        Arriving::tidy(&staging).map_err(wrong)?;
        let arriving = Arc::new(Arriving::make(&staging).map_err(wrong)?);
        let kind = match storage {
            None => Kind::Folder(Folder::open(folder.to_owned()).map_err(wrong)?),
            Some(storage) => {
                let there = |why: String| format!("the object storage `{}`: {why}", storage.address);
                let objects = Objects::new(storage, cancelled, Arc::clone(&clock)).map_err(there)?;
                objects.probe().await.map_err(there)?;
                let hand = AtHand::open(folder.join("at-hand"), storage.at_hand).map_err(wrong)?;
                Kind::Remote(Remote::new(objects, hand, Arc::clone(&arriving), storage.patience.answer))
            }
        };
        Ok(Self { kind, staging, arriving, clock })
    }

    /// Opens content, or a part of it, to be given to somebody, if it is what it should be.
    pub(crate) async fn open_sound(&self, sha256: Digest, size: u64, part: Range<u64>) -> io::Result<Opened> {
        match &self.kind {
            Kind::Folder(folder) => {
                let (turns, folder) = (folder.turns.clone(), folder.clone());
                let open = move |reading| folder.open_sound(sha256, size, reading);
                turns.open(sha256, open).await.map(Opened::File)
            }
            Kind::Remote(remote) => remote.open_sound(sha256, size, part).await,
        }
    }

    /// Sees to it that contents can be read as files of this machine.
    pub(crate) async fn hold(&self, mut contents: Vec<(Digest, u64)>) -> io::Result<Held> {
        match &self.kind {
            Kind::Folder(_) => Ok(Held::Folder(self.clone())),
            Kind::Remote(remote) => {
                contents.sort_unstable();
                contents.dedup();
                remote.hold(&contents).await.map(Held::Brought)
            }
        }
    }

    /// Whether contents can be read and taken in.
    pub(crate) async fn reachable(&self) -> io::Result<()> {
        let (kind, arriving) = (self.kind.clone(), Arc::clone(&self.arriving));
        let here = tokio::task::spawn_blocking(move || {
            if let Kind::Folder(folder) = kind {
                folder.reachable()?;
            }
            tempfile::tempfile_in(arriving.folder())?.write_all(b"?")
        });
        here.await.map_err(io::Error::other)??;
        match &self.kind {
            Kind::Folder(_) => Ok(()),
            Kind::Remote(remote) => remote.reachable().await,
        }
    }

    /// A folder for what is on its way in.
    pub(crate) fn staging(&self) -> &Path {
        &self.staging
    }

    /// A file for what is on its way in. Nobody else has it, and nothing of it stays after a kill.
    pub(crate) fn temporary(&self) -> io::Result<tempfile::NamedTempFile> {
        tempfile::NamedTempFile::new_in(self.arriving.folder())
    }

    /// Takes `size` bytes in; more or fewer are an error. Blocks; needs a runtime.
    pub(crate) fn take_from(&self, source: &mut impl io::Read, size: u64) -> io::Result<Content> {
        let mut staged = self.temporary()?;
        let mut window = vec![0; 1 << 16];
        let mut done = 0_u64;
        loop {
            let count = source.read(&mut window)?;
            let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
            done = done.saturating_add(count as u64);
            if done > size {
                break;
            }
            staged.write_all(part)?;
        }
        if done != size {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not as long as it says"));
        }
        self.take(staged.path())
    }

    /// Takes a file in that was checked against its digest when it came. Blocks; needs a runtime.
    pub(crate) fn adopt(&self, file: &Path, sha256: Digest) -> io::Result<()> {
        if self.take(file)?.sha256 == sha256 {
            return Ok(());
        }
        Err(io::Error::other("what was staged is damaged: not what came in"))
    }

    /// Git's id of content that is here.
    pub(crate) async fn git_oid(&self, sha256: Digest, size: u64) -> io::Result<String> {
        let held = self.hold(vec![(sha256, size)]).await?;
        let read = move || {
            let mut file = File::open(held.path(sha256))?;
            Ok(content::copy(&mut file, &mut io::sink(), size)?.git_oid)
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }

    /// Takes a copy of a file in. Blocks; needs a runtime.
    pub(crate) fn take(&self, file: &Path) -> io::Result<Content> {
        let mut source = File::open(file)?;
        let size = source.metadata()?.len();
        match &self.kind {
            Kind::Folder(folder) => {
                let mut staged = tempfile::NamedTempFile::new_in(self.arriving.folder())?;
                let content = content::copy(&mut source, &mut staged, size)?;
                if !folder.holds(&content, (self.clock)()) {
                    folder.keep(staged, content.sha256)?;
                }
                Ok(content)
            }
            Kind::Remote(remote) => {
                let content = content::copy(&mut source, &mut io::sink(), size)?;
                tokio::runtime::Handle::current().block_on(remote.objects.keep(&source, &content))?;
                Ok(content)
            }
        }
    }
}

#[cfg(test)]
mod tests;
