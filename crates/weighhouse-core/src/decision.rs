//! Decisions: what a policy says about an inspection, with reasons.

use std::fmt;

use crate::digest::Digest;
use crate::finding::Fingerprint;

/// What a policy decides. Ordered: the worst reason decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// May be used.
    Allow,
    /// A person must look first.
    NeedsApproval,
    /// May not be used.
    Deny,
}

impl Outcome {
    /// The word printed as verdict: `pass`, `review`, `fail`.
    pub fn verdict(self) -> &'static str {
        match self {
            Self::Allow => "pass",
            Self::NeedsApproval => "review",
            Self::Deny => "fail",
        }
    }

    /// The word that policies, reports and the audit log write: `allow`, `needs-approval`, `deny`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::NeedsApproval => "needs-approval",
            Self::Deny => "deny",
        }
    }

    /// The outcome of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Allow, Self::NeedsApproval, Self::Deny].into_iter().find(|outcome| outcome.word() == word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::NeedsApproval => "needs approval",
            Self::Deny => "deny",
        })
    }
}

/// A decision that explains itself and can be replayed: same policy digest and same fact digest, same decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The worst outcome of all reasons; [`Outcome::Allow`] only if the policy permits and nothing forbids.
    pub outcome: Outcome,
    /// The profile it was made under.
    pub profile: String,
    /// Digest of schema and policies.
    pub policy: Digest,
    /// Digest of the fact document.
    pub facts: Digest,
    /// Why, worst first.
    pub reasons: Vec<Reason>,
}

/// Why a decision is as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Id of the policy.
    pub policy: String,
    /// What this policy asks for.
    pub outcome: Outcome,
    /// The policy's message: a sentence for people.
    pub message: String,
    /// The findings it rests on.
    pub findings: Vec<Fingerprint>,
}
