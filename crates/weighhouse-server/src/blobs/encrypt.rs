//! What is done to contents that are encrypted, beside reading and writing them: in the clear for whoever needs files, under other keys, in
//! the other form.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use weighhouse_core::Digest;

use super::content::{copy, damaged};
use super::keys::{self, Keys, Sealed};
use super::source::Source;
use super::{Blobs, Held, Kind};

impl Blobs {
    /// Decrypts contents that are held, for as long as they are.
    pub(super) async fn in_the_clear(
        &self,
        mut held: Held,
        contents: Vec<(Digest, u64)>,
    ) -> io::Result<Held> {
        let (keys, arriving) = (self.keys.clone(), self.arriving.folder().to_owned());
        let work = move || {
            for (sha256, size) in contents {
                let kept = held.kept(sha256);
                match fs::metadata(&kept) {
                    Ok(file) if file.len() != size => {}
                    // What is not there, or in the clear, is seen by whoever reads it.
                    _ => continue,
                }
                let clear = match held.clear.take() {
                    Some(clear) => clear,
                    None => TempDir::new_in(&arriving)?,
                };
                let place = clear.path().join(sha256.hex());
                held.clear = Some(clear);
                if !place.exists() {
                    let source = Source::open(File::open(kept)?, sha256, size, &keys)?;
                    decrypt(source, &place, (sha256, size))?;
                }
            }
            Ok(held)
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }

    /// Whether content is kept in the form in which new ones are.
    pub(crate) async fn is_as_new(&self, sha256: Digest, size: u64) -> io::Result<bool> {
        let encrypted = match &self.kind {
            Kind::Folder(folder) => {
                let folder = folder.clone();
                let look = move || folder.open_unchecked(sha256, size).map(|source| source.is_encrypted());
                tokio::task::spawn_blocking(look).await.map_err(io::Error::other)??
            }
            Kind::Remote(remote) => {
                let missing = || io::Error::new(io::ErrorKind::NotFound, "it is not in the store");
                remote.objects.look(sha256).await?.ok_or_else(missing)?.size != size
            }
        };
        Ok(encrypted == self.keys.encrypts())
    }

    /// Keeps content in the form in which new ones are kept.
    pub(crate) async fn renew(&self, sha256: Digest, size: u64) -> io::Result<()> {
        let (held, blobs) = (self.hold(vec![(sha256, size)]).await?, self.clone());
        let take = move || blobs.adopt(&held.path(sha256), sha256);
        tokio::task::spawn_blocking(take).await.map_err(io::Error::other)?
    }

    /// Seals all store keys under the key that seals now, and makes a new one for what comes. Gives how many were under another.
    pub(crate) async fn reseal(&self) -> io::Result<usize> {
        let mut done = 0;
        for sealed in self.store_keys().await? {
            if let Some(again) = self.keys.reseal(&sealed)? {
                if done == 0 && self.keys.encrypts() {
                    // First, so that it is the newest: what is known of the old ones opens nothing that comes.
                    self.prepare().await?;
                }
                self.keep_key(&again).await?;
                self.keys.learn(&again)?;
                done += 1;
            }
        }
        Ok(done)
    }

    async fn prepare(&self) -> io::Result<()> {
        match &self.kind {
            Kind::Folder(_) => self.keys.prepare(),
            Kind::Remote(remote) => remote.objects.prepare_key().await,
        }
    }

    async fn keep_key(&self, sealed: &Sealed) -> io::Result<()> {
        match &self.kind {
            Kind::Folder(_) => self.keys.keep(sealed),
            Kind::Remote(remote) => remote.objects.keep_key(sealed).await,
        }
    }

    async fn store_keys(&self) -> io::Result<Vec<Sealed>> {
        match &self.kind {
            Kind::Folder(_) => self.keys.in_folder(),
            Kind::Remote(remote) => {
                remote.objects.look_for_keys().await?;
                let mut all = Vec::new();
                for name in self.keys.names() {
                    all.push(remote.objects.key_named(&name).await?);
                }
                Ok(all)
            }
        }
    }

    /// Copies the store keys, sealed as they are, to a folder: a backup has contents as they are kept.
    pub(crate) async fn save_keys(&self, folder: &Path) -> io::Result<()> {
        for sealed in self.store_keys().await? {
            keys::put(&folder.join(keys::FOLDER), &sealed)?;
        }
        Ok(())
    }

    /// Whether a file is this content, in either form. Blocks.
    pub(crate) fn is_content(&self, file: &Path, sha256: Digest, size: u64) -> io::Result<bool> {
        is_whole(Source::open(File::open(file)?, sha256, size, &self.keys)?, (sha256, size))
    }

    /// Whether content is there, and all of it is what it should be: it is read.
    pub(crate) async fn is_whole(&self, sha256: Digest, size: u64) -> io::Result<bool> {
        let (held, blobs) = (self.hold_kept(vec![(sha256, size)]).await?, self.clone());
        let look = move || blobs.is_content(&held.kept(sha256), sha256, size);
        tokio::task::spawn_blocking(look).await.map_err(io::Error::other)?
    }

    /// The store keys of a backup.
    pub(crate) fn saved_keys(&self, folder: &Path) -> io::Result<SavedKeys> {
        let keys = self.keys.of_folder(folder.join(keys::FOLDER));
        keys.look()?;
        Ok(SavedKeys(keys))
    }
}

/// What opens the contents of a backup.
#[derive(Debug, Clone)]
pub(crate) struct SavedKeys(Keys);

impl SavedKeys {
    /// Content of a backup, if it is what it should be, as a file in the clear: it itself, or one in `folder`. Blocks.
    pub(crate) fn open(&self, file: &Path, folder: &Path, content: (Digest, u64)) -> io::Result<PathBuf> {
        let source = Source::open(File::open(file)?, content.0, content.1, &self.0)?;
        if source.is_encrypted() {
            let place = folder.join(content.0.hex());
            decrypt(source, &place, content)?;
            return Ok(place);
        }
        if is_whole(source, content)? { Ok(file.to_owned()) } else { Err(damaged()) }
    }
}

fn is_whole(mut source: Source, (sha256, size): (Digest, u64)) -> io::Result<bool> {
    Ok(copy(&mut source, &mut io::sink(), size)?.sha256 == sha256)
}

/// Writes content to a file, in the clear, which nobody else can read.
fn decrypt(mut source: Source, place: &Path, (sha256, size): (Digest, u64)) -> io::Result<()> {
    let mut to = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(place)?;
    let whole = copy(&mut source, &mut to, size)
        .and_then(|content| if content.sha256 == sha256 { Ok(()) } else { Err(damaged()) });
    if whole.is_err() {
        drop(fs::remove_file(place));
    }
    whole
}
