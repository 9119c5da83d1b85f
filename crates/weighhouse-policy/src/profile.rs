//! Profiles: named thresholds. What they mean is written in the policies; a profile only carries numbers.

use weighhouse_core::{Confidence, Severity};

/// The thresholds under which a decision is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name: a built-in one or one from the configuration.
    pub name: String,
    /// Findings at least this severe, and at least as sure as `min_confidence`, deny.
    pub deny_at: Severity,
    /// Findings at least this severe need approval.
    pub review_at: Severity,
    /// Findings less sure than this do not deny; they may still need approval.
    pub min_confidence: Confidence,
    /// Whether incomplete coverage denies; otherwise it needs approval. It never passes.
    pub complete_coverage: bool,
}

impl Profile {
    /// The name of the profile used when none is chosen.
    pub const DEFAULT: &'static str = "internal";

    /// Names of the built-in profiles, from the loosest to the strictest.
    pub const BUILT_IN: &'static [&'static str] = &["research", "internal", "production"];

    /// The built-in profile of this name.
    pub fn built_in(name: &str) -> Option<Self> {
        let (deny_at, review_at, min_confidence, complete_coverage) = match name {
            "research" => (Severity::Critical, Severity::High, Confidence::Medium, false),
            "internal" => (Severity::High, Severity::Medium, Confidence::Medium, false),
            "production" => (Severity::High, Severity::Low, Confidence::Low, true),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), deny_at, review_at, min_confidence, complete_coverage })
    }
}

impl Default for Profile {
    /// `internal`.
    fn default() -> Self {
        Self {
            name: Self::DEFAULT.to_owned(),
            deny_at: Severity::High,
            review_at: Severity::Medium,
            min_confidence: Confidence::Medium,
            complete_coverage: false,
        }
    }
}
