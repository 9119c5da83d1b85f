//! For tests and fuzz targets: a log in memory, keys that are no secret, and what the fuzz target runs.

mod fuzz;

use std::collections::BTreeMap;

use crate::bundle::{self, Bundle};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::note::{Algorithm, KeyError, SecretKey, SignerKey};
use crate::record::{Actor, Record, RecordError};
use crate::tile::{self, Tile, TileSet};
use crate::tree::{Frontier, Hash, TreeError};

pub use fuzz::log;

/// A key that everybody knows: its seed is this byte, 32 times.
pub fn known_key(name: &str, algorithm: Algorithm, seed: u8) -> Result<SignerKey, KeyError> {
    SecretKey::from_seed(name, algorithm, [seed; 32])?.signer()
}

/// A log in memory, kept as the specification says: entries, and tiles that were written once and never again.
#[derive(Debug, Clone, Default)]
pub struct MemoryLog {
    /// The entries.
    pub entries: Vec<Vec<u8>>,
    /// Right edge of the tree.
    pub frontier: Frontier,
    /// Every tile that was ever written.
    pub tiles: BTreeMap<Tile, Vec<u8>>,
}

impl MemoryLog {
    /// Appends entries in one go.
    pub fn append(&mut self, entries: impl IntoIterator<Item = Vec<u8>>) -> Result<(), TreeError> {
        let entries: Vec<Vec<u8>> = entries.into_iter().collect();
        let leaves: Vec<Hash> = entries.iter().map(|entry| Hash::leaf(entry)).collect();
        let edge = self.read(&tile::edge(self.frontier.size()))?;
        let appended = tile::append(&self.frontier, &edge, &leaves)?;
        self.entries.extend(entries);
        self.frontier = appended.frontier;
        self.tiles.extend(appended.tiles);
        Ok(())
    }

    /// Tiles by name.
    pub fn read(&self, tiles: &[Tile]) -> Result<TileSet, TreeError> {
        let mut set = TileSet::new();
        for tile in tiles {
            let bytes = self.tiles.get(tile).ok_or_else(|| TreeError::Missing(tile.path()))?;
            set.insert(*tile, bytes)?;
        }
        Ok(set)
    }

    /// The head, unsigned.
    pub fn head(&self, origin: &str) -> Option<Checkpoint> {
        Checkpoint::new(origin, self.frontier.size(), self.frontier.root()).ok()
    }

    /// The head, signed.
    pub fn signed(&self, key: &SignerKey) -> Option<SignedCheckpoint> {
        self.head(key.verifier().name())?.sign(key).ok()
    }

    /// Every file of the log but its checkpoint, by path: current tiles and bundles.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let size = self.frontier.size();
        let tiles = self.tiles.iter().filter(|(tile, _)| tile::is_of_tree(**tile, size));
        let tiles = tiles.map(|(tile, bytes)| (tile.path(), bytes.clone()));
        tiles.chain(bundle::all(size).filter_map(|one| Some((one.path(), self.bundle(one)?)))).collect()
    }

    /// The bytes of a bundle.
    pub fn bundle(&self, bundle: Bundle) -> Option<Vec<u8>> {
        let (start, end) = (bundle.entries().start, bundle.entries().end);
        let entries = self.entries.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
        bundle::encode(entries).ok()
    }
}

/// A record that moves a subject from one state to another.
pub fn record(
    seq: u64,
    subject: &str,
    previous: Option<&str>,
    next: Option<&str>,
) -> Result<Record, RecordError> {
    Ok(Record {
        seq,
        at: "2026-11-22T01:02:03Z".parse()?,
        actor: Actor::Service("worker".parse()?),
        action: "revision.move".parse()?,
        subject: subject.to_owned(),
        objects: Vec::new(),
        decision: None,
        evidence: Vec::new(),
        detail: BTreeMap::new(),
        previous: previous.map(str::to_owned),
        next: next.map(str::to_owned),
    })
}
