//! Messages that objects share: in the header of another object, or in a heap that the file names in its extension.

use super::file::{File, Stop, go_on, malformed};
use super::fractal::FractalHeap;
use super::object::{self, Message, Object};
use crate::region::Claims;

/// The heaps of shared messages, each for some kinds.
#[derive(Debug, Default)]
pub(super) struct SharedMessages {
    heaps: Vec<(u16, FractalHeap)>,
}

/// Indexes that a table has at most.
const MOST: u8 = 8;

impl SharedMessages {
    /// Reads the table that a message of the extension names.
    pub(super) fn read(&mut self, file: &File<'_>, data: &[u8], claims: &mut Claims) -> Result<(), Stop> {
        let (offsets, _) = file.widths();
        let mut fields = file.fields(data);
        fields.u8()?;
        let Some(address) = fields.address()? else { return Ok(()) };
        let count = fields.u8()?.min(MOST);
        let entry = 14 + 2 * offsets;
        let block = file.sealed(address, 8 + entry.saturating_mul(count.into()))?;
        claims.claim(block.region);
        let mut fields = file.fields(&block.bytes);
        fields.expect(b"SMTB", "table of shared messages")?;
        let mut first = Ok(());
        for _ in 0..count {
            fields.u8()?;
            let list = fields.u8()? == 0;
            let kinds = fields.u16()?;
            fields.u32()?;
            let most = u64::from(fields.u16()?);
            fields.take(4)?;
            let (index, heap) = (fields.address()?, fields.address()?);
            if let Some(heap) = heap {
                let (heap, read) = FractalHeap::read(file, heap, claims)?;
                self.heaps.push((kinds, heap));
                go_on(&mut first, read)?;
            }
            if let Some(index) = index {
                go_on(&mut first, index_of(file, index, list.then_some(most), claims))?;
            }
        }
        first
    }

    /// The message itself, or what it shares with another object.
    pub(super) fn resolved(&mut self, file: &File<'_>, message: &Message) -> Result<Vec<u8>, Stop> {
        if message.shared { self.shared(file, message.kind, &message.data) } else { Ok(message.data.clone()) }
    }

    /// The message of a kind that `data` says where to find.
    pub(super) fn shared(&mut self, file: &File<'_>, wanted: u16, data: &[u8]) -> Result<Vec<u8>, Stop> {
        let mut fields = file.fields(data);
        let (version, place) = (fields.u8()?, fields.u8()?);
        if version == 1 {
            fields.take(6)?;
        }
        if version == 3 && place == 1 {
            return self.in_heap(file, wanted, fields.take(8)?);
        }
        let address = fields.address()?.ok_or_else(|| malformed("a shared message is nowhere"))?;
        let mut object = Object::default();
        object::read(file, address, &mut object)?;
        let found = object.messages.into_iter().find(|message| message.kind == wanted && !message.shared);
        found
            .map(|message| message.data)
            .ok_or_else(|| malformed("a shared message is not where it is said to be"))
    }

    /// The message of a kind with an identifier in a heap.
    pub(super) fn in_heap(&mut self, file: &File<'_>, wanted: u16, id: &[u8]) -> Result<Vec<u8>, Stop> {
        let bit = 1_u16.checked_shl(wanted.into()).unwrap_or(0);
        let heap = self.heaps.iter_mut().find(|(kinds, _)| kinds & bit != 0);
        let (_, heap) =
            heap.ok_or_else(|| malformed("no heap of the file holds shared messages of a kind"))?;
        heap.object(file, id)
    }
}

/// Claims an index: a list with room for `most` messages, or a tree.
fn index_of(file: &File<'_>, address: u64, most: Option<u64>, claims: &mut Claims) -> Result<(), Stop> {
    let Some(most) = most else {
        return super::btree::records(file, address, &[7], claims, |_, _, _| Ok(()));
    };
    let entry = 5 + (4 + u64::from(file.layout.offsets)).max(12);
    let head = file.block(address, 4)?;
    file.fields(&head.bytes).expect(b"SMLI", "list of shared messages")?;
    claims.claim(file.region(address, 8_u64.saturating_add(most.saturating_mul(entry))));
    Ok(())
}
