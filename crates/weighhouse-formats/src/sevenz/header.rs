//! The headers: where the packed streams lie, how they unpack, and what the files are called.

use super::folder;
use super::streams::Streams;
use crate::bounded::{Budget, Exhausted};
use crate::draft::Draft;
use crate::node::{Fault, GapReason};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Bytes in front of the packed streams: signature, version, place and CRC-32 of the header.
const START: u64 = 32;
/// Headers packed in headers; writers pack once.
const MOST_PACKED: u32 = 4;

/// Property ids of the specification.
pub(super) mod id {
    pub(in super::super) const END: u8 = 0x00;
    pub(super) const HEADER: u8 = 0x01;
    pub(super) const ARCHIVE_PROPERTIES: u8 = 0x02;
    pub(super) const ADDITIONAL_STREAMS: u8 = 0x03;
    pub(super) const MAIN_STREAMS: u8 = 0x04;
    pub(super) const FILES: u8 = 0x05;
    pub(in super::super) const PACK_INFO: u8 = 0x06;
    pub(in super::super) const UNPACK_INFO: u8 = 0x07;
    pub(in super::super) const SUBSTREAMS: u8 = 0x08;
    pub(in super::super) const SIZE: u8 = 0x09;
    pub(in super::super) const CRC: u8 = 0x0a;
    pub(in super::super) const FOLDER: u8 = 0x0b;
    pub(in super::super) const UNPACK_SIZES: u8 = 0x0c;
    pub(in super::super) const COUNTS: u8 = 0x0d;
    pub(super) const EMPTY_STREAM: u8 = 0x0e;
    pub(super) const NAMES: u8 = 0x11;
    pub(super) const ATTRIBUTES: u8 = 0x15;
    pub(super) const ENCODED_HEADER: u8 = 0x17;
}

/// Why an archive, or a part of it, is not read.
#[derive(Debug)]
pub(super) enum Trouble {
    Truncated,
    Malformed(&'static str),
    Encrypted,
    Unsupported(String),
    Limit(Exhausted),
    Unreadable(String),
}

impl From<Exhausted> for Trouble {
    fn from(limit: Exhausted) -> Self {
        Self::Limit(limit)
    }
}

/// One entry of the list of files.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) has_stream: bool,
    pub(super) symlink: bool,
}

/// What the header says.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) streams: Streams,
    pub(super) entries: Vec<Entry>,
}

/// The contents, and where the header itself and packed forms of it lie.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) contents: Contents,
    pub(super) regions: Vec<Region>,
}

/// Reads the start of the archive and its header, unpacking it where it is packed.
pub(super) fn read(source: &SharedSource, budget: &Budget, draft: &mut Draft) -> Result<Header, Trouble> {
    let start = read_up_to(source.as_ref(), 0, START as usize)
        .map_err(|error| Trouble::Unreadable(error.to_string()))?;
    let mut fields = Bytes(start.get(8..).unwrap_or_default());
    let declared = fields.u32()?;
    let checked = crc32fast::hash(fields.0);
    let (offset, len, crc32) = (fields.u64()?, fields.u64()?, fields.u32()?);
    let mut region = Region::at(START.saturating_add(offset), len);
    if declared == checked {
        draft.claim(Region::new(0, START));
    } else {
        // A signature alone explains nothing behind it.
        draft.claim(Region::new(0, 8));
        let detail = "the place of the header has a wrong CRC-32";
        draft.fault(Fault::Checksum, Region::new(8, START), detail);
        draft.gap(GapReason::Damaged, Region::new(8, START), detail);
    }
    if region.end > source.len() {
        return Err(Trouble::Truncated);
    }
    if region.is_empty() {
        return Ok(Header { contents: Contents::default(), regions: Vec::new() });
    }
    let mut bytes = bounded(source, region, budget)?;
    if crc32fast::hash(&bytes) != crc32 {
        draft.fault(Fault::Checksum, region, "the header has a wrong CRC-32");
    }
    let mut regions = Vec::new();
    for _ in 0..MOST_PACKED {
        // Of a packed header the first region is its place in the file; what it unpacks to has none.
        if !region.is_empty() {
            draft.claim(region);
            regions.push(region);
            region = Region::default();
        }
        let mut reader = Bytes(&bytes);
        match reader.u8()? {
            id::HEADER => {
                let contents = contents(&mut reader, budget)?;
                if !reader.0.is_empty() {
                    draft.fault(Fault::Trailing, None, "bytes follow the end of the header");
                }
                return Ok(Header { contents, regions });
            }
            id::ENCODED_HEADER => {
                let streams = Streams::read(&mut reader, budget)?;
                bytes = unpacked(source, &streams, budget, draft, &mut regions)?;
            }
            _ => return Err(Trouble::Malformed("the header begins with an unknown property")),
        }
    }
    Err(Trouble::Malformed("the header is packed again and again"))
}

/// The header that the streams of a packed one hold.
fn unpacked(
    source: &SharedSource,
    streams: &Streams,
    budget: &Budget,
    draft: &mut Draft,
    regions: &mut Vec<Region>,
) -> Result<Vec<u8>, Trouble> {
    let [folder] = streams.folders.as_slice() else {
        return Err(Trouble::Malformed("a packed header is not exactly one stream"));
    };
    for region in &folder.packed {
        draft.claim(*region);
        regions.push(*region);
    }
    let unpacked = folder::unpack(source, folder, budget)?;
    for fault in unpacked.faults {
        draft.fault(fault.kind, fault.region, fault.detail);
    }
    for gap in unpacked.gaps {
        draft.gap(gap.reason, gap.region, gap.detail);
    }
    let len = folder.parts.first().ok_or(Trouble::Malformed("a packed header holds nothing"))?.len;
    bounded(&unpacked.source, Region::new(0, len.min(unpacked.source.len())), budget)
}

fn bounded(source: &SharedSource, region: Region, budget: &Budget) -> Result<Vec<u8>, Trouble> {
    if region.len() > budget.limits().text {
        return Err(Exhausted::Text.into());
    }
    budget.steps(region.len())?;
    read_up_to(source.as_ref(), region.start, usize::try_from(region.len()).unwrap_or(usize::MAX))
        .map_err(|error| Trouble::Unreadable(error.to_string()))
}

fn contents(reader: &mut Bytes<'_>, budget: &Budget) -> Result<Contents, Trouble> {
    let mut contents = Contents::default();
    loop {
        match reader.u8()? {
            id::END => return Ok(contents),
            id::ARCHIVE_PROPERTIES => {
                while reader.u8()? != id::END {
                    let len = reader.number()?;
                    reader.take(len)?;
                }
            }
            id::ADDITIONAL_STREAMS => {
                Streams::read(reader, budget)?;
                return Err(Trouble::Unsupported("a header spread over several streams".to_owned()));
            }
            id::MAIN_STREAMS => contents.streams = Streams::read(reader, budget)?,
            id::FILES => contents.entries = files(reader, budget)?,
            _ => return Err(Trouble::Malformed("the header holds an unknown property")),
        }
    }
}

fn files(reader: &mut Bytes<'_>, budget: &Budget) -> Result<Vec<Entry>, Trouble> {
    let count = reader.number()?;
    if count > budget.limits().members {
        return Err(Exhausted::Members.into());
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut entries = vec![Entry { has_stream: true, ..Entry::default() }; count];
    loop {
        let property = reader.u8()?;
        if property == id::END {
            return Ok(entries);
        }
        let len = reader.number()?;
        let mut data = Bytes(reader.take(len)?);
        match property {
            id::EMPTY_STREAM => {
                for (entry, empty) in entries.iter_mut().zip(data.bits(count)?) {
                    entry.has_stream = !empty;
                }
            }
            id::NAMES => {
                data.inline()?;
                for entry in &mut entries {
                    entry.name = data.name()?;
                }
            }
            id::ATTRIBUTES => {
                let defined = data.defined(count)?;
                data.inline()?;
                for (entry, _) in entries.iter_mut().zip(&defined).filter(|(_, defined)| **defined) {
                    entry.symlink = is_symlink(data.u32()?);
                }
            }
            // Times, empty files, deletions, places, padding: nothing that changes what is read.
            _ => {}
        }
    }
}

/// Unix writers put the mode into the upper half and say so by a bit; Windows has a bit of its own for links.
fn is_symlink(attributes: u32) -> bool {
    const UNIX: u32 = 0x8000;
    const REPARSE_POINT: u32 = 0x400;
    attributes & UNIX != 0 && attributes >> 16 & 0o170_000 == 0o120_000 || attributes & REPARSE_POINT != 0
}

/// A header in memory, read from front to back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8], Trouble> {
        let len = usize::try_from(len).map_err(|_| Trouble::Truncated)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Trouble::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Trouble::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Trouble> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Trouble> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Trouble> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number: the leading ones of the first byte count the bytes that follow, its rest are the highest bits.
    pub(super) fn number(&mut self) -> Result<u64, Trouble> {
        let first = self.u8()?;
        let extra = first.leading_ones();
        let mut value = 0_u64;
        for place in 0..extra {
            value |= u64::from(self.u8()?) << (8 * place);
        }
        let high = if extra >= 7 { 0 } else { u64::from(first) & (0x7f >> extra) };
        Ok(value | high.checked_shl(8 * extra).unwrap_or(0))
    }

    /// A number of things that each take at least one byte of what follows.
    pub(super) fn count(&mut self) -> Result<usize, Trouble> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count > self.0.len() { Err(Trouble::Truncated) } else { Ok(count) }
    }

    /// One bit each, from the highest of the first byte.
    fn bits(&mut self, count: usize) -> Result<Vec<bool>, Trouble> {
        let bytes = self.take(count.div_ceil(8) as u64)?;
        let all = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
        Ok(all.take(count).collect())
    }

    /// Which of `count` things have a value: all, or those whose bit is set.
    fn defined(&mut self, count: usize) -> Result<Vec<bool>, Trouble> {
        if self.u8()? == 0 { self.bits(count) } else { Ok(vec![true; count]) }
    }

    /// The CRC-32 of those of `count` streams that have one.
    pub(super) fn digests(&mut self, count: usize) -> Result<Vec<Option<u32>>, Trouble> {
        let defined = self.defined(count)?;
        defined.into_iter().map(|defined| defined.then(|| self.u32()).transpose()).collect()
    }

    /// A property may have its data in another stream; no writer does that.
    pub(super) fn inline(&mut self) -> Result<(), Trouble> {
        if self.u8()? == 0 {
            Ok(())
        } else {
            Err(Trouble::Unsupported("header data in a stream of its own".to_owned()))
        }
    }

    /// A name in UTF-16, closed by a zero.
    fn name(&mut self) -> Result<String, Trouble> {
        let mut units = Vec::new();
        loop {
            match self.array().map(u16::from_le_bytes)? {
                0 => return Ok(String::from_utf16_lossy(&units)),
                unit => units.push(unit),
            }
        }
    }
}
