//! Flatbuffers: tables, vectors, texts and unions, every one checked before it is read.
//!
//! A flatbuffer is offsets that lead to offsets, and programs that use one trust them. So each is followed once, within bounds;
//! what was read is claimed, so that bytes nothing leads to come to light, and structures that share bytes are reported. Formats
//! that are a flatbuffer bring a [`Table`] and a [`Visit`], and [`read`] walks all of it; those that hold small ones among other
//! things take what they need out of a [`Buffer`].

mod buffer;
mod bytes;
mod walk;

pub(crate) use buffer::{Bad, Buffer, Found};
pub(crate) use walk::{Place, Visit, read};

/// A kind of table.
#[derive(Debug)]
pub(crate) struct Table {
    /// Name in the format's own description.
    pub(crate) name: &'static str,
    /// Its fields, in the order of their places.
    pub(crate) fields: &'static [Field],
}

/// A field of a table.
#[derive(Debug)]
pub(crate) struct Field {
    /// Name in the format's own description.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A number of so many bytes, in the table itself.
    Number(u8),
    /// Numbers, or structures of fixed size, of so many bytes each.
    Numbers(u8),
    /// UTF-8.
    Text,
    /// Several texts.
    Texts,
    /// A table.
    Table(&'static Table),
    /// Several tables.
    Tables(&'static Table),
    /// A table of the kind that the field before says by number.
    Union(&'static [Option<&'static Table>]),
}

/// A kind of table with its fields.
pub(crate) const fn table(name: &'static str, fields: &'static [Field]) -> Table {
    Table { name, fields }
}

/// A field.
pub(crate) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}
