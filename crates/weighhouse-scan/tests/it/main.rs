//! Everything hostile that is known by class, everything benign that is at hand, and what lies between: targets on disk
//! that are no plain files, and files broken byte by byte.
//!
//! Samples are assembled in the tests; commands in them are inert (`id`, `true`).

#![cfg(test)]

mod attack;
mod benign;
mod corpus;
mod hostile;
mod mutations;
mod opaque;
mod ordinary;
#[cfg(unix)]
mod targets;
