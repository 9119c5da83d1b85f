//! Recognition of all kinds, and the kinds whose headers are short: Mach-O, WebAssembly, Java classes, Python bytecode.

use super::{Image, number};
use crate::cursor::Cursor;
use crate::format::Format;
use crate::source::{SharedSource, read_up_to};

/// Load commands, architectures and sections that are followed.
const MOST: u64 = 4_096;

/// Which kind the first bytes are.
pub(super) fn recognise(head: &[u8]) -> Option<Format> {
    if super::shortcut::recognise(head) {
        return Some(Format::Shortcut);
    }
    let magic: [u8; 4] = *head.first_chunk()?;
    match magic {
        [0x7f, b'E', b'L', b'F'] => Some(Format::Elf),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] | [0xce | 0xcf, 0xfa, 0xed, 0xfe] => Some(Format::MachO),
        [0, b'a', b's', b'm'] => Some(Format::WebAssembly),
        // Universal binaries and Java classes share a signature: few architectures here, a major version from 45 there.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf] => match number::<4>(head, 4, false)? {
            1..=30 => Some(Format::MachO),
            version if (45..=200).contains(&(version & 0xffff)) => Some(Format::JavaClass),
            _ => None,
        },
        // Actually portable executables: a shell script to one system, a program to the others.
        [b'M', b'Z', b'q', b'F'] if head.starts_with(b"MZqFpD='") => Some(Format::PortableExecutable),
        [b'M', b'Z', ..] if is_dos_header(head) => Some(Format::PortableExecutable),
        [_, _, b'\r', b'\n'] if is_bytecode(head) => Some(Format::PythonBytecode),
        _ => None,
    }
}

/// `MZ` alone occurs by chance in text: the header behind it must make sense.
fn is_dos_header(head: &[u8]) -> bool {
    let at = number::<4>(head, 0x3c, true).and_then(|at| usize::try_from(at).ok());
    if at.and_then(|at| head.get(at..)).is_some_and(|rest| rest.starts_with(b"PE\0\0")) {
        return true;
    }
    let paragraphs = number::<2>(head, 8, true).unwrap_or_default();
    let pages = number::<2>(head, 4, true).unwrap_or_default();
    (2..=64).contains(&paragraphs) && (1..=2_048).contains(&pages) && head.contains(&0)
}

/// The magic of CPython 2.3 to 3.x, and behind the header a marshalled code object (type byte `c`, perhaps with the reference flag).
fn is_bytecode(head: &[u8]) -> bool {
    let version = number::<2>(head, 0, true).unwrap_or_default();
    let known = (3_000..=3_999).contains(&version)
        || (62_000..=62_300).contains(&version)
        || (20_117..=60_718).contains(&version);
    known && [8, 12, 16].iter().any(|at| matches!(head.get(*at), Some(b'c' | 0xe3)))
}

pub(super) fn mach_o(source: &SharedSource, head: &[u8]) -> Image {
    if head.starts_with(&[0xca, 0xfe, 0xba]) {
        return universal(source, head);
    }
    let mut image = Image::new("Mach-O file");
    let end = mach_o_at(source, 0, &mut image);
    image.claim(0, end);
    image
}

fn universal(source: &SharedSource, head: &[u8]) -> Image {
    let count = number::<4>(head, 4, false).unwrap_or_default();
    let wide = head.get(3) == Some(&0xbf);
    let mut image = Image::new(format!("Mach-O universal file, {count} architectures"));
    image.loadable = true;
    let row = if wide { 32 } else { 20 };
    image.claim(0, count.saturating_mul(row).saturating_add(8).min(source.len()));
    for index in 0..count.min(MOST) {
        let at = usize::try_from(index.saturating_mul(row).saturating_add(16)).unwrap_or(usize::MAX);
        let fields = if wide {
            (number::<8>(head, at, false), number::<8>(head, at.saturating_add(8), false))
        } else {
            (number::<4>(head, at, false), number::<4>(head, at.saturating_add(4), false))
        };
        match fields {
            (Some(offset), Some(size)) if offset.saturating_add(size) <= source.len() => {
                image.claim(offset, size);
            }
            _ => {
                image.truncated("architectures");
                break;
            }
        }
    }
    image
}

/// Walks the load commands of one image; returns where the furthest segment or table ends.
fn mach_o_at(source: &SharedSource, start: u64, image: &mut Image) -> u64 {
    let head = read_up_to(source.as_ref(), start, 1 << 20).unwrap_or_default();
    let little = matches!(head.first(), Some(0xce | 0xcf));
    let wide = matches!(head.first(), Some(0xcf)) || head.get(3) == Some(&0xcf);
    let word = |at: usize| number::<4>(&head, at, little);
    let (Some(count), Some(size)) = (word(16), word(20)) else {
        image.truncated("header");
        return source.len();
    };
    image.description =
        format!("Mach-O {} {}", if wide { "64-bit" } else { "32-bit" }, mach_o_kind(word(12)));
    image.loadable = true;
    let mut at = if wide { 32_usize } else { 28 };
    let mut end = size.saturating_add(at as u64);
    for _ in 0..count.min(MOST) {
        let (Some(command), Some(len)) = (word(at), word(at.saturating_add(4))) else {
            image.truncated("load commands");
            break;
        };
        let extent = match command {
            // LC_SEGMENT, LC_SEGMENT_64, LC_SYMTAB (its strings), LC_CODE_SIGNATURE and its kin
            0x1 => word(at.saturating_add(32)).zip(word(at.saturating_add(36))),
            0x19 => number::<8>(&head, at.saturating_add(40), little).zip(number::<8>(
                &head,
                at.saturating_add(48),
                little,
            )),
            0x2 => word(at.saturating_add(16)).zip(word(at.saturating_add(20))),
            0x1d | 0x1e | 0x26 | 0x29 | 0x2b | 0x2e | 0x8000_0033 | 0x8000_0034 => {
                word(at.saturating_add(8)).zip(word(at.saturating_add(12)))
            }
            _ => None,
        };
        end = end.max(extent.map_or(0, |(offset, size)| offset.saturating_add(size)));
        at = at.saturating_add(usize::try_from(len.max(8)).unwrap_or(usize::MAX));
    }
    if end > source.len() {
        image.truncated("segments");
    }
    end.min(source.len())
}

fn mach_o_kind(kind: Option<u64>) -> &'static str {
    match kind {
        Some(1) => "object file",
        Some(2) => "executable",
        Some(6) => "dynamic library",
        Some(8) => "bundle",
        Some(10) => "debug symbols",
        _ => "file of unknown type",
    }
}

/// Sections one after another: id, length (LEB128), content.
pub(super) fn wasm(source: &SharedSource) -> Image {
    let mut image = Image::new("WebAssembly module");
    let mut cursor = Cursor::new(source.as_ref(), 8);
    let mut end = 8_u64.min(source.len());
    image.loadable = source.len() >= 8;
    for _ in 0..MOST {
        let Ok(id) = cursor.u8() else { break };
        if id > 13 {
            break;
        }
        let Some(len) = leb128(&mut cursor) else {
            image.truncated("sections");
            break;
        };
        if cursor.skip(len).is_err() {
            image.truncated("sections");
            end = source.len();
            break;
        }
        end = cursor.position();
    }
    image.claim(0, end);
    image
}

fn leb128(cursor: &mut Cursor<'_>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..35).step_by(7) {
        let byte = cursor.u8().ok()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A class has no length of its own without walking all attributes: it is claimed whole.
pub(super) fn java_class(head: &[u8], len: u64) -> Image {
    let version = number::<2>(head, 6, false).unwrap_or_default();
    let mut image = Image::new(format!("Java class, version {version}"));
    image.loadable = true;
    image.claim(0, len);
    image
}

/// Marshalled code has no length of its own: it is claimed whole.
pub(super) fn python_bytecode(head: &[u8], len: u64) -> Image {
    let magic = number::<2>(head, 0, true).unwrap_or_default();
    let mut image = Image::new(format!("Python bytecode, magic {magic}"));
    image.loadable = true;
    image.claim(0, len);
    image
}
