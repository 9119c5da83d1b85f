//! Coverage: what was not looked at. A clean result needs full coverage; "not assessed" is never "fine".

use std::fmt;

use crate::location::Location;

/// Something that was not looked at, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageGap {
    /// Where.
    pub location: Location,
    /// Machine-readable reason (`limit:members`, `unknown-format`, `encrypted`, `unreadable` …).
    pub reason: &'static str,
    /// For the reader: lower case, no final stop, printable.
    pub detail: String,
    /// Whether a waiver accepts it.
    pub waived: bool,
}

/// How much of a file was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileCoverage {
    /// All of it.
    Full,
    /// Some of it; the gaps say what is missing.
    Partial,
    /// Nothing of it beyond its digest.
    None,
}

impl FileCoverage {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}

impl fmt::Display for FileCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
