//! Results of files that were inspected before and are the same since, so that a second look at a large model is quick.
//!
//! A result is used for a file of the same path, length, times, inode and device, and is kept only if the file had been left
//! alone for a while when it was read. Who may write the cache or set the clock decides what it says: it is for people who look
//! again at what they have, never for a gate. Files that rules about the whole artifact look into are always read.

mod disk;
mod saved;
mod stamp;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use weighhouse_core::Digest;
use weighhouse_formats::bounded::Limits;

pub use self::disk::{Ignored, OpenError};
pub use self::stamp::{Moment, Stamp};

use self::saved::Saved;
use crate::engine::file::Outcome;

/// What results depend on beside the bytes of a file: those of another program, other rules or other bounds are of no use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    version: String,
    build: Option<Stamp>,
    ruleset: String,
    limits: String,
    configuration: String,
}

impl Key {
    /// The key of this program. `build` is the stamp of its file: two builds of one version may differ.
    pub fn new(limits: &Limits, configuration: Digest, build: Option<Stamp>) -> Self {
        let tool = crate::engine::tool();
        Self {
            version: tool.version.to_owned(),
            build,
            ruleset: tool.ruleset.to_string(),
            limits: format!("{limits:?}"),
            configuration: configuration.to_string(),
        }
    }
}

/// A file and what was found in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    stamp: Stamp,
    result: Saved,
}

/// Results by path.
type Records = BTreeMap<String, Record>;

/// Results of a run before, and those that this run keeps for the next.
#[derive(Debug)]
pub struct Cache {
    start: Moment,
    known: Records,
    kept: Mutex<Records>,
}

impl Cache {
    /// A cache that knows nothing yet, for a run that starts at `start`.
    pub fn empty(start: SystemTime) -> Self {
        Self { start: start.into(), known: Records::new(), kept: Mutex::default() }
    }

    /// For another run, with what this one kept.
    #[must_use]
    pub fn next(&self, start: SystemTime) -> Self {
        let known = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        Self { start: start.into(), known, kept: Mutex::default() }
    }

    /// What was found in the file at `path` when it was read, if it is the same.
    pub(crate) fn recall(&self, path: &str, stamp: &Stamp) -> Option<Outcome> {
        let record = self.known.get(path).filter(|record| record.stamp == *stamp)?;
        let outcome = record.result.restore(path).filter(|outcome| outcome.record.bytes == stamp.len)?;
        self.put(path, record.clone());
        Some(outcome)
    }

    /// Keeps what was found in a file that had the stamp `before` when it was opened, unless it could change without a trace or did.
    pub(crate) fn keep(&self, on_disk: &Path, before: &Stamp, outcome: &Outcome) {
        let same = || fs::metadata(on_disk).is_ok_and(|now| Stamp::of(&now) == *before);
        if before.is_settled(self.start)
            && before.len == outcome.record.bytes
            && same()
            && let Some(result) = Saved::of(outcome)
        {
            self.put(&outcome.record.path, Record { stamp: *before, result });
        }
    }

    fn put(&self, path: &str, record: Record) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), record);
    }
}
