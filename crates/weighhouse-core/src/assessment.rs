//! Assessments: answers to questions about an artifact that its bytes alone do not settle, each dated and with its basis.
//!
//! An assessment is never silently missing: what could not be answered is [`State::NotAssessed`], with what to do about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::date::Date;
use crate::digest::Digest;
use crate::location::Location;

/// A question about an artifact beyond its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thread {
    /// Which known vulnerabilities come with it?
    Vulnerabilities,
    /// May we use it for this?
    Licence,
    /// Who vouches for it?
    Signature,
    /// What is it made from?
    Lineage,
    /// What do its makers say of it?
    Card,
    /// How is the project behind it kept?
    Health,
}

impl Thread {
    /// All of them, in the order in which reports tell them.
    pub const ALL: [Self; 6] =
        [Self::Licence, Self::Vulnerabilities, Self::Signature, Self::Lineage, Self::Card, Self::Health];

    /// The word used in reports and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerabilities => "vulnerabilities",
            Self::Licence => "licence",
            Self::Signature => "signature",
            Self::Lineage => "lineage",
            Self::Card => "card",
            Self::Health => "health",
        }
    }
}

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Not at all: data is missing or too old.
    NotAssessed,
    /// In part; [`Assessment::missing`] says what is left.
    Partly,
    /// Whole.
    Assessed,
}

impl State {
    /// The words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAssessed => "not assessed",
            Self::Partly => "partly assessed",
            Self::Assessed => "assessed",
        }
    }
}

/// How an answer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Seen in the bytes.
    Measured,
    /// Said by whoever made the artifact.
    Declared,
    /// Concluded from something else.
    Inferred,
}

impl Basis {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Declared => "declared",
            Self::Inferred => "inferred",
        }
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One line: lower case, no final stop, values in backticks, safe to print.
    pub text: String,
    /// How it is known.
    pub basis: Basis,
    /// Where it stands.
    pub location: Option<Location>,
}

/// What a policy may read of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum FactValue {
    Text(String),
    Count(u64),
    Flag(bool),
    Words(BTreeSet<String>),
}

/// What was found out about one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The question.
    pub thread: Thread,
    /// How far it was answered.
    pub state: State,
    /// The answer in one line: lower case, no final stop, safe to print.
    pub headline: String,
    /// The day of the data it rests on.
    pub as_of: Option<Date>,
    /// Digest of that data.
    pub data: Option<Digest>,
    /// The single answers.
    pub answers: Vec<Answer>,
    /// What was not assessed, why, and what to do: one line each, safe to print.
    pub missing: Vec<String>,
    /// What policies may read, by the name that the policy schema gives it.
    pub facts: BTreeMap<&'static str, FactValue>,
}

impl Assessment {
    /// One that could not be made, and what to do about it.
    pub fn not_assessed(thread: Thread, why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            thread,
            state: State::NotAssessed,
            headline: why.clone(),
            as_of: None,
            data: None,
            answers: Vec::new(),
            missing: vec![why],
            facts: BTreeMap::new(),
        }
    }

    /// An answer to `thread` in one line, all of it.
    pub fn new(thread: Thread, headline: impl Into<String>) -> Self {
        Self { state: State::Assessed, missing: Vec::new(), ..Self::not_assessed(thread, headline) }
    }

    /// Says that something was not assessed, why, and what to do: one line, safe to print. What was assessed is so in part from then on.
    pub fn lacks(&mut self, what: impl Into<String>) {
        self.state = self.state.min(State::Partly);
        self.missing.push(what.into());
    }
}
