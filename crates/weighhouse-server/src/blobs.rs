//! Content by its SHA-256, in a folder: `sha256/aa/bb/…`. What is there is whole and never changes; it came by renaming.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::Digest as _;
use weighhouse_core::Digest;
use weighhouse_core::digest::hex;

/// The contents of all files that came in.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    folder: PathBuf,
    /// Where contents of this process stand before they are whole.
    arriving: Arc<Arriving>,
    /// What was found in contents that were read, with the file as it was then.
    checked: Arc<Mutex<HashMap<Digest, (Seen, Found)>>>,
}

/// What is known of content on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Reading,
    Whole,
    Damaged,
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

/// Contents remembered at most; more than that are read again.
const REMEMBERED: usize = 100_000;
/// Up to this size content is read before it is given to the first who asks: clients wait some seconds for the first byte.
const AT_ONCE: u64 = 512 << 20;

/// A folder that is this process's as long as it lives: others know by its lock.
#[derive(Debug)]
struct Arriving {
    folder: PathBuf,
    _lock: File,
}

/// Content that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
    /// Git's id of the content itself.
    pub(crate) git_oid: String,
    /// Whether it looks like text to git: no zero byte within the first 8,000.
    pub(crate) text: bool,
}

impl Blobs {
    /// Opens the store below `folder`, made if it is not there. What processes that were killed left half-way is removed.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder.join("sha256"))?;
        let staging = folder.join("staging");
        fs::create_dir_all(&staging)?;
        Arriving::tidy(&staging)?;
        let arriving = Arc::new(Arriving::make(&staging)?);
        Ok(Self { folder: folder.to_owned(), arriving, checked: Arc::default() })
    }

    /// Opens content to be given to somebody, if it is what it should be. It is read once for that, and again when the file changed; large
    /// content is given while it is read, and no more once it was found damaged. Blocks; needs a runtime.
    pub(crate) fn open_sound(&self, sha256: Digest, size: u64) -> io::Result<File> {
        let mut file = File::open(self.path(sha256))?;
        let seen = Seen::of(&file.metadata()?);
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "it is damaged on disk: not what came in");
        let known = self.checked().get(&sha256).filter(|(then, _)| *then == seen).map(|(_, found)| *found);
        match known {
            Some(Found::Whole | Found::Reading) => return Ok(file),
            Some(Found::Damaged) => return Err(damaged()),
            None if seen.size != size => return Err(damaged()),
            None => {}
        }
        if size > AT_ONCE {
            self.note(sha256, seen, Found::Reading);
            let (blobs, mut whole) = (self.clone(), File::open(self.path(sha256))?);
            tokio::task::spawn_blocking(move || {
                let found = check(&mut whole, sha256, size);
                if found == Found::Damaged {
                    tracing::error!(content = %sha256, "damaged on disk: not what came in");
                }
                blobs.note(sha256, seen, found);
            });
            return Ok(file);
        }
        let found = check(&mut file, sha256, size);
        self.note(sha256, seen, found);
        if found == Found::Damaged {
            return Err(damaged());
        }
        file.rewind()?;
        Ok(file)
    }

    fn checked(&self) -> MutexGuard<'_, HashMap<Digest, (Seen, Found)>> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what was found in a file as it was before it was read: if somebody wrote to it meanwhile, it is read again.
    fn note(&self, sha256: Digest, seen: Seen, found: Found) {
        let mut checked = self.checked();
        if checked.len() >= REMEMBERED {
            checked.clear();
        }
        checked.insert(sha256, (seen, found));
    }

    /// Whether contents can be read and taken in. Blocks.
    pub(crate) fn reachable(&self) -> io::Result<()> {
        fs::metadata(self.folder.join("sha256"))?;
        tempfile::tempfile_in(&self.arriving.folder)?.write_all(b"?")
    }

    /// A folder on the same file system, for what is on its way in.
    pub(crate) fn staging(&self) -> PathBuf {
        self.folder.join("staging")
    }

    /// Where content is, if it is there.
    pub(crate) fn path(&self, sha256: Digest) -> PathBuf {
        let hex = sha256.hex();
        let (first, rest) = hex.split_at_checked(2).unwrap_or_default();
        let (second, _) = rest.split_at_checked(2).unwrap_or_default();
        self.folder.join("sha256").join(first).join(second).join(&hex)
    }

    /// Takes a copy of a file in. Blocks.
    pub(crate) fn take(&self, file: &Path) -> io::Result<Content> {
        let mut source = File::open(file)?;
        let size = source.metadata()?.len();
        let mut staged = tempfile::NamedTempFile::new_in(&self.arriving.folder)?;
        let content = copy(&mut source, &mut staged, size)?;
        let place = self.path(content.sha256);
        if holds(&place, &content) {
            return Ok(content);
        }
        let folder = place.parent().unwrap_or(&self.folder);
        self.make(folder)?;
        staged.as_file().sync_all()?;
        staged.persist(&place).map_err(|error| error.error)?;
        // The name, too, must outlive a power cut before a row speaks of it.
        File::open(folder)?.sync_all()?;
        Ok(content)
    }

    /// Makes a folder of the store that outlives a power cut, and so do those above it.
    fn make(&self, folder: &Path) -> io::Result<()> {
        if folder == self.folder || folder.is_dir() {
            return Ok(());
        }
        let above = folder.parent().unwrap_or(&self.folder);
        self.make(above)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => File::open(above)?.sync_all(),
        }
    }
}

impl Arriving {
    /// A folder of our own below `staging`, locked before it is there: nobody finds it without its lock.
    fn make(staging: &Path) -> io::Result<Self> {
        loop {
            let lock = tempfile::Builder::new().suffix(LOCK).disable_cleanup(true).tempfile_in(staging)?;
            let path = lock.path().to_owned();
            let lock = lock.into_file();
            // Somebody who tidies up may be faster: then the name is not ours any more.
            match lock.try_lock() {
                Ok(()) if fs::exists(&path)? => {
                    let folder = path.with_extension("");
                    fs::create_dir(&folder)?;
                    return Ok(Self { folder, _lock: lock });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Removes what belongs to nobody: folders whose lock nobody holds.
    fn tidy(staging: &Path) -> io::Result<()> {
        for entry in fs::read_dir(staging)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != "lock") {
                continue;
            }
            let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            let removed = File::open(&path).and_then(|lock| {
                if lock.try_lock().is_err() {
                    return Ok(());
                }
                match fs::remove_dir_all(path.with_extension("")) {
                    Err(error) if !gone(&error) => Err(error),
                    _ => fs::remove_file(&path),
                }
            });
            removed.or_else(|error| if gone(&error) { Ok(()) } else { Err(error) })?;
        }
        Ok(())
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // What stays is tidied up by whoever opens the store next.
        drop(
            fs::remove_dir_all(&self.folder)
                .and_then(|()| fs::remove_file(self.folder.with_extension("lock"))),
        );
    }
}

/// The ending of locks.
const LOCK: &str = ".lock";

fn check(file: &mut File, sha256: Digest, size: u64) -> Found {
    let whole = copy(file, &mut io::sink(), size).is_ok_and(|content| content.sha256 == sha256);
    if whole { Found::Whole } else { Found::Damaged }
}

/// Whether this very content is there. A disk that lost some of it is mended by the copy at hand.
fn holds(place: &Path, content: &Content) -> bool {
    let there = File::open(place).and_then(|mut file| copy(&mut file, &mut io::sink(), content.size));
    there.is_ok_and(|there| there == *content)
}

/// Copies, and computes both digests on the way. A file that grows or shrinks meanwhile is an error.
fn copy(from: &mut File, to: &mut impl io::Write, size: u64) -> io::Result<Content> {
    let (mut sha256, mut git) = (sha2::Sha256::new(), sha1::Sha1::new());
    git.update(format!("blob {size}\0"));
    let mut window = vec![0; 1 << 20];
    let (mut done, mut text) = (0_u64, true);
    loop {
        let count = from.read(&mut window)?;
        let Some(part) = window.get(..count).filter(|part| !part.is_empty()) else { break };
        if done == 0 {
            text = !part.iter().take(8000).any(|byte| *byte == 0);
        }
        sha256.update(part);
        git.update(part);
        to.write_all(part)?;
        done = done.saturating_add(count as u64);
    }
    if done != size {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file changed while it was read"));
    }
    to.flush()?;
    let sha256 = Digest::from_bytes(sha256.finalize().into());
    Ok(Content { sha256, size, git_oid: hex(&git.finalize()), text })
}

/// What stands in git for large content, and git's id of it (git-lfs pointer, version 1).
pub(crate) fn pointer(sha256: Digest, size: u64) -> (u64, String) {
    let text =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {size}\n", sha256.hex());
    let mut git = sha1::Sha1::new();
    git.update(format!("blob {}\0{text}", text.len()));
    (text.len() as u64, hex(&git.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_taken_in_once_under_its_digests() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "hello\n").unwrap();
        let content = blobs.take(&file).unwrap();
        let other = Blobs::open(&folder.path().join("blobs")).unwrap();
        // As `git hash-object` and `sha256sum` say.
        assert_eq!(content.git_oid, "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(content.sha256.hex(), "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
        assert!(content.text && content.size == 6);
        assert_eq!(fs::read(blobs.path(content.sha256)).unwrap(), b"hello\n");
        assert_eq!(blobs.take(&file).unwrap(), content);
        // Two processes, each with a folder and a lock; nothing stays in them.
        assert_eq!(fs::read_dir(blobs.staging()).unwrap().count(), 4);
        assert_eq!(fs::read_dir(&blobs.arriving.folder).unwrap().count(), 0);
        assert_eq!(other.take(&file).unwrap(), content);
        fs::write(&file, "a\0b").unwrap();
        assert!(!blobs.take(&file).unwrap().text);
    }

    #[test]
    fn what_a_disk_lost_is_mended_by_the_next_copy() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "hello\n").unwrap();
        let content = blobs.take(&file).unwrap();
        for damaged in ["", "hel", "hellO\n", "hello\nhello\n"] {
            fs::write(blobs.path(content.sha256), damaged).unwrap();
            assert_eq!(blobs.take(&file).unwrap(), content);
            assert_eq!(fs::read(blobs.path(content.sha256)).unwrap(), b"hello\n", "{damaged}");
        }
    }

    #[test]
    fn what_changes_on_disk_is_not_given_to_anybody() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "hello\n").unwrap();
        let content = blobs.take(&file).unwrap();
        let text = || {
            let mut file = blobs.open_sound(content.sha256, 6)?;
            let mut text = [0; 6];
            file.read_exact(&mut text).map(|()| text)
        };
        assert_eq!(text().unwrap(), *b"hello\n");
        for damaged in ["hellO\n", "hel", "hello\nhello\n"] {
            fs::write(blobs.path(content.sha256), damaged).unwrap();
            assert_eq!(text().unwrap_err().kind(), io::ErrorKind::InvalidData, "{damaged}");
            assert_eq!(text().unwrap_err().kind(), io::ErrorKind::InvalidData, "{damaged}, again");
        }
        blobs.take(&file).unwrap();
        assert_eq!(text().unwrap(), *b"hello\n");
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let living = blobs.arriving.folder.join("half");
        fs::write(&living, "x").unwrap();
        // A folder and a lock that nobody holds, as after a kill.
        let dead = blobs.staging().join("dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("half"), "x").unwrap();
        fs::write(blobs.staging().join("dead.lock"), "").unwrap();
        fs::create_dir(blobs.staging().join("hub")).unwrap();
        let second = Blobs::open(folder.path()).unwrap();
        assert!(living.exists() && !dead.exists() && !blobs.staging().join("dead.lock").exists());
        assert!(blobs.staging().join("hub").exists(), "downloads under way are taken up again");
        drop(second);
        assert_eq!(fs::read_dir(blobs.staging()).unwrap().count(), 3);
    }

    #[test]
    fn pointers_are_those_of_git_lfs() {
        // `git lfs pointer --file=a` over "hello\n".
        let digest = Digest::of(b"hello\n");
        let (len, oid) = pointer(digest, 6);
        let text =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 6\n", digest.hex());
        assert_eq!((len, oid.len()), (text.len() as u64, 40));
    }
}
