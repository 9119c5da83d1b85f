//! What an extension holds. The number of its type is everybody's; how its bytes begin tells who wrote them.

use super::wire::{Head, head};
use crate::cursor::{Cursor, ReadError};
use crate::region::Region;
use crate::source::Source;

/// Longest part of a name that is kept.
const LONGEST_NAME: usize = 512;
/// Bytes read at once: extensions are many and most are small.
const WINDOW: usize = 512;

/// What an extension holds, as far as its beginning says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// Shape, type and bytes, from Flax.
    Array,
    /// Type, shape, order and bytes, from `LangGraph`.
    Ndarray,
    /// Two numbers, from Flax.
    Complex,
    /// Module, name, and what `LangGraph` calls it with.
    Call(Reference),
    /// What `LangGraph` would take a module and a name from, but it has to build that first.
    ComputedCall,
    /// A value that `LangGraph` unpacks before it looks at it, with all that is called in it.
    Value,
    /// Something else.
    Opaque,
}

/// A name to import, and how many values follow it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) values: u64,
    /// Where they begin.
    pub(super) at: u64,
}

/// The types under which `LangGraph` unpacks: calls with one, many or named arguments, of a method, of two kinds of
/// models; arrays; parts of a state.
pub(super) const UNPACKED: std::ops::RangeInclusive<i8> = 0..=7;
/// The first six of them call something.
const CALLED: std::ops::RangeInclusive<i8> = 0..=5;
/// The type whose fourth value is the name of a method.
pub(super) const METHOD: i8 = 3;
/// A part of a state, which is a value without a call.
pub(super) const SNAPSHOT: i8 = 7;

/// Looks at the beginning of `region`. Fails only if it cannot be read.
pub(super) fn payload(source: &dyn Source, code: i8, region: Region) -> Result<Payload, ReadError> {
    match beginning(&mut Cursor::within(source, region, WINDOW), code) {
        Err(error @ ReadError::Io { .. }) => Err(error),
        // What stands before a cut was called.
        Err(_) if UNPACKED.contains(&code) => Ok(Payload::Value),
        Err(_) => Ok(Payload::Opaque),
        Ok(payload) => Ok(payload),
    }
}

/// A value as far as it matters here.
enum Part {
    Text(String),
    Number,
    List,
    Extension,
    Other,
}

fn beginning(cursor: &mut Cursor<'_>, code: i8) -> Result<Payload, ReadError> {
    let values = match head(cursor)? {
        Head::List(values) => values,
        // A map from numbers is asked for its elements like a list, and an extension may become one.
        Head::Map(1..) if CALLED.contains(&code) && matches!(head(cursor)?, Head::Int(_)) => {
            return Ok(Payload::ComputedCall);
        }
        Head::Extension(..) if CALLED.contains(&code) => return Ok(Payload::ComputedCall),
        Head::Map(_) | Head::Extension(..) if UNPACKED.contains(&code) => return Ok(Payload::Value),
        _ => return Ok(Payload::Opaque),
    };
    let first = if values > 0 { part(cursor)? } else { Part::Other };
    let second = if values > 1 { part(cursor)? } else { Part::Other };
    Ok(match (first, second) {
        (Part::Text(module), Part::Text(name)) if values > 2 => {
            Payload::Call(Reference { module, name, values: values.saturating_sub(2), at: cursor.position() })
        }
        (Part::List, _) if matches!(code, 1 | 3) => Payload::Array,
        (Part::Text(_), Part::List) if code == 6 && values == 4 => Payload::Ndarray,
        (Part::Number, Part::Number) if code == 2 && values == 2 => Payload::Complex,
        (Part::Extension, _) | (_, Part::Extension) if CALLED.contains(&code) && values > 2 => {
            Payload::ComputedCall
        }
        _ if UNPACKED.contains(&code) => Payload::Value,
        _ => Payload::Opaque,
    })
}

fn part(cursor: &mut Cursor<'_>) -> Result<Part, ReadError> {
    Ok(match head(cursor)? {
        Head::Text(len) => Part::Text(text(cursor, len)?),
        Head::Int(_) | Head::Float(_) => Part::Number,
        Head::List(_) => Part::List,
        Head::Extension(_, len) => {
            cursor.skip(len)?;
            Part::Extension
        }
        _ => Part::Other,
    })
}

/// The first bytes of a text that begins here, all of which is passed over.
fn text(cursor: &mut Cursor<'_>, len: u64) -> Result<String, ReadError> {
    let kept = len.min(LONGEST_NAME as u64);
    let bytes = cursor.bytes(kept, LONGEST_NAME)?;
    cursor.skip(len.saturating_sub(kept))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The method of a call: the text behind its first argument; nothing if there is no text. Costs one step a value.
pub(super) fn method(
    source: &dyn Source,
    region: Region,
    call: &Reference,
) -> Result<(Option<String>, u64), ReadError> {
    let mut steps = 0_u64;
    if call.values < 2 {
        return Ok((None, steps));
    }
    let mut cursor = Cursor::within(source, Region::new(call.at, region.end), WINDOW);
    let mut pending = 1_u64;
    while pending > 0 {
        steps = steps.saturating_add(1);
        pending = pending.saturating_sub(1);
        match head(&mut cursor)? {
            Head::Text(len) | Head::Bytes(len) | Head::Extension(_, len) => {
                cursor.skip(len)?;
            }
            Head::List(count) => pending = pending.saturating_add(count),
            Head::Map(count) => pending = pending.saturating_add(count.saturating_mul(2)),
            _ => {}
        }
    }
    match head(&mut cursor)? {
        Head::Text(len) => Ok((Some(text(&mut cursor, len)?), steps)),
        _ => Ok((None, steps)),
    }
}
