//! Findings: what a rule says about an artifact.

use std::fmt;
use std::str::FromStr;

use crate::digest::{Digest, unhex};
use crate::location::Location;
use crate::rule::RuleMeta;
use crate::severity::{Confidence, Severity};

/// The result of a rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static RuleMeta,
    /// Impact if true.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One line that stands alone: lower case, no final stop, values in backticks, safe to print.
    pub headline: String,
    /// Where.
    pub location: Location,
    /// What was seen, short and printable; secrets are redacted.
    pub evidence: Option<String>,
    /// What to do.
    pub remediation: String,
    /// Stable identity across runs.
    pub fingerprint: Fingerprint,
    /// The waiver that accepts it, by index into the configuration's waivers.
    pub waived: Option<WaivedBy>,
}

/// Which waiver accepts a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaivedBy {
    /// Who owns the waiver.
    pub owner: String,
    /// Why it was given.
    pub reason: String,
    /// Its last day.
    pub expires: crate::date::Date,
}

/// Identity of a finding that survives re-runs and shifted lines: rule, file, member, symbolic key, evidence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Computes it. Byte offsets and lines do not take part; `evidence` is compared without white space.
    pub fn new(rule: &str, location: &Location, evidence: Option<&str>) -> Self {
        let mut text = String::new();
        let members = location.members.iter().map(String::as_str);
        let fixed = [rule, location.file.as_str(), location.key.as_deref().unwrap_or_default()];
        for part in fixed.into_iter().chain(members) {
            text.push_str(part);
            text.push('\0');
        }
        text.extend(evidence.unwrap_or_default().split_whitespace());
        let digest = Digest::of(text.as_bytes());
        Self(digest.as_bytes().first_chunk().copied().unwrap_or_default())
    }
}

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fingerprint; a fingerprint is 32 hex digits")]
pub struct InvalidFingerprint(String);

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| InvalidFingerprint(text.to_owned()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
