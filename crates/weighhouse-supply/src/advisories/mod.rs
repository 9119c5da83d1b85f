//! Known vulnerabilities: advisories in the OSV format, kept in an index that is read by key, and evaluated as OSV says.
//!
//! [`import`] turns the dump of an ecosystem (`all.zip`, one JSON document per advisory) into one file; [`Index`] opens it and reads the
//! advisories of one package at a time, so that a dump of any size costs nothing until it is asked. [`Advisory::judge`] says whether a
//! version is affected; [`group`] joins what different databases call by different names. Every index carries the digest and the day of
//! its dump, and both stand in every answer.
//!
//! Schema: <https://ossf.github.io/osv-schema/> (1.7).

mod advisory;
mod aliases;
mod archive;
mod ecosystem;
mod evaluate;
mod import;
mod index;
mod osv;
mod severity;
mod version;
pub mod vex;

pub use advisory::{Advisory, Affected, Bound, Range};
pub use aliases::{group, preferred};
pub use ecosystem::Ecosystem;
pub use evaluate::Verdict;
pub use import::{ImportError, Imported, import};
pub use index::{Advisories, Index, IndexError, file_name};
pub use severity::{Rating, Vector};
pub use version::Version;

#[cfg(test)]
mod tests;
