//! What single messages say: shapes, attributes, links, and where the rest of them is.

use super::datatype::Datatype;
use super::file::{Fields, File, Stop, malformed};
use super::object::kind;
use super::shared::SharedMessages;

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

/// An attribute: its name, type, shape and bytes.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) datatype: Datatype,
    pub(super) shape: Vec<u64>,
    pub(super) data: Vec<u8>,
}

impl Attribute {
    pub(super) fn read(file: &File<'_>, shared: &mut SharedMessages, data: &[u8]) -> Result<Self, Stop> {
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
            Datatype::read(&mut file.fields(&shared.shared(file, kind::DATATYPE, datatype)?))?
        } else {
            Datatype::read(&mut file.fields(datatype))?
        };
        let shape = fields.take(shape)?;
        let shape = if version > 1 && flags & 2 != 0 {
            dataspace(&mut file.fields(&shared.shared(file, kind::DATASPACE, shape)?))?
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
    /// To something that only an extension of the library knows, by the number of its kind.
    User(u8),
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
        class => Target::User(class),
    };
    Ok((name, target))
}

/// Where the links or the attributes of an object are that has too many for its header: a heap, and the trees that list what is
/// in it by name and by age.
#[derive(Debug)]
pub(super) struct Dense {
    pub(super) heap: Option<u64>,
    pub(super) trees: [Option<u64>; 2],
}

impl Dense {
    /// Reads the message; the order of creation takes `order` bytes where it is kept.
    pub(super) fn read(mut fields: Fields<'_>, order: u64) -> Result<Self, Stop> {
        fields.u8()?;
        let flags = fields.u8()?;
        fields.take(if flags & 1 == 0 { 0 } else { order })?;
        let (heap, names) = (fields.address()?, fields.address()?);
        let ages = if flags & 2 == 0 { None } else { fields.address()? };
        Ok(Self { heap, trees: [names, ages] })
    }
}
