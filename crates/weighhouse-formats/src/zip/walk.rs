//! The reading from the front: local headers one after another, as a streaming unpacker sees them, and whatever else stands
//! between them.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use super::directory::{Entry, stands_at};
use super::records::{
    CENTRAL, DESCRIPTOR, END, END64, Header, LOCAL, LOCATOR64, STREAMED, central, end, local,
};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::Cursor;
use crate::node::Codec;
use crate::region::Region;
use crate::source::{SharedSource, Slice, Source, read_up_to};

/// Bytes that may be unpacked just to find where members of undeclared length end. Ordinary archives need none.
const DISCOVERY: u64 = 256 << 20;

/// A local header and its data.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) header: Header,
    /// Packed bytes.
    pub(super) data: Region,
    /// The record behind the data that repeats checksum and lengths.
    pub(super) descriptor: Option<Descriptor>,
}

/// A data descriptor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptor {
    pub(super) region: Region,
    pub(super) crc32: u32,
    pub(super) packed: u64,
    pub(super) len: u64,
}

/// What the walk met.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) locals: BTreeMap<u64, Local>,
    /// Central headers outside every known directory.
    pub(super) strays: Vec<Entry>,
    /// End records outside every member.
    pub(super) ends: Vec<u64>,
    pub(super) limit: Option<Exhausted>,
}

/// Walks the file. `known` are the central entries by the offset of their local header, `skip` the known directories.
pub(super) fn walk(
    source: &SharedSource,
    known: &BTreeMap<u64, Vec<&Entry>>,
    skip: &[Region],
    budget: &Budget,
) -> Walk {
    let mut walker = Walker { source, known, budget, discovery: DISCOVERY, walk: Walk::default() };
    let mut at = 0;
    while at < source.len() {
        let found = walker.walk.locals.len().saturating_add(walker.walk.strays.len()) as u64;
        let limit =
            budget.steps(1).err().or((found >= budget.limits().members).then_some(Exhausted::Members));
        if limit.is_some() {
            walker.walk.limit = limit;
            break;
        }
        if let Some(region) = skip.iter().find(|region| region.start <= at && at < region.end) {
            at = region.end;
            continue;
        }
        let next = walker.record(at).filter(|next| *next > at);
        match next.map_or_else(
            || next_signature(source.as_ref(), at.saturating_add(1), budget),
            |next| Ok(Some(next)),
        ) {
            Ok(Some(next)) => at = next,
            Ok(None) => break,
            Err(limit) => {
                walker.walk.limit = Some(limit);
                break;
            }
        }
    }
    walker.walk
}

/// Reads the local header at `at` and finds its data; for entries that the walk did not pass.
pub(super) fn local_at(source: &SharedSource, at: u64, entry: &Entry, budget: &Budget) -> Option<Local> {
    let known = BTreeMap::from([(at, vec![entry])]);
    Walker { source, known: &known, budget, discovery: 0, walk: Walk::default() }.local(at)
}

struct Walker<'a> {
    source: &'a SharedSource,
    known: &'a BTreeMap<u64, Vec<&'a Entry>>,
    budget: &'a Budget,
    discovery: u64,
    walk: Walk,
}

impl Walker<'_> {
    /// Reads the record at `at`; gives the offset behind it, or `None` if no record is there.
    fn record(&mut self, at: u64) -> Option<u64> {
        let mut cursor = Cursor::with_window(self.source.as_ref(), at, 512);
        let signature = *cursor.fill(4).ok()?.first_chunk()?;
        match signature {
            LOCAL => {
                let local =
                    self.local(at).filter(|local| self.known.contains_key(&at) || plausible(local))?;
                let end = self.behind(&local);
                self.walk.locals.insert(at, local);
                Some(end)
            }
            CENTRAL => {
                let header = central(&mut cursor).ok()?;
                let at = header.offset;
                self.walk.strays.push(Entry { header, at });
                Some(cursor.position())
            }
            END => {
                let end = end(self.source.as_ref(), at)?;
                if self.walk.ends.len() <= super::MOST_ENDS {
                    self.walk.ends.push(at);
                }
                Some(end.region.end)
            }
            END64 => Some(at.saturating_add(56)),
            LOCATOR64 => Some(at.saturating_add(20)),
            _ => None,
        }
    }

    fn local(&mut self, at: u64) -> Option<Local> {
        if !stands_at(self.source.as_ref(), at, LOCAL) {
            return None;
        }
        let mut cursor = Cursor::with_window(self.source.as_ref(), at, 512);
        let header = local(&mut cursor).ok()?;
        let start = header.region.end;
        let streamed = header.flags & STREAMED != 0;
        if !streamed || header.packed != 0 {
            let data = Region::at(start, header.packed);
            let descriptor = if streamed { self.descriptor(data) } else { None };
            return Some(Local { header, data, descriptor });
        }
        let declared =
            self.known.get(&at).into_iter().flatten().map(|entry| Region::at(start, entry.header.packed));
        for data in declared {
            let descriptor = self.descriptor(data);
            if descriptor.is_some() || self.record_follows(data.end) {
                return Some(Local { header, data, descriptor });
            }
        }
        let data = Region::new(start, self.find_end(start, &header));
        let descriptor = self.descriptor(data);
        Some(Local { header, data, descriptor })
    }

    /// Where the walk goes on. If the headers contradict each other, the nearest place: nothing in between is missed.
    fn behind(&self, local: &Local) -> u64 {
        let end = local.descriptor.map_or(local.data.end, |descriptor| descriptor.region.end);
        let declared = self.known.get(&local.header.region.start).into_iter().flatten();
        let nearest = declared
            .map(|entry| local.data.start.saturating_add(entry.header.packed))
            .filter(|other| *other != local.data.end)
            .fold(end, u64::min);
        let next = self.known.range(local.header.region.start.saturating_add(1)..).next().map(|(at, _)| *at);
        nearest.min(next.unwrap_or(u64::MAX).max(local.header.region.end))
    }

    fn record_follows(&self, at: u64) -> bool {
        at == self.source.len()
            || [LOCAL, CENTRAL, END, END64]
                .iter()
                .any(|signature| stands_at(self.source.as_ref(), at, *signature))
    }

    /// The data descriptor behind `data`, in any of its four forms.
    fn descriptor(&self, data: Region) -> Option<Descriptor> {
        let bytes = read_up_to(self.source.as_ref(), data.end, 24).ok()?;
        let signed = bytes.starts_with(&DESCRIPTOR);
        let mut forms = Vec::new();
        for (skip, wide) in [(4, false), (4, true), (0, false), (0, true)] {
            if skip == 0 || signed {
                forms.extend(parse_descriptor(&bytes, data.end, skip, wide));
            }
        }
        forms.retain(|form| form.packed == data.len());
        let followed = forms.iter().find(|form| self.record_follows(form.region.end)).copied();
        // Without a signature and without a record behind it, chance could look like this.
        followed.or_else(|| forms.first().copied().filter(|_| signed))
    }

    /// Where data of undeclared length ends: where deflate data ends by itself, or before the next record.
    fn find_end(&mut self, start: u64, header: &Header) -> u64 {
        if header.method == 8
            && let Some(len) = self.deflated(start)
        {
            return start.saturating_add(len);
        }
        let mut from = start;
        loop {
            let Ok(Some(at)) = next_signature(self.source.as_ref(), from, self.budget) else {
                return self.source.len();
            };
            if !stands_at(self.source.as_ref(), at, DESCRIPTOR) {
                // A descriptor without a signature may stand before it.
                let unsigned =
                    [12, 20].into_iter().filter_map(|size| at.checked_sub(size)).filter(|end| *end >= start);
                let described = |end: &u64| self.descriptor(Region::new(start, *end)).is_some();
                return unsigned.into_iter().find(described).unwrap_or(at);
            }
            if self.descriptor(Region::new(start, at)).is_some() {
                return at;
            }
            from = at.saturating_add(4);
        }
    }

    fn deflated(&mut self, start: u64) -> Option<u64> {
        let rest: SharedSource =
            Arc::new(Slice::new(SharedSource::clone(self.source), Region::new(start, self.source.len())));
        let mut decoder = crate::compress::decoder(Codec::Deflate, rest);
        let mut window = vec![0; 32 * 1024];
        loop {
            match decoder.read(&mut window) {
                Ok(0) => return Some(decoder.consumed()),
                Ok(count) => {
                    self.discovery = self.discovery.checked_sub(count as u64)?;
                    self.budget.unpacked(count as u64).ok()?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

fn parse_descriptor(bytes: &[u8], at: u64, skip: usize, wide: bool) -> Option<Descriptor> {
    let (crc32, rest) = bytes.get(skip..)?.split_first_chunk::<4>()?;
    let (packed, len, size) = if wide {
        let (packed, rest) = rest.split_first_chunk::<8>()?;
        (u64::from_le_bytes(*packed), u64::from_le_bytes(*rest.first_chunk()?), 20)
    } else {
        let (packed, rest) = rest.split_first_chunk::<4>()?;
        (u64::from(u32::from_le_bytes(*packed)), u64::from(u32::from_le_bytes(*rest.first_chunk()?)), 12)
    };
    let region = Region::at(at, (skip as u64).saturating_add(size));
    Some(Descriptor { region, crc32: u32::from_le_bytes(*crc32), packed, len })
}

/// Whether four bytes that look like the signature of a local header are followed by one.
fn plausible(local: &Local) -> bool {
    let header = &local.header;
    let known_method = matches!(header.method, 0..=20 | 92..=99);
    header.name_len > 0 && known_method && !header.raw_name.iter().any(|byte| *byte < b' ')
}

/// The next place at or after `from` where any zip record may begin.
fn next_signature(source: &dyn Source, from: u64, budget: &Budget) -> Result<Option<u64>, Exhausted> {
    const WINDOW: usize = 64 * 1024;
    const KINDS: [[u8; 4]; 6] = [LOCAL, CENTRAL, END, END64, LOCATOR64, DESCRIPTOR];
    let finder = memchr::memmem::Finder::new(b"PK");
    let mut start = from;
    while start < source.len() {
        budget.steps(16)?;
        let window = read_up_to(source, start, WINDOW).unwrap_or_default();
        let hit = finder.find_iter(&window).find(|at| {
            window.get(*at..).and_then(|rest| rest.first_chunk()).is_some_and(|four| KINDS.contains(four))
        });
        if let Some(hit) = hit {
            return Ok(Some(start.saturating_add(hit as u64)));
        }
        if window.len() < WINDOW {
            break;
        }
        start = start.saturating_add(WINDOW as u64).saturating_sub(3);
    }
    Ok(None)
}
