//! Flatbuffers, read by hand: tables, vectors, texts. What is read is claimed, so that bytes nothing refers to come to light.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::region::{Claims, Region};

/// Why a buffer is not understood.
pub(crate) type Bad = &'static str;

/// A buffer.
#[derive(Debug)]
pub(crate) struct Flat<'a> {
    bytes: &'a [u8],
    claims: RefCell<Claims>,
    /// Tables that were read: writers share none, and a buffer that does could make a reader walk for ever.
    seen: RefCell<HashSet<usize>>,
}

/// A table: where it stands, and where each of its fields stands, zero for those left out.
#[derive(Debug)]
pub(crate) struct Table {
    at: usize,
    fields: Vec<u16>,
}

impl Table {
    /// Where a field stands; nothing if it is left out.
    fn field(&self, field: usize) -> Option<usize> {
        let offset = self.fields.get(field).copied().filter(|offset| *offset > 0)?;
        Some(self.at.saturating_add(offset.into()))
    }
}

/// A vector: where its first element stands, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vector {
    pub(crate) at: usize,
    pub(crate) count: usize,
}

const BEYOND: Bad = "an offset leads out of its metadata";

impl<'a> Flat<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, claims: RefCell::default(), seen: RefCell::default() }
    }

    /// The regions that were read.
    pub(crate) fn claims(self) -> Claims {
        self.claims.into_inner()
    }

    pub(crate) fn bytes(&self, vector: Vector) -> &'a [u8] {
        let end = vector.at.saturating_add(vector.count);
        self.bytes.get(vector.at..end).unwrap_or_default()
    }

    /// An unsigned integer at a place.
    pub(crate) fn at<const N: usize>(&self, at: usize) -> Result<u64, Bad> {
        let bytes: &[u8; N] = self.bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(BEYOND)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    /// The table that the buffer begins with.
    pub(crate) fn root(&self) -> Result<Table, Bad> {
        self.claim(0, 4);
        let at = self.offset(0)?;
        self.table_at(at)
    }

    /// A number of `N` bytes; zero if the field is left out.
    pub(crate) fn number<const N: usize>(&self, table: &Table, field: usize) -> Result<u64, Bad> {
        table.field(field).map_or(Ok(0), |at| self.at::<N>(at))
    }

    /// A table in a field.
    pub(crate) fn table(&self, table: &Table, field: usize) -> Result<Option<Table>, Bad> {
        let Some(at) = table.field(field) else { return Ok(None) };
        self.table_at(self.offset(at)?).map(Some)
    }

    /// A vector of elements of `size` bytes; empty if the field is left out.
    pub(crate) fn vector(&self, table: &Table, field: usize, size: usize) -> Result<Vector, Bad> {
        let Some(at) = table.field(field) else { return Ok(Vector::default()) };
        let at = self.offset(at)?;
        let count = usize::try_from(self.at::<4>(at)?).map_err(|_| BEYOND)?;
        let start = at.saturating_add(4);
        let len = count.checked_mul(size).ok_or(BEYOND)?;
        if start.checked_add(len).is_none_or(|end| end > self.bytes.len()) {
            return Err(BEYOND);
        }
        self.claim(at, len.saturating_add(4));
        Ok(Vector { at: start, count })
    }

    /// A text, with the zero byte that ends it.
    pub(crate) fn text(&self, table: &Table, field: usize) -> Result<Vector, Bad> {
        let vector = self.vector(table, field, 1)?;
        let end = vector.at.saturating_add(vector.count);
        if vector.at > 0 && self.bytes.get(end) == Some(&0) {
            self.claim(end, 1);
        }
        Ok(vector)
    }

    /// The text that the offset at a place leads to.
    pub(crate) fn text_at(&self, at: usize) -> Result<Vector, Bad> {
        let at = self.offset(at)?;
        let count = usize::try_from(self.at::<4>(at)?).map_err(|_| BEYOND)?;
        let start = at.saturating_add(4);
        if start.checked_add(count).is_none_or(|end| end > self.bytes.len()) {
            return Err(BEYOND);
        }
        self.claim(at, count.saturating_add(4));
        Ok(Vector { at: start, count })
    }

    /// The tables of a vector.
    pub(crate) fn tables(&self, table: &Table, field: usize) -> Result<Vec<Table>, Bad> {
        let vector = self.vector(table, field, 4)?;
        let places = (0..vector.count).map(|index| vector.at.saturating_add(index.saturating_mul(4)));
        places.map(|at| self.offset(at).and_then(|at| self.table_at(at))).collect()
    }

    /// Where the offset at a place leads.
    fn offset(&self, at: usize) -> Result<usize, Bad> {
        let offset = usize::try_from(self.at::<4>(at)?).map_err(|_| BEYOND)?;
        at.checked_add(offset).filter(|to| *to < self.bytes.len()).ok_or(BEYOND)
    }

    fn table_at(&self, at: usize) -> Result<Table, Bad> {
        if !self.seen.borrow_mut().insert(at) {
            return Err("two places share one table");
        }
        let back = i64::from((self.at::<4>(at)? as u32).cast_signed());
        let from = i64::try_from(at).ok().and_then(|at| at.checked_sub(back));
        let vtable = from.and_then(|from| usize::try_from(from).ok()).ok_or(BEYOND)?;
        let (len, size) = (self.at::<2>(vtable)? as usize, self.at::<2>(vtable.saturating_add(2))? as usize);
        if len < 4 || !len.is_multiple_of(2) || size < 4 {
            return Err("a table has an impossible size");
        }
        if at.saturating_add(size) > self.bytes.len() || vtable.saturating_add(len) > self.bytes.len() {
            return Err(BEYOND);
        }
        let places = (4..len).step_by(2).map(|offset| self.at::<2>(vtable.saturating_add(offset)));
        let fields =
            places.map(|field| field.map(|field| field as u16)).collect::<Result<Vec<u16>, Bad>>()?;
        if fields.iter().any(|field| usize::from(*field) >= size) {
            return Err("a field lies behind the end of its table");
        }
        self.claim(vtable, len);
        self.claim(at, size);
        Ok(Table { at, fields })
    }

    fn claim(&self, at: usize, len: usize) {
        self.claims.borrow_mut().claim(Region::at(at as u64, len as u64));
    }
}
