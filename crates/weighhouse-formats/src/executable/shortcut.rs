//! Files that a desktop opens by starting what they name: shortcuts of Windows (`.lnk`, MS-SHLLINK), and the texts of Windows and of
//! freedesktop.org that do the same (`.url`, `.scf`, `autorun.inf`, `.desktop`, registry files).
//!
//! A text of this kind is one only if it starts a program or reaches another machine: a link to a web page is a text.

use super::{Image, number};
use crate::draft::head as beginning;
use crate::source::{SharedSource, read_up_to};

/// Size of the header, and the class of shell links.
const LINK: &[u8] = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
const HEADER: u64 = 76;
/// Bytes of a text that are read.
const TEXT: usize = 16 * 1024;
/// Bytes shown of what is started.
const SHOWN: usize = 400;

/// Whether the first bytes are such a file.
pub(super) fn recognise(head: &[u8]) -> bool {
    head.starts_with(LINK) || text(head).is_some()
}

/// Reads it.
pub(super) fn read(source: &SharedSource, head: &[u8]) -> Image {
    if head.starts_with(LINK) {
        return link(source);
    }
    let mut image = Image::new(text(head).unwrap_or_default());
    image.loadable = true;
    image.claim(0, source.len());
    image
}

/// A binary shortcut: header, list of items, place of the target, texts, blocks of more.
fn link(source: &SharedSource) -> Image {
    let head = read_up_to(source.as_ref(), 0, HEADER as usize).unwrap_or_default();
    let flags = number::<4>(&head, 20, true).unwrap_or_default();
    let has = |bit: u32| flags >> bit & 1 == 1;
    let mut image = Image::new("Windows shortcut");
    image.loadable = true;
    let mut at = HEADER;
    let size = |at: u64, bytes: usize| {
        let read = read_up_to(source.as_ref(), at, bytes).unwrap_or_default();
        if bytes == 2 { number::<2>(&read, 0, true) } else { number::<4>(&read, 0, true) }
    };
    let mut target = None;
    if has(0) {
        at = at.saturating_add(2).saturating_add(size(at, 2).unwrap_or_default());
    }
    if has(1) {
        target = place(source, at);
        at = at.saturating_add(size(at, 4).unwrap_or_default());
    }
    let mut texts = [None, None, None, None, None];
    for (bit, kept) in (2..7).zip(&mut texts) {
        if has(bit) {
            let width = if has(7) { 2 } else { 1 };
            let length = size(at, 2).unwrap_or_default().saturating_mul(width);
            *kept = Some(characters(source, at.saturating_add(2), length, width == 2));
            at = at.saturating_add(2).saturating_add(length);
        }
    }
    // Blocks follow until one is shorter than its own length.
    while let Some(length) = size(at, 4).filter(|length| *length >= 4) {
        at = at.saturating_add(length);
    }
    at = at.saturating_add(4);
    image.claim(0, at.min(source.len()));
    if at > source.len() {
        image.truncated("texts");
        image.loadable = true;
    }
    let [_, relative, _, arguments, _] = texts;
    for part in [target.or(relative), arguments].into_iter().flatten() {
        let joint = if image.description.ends_with("shortcut") { " that starts " } else { " " };
        image.description = format!("{}{joint}{part}", image.description);
    }
    image
}

/// The path of the target on this machine, or on another.
fn place(source: &SharedSource, at: u64) -> Option<String> {
    let info = read_up_to(source.as_ref(), at, 32).ok()?;
    let offset = number::<4>(&info, 16, true).filter(|offset| *offset >= 28)?;
    let path = read_up_to(source.as_ref(), at.saturating_add(offset), SHOWN).ok()?;
    let path = path.split(|byte| *byte == 0).next().filter(|path| !path.is_empty())?;
    Some(String::from_utf8_lossy(path).into_owned())
}

fn characters(source: &SharedSource, at: u64, length: u64, wide: bool) -> String {
    let room = usize::try_from(length).unwrap_or(usize::MAX).min(2 * SHOWN);
    let bytes = read_up_to(source.as_ref(), at, room).unwrap_or_default();
    let text = if wide {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        String::from_utf8_lossy(&bytes).into_owned()
    };
    beginning(&text, SHOWN).to_owned()
}

/// What a text starts, if it is one that a desktop opens.
fn text(head: &[u8]) -> Option<String> {
    let start = head.get(..head.len().min(TEXT))?;
    let text = crate::text::decode(start);
    let mut lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let section = lines.next()?.to_ascii_lowercase();
    if section.starts_with("windows registry editor version") || section == "regedit4" {
        return Some("registry file: opening it changes the settings of Windows".to_owned());
    }
    let (title, starts): (_, fn(&str, &str) -> bool) = match section.as_str() {
        "[internetshortcut]" => ("internet shortcut", |key, value| match key {
            "url" => !is_web(value),
            "iconfile" | "workingdirectory" => is_elsewhere(value),
            _ => false,
        }),
        "[desktop entry]" => ("desktop entry", |key, value| {
            matches!(key, "exec" | "tryexec") && !value.is_empty() || key == "url" && !is_web(value)
        }),
        "[shell]" => {
            ("shell command file", |key, value| matches!(key, "command" | "iconfile") && !value.is_empty())
        }
        "[autorun]" => {
            ("autorun file", |key, _| matches!(key, "open" | "shellexecute") || key.starts_with("shell\\"))
        }
        _ => return None,
    };
    let found = lines.filter_map(|line| line.split_once('=')).find_map(|(key, value)| {
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        starts(&key, value).then(|| beginning(value, SHOWN).to_owned())
    })?;
    Some(format!("{title} that opens {found}"))
}

/// A page that a browser shows.
fn is_web(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["http://", "https://", "mailto:"].iter().any(|scheme| value.starts_with(scheme)) || value.is_empty()
}

/// A file of another machine: fetching it hands over credentials.
fn is_elsewhere(value: &str) -> bool {
    value.starts_with("\\\\") || value.starts_with("//") || value.contains("://")
}

/// A shortcut with a relative target and arguments.
#[cfg(test)]
pub(super) fn build(target: &str, arguments: &str) -> Vec<u8> {
    let mut bytes = LINK.to_vec();
    bytes.extend(0b1010_1000_u32.to_le_bytes());
    bytes.resize(HEADER as usize, 0);
    for text in [target, arguments] {
        let units: Vec<u16> = text.encode_utf16().collect();
        bytes.extend((units.len() as u16).to_le_bytes());
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    }
    bytes.extend([0; 4]);
    bytes
}
