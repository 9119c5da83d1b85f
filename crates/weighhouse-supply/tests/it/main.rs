//! The crate from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

mod osv;
mod verdicts;
