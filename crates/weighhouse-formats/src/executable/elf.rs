//! ELF: program and section tables give the extent of the image.

use super::{Image, number};
use crate::node::Fault;
use crate::source::{SharedSource, read_up_to};

/// Entries of a table that are followed.
const MOST: u64 = 65_536;

/// Where fields stand, by word size: (program table, section table, entry sizes and counts begin, offset and size of an entry).
struct Layout {
    wide: bool,
    little: bool,
}

impl Layout {
    fn word(&self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.wide { number::<8>(bytes, at, self.little) } else { number::<4>(bytes, at, self.little) }
    }

    fn half(&self, bytes: &[u8], at: usize) -> Option<u64> {
        number::<2>(bytes, at, self.little)
    }

    fn pick(&self, wide: usize, narrow: usize) -> usize {
        if self.wide { wide } else { narrow }
    }
}

pub(super) fn read(source: &SharedSource, head: &[u8]) -> Image {
    let layout = Layout { wide: head.get(4) == Some(&2), little: head.get(5) != Some(&2) };
    let mut image = Image::new(describe(head, &layout));
    let size = layout.pick(64, 52) as u64;
    image.loadable = true;
    if source.len() < size {
        image.claim(0, source.len());
        image.truncated("header");
        return image;
    }
    image.claim(0, size);
    let entries = layout.pick(54, 42);
    let programs = layout.word(head, layout.pick(32, 28)).unwrap_or_default();
    let sections = layout.word(head, layout.pick(40, 32)).unwrap_or_default();
    let field = |at: usize| layout.half(head, entries.saturating_add(at)).unwrap_or_default();
    let program = Table { at: programs, entry: field(0), count: field(2) };
    let section = Table { at: sections, entry: field(4), count: field(6) };
    // Offset and size of segments (`p_offset`, `p_filesz`) and of sections (`sh_offset`, `sh_size`).
    follow(source, &layout, &program, (layout.pick(8, 4), layout.pick(32, 16)), false, &mut image);
    follow(source, &layout, &section, (layout.pick(24, 16), layout.pick(32, 20)), true, &mut image);
    pad(source, &mut image);
    image
}

struct Table {
    at: u64,
    entry: u64,
    count: u64,
}

fn follow(
    source: &SharedSource,
    layout: &Layout,
    table: &Table,
    fields: (usize, usize),
    sections: bool,
    image: &mut Image,
) {
    if table.count == 0 || table.at == 0 {
        return;
    }
    let len = table.entry.saturating_mul(table.count.min(MOST));
    if table.at.saturating_add(len) > source.len() {
        image.truncated(if sections { "section table" } else { "program table" });
        image.loadable &= sections;
        return;
    }
    image.claim(table.at, len);
    let bytes = read_up_to(source.as_ref(), table.at, usize::try_from(len).unwrap_or(0)).unwrap_or_default();
    let entry = usize::try_from(table.entry).unwrap_or(0).max(1);
    for row in bytes.chunks_exact(entry) {
        // A section without bits (`SHT_NOBITS`) takes no room in the file.
        if sections && number::<4>(row, 4, layout.little) == Some(8) {
            continue;
        }
        let (Some(offset), Some(size)) = (layout.word(row, fields.0), layout.word(row, fields.1)) else {
            return;
        };
        if offset.saturating_add(size) > source.len() {
            if size > 0 && image.faults.is_empty() {
                image.truncated(if sections { "sections" } else { "segments" });
                image.loadable &= sections;
            }
            continue;
        }
        image.claim(offset, size);
        if sections {
            image.section(b"", offset, size);
        }
    }
}

/// Alignment between tables and sections is zeros that belong to the image.
fn pad(source: &SharedSource, image: &mut Image) {
    const LONGEST: u64 = 64 * 1024;
    let Some(end) = image.claims.regions().last().map(|region| region.end) else { return };
    for gap in image.claims.unexplained(end.min(source.len())) {
        if gap.len() > LONGEST {
            continue;
        }
        let bytes = read_up_to(source.as_ref(), gap.start, usize::try_from(gap.len()).unwrap_or(0))
            .unwrap_or_default();
        if bytes.iter().all(|byte| *byte == 0) {
            image.claims.claim(gap);
        } else {
            image
                .faults
                .push((Fault::Unusual, format!("bytes {gap} of the image belong to no segment or section")));
        }
    }
}

fn describe(head: &[u8], layout: &Layout) -> String {
    let kind = match layout.half(head, 16) {
        Some(1) => "object file",
        Some(2) => "executable",
        Some(3) => "shared library or executable",
        Some(4) => "core dump",
        _ => "file of unknown type",
    };
    let machine = match layout.half(head, 18) {
        Some(3) => "x86".to_owned(),
        Some(40) => "ARM".to_owned(),
        Some(62) => "x86-64".to_owned(),
        Some(183) => "AArch64".to_owned(),
        Some(190) => "CUDA".to_owned(),
        Some(243) => "RISC-V".to_owned(),
        other => format!("machine {}", other.unwrap_or_default()),
    };
    format!("ELF {} {machine} {kind}", if layout.wide { "64-bit" } else { "32-bit" })
}
