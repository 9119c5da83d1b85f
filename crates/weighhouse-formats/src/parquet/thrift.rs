//! Thrift's compact protocol as a stream of values, each with the numbers of the fields that lead to it.

use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::region::Region;

/// Structures and lists within one another.
pub(super) const DEPTH: usize = 32;

/// What is met on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Int(i64),
    /// A text or bytes.
    Bytes(Region),
    /// A structure ends.
    End,
}

/// Why a structure was not read to its end.
#[derive(Debug)]
pub(super) enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed(u64, &'static str),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// What is open: a structure with the last field's number, a list with what is left of it and its type, a map with both types.
enum Open {
    Structure,
    List { left: u64, kind: u8 },
    Map { left: u64, key: u8, value: u8 },
}

/// Walks one structure; `visit` gets field numbers from the outermost structure inwards.
pub(super) fn walk(
    cursor: &mut Cursor<'_>,
    budget: &Budget,
    visit: &mut dyn FnMut(&[i16], Item),
) -> Result<(), Stop> {
    let mut open = vec![Open::Structure];
    let mut path: Vec<i16> = vec![0];
    let mut steps = 0_u64;
    while let Some(last) = open.last_mut() {
        steps = steps.saturating_add(1);
        if steps.is_multiple_of(1_024) {
            budget.steps(1_024).map_err(Stop::Limit)?;
        }
        let at = cursor.position();
        let (kind, in_list) = match last {
            Open::Structure => {
                let Some(kind) = field(cursor, &mut path)? else {
                    path.pop();
                    visit(&path, Item::End);
                    open.pop();
                    continue;
                };
                (kind, false)
            }
            Open::List { left: 0, .. } | Open::Map { left: 0, .. } => {
                open.pop();
                continue;
            }
            Open::List { left, kind } => {
                *left = left.saturating_sub(1);
                (*kind, true)
            }
            Open::Map { left, key, value } => {
                let kind = if left.is_multiple_of(2) { *key } else { *value };
                *left = left.saturating_sub(1);
                (kind, true)
            }
        };
        match kind {
            1 | 2 if in_list => drop(cursor.u8()?),
            1 | 2 => visit(&path, Item::Int(i64::from(kind == 1))),
            3 => visit(&path, Item::Int(i64::from(cursor.u8()?.cast_signed()))),
            4..=6 => visit(&path, Item::Int(zigzag(varint(cursor)?))),
            7 => drop(cursor.array::<8>()?),
            8 => {
                let len = varint(cursor)?;
                visit(&path, Item::Bytes(cursor.skip(len)?));
            }
            9 | 10 => {
                let header = cursor.u8()?;
                let short = u64::from(header >> 4);
                let left = if short == 15 { varint(cursor)? } else { short };
                open.push(Open::List { left, kind: header & 15 });
            }
            11 => {
                let left = varint(cursor)?.saturating_mul(2);
                let kinds = if left > 0 { cursor.u8()? } else { 0 };
                open.push(Open::Map { left, key: kinds >> 4, value: kinds & 15 });
            }
            12 => {
                open.push(Open::Structure);
                path.push(0);
            }
            13 => drop(cursor.array::<16>()?),
            _ => return Err(Stop::Malformed(at, "a value has an unknown type")),
        }
        if open.len() > DEPTH {
            return Err(Stop::Malformed(at, "structures are nested too deeply"));
        }
    }
    Ok(())
}

/// The head of a field: its type, with its number put at the end of the path; nothing at the end of the structure.
fn field(cursor: &mut Cursor<'_>, path: &mut [i16]) -> Result<Option<u8>, Stop> {
    let header = cursor.u8()?;
    if header == 0 {
        return Ok(None);
    }
    let delta = i16::from(header >> 4);
    let number = path.last().copied().unwrap_or_default();
    let number = if delta == 0 { zigzag(varint(cursor)?) as i16 } else { number.saturating_add(delta) };
    if let Some(last) = path.last_mut() {
        *last = number;
    }
    Ok(Some(header & 15))
}

fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
    let at = cursor.position();
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = cursor.u8()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Stop::Malformed(at, "a number has too many bytes"))
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}
