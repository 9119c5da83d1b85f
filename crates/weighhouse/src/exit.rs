//! Exit codes: the same for every command and every output format.

use std::process::ExitCode;

use weighhouse_core::Outcome;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allowed; nothing found at the threshold.
    Allowed = 0,
    /// Denied, or the threshold was met.
    Denied = 1,
    /// Usage or configuration: the user can mend it.
    Usage = 2,
    /// Incomplete, or a person must approve.
    Incomplete = 3,
    /// Our bug.
    Internal = 70,
}

/// A mistake in what the user gave: command line, target, configuration.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Mistake(pub(crate) String);

impl Exit {
    /// The exit code of a failed operation: what the user can mend is usage, the rest is incomplete.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let usage = error
            .chain()
            .any(|cause| cause.is::<Mistake>() || cause.is::<weighhouse_scan::source::SourceError>());
        if usage { Self::Usage } else { Self::Incomplete }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allow => Self::Allowed,
            Outcome::NeedsApproval => Self::Incomplete,
            Outcome::Deny => Self::Denied,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
