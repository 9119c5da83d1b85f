//! MessagePack, in which Flax keeps its checkpoints: maps, lists, texts, bytes, extensions.
//!
//! Follows the published specification, and for extensions what Flax (1: array, 2: complex number, 3: scalar), `LangGraph`
//! (0 to 5: something to import and call; 6: array; 7: part of a state) and `msgpack_numpy` (a map with the key `nd`) write.
//! Types of extensions are everybody's, so what they hold decides who wrote them. Arrays are checked against their shape and
//! type and never read. Bytes and extensions of other kinds that have a structure of their own are children. Limits: the
//! budget, [`DEPTH`] levels.

mod array;
mod extension;
mod payload;
mod probe;
mod walk;
mod wire;

#[cfg(test)]
mod tests;

pub use probe::probe;
pub use walk::parse;

/// Objects and lists within one another; the reference reader stops at a thousand, checkpoints have a few dozen.
const DEPTH: usize = 256;
