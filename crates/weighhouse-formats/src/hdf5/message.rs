//! What single messages say: types, shapes, layouts, attributes, links.

use super::file::{Fields, File, Stop, malformed};
use super::object::{self, Message, Object, kind};

/// A datatype, as far as it decides what its bytes may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Datatype {
    pub(super) class: Class,
    /// Bytes of one element.
    pub(super) size: u64,
}

/// Classes of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Integer,
    Float,
    Text,
    LongText,
    Opaque,
    Compound,
    Reference,
    Enum,
    Sequence,
    Array,
    Other(u8),
}

impl Datatype {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let class = fields.u8()? & 0x0f;
        let bits = fields.uint(3)?;
        let size = u64::from(fields.u32()?);
        let class = match class {
            0 => Class::Integer,
            1 => Class::Float,
            3 => Class::Text,
            5 => Class::Opaque,
            6 => Class::Compound,
            7 => Class::Reference,
            8 => Class::Enum,
            9 if bits & 0x0f == 1 => Class::LongText,
            9 => Class::Sequence,
            10 => Class::Array,
            other => Class::Other(other),
        };
        Ok(Self { class, size })
    }

    /// For the reader: `float32`, `text`.
    pub(super) fn name(self) -> String {
        let bits = self.size.saturating_mul(8);
        match self.class {
            Class::Integer => format!("int{bits}"),
            Class::Float => format!("float{bits}"),
            Class::Text => format!("text{}", self.size),
            Class::LongText => "text".to_owned(),
            Class::Opaque => format!("opaque{}", self.size),
            Class::Compound => "compound".to_owned(),
            Class::Reference => "reference".to_owned(),
            Class::Enum => "enum".to_owned(),
            Class::Sequence => "sequence".to_owned(),
            Class::Array => "array".to_owned(),
            Class::Other(class) => format!("class{class}"),
        }
    }
}

/// The extents of a data set; empty for a single value.
pub(super) fn dataspace(fields: &mut Fields<'_>) -> Result<Vec<u64>, Stop> {
    let version = fields.u8()?;
    let rank = fields.u8()?;
    fields.u8()?;
    match version {
        1 => drop(fields.take(5)?),
        // A null space has no element at all.
        2 if fields.u8()? == 2 => return Ok(vec![0]),
        2 => {}
        _ => return Err(malformed("a data space of an unknown version")),
    }
    (0..rank).map(|_| fields.length()).collect()
}

/// The message itself, or what it shares with another object.
pub(super) fn resolved(file: &File<'_>, message: &Message) -> Result<Vec<u8>, Stop> {
    if message.shared { shared(file, message.kind, &message.data) } else { Ok(message.data.clone()) }
}

fn shared(file: &File<'_>, wanted: u16, data: &[u8]) -> Result<Vec<u8>, Stop> {
    let mut fields = file.fields(data);
    let (version, place) = (fields.u8()?, fields.u8()?);
    if version == 1 {
        fields.take(6)?;
    }
    if version == 3 && place == 1 {
        return Err(Stop::Unsupported("messages shared in a heap".to_owned()));
    }
    let address = fields.address()?.ok_or_else(|| malformed("a shared message is nowhere"))?;
    let mut object = Object::default();
    object::read(file, address, &mut object)?;
    let found = object.messages.into_iter().find(|message| message.kind == wanted && !message.shared);
    found
        .map(|message| message.data)
        .ok_or_else(|| malformed("a shared message is not where it is said to be"))
}

/// Where the data of a data set is.
#[derive(Debug)]
pub(super) enum Storage {
    /// In the header itself.
    Compact(Vec<u8>),
    /// In one piece; no address as long as nothing was written.
    Contiguous(Option<u64>, u64),
    /// In chunks, listed by a tree of the old form whose keys have this many offsets.
    Chunked(Option<u64>, u8),
    /// In a form whose index is not read.
    Unread(&'static str),
    /// Put together from data sets of other files: where in a heap the list of these is.
    Virtual(Option<(u64, u16)>),
}

impl Storage {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        match fields.u8()? {
            1..=2 => Self::old(fields),
            3 => match fields.u8()? {
                0 => Self::compact(fields),
                1 => Ok(Self::Contiguous(fields.address()?, fields.length()?)),
                2 => {
                    let rank = fields.u8()?;
                    Ok(Self::Chunked(fields.address()?, rank))
                }
                _ => Err(malformed("a data layout of an unknown class")),
            },
            4..=5 => match fields.u8()? {
                0 => Self::compact(fields),
                1 => Ok(Self::Contiguous(fields.address()?, fields.length()?)),
                2 => Ok(Self::Unread("chunks with an index of the newer forms")),
                3 => {
                    let place = fields.address()?.zip(Some(fields.u32()? as u16));
                    Ok(Self::Virtual(place))
                }
                _ => Err(malformed("a data layout of an unknown class")),
            },
            _ => Err(malformed("a data layout of an unknown version")),
        }
    }

    fn compact(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let len = fields.u16()?;
        Ok(Self::Compact(fields.take(len.into())?.to_vec()))
    }

    fn old(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let (rank, class) = (fields.u8()?, fields.u8()?);
        fields.take(5)?;
        if class == 0 {
            fields.take(u64::from(rank) * 4)?;
            let len = fields.u32()?;
            return Ok(Self::Compact(fields.take(len.into())?.to_vec()));
        }
        let address = fields.address()?;
        if class == 2 {
            return Ok(Self::Chunked(address, rank));
        }
        // The length follows from the shape.
        Ok(Self::Contiguous(address, u64::MAX))
    }
}

/// An attribute: its name, type, shape and bytes.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) datatype: Datatype,
    pub(super) shape: Vec<u64>,
    pub(super) data: Vec<u8>,
}

impl Attribute {
    pub(super) fn read(file: &File<'_>, data: &[u8]) -> Result<Self, Stop> {
        let mut fields = file.fields(data);
        let (version, flags) = (fields.u8()?, fields.u8()?);
        let lens = [fields.u16()?, fields.u16()?, fields.u16()?].map(u64::from);
        if version == 3 {
            fields.u8()?;
        }
        // The first version fills each part up to eight bytes.
        let padded = |len: u64| if version == 1 { len.next_multiple_of(8) } else { len };
        let [name, datatype, shape] = lens.map(padded);
        let name = file.fields(fields.take(name)?).text();
        let datatype = fields.take(datatype)?;
        let datatype = if version > 1 && flags & 1 != 0 {
            Datatype::read(&mut file.fields(&shared(file, kind::DATATYPE, datatype)?))?
        } else {
            Datatype::read(&mut file.fields(datatype))?
        };
        let shape = fields.take(shape)?;
        let shape = if version > 1 && flags & 2 != 0 {
            dataspace(&mut file.fields(&shared(file, kind::DATASPACE, shape)?))?
        } else {
            dataspace(&mut file.fields(shape))?
        };
        Ok(Self { name, datatype, shape, data: fields.rest.to_vec() })
    }
}

/// Where a link leads.
#[derive(Debug)]
pub(super) enum Target {
    Object(u64),
    /// To a path in this file.
    Soft(String),
    /// To an object of another file.
    External {
        file: String,
        path: String,
    },
    /// To something that only an extension of the library knows.
    User,
}

/// A link message: its name and where it leads.
pub(super) fn link(mut fields: Fields<'_>) -> Result<(String, Target), Stop> {
    fields.u8()?;
    let flags = fields.u8()?;
    let class = if flags & 8 == 0 { 0 } else { fields.u8()? };
    fields.take(if flags & 4 == 0 { 0 } else { 8 })?;
    fields.take(u64::from(flags & 0x10 != 0))?;
    let len = fields.uint(1 << (flags & 3))?;
    let name = String::from_utf8_lossy(fields.take(len)?).into_owned();
    let target = match class {
        0 => Target::Object(fields.address()?.ok_or_else(|| malformed("a link leads nowhere"))?),
        1 => {
            let len = fields.u16()?;
            Target::Soft(String::from_utf8_lossy(fields.take(len.into())?).into_owned())
        }
        64 => {
            fields.u16()?;
            fields.u8()?;
            Target::External { file: fields.text(), path: fields.text() }
        }
        _ => Target::User,
    };
    Ok((name, target))
}
