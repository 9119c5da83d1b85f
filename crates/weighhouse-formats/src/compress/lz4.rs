//! The outer structure of lz4 frames: where a frame ends, found by its block lengths alone.
//!
//! The decoder takes a missing end mark or an empty block for the end of the data; the walk tells them apart.
//! Legacy frames are decoded here, block by block: the decoder clears eight mebibytes for each of them, however short.

use std::io::{self, Read};

use super::engine::Engine;
use super::input::{Input, broken, cut};
use crate::node::Irregularity;
use crate::region::Region;

const MAGIC: u32 = 0x184d_2204;
const LEGACY: u32 = 0x184c_2102;
/// Largest packed size of a block of a legacy frame: 8 MiB that do not compress.
const LEGACY_BLOCK: u32 = (8 << 20) + (8 << 20) / 255 + 16;
/// The same unpacked.
const LEGACY_UNPACKED: usize = 8 << 20;
/// A byte stands for no more than 255 others.
const MOST_RATIO: usize = 255;

/// Whether a frame with this magic number is one of ours.
pub(super) fn is_frame(magic: u32) -> bool {
    magic == MAGIC || magic == LEGACY
}

/// The frame at the input's position, and whether it is there to its end; `None` if the header is cut.
pub(super) fn extent(input: &Input) -> io::Result<Option<(Region, bool)>> {
    let start = input.position();
    let mut walk = input.part(Region::new(start, input.len()));
    let Some(magic) = next(&mut walk)? else { return Ok(None) };
    let whole = if magic == LEGACY { legacy_blocks(&mut walk)? } else { blocks(&mut walk)? };
    let end = start.saturating_add(walk.position()).min(input.len());
    Ok(Some((Region::new(start, end), whole)))
}

fn next(walk: &mut Input) -> io::Result<Option<u32>> {
    match walk.array() {
        Ok(bytes) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Passes over the blocks of a frame; `false` if the end mark is missing.
fn blocks(walk: &mut Input) -> io::Result<bool> {
    let Some(&flags) = walk.peek(1)?.first() else { return Ok(false) };
    let header = 3 + if flags & 0x08 == 0 { 0 } else { 8 } + if flags & 0x01 == 0 { 0 } else { 4 };
    let block_checksum = if flags & 0x10 == 0 { 0 } else { 4 };
    let content_checksum = if flags & 0x04 == 0 { 0 } else { 4 };
    walk.seek(walk.position().saturating_add(header));
    while let Some(size) = next(walk)? {
        let (len, whole) = match size & 0x7fff_ffff {
            0 => (content_checksum, true),
            len => (u64::from(len).saturating_add(block_checksum), false),
        };
        let end = walk.position().saturating_add(len);
        walk.seek(end.min(walk.len()));
        if end > walk.len() || whole {
            return Ok(whole && end <= walk.len());
        }
    }
    walk.seek(walk.len());
    Ok(false)
}

/// Passes over the blocks of a legacy frame, which ends with the file or with the magic number of another frame.
fn legacy_blocks(walk: &mut Input) -> io::Result<bool> {
    loop {
        let at = walk.position();
        if walk.at_end() {
            return Ok(true);
        }
        let Some(size) = next(walk)? else {
            walk.seek(walk.len());
            return Ok(false);
        };
        if size > LEGACY_BLOCK {
            walk.seek(at);
            return Ok(true);
        }
        let end = walk.position().saturating_add(u64::from(size));
        walk.seek(end.min(walk.len()));
        if end > walk.len() {
            return Ok(false);
        }
    }
}

/// Whether the frame at the input's position is a legacy one.
pub(super) fn is_legacy(input: &mut Input) -> io::Result<bool> {
    Ok(input.peek(4)?.starts_with(&LEGACY.to_le_bytes()))
}

/// A legacy frame: blocks that stand alone, without checksums.
pub(super) struct Legacy {
    region: Region,
    whole: bool,
    begun: bool,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
    given: usize,
}

impl Legacy {
    /// `whole` says whether the last block is there to its end.
    pub(super) fn new(region: Region, whole: bool) -> Self {
        Self { region, whole, begun: false, packed: Vec::new(), unpacked: Vec::new(), given: 0 }
    }

    /// Unpacks the next block; `false` at the end of the frame.
    fn block(&mut self, input: &mut Input) -> io::Result<bool> {
        if !std::mem::replace(&mut self.begun, true) {
            input.seek(self.region.start.saturating_add(4));
        }
        if input.position().saturating_add(4) > self.region.end {
            input.seek(self.region.end);
            return if self.whole { Ok(false) } else { Err(cut()) };
        }
        let size = u64::from(u32::from_le_bytes(input.array()?));
        if size > self.region.end.saturating_sub(input.position()) {
            input.seek(self.region.end);
            return Err(cut());
        }
        self.packed.resize(usize::try_from(size).unwrap_or_default(), 0);
        input.read_exact(&mut self.packed)?;
        let most = self.packed.len().saturating_mul(MOST_RATIO).saturating_add(64).min(LEGACY_UNPACKED);
        self.unpacked.resize(most, 0);
        let count = lz4_flex::block::decompress_into(&self.packed, &mut self.unpacked)
            .map_err(|_| broken("a block of a legacy lz4 frame"))?;
        self.unpacked.truncate(count);
        self.given = 0;
        Ok(true)
    }
}

impl Engine for Legacy {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        while self.given >= self.unpacked.len() {
            if !self.block(input)? {
                return Ok(0);
            }
        }
        let rest = self.unpacked.get(self.given..).unwrap_or_default();
        let count = rest.len().min(out.len());
        for (to, from) in out.iter_mut().zip(rest) {
            *to = *from;
        }
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}
