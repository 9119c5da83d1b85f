//! Facts to findings.
//!
//! * [`source`]: where an artifact comes from (path, archive, standard input, Hub), as a list of files to read.
//! * [`engine`]: reads every file once (digest and facts in the same pass), runs the rules, then looks at the repository
//!   as a whole.
//! * [`rules`]: one file per rule. Rules read facts, never bytes.
//! * [`outline`]: what is kept of each file's facts so that revisions can be compared; [`diff`] compares them.
//! * [`cache`]: results of files that are the same since they were inspected.
//! * [`knowledge`]: what is known to be benign and dangerous, as data with a digest.
//!
//! Synchronous and parallel over files; nothing here prints, asks the clock or runs anything.

pub mod cache;
pub mod diff;
pub mod engine;
pub mod knowledge;
mod loading;
pub mod outline;
mod registry;
pub mod repository;
pub mod rule;
mod rules;
#[cfg(test)]
mod samples;
pub mod source;

pub use registry::RULES;
