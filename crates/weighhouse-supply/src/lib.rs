//! The supply chain of an artifact: whose it is, what vouches for it, and what comes with it.
//!
//! Every thread answers a question about an artifact offline, says as of when and on what evidence, and says *not assessed* where it
//! could not answer. Nothing here judges bytes (that is `weighhouse-scan`) or decides (that is `weighhouse-policy`).

#![deny(clippy::indexing_slicing)]

pub mod advisories;
pub mod bom;
pub mod cards;
pub mod deps;
mod finding;
mod git;
pub mod health;
mod knowledge;
pub mod licence;
pub mod lineage;
mod lookalike;
pub mod materials;
pub mod signing;
pub mod statements;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
mod yaml;

use finding::finding;
pub use knowledge::digest;
use weighhouse_core::RuleMeta;

/// The rules of all threads, by id.
pub fn rules() -> Vec<&'static RuleMeta> {
    let mut rules: Vec<&'static RuleMeta> = Vec::new();
    rules.extend(health::rules::ALL);
    rules.extend(lineage::rules::ALL);
    rules.extend(deps::rules::ALL);
    rules.extend(licence::rules::ALL);
    rules.extend(signing::rules::ALL);
    rules.extend(statements::rules::ALL);
    rules.sort_by_key(|rule| rule.id);
    rules
}
