//! R's serialisation: `.rds` of one object, `.RData` of several; versions 2 and 3; XDR, native binary and text.
//!
//! Follows `serialize.c`. Every kind of object is walked: vectors, pairs, closures, environments, promises, byte code, references,
//! compact vectors. Numbers are passed over. Names in language objects are recorded with the place they stand in: code in a
//! promise runs when the value is touched (CVE-2024-27322), code in a function when it is called, and a call kept as data is what
//! every fitted model has. Limits: the budget, [`DEEPEST`] objects within one another, [`MOST_REFERENCES`].

mod encoding;
mod facts;
mod header;
mod items;
mod natives;
mod walk;

#[cfg(test)]
mod tests;

pub use facts::{RComputed, RFacts, RName, RNative, RPlace, RRole};
pub use header::probe;
pub use walk::parse;

/// Objects within one another; R itself gives up before.
const DEEPEST: usize = 20_000;
/// Symbols, environments and their kin that later references can mean.
const MOST_REFERENCES: usize = 1 << 20;
