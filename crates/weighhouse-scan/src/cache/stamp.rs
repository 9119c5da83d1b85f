//! What tells that a file is the one that was read, without reading it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Clocks of file systems advance in steps, of up to two seconds: a file that was written this shortly before it was looked at
/// could be written again without a trace.
const STEP: i64 = 2;

/// A time as seconds and nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(i64, i64);

impl From<SystemTime> for Moment {
    /// A clock before 1970 is wrong; by it nothing counts as old.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), i64::from(since.subsec_nanos()))
    }
}

impl Moment {
    fn minus_step(self) -> Self {
        Self(self.0.saturating_sub(STEP), self.1)
    }

    fn plus_step(self) -> Self {
        Self(self.0.saturating_add(STEP), self.1)
    }
}

/// Length, times and identity of a file. The time of the last change to its metadata cannot be set by programs: who changes the
/// content and sets the time of modification back, still leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// Length in bytes.
    pub len: u64,
    modified: Option<Moment>,
    changed: Option<Moment>,
    inode: u64,
    device: u64,
}

impl Stamp {
    /// The stamp of a file.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            len: metadata.len(),
            modified: Some(Moment(metadata.mtime(), metadata.mtime_nsec())),
            changed: Some(Moment(metadata.ctime(), metadata.ctime_nsec())),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    /// The stamp of a file. Without a time of change it is never trusted, only compared.
    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok().map(Moment::from),
            changed: None,
            inode: 0,
            device: 0,
        }
    }

    /// Whether both times lie so long before `start` that any later write shows.
    pub fn is_settled(&self, start: Moment) -> bool {
        let old = |moment: Option<Moment>| moment.is_some_and(|moment| moment <= start.minus_step());
        old(self.modified) && old(self.changed)
    }

    /// Whether the file changed so shortly before `now` that a further write may not show.
    pub fn is_fresh(&self, now: Moment) -> bool {
        let changed = self.changed.or(self.modified);
        changed.is_some_and(|moment| moment > now.minus_step() && moment < now.plus_step())
    }
}
