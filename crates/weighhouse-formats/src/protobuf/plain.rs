//! Messages of an unknown kind, inside the bytes of another: they are taken apart without a description.

use super::wire::{Varint, Wire, tag, varint};

/// Messages within messages that are taken apart.
const DEEPEST: usize = 32;
/// Numbers of fields in use are small; larger ones are chance, unless the bytes are known to be a message.
pub(crate) const LARGEST_FIELD: u32 = 20_000;

/// The texts and bytes in a message, as ranges of `bytes`; `None` if it is no message.
///
/// A value that is text stays whole, one that is a message is taken apart in turn, and any other stays as it is. Numbers of fields
/// are at most `largest`.
pub(crate) fn leaves(bytes: &[u8], largest: u32) -> Option<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize, usize)> =
        fields(bytes, 0, bytes.len(), largest)?.into_iter().map(|(start, end)| (start, end, 1)).collect();
    while let Some((start, end, depth)) = open.pop() {
        let inner = if depth < DEEPEST && !is_text(bytes.get(start..end).unwrap_or_default()) {
            fields(bytes, start, end, largest)
        } else {
            None
        };
        match inner {
            Some(parts) => {
                open.extend(parts.into_iter().map(|(start, end)| (start, end, depth.saturating_add(1))));
            }
            None => found.push((start, end)),
        }
    }
    found.sort_unstable();
    Some(found)
}

/// Whether bytes are text without control characters.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()))
}

/// The values of variable length of the message that is exactly `start..end`.
fn fields(bytes: &[u8], start: usize, end: usize, largest: u32) -> Option<Vec<(usize, usize)>> {
    let mut parts = Vec::new();
    let mut at = start;
    let number = |at: usize| match varint(bytes.get(at..end)?) {
        Varint::Number { value, len, padded: false } => Some((value, at.checked_add(len)?)),
        _ => None,
    };
    while at < end {
        let (key, next) = number(at)?;
        let (field, wire) = tag(key)?;
        if field > largest {
            return None;
        }
        at = match wire {
            Wire::Varint => number(next)?.1,
            Wire::Fixed64 => next.checked_add(8)?,
            Wire::Fixed32 => next.checked_add(4)?,
            Wire::Len => {
                let (len, content) = number(next)?;
                let stop = content.checked_add(usize::try_from(len).ok()?)?;
                parts.push((content, stop));
                stop
            }
            Wire::GroupStart | Wire::GroupEnd => return None,
        };
    }
    (at == end).then_some(parts)
}
