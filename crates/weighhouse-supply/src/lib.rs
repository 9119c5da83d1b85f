//! The supply chain of an artifact: whose it is, what vouches for it, and what comes with it.
//!
//! Every thread answers a question about an artifact offline, says as of when and on what evidence, and says *not assessed* where it
//! could not answer. Nothing here judges bytes (that is `weighhouse-scan`) or decides (that is `weighhouse-policy`).

#![deny(clippy::indexing_slicing)]

pub mod signing;
