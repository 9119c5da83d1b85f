//! What was found in contents that were read: each is read once, and again when it changed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use weighhouse_core::Digest;

/// What is known of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Reading,
    Whole,
    Damaged,
}

/// Contents remembered at most; more than that are read again.
const REMEMBERED: usize = 100_000;

/// What was found, with what the content was known by when it was read.
#[derive(Debug)]
pub(super) struct Memory<V>(Mutex<HashMap<Digest, (V, Found)>>);

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone + PartialEq> Memory<V> {
    /// What was found in this version of it.
    pub(super) fn of(&self, sha256: Digest, version: &V) -> Option<Found> {
        self.locked().get(&sha256).filter(|(then, _)| then == version).map(|(_, found)| *found)
    }

    /// The version that was read last, and what was found in it.
    pub(super) fn last(&self, sha256: Digest) -> Option<(V, Found)> {
        self.locked().get(&sha256).cloned()
    }

    /// Remembers what was found in content as it was before it was read: if somebody wrote to it meanwhile, it is read again.
    pub(super) fn note(&self, sha256: Digest, version: V, found: Found) {
        let mut known = self.locked();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(sha256, (version, found));
    }

    /// Forgets what was being read: nothing was found.
    pub(super) fn forget(&self, sha256: Digest) {
        self.locked().remove(&sha256);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Digest, (V, Found)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
