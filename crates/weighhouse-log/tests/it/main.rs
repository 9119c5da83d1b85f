//! The log as its users have it: through the public interface.

#![expect(clippy::unwrap_used, reason = "a test as a whole, helpers included")]

mod example;
mod go;
mod notes;
mod policies;
mod proofs;
mod records;
mod replay;
mod tiles;
mod vectors;
mod witnesses;
