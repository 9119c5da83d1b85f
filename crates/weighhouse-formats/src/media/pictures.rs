//! PNG, JPEG, GIF.

use super::{Step, Walk};
use crate::bounded::Budget;
use crate::cursor::Cursor;
use crate::node::{Child, Codec, Content, Fault};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Largest text of a picture that is looked at in place.
const LONGEST_TEXT: usize = 64 * 1024;
/// Texts of one picture that are looked at.
const MOST_TEXTS: usize = 256;

/// Chunks with a length, a type and a CRC-32, to `IEND`.
pub(super) fn png(source: &SharedSource, budget: &Budget) -> Walk {
    Walk::through(source, "PNG", 8, |cursor, walk| png_chunks(source, cursor, budget, walk))
}

fn png_chunks(source: &SharedSource, cursor: &mut Cursor<'_>, budget: &Budget, walk: &mut Walk) -> Step {
    loop {
        if let Err(limit) = budget.steps(1) {
            walk.stopped = Some(limit);
            walk.end = cursor.position();
            return Ok(());
        }
        let start = cursor.position();
        let len = u64::from(u32::from_be_bytes(cursor.array()?));
        let kind: [u8; 4] = cursor.array()?;
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            walk.fault(Fault::Malformed, Region::at(start, 8), "a chunk has no name");
            walk.end = start;
            return Ok(());
        }
        let data = cursor.skip(len)?;
        let declared = u32::from_be_bytes(cursor.array()?);
        // The picture itself is its own check for a decoder; what carries names, text and structure is small.
        if len <= LONGEST_TEXT as u64 {
            let bytes = read_up_to(source.as_ref(), data.start, LONGEST_TEXT).unwrap_or_default();
            check_chunk(
                kind,
                bytes.get(..usize::try_from(len).unwrap_or(0)).unwrap_or_default(),
                declared,
                data,
                walk,
            );
        } else if kind.first().is_some_and(u8::is_ascii_lowercase) {
            let content = Content::Stored { region: data, crc32: None };
            push_text(walk, kind, content);
        }
        if &kind == b"IEND" {
            walk.end = cursor.position();
            return Ok(());
        }
    }
}

fn check_chunk(kind: [u8; 4], bytes: &[u8], declared: u32, data: Region, walk: &mut Walk) {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&kind);
    hasher.update(bytes);
    if hasher.finalize() != declared {
        walk.fault(Fault::Checksum, data, "the CRC-32 of a chunk does not match");
    }
    let number =
        |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).map(|b| u32::from_be_bytes(*b));
    match &kind {
        b"IHDR" => {
            if let (Some(width), Some(height)) = (number(0), number(4)) {
                walk.description = format!("PNG, {width} × {height}");
            }
        }
        b"tEXt" => text_behind(bytes, 1, data, walk, kind, false),
        b"zTXt" => text_behind(bytes, 2, data, walk, kind, true),
        b"iTXt" => {
            let packed = memchr::memchr(0, bytes).and_then(|at| bytes.get(at.saturating_add(1))) == Some(&1);
            // Keyword, flag, method, language, translated keyword: the text stands behind the third null byte.
            let nulls: Vec<usize> = memchr::memchr_iter(0, bytes).collect();
            let behind = if packed { nulls.get(3) } else { nulls.get(4).or(nulls.last()) };
            if let Some(at) = behind {
                let region = Region::new(data.start.saturating_add(*at as u64).saturating_add(1), data.end);
                push_text(walk, kind, content(region, packed));
            }
        }
        _ => {}
    }
}

fn text_behind(bytes: &[u8], skip: u64, data: Region, walk: &mut Walk, kind: [u8; 4], packed: bool) {
    if let Some(at) = memchr::memchr(0, bytes) {
        let region = Region::new(data.start.saturating_add(at as u64).saturating_add(skip), data.end);
        push_text(walk, kind, content(region, packed));
    }
}

fn content(region: Region, packed: bool) -> Content {
    if packed {
        Content::Packed { region, codec: Codec::Zlib, declared: None, crc32: None }
    } else {
        Content::Stored { region, crc32: None }
    }
}

fn push_text(walk: &mut Walk, kind: [u8; 4], content: Content) {
    if walk.children.len() < MOST_TEXTS {
        let name = format!("{}-{}", String::from_utf8_lossy(&kind), walk.children.len());
        walk.children.push(Child { name, content, known: None });
    }
}

/// Segments with a length, and coded data in which `FF` is followed by zero, to the end-of-image marker.
pub(super) fn jpeg(source: &SharedSource, budget: &Budget) -> Walk {
    Walk::through(source, "JPEG", 2, |cursor, walk| segments(cursor, budget, walk))
}

fn segments(cursor: &mut Cursor<'_>, budget: &Budget, walk: &mut Walk) -> Step {
    loop {
        if let Err(limit) = budget.steps(1) {
            walk.stopped = Some(limit);
            walk.end = cursor.position();
            return Ok(());
        }
        let start = cursor.position();
        if cursor.u8()? != 0xff {
            walk.fault(Fault::Malformed, Region::at(start, 1), "a marker is missing between segments");
            walk.end = start;
            return Ok(());
        }
        let mut marker = cursor.u8()?;
        while marker == 0xff {
            marker = cursor.u8()?;
        }
        match marker {
            0xd9 => {
                walk.end = cursor.position();
                return Ok(());
            }
            0x01 | 0xd0..=0xd7 => {}
            _ => {
                let len = u64::from(u16::from_be_bytes(cursor.array()?));
                let body = cursor.skip(len.saturating_sub(2))?;
                if matches!(marker, 0xc0..=0xc2) {
                    size(cursor, body, walk)?;
                }
                if marker == 0xda {
                    coded(cursor)?;
                }
            }
        }
    }
}

fn size(cursor: &mut Cursor<'_>, body: Region, walk: &mut Walk) -> Step {
    cursor.seek(body.start.saturating_add(1));
    let height = u16::from_be_bytes(cursor.array()?);
    let width = u16::from_be_bytes(cursor.array()?);
    walk.description = format!("JPEG, {width} × {height}");
    cursor.seek(body.end);
    Ok(())
}

/// Passes over coded data to the next marker that is no restart and no stuffed byte.
fn coded(cursor: &mut Cursor<'_>) -> Step {
    loop {
        let available = cursor.fill(2)?;
        match memchr::memchr(0xff, available) {
            None => {
                let count = available.len();
                if count == 0 {
                    cursor.u8()?;
                }
                cursor.advance(count);
            }
            Some(at) => {
                cursor.advance(at);
                let pair: Option<[u8; 2]> = cursor.fill(2)?.first_chunk().copied();
                match pair {
                    Some([_, 0 | 0xd0..=0xd7]) => cursor.advance(2),
                    Some([_, 0xff]) => cursor.advance(1),
                    Some(_) => return Ok(()),
                    None => {
                        cursor.array::<2>()?;
                    }
                }
            }
        }
    }
}

/// Blocks of sub-blocks, to the trailer.
pub(super) fn gif(source: &SharedSource, budget: &Budget) -> Walk {
    Walk::through(source, "GIF", 6, |cursor, walk| blocks(cursor, budget, walk))
}

fn blocks(cursor: &mut Cursor<'_>, budget: &Budget, walk: &mut Walk) -> Step {
    let (width, height) = (cursor.u16()?, cursor.u16()?);
    walk.description = format!("GIF, {width} × {height}");
    let flags = cursor.u8()?;
    cursor.skip(2)?;
    colours(cursor, flags)?;
    loop {
        if let Err(limit) = budget.steps(1) {
            walk.stopped = Some(limit);
            walk.end = cursor.position();
            return Ok(());
        }
        let start = cursor.position();
        match cursor.u8()? {
            0x3b => {
                walk.end = cursor.position();
                return Ok(());
            }
            0x21 => {
                cursor.u8()?;
            }
            0x2c => {
                cursor.skip(8)?;
                let flags = cursor.u8()?;
                colours(cursor, flags)?;
                cursor.u8()?;
            }
            _ => {
                walk.fault(Fault::Malformed, Region::at(start, 1), "a block is of no known kind");
                walk.end = start;
                return Ok(());
            }
        }
        sub_blocks(cursor)?;
    }
}

fn sub_blocks(cursor: &mut Cursor<'_>) -> Step {
    loop {
        match cursor.u8()? {
            0 => return Ok(()),
            len => cursor.skip(u64::from(len))?,
        };
    }
}

/// A table of colours, if the flags announce one.
fn colours(cursor: &mut Cursor<'_>, flags: u8) -> Step {
    if flags & 0x80 != 0 {
        cursor.skip(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}
