//! The outer structure of lz4 frames: where a frame ends, found by its block lengths alone.
//!
//! The decoder takes a missing end mark or an empty block for the end of the data; the walk tells them apart.

use std::io;

use super::input::Input;
use crate::region::Region;

const MAGIC: u32 = 0x184d_2204;
const LEGACY: u32 = 0x184c_2102;
/// Largest packed size of a block of a legacy frame: 8 MiB that do not compress.
const LEGACY_BLOCK: u32 = (8 << 20) + (8 << 20) / 255 + 16;

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
