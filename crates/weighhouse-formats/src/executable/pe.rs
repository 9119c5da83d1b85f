//! Portable executables: the section table gives the extent, the certificate table what may lie behind it.

use super::{Image, number};
use crate::source::SharedSource;

/// Sections that are followed; Windows loads at most 96.
const MOST: u64 = 1_024;

pub(super) fn read(source: &SharedSource, head: &[u8]) -> Image {
    let mut image = Image::new("MS-DOS executable");
    let at = number::<4>(head, 0x3c, true).unwrap_or_default();
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    if head.get(start..).is_none_or(|rest| !rest.starts_with(b"PE\0\0")) {
        if head.starts_with(b"MZqFpD='") {
            portable(source, &mut image);
        } else {
            dos(source, head, &mut image);
        }
        return image;
    }
    let coff = start.saturating_add(4);
    let half = |at: usize| number::<2>(head, at, true);
    let (Some(machine), Some(sections), Some(optional), Some(flags)) = (
        half(coff),
        half(coff.saturating_add(2)),
        half(coff.saturating_add(16)),
        half(coff.saturating_add(18)),
    ) else {
        image.claim(0, source.len());
        image.truncated("header");
        return image;
    };
    image.description = describe(machine, flags);
    image.loadable = true;
    let options = coff.saturating_add(20);
    let table = options.saturating_add(usize::try_from(optional).unwrap_or_default());
    let headers = number::<4>(head, options.saturating_add(60), true).unwrap_or_default();
    image.claim(0, headers.max(table as u64).min(source.len()));
    for index in 0..sections.min(MOST) {
        let row = table.saturating_add(usize::try_from(index).unwrap_or_default().saturating_mul(40));
        let field = |at: usize| number::<4>(head, row.saturating_add(at), true);
        let (Some(size), Some(offset)) = (field(16), field(20)) else {
            image.truncated("section table");
            return image;
        };
        image.claim(row as u64, 40);
        extent(source, offset, size, "sections", &mut image);
        image.section(head.get(row..).and_then(|row| row.get(..8)).unwrap_or_default(), offset, size);
    }
    certificates(source, head, options, &mut image);
    image
}

/// Attribute certificates, the only part of an image that stands at a file offset and behind all sections.
fn certificates(source: &SharedSource, head: &[u8], options: usize, image: &mut Image) {
    let directories = match number::<2>(head, options, true) {
        Some(0x10b) => 96,
        Some(0x20b) => 112,
        _ => return,
    };
    let entry = options.saturating_add(directories).saturating_add(4 * 8);
    if let (Some(offset), Some(size)) =
        (number::<4>(head, entry, true), number::<4>(head, entry.saturating_add(4), true))
    {
        extent(source, offset, size, "certificates", image);
    }
}

fn extent(source: &SharedSource, offset: u64, size: u64, what: &str, image: &mut Image) {
    if size == 0 {
        return;
    }
    if offset.saturating_add(size) > source.len() {
        image.claim(offset, source.len().saturating_sub(offset));
        if image.faults.is_empty() {
            image.truncated(what);
        }
        return;
    }
    image.claim(offset, size);
}

/// A program that is a script to Unix and carries no part for Windows: where it ends, only what follows tells (an archive, mostly).
fn portable(source: &SharedSource, image: &mut Image) {
    "actually portable executable".clone_into(&mut image.description);
    image.loadable = true;
    image.claim(0, source.len().min(64));
}

/// Pages of 512 bytes, the last one partly used.
fn dos(source: &SharedSource, head: &[u8], image: &mut Image) {
    let last = number::<2>(head, 2, true).unwrap_or_default();
    let pages = number::<2>(head, 4, true).unwrap_or_default();
    let whole = pages.saturating_mul(512);
    let size = if last == 0 { whole } else { whole.saturating_sub(512).saturating_add(last) };
    image.loadable = size >= 28 && size <= source.len();
    image.claim(0, size.min(source.len()));
}

fn describe(machine: u64, flags: u64) -> String {
    let machine = match machine {
        0x14c => "x86".to_owned(),
        0x8664 => "x86-64".to_owned(),
        0xaa64 => "AArch64".to_owned(),
        0x1c0 | 0x1c4 => "ARM".to_owned(),
        other => format!("machine {other:#x}"),
    };
    let kind = if flags & 0x2000 != 0 { "library" } else { "executable" };
    format!("PE {machine} {kind}")
}
