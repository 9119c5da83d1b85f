//! Contents that people sent and no commit names yet. They lie apart from everything that can be served, by person: nobody refers to what
//! somebody else sent. What is never committed is swept.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::Digest as _;
use tempfile::NamedTempFile;
use weighhouse_core::Digest;

use crate::blobs::Blobs;

/// What people sent.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    folder: PathBuf,
    blobs: Blobs,
    /// Bytes on their way in at this moment, by person.
    arriving: Arc<Mutex<HashMap<String, u64>>>,
}

/// Room for bytes on their way in; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    arriving: Arc<Mutex<HashMap<String, u64>>>,
    person: String,
    bytes: u64,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = arriving.get_mut(&self.person) {
            *bytes = bytes.saturating_sub(self.bytes);
            if *bytes == 0 {
                arriving.remove(&self.person);
            }
        }
    }
}

/// Why contents sent in parts are not put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Incomplete {
    #[error("part {0} is not here; send it again")]
    Missing(u32),
    #[error("what was sent has the digest {0}, not the one that was announced; send it again")]
    Other(Digest),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Staging {
    /// Opens the folder beside the contents, on the same file system.
    pub(crate) fn open(folder: &Path, blobs: Blobs) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), blobs, arriving: Arc::default() })
    }

    /// The folder of somebody: names of people are no names of folders.
    fn of(&self, person: &str) -> PathBuf {
        self.folder.join(Digest::of(person.as_bytes()).hex())
    }

    fn parts_of(&self, person: &str, sha256: Digest) -> PathBuf {
        self.of(person).join(format!("{}.parts", sha256.hex()))
    }

    /// Where whole content of somebody is, if it is there with this size. Looking at it keeps it from being swept. Blocks.
    pub(crate) fn find(
        &self,
        person: &str,
        sha256: Digest,
        size: u64,
        now: i64,
    ) -> io::Result<Option<PathBuf>> {
        let path = self.of(person).join(sha256.hex());
        match File::open(&path) {
            Ok(file) if file.metadata()?.len() == size => {
                touch(&file, now)?;
                Ok(Some(path))
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The size of whole content of somebody, if it is there.
    pub(crate) fn size(&self, person: &str, sha256: Digest) -> Option<u64> {
        fs::metadata(self.of(person).join(sha256.hex())).ok().map(|file| file.len())
    }

    /// Bytes that somebody's contents take. Blocks.
    pub(crate) fn used(&self, person: &str) -> io::Result<u64> {
        let lying = size_of(&self.of(person))?;
        let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(lying.saturating_add(arriving.get(person).copied().unwrap_or(0)))
    }

    /// Room for `bytes` more, within `quota`; nothing if there is none. Blocks.
    pub(crate) fn room(&self, person: &str, bytes: u64, quota: u64) -> io::Result<Option<Room>> {
        let lying = size_of(&self.of(person))?;
        let mut arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = arriving.entry(person.to_owned()).or_default();
        let fits = lying.saturating_add(*taken).saturating_add(bytes) <= quota;
        if fits {
            *taken = taken.saturating_add(bytes);
        } else if *taken == 0 {
            arriving.remove(person);
        }
        drop(arriving);
        Ok(fits.then(|| Room { arriving: Arc::clone(&self.arriving), person: person.to_owned(), bytes }))
    }

    /// A file for bytes on their way in.
    pub(crate) fn temporary(&self) -> io::Result<NamedTempFile> {
        self.blobs.temporary()
    }

    /// Keeps whole content whose digest was checked. Blocks.
    pub(crate) fn keep(&self, person: &str, sha256: Digest, file: NamedTempFile, now: i64) -> io::Result<()> {
        let folder = self.of(person);
        fs::create_dir_all(&folder)?;
        touch(file.as_file(), now)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(sha256.hex())).map_err(|error| error.error)?;
        Ok(())
    }

    /// Keeps a part. Blocks.
    pub(crate) fn keep_part(
        &self,
        person: &str,
        sha256: Digest,
        part: u32,
        file: NamedTempFile,
        now: i64,
    ) -> io::Result<()> {
        let folder = self.parts_of(person, sha256);
        fs::create_dir_all(&folder)?;
        touch(file.as_file(), now)?;
        file.persist(folder.join(part.to_string())).map_err(|error| error.error)?;
        // The folder is swept as one, by when something last came in.
        touch(&File::open(&folder)?, now)
    }

    /// Puts parts together. Blocks.
    pub(crate) fn complete(
        &self,
        person: &str,
        sha256: Digest,
        parts: u32,
        now: i64,
    ) -> Result<(), Incomplete> {
        let folder = self.parts_of(person, sha256);
        let mut whole = self.temporary()?;
        let mut digest = sha2::Sha256::new();
        let mut window = vec![0; 1 << 20];
        for part in 1..=parts {
            let mut file = match File::open(folder.join(part.to_string())) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(Incomplete::Missing(part));
                }
                Err(error) => return Err(error.into()),
            };
            loop {
                let count = file.read(&mut window)?;
                let Some(bytes) = window.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
                digest.update(bytes);
                io::Write::write_all(&mut whole, bytes)?;
            }
        }
        let found = Digest::from_bytes(digest.finalize().into());
        if found == sha256 {
            self.keep(person, sha256, whole, now)?;
        }
        // Whole, they are not needed any more; wrong, they never will be.
        fs::remove_dir_all(&folder)?;
        if found == sha256 { Ok(()) } else { Err(Incomplete::Other(found)) }
    }

    /// Removes content that a commit names by now. Blocks.
    pub(crate) fn forget(&self, person: &str, contents: &[Digest]) {
        for sha256 in contents {
            let path = self.of(person).join(sha256.hex());
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "what was staged could not be removed");
                }
                _ => {}
            }
        }
    }

    /// Removes what nobody touched for `keep` seconds, and says how much that was. Blocks.
    pub(crate) fn sweep(&self, now: i64, keep: i64) -> io::Result<usize> {
        let mut swept = 0;
        for person in fs::read_dir(&self.folder)? {
            let person = person?.path();
            for content in fs::read_dir(&person)? {
                let content = content?;
                let metadata = content.metadata()?;
                // What a clock that ran ahead wrote is as old as what is older than it can be.
                if (now - seconds(metadata.modified()?)).abs() <= keep {
                    continue;
                }
                let path = content.path();
                if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }?;
                swept += 1;
            }
            // Only if nothing is left in it.
            drop(fs::remove_dir(person));
        }
        Ok(swept)
    }
}

fn touch(file: &File, now: i64) -> io::Result<()> {
    file.set_modified(UNIX_EPOCH + Duration::from_secs(now.max(0).unsigned_abs()))
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut size = 0_u64;
    for entry in entries {
        let entry = entry?;
        let metadata = match entry.metadata() {
            // Put together or swept a moment ago.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        let own = if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
        size = size.saturating_add(own);
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::blobs::{AtRest, Place};
    use crate::seal::Sealer;

    async fn staging() -> (tempfile::TempDir, Staging) {
        let folder = tempfile::tempdir().unwrap();
        let at_rest = AtRest { sealer: Arc::new(Sealer::fresh().unwrap()), encrypt: false };
        let blobs = folder.path().join("blobs");
        let place = Place::Folder(blobs.clone());
        let blobs = Blobs::open(&blobs, &place, at_rest, Arc::default(), Arc::new(|| 0)).await.unwrap();
        let staging = Staging::open(&folder.path().join("blobs/uploads"), blobs).unwrap();
        (folder, staging)
    }

    fn file(staging: &Staging, content: &[u8]) -> NamedTempFile {
        let mut file = staging.temporary().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[tokio::test]
    async fn contents_are_their_senders_and_are_swept_if_nobody_looks_at_them() {
        let (_folder, staging) = staging().await;
        let sha256 = Digest::of(b"hello");
        staging.keep("ada", sha256, file(&staging, b"hello"), 1000).unwrap();
        assert!(staging.find("ada", sha256, 5, 1000).unwrap().is_some());
        assert!(staging.find("ada", sha256, 6, 1000).unwrap().is_none());
        assert!(staging.find("bob", sha256, 5, 1000).unwrap().is_none());
        assert_eq!((staging.used("ada").unwrap(), staging.used("bob").unwrap()), (5, 0));
        assert_eq!(staging.sweep(1100, 100).unwrap(), 0);
        // Looked at again, so that it stays longer.
        staging.find("ada", sha256, 5, 1100).unwrap();
        assert_eq!(staging.sweep(1200, 100).unwrap(), 0);
        assert_eq!(staging.sweep(1201, 100).unwrap(), 1);
        assert!(staging.find("ada", sha256, 5, 1201).unwrap().is_none());
        staging.keep("ada", sha256, file(&staging, b"hello"), 9000).unwrap();
        assert_eq!(staging.sweep(1201, 100).unwrap(), 1, "a clock ran ahead");
    }

    #[tokio::test]
    async fn parts_are_put_together_only_if_all_are_there_and_right() {
        let (_folder, staging) = staging().await;
        let sha256 = Digest::of(b"hello");
        let part =
            |number, content| staging.keep_part("ada", sha256, number, file(&staging, content), 0).unwrap();
        part(1, b"hel");
        assert!(matches!(staging.complete("ada", sha256, 2, 0), Err(Incomplete::Missing(2))));
        part(2, b"lO");
        assert!(matches!(staging.complete("ada", sha256, 2, 0), Err(Incomplete::Other(_))));
        assert_eq!(staging.used("ada").unwrap(), 0);
        part(2, b"lo");
        assert!(matches!(staging.complete("ada", sha256, 2, 0), Err(Incomplete::Missing(1))));
        part(1, b"hel");
        assert_eq!(staging.used("ada").unwrap(), 5);
        staging.complete("ada", sha256, 2, 0).unwrap();
        assert_eq!(fs::read(staging.find("ada", sha256, 5, 0).unwrap().unwrap()).unwrap(), b"hello");
        assert_eq!(staging.used("ada").unwrap(), 5);
    }

    #[tokio::test]
    async fn room_counts_what_lies_there_and_what_is_on_its_way() {
        let (_folder, staging) = staging().await;
        staging.keep("ada", Digest::of(b"hello"), file(&staging, b"hello"), 0).unwrap();
        let room = staging.room("ada", 4, 10).unwrap().unwrap();
        assert!(staging.room("ada", 2, 10).unwrap().is_none());
        assert!(staging.room("bob", 10, 10).unwrap().is_some());
        drop(room);
        assert!(staging.room("ada", 5, 10).unwrap().is_some());
        assert!(staging.room("ada", u64::MAX, 10).unwrap().is_none());
    }
}
