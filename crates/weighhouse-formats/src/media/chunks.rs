//! RIFF, MP4, Ogg, fonts, and sound without an end of its own.

use super::{Step, Walk};
use crate::bounded::Budget;
use crate::cursor::Cursor;
use crate::node::Fault;
use crate::region::Region;
use crate::source::SharedSource;

/// One chunk that holds all others and says how long it is; large files may be several of them.
pub(super) fn riff(source: &SharedSource, what: &str, budget: &Budget) -> Walk {
    Walk::through(source, what, 0, |cursor, walk| riff_chunks(cursor, budget, walk))
}

fn riff_chunks(cursor: &mut Cursor<'_>, budget: &Budget, walk: &mut Walk) -> Step {
    while cursor.fill(4)?.starts_with(b"RIFF") {
        cursor.skip(4)?;
        let len = u64::from(cursor.u32()?);
        let end = cursor.position().saturating_add(len);
        cursor.skip(4)?;
        while cursor.position() < end {
            if let Err(limit) = budget.steps(1) {
                walk.stopped = Some(limit);
                return Ok(());
            }
            let start = cursor.position();
            let name: [u8; 4] = cursor.array()?;
            let size = u64::from(cursor.u32()?);
            if !name.iter().all(|byte| matches!(byte, b' '..=b'~'))
                || cursor.position().saturating_add(size) > end
            {
                walk.fault(Fault::Malformed, Region::at(start, 8), "a chunk does not fit into the file");
                walk.end = start;
                return Ok(());
            }
            cursor.skip(size)?;
            // Chunks begin at even offsets; the last one may lack its padding.
            if size % 2 == 1 && cursor.position() < end {
                cursor.skip(1)?;
            }
        }
        walk.end = cursor.position();
        if walk.end % 2 == 1 && cursor.fill(1)?.first() == Some(&0) {
            cursor.skip(1)?;
            walk.end = cursor.position();
        }
    }
    Ok(())
}

/// Boxes with a length and a name, to the first that is none.
pub(super) fn boxes(source: &SharedSource, budget: &Budget) -> Walk {
    Walk::through(source, "MP4", 0, |cursor, walk| box_by_box(cursor, budget, walk))
}

fn box_by_box(cursor: &mut Cursor<'_>, budget: &Budget, walk: &mut Walk) -> Step {
    while !cursor.at_end() {
        if let Err(limit) = budget.steps(1) {
            walk.stopped = Some(limit);
            return Ok(());
        }
        let start = cursor.position();
        let short = u64::from(u32::from_be_bytes(cursor.array()?));
        let name: [u8; 4] = cursor.array()?;
        if !name.iter().all(|byte| matches!(byte, b' '..=b'~' | 0xa9)) {
            // Not a box: the file's structure ended before it.
            return Ok(());
        }
        let len = match short {
            0 => cursor.end().saturating_sub(start),
            1 => u64::from_be_bytes(cursor.array()?),
            other => other,
        };
        let header = cursor.position().saturating_sub(start);
        if len < header {
            walk.fault(Fault::Malformed, Region::at(start, 8), "a box is shorter than its own header");
            return Ok(());
        }
        cursor.skip(len.saturating_sub(header))?;
        walk.end = cursor.position();
    }
    Ok(())
}

/// Pages with a table of segment lengths.
pub(super) fn ogg(source: &SharedSource, budget: &Budget) -> Walk {
    Walk::through(source, "Ogg", 0, |cursor, walk| pages(cursor, budget, walk))
}

fn pages(cursor: &mut Cursor<'_>, budget: &Budget, walk: &mut Walk) -> Step {
    while cursor.fill(4)?.starts_with(b"OggS") {
        if let Err(limit) = budget.steps(1) {
            walk.stopped = Some(limit);
            return Ok(());
        }
        cursor.skip(26)?;
        let count = cursor.u8()?;
        let lengths = cursor.bytes(u64::from(count), 255)?;
        cursor.skip(lengths.iter().map(|len| u64::from(*len)).sum())?;
        walk.end = cursor.position();
    }
    Ok(())
}

/// FLAC and MP3: frames are found by decoding only, so what follows the header is claimed as sound.
pub(super) fn unbounded(source: &SharedSource, head: &[u8]) -> Walk {
    let mut walk = Walk::new(if head.starts_with(b"fLaC") { "FLAC" } else { "MP3" });
    walk.end = source.len();
    walk
}

/// Whether a table directory of `count` tables follows, with names that print.
pub(super) fn is_font(head: &[u8], count: u8) -> bool {
    let tables = head.get(12..).unwrap_or_default().chunks_exact(16).take(usize::from(count));
    (4..=64).contains(&count)
        && tables.clone().count() >= usize::from(count.min(4))
        && tables.into_iter().all(|row| row.iter().take(4).all(|byte| matches!(byte, b' '..=b'~')))
}

/// The table directory gives the extent; WOFF says its own length.
pub(super) fn font(source: &SharedSource, head: &[u8]) -> Walk {
    let mut walk = Walk::new("OpenType font");
    let number = |at: usize| {
        head.get(at..)
            .and_then(|rest| rest.first_chunk::<4>())
            .map(|bytes| u64::from(u32::from_be_bytes(*bytes)))
    };
    if head.starts_with(b"wOF") {
        "WOFF font".clone_into(&mut walk.description);
        walk.end = number(8).unwrap_or_default();
    } else {
        let count = usize::from(head.get(5).copied().unwrap_or_default());
        for row in 0..count {
            let at = row.saturating_mul(16).saturating_add(12);
            let (Some(offset), Some(len)) = (number(at.saturating_add(8)), number(at.saturating_add(12)))
            else {
                break;
            };
            // Tables are padded to four bytes.
            let end = offset.saturating_add(len).div_ceil(4).saturating_mul(4);
            let whole = offset.saturating_add(len);
            walk.end = walk.end.max(if end <= source.len() { end } else { whole });
        }
    }
    if walk.end > source.len() {
        walk.truncated(source.len());
    }
    walk
}
