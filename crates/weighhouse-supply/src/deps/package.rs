//! A package that a target names, and what was wrong where it names them.

use std::fmt;

use weighhouse_core::location::TextPosition;
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Basis, Location};

use crate::advisories::Ecosystem;

/// Packages of one file.
const MOST: usize = 200_000;
/// Characters of a name, a version or a condition.
const LONGEST: usize = 256;

/// How sure it is that a package, in this version, comes with the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Shipped code imports it; the version is anybody's guess.
    InferredImport,
    /// The model says that it was made with it. Whoever loads the model may have another one.
    MadeWith,
    /// It is asked for, in a range of versions.
    Declared,
    /// It is there, or will be installed, in exactly this version.
    Pinned,
}

impl Confidence {
    /// All of them, the surest first.
    pub const ALL: [Self; 4] = [Self::Pinned, Self::Declared, Self::MadeWith, Self::InferredImport];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Declared => "declared",
            Self::MadeWith => "declared by the model",
            Self::InferredImport => "inferred from imports",
        }
    }

    /// How a package is known that is named in this way.
    pub fn basis(self) -> Basis {
        match self {
            Self::Pinned | Self::Declared | Self::MadeWith => Basis::Declared,
            Self::InferredImport => Basis::Inferred,
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// This one.
    Exact(String),
    /// One that fits, as the ecosystem writes it: `>=1.0,<2`.
    Range(String),
    /// Any.
    Any,
}

impl Wanted {
    /// The version, if there is one.
    pub fn exact(&self) -> Option<&str> {
        match self {
            Self::Exact(version) => Some(version),
            Self::Range(_) | Self::Any => None,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) | Self::Range(text) => f.pad(text),
            Self::Any => f.pad("any version"),
        }
    }
}

/// A package that a target names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name, as its registry compares it. Safe to print.
    pub name: String,
    /// Which version. Safe to print.
    pub wanted: Wanted,
    /// How sure.
    pub confidence: Confidence,
    /// Where it is named.
    pub location: Location,
    /// What names it: `requirements`, `uv.lock`, `gguf` …
    pub source: &'static str,
    /// Under which condition (a marker, a group), as written. Safe to print.
    pub condition: Option<String>,
    /// Only needed by those who develop, build or extend it.
    pub aside: bool,
}

/// What is wrong with a file that names packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub location: Location,
    /// What kind.
    pub kind: TroubleKind,
    /// One line, safe to print.
    pub detail: String,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleKind {
    /// It includes a file outside the target.
    Outside,
    /// It includes what is not there, or not on this machine.
    Missing,
    /// It cannot be read.
    Unreadable,
}

/// What was read of one file.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) file: String,
    pub(super) source: &'static str,
    pub(super) packages: Vec<Package>,
    pub(super) troubles: Vec<Trouble>,
}

impl Found {
    pub(super) fn new(file: &str, source: &'static str) -> Self {
        Self { file: file.to_owned(), source, ..Self::default() }
    }

    /// Where, by line; 0 is unknown.
    pub(super) fn place(&self, line: u32, key: Option<&str>) -> Location {
        Location {
            text: (line > 0).then_some(TextPosition { line, column: 1 }),
            key: key.map(|key| printable_within(key, LONGEST)),
            ..Location::file(self.file.clone())
        }
    }

    /// A package in exactly this version.
    pub(super) fn pin(
        &mut self,
        ecosystem: &Ecosystem,
        name: &str,
        version: &str,
        line: u32,
    ) -> Option<&mut Package> {
        self.push(ecosystem, name, Wanted::Exact(version.to_owned()), Confidence::Pinned, line)
    }

    /// A package; nothing if its name is none, or there are too many.
    pub(super) fn push(
        &mut self,
        ecosystem: &Ecosystem,
        name: &str,
        wanted: Wanted,
        confidence: Confidence,
        line: u32,
    ) -> Option<&mut Package> {
        let name = ecosystem.normalise(name);
        if name.is_empty() || name.len() > LONGEST || name.contains(char::is_whitespace) {
            return None;
        }
        if self.packages.len() >= MOST {
            if self.packages.len() == MOST {
                self.unreadable(line, "it names too many packages; the rest was left out");
            }
            return None;
        }
        let shown = |text: &str| printable_within(text.trim(), LONGEST);
        let wanted = match wanted {
            Wanted::Exact(version) if version.trim().is_empty() => Wanted::Any,
            Wanted::Exact(version) => Wanted::Exact(shown(&version)),
            Wanted::Range(range) if range.trim().is_empty() => Wanted::Any,
            Wanted::Range(range) => Wanted::Range(shown(&range)),
            Wanted::Any => Wanted::Any,
        };
        let location = self.place(line, Some(&name));
        let name = printable_within(&name, LONGEST);
        let (ecosystem, source) = (ecosystem.clone(), self.source);
        let package =
            Package { ecosystem, name, wanted, confidence, location, source, condition: None, aside: false };
        self.packages.push(package);
        self.packages.last_mut()
    }

    pub(super) fn trouble(&mut self, kind: TroubleKind, line: u32, detail: impl Into<String>) {
        let repeated = self.troubles.len() >= 100;
        if !repeated {
            let (location, detail) = (self.place(line, None), detail.into());
            self.troubles.push(Trouble { location, kind, detail });
        }
    }

    pub(super) fn unreadable(&mut self, line: u32, detail: impl Into<String>) {
        self.trouble(TroubleKind::Unreadable, line, detail);
    }
}

impl Package {
    /// Whether it lies in the target, and is not only named there.
    pub fn is_installed(&self) -> bool {
        matches!(self.source, "METADATA" | "wheel")
    }

    /// Notes a condition.
    pub(super) fn when(&mut self, condition: impl AsRef<str>) {
        let condition = printable_within(condition.as_ref().trim(), LONGEST);
        self.condition = (!condition.is_empty()).then_some(condition);
    }
}
