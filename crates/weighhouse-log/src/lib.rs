//! The tamper-evident audit log, as [C2SP](https://c2sp.org) specifies logs of this kind: a Merkle tree (RFC 6962) served in tiles
//! (tlog-tiles), its head as a signed note (signed-note, tlog-checkpoint), cosigned by witnesses (tlog-cosignature, tlog-witness), and proofs
//! that are checked without a network (tlog-proof, tlog-policy). Its entries are [`record::Record`]s.
//!
//! Everything here is a function of its arguments: no storage, no network, no clock, no async. Who keeps a log does the reading and
//! writing, and asks here which tiles are needed and what their bytes are. The one thing asked of the system is randomness, for
//! new keys and salts.
//!
//! A hash chain alone proves nothing against who keeps the database: they can write it anew. What they cannot make anew is what a witness
//! has signed, so a log is worth as much as the witnesses that the reader's policy names.

#![deny(clippy::indexing_slicing)]

pub mod bundle;
pub mod checkpoint;
pub mod note;
mod number;
pub mod policy;
pub mod proof;
pub mod record;
pub mod release;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod verify;
pub mod witness;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use note::{Algorithm, Note, SecretKey, Signature, SignerKey, VerifierKey};
pub use policy::Policy;
pub use record::Record;
pub use tile::{Tile, TileSet};
pub use tlog_proof::TlogProof;
pub use tree::{Frontier, Hash};
