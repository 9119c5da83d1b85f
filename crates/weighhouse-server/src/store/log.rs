//! The audit log as readers have it: entries, tiles, cosigned checkpoints. Reading, and what can be computed or asked for again.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use weighhouse_core::digest::{hex, unhex};
use weighhouse_log::tile::FULL;
use weighhouse_log::{Frontier, Hash, Record};

use super::change::Entity as _;
use super::releases::Release;
use super::{Result, Store, StoreError, count};

/// The latest checkpoint that witnesses have cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cosigned {
    pub(crate) size: u64,
    /// The signed note.
    pub(crate) checkpoint: String,
    /// When the cosignatures came.
    pub(crate) at: i64,
}

/// How a witness stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WitnessState {
    pub(crate) key: String,
    /// Size of what it has cosigned last.
    pub(crate) size: u64,
    pub(crate) cosigned: Option<i64>,
    pub(crate) tried: i64,
    /// Why it did not cosign when it was asked last.
    pub(crate) fault: Option<String>,
}

impl Store {
    /// The texts of `most` entries from number `first` on; fewer, if there are not so many.
    pub(crate) async fn entries_from(&self, first: u64, most: u16) -> Result<Vec<String>> {
        let query = sqlx::query("SELECT entry FROM log_records WHERE seq >= $1 AND seq < $2 ORDER BY seq");
        let rows = query.bind(first.cast_signed()).bind(end(first, most)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(row.try_get("entry")?)).collect()
    }

    /// Why a release was moved to where it is, if somebody said so then: it stands in the record of the move.
    pub(crate) async fn reason_of(&self, release: &Release) -> Result<Option<String>> {
        let record = self.entries_from(release.moved, 1).await?.pop();
        let record = record.and_then(|entry| Record::from_bytes(entry.as_bytes()).ok());
        let record = record.filter(|record| record.subject == release.subject());
        Ok(record.and_then(|record| {
            let (_, why) = record.detail.into_iter().find(|(word, _)| word.as_str() == "reason")?;
            Some(why)
        }))
    }

    /// `most` hashes of a level of tiles, from the one at `first` on: of entries, or of full subtrees of the level below.
    pub(crate) fn hashes(&self, level: u8, first: u64, most: u16) -> BoxFuture<'_, Result<Vec<Hash>>> {
        Box::pin(async move {
            if level == 0 {
                let query = sqlx::query(
                    "SELECT leaf AS hash FROM log_records WHERE seq >= $1 AND seq < $2 ORDER BY seq",
                );
                let query = query.bind(first.cast_signed()).bind(end(first, most));
                return query.fetch_all(self.pool()).await?.iter().map(hash).collect();
            }
            let query = sqlx::query(
                "SELECT place, hash FROM log_nodes WHERE level = $1 AND place >= $2 AND place < $3",
            );
            let query = query.bind(i64::from(level)).bind(first.cast_signed()).bind(end(first, most));
            let mut known = BTreeMap::new();
            for row in query.fetch_all(self.pool()).await? {
                known.insert(count(&row, "place")?, hash(&row)?);
            }
            let mut all = Vec::with_capacity(usize::from(most));
            for place in first..first.saturating_add(u64::from(most)) {
                all.push(match known.get(&place) {
                    Some(hash) => *hash,
                    None => self.node(level, place).await?,
                });
            }
            Ok(all)
        })
    }

    /// Computes the root of a full subtree, and keeps it.
    async fn node(&self, level: u8, place: u64) -> Result<Hash> {
        let below = level.saturating_sub(1);
        let parts = self.hashes(below, place.saturating_mul(u64::from(FULL)), FULL).await?;
        if parts.len() != usize::from(FULL) {
            return Err(StoreError::Log("a tile was asked for that is not full yet".to_owned()));
        }
        let mut tree = Frontier::new();
        for part in parts {
            tree.append(part).map_err(|error| StoreError::Log(error.to_string()))?;
        }
        let root = tree.root();
        let query = sqlx::query(
            "INSERT INTO log_nodes (level, place, hash) VALUES ($1, $2, $3) ON CONFLICT (level, place) DO NOTHING",
        );
        let query = query.bind(i64::from(level)).bind(place.cast_signed()).bind(hex(root.as_bytes()));
        query.execute(self.pool()).await?;
        Ok(root)
    }

    pub(crate) async fn cosigned(&self) -> Result<Option<Cosigned>> {
        let query = sqlx::query("SELECT * FROM log_cosigned WHERE id = 1");
        let row = query.fetch_optional(self.pool()).await?;
        let read = |row: &AnyRow| {
            Ok(Cosigned {
                size: count(row, "size")?,
                checkpoint: row.try_get("checkpoint")?,
                at: row.try_get("at")?,
            })
        };
        row.as_ref().map(read).transpose()
    }

    /// Keeps a cosigned checkpoint, unless a later one is kept already.
    pub(crate) async fn keep_cosigned(&self, new: &Cosigned) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO log_cosigned (id, size, checkpoint, at) VALUES (1, $1, $2, $3) ON CONFLICT (id) DO UPDATE \
             SET size = excluded.size, checkpoint = excluded.checkpoint, at = excluded.at WHERE log_cosigned.size <= excluded.size",
        );
        let query = query.bind(new.size.cast_signed()).bind(&new.checkpoint).bind(new.at);
        query.execute(self.pool()).await?;
        Ok(())
    }

    pub(crate) async fn witnesses(&self) -> Result<Vec<WitnessState>> {
        let rows = sqlx::query("SELECT * FROM witnesses ORDER BY key").fetch_all(self.pool()).await?;
        let read = |row: &AnyRow| {
            Ok(WitnessState {
                key: row.try_get("key")?,
                size: count(row, "size")?,
                cosigned: row.try_get("cosigned")?,
                tried: row.try_get("tried")?,
                fault: row.try_get("fault")?,
            })
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn keep_witness(&self, new: &WitnessState) -> Result<()> {
        let query = sqlx::query(
            "INSERT INTO witnesses (key, size, cosigned, tried, fault) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO UPDATE \
             SET size = excluded.size, cosigned = excluded.cosigned, tried = excluded.tried, fault = excluded.fault",
        );
        let query = query.bind(&new.key).bind(new.size.cast_signed()).bind(new.cosigned).bind(new.tried);
        query.bind(new.fault.clone()).execute(self.pool()).await?;
        Ok(())
    }
}

/// The number behind the last of `most` from `first` on.
fn end(first: u64, most: u16) -> i64 {
    first.saturating_add(u64::from(most)).cast_signed()
}

pub(crate) fn hash(row: &AnyRow) -> Result<Hash> {
    let text: String = row.try_get("hash")?;
    let bytes = unhex(&text).and_then(|bytes| bytes.try_into().ok());
    bytes.map(Hash::from_bytes).ok_or_else(|| StoreError::Log(format!("`{text}` is no hash")))
}
