//! What loaders do with an artifact: the same bytes are a danger under one version and refused by the next.

use crate::location::Location;

/// What one loader does with a place in which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loading {
    /// The file, or the member of it, that the loader is given.
    pub location: Location,
    /// What happens then.
    pub behaviour: Behaviour,
}

/// How the versions of one loader behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behaviour {
    /// Name of the package or program.
    pub loader: &'static str,
    /// Its versions, as a PEP 440 specifier; `any` for all.
    pub versions: &'static str,
    /// The function or option that is used.
    pub call: &'static str,
    /// What it does.
    pub effect: LoadEffect,
    /// The same in a few words: lower case, no final stop.
    pub what: &'static str,
    /// Ids of advisories, separated by commas; empty if there are none.
    pub advisories: &'static str,
    /// Address of the page that says so.
    pub source: &'static str,
}

/// What loading does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoadEffect {
    /// Code that the artifact chooses runs.
    Runs,
    /// Memory of the loader is damaged.
    Harms,
    /// Files outside the artifact are read or written.
    Reads,
    /// The loader stops with an error.
    Refuses,
    /// What was found has no effect.
    Ignores,
}

impl LoadEffect {
    /// The word used in reports and data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Harms => "harms",
            Self::Reads => "reads",
            Self::Refuses => "refuses",
            Self::Ignores => "ignores",
        }
    }

    /// The effect that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Runs, Self::Harms, Self::Reads, Self::Refuses, Self::Ignores]
            .into_iter()
            .find(|effect| effect.as_str() == word)
    }

    /// Whether this version is one to avoid.
    pub const fn is_dangerous(self) -> bool {
        matches!(self, Self::Runs | Self::Harms | Self::Reads)
    }
}
