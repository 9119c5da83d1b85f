//! Fields of records that have a form of their own.

use std::fmt;
use std::str::FromStr;

use weighhouse_core::Date;

use super::{Pseudonym, RecordError};

/// A text of one line that is not empty.
pub(super) fn line(field: &'static str, text: &str) -> Result<(), RecordError> {
    let problem = if text.is_empty() {
        "it is empty"
    } else if text.chars().any(char::is_control) {
        "it has control characters"
    } else {
        return Ok(());
    };
    Err(RecordError::Field { field, problem })
}

/// A name of an action, an outcome, a detail: lower-case words of ASCII letters and digits, joined by `-`, `_` or `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(String);

impl Word {
    /// The longest, in bytes.
    pub const LONGEST: usize = 64;

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Word {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, RecordError> {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let sound = text.len() <= Self::LONGEST
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split(['-', '_', '.']).all(part);
        sound.then(|| Self(text.to_owned())).ok_or(RecordError::Field {
            field: "word",
            problem: "names are lower-case letters and digits, joined by `-`, `_` or `.`, and at most 64 long",
        })
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A time of RFC 3339 in UTC: `2026-11-22T01:02:03Z`, with up to nine digits of a fraction of a second.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Timestamp(String);

impl Timestamp {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Timestamp {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, RecordError> {
        let error = RecordError::Field {
            field: "at",
            problem: "a time is `YYYY-MM-DDThh:mm:ssZ`, with up to nine digits of a fraction of a second",
        };
        is_time(text).then(|| Self(text.to_owned())).ok_or(error)
    }
}

fn is_time(text: &str) -> bool {
    let parse = || {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let _: Date = date.parse().ok()?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let digits = |text: &str, widths: std::ops::RangeInclusive<usize>| {
            widths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        // No leap seconds: the clocks of servers have none.
        let mut parts = time.splitn(3, ':');
        let mut below = |limit: u8| {
            let part = parts.next().filter(|part| digits(part, 2..=2))?;
            part.parse::<u8>().ok().filter(|number| *number < limit)
        };
        let (_, _, _) = (below(24)?, below(60)?, below(60)?);
        digits(fraction, 1..=9).then_some(())
    };
    parse().is_some()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who did it. Written `person:` and a pseudonym, or `service:` and a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A person, by a pseudonym.
    Person(Pseudonym),
    /// A part of the software.
    Service(Word),
}

impl FromStr for Actor {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Self, RecordError> {
        match text.split_once(':') {
            Some(("person", pseudonym)) => pseudonym.parse().map(Self::Person),
            Some(("service", name)) => name.parse().map(Self::Service),
            _ => Err(RecordError::Field {
                field: "actor",
                problem: "an actor is `person:` and 64 hex digits, or `service:` and a name",
            }),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(pseudonym) => write!(f, "person:{pseudonym}"),
            Self::Service(name) => write!(f, "service:{name}"),
        }
    }
}
