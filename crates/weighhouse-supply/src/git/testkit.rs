//! What builders of hostile repositories need of the reader.

use std::path::Path;

use super::{Id, Limits, Repository, delta};

/// What a difference makes of its base.
pub(crate) fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    delta::apply(base, delta)
}

/// An index (version 2) that says that these objects lie at these offsets.
pub(crate) fn index_of(mut rows: Vec<(Id, u64)>) -> Vec<u8> {
    rows.sort();
    let mut bytes = b"\xfftOc\0\0\0\x02".to_vec();
    for byte in 0..=u8::MAX {
        let below = rows.iter().filter(|(id, _)| id.as_bytes().first().is_some_and(|first| *first <= byte));
        bytes.extend((below.count() as u32).to_be_bytes());
    }
    // Names, checksums, offsets.
    bytes.extend(rows.iter().flat_map(|(id, _)| id.as_bytes()));
    bytes.resize(bytes.len().saturating_add(rows.len().saturating_mul(4)), 0);
    bytes.extend(rows.iter().flat_map(|(_, offset)| (*offset as u32).to_be_bytes()));
    bytes.extend([0; 40]);
    bytes
}

/// Reads and describes each of these objects.
pub(crate) fn read_all(root: &Path, limits: Limits, ids: impl Iterator<Item = Id>) {
    let Ok(mut repository) = Repository::open(root, limits) else { return };
    for id in ids {
        drop(repository.describe(id));
        drop(repository.read(id));
        drop(repository.tree(id));
    }
}
