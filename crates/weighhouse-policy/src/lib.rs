//! Decisions: findings and coverage in, a decision with reasons out.
//!
//! The host computes a small typed fact document ([`Facts`]); Cedar policies judge it ([`PolicySet`]); [`evaluate`] turns
//! their answers into a [`Decision`](weighhouse_core::Decision). Evaluation is total and pure: no clock, no I/O, the same
//! policy digest and fact digest give the same decision. It fails closed, the inverse of Cedar's own habit of skipping a
//! policy that errs: an error denies, an empty policy set denies, and incomplete coverage never passes, whatever the
//! policies say.
//!
//! Not here: reading files (callers hand in texts), waivers (they mark findings before; see `weighhouse_core::waiver`),
//! configuration, rendering.

#![deny(clippy::indexing_slicing)]

mod access;
mod canonical;
mod classes;
mod compile;
mod enact;
mod entities;
mod evaluate;
mod facts;
mod messages;
mod profile;
mod read;
mod release;
mod set;
mod statement;
mod suite;

pub use access::{Access, Person, permits};
pub use enact::{Consent, enact};
pub use evaluate::{EVALUATION_ERROR, INCOMPLETE_COVERAGE, NOTHING_PERMITS, decide, evaluate};
pub use facts::{ArtifactFacts, Facts, FindingFacts};
pub use profile::Profile;
pub use read::InvalidFacts;
pub use release::{Attested, ReleaseDecision, Standing, release};
pub use set::{Base, DEFAULT_POLICIES, PolicyInfo, PolicySet, SCHEMA, is_answer};
pub use suite::{Outcomes, Suite};

#[cfg(test)]
mod tests;
