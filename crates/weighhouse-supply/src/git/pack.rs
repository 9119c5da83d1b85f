//! Packs and their indexes (version 2).

use std::fmt;

use weighhouse_formats::source::{FileSource, Source as _, read_up_to};

use super::Folder;
use super::id::Id;

/// A pack with its index.
pub(super) struct Pack {
    pub(super) file: FileSource,
    index: Vec<u8>,
    count: usize,
    id_len: usize,
}

/// An entry of a pack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) form: Form,
    /// Length unpacked: of the object, or of the delta.
    pub(super) len: u64,
    /// Where its zlib stream begins.
    pub(super) data: u64,
}

/// How an entry is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Whole, by git's number of its kind.
    Whole(u8),
    /// As a difference to the entry at this offset.
    Offset(u64),
    /// As a difference to this object.
    Object(Id),
}

const FANOUT: usize = 8;
const NAMES: usize = FANOUT + 256 * 4;

impl Pack {
    /// Opens `pack-….pack` by its stem. `room` is what is left for indexes.
    pub(super) fn open(folder: &Folder, stem: &str, room: &mut u64) -> Result<Self, &'static str> {
        let index = folder.file(&format!("{stem}.idx")).ok_or("its index is missing")?;
        let len = index.len();
        *room = room.checked_sub(len).ok_or("the indexes are too large")?;
        let index = read_up_to(&index, 0, usize::try_from(len).unwrap_or_default())
            .map_err(|_| "its index cannot be read")?;
        if index.get(..8) != Some(b"\xfftOc\0\0\0\x02") {
            return Err("its index is of an unknown version");
        }
        let count = be32(&index, NAMES.saturating_sub(4)).ok_or("its index is cut short")? as usize;
        let file = folder.file(&format!("{stem}.pack")).ok_or("the pack itself is missing")?;
        let head = read_up_to(&file, 0, 12).map_err(|_| "it cannot be read")?;
        if head.get(..4) != Some(b"PACK") || !matches!(be32(&head, 4), Some(2 | 3)) {
            return Err("it is no pack");
        }
        // Names, checksums, offsets, offsets above 2 GiB, two digests: only the length of a name is not known before.
        let fits = |id: usize| -> bool {
            let rows = count.saturating_mul(id.saturating_add(8));
            let least = NAMES.saturating_add(rows).saturating_add(id.saturating_mul(2));
            let wide = index.len().checked_sub(least);
            wide.is_some_and(|wide| wide.is_multiple_of(8) && wide / 8 <= count)
        };
        let sha256 = fits(32) && file_ends_with(&file, &index, 32);
        let id_len = if sha256 { 32 } else { 20 };
        if !fits(id_len) {
            return Err("its index is cut short");
        }
        Ok(Self { file, index, count, id_len })
    }

    /// Where an object begins.
    pub(super) fn find(&self, id: &Id) -> Option<u64> {
        let name = id.as_bytes();
        if name.len() != self.id_len {
            return None;
        }
        let first = usize::from(*name.first()?);
        let bound = |byte: usize| be32(&self.index, FANOUT.checked_add(byte.checked_mul(4)?)?);
        let mut low = match first.checked_sub(1) {
            Some(before) => bound(before)? as usize,
            None => 0,
        };
        let mut high = (bound(first)? as usize).min(self.count);
        while low < high {
            let middle = low.midpoint(high);
            let at = NAMES.checked_add(middle.checked_mul(self.id_len)?)?;
            match self.index.get(at..at.checked_add(self.id_len)?)?.cmp(name) {
                std::cmp::Ordering::Less => low = middle.checked_add(1)?,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.offset(middle),
            }
        }
        None
    }

    fn offset(&self, row: usize) -> Option<u64> {
        let narrow = NAMES.checked_add(self.count.checked_mul(self.id_len.checked_add(4)?)?)?;
        let value = be32(&self.index, narrow.checked_add(row.checked_mul(4)?)?)?;
        let Some(wide_row) = value.checked_sub(0x8000_0000) else { return Some(u64::from(value)) };
        let wide = narrow.checked_add(self.count.checked_mul(4)?)?;
        let at = wide.checked_add((wide_row as usize).checked_mul(8)?)?;
        let high = be32(&self.index, at)?;
        let low = be32(&self.index, at.checked_add(4)?)?;
        Some(u64::from(high) << 32 | u64::from(low))
    }

    /// Reads the head of the entry at `offset`.
    pub(super) fn entry(&self, offset: u64) -> Option<Entry> {
        let head = read_up_to(&self.file, offset, 64).ok()?;
        let first = *head.first()?;
        let kind = (first >> 4) & 0x07;
        let (mut len, mut shift, mut at) = (u64::from(first & 0x0f), 4_u32, 1_usize);
        let mut more = first & 0x80 != 0;
        while more {
            let byte = *head.get(at)?;
            at = at.checked_add(1)?;
            len |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 60)?;
            shift = shift.checked_add(7)?;
            more = byte & 0x80 != 0;
        }
        let form = match kind {
            1..=4 => Form::Whole(kind),
            6 => {
                let (distance, end) = distance(&head, at)?;
                at = end;
                // A base lies before what is built on it: chains end.
                Form::Offset(offset.checked_sub(distance).filter(|_| distance > 0)?)
            }
            7 => {
                let end = at.checked_add(self.id_len)?;
                let id = Id::new(head.get(at..end)?)?;
                at = end;
                Form::Object(id)
            }
            _ => return None,
        };
        Some(Entry { form, len, data: offset.checked_add(at as u64)? })
    }
}

/// A distance of seven bits a byte, highest first, where each further byte adds one.
fn distance(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = u64::from(byte & 0x7f);
    at = at.checked_add(1)?;
    while byte & 0x80 != 0 {
        byte = *bytes.get(at)?;
        at = at.checked_add(1)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
    }
    Some((value, at))
}

/// Whether the pack ends with the digest that its index has of it.
fn file_ends_with(file: &FileSource, index: &[u8], len: usize) -> bool {
    let end = read_up_to(file, file.len().saturating_sub(len as u64), len).unwrap_or_default();
    let at = index.len().saturating_sub(len.saturating_mul(2));
    index.get(at..at.saturating_add(len)).is_some_and(|digest| digest == end.as_slice())
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack").field("objects", &self.count).finish_non_exhaustive()
    }
}
