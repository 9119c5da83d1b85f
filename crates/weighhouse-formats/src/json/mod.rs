//! JSON with positions and duplicate keys, read as an event stream with bounded memory.

mod lines;
pub mod token;
mod tree;

#[cfg(test)]
mod tests;

pub use lines::{JsonLinesFacts, Line, parse as parse_lines};

use crate::bounded::Budget;
use crate::node::Parsed;
use crate::region::Region;
use crate::source::SharedSource;

/// What a JSON document holds.
#[derive(Debug, Default)]
pub struct JsonFacts {
    /// The document, if it is small enough to be held (see `Limits::text`).
    pub value: Option<Value>,
    /// Keys that occur twice in one object, by path.
    pub duplicates: Vec<(String, Region)>,
    /// Numbers that only Python writes: `NaN`, `Infinity`, `-Infinity`.
    pub python_numbers: u64,
    /// Elements left out of [`JsonFacts::value`]: plain scalars of very long arrays and numbers of very long objects
    /// (vocabularies, merges, embeddings). Texts in objects and everything nested is always there.
    pub left_out: u64,
}

/// A value with the region it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where.
    pub region: Region,
    /// What.
    pub kind: Kind,
}

/// JSON values. Objects keep order and duplicates.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Kind {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member `key` of an object; the last one if it is given twice, as most readers take it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Object(members) => {
                members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text of a string value.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn members(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array.
    pub fn elements(&self) -> &[Self] {
        match &self.kind {
            Kind::Array(elements) => elements,
            _ => &[],
        }
    }
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    tree::parse(source, budget)
}
