//! The vocabulary of Weighhouse, shared by every other crate.
//!
//! No I/O, no clock, no randomness, no async, no serialisation: wire formats are other crates' business and are never
//! these types. Everything here is a plain value.

#![deny(clippy::indexing_slicing)]

pub mod artifact;
pub mod assessment;
pub mod coverage;
pub mod date;
pub mod decision;
pub mod diagnostic;
pub mod diff;
pub mod digest;
pub mod finding;
pub mod inspection;
pub mod loading;
pub mod location;
pub mod outline;
pub mod printable;
pub mod release;
pub mod rule;
pub mod severity;
pub mod waiver;
pub mod words;

pub use artifact::{Artifact, FileRecord};
pub use assessment::{Answer, Assessment, Basis, FactValue, State, Thread};
pub use coverage::{CoverageGap, FileCoverage};
pub use date::Date;
pub use decision::{Decision, Outcome, Reason};
pub use diagnostic::Diagnostic;
pub use diff::Diff;
pub use digest::Digest;
pub use finding::{Finding, Fingerprint};
pub use inspection::{Advice, Inspection, Tool};
pub use loading::{Behaviour, LoadEffect, Loading};
pub use location::{Location, TextPosition};
pub use outline::{Item, ItemKind, Outline, Standing};
pub use release::{Intake, ReleaseState, Share};
pub use rule::{RuleMeta, RuleStatus};
pub use severity::{Confidence, Severity};
pub use waiver::Waiver;
