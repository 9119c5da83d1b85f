//! Protocol buffers, walked by a small static schema: every field is either explained or reported.
//!
//! Libraries that decode a message drop or hide what an attacker plays with: unknown fields, a field twice, numbers written
//! longer than needed, a value of another wire type. This walker reads the wire itself, one field at a time, over a
//! [`crate::source::Source`]; a value of a gigabyte is passed over, not read. Formats bring a [`Message`] and take
//! [`walk::Event`]s.

mod outline;
mod packed;
mod plain;
pub(crate) mod text;
mod visit;
mod walk;
mod wire;

pub(crate) use outline::{Outline, Part, beginning, outline};
pub(crate) use packed::{count, numbers};
pub(crate) use plain::{LARGEST_FIELD, is_text, leaves};
pub(crate) use visit::{Place, Reader, Visit};
pub(crate) use walk::{Event, Stop, Walker};
pub(crate) use wire::Wire;

/// A kind of message.
#[derive(Debug)]
pub(crate) struct Message {
    /// Name in the format's own description.
    pub(crate) name: &'static str,
    /// The fields it may have.
    pub(crate) fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    /// Number on the wire.
    pub(crate) number: u32,
    /// Name in the format's own description.
    pub(crate) name: &'static str,
    /// What its values are.
    pub(crate) kind: Kind,
    /// The place that one value takes, if it may be there only once; fields of one choice share a place.
    slot: Option<u8>,
}

/// Names of values.
pub(crate) type Names = &'static [(&'static str, u64)];

/// What the values of a field are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A number of variable length.
    Int,
    /// A number of variable length, whose values have names in texts.
    Enum(Names),
    /// Four bytes.
    Fixed32,
    /// Eight bytes.
    Fixed64,
    /// UTF-8.
    Text,
    /// Bytes of any kind.
    Bytes,
    /// A message.
    Message(&'static Message),
}

/// A kind of message with its fields.
pub(crate) const fn message(name: &'static str, fields: &'static [Field]) -> Message {
    Message { name, fields }
}

/// A field that may be there once.
pub(crate) const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
    assert!(number < 120, "the place of a field is a bit of a `u128`");
    Field { number, name, kind, slot: Some(number as u8) }
}

/// A field that may be there any number of times.
pub(crate) const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, slot: None }
}

/// One of several fields of which a message has at most one.
pub(crate) const fn choice(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, slot: Some(127) }
}

impl Message {
    /// The field of a number.
    pub(crate) fn field(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}

#[cfg(test)]
mod tests;
