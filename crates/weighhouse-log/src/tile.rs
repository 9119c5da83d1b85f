//! Tiles: the tree as a finite set of files that never change (C2SP tlog-tiles). A tile of level `l` holds up to 256 hashes of subtrees of `256^l`
//! entries; what lies between is computed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::number;
use crate::tree::{self, Frontier, Hash, MAX_SIZE, Subtree, TreeError};

/// Hashes of a full tile.
pub const FULL: u16 = 256;
/// Binary levels of the tree that one tile spans.
const HEIGHT: u32 = 8;

/// The name of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile of `level` at `index` with `width` hashes: 1 to 256.
    pub fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        (level < 64 && index <= MAX_SIZE && (1..=FULL).contains(&width)).then_some(Self {
            level,
            index,
            width,
        })
    }

    /// Level: 0 holds the hashes of entries.
    pub fn level(self) -> u8 {
        self.level
    }

    /// Place within the level.
    pub fn index(self) -> u64 {
        self.index
    }

    /// Number of hashes.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Length in bytes.
    pub fn bytes(self) -> usize {
        usize::from(self.width).saturating_mul(Hash::BYTES)
    }

    /// Path below the prefix of the log: `tile/0/x001/x234/067.p/8`.
    pub fn path(self) -> String {
        format!("tile/{}/{}{}", self.level, number::path(self.index), number::suffix(self.width))
    }

    /// The tile that `size` entries have at this place, if any.
    fn of_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(u32::from(level).saturating_mul(HEIGHT)).unwrap_or(0);
        let width = hashes.saturating_sub(index.saturating_mul(u64::from(FULL))).min(u64::from(FULL));
        Self::new(level, index, u16::try_from(width).ok()?)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl FromStr for Tile {
    type Err = TreeError;

    fn from_str(text: &str) -> Result<Self, TreeError> {
        let parse = || {
            let (level, place) = text.strip_prefix("tile/")?.split_once('/')?;
            let level = number::decimal(level).and_then(|level| u8::try_from(level).ok())?;
            let (index, width) = number::parse_path(place)?;
            Self::new(level, index, width)
        };
        parse().ok_or_else(|| TreeError::Path(text.to_owned()))
    }
}

/// Whether a log of `size` entries has this tile, in this width.
pub fn is_of_tree(tile: Tile, size: u64) -> bool {
    Tile::of_tree(tile.level, tile.index, size) == Some(tile)
}

/// The tiles at the right edge of a tree that are not full, from level 0 up: what must be read to extend it, and to tell its root.
pub fn edge(size: u64) -> Vec<Tile> {
    levels(size).filter_map(|(level, hashes)| Tile::of_tree(level, hashes / u64::from(FULL), size)).collect()
}

/// The tiles that a tree of `after` entries has and one of `before` had not, from level 0 up: the new ones, and those that grew.
pub fn grown(before: u64, after: u64) -> Vec<Tile> {
    let full = u64::from(FULL);
    let of_level = |(level, hashes): (u8, u64)| {
        let had = before >> u32::from(level).saturating_mul(HEIGHT);
        let places = if had < hashes { had / full..hashes.div_ceil(full) } else { 0..0 };
        places.filter_map(move |index| Tile::of_tree(level, index, after))
    };
    levels(after).flat_map(of_level).collect()
}

/// The levels of a tree and the number of hashes of each.
fn levels(size: u64) -> impl Iterator<Item = (u8, u64)> {
    (0_u8..8)
        .map(move |level| (level, size >> u32::from(level).saturating_mul(HEIGHT)))
        .take_while(|(_, hashes)| *hashes > 0)
}

/// Tiles that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileSet {
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl TileSet {
    /// No tiles.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the bytes of a tile. A wider tile serves where a narrower one of the same place is needed.
    pub fn insert(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), TreeError> {
        if bytes.len() != tile.bytes() {
            return Err(TreeError::Length { path: tile.path(), found: bytes.len(), expected: tile.bytes() });
        }
        let hashes = bytes.as_chunks::<32>().0.iter().copied().map(Hash::from_bytes).collect();
        self.take(tile, hashes);
        Ok(())
    }

    fn take(&mut self, tile: Tile, hashes: Vec<Hash>) {
        let place = self.tiles.entry((tile.level, tile.index)).or_default();
        if place.len() < hashes.len() {
            *place = hashes;
        }
    }

    /// Forgets all other tiles.
    pub fn keep(&mut self, tiles: &[Tile]) {
        let places: BTreeSet<(u8, u64)> = tiles.iter().map(|tile| (tile.level, tile.index)).collect();
        self.tiles.retain(|place, _| places.contains(place));
    }

    /// The hashes of a tile, if it is here in at least its width.
    pub fn hashes(&self, tile: Tile) -> Option<&[Hash]> {
        self.tiles.get(&(tile.level, tile.index))?.get(..usize::from(tile.width))
    }

    /// The hash of a perfect subtree of a tree of `size` entries.
    fn subtree(&self, subtree: Subtree, size: u64) -> Result<Hash, TreeError> {
        let (tile, first) = tile_of(subtree, size).ok_or(TreeError::TooLarge)?;
        let last = first.saturating_add(1 << (subtree.height % HEIGHT));
        let hashes = self.hashes(tile).and_then(|hashes| hashes.get(first..last));
        hashes.and_then(perfect).ok_or_else(|| TreeError::Missing(tile.path()))
    }

    /// The hash over a range into which RFC 6962 cuts a tree of `size` entries; nothing for an empty range.
    pub(crate) fn range(&self, range: Range<u64>, size: u64) -> Result<Option<Hash>, TreeError> {
        let parts = tree::subtrees(range);
        let hashes: Vec<Hash> =
            parts.into_iter().map(|part| self.subtree(part, size)).collect::<Result<_, _>>()?;
        Ok(tree::join(hashes.into_iter()))
    }
}

/// The tile in which the hashes of a subtree lie, and where in it they begin.
fn tile_of(subtree: Subtree, size: u64) -> Option<(Tile, usize)> {
    let level = u8::try_from(subtree.height / HEIGHT).ok()?;
    let first = subtree.index.checked_shl(subtree.height % HEIGHT)?;
    let tile = Tile::of_tree(level, first / u64::from(FULL), size)?;
    Some((tile, usize::try_from(first % u64::from(FULL)).ok()?))
}

/// The tiles that are needed for the hashes over these ranges.
pub(crate) fn needed(ranges: &[Range<u64>], size: u64) -> Vec<Tile> {
    let subtrees = ranges.iter().flat_map(|range| tree::subtrees(range.clone()));
    let tiles: BTreeSet<Tile> =
        subtrees.filter_map(|part| tile_of(part, size)).map(|(tile, _)| tile).collect();
    tiles.into_iter().collect()
}

/// The root over hashes that are a power of two in number.
fn perfect(hashes: &[Hash]) -> Option<Hash> {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        let (pairs, rest) = level.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        level = pairs.iter().map(|[left, right]| Hash::node(*left, *right)).collect();
    }
    level.first().copied()
}

/// What appending entries makes: the new frontier and the tiles to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The right edge of the new tree; its root is [`Frontier::root`].
    pub frontier: Frontier,
    /// Tiles that are new or grew, with their bytes: those of [`grown`], in its order.
    pub tiles: Vec<(Tile, Vec<u8>)>,
}

/// Appends the hashes of entries to a tree. `tiles` must hold those of [`edge`]; they are compared with the frontier, so that a tree is never
/// continued on tiles that somebody changed.
pub fn append(frontier: &Frontier, tiles: &TileSet, leaves: &[Hash]) -> Result<Appended, TreeError> {
    if tree::root(frontier.size(), tiles)? != frontier.root() {
        return Err(TreeError::Edge);
    }
    let mut after = frontier.clone();
    for leaf in leaves {
        after.append(*leaf)?;
    }
    let mut written = Vec::new();
    let (mut new, mut had) = (leaves.to_vec(), frontier.size());
    for level in 0_u8..8 {
        if new.is_empty() {
            break;
        }
        let mut index = had / u64::from(FULL);
        let mut hashes = match Tile::new(level, index, u16::try_from(had % u64::from(FULL)).unwrap_or(0)) {
            None => Vec::new(),
            Some(tile) => tiles.hashes(tile).ok_or_else(|| TreeError::Missing(tile.path()))?.to_vec(),
        };
        hashes.append(&mut new);
        for chunk in hashes.chunks(usize::from(FULL)) {
            let width = u16::try_from(chunk.len()).unwrap_or(FULL);
            let tile = Tile::new(level, index, width).ok_or(TreeError::TooLarge)?;
            written.push((tile, chunk.iter().flat_map(|hash| *hash.as_bytes()).collect()));
            if width == FULL {
                new.extend(perfect(chunk));
            }
            index = index.saturating_add(1);
        }
        had /= u64::from(FULL);
    }
    Ok(Appended { frontier: after, tiles: written })
}
