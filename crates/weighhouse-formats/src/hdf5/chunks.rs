//! The chunks of a data set, from whatever lists them: a tree of either form, an array of fixed or growing length, or nothing.

use super::btree;
use super::checksum::is_sealed;
use super::file::{Fields, File, Stop, malformed};
use super::group;
use super::layout::{Chunked, Index};
use super::superblock::Ranks;
use crate::region::Claims;

/// A chunk in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) address: u64,
    pub(super) len: u64,
    /// Filters that were left out.
    pub(super) mask: u32,
}

/// What takes the chunks one by one.
pub(super) trait Take: FnMut(&mut Claims, Chunk) -> Result<(), Stop> {}
impl<F: FnMut(&mut Claims, Chunk) -> Result<(), Stop>> Take for F {}

/// Gives each chunk of a data set of this shape to `each`, and claims it.
pub(super) fn walk(
    file: &File<'_>,
    ranks: Ranks,
    (chunked, shape): (&Chunked, &[u64]),
    claims: &mut Claims,
    mut each: impl Take,
) -> Result<(), Stop> {
    let Some(address) = chunked.address else { return Ok(()) };
    let size = chunked.size();
    let mut each = |claims: &mut Claims, chunk: Chunk| {
        claims.claim(file.region(chunk.address, chunk.len));
        each(claims, chunk)
    };
    match chunked.index {
        Index::Old => group::chunks(file, ranks, address, chunked.extents.len() as u64, claims, each),
        Index::Single(None) => each(claims, Chunk { address, len: size, mask: 0 }),
        Index::Single(Some((len, mask))) => each(claims, Chunk { address, len, mask }),
        Index::Implicit => {
            let count = shape
                .iter()
                .zip(&chunked.extents)
                .fold(1_u64, |all, (whole, part)| all.saturating_mul(whole.div_ceil((*part).max(1))));
            // They are one piece: nothing has to be walked.
            each(claims, Chunk { address, len: count.saturating_mul(size), mask: 0 })
        }
        Index::FixedArray => fixed(file, address, size, claims, &mut each),
        Index::ExtensibleArray => extensible(file, address, size, claims, &mut each),
        Index::Tree => {
            let scaled = 8 * (chunked.extents.len() as u64).saturating_sub(1);
            btree::records(file, address, &[10, 11], claims, |claims, kind, record| {
                let len = (record.len() as u64).saturating_sub(scaled);
                let elements = Elements { filtered: kind == 11, len, size };
                elements.read(&mut file.fields(record), claims, &mut each)
            })
        }
    }
}

/// How an array lists a chunk.
#[derive(Debug, Clone, Copy)]
struct Elements {
    filtered: bool,
    /// Bytes of an element.
    len: u64,
    /// Bytes of a chunk before filters.
    size: u64,
}

impl Elements {
    /// Reads one element.
    fn read(self, fields: &mut Fields<'_>, claims: &mut Claims, each: &mut impl Take) -> Result<(), Stop> {
        let before = fields.rest.len() as u64;
        let address = fields.address()?;
        let (mut len, mut mask) = (self.size, 0);
        if self.filtered {
            let width = self.len.saturating_sub(before.saturating_sub(fields.rest.len() as u64) + 4);
            len = fields.uint(width.min(8) as u8)?;
            mask = fields.u32()?;
        }
        match address {
            Some(address) => each(claims, Chunk { address, len, mask }),
            None => Ok(()),
        }
    }

    /// Reads `count` elements at an address, and a checksum behind them.
    fn page(
        self,
        file: &File<'_>,
        (address, count): (u64, u64),
        claims: &mut Claims,
        each: &mut impl Take,
    ) -> Result<(), Stop> {
        let len = count.saturating_mul(self.len).saturating_add(4);
        let block = file.block(address, len)?;
        claims.claim(block.region);
        // A page that nothing was written to holds whatever was there before.
        if !is_sealed(&block.bytes) {
            return Ok(());
        }
        self.all(file, &block.bytes, count, claims, each)
    }

    fn all(
        self,
        file: &File<'_>,
        bytes: &[u8],
        count: u64,
        claims: &mut Claims,
        each: &mut impl Take,
    ) -> Result<(), Stop> {
        let mut fields = file.fields(bytes);
        for _ in 0..count {
            file.budget.steps(1)?;
            self.read(&mut fields, claims, each)?;
        }
        Ok(())
    }

    /// Reads `count` elements of a block whose first `head` bytes say what it is: in pages of `page` if they are more than that.
    fn block(
        self,
        file: &File<'_>,
        (address, head): (u64, u64),
        (count, page): (u64, u64),
        claims: &mut Claims,
        each: &mut impl Take,
    ) -> Result<(), Stop> {
        if count <= page {
            let listed = count.saturating_mul(self.len);
            let block = file.sealed(address, head.saturating_add(listed).saturating_add(4))?;
            claims.claim(block.region);
            let mut fields = file.fields(&block.bytes);
            fields.take(head)?;
            return self.all(file, fields.rest, count, claims, each);
        }
        // The head has a checksum of its own.
        let head = head.saturating_add(4);
        claims.claim(file.region(address, head));
        let mut at = address.saturating_add(head);
        let mut left = count;
        while left > 0 {
            let count = left.min(page);
            self.page(file, (at, count), claims, each)?;
            at = at.saturating_add(count.saturating_mul(self.len)).saturating_add(4);
            left = left.saturating_sub(count);
        }
        Ok(())
    }
}

/// A power of two whose exponent stands in the file.
fn power(bits: u8) -> Result<u64, Stop> {
    1_u64.checked_shl(bits.into()).ok_or_else(|| malformed("an array of an impossible size"))
}

/// Reads what both kinds of headers begin with: whether chunks went through filters, and the length of an element.
fn elements(fields: &mut Fields<'_>, signature: &[u8], size: u64) -> Result<Elements, Stop> {
    fields.expect(signature, "array of chunks")?;
    fields.u8()?;
    let (client, len) = (fields.u8()?, u64::from(fields.u8()?));
    Ok(Elements { filtered: client == 1, len, size })
}

fn fixed(
    file: &File<'_>,
    address: u64,
    size: u64,
    claims: &mut Claims,
    each: &mut impl Take,
) -> Result<(), Stop> {
    let (offsets, lengths) = file.widths();
    let block = file.sealed(address, 12 + offsets + lengths)?;
    claims.claim(block.region);
    let mut fields = file.fields(&block.bytes);
    let elements = elements(&mut fields, b"FAHD", size)?;
    let page = power(fields.u8()?)?;
    let count = fields.length()?;
    let Some(address) = fields.address()? else { return Ok(()) };
    let block = file.block(address, 4)?;
    file.fields(&block.bytes).expect(b"FADB", "block of an array")?;
    // A bit for each page says whether anything was written to it.
    let marks = if count > page { count.div_ceil(page).div_ceil(8) } else { 0 };
    let head = 6_u64.saturating_add(offsets).saturating_add(marks);
    elements.block(file, (address, head), (count, page), claims, each)
}

/// How an array that grows is divided.
#[derive(Debug, Clone, Copy)]
struct Growth {
    elements: Elements,
    /// Bytes of an offset in the array.
    offset: u64,
    /// Elements of the smallest block, and of a page.
    smallest: u64,
    page: u64,
}

impl Growth {
    /// Blocks that the super block of a number has, and elements of each.
    fn level(&self, number: u64) -> Result<(u64, u64), Stop> {
        let half = |number: u64| 1_u64.checked_shl((number / 2) as u32);
        let blocks = half(number)
            .zip(half(number.saturating_add(1)).and_then(|times| self.smallest.checked_mul(times)));
        blocks.ok_or_else(|| malformed("an array of an impossible size"))
    }

    fn block(
        &self,
        file: &File<'_>,
        address: u64,
        count: u64,
        claims: &mut Claims,
        each: &mut impl Take,
    ) -> Result<(), Stop> {
        let block = file.block(address, 4)?;
        file.fields(&block.bytes).expect(b"EADB", "block of an array")?;
        let head = 6 + u64::from(file.layout.offsets) + self.offset;
        self.elements.block(file, (address, head), (count, self.page), claims, each)
    }

    /// A block that lists the blocks of one level.
    fn super_block(
        &self,
        file: &File<'_>,
        address: u64,
        number: u64,
        claims: &mut Claims,
        each: &mut impl Take,
    ) -> Result<(), Stop> {
        let (blocks, count) = self.level(number)?;
        let offsets = u64::from(file.layout.offsets);
        let marks =
            if count > self.page { (count / self.page).div_ceil(8).saturating_mul(blocks) } else { 0 };
        let head = (6 + offsets + self.offset).saturating_add(marks);
        let len = head.saturating_add(blocks.saturating_mul(offsets)).saturating_add(4);
        let block = file.sealed(address, len)?;
        claims.claim(block.region);
        let mut fields = file.fields(&block.bytes);
        fields.expect(b"EASB", "block of an array")?;
        fields.take(head.saturating_sub(4))?;
        for _ in 0..blocks {
            if let Some(address) = fields.address()? {
                self.block(file, address, count, claims, each)?;
            }
        }
        Ok(())
    }
}

fn extensible(
    file: &File<'_>,
    address: u64,
    size: u64,
    claims: &mut Claims,
    each: &mut impl Take,
) -> Result<(), Stop> {
    let (offsets, lengths) = file.widths();
    let block = file.sealed(address, 16 + 6 * lengths + offsets)?;
    claims.claim(block.region);
    let mut fields = file.fields(&block.bytes);
    let elements = elements(&mut fields, b"EAHD", size)?;
    let bits = fields.u8()?;
    let (inside, smallest) = (u64::from(fields.u8()?), u64::from(fields.u8()?));
    let pointers = u64::from(fields.u8()?);
    let page = power(fields.u8()?)?;
    fields.take(6 * lengths)?;
    let Some(address) = fields.address()? else { return Ok(()) };
    if !smallest.is_power_of_two() || !pointers.is_power_of_two() || u64::from(bits) < smallest.ilog2().into()
    {
        return Err(malformed("an array of an impossible size"));
    }
    let growth = Growth { elements, offset: u64::from(bits).div_ceil(8), smallest, page };
    let levels = u64::from(bits) - u64::from(smallest.ilog2()) + 1;
    let within = (2 * u64::from(pointers.ilog2())).min(levels);
    let direct = 2 * (pointers - 1);
    let listed = inside * elements.len + (direct + levels - within) * offsets;
    let block = file.sealed(address, 10 + offsets + listed)?;
    claims.claim(block.region);
    let mut fields = file.fields(&block.bytes);
    fields.expect(b"EAIB", "index of an array")?;
    fields.take(2 + offsets)?;
    for _ in 0..inside {
        elements.read(&mut fields, claims, each)?;
    }
    for number in 0..within {
        let (blocks, count) = growth.level(number)?;
        for _ in 0..blocks {
            if let Some(address) = fields.address()? {
                growth.block(file, address, count, claims, each)?;
            }
        }
    }
    for number in within..levels {
        if let Some(address) = fields.address()? {
            growth.super_block(file, address, number, claims, each)?;
        }
    }
    Ok(())
}
