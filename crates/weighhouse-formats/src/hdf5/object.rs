//! Object headers: the messages that describe a group or a data set, wherever their blocks lie.

use std::collections::BTreeSet;

use super::file::{Fields, File, Stop, malformed};
use crate::bounded::Exhausted;
use crate::region::Region;

/// Message types of the specification.
pub(super) mod kind {
    pub(in super::super) const DATASPACE: u16 = 0x01;
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const DATATYPE: u16 = 0x03;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const EXTERNAL: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    pub(in super::super) const FILTERS: u16 = 0x0b;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0c;
    pub(in super::super) const SHARED_TABLE: u16 = 0x0f;
    pub(in super::super) const SPACE: u16 = 0x17;
    pub(super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOL_TABLE: u16 = 0x11;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// A message of an object header.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: u16,
    /// Whether `data` only says where the message is.
    pub(super) shared: bool,
    pub(super) data: Vec<u8>,
}

/// The messages of one object, and where its header lies.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) messages: Vec<Message>,
    pub(super) regions: Vec<Region>,
    /// Bytes of all messages.
    bytes: u64,
}

impl Object {
    /// The first message of a kind.
    pub(super) fn message(&self, kind: u16) -> Option<&Message> {
        self.messages.iter().find(|message| message.kind == kind)
    }
}

/// How the messages of a header are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Old,
    /// Whether each message has its order of creation.
    New {
        ordered: bool,
    },
}

impl Form {
    /// Bytes of the checksum behind a block.
    fn tail(self) -> u64 {
        if self == Self::Old { 0 } else { 4 }
    }
}

/// A block of messages that is still to be read: where it lies as a whole, and how many bytes in it stand before the messages.
#[derive(Debug, Clone, Copy)]
struct Part {
    address: u64,
    len: u64,
    head: u64,
}

/// Reads the header at an address with all its continuations. What was read before a break is kept.
pub(super) fn read(file: &File<'_>, address: u64, object: &mut Object) -> Result<(), Stop> {
    let start = file.up_to(address, 64)?;
    let mut fields = file.fields(&start.bytes);
    let (form, head, len) = if start.bytes.starts_with(b"OHDR") {
        new_prefix(&mut fields, &start.bytes)?
    } else {
        if fields.u8()? != 1 {
            return Err(malformed("no object header stands where one is said to be"));
        }
        fields.take(7)?;
        (Form::Old, 16, u64::from(fields.u32()?))
    };
    let len = head.saturating_add(len).saturating_add(form.tail());
    let mut parts = vec![Part { address, len, head }];
    let mut seen = BTreeSet::new();
    while let Some(part) = parts.pop() {
        if !seen.insert(part.address) {
            return Err(malformed("an object header continues in itself"));
        }
        object.regions.push(file.region(part.address, part.len));
        let block = match form {
            Form::Old => file.block(part.address, part.len)?,
            Form::New { .. } => file.sealed(part.address, part.len)?,
        };
        let mut fields = file.fields(&block.bytes);
        if part.address != address && form != Form::Old {
            fields.expect(b"OCHK", "continuation of an object header")?;
        } else {
            fields.take(part.head)?;
        }
        let len = (fields.rest.len() as u64).saturating_sub(form.tail());
        let bytes = fields.take(len)?;
        messages(file, bytes, form, object, &mut parts)?;
    }
    Ok(())
}

/// How messages are written, length of what stands before the first block, and of that.
fn new_prefix(fields: &mut Fields<'_>, bytes: &[u8]) -> Result<(Form, u64, u64), Stop> {
    fields.take(4)?;
    if fields.u8()? != 2 {
        return Err(malformed("an object header of an unknown version"));
    }
    let flags = fields.u8()?;
    fields.take(if flags & 0x20 == 0 { 0 } else { 16 })?;
    fields.take(if flags & 0x10 == 0 { 0 } else { 4 })?;
    let len = fields.uint(1 << (flags & 3))?;
    Ok((Form::New { ordered: flags & 4 != 0 }, fields.read_of(bytes), len))
}

fn messages(
    file: &File<'_>,
    bytes: &[u8],
    form: Form,
    object: &mut Object,
    parts: &mut Vec<Part>,
) -> Result<(), Stop> {
    let mut fields = file.fields(bytes);
    let header = match form {
        Form::Old => 8,
        Form::New { ordered: false } => 4,
        Form::New { ordered: true } => 6,
    };
    while fields.rest.len() >= header {
        file.budget.steps(1)?;
        if object.messages.len() >= file.budget.limits().facts {
            return Err(Exhausted::Facts.into());
        }
        let (kind, len, flags) = match form {
            Form::Old => {
                let found = (fields.u16()?, fields.u16()?, fields.u8()?);
                fields.take(3)?;
                found
            }
            Form::New { ordered } => {
                let found = (u16::from(fields.u8()?), fields.u16()?, fields.u8()?);
                fields.take(if ordered { 2 } else { 0 })?;
                found
            }
        };
        let data = fields.take(len.into())?;
        match kind {
            // Padding.
            0 => {}
            kind::CONTINUATION => {
                let mut data = file.fields(data);
                let address =
                    data.address()?.ok_or_else(|| malformed("an object header continues nowhere"))?;
                let len = data.length()?;
                parts.push(Part { address, len, head: 0 });
            }
            kind => {
                // Blocks may overlap: how long the file is says nothing of what this comes to.
                object.bytes = object.bytes.saturating_add(data.len() as u64);
                if object.bytes > file.budget.limits().text {
                    return Err(Exhausted::Text.into());
                }
                object.messages.push(Message { kind, shared: flags & 2 != 0, data: data.to_vec() });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounded::{Budget, Limits};
    use crate::hdf5::file::Layout;
    use crate::source::Memory;

    #[test]
    fn messages_that_share_bytes_are_bounded_together() {
        let source = Memory::shared(Vec::new());
        let budget = Budget::new(Limits { text: 150, ..Limits::default() }.into());
        let layout = Layout { base: 0, offsets: 8, lengths: 8 };
        let broken = std::cell::Cell::default();
        let file = File { source: &source, budget: &budget, layout, broken: &broken };
        let block = [&[kind::ATTRIBUTE as u8, 0, 100, 0, 0, 0, 0, 0][..], &[0; 100]].concat();
        let mut object = Object::default();
        let mut again = || messages(&file, &block, Form::Old, &mut object, &mut Vec::new());
        assert!(again().is_ok());
        assert!(matches!(again(), Err(Stop::Limit(Exhausted::Text))));
        assert_eq!(object.messages.len(), 1);
    }
}
