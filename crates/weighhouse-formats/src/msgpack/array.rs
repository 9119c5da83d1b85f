//! Arrays inside MessagePack, as Flax writes them: a message of shape, name of the type, and bytes.

use super::wire::{Head, head};
use crate::cursor::{Cursor, ReadError};
use crate::region::Region;

/// Longest name of a type.
const LONGEST_NAME: usize = 256;
/// Most dimensions; NumPy has at most 64.
const MOST_DIMENSIONS: u64 = 64;

/// An array, as declared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) shape: Vec<u64>,
    pub(super) dtype: String,
    pub(super) data: Region,
}

/// Why it is none.
#[derive(Debug)]
pub(super) enum Refused {
    Read(ReadError),
    Malformed(&'static str),
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Reads the message of Flax that `region` holds, all of it.
pub(super) fn read(cursor: &mut Cursor<'_>, region: Region) -> Result<Array, Refused> {
    expect(cursor, Head::List(3))?;
    let shape = shape(cursor)?;
    let dtype = dtype(cursor)?;
    let data = data(cursor, region)?;
    Ok(Array { shape, dtype, data })
}

/// Reads the message of `LangGraph` that `region` holds, all of it: the order of its elements stands before them.
pub(super) fn read_ndarray(cursor: &mut Cursor<'_>, region: Region) -> Result<Array, Refused> {
    expect(cursor, Head::List(4))?;
    let dtype = dtype(cursor)?;
    let shape = shape(cursor)?;
    let Head::Text(len @ 0..=1) = head(cursor)? else {
        return Err(Refused::Malformed("its order is no letter"));
    };
    cursor.skip(len)?;
    let data = data(cursor, region)?;
    Ok(Array { shape, dtype, data })
}

fn expect(cursor: &mut Cursor<'_>, list: Head) -> Result<(), Refused> {
    if head(cursor)? != list {
        return Err(Refused::Malformed("it is no list of its parts"));
    }
    Ok(())
}

fn shape(cursor: &mut Cursor<'_>) -> Result<Vec<u64>, Refused> {
    let Head::List(dimensions) = head(cursor)? else {
        return Err(Refused::Malformed("its shape is no list"));
    };
    if dimensions > MOST_DIMENSIONS {
        return Err(Refused::Malformed("it has more dimensions than any array"));
    }
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        match head(cursor)? {
            Head::Int(extent) => shape.push(
                u64::try_from(extent)
                    .map_err(|_| Refused::Malformed("an extent of its shape is negative"))?,
            ),
            _ => return Err(Refused::Malformed("an extent of its shape is no number")),
        }
    }
    Ok(shape)
}

fn dtype(cursor: &mut Cursor<'_>) -> Result<String, Refused> {
    let (Head::Text(len) | Head::Bytes(len)) = head(cursor)? else {
        return Err(Refused::Malformed("its type is no text"));
    };
    Ok(String::from_utf8_lossy(&cursor.bytes(len, LONGEST_NAME)?).into_owned())
}

fn data(cursor: &mut Cursor<'_>, region: Region) -> Result<Region, Refused> {
    let (Head::Bytes(len) | Head::Text(len)) = head(cursor)? else {
        return Err(Refused::Malformed("its data is no bytes"));
    };
    let data = cursor.skip(len)?;
    if data.end != region.end {
        return Err(Refused::Malformed("its parts do not fill it exactly"));
    }
    Ok(data)
}

/// Bytes of an element of a NumPy or JAX type by its name; nothing if the name is not known.
pub(super) fn item_size(dtype: &str) -> Option<u64> {
    let plain = dtype.trim_start_matches(['<', '>', '|', '=']);
    Some(match plain {
        "bool" | "int8" | "uint8" | "b1" | "i1" | "u1" => 1,
        "int16" | "uint16" | "float16" | "bfloat16" | "i2" | "u2" | "f2" => 2,
        "int32" | "uint32" | "float32" | "i4" | "u4" | "f4" => 4,
        "int64" | "uint64" | "float64" | "complex64" | "i8" | "u8" | "f8" | "c8" => 8,
        "complex128" | "c16" => 16,
        name if name.starts_with("float8_") || matches!(name, "int4" | "uint4" | "int2" | "uint2") => 1,
        _ => return None,
    })
}

/// Whether a type means Python objects, whose bytes are pointers or a pickle.
pub(super) fn holds_objects(dtype: &str) -> bool {
    matches!(dtype.trim_start_matches(['<', '>', '|', '=']), "object" | "O" | "O8" | "object_")
}
