//! What of an object storage is at hand on this machine: whole contents in a folder, up to a limit; those that nobody asked for longest go.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use weighhouse_core::Digest;

use super::folder::Folder;
use super::keys::Keys;
use super::source::Source;
use super::turns::{Reading, Turns};

/// Copies on this machine. Several processes may share the folder: what one removes, another one misses, and brings again.
#[derive(Debug, Clone)]
pub(super) struct AtHand {
    folder: Folder,
    limit: u64,
    used: Arc<Mutex<Option<Used>>>,
}

/// What is there, as far as this process knows.
#[derive(Debug, Default)]
struct Used {
    /// Sizes, and when somebody last asked, in steps of `step`.
    contents: HashMap<Digest, (u64, u64)>,
    bytes: u64,
    step: u64,
}

impl AtHand {
    /// Opens the folder, made if it is not there.
    pub(super) fn open(root: PathBuf, limit: u64, keys: Keys) -> io::Result<Self> {
        Ok(Self { folder: Folder::open(root, keys)?, limit, used: Arc::default() })
    }

    /// Opens a copy, if there is a sound one. Blocks; needs a runtime.
    pub(super) fn open_sound(
        &self,
        sha256: Digest,
        size: u64,
        reading: Reading,
    ) -> io::Result<Option<Source>> {
        match self.folder.open_sound(sha256, size, reading) {
            Ok(source) => {
                self.with(|used| used.touch(sha256, size))?;
                Ok(Some(source))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // The disk lost some of it; the original is elsewhere.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.folder.remove(sha256)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn turns(&self) -> Turns {
        self.folder.turns.clone()
    }

    /// Gives content, if it is at hand and sound, another name at `place`, where nobody removes it. Blocks.
    pub(super) fn lend(&self, sha256: Digest, size: u64, place: &Path) -> io::Result<bool> {
        if self.open_sound(sha256, size, Reading::Now)?.is_none() {
            return Ok(false);
        }
        match std::fs::hard_link(self.folder.path(sha256), place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            linked => linked.map(|()| true),
        }
    }

    /// Keeps a copy of a file that was just read and is sound. Blocks.
    pub(super) fn keep(&self, file: &Path, sha256: Digest, size: u64) -> io::Result<()> {
        if size > self.limit {
            return Ok(());
        }
        self.folder.link(file, sha256)?;
        let gone = self.with(|used| {
            used.touch(sha256, size);
            used.beyond(self.limit)
        })?;
        gone.into_iter().try_for_each(|sha256| self.folder.remove(sha256))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Used) -> T) -> io::Result<T> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.is_none() {
            let mut there = Used::default();
            for first in 0..=u8::MAX {
                self.folder.list(first)?.iter().for_each(|listed| there.touch(listed.sha256, listed.size));
            }
            *used = Some(there);
        }
        Ok(work(used.get_or_insert_default()))
    }
}

impl Used {
    fn touch(&mut self, sha256: Digest, size: u64) {
        self.step += 1;
        let before = self.contents.insert(sha256, (size, self.step));
        self.bytes = self.bytes.saturating_sub(before.map_or(0, |(size, _)| size)).saturating_add(size);
    }

    /// What has to go, so that a tenth of the room is free again.
    fn beyond(&mut self, limit: u64) -> Vec<Digest> {
        if self.bytes <= limit {
            return Vec::new();
        }
        let mut oldest: Vec<_> = self.contents.iter().map(|(sha256, (_, step))| (*step, *sha256)).collect();
        oldest.sort_unstable();
        let mut gone = Vec::new();
        for (_, sha256) in oldest {
            if self.bytes <= limit - limit / 10 {
                break;
            }
            let size = self.contents.remove(&sha256).map_or(0, |(size, _)| size);
            self.bytes = self.bytes.saturating_sub(size);
            gone.push(sha256);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::none()
    }

    #[test]
    fn those_that_nobody_asked_for_longest_go() {
        let folder = tempfile::tempdir().unwrap();
        let hand = AtHand::open(folder.path().join("hand"), 100, keys()).unwrap();
        let keep = |text: &str| {
            let file = folder.path().join("new");
            std::fs::write(&file, text).unwrap();
            hand.keep(&file, Digest::of(text.as_bytes()), text.len() as u64).unwrap();
            std::fs::remove_file(&file).unwrap();
            Digest::of(text.as_bytes())
        };
        let texts: Vec<String> = (0..10).map(|number| format!("{number:010}")).collect();
        let kept: Vec<Digest> = texts.iter().map(|text| keep(text)).collect();
        assert!(hand.open_sound(kept[0], 10, Reading::Now).unwrap().is_some());
        let large = keep(&"x".repeat(25));
        let there: Vec<bool> = kept.iter().map(|sha256| hand.folder.path(*sha256).exists()).collect();
        assert_eq!(there.iter().filter(|there| !**there).count(), 4);
        assert!(there[0] && !there[1] && !there[4] && there[5] && hand.folder.path(large).exists());
        // Larger than all there is room for: not kept, and nothing goes for it.
        let huge = keep(&"x".repeat(101));
        assert!(!hand.folder.path(huge).exists() && hand.folder.path(large).exists());
        // Another process finds them by looking; what is lent outlives them.
        let other = AtHand::open(folder.path().join("hand"), 30, keys()).unwrap();
        assert!(other.lend(kept[0], 10, &folder.path().join("lent")).unwrap());
        std::fs::write(folder.path().join("next"), "y").unwrap();
        other.keep(&folder.path().join("next"), Digest::of(b"y"), 1).unwrap();
        assert!(!other.lend(large, 25, &folder.path().join("never")).unwrap());
        assert_eq!(std::fs::read(folder.path().join("lent")).unwrap(), texts[0].as_bytes());
    }

    #[test]
    fn a_damaged_copy_is_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        let hand = AtHand::open(folder.path().join("hand"), 100, keys()).unwrap();
        let file = folder.path().join("new");
        std::fs::write(&file, "hello\n").unwrap();
        let sha256 = Digest::of(b"hello\n");
        hand.keep(&file, sha256, 6).unwrap();
        std::fs::write(hand.folder.path(sha256), "hellO\n").unwrap();
        assert!(!hand.lend(sha256, 6, &folder.path().join("lent")).unwrap());
        assert!(!hand.folder.path(sha256).exists());
    }
}
