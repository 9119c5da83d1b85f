//! Contents in a folder of this machine: `sha256/aa/bb/…`. What is there is whole and never changes; it came by renaming.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::NamedTempFile;
use weighhouse_core::Digest;

use super::content::{Content, copy, damaged};
use super::keys::Keys;
use super::memory::{Found, Memory};
use super::source::{Source, fits};
use super::turns::{Reading, Turns};

/// A folder of contents.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
    keys: Keys,
    checked: Arc<Memory<Seen>>,
    pub(super) turns: Turns,
}

/// By what a file is known that nobody wrote to since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds; writing, and setting the times themselves, changes it.
    changed: (i64, i64),
}

impl Seen {
    fn of(file: &fs::Metadata) -> Self {
        Self { inode: file.ino(), size: file.len(), changed: (file.ctime(), file.ctime_nsec()) }
    }
}

/// How exactly it is known when content was wanted last, in seconds. Sweeping counts days.
const NOTED: i64 = 3600;

/// Up to this size content is read before it is given to the first who asks: clients wait some seconds for the first byte.
const AT_ONCE: u64 = 512 << 20;

impl Folder {
    /// Opens the folder, made if it is not there.
    pub(super) fn open(root: PathBuf, keys: Keys) -> io::Result<Self> {
        fs::create_dir_all(root.join("sha256"))?;
        Ok(Self { root, keys, checked: Arc::default(), turns: Turns::default() })
    }

    /// Opens content to be given to somebody, if it is what it should be. It is read once for that, and again when the file changed; large
    /// content is given while it is read, and no more once it was found damaged. Blocks; needs a runtime.
    pub(super) fn open_sound(&self, sha256: Digest, size: u64, reading: Reading) -> io::Result<Source> {
        let file = File::open(self.path(sha256))?;
        let seen = Seen::of(&file.metadata()?);
        match self.checked.of(sha256, &seen) {
            Some(Found::Whole | Found::Reading) => return Source::open(file, sha256, size, &self.keys),
            Some(Found::Damaged) => return Err(damaged()),
            None if !fits(seen.size, size) => return Err(damaged()),
            None if reading == Reading::Waits => return Err(io::ErrorKind::WouldBlock.into()),
            None => {}
        }
        // A key that is not here says nothing of the content: only what can be opened is found damaged.
        let mut source = Source::open(file, sha256, size, &self.keys)?;
        if size > AT_ONCE {
            let whole = File::open(self.path(sha256))?;
            let mut whole = Source::open(whole, sha256, size, &self.keys)?;
            self.checked.note(sha256, seen, Found::Reading);
            let checked = Arc::clone(&self.checked);
            tokio::task::spawn_blocking(move || {
                let found = check(&mut whole, sha256, size);
                if found == Found::Damaged {
                    tracing::error!(content = %sha256, "damaged on disk: not what came in");
                }
                checked.note(sha256, seen, found);
            });
            return Ok(source);
        }
        let found = check(&mut source, sha256, size);
        self.checked.note(sha256, seen, found);
        if found == Found::Damaged {
            return Err(damaged());
        }
        source.rewind();
        Ok(source)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn reachable(&self) -> io::Result<()> {
        fs::metadata(self.root.join("sha256")).map(drop)
    }

    /// Where content is, if it is there.
    pub(super) fn path(&self, sha256: Digest) -> PathBuf {
        let hex = sha256.hex();
        let (first, rest) = hex.split_at_checked(2).unwrap_or_default();
        let (second, _) = rest.split_at_checked(2).unwrap_or_default();
        self.root.join("sha256").join(first).join(second).join(&hex)
    }

    /// Opens content as it lies there, without looking whether it is what it should be. Blocks.
    pub(super) fn open_unchecked(&self, sha256: Digest, size: u64) -> io::Result<Source> {
        Source::open(File::open(self.path(sha256))?, sha256, size, &self.keys)
    }

    /// Whether this very content is there, in the form in which it is kept now. A disk that lost some of it is mended by the copy at hand.
    pub(super) fn holds(&self, content: &Content, now: i64) -> bool {
        let there = File::open(self.path(content.sha256)).and_then(|file| {
            // Somebody wants it: it is not swept before what wants it can say so. Seldom, for a file whose times change while it is inspected
            // is inspected again.
            if file.metadata()?.mtime() < now.saturating_sub(NOTED) {
                file.set_modified(UNIX_EPOCH + Duration::from_secs(now.unsigned_abs()))?;
            }
            let mut source = Source::open(file, content.sha256, content.size, &self.keys)?;
            Ok((source.is_encrypted(), copy(&mut source, &mut io::sink(), content.size)?))
        });
        there.is_ok_and(|(encrypted, there)| encrypted == self.keys.encrypts() && there == *content)
    }

    /// Gives a file that was written and read its place.
    pub(super) fn keep(&self, staged: NamedTempFile, sha256: Digest) -> io::Result<()> {
        let place = self.path(sha256);
        let folder = place.parent().unwrap_or(&self.root);
        self.make(folder)?;
        staged.as_file().sync_all()?;
        staged.persist(&place).map_err(|error| error.error)?;
        // The name, too, must outlive a power cut before a row speaks of it.
        File::open(folder)?.sync_all()
    }

    /// The same for a file that nobody writes to any more, without copying it: until its other name is removed both are one file.
    pub(super) fn adopt(&self, file: &Path, arriving: &Path, sha256: Digest, now: i64) -> io::Result<()> {
        let place = self.path(sha256);
        let folder = place.parent().unwrap_or(&self.root);
        self.make(folder)?;
        // A new name takes the place of a damaged one, which a link does not.
        let linked = tempfile::Builder::new().make_in(arriving, |name| fs::hard_link(file, name))?;
        let content = File::open(file)?;
        content.set_permissions(fs::Permissions::from_mode(0o600))?;
        content.set_modified(UNIX_EPOCH + Duration::from_secs(now.unsigned_abs()))?;
        content.sync_all()?;
        linked.persist(&place).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    }

    /// The same for a file that stays where it is, too: both are one file from then on.
    pub(super) fn link(&self, file: &Path, sha256: Digest) -> io::Result<()> {
        let place = self.path(sha256);
        fs::create_dir_all(place.parent().unwrap_or(&self.root))?;
        match fs::hard_link(file, place) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn remove(&self, sha256: Digest) -> io::Result<()> {
        match fs::remove_file(self.path(sha256)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes a folder of the store that outlives a power cut, and so do those above it.
    fn make(&self, folder: &Path) -> io::Result<()> {
        if folder == self.root || folder.is_dir() {
            return Ok(());
        }
        let above = folder.parent().unwrap_or(&self.root);
        self.make(above)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => File::open(above)?.sync_all(),
        }
    }

    /// What is there whose digest begins with this byte, with its size and when it was brought in, in seconds since 1970.
    pub(super) fn list(&self, first: u8) -> io::Result<Vec<Listed>> {
        let mut found = Vec::new();
        for second in entries(&self.root.join("sha256").join(format!("{first:02x}")))? {
            for place in entries(&second)? {
                let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let Ok(sha256) = format!("sha256:{name}").parse::<Digest>() else { continue };
                match fs::metadata(&place) {
                    Ok(file) => found.push(Listed { sha256, size: file.len(), since: file.mtime() }),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }

    /// When content was brought in, or wanted again.
    pub(super) fn since(&self, sha256: Digest) -> io::Result<i64> {
        Ok(fs::metadata(self.path(sha256))?.mtime())
    }
}

/// Content that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) sha256: Digest,
    pub(super) size: u64,
    pub(super) since: i64,
}

/// What is in a folder, if it is there.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn check(source: &mut Source, sha256: Digest, size: u64) -> Found {
    let whole = copy(source, &mut io::sink(), size).is_ok_and(|content| content.sha256 == sha256);
    if whole { Found::Whole } else { Found::Damaged }
}
