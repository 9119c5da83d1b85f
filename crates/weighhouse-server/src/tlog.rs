//! The audit log as others check it: checkpoints, tiles and entries (C2SP tlog-tiles), proofs of single records (C2SP tlog-proof).

use weighhouse_log::tile::FULL;
use weighhouse_log::tlog_proof::TlogProof;
use weighhouse_log::{Hash, SignedCheckpoint, Tile, TileSet, bundle, proof};

use crate::error::{GateError, Result};
use crate::gate::Gate;

/// For how long the gate shows a checkpoint that witnesses have cosigned, instead of its own newer one: witnesses that are silent must not
/// hide what happened since.
const SILENCE: i64 = 3600;

fn broken(error: impl std::fmt::Display) -> GateError {
    GateError::Internal(format!("the audit log: {error}; run `weighhouse gate audit`"))
}

impl Gate {
    /// The checkpoint that readers are shown: the one that witnesses have cosigned last, as long as they answer.
    pub(crate) async fn checkpoint(&self) -> Result<String> {
        let (size, head) = self.store.head().await?;
        let fresh = |at: i64| (at - SILENCE..=at + SILENCE).contains(&self.now());
        let cosigned = self.store.cosigned().await?.filter(|one| one.size == size || fresh(one.at));
        // One of another log, or of a time before the database was restored, is not shown.
        let ours = cosigned.map(|one| one.checkpoint).filter(|text| self.is_ours(text, size));
        Ok(ours.unwrap_or(head))
    }

    fn is_ours(&self, checkpoint: &str, size: u64) -> bool {
        let signed = checkpoint.parse::<SignedCheckpoint>();
        signed.is_ok_and(|signed| signed.verify(self.log_key()).is_ok_and(|head| head.size() <= size))
    }

    /// The bytes of a tile, if the log has it.
    pub(crate) async fn tile(&self, tile: Tile) -> Result<Vec<u8>> {
        let missing = || GateError::Missing(format!("`{tile}`"));
        let (size, _) = self.store.head().await?;
        let hashes = size.checked_shr(u32::from(tile.level()) * 8).unwrap_or(0);
        let first = tile.index().checked_mul(u64::from(FULL)).ok_or_else(missing)?;
        let end = first.checked_add(u64::from(tile.width())).filter(|end| *end <= hashes);
        end.ok_or_else(missing)?;
        let hashes = self.store.hashes(tile.level(), first, tile.width()).await?;
        Ok(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }

    /// The entries of a bundle, if the log has them.
    pub(crate) async fn entries(&self, bundle: bundle::Bundle) -> Result<Vec<u8>> {
        let entries = self.store.entries_from(bundle.entries().start, bundle.width()).await?;
        if entries.len() < usize::from(bundle.width()) {
            return Err(GateError::Missing(format!("`{bundle}`")));
        }
        bundle::encode(entries).map_err(broken)
    }

    /// One record as it was logged.
    pub(crate) async fn record(&self, index: u64) -> Result<String> {
        let missing = || GateError::Missing(format!("record {index}"));
        let known = i64::try_from(index).is_ok();
        let found = if known { self.store.entries_from(index, 1).await? } else { Vec::new() };
        found.into_iter().next().ok_or_else(missing)
    }

    /// The proof that a record is in the log. It is checked before it is given: edited tiles make none.
    pub(crate) async fn proof_of(&self, index: u64) -> Result<TlogProof> {
        let entry = self.record(index).await?;
        let shown: SignedCheckpoint = self.checkpoint().await?.parse().map_err(broken)?;
        let checkpoint = if shown.checkpoint().size() > index {
            shown
        } else {
            self.store.head().await?.1.parse().map_err(broken)?
        };
        let head = checkpoint.checkpoint();
        let (size, root) = (head.size(), head.root());
        let tiles = self.tiles(&proof::inclusion_tiles(index, size).map_err(broken)?).await?;
        let path = proof::inclusion(index, size, &tiles).map_err(broken)?;
        proof::verify_inclusion(Hash::leaf(entry.as_bytes()), index, size, &path, root).map_err(broken)?;
        Ok(TlogProof { extra: None, index, path, checkpoint })
    }

    /// The proof that the log of `old` records is the beginning of the one of `size`.
    pub(crate) async fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>> {
        let (now, _) = self.store.head().await?;
        if old > size || size > now {
            let why = format!("the log has {now} records; ask from an older size to one that it has");
            return Err(GateError::Invalid(why));
        }
        let tiles = self.tiles(&proof::consistency_tiles(old, size).map_err(broken)?).await?;
        proof::consistency(old, size, &tiles).map_err(broken)
    }

    async fn tiles(&self, wanted: &[Tile]) -> Result<TileSet> {
        let mut tiles = TileSet::new();
        for tile in wanted {
            tiles.insert(*tile, &self.tile(*tile).await?).map_err(broken)?;
        }
        Ok(tiles)
    }
}
