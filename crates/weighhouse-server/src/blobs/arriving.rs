//! Where contents stand before they are whole: a folder for each process, known by a lock as its own.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A folder that is this process's as long as it lives: others know by its lock.
#[derive(Debug)]
pub(super) struct Arriving {
    folder: PathBuf,
    _lock: File,
}

impl Arriving {
    /// A folder of our own below `staging`, locked before it is there: nobody finds it without its lock.
    pub(super) fn make(staging: &Path) -> io::Result<Self> {
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

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what belongs to nobody: folders whose lock nobody holds.
    pub(super) fn tidy(staging: &Path) -> io::Result<()> {
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
