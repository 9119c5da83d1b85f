//! Fractal heaps: where the newer forms keep links and attributes of groups that have many, and messages that objects share.
//!
//! Objects lie in blocks that a table of rows, each of blocks twice as large as those before, makes one address space of; large
//! ones lie by themselves, listed by a tree; the smallest are in their own identifier.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Fields, File, Stop, go_on, malformed, width_of};
use super::filters::Pipeline;
use super::{btree, space};
use crate::bounded::Exhausted;
use crate::region::Claims;

/// A heap whose blocks are known.
#[derive(Debug)]
pub(super) struct FractalHeap {
    /// Bytes of an identifier, and in it of an offset and of a length.
    id: u64,
    offset: u64,
    length: u64,
    table: Table,
    blocks: Vec<Block>,
    large: BTreeMap<u64, Place>,
    filters: Option<Pipeline>,
    /// The block that was unpacked last: where it begins in the address space.
    unpacked: Option<(u64, Vec<u8>)>,
}

/// How the address space is divided.
#[derive(Debug, Clone, Copy)]
struct Table {
    width: u64,
    first: u64,
    /// Rows of blocks that hold objects; later ones hold tables.
    direct: u64,
}

/// A block of objects.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// Where it begins in the address space, and how much of that it takes.
    start: u64,
    len: u64,
    place: Place,
}

/// Bytes in the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    address: u64,
    len: u64,
    /// Filters that were left out.
    mask: u32,
}

/// A block of the table that is still to be read.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    address: u64,
    rows: u64,
    start: u64,
}

impl Table {
    /// Bytes of a block in a row.
    fn size(&self, row: u64) -> Result<u64, Stop> {
        let shift = u32::try_from(row.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 1_u64.checked_shl(shift).filter(|factor| *factor > 0);
        factor
            .and_then(|factor| self.first.checked_mul(factor))
            .ok_or_else(|| malformed("a heap with a block of an impossible size"))
    }

    /// Rows of a table that takes `size` of the address space.
    fn rows(&self, size: u64) -> u64 {
        let row = self.first.saturating_mul(self.width).max(1);
        u64::from((size / row).checked_ilog2().unwrap_or(0)).saturating_add(1)
    }
}

impl FractalHeap {
    /// Reads the heap whose header is at `address`, and claims all its blocks. What is wrong with one of them is told beside the
    /// heap, which has the others.
    pub(super) fn read(
        file: &File<'_>,
        address: u64,
        claims: &mut Claims,
    ) -> Result<(Self, Result<(), Stop>), Stop> {
        let (offsets, lengths) = file.widths();
        let head = file.block(address, 9)?;
        let filters = file.fields(head.bytes.get(7..).unwrap_or_default()).u16()?;
        let filtered = if filters == 0 { 0 } else { lengths.saturating_add(4) };
        let len = 22 + 12 * lengths + 3 * offsets + u64::from(filters) + filtered + 4;
        let block = file.sealed(address, len)?;
        claims.claim(block.region);
        let mut fields = file.fields(&block.bytes);
        fields.expect(b"FRHP", "heap")?;
        fields.u8()?;
        let id = u64::from(fields.u16()?);
        fields.take(3)?;
        let largest = u64::from(fields.u32()?);
        fields.length()?;
        let large = fields.address()?;
        fields.length()?;
        let mut first = Ok(());
        if let Some(manager) = fields.address()? {
            go_on(&mut first, space::manager(file, manager, claims))?;
        }
        fields.take(lengths.saturating_mul(8))?;
        let (width, least, most) = (u64::from(fields.u16()?), fields.length()?, fields.length()?);
        let bits = u64::from(fields.u16()?);
        fields.u16()?;
        let root = fields.address()?;
        let rows = u64::from(fields.u16()?);
        if !least.is_power_of_two() || !most.is_power_of_two() || width == 0 || most < least {
            return Err(malformed("a heap with blocks of impossible sizes"));
        }
        let direct = u64::from(most.ilog2()).saturating_sub(least.ilog2().into()).saturating_add(2);
        let mut heap = Self {
            id,
            offset: bits.div_ceil(8),
            length: u64::from(most.ilog2()).div_ceil(8).min(width_of(largest)),
            table: Table { width, first: least, direct },
            blocks: Vec::new(),
            large: BTreeMap::new(),
            filters: None,
            unpacked: None,
        };
        let mut packed = Place { address: 0, len: least, mask: 0 };
        if filters > 0 {
            packed.len = fields.length()?;
            packed.mask = fields.u32()?;
            heap.filters = Some(Pipeline::read(&mut fields)?);
        }
        let found = match root {
            Some(address) if rows == 0 => {
                let len = heap.table.first;
                heap.block(file, Block { start: 0, len, place: Place { address, ..packed } }, claims)
            }
            Some(address) => heap.tables(file, Waiting { address, rows, start: 0 }, claims),
            None => Ok(()),
        };
        go_on(&mut first, found)?;
        if let Some(tree) = large {
            go_on(&mut first, heap.large(file, tree, claims))?;
        }
        heap.blocks.sort_unstable_by_key(|block| block.start);
        Ok((heap, first))
    }

    fn block(&mut self, file: &File<'_>, block: Block, claims: &mut Claims) -> Result<(), Stop> {
        if self.blocks.len() >= file.budget.limits().facts {
            return Err(Exhausted::Facts.into());
        }
        claims.claim(file.region(block.place.address, block.place.len));
        self.blocks.push(block);
        Ok(())
    }

    fn tables(&mut self, file: &File<'_>, root: Waiting, claims: &mut Claims) -> Result<(), Stop> {
        let mut waiting = vec![root];
        let mut seen = BTreeSet::new();
        let mut first = Ok(());
        while let Some(table) = waiting.pop() {
            if !seen.insert(table.address) {
                return Err(malformed("a heap refers to a table twice"));
            }
            let read = self.rows(file, table, claims, &mut waiting);
            go_on(&mut first, read)?;
        }
        first
    }

    fn rows(
        &mut self,
        file: &File<'_>,
        table: Waiting,
        claims: &mut Claims,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), Stop> {
        let (offsets, lengths) = file.widths();
        let packed = if self.filters.is_some() { lengths.saturating_add(4) } else { 0 };
        let direct = table.rows.min(self.table.direct).saturating_mul(self.table.width);
        let further = table.rows.saturating_sub(self.table.direct).saturating_mul(self.table.width);
        let len = 9
            + offsets
            + self.offset
            + direct.saturating_mul(offsets + packed)
            + further.saturating_mul(offsets);
        let block = file.sealed(table.address, len)?;
        claims.claim(block.region);
        let mut fields = file.fields(&block.bytes);
        fields.expect(b"FHIB", "table of a heap")?;
        fields.take(1 + offsets + self.offset)?;
        let mut start = table.start;
        for row in 0..table.rows {
            let size = self.table.size(row)?;
            for _ in 0..self.table.width {
                file.budget.steps(1)?;
                let address = fields.address()?;
                if row >= self.table.direct {
                    let rows = self.table.rows(size);
                    waiting.extend(address.map(|address| Waiting { address, rows, start }));
                } else {
                    let (len, mask) = if packed > 0 { (fields.length()?, fields.u32()?) } else { (size, 0) };
                    if let Some(address) = address {
                        self.block(
                            file,
                            Block { start, len: size, place: Place { address, len, mask } },
                            claims,
                        )?;
                    }
                }
                start = start.saturating_add(size);
            }
        }
        Ok(())
    }

    /// Objects too large for a block; some heaps say in the identifier itself where they are.
    fn large(&mut self, file: &File<'_>, tree: u64, claims: &mut Claims) -> Result<(), Stop> {
        let most = file.budget.limits().facts;
        let large = &mut self.large;
        btree::records(file, tree, &[1, 2, 3, 4], claims, |claims, kind, record| {
            let mut fields = file.fields(record);
            let Some(place) = place(&mut fields, matches!(kind, 2 | 4))? else { return Ok(()) };
            claims.claim(file.region(place.address, place.len));
            if matches!(kind, 1 | 2) {
                if large.len() >= most {
                    return Err(Exhausted::Facts.into());
                }
                large.insert(fields.length()?, place);
            }
            Ok(())
        })
    }

    /// The object of an identifier.
    pub(super) fn object(&mut self, file: &File<'_>, id: &[u8]) -> Result<Vec<u8>, Stop> {
        let mut fields = file.fields(id);
        let first = fields.u8()?;
        match first >> 4 & 3 {
            0 => {
                let (offset, len) = (fields.uint(self.offset as u8)?, fields.uint(self.length as u8)?);
                self.managed(file, offset, len)
            }
            1 => self.huge(file, fields),
            2 => {
                let extended = id.len() > 17;
                let high = if extended { u64::from(first & 15) << 8 } else { u64::from(first & 15) };
                let len = high.saturating_add(if extended { u64::from(fields.u8()?) } else { 0 });
                Ok(fields.take(len.saturating_add(1))?.to_vec())
            }
            _ => Err(malformed("an identifier of an unknown kind in a heap")),
        }
    }

    fn managed(&mut self, file: &File<'_>, offset: u64, len: u64) -> Result<Vec<u8>, Stop> {
        let missing = || malformed("an identifier leads out of its heap");
        let after = self.blocks.partition_point(|block| block.start <= offset);
        let block = after.checked_sub(1).and_then(|place| self.blocks.get(place)).ok_or_else(missing)?;
        let inside = offset.saturating_sub(block.start);
        if inside.saturating_add(len) > block.len {
            return Err(missing());
        }
        let Block { start, len: whole, place } = *block;
        let Some(filters) = &self.filters else {
            return Ok(file.block(place.address.saturating_add(inside), len)?.bytes);
        };
        if self.unpacked.as_ref().is_none_or(|(known, _)| *known != start) {
            let packed = file.block(place.address, place.len)?.bytes;
            self.unpacked = Some((start, filters.undo(file, packed, place.mask, whole)?));
        }
        let bytes = self.unpacked.as_ref().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        file.budget.steps(len.max(1))?;
        let mut fields = file.fields(bytes);
        fields.take(inside)?;
        Ok(fields.take(len)?.to_vec())
    }

    fn huge(&self, file: &File<'_>, mut fields: Fields<'_>) -> Result<Vec<u8>, Stop> {
        let (offsets, lengths) = file.widths();
        let packed = self.filters.is_some();
        let direct = offsets + lengths + if packed { lengths.saturating_add(4) } else { 0 };
        let found = if direct < self.id {
            place(&mut fields, packed)?
        } else {
            let key = fields.uint(self.id.saturating_sub(1).min(8) as u8)?;
            self.large.get(&key).copied()
        };
        let place = found.ok_or_else(|| malformed("a heap does not hold the object of an identifier"))?;
        let bytes = file.block(place.address, place.len)?.bytes;
        match &self.filters {
            Some(filters) => filters.undo(file, bytes, place.mask, file.budget.limits().text),
            None => Ok(bytes),
        }
    }
}

/// Where a large object lies.
fn place(fields: &mut Fields<'_>, packed: bool) -> Result<Option<Place>, Stop> {
    let (address, len) = (fields.address()?, fields.length()?);
    let mask = if packed { fields.u32()? } else { 0 };
    if packed {
        fields.length()?;
    }
    Ok(address.map(|address| Place { address, len, mask }))
}
