//! Content by its SHA-256: in a folder of this machine, or in object storage that all servers share. What is there is whole and never changes.

mod arriving;
mod at_hand;
mod claim;
mod content;
mod encrypt;
mod folder;
mod keys;
mod memory;
mod objects;
mod remote;
mod sealed;
mod settings;
mod source;
mod sweep;
mod turns;
mod upload;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use tempfile::{NamedTempFile, TempDir};
use weighhouse_core::Digest;

use self::arriving::Arriving;
use self::at_hand::AtHand;
pub(crate) use self::content::{Content, git_oid, is_lost, pointer, pointer_text};
use self::folder::Folder;
use self::keys::Keys;
use self::objects::Objects;
use self::remote::Remote;
use self::sealed::Sealing;
pub use self::settings::{ObjectStorage, Place, StoragePatience};
pub(crate) use self::source::fits;
pub(crate) use self::sweep::UNWANTED;
use self::upload::{Sent, There};
use crate::gate::Clock;
use crate::seal::Sealer;

/// The contents of all files that came in.
#[derive(Clone)]
pub(crate) struct Blobs {
    kind: Kind,
    staging: PathBuf,
    /// Where contents of this process stand before they are whole.
    arriving: Arc<Arriving>,
    keys: Keys,
    clock: Clock,
}

/// By which keys contents are encrypted at rest.
pub(crate) struct AtRest {
    /// What opens and seals store keys.
    pub(crate) sealer: Arc<Sealer>,
    /// Whether new contents are encrypted. Those that are there are read in either form.
    pub(crate) encrypt: bool,
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
pub(crate) struct Held {
    kept: Kept,
    /// In the clear, those that are kept encrypted.
    clear: Option<TempDir>,
}

/// Contents as they are kept.
#[derive(Debug)]
enum Kept {
    /// Where they are always.
    Folder(Folder),
    /// Brought here.
    Brought(TempDir),
}

impl Held {
    /// Where content is.
    pub(crate) fn path(&self, sha256: Digest) -> PathBuf {
        let clear = self.clear.as_ref().map(|folder| folder.path().join(sha256.hex()));
        clear.filter(|path| path.exists()).unwrap_or_else(|| self.kept(sha256))
    }

    /// All of a small content, if it is what it should be. Blocks.
    pub(crate) fn bytes(&self, sha256: Digest, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        File::open(self.path(sha256))?.read_exact(&mut bytes)?;
        if Digest::of(&bytes) == sha256 { Ok(bytes) } else { Err(content::damaged()) }
    }

    /// Where it is as it is kept.
    pub(crate) fn kept(&self, sha256: Digest) -> PathBuf {
        match &self.kept {
            Kept::Folder(folder) => folder.path(sha256),
            Kept::Brought(folder) => folder.path().join(sha256.hex()),
        }
    }
}

impl Blobs {
    /// Opens the store at `place`, made if it is not there, with what it needs of this machine in `folder`. What processes that were killed left
    /// half-way on this machine is removed.
    pub(crate) async fn open(
        folder: &Path,
        place: &Place,
        at_rest: AtRest,
        cancelled: Arc<AtomicBool>,
        clock: Clock,
    ) -> Result<Self, String> {
        let wrong = |error: io::Error| format!("{}: {error}", folder.display());
        let staging = folder.join("staging");
        fs::create_dir_all(&staging).map_err(wrong)?;
        Arriving::tidy(&staging).map_err(wrong)?;
        let arriving = Arc::new(Arriving::make(&staging).map_err(wrong)?);
        let beside = match place {
            Place::Folder(root) => Some(root.join(keys::FOLDER)),
            Place::Objects(_) => None,
        };
        let keys = Keys::new(at_rest.sealer, at_rest.encrypt, Arc::clone(&clock), beside);
        let kind = match place {
            Place::Folder(root) => {
                let wrong = |error: io::Error| format!("{}: {error}", root.display());
                keys.look().map_err(wrong)?;
                Kind::Folder(Folder::open(root.clone(), keys.clone()).map_err(wrong)?)
            }
            Place::Objects(storage) => {
                let there = |why: String| format!("the object storage `{}`: {why}", storage.address);
                let objects = Objects::new(storage, keys.clone(), cancelled, Arc::clone(&clock));
                let objects = objects.map_err(there)?;
                objects.probe().await.map_err(there)?;
                match objects.look_for_keys().await {
                    // It may pass; then they are looked for when they are needed.
                    Err(error) if error.kind() == io::ErrorKind::HostUnreachable => {}
                    looked => looked.map_err(|error| there(error.to_string()))?,
                }
                let hand = folder.join("at-hand");
                let hand = AtHand::open(hand, storage.at_hand, keys.clone()).map_err(wrong)?;
                Kind::Remote(Remote::new(objects, hand, Arc::clone(&arriving), storage.patience.answer))
            }
        };
        Ok(Self { kind, staging, arriving, keys, clock })
    }

    /// Opens content, or a part of it, to be given to somebody, if it is what it should be.
    pub(crate) async fn open_sound(&self, sha256: Digest, size: u64, part: Range<u64>) -> io::Result<Opened> {
        match &self.kind {
            Kind::Folder(folder) => {
                let (turns, folder) = (folder.turns.clone(), folder.clone());
                let open = move |reading| folder.open_sound(sha256, size, reading);
                Ok(turns.open(sha256, open).await?.given(part))
            }
            Kind::Remote(remote) => remote.open_sound(sha256, size, part).await,
        }
    }

    /// Sees to it that contents can be read as files of this machine.
    pub(crate) async fn hold(&self, contents: Vec<(Digest, u64)>) -> io::Result<Held> {
        let held = self.hold_kept(contents.clone()).await?;
        self.in_the_clear(held, contents).await
    }

    /// The same, in the form in which they are kept.
    pub(crate) async fn hold_kept(&self, mut contents: Vec<(Digest, u64)>) -> io::Result<Held> {
        let kept = match &self.kind {
            Kind::Folder(folder) => Kept::Folder(folder.clone()),
            Kind::Remote(remote) => {
                contents.sort_unstable();
                contents.dedup();
                remote.hold(&contents).await.map(Kept::Brought)?
            }
        };
        Ok(Held { kept, clear: None })
    }

    /// Whether contents can be read and taken in.
    pub(crate) async fn reachable(&self) -> io::Result<()> {
        let (kind, arriving, keys) = (self.kind.clone(), Arc::clone(&self.arriving), self.keys.clone());
        let here = tokio::task::spawn_blocking(move || {
            if let Kind::Folder(folder) = kind {
                folder.reachable()?;
                keys.look()?;
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

    /// Takes a file in that was staged and that nobody writes to any more. Where contents lie in the clear on the same disk, it is not copied.
    /// Blocks; needs a runtime.
    pub(crate) fn take_staged(&self, file: &Path) -> io::Result<Content> {
        if let Kind::Folder(folder) = &self.kind
            && !self.keys.encrypts()
        {
            let mut source = File::open(file)?;
            let size = source.metadata()?.len();
            let content = content::copy(&mut source, &mut io::sink(), size)?;
            let now = (self.clock)();
            if folder.holds(&content, now)
                || folder.adopt(file, self.arriving.folder(), content.sha256, now).is_ok()
            {
                return Ok(content);
            }
            // Not every file system has links; what else is wrong befalls a copy, too.
        }
        self.take(file)
    }

    /// Takes a copy of a file in. Blocks; needs a runtime.
    pub(crate) fn take(&self, file: &Path) -> io::Result<Content> {
        self.take_if(File::open(file)?, |_| true)
    }

    /// Takes a copy of a file in, if it is what it should be; says what it is. Blocks; needs a runtime.
    pub(crate) fn take_if(
        &self,
        mut source: File,
        is_it: impl FnOnce(&Content) -> bool,
    ) -> io::Result<Content> {
        let size = source.metadata()?.len();
        match &self.kind {
            Kind::Folder(folder) => {
                let mut staged = self.temporary()?;
                let content = if self.keys.encrypts() {
                    self.keys.prepare()?;
                    self.encrypt(&mut source, &mut staged, size)?
                } else {
                    content::copy(&mut source, &mut staged, size)?
                };
                if is_it(&content) && !folder.holds(&content, (self.clock)()) {
                    folder.keep(staged, content.sha256)?;
                }
                Ok(content)
            }
            Kind::Remote(remote) => {
                let content = content::copy(&mut source, &mut io::sink(), size)?;
                if !is_it(&content) {
                    return Ok(content);
                }
                let (runtime, objects) = (tokio::runtime::Handle::current(), &remote.objects);
                let there = runtime.block_on(objects.there(&content))?;
                if there == There::It {
                    return Ok(content);
                }
                if !self.keys.encrypts() {
                    let sent = Sent { file: &source, size, sha256: Some(content.sha256) };
                    runtime.block_on(objects.keep(&content, &sent, there))?;
                    return Ok(content);
                }
                runtime.block_on(objects.prepare_key())?;
                let mut staged = self.temporary()?;
                source.rewind()?;
                if self.encrypt(&mut source, &mut staged, size)? != content {
                    return Err(content::changed());
                }
                let sent = Sent { file: staged.as_file(), size: sealed::stored(size), sha256: None };
                runtime.block_on(objects.keep(&content, &sent, there))?;
                Ok(content)
            }
        }
    }

    /// Copies content, encrypted under a key of its own.
    fn encrypt(&self, from: &mut File, to: &mut NamedTempFile, size: u64) -> io::Result<Content> {
        let mut sealing = Sealing::begin(io::BufWriter::with_capacity(1 << 20, to))?;
        let content = content::copy(from, &mut sealing, size)?;
        sealing.finish(&self.keys, content.sha256, size)?;
        Ok(content)
    }
}

#[cfg(test)]
mod at_rest;
#[cfg(test)]
mod tests;
