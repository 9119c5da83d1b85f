//! Inclusion and consistency proofs of RFC 6962, section 2.1. To make one: ask which tiles are needed, read them, compute. To check one, no
//! tile is needed; the checks are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2, and accept exactly the one proof there is.

use std::ops::Range;

use crate::tile::{self, Tile, TileSet};
use crate::tree::{Hash, MAX_SIZE, TreeError};

/// Why a proof cannot be made, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Index or sizes that no tree has.
    #[error("no tree has these sizes: the entry or the older tree must lie within the newer one")]
    Range,
    /// Too few or too many hashes.
    #[error("a proof for these sizes has another number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof does not lead to the root")]
    Root,
    /// A tile is missing or broken.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// The tiles that an inclusion proof is computed from.
pub fn inclusion_tiles(index: u64, size: u64) -> Result<Vec<Tile>, ProofError> {
    Ok(tile::needed(&inclusion_ranges(index, size)?, size))
}

/// The proof that entry `index` is in the tree of `size` entries. From wrong tiles comes a proof that does not verify.
pub fn inclusion(index: u64, size: u64, tiles: &TileSet) -> Result<Vec<Hash>, ProofError> {
    hashes(inclusion_ranges(index, size)?, size, tiles)
}

/// The tiles that a consistency proof is computed from.
pub fn consistency_tiles(old: u64, size: u64) -> Result<Vec<Tile>, ProofError> {
    Ok(tile::needed(&consistency_ranges(old, size)?, size))
}

/// The proof that the tree of `old` entries is a beginning of the tree of `size` entries.
pub fn consistency(old: u64, size: u64, tiles: &TileSet) -> Result<Vec<Hash>, ProofError> {
    hashes(consistency_ranges(old, size)?, size, tiles)
}

fn hashes(ranges: Vec<Range<u64>>, size: u64, tiles: &TileSet) -> Result<Vec<Hash>, ProofError> {
    let hashes = ranges.into_iter().map(|range| tiles.range(range, size));
    let hashes: Vec<Option<Hash>> = hashes.collect::<Result<_, _>>()?;
    Ok(hashes.into_iter().flatten().collect())
}

/// Where RFC 6962 cuts a range of entries: behind the largest power of two that is less than its length.
fn cut(start: u64, end: u64) -> Option<u64> {
    let length = end.checked_sub(start).filter(|length| *length > 1)?;
    start.checked_add(1 << length.saturating_sub(1).ilog2())
}

/// `PATH(m, D[n])`: the ranges whose hashes the proof consists of, the leaf's sibling first.
fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::Range);
    }
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while let Some(middle) = cut(start, end) {
        if index < middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

/// `PROOF(m, D[n])`; nothing from the empty tree or to the same one.
fn consistency_ranges(old: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old > size || size > MAX_SIZE {
        return Err(ProofError::Range);
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end != old {
        let Some(middle) = cut(start, end) else { break };
        if old <= middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    // A subtree that begins the old tree is the old tree: its hash is known.
    if start > 0 {
        ranges.push(start..end);
    }
    ranges.reverse();
    Ok(ranges)
}

/// Checks that the entry with the hash `leaf` stands at `index` in the tree of `size` entries with this root.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::Range);
    }
    let mut hash = leaf;
    climb(index, size.saturating_sub(1), proof, |sibling, side| {
        hash = match side {
            Side::Left => Hash::node(sibling, hash),
            Side::Right => Hash::node(hash, sibling),
        };
    })?;
    if hash == root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `old` entries with the root `old_root` is a beginning of the tree of `size` entries with the root `root`.
pub fn verify_consistency(
    old: u64,
    old_root: Hash,
    size: u64,
    root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > size || size > MAX_SIZE {
        return Err(ProofError::Range);
    }
    if old == 0 || old == size {
        let expected = if old == 0 { Hash::of_empty_tree() } else { root };
        return match (proof.is_empty(), old_root == expected) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::Root),
            (true, true) => Ok(()),
        };
    }
    // A perfect old tree is a subtree of the new one; the proof leaves its hash out.
    let (first, rest) = match proof.split_first() {
        _ if old.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return Err(ProofError::Length),
    };
    let (mut place, mut last) = (old.saturating_sub(1), size.saturating_sub(1));
    let levels = place.trailing_ones();
    (place, last) = (place.checked_shr(levels).unwrap_or(0), last.checked_shr(levels).unwrap_or(0));
    let (mut old_hash, mut hash) = (first, first);
    climb(place, last, rest, |sibling, side| match side {
        Side::Left => {
            old_hash = Hash::node(sibling, old_hash);
            hash = Hash::node(sibling, hash);
        }
        // What stands to the right came later: the old tree does not hold it.
        Side::Right => hash = Hash::node(hash, sibling),
    })?;
    if old_hash == old_root && hash == root { Ok(()) } else { Err(ProofError::Root) }
}

/// On which side a sibling stands.
enum Side {
    Left,
    Right,
}

/// Climbs from the node at `place`, on a level whose last node is `last`, to the root, past the siblings of the proof.
fn climb(
    mut place: u64,
    mut last: u64,
    proof: &[Hash],
    mut step: impl FnMut(Hash, Side),
) -> Result<(), ProofError> {
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if place & 1 == 1 || place == last {
            step(*sibling, Side::Left);
            // Without a sibling to its right, a node rises until it stands to the right of one.
            let levels = if place & 1 == 1 { 0 } else { place.trailing_zeros() };
            place = place.checked_shr(levels).unwrap_or(0);
            last = last.checked_shr(levels).unwrap_or(0);
        } else {
            step(*sibling, Side::Right);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(()) } else { Err(ProofError::Length) }
}
