//! Apache MXNet: the graph as JSON (`-symbol.json`), the arrays in a form of its own (`.params`).
//!
//! The graph is a relation: the document was read as JSON, and is read here once more as MXNet reads it. Arrays are read as
//! `NDArray::Load` does: magic number, kind of storage, shapes, type, data; then their names.

mod params;
mod symbol;
#[cfg(test)]
mod tests;

pub use params::parse;
pub(crate) use params::probe;
pub(crate) use symbol::relate;
