//! Datatypes, as far as they decide where texts, bytes and references to heaps are in an element.

use super::file::{Fields, Stop, malformed, width_of};

/// Types within types.
const DEEPEST: u8 = 16;

/// A datatype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Datatype {
    pub(super) class: Class,
    /// Bytes of one element.
    pub(super) size: u64,
}

/// Classes of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    Integer,
    Float,
    /// Whether the first zero ends it, or it fills its room.
    Text {
        ends: bool,
    },
    LongText,
    Opaque,
    /// Members by the offset they have in an element.
    Compound(Vec<(u64, Datatype)>),
    /// Whether its value is in a heap.
    Reference {
        heap: bool,
    },
    Enum(Box<Datatype>),
    Sequence(Box<Datatype>),
    Array(Box<Datatype>),
    Other(u8),
}

impl Datatype {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        Self::nested(fields, 0)
    }

    fn nested(fields: &mut Fields<'_>, depth: u8) -> Result<Self, Stop> {
        if depth > DEEPEST {
            return Err(malformed("datatypes are nested too deeply"));
        }
        let first = fields.u8()?;
        let (version, class) = (first >> 4, first & 0x0f);
        let bits = fields.uint(3)?;
        let size = u64::from(fields.u32()?);
        let base = |fields: &mut Fields<'_>| Self::nested(fields, depth.saturating_add(1)).map(Box::new);
        let class = match class {
            0 => skipping(fields, 4, Class::Integer)?,
            1 => skipping(fields, 12, Class::Float)?,
            2 => skipping(fields, 2, Class::Other(2))?,
            3 => Class::Text { ends: matches!(bits & 0x0f, 0) },
            4 => skipping(fields, 4, Class::Other(4))?,
            5 => skipping(fields, (bits & 0xff).next_multiple_of(8), Class::Opaque)?,
            6 => Class::Compound(members(fields, version, bits & 0xffff, size, depth)?),
            7 => Class::Reference { heap: bits & 0x0f == 1 },
            8 => {
                let base = base(fields)?;
                for _ in 0..bits & 0xffff {
                    name(fields, version)?;
                }
                skipping(fields, base.size.saturating_mul(bits & 0xffff), Class::Enum(base))?
            }
            9 => {
                let base = base(fields)?;
                if bits & 0x0f == 1 { Class::LongText } else { Class::Sequence(base) }
            }
            10 => {
                let rank = u64::from(fields.u8()?);
                let each = if version < 3 { 8 } else { 4 };
                fields.take(if version < 3 { 3 } else { 0 })?;
                fields.take(rank * each)?;
                Class::Array(base(fields)?)
            }
            other => Class::Other(other),
        };
        Ok(Self { class, size })
    }

    /// For the reader: `float32`, `text`.
    pub(super) fn name(&self) -> String {
        let bits = self.size.saturating_mul(8);
        match &self.class {
            Class::Integer => format!("int{bits}"),
            Class::Float => format!("float{bits}"),
            Class::Text { .. } => format!("text{}", self.size),
            Class::LongText => "text".to_owned(),
            Class::Opaque => format!("opaque{}", self.size),
            Class::Compound(_) => "compound".to_owned(),
            Class::Reference { .. } => "reference".to_owned(),
            Class::Enum(_) => "enum".to_owned(),
            Class::Sequence(_) => "sequence".to_owned(),
            Class::Array(_) => "array".to_owned(),
            Class::Other(class) => format!("class{class}"),
        }
    }

    /// Whether elements hold more than numbers.
    pub(super) fn carries(&self) -> bool {
        match &self.class {
            Class::Text { .. } | Class::LongText | Class::Opaque | Class::Sequence(_) => true,
            Class::Reference { heap } => *heap,
            Class::Compound(members) => members.iter().any(|(_, member)| member.carries()),
            Class::Array(base) => base.carries(),
            Class::Integer | Class::Float | Class::Enum(_) | Class::Other(_) => false,
        }
    }

    /// Whether elements are single bytes.
    pub(super) fn is_byte(&self) -> bool {
        self.class == Class::Integer && self.size == 1
    }
}

fn skipping(fields: &mut Fields<'_>, len: u64, class: Class) -> Result<Class, Stop> {
    fields.take(len)?;
    Ok(class)
}

/// A name, which the older versions fill up to eight bytes.
fn name(fields: &mut Fields<'_>, version: u8) -> Result<(), Stop> {
    let len = fields.rest.iter().position(|byte| *byte == 0);
    let len = len.ok_or_else(|| malformed("a name in a datatype does not end"))? as u64 + 1;
    fields.take(if version < 3 { len.next_multiple_of(8) } else { len }).map(drop)
}

fn members(
    fields: &mut Fields<'_>,
    version: u8,
    count: u64,
    size: u64,
    depth: u8,
) -> Result<Vec<(u64, Datatype)>, Stop> {
    let mut members = Vec::new();
    for _ in 0..count {
        name(fields, version)?;
        let offset = fields.uint(if version < 3 { 4 } else { width_of(size) as u8 })?;
        // The first version has rows of elements as a property of the member.
        let row = if version == 1 { Some(row(fields)?) } else { None };
        let member = Datatype::nested(fields, depth.saturating_add(1))?;
        let member = match row.flatten() {
            Some(count) => {
                let size = member.size.saturating_mul(count);
                Datatype { class: Class::Array(Box::new(member)), size }
            }
            None => member,
        };
        members.push((offset, member));
    }
    Ok(members)
}

/// How many elements a member of the first version has, if it is a row.
fn row(fields: &mut Fields<'_>) -> Result<Option<u64>, Stop> {
    let rank = fields.u8()?;
    fields.take(11)?;
    let mut extents = [0_u64; 4];
    for extent in &mut extents {
        *extent = fields.u32()?.into();
    }
    let count = extents.iter().take(rank.into()).fold(1_u64, |all, extent| all.saturating_mul(*extent));
    Ok((rank > 0).then_some(count))
}
