//! Verified access to one flatbuffer: nothing is read before it is known to lie in the buffer, and what was read is noted, so that
//! bytes nothing leads to come to light.

use std::collections::HashSet;

use super::bytes::Bytes;
use crate::region::{Claims, Region};
use crate::source::Source;

/// Why something in a buffer is not understood.
pub(crate) type Bad = &'static str;

/// Tables, vectors and texts that are read of one buffer.
const MOST: usize = 2_000_000;

const BEYOND: Bad = "an offset leads out of the buffer";
const SHARED: Bad = "two places share one table";
const MANY: Bad = "there are too many tables, vectors and texts";
const AGAIN: Bad = "vectors are shared so often that reading them takes many times the buffer";

/// How often, on average, a byte may be read as a part of a vector or text; what is below [`LITTLE`] may be read more often.
const OFTEN: u64 = 16;
const LITTLE: u64 = 1 << 20;

/// A buffer. All places are places in the source.
#[derive(Debug)]
pub(crate) struct Buffer<'s> {
    bytes: Bytes<'s>,
    region: Region,
    /// Tables, and the layouts that they share: writers share no table, and a buffer that does could make a reader walk for ever.
    tables: HashSet<u64>,
    read: Vec<Region>,
    misaligned: Option<u64>,
    /// Bytes of all vectors and texts.
    elements: u64,
}

/// A table, with the distance of each of its fields from its start; zero for those left out.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) region: Region,
    fields: Vec<u16>,
}

impl Found {
    /// Where a field stands; nothing if it is left out.
    pub(crate) fn field(&self, field: usize) -> Option<u64> {
        let offset = self.fields.get(field).copied().filter(|offset| *offset > 0)?;
        Some(self.region.start.saturating_add(offset.into()))
    }

    /// The fields that are there, by number, with their places.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        (0..self.fields.len()).filter_map(|field| Some((field, self.field(field)?)))
    }
}

impl<'s> Buffer<'s> {
    /// The buffer that fills a region.
    pub(crate) fn new(source: &'s dyn Source, region: Region) -> Self {
        let region = Region::new(region.start, region.end.min(source.len()));
        Self {
            bytes: Bytes::new(source),
            region,
            tables: HashSet::new(),
            read: Vec::new(),
            misaligned: None,
            elements: 0,
        }
    }

    /// The whole region.
    pub(crate) fn region(&self) -> Region {
        self.region
    }

    /// Whether so much was read of it that no more will be.
    pub(crate) fn is_full(&self) -> bool {
        self.read.len() >= MOST
    }

    /// The first place whose structure is not aligned as readers need it.
    pub(crate) fn misaligned(&self) -> Option<u64> {
        self.misaligned
    }

    /// The regions that were read, in order; what is shared as a whole stands there once.
    pub(crate) fn take_read(&mut self) -> Vec<Region> {
        let mut read = std::mem::take(&mut self.read);
        read.sort_unstable();
        read.dedup();
        read
    }

    /// The regions that were read.
    pub(crate) fn claims(mut self) -> Claims {
        let mut claims = Claims::new();
        self.take_read().into_iter().for_each(|region| claims.claim(region));
        claims
    }

    /// Notes that a region was read.
    pub(crate) fn claim(&mut self, region: Region) {
        if !self.is_full() {
            self.read.push(region);
        }
    }

    /// The little-endian number of `size` bytes, at most eight, at a place.
    pub(crate) fn at(&mut self, at: u64, size: u8) -> Result<u64, Bad> {
        let place = Region::at(at, size.into());
        if place.start < self.region.start || place.end > self.region.end {
            return Err(BEYOND);
        }
        self.bytes.number(at, size).ok_or(BEYOND)
    }

    /// The beginning of a region, at most `most` bytes.
    pub(crate) fn bytes(&mut self, region: Region, most: usize) -> Vec<u8> {
        let end = region.end.min(self.region.end);
        let len = usize::try_from(end.saturating_sub(region.start)).unwrap_or(usize::MAX);
        self.bytes.read(region.start, len.min(most))
    }

    /// Where the offset at a place leads: forward, and into the buffer.
    pub(crate) fn offset(&mut self, at: u64) -> Result<u64, Bad> {
        let to = at.checked_add(self.at(at, 4)?).ok_or(BEYOND)?;
        if to > at && to < self.region.end { Ok(to) } else { Err(BEYOND) }
    }

    /// Whether a table was read already.
    pub(crate) fn is_known(&self, at: u64) -> bool {
        self.tables.contains(&at)
    }

    /// The table that the buffer begins with.
    pub(crate) fn root(&mut self) -> Result<Found, Bad> {
        self.claim(Region::at(self.region.start, 4));
        let at = self.offset(self.region.start)?;
        self.whole(at)
    }

    /// The table at a place, with all bytes that it declares.
    fn whole(&mut self, at: u64) -> Result<Found, Bad> {
        let found = self.table_at(at)?;
        self.claim(found.region);
        Ok(found)
    }

    /// The table at a place, which no other place shares; its layout is noted as read, and its fields are the caller's to note.
    pub(crate) fn table_at(&mut self, at: u64) -> Result<Found, Bad> {
        if self.is_full() {
            return Err(MANY);
        }
        let back = i64::from((self.at(at, 4)? as u32).cast_signed());
        let layout = back.checked_neg().and_then(|back| at.checked_add_signed(back)).ok_or(BEYOND)?;
        let (len, size) = (self.at(layout, 2)?, self.at(layout.saturating_add(2), 2)?);
        let (table, layout) = (Region::at(at, size), Region::at(layout, len));
        if len < 4 || len % 2 != 0 || size < 4 {
            return Err("a table has an impossible size");
        }
        if table.end.max(layout.end) > self.region.end {
            return Err("a table lies beyond the end of the buffer");
        }
        if layout.overlaps(table) {
            return Err("a table shares bytes with its own layout");
        }
        let mut fields = Vec::new();
        for place in (layout.start.saturating_add(4)..layout.end).step_by(2) {
            let offset = self.at(place, 2)?;
            if offset >= size || (1..4).contains(&offset) {
                return Err("a field lies outside its table");
            }
            fields.push(offset as u16);
        }
        if !self.tables.insert(at) {
            return Err(SHARED);
        }
        if self.tables.insert(layout.start) {
            self.align(layout.start, 2);
            self.claim(layout);
        }
        self.align(at, 4);
        Ok(Found { region: table, fields })
    }

    /// The elements, of `size` bytes each, of the vector at a place.
    pub(crate) fn vector_at(&mut self, at: u64, size: u64) -> Result<Region, Bad> {
        if self.is_full() {
            return Err(MANY);
        }
        let count = self.at(at, 4)?;
        let region = Region::at(at.saturating_add(4), count.saturating_mul(size));
        if region.end > self.region.end {
            return Err("a vector is declared longer than the buffer");
        }
        self.elements = self.elements.saturating_add(region.len());
        if self.elements > self.region.len().saturating_mul(OFTEN).saturating_add(LITTLE) {
            return Err(AGAIN);
        }
        self.align(at, 4);
        self.claim(Region::new(at, region.end));
        Ok(region)
    }

    /// The text at a place. Most writers end it with a zero byte; readers of C need it.
    pub(crate) fn text_at(&mut self, at: u64) -> Result<Region, Bad> {
        let region = self.vector_at(at, 1)?;
        if self.at(region.end, 1) == Ok(0)
            && let Some(last) = self.read.last_mut()
        {
            last.end = last.end.max(region.end.saturating_add(1));
        }
        Ok(region)
    }

    /// A number of a table; zero if the field is left out.
    pub(crate) fn number(&mut self, table: &Found, field: usize, size: u8) -> Result<u64, Bad> {
        table.field(field).map_or(Ok(0), |at| self.at(at, size))
    }

    /// A table in a field.
    pub(crate) fn table(&mut self, table: &Found, field: usize) -> Result<Option<Found>, Bad> {
        let Some(at) = table.field(field) else { return Ok(None) };
        let at = self.offset(at)?;
        self.whole(at).map(Some)
    }

    /// The elements, of `size` bytes each, of a vector in a field; none if the field is left out.
    pub(crate) fn vector(&mut self, table: &Found, field: usize, size: u64) -> Result<Region, Bad> {
        let Some(at) = table.field(field) else { return Ok(Region::default()) };
        let at = self.offset(at)?;
        self.vector_at(at, size)
    }

    /// A text in a field; an empty one if the field is left out.
    pub(crate) fn text(&mut self, table: &Found, field: usize) -> Result<Region, Bad> {
        let Some(at) = table.field(field) else { return Ok(Region::default()) };
        let at = self.offset(at)?;
        self.text_at(at)
    }

    /// The tables of a vector in a field.
    pub(crate) fn tables(&mut self, table: &Found, field: usize) -> Result<Vec<Found>, Bad> {
        let vector = self.vector(table, field, 4)?;
        let mut tables = Vec::new();
        for at in (vector.start..vector.end).step_by(4) {
            let at = self.offset(at)?;
            tables.push(self.whole(at)?);
        }
        Ok(tables)
    }

    fn align(&mut self, at: u64, to: u64) {
        if !at.saturating_sub(self.region.start).is_multiple_of(to) {
            self.misaligned.get_or_insert(at);
        }
    }
}
