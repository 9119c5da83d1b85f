//! One value's first bytes.

use crate::cursor::{Cursor, ReadError};

/// What begins at a place: a value, or the length of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Head {
    Nil,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Bytes of a text that follow.
    Text(u64),
    /// Bytes that follow.
    Bytes(u64),
    /// Type and bytes of an extension that follow.
    Extension(i8, u64),
    /// Elements that follow.
    List(u64),
    /// Keys and values that follow.
    Map(u64),
    /// The one byte that the specification leaves without a meaning.
    Reserved,
}

/// Reads it.
pub(super) fn head(cursor: &mut Cursor<'_>) -> Result<Head, ReadError> {
    let marker = cursor.u8()?;
    let low = |mask: u8| u64::from(marker & mask);
    Ok(match marker {
        0x00..=0x7f => Head::Int(marker.into()),
        0x80..=0x8f => Head::Map(low(0x0f)),
        0x90..=0x9f => Head::List(low(0x0f)),
        0xa0..=0xbf => Head::Text(low(0x1f)),
        0xc0 => Head::Nil,
        0xc1 => Head::Reserved,
        0xc2 | 0xc3 => Head::Bool(marker == 0xc3),
        0xc4..=0xc6 => Head::Bytes(unsigned(cursor, marker - 0xc4)?),
        0xc7..=0xc9 => {
            let len = unsigned(cursor, marker - 0xc7)?;
            Head::Extension(cursor.u8()?.cast_signed(), len)
        }
        0xca => Head::Float(f32::from_be_bytes(cursor.array()?).into()),
        0xcb => Head::Float(f64::from_be_bytes(cursor.array()?)),
        0xcc..=0xcf => Head::Int(unsigned(cursor, marker - 0xcc)?.into()),
        0xd0 => Head::Int(i8::from_be_bytes(cursor.array()?).into()),
        0xd1 => Head::Int(i16::from_be_bytes(cursor.array()?).into()),
        0xd2 => Head::Int(i32::from_be_bytes(cursor.array()?).into()),
        0xd3 => Head::Int(i64::from_be_bytes(cursor.array()?).into()),
        0xd4..=0xd8 => Head::Extension(cursor.u8()?.cast_signed(), 1 << (marker - 0xd4)),
        0xd9..=0xdb => Head::Text(unsigned(cursor, marker - 0xd9)?),
        0xdc | 0xdd => Head::List(unsigned(cursor, marker - 0xdc + 1)?),
        0xde | 0xdf => Head::Map(unsigned(cursor, marker - 0xde + 1)?),
        0xe0..=0xff => Head::Int(marker.cast_signed().into()),
    })
}

/// An integer of two to the power of `width` bytes.
fn unsigned(cursor: &mut Cursor<'_>, width: u8) -> Result<u64, ReadError> {
    Ok(match width {
        0 => cursor.u8()?.into(),
        1 => u16::from_be_bytes(cursor.array()?).into(),
        2 => u32::from_be_bytes(cursor.array()?).into(),
        _ => u64::from_be_bytes(cursor.array()?),
    })
}
