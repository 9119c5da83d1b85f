//! MessagePack, in which Flax keeps its checkpoints: maps, lists, texts, bytes, extensions.
//!
//! Follows the published specification, and for extensions what Flax (1: array, 2: complex number, 3: scalar) and
//! `msgpack_numpy` (a map with the key `nd`) write. Arrays are checked against their shape and type and never read. Bytes and
//! extensions of other kinds that have a structure of their own are children. Limits: the budget, [`DEPTH`] levels.

mod array;
mod probe;
mod walk;
mod wire;

#[cfg(test)]
mod tests;

pub use probe::probe;
pub use walk::parse;

/// Objects and lists within one another; the reference reader stops at a thousand, checkpoints have a few dozen.
const DEPTH: usize = 256;
