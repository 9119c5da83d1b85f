//! The table of sorted entries that holds the index of a checkpoint: blocks with checksums, an index of blocks, a footer.
//!
//! Follows the table format of `LevelDB`, which TensorFlow took over.

use crate::bounded::{Budget, Exhausted};
use crate::crc32c::Crc32c;
use crate::draft::Draft;
use crate::node::{Fault, GapReason};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Bytes of the footer, and what it ends with.
pub(super) const FOOTER: u64 = 48;
pub(super) const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();
/// Bytes behind each block: how it is packed, and its checksum.
const TRAILER: u64 = 5;
/// Bytes of a block that any writer makes.
const LONGEST: u64 = 64 << 20;

/// One entry of a block.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// Where the value lies in the file.
    pub(super) region: Region,
}

/// All entries in their order, block by block, given to `take`.
pub(super) fn entries(
    source: &SharedSource,
    budget: &Budget,
    draft: &mut Draft,
    mut take: impl FnMut(Entry, &mut Draft),
) -> Result<(), Exhausted> {
    let footer = Region::new(source.len().saturating_sub(FOOTER), source.len());
    let bytes = read_up_to(source.as_ref(), footer.start, FOOTER as usize).unwrap_or_default();
    draft.claim(footer);
    let mut at = 0;
    let handles = handle(&bytes, &mut at).zip(handle(&bytes, &mut at));
    let Some((about, index)) = handles.filter(|_| bytes.ends_with(&MAGIC)) else {
        draft.fault(Fault::Malformed, footer, "the footer of the table is damaged");
        draft.gap(GapReason::Damaged, None, "the entries of the table cannot be found");
        return Ok(());
    };
    let mut reached = 0;
    // What stands in the block about the table, no version of the library writes.
    if let Some(block) = block(source, about, footer.start, budget, draft)? {
        let mut any = false;
        each(&block, about.start, draft, |_, _| any = true);
        if any {
            draft.fault(Fault::Unusual, about, "the table has entries about itself");
        }
    }
    let Some(blocks) = block(source, index, footer.start, budget, draft)? else { return Ok(()) };
    let mut places = Vec::new();
    each(&blocks, index.start, draft, |entry, draft| {
        let mut at = 0;
        match handle(&entry.value, &mut at) {
            Some(place) => places.push(place),
            None => draft.fault(Fault::Malformed, entry.region, "the place of a block is damaged"),
        }
    });
    let mut last: Option<Vec<u8>> = None;
    for place in places {
        if place.start < reached {
            draft.fault(Fault::Overlap, place, "blocks of the table share bytes");
            continue;
        }
        reached = place.end;
        if let Some(block) = block(source, place, footer.start, budget, draft)? {
            each(&block, place.start, draft, |entry, draft| {
                if last.as_ref().is_some_and(|last| *last >= entry.key) {
                    draft.fault(Fault::Contradiction, entry.region, "entries of the table are not sorted");
                }
                last = Some(entry.key.clone());
                take(entry, draft);
            });
        }
    }
    Ok(())
}

/// The place of a block.
fn handle(bytes: &[u8], at: &mut usize) -> Option<Region> {
    let start = number(bytes, at)?;
    let len = number(bytes, at)?;
    start.checked_add(len).map(|end| Region::new(start, end))
}

fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    let mut shift = 0_u32;
    loop {
        let byte = *bytes.get(*at)?;
        *at = at.saturating_add(1);
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift = shift.saturating_add(7);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

/// The content of a block, if it can be read.
fn block(
    source: &SharedSource,
    place: Region,
    end: u64,
    budget: &Budget,
    draft: &mut Draft,
) -> Result<Option<Vec<u8>>, Exhausted> {
    let whole = Region::new(place.start, place.end.saturating_add(TRAILER));
    if whole.end > end || place.len() > LONGEST {
        draft.fault(Fault::Malformed, place, "a block of the table is not where it can be");
        draft.gap(GapReason::Damaged, place, "a block of the table cannot be read");
        return Ok(None);
    }
    budget.steps(whole.len())?;
    let len = usize::try_from(whole.len()).unwrap_or(usize::MAX);
    let mut bytes = read_up_to(source.as_ref(), place.start, len).unwrap_or_default();
    let content = usize::try_from(place.len()).unwrap_or(usize::MAX);
    let trailer = bytes.get(content..).and_then(|rest| rest.first_chunk::<5>()).copied();
    let Some([kind, a, b, c, d]) = trailer else {
        draft.gap(GapReason::Unreadable, place, "a block of the table cannot be read");
        return Ok(None);
    };
    draft.claim(whole);
    let mut found = Crc32c::default();
    found.update(bytes.get(..content.saturating_add(1)).unwrap_or_default());
    if found.masked() != u32::from_le_bytes([a, b, c, d]) {
        draft.fault(Fault::Checksum, place, "the checksum of a block of the table does not match");
    }
    if kind != 0 {
        draft.gap(GapReason::NotInspected, place, "a compressed block of a table, which is not inspected");
        return Ok(None);
    }
    bytes.truncate(content);
    Ok(Some(bytes))
}

/// The entries of a block that begins at `start` of the file.
fn each(block: &[u8], start: u64, draft: &mut Draft, mut take: impl FnMut(Entry, &mut Draft)) {
    let damaged = |draft: &mut Draft| {
        draft.fault(
            Fault::Malformed,
            Region::at(start, block.len() as u64),
            "a block of the table is damaged",
        );
        draft.gap(
            GapReason::Damaged,
            Region::at(start, block.len() as u64),
            "a block of the table is damaged",
        );
    };
    let restarts = block.last_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
    let tail = restarts.and_then(|count| usize::try_from(count).ok()?.checked_add(1)?.checked_mul(4));
    let Some(end) = tail.and_then(|tail| block.len().checked_sub(tail)) else { return damaged(draft) };
    let entries = block.get(..end).unwrap_or_default();
    let mut key: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < entries.len() {
        let mut next = || number(entries, &mut at).and_then(|value| usize::try_from(value).ok());
        let lengths = next().zip(next()).zip(next());
        let Some(((shared, own), len)) = lengths.filter(|((shared, _), _)| *shared <= key.len()) else {
            return damaged(draft);
        };
        let middle = at.saturating_add(own);
        let stop = middle.saturating_add(len);
        let Some((suffix, value)) = entries.get(at..middle).zip(entries.get(middle..stop)) else {
            return damaged(draft);
        };
        key.truncate(shared);
        key.extend_from_slice(suffix);
        let region = Region::at(start.saturating_add(middle as u64), len as u64);
        take(Entry { key: key.clone(), value: value.to_vec(), region }, draft);
        at = stop;
    }
}
