//! The Merkle tree of RFC 6962, section 2.1, and the least that must be kept of it to go on: its frontier.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::tile::TileSet;

/// The largest tree: sizes fit a signed 64-bit integer, as in other implementations and in databases.
pub const MAX_SIZE: u64 = i64::MAX.unsigned_abs();

/// A hash of the tree: SHA-256. Written in base64, as in checkpoints and proofs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// The root of a tree without entries.
    pub fn of_empty_tree() -> Self {
        Self(Sha256::digest(b"").into())
    }

    /// The hash of an entry: `SHA-256(0x00 || entry)`.
    pub fn leaf(entry: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
    }

    /// The hash of two subtrees: `SHA-256(0x01 || left || right)`.
    pub fn node(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// Takes a finished hash.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = TreeError;

    fn from_str(text: &str) -> Result<Self, TreeError> {
        let bytes: Option<[u8; 32]> =
            STANDARD.decode(text).ok().and_then(|bytes: Vec<u8>| bytes.try_into().ok());
        bytes.map(Self).ok_or(TreeError::Hash)
    }
}

/// What can be wrong with trees and their tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Not a hash.
    #[error("a hash is 32 bytes in base64")]
    Hash,
    /// Larger than any tree may be.
    #[error("a tree has at most {MAX_SIZE} entries")]
    TooLarge,
    /// Bytes that are no frontier.
    #[error("a frontier is a size and one hash for each of its binary ones")]
    Frontier,
    /// A text that is no path of a tile or bundle.
    #[error("`{0}` is no path of a tile or an entry bundle")]
    Path(String),
    /// A tile whose bytes are not as many as its width says.
    #[error("`{path}` has {found} bytes where its width asks for {expected}")]
    Length {
        /// Path of the tile.
        path: String,
        /// Bytes that it has.
        found: usize,
        /// Bytes that it should have.
        expected: usize,
    },
    /// A tile that is needed and was not given.
    #[error("`{0}` is needed and was not given")]
    Missing(String),
    /// Tiles of another tree than the frontier is of.
    #[error("the tiles at the right edge are not those of the tree that is to be extended")]
    Edge,
}

/// The right edge of a tree: its size and the roots of the perfect subtrees that it consists of, the largest first. Enough to append and to tell
/// the root; at most 63 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> Hash {
        join(self.subtrees.iter().copied()).unwrap_or_else(Hash::of_empty_tree)
    }

    /// Appends the hash of an entry.
    pub fn append(&mut self, leaf: Hash) -> Result<(), TreeError> {
        let size = self.size.checked_add(1).filter(|size| *size <= MAX_SIZE).ok_or(TreeError::TooLarge)?;
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            // One subtree for each binary one of the size: the loop never runs out of them.
            if let Some(left) = self.subtrees.pop() {
                hash = Hash::node(left, hash);
            }
        }
        self.subtrees.push(hash);
        self.size = size;
        Ok(())
    }

    /// Size (eight bytes, big-endian) and hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let hashes = self.subtrees.iter().flat_map(|hash| hash.0);
        self.size.to_be_bytes().into_iter().chain(hashes).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TreeError> {
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(TreeError::Frontier)?;
        let size = u64::from_be_bytes(*size);
        let (subtrees, rest) = hashes.as_chunks::<32>();
        let whole = rest.is_empty() && size <= MAX_SIZE && subtrees.len() == size.count_ones() as usize;
        whole
            .then(|| Self { size, subtrees: subtrees.iter().copied().map(Hash).collect() })
            .ok_or(TreeError::Frontier)
    }
}

/// The root over perfect subtrees that lie beside one another, the largest first.
pub(crate) fn join(subtrees: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    subtrees.rev().reduce(|right, left| Hash::node(left, right))
}

/// A perfect subtree: `2^height` entries from `index * 2^height` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subtree {
    pub(crate) height: u32,
    pub(crate) index: u64,
}

/// The perfect subtrees that a range of entries consists of, from left to right. If the range is one of those into which RFC 6962 cuts a tree,
/// [`join`] over them is its hash.
pub(crate) fn subtrees(range: Range<u64>) -> Vec<Subtree> {
    let mut parts = Vec::new();
    let mut start = range.start;
    while let Some(height) = range.end.checked_sub(start).and_then(u64::checked_ilog2) {
        let height = height.min(start.trailing_zeros());
        parts.push(Subtree { height, index: start >> height });
        start = start.saturating_add(1 << height);
    }
    parts
}

/// The root of the tree of `size` entries, from its tiles: those that [`crate::tile::edge`] names.
pub fn root(size: u64, tiles: &TileSet) -> Result<Hash, TreeError> {
    tiles.range(0..size, size).map(|root| root.unwrap_or_else(Hash::of_empty_tree))
}
