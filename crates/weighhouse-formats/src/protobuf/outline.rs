//! The outermost fields of a message: what a probe looks at.

use super::wire::{LONGEST, Varint, Wire, tag, varint};
use super::{Kind, Message};
use crate::region::Region;
use crate::source::{Source, read_up_to};

/// Fields of a message without what is in them.
#[derive(Debug)]
pub(crate) struct Outline {
    /// In order.
    pub(crate) parts: Vec<Part>,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// Number.
    pub(crate) number: u32,
    /// How it is written.
    pub(crate) wire: Wire,
    /// The value of a `VARINT`.
    pub(crate) value: u64,
    /// The content of a `LEN`.
    pub(crate) content: Region,
}

/// The first fields of the message in `region`, at most `most`; `None` if it is no message. A message may be cut off.
pub(crate) fn outline(source: &dyn Source, region: Region, most: usize) -> Option<Outline> {
    let (outline, whole) = read(source, region, most)?;
    whole.then_some(outline)
}

/// The first fields of what begins as a message, up to where it is none: something may stand behind it.
pub(crate) fn beginning(source: &dyn Source, region: Region, most: usize) -> Option<Outline> {
    read(source, region, most).map(|(outline, _)| outline)
}

/// The fields, and whether nothing among them is no field.
fn read(source: &dyn Source, region: Region, most: usize) -> Option<(Outline, bool)> {
    let mut parts = Vec::new();
    let mut at = region.start;
    let mut whole = true;
    while at < region.end && parts.len() < most {
        let room = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX).min(LONGEST * 2);
        let bytes = read_up_to(source, at, room).ok()?;
        let Some(found) = field(&bytes, at) else {
            whole = false;
            break;
        };
        let Some((part, end)) = found else { break };
        parts.push(part);
        at = end;
    }
    Some((Outline { parts }, whole))
}

/// A field and where it ends; nothing if the bytes end before its value begins, `None` if it is no field.
#[expect(clippy::option_option, reason = "three answers: a field, cut off, no field")]
fn field(bytes: &[u8], at: u64) -> Option<Option<(Part, u64)>> {
    let number = |bytes: &[u8]| match varint(bytes) {
        Varint::Number { value, len, .. } => Some(Some((value, len))),
        Varint::Short => Some(None),
        Varint::Over => None,
    };
    let Some((key, len)) = number(bytes)? else { return Some(None) };
    let (field, wire) = tag(key)?;
    let rest = bytes.get(len..).unwrap_or_default();
    let start = at.saturating_add(len as u64);
    let mut part = Part { number: field, wire, value: 0, content: Region::at(start, 0) };
    let end = match wire {
        Wire::Fixed64 => start.saturating_add(8),
        Wire::Fixed32 => start.saturating_add(4),
        // What is in a group is looked at as if it stood outside: readers pass over it.
        Wire::GroupStart | Wire::GroupEnd => start,
        Wire::Varint | Wire::Len => {
            let Some((value, len)) = number(rest)? else { return Some(None) };
            part.value = value;
            let next = start.saturating_add(len as u64);
            if wire == Wire::Len {
                part.content = Region::at(next, value);
                part.content.end
            } else {
                next
            }
        }
    };
    Some(Some((part, end)))
}

impl Outline {
    /// Whether every field is one of `message`, written as such.
    pub(crate) fn fits(&self, message: &Message) -> bool {
        let fits = |part: &Part| message.field(part.number).is_some_and(|field| part.fits(field.kind));
        !self.parts.is_empty() && self.parts.iter().all(fits)
    }

    /// The fields of a number.
    pub(crate) fn all(&self, number: u32) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.number == number)
    }
}

impl Part {
    fn fits(&self, kind: Kind) -> bool {
        match self.wire {
            Wire::Varint => matches!(kind, Kind::Int | Kind::Enum(_)),
            Wire::Fixed64 => matches!(kind, Kind::Fixed64),
            Wire::Fixed32 => matches!(kind, Kind::Fixed32),
            // Repeated numbers may stand in one piece.
            Wire::Len => true,
            Wire::GroupStart | Wire::GroupEnd => false,
        }
    }

    /// Whether its content is a message whose first fields are of `message`.
    pub(crate) fn holds(&self, source: &dyn Source, message: &Message) -> bool {
        let content = Region::new(self.content.start, self.content.end.min(source.len()));
        self.wire == Wire::Len && outline(source, content, 4).is_some_and(|inner| inner.fits(message))
    }

    /// Whether its content is text that a person can read.
    pub(crate) fn is_readable(&self, source: &dyn Source) -> bool {
        const MOST: usize = 256;
        let len = usize::try_from(self.content.len()).unwrap_or(usize::MAX).min(MOST);
        self.wire == Wire::Len
            && read_up_to(source, self.content.start, len).is_ok_and(|bytes| {
                let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
                text.len() + 3 >= bytes.len() && !text.chars().any(char::is_control)
            })
    }
}
