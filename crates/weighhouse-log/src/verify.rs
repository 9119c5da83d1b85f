//! The check of a whole log: every entry is the record that belongs there, the states of subjects follow from one another, and the tree over
//! the entries is the one that the checkpoint names.

use std::collections::BTreeMap;

use crate::bundle::{self, Bundle, BundleError};
use crate::checkpoint::Checkpoint;
use crate::record::{Record, RecordError};
use crate::tile::{self, Tile, TileSet};
use crate::tree::{Frontier, Hash, TreeError};

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An entry is not the one whose hash the tree holds.
    #[error("entry {index} is not the one that was logged: its hash is `{found}`, the tree has `{stored}`")]
    Entry {
        /// Index of the entry.
        index: u64,
        /// Hash of the entry as it is.
        found: Hash,
        /// Hash in the tile.
        stored: Hash,
    },
    /// An entry is no record.
    #[error("entry {index}: {cause}")]
    Record {
        /// Index of the entry.
        index: u64,
        /// Why.
        cause: RecordError,
    },
    /// A record has the number of another.
    #[error("entry {index} has the sequence number {seq}")]
    Sequence {
        /// Index of the entry.
        index: u64,
        /// Number in its record.
        seq: u64,
    },
    /// A record does not begin where the one before ended.
    #[error(
        "entry {index} says that `{subject}` was {}, but the entries before leave it {}",
        state(.said.as_deref()),
        state(.replayed.as_deref())
    )]
    State {
        /// Index of the entry.
        index: u64,
        /// The subject.
        subject: String,
        /// State before, as the record says.
        said: Option<String>,
        /// State before, as replayed.
        replayed: Option<String>,
    },
    /// A bundle is broken.
    #[error("`{path}`: {cause}")]
    Bundle {
        /// Path of the bundle.
        path: String,
        /// Why.
        cause: BundleError,
    },
    /// A tile is not the one that the entries make.
    #[error("`{0}` is not the tile that the entries make")]
    Tile(String),
    /// More or fewer entries than the checkpoint says.
    #[error("the log has {found} entries, its checkpoint says {expected}")]
    Size {
        /// Entries that were read.
        found: u64,
        /// Entries that the checkpoint says.
        expected: u64,
    },
    /// Another tree than the checkpoint's.
    #[error("the entries make the root `{found}`, the checkpoint says `{expected}`")]
    Root {
        /// Root over the entries.
        found: Hash,
        /// Root of the checkpoint.
        expected: Hash,
    },
    /// A tree cannot go on.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

fn state(state: Option<&str>) -> String {
    state.map_or_else(|| "without a state".to_owned(), |state| format!("`{state}`"))
}

/// A log that is read from its beginning, entry by entry.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    frontier: Frontier,
    states: BTreeMap<String, String>,
}

impl Replay {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on where an earlier check ended, with the states it left.
    pub fn resume(frontier: Frontier, states: BTreeMap<String, String>) -> Self {
        Self { frontier, states }
    }

    /// Size and root of what was read.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The state of every subject that has one, as the records leave it. As large as the number of subjects.
    pub fn states(&self) -> &BTreeMap<String, String> {
        &self.states
    }

    /// Reads the next entry. `stored` is its hash as kept in the level 0 tile: with it, the first entry that somebody changed is named;
    /// without it, only that the root is another. After a fault nothing is counted as read.
    pub fn push(&mut self, entry: &[u8], stored: Option<Hash>) -> Result<Record, Fault> {
        let index = self.frontier.size();
        let found = Hash::leaf(entry);
        if let Some(stored) = stored.filter(|stored| *stored != found) {
            return Err(Fault::Entry { index, found, stored });
        }
        let record = Record::from_bytes(entry).map_err(|cause| Fault::Record { index, cause })?;
        if record.seq != index {
            return Err(Fault::Sequence { index, seq: record.seq });
        }
        self.follow(index, &record)?;
        self.frontier.append(found)?;
        Ok(record)
    }

    /// The state of the subject must be what the record says it was.
    fn follow(&mut self, index: u64, record: &Record) -> Result<(), Fault> {
        if record.previous.is_none() && record.next.is_none() {
            return Ok(());
        }
        let replayed = self.states.get(&record.subject);
        if replayed != record.previous.as_ref() {
            let (subject, said) = (record.subject.clone(), record.previous.clone());
            return Err(Fault::State { index, subject, said, replayed: replayed.cloned() });
        }
        match &record.next {
            Some(next) => self.states.insert(record.subject.clone(), next.clone()),
            None => self.states.remove(&record.subject),
        };
        Ok(())
    }

    /// The log ends here: compares it with its checkpoint. Who signed that is checked before ([`crate::policy::Policy::check`]).
    pub fn finish(&self, head: &Checkpoint) -> Result<(), Fault> {
        let (found, expected) = (self.frontier.size(), head.size());
        if found != expected {
            return Err(Fault::Size { found, expected });
        }
        let (found, expected) = (self.frontier.root(), head.root());
        if found == expected { Ok(()) } else { Err(Fault::Root { found, expected }) }
    }
}

/// What a bundle gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its records.
    pub records: Vec<Record>,
    /// The tiles that the entries up to here make, with their bytes: those that this bundle adds or lets grow.
    pub tiles: Vec<(Tile, Vec<u8>)>,
}

/// A log that is read in bundles and compared with its tiles: all that C2SP tlog-tiles serves.
#[derive(Debug, Clone, Default)]
pub struct TileReplay {
    replay: Replay,
    edge: TileSet,
}

impl TileReplay {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was read so far.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Reads the next bundle. `leaves` are the hashes of its entries as the log keeps them: the bytes of the level 0 tile of the same place.
    /// Of the tiles that come back, the caller compares those that the log has ([`tile::is_of_tree`]).
    pub fn push(&mut self, bundle: Bundle, bytes: &[u8], leaves: &[u8]) -> Result<Read, Fault> {
        let malformed = |cause| Fault::Bundle { path: bundle.path(), cause };
        let entries = bundle::decode(bytes, bundle.width()).map_err(malformed)?;
        let tile = Tile::new(0, bundle.index(), bundle.width()).ok_or(TreeError::TooLarge)?;
        let mut stored = TileSet::new();
        stored.insert(tile, leaves)?;
        let stored = stored.hashes(tile).unwrap_or_default().to_vec();
        let before = self.replay.frontier.clone();
        let pairs = entries.into_iter().zip(&stored);
        let records: Vec<Record> =
            pairs.map(|(entry, leaf)| self.replay.push(entry, Some(*leaf))).collect::<Result<_, _>>()?;
        let tiles = tile::append(&before, &self.edge, &stored)?.tiles;
        for (tile, bytes) in &tiles {
            self.edge.insert(*tile, bytes)?;
        }
        self.edge.keep(&tile::edge(self.replay.frontier.size()));
        Ok(Read { records, tiles })
    }
}
