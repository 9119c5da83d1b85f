//! When a folder that changes is worth another look: not while somebody is still writing to it.

use std::collections::BTreeMap;

use weighhouse_scan::cache::{Moment, Stamp};
use weighhouse_scan::source::{EntryContent, Listing, Obstacle};

/// Polls after which a folder is looked at although it does not come to rest, so that a file that is always written hides nothing.
const PATIENCE: u32 = 30;

/// What a target looks like without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Snapshot {
    files: BTreeMap<String, Option<Stamp>>,
    obstacles: Vec<Obstacle>,
}

impl Snapshot {
    /// The stamps of what was listed.
    pub(super) fn of(listing: Listing) -> Self {
        let stamp = |content: &EntryContent| match content {
            EntryContent::File(path) => std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata)),
            EntryContent::Spooled(_) => None,
        };
        let files = listing.entries.into_iter().map(|entry| (entry.path, stamp(&entry.content))).collect();
        Self { files, obstacles: listing.obstacles }
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether something changed so shortly before that a further change may not show.
    fn is_fresh(&self, now: Moment) -> bool {
        self.files.values().flatten().any(|stamp| stamp.is_fresh(now))
    }
}

/// What was seen, and what was inspected.
#[derive(Debug)]
pub(super) struct Settle {
    inspected: Snapshot,
    /// Whether what was inspected may have changed meanwhile without a trace.
    unsure: bool,
    last: Option<Snapshot>,
    waited: u32,
}

impl Settle {
    /// `first` was seen at `now`, just before the first inspection.
    pub(super) fn new(first: Snapshot, now: Moment) -> Self {
        let unsure = first.is_fresh(now);
        Self { inspected: first, unsure, last: None, waited: 0 }
    }

    /// Whether what is seen at `now` is to be inspected.
    pub(super) fn see(&mut self, seen: Snapshot, now: Moment) -> bool {
        if seen == self.inspected && !self.unsure {
            self.last = None;
            self.waited = 0;
            return false;
        }
        let fresh = seen.is_fresh(now);
        let at_rest = !fresh && self.last.as_ref() == Some(&seen);
        if at_rest || self.waited >= PATIENCE {
            *self = Self { inspected: seen, unsure: fresh, last: None, waited: 0 };
            return true;
        }
        self.waited = self.waited.saturating_add(1);
        self.last = Some(seen);
        false
    }

    /// The inspection failed: what was seen is to be looked at again.
    pub(super) fn again(&mut self) {
        self.unsure = true;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    /// When the files of a folder were written, so that no test asks the clock.
    fn written(folder: &std::path::Path) -> SystemTime {
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().modified().unwrap()).max().unwrap()
    }

    fn snapshot(folder: &std::path::Path) -> Snapshot {
        Snapshot::of(weighhouse_scan::source::from_path(folder, 100).unwrap())
    }

    #[test]
    fn a_folder_at_rest_is_looked_at_once_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("a"), b"1").unwrap();
        let later = Moment::from(written(folder.path()) + Duration::from_mins(1));
        let first = snapshot(folder.path());
        let mut settle = Settle::new(first.clone(), later);
        assert!(!settle.see(first.clone(), later) && !settle.see(first, later));

        // Files that are new, grew and went: each is seen, at the second poll that sees the same.
        for change in [("b", Some("1")), ("b", Some("22")), ("a", None)] {
            match change {
                (name, Some(text)) => std::fs::write(file(name), text).unwrap(),
                (name, None) => std::fs::remove_file(file(name)).unwrap(),
            }
            let seen = snapshot(folder.path());
            assert!(!settle.see(seen.clone(), later), "{change:?}");
            assert!(settle.see(seen.clone(), later), "{change:?}");
            assert!(!settle.see(seen, later), "{change:?}");
        }
    }

    #[test]
    fn what_is_still_written_is_not_looked_at_yet_but_not_put_off_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut settle = Settle::new(Snapshot::default(), Moment::from(SystemTime::UNIX_EPOCH));
        std::fs::write(folder.path().join("a"), b"1").unwrap();
        let later = Moment::from(written(folder.path()) + Duration::from_mins(1));
        // It grows from poll to poll.
        let mut looks = 0;
        for at in 0..=PATIENCE {
            let text = "1".repeat(at as usize + 1);
            std::fs::write(folder.path().join("a"), text).unwrap();
            looks += u32::from(settle.see(snapshot(folder.path()), later));
        }
        assert_eq!(looks, 1);
        // It is the same twice, but was written only just now.
        std::fs::write(folder.path().join("a"), b"").unwrap();
        let now = Moment::from(written(folder.path()));
        assert!(!settle.see(snapshot(folder.path()), now) && !settle.see(snapshot(folder.path()), now));
        assert!(settle.see(snapshot(folder.path()), later));
    }

    #[test]
    fn what_was_fresh_when_it_was_inspected_is_inspected_once_more() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"1").unwrap();
        let now = Moment::from(written(folder.path()));
        let later = Moment::from(written(folder.path()) + Duration::from_mins(1));
        let seen = snapshot(folder.path());
        let mut settle = Settle::new(seen.clone(), now);
        assert!(!settle.see(seen.clone(), now));
        assert!(settle.see(seen.clone(), later));
        assert!(!settle.see(seen.clone(), later));
        settle.again();
        assert!(!settle.see(seen.clone(), later) && settle.see(seen, later));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_out() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(other.path(), folder.path().join("link")).unwrap();
        let before = snapshot(folder.path());
        std::fs::write(other.path().join("a"), b"1").unwrap();
        assert_eq!((before.len(), &before), (0, &snapshot(folder.path())));
    }
}
