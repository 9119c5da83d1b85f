//! Plain text of any kind: encoding, hidden characters, secrets and addresses in it. Streamed in windows.
//!
//! Reads UTF-8, UTF-16 with a byte order mark (up to `Limits::text`), and anything else byte by byte. Claims the text up to
//! the first null byte, where no text goes on. Markdown that begins with a block of YAML hands that block on.

mod hidden;
mod noted;
mod probe;
mod scan;
mod secrets;

#[cfg(test)]
mod tests;

pub(crate) use probe::decode;
pub use probe::probe;

use crate::bounded::{Budget, Exhausted};
use crate::draft::{encoded, structured};
use crate::format::Format;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{Memory, SharedSource, read_up_to};

/// What a text holds.
#[derive(Debug, Default)]
pub struct TextFacts {
    /// Encoding: `utf-8`, `utf-16le`, `utf-16be`, `latin-1`.
    pub encoding: &'static str,
    /// Lines.
    pub lines: u64,
    /// Characters that change how the text reads (bidirectional controls, zero-width, escape sequences): kind, place, line. The
    /// first ones of each kind; see [`TextFacts::hidden_characters`] for how many there are.
    pub hidden: Vec<(&'static str, Region, u32)>,
    /// How often each kind of hidden character occurs.
    pub hidden_characters: Vec<HiddenCharacters>,
    /// Strings that look like credentials.
    pub secrets: Vec<SecretCandidate>,
    /// Addresses (`scheme://…`), each once, bounded.
    pub addresses: Vec<Address>,
    /// Lines with marks of commands and of active content, in the beginning of the text, bounded.
    pub noted: Vec<NotedLine>,
}

/// A line that a reviewer would want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedLine {
    /// `command` (feeds an interpreter, or connects it), `active content` (a viewer runs it).
    pub kind: &'static str,
    /// The line, or the part of a long one around the mark.
    pub text: String,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

/// How often a kind of hidden character occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HiddenCharacters {
    /// `bidirectional control`, `directional mark`, `zero-width character`, `zero-width joiner`, `tag character`,
    /// `supplementary variation selector`, `escape sequence` or `control character`.
    pub kind: &'static str,
    /// How often.
    pub count: u64,
}

/// An address in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As written, cut to 200 bytes.
    pub text: String,
    /// Whether a `#` stands before it in its line.
    pub commented: bool,
    /// Whether it stands behind a name and `@`: a requirement that is fetched from there.
    pub required: bool,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

impl Address {
    /// The host, without user, port and path.
    pub fn host(&self) -> &str {
        let rest = self.text.split_once("://").map_or(self.text.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if let Some(v6) = host.strip_prefix('[') {
            return v6.split(']').next().unwrap_or_default();
        }
        host.split(':').next().unwrap_or_default()
    }
}

/// A string that looks like a credential. The secret itself is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretCandidate {
    /// Which kind, by id of the pattern (`huggingface-token`).
    pub kind: &'static str,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
    /// First characters and length: enough to recognise, not to use.
    pub redacted: String,
    /// Whether a checksum inside the secret confirmed it, or its entropy is that of a real one.
    pub confirmed: bool,
}

/// Reads the format.
pub fn parse(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, 64 * 1024).unwrap_or_default();
    let noted = noted::find(&read_up_to(source.as_ref(), 0, noted::BEGINNING).unwrap_or_default());
    let mut parsed = match head.get(..2) {
        Some(b"\xff\xfe") => parse_utf16(source, true, budget),
        Some(b"\xfe\xff") => parse_utf16(source, false, budget),
        _ => parse_bytes(source, budget),
    };
    if let Facts::Text(facts) = &mut parsed.reading.facts
        && facts.noted.is_empty()
    {
        facts.noted = noted;
    }
    // Tables and records have readers of their own; here they are texts.
    parsed.reading.format = match probe::plain_format(name, &head) {
        Format::Csv | Format::JsonLines => Format::Text,
        plain => plain,
    };
    if parsed.reading.format == Format::Markdown
        && let Some(region) = front_matter(&head)
    {
        let content = Content::Stored { region, crc32: None };
        parsed.children.push(Child { name: "front-matter".to_owned(), content, known: Some(Format::Yaml) });
    }
    if source.len() <= ENCODED
        && let Some(bytes) =
            whole_encoded(&read_up_to(source.as_ref(), 0, ENCODED as usize).unwrap_or_default())
    {
        parsed.children.push(Child {
            name: "decoded".to_owned(),
            content: Content::Decoded(bytes),
            known: None,
        });
    }
    parsed
}

/// Bytes of a text that is looked at as one encoded whole.
const ENCODED: u64 = 4 << 20;

/// The bytes behind a text that is nothing but base64 or hexadecimal digits, if they have a structure of their own.
fn whole_encoded(text: &[u8]) -> Option<Vec<u8>> {
    let alphabet =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte) || byte.is_ascii_whitespace();
    let text = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| alphabet(&byte)))?;
    hexadecimal(text).or_else(|| encoded(text))
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    const SHORTEST: usize = 32;
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|character| !character.is_ascii_whitespace())
        .map(|character| character.to_digit(16).map(|digit| digit as u8))
        .collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    (rest.is_empty() && bytes.len() >= SHORTEST && structured(&Memory::shared(bytes.clone())))
        .then_some(bytes)
}

fn parse_bytes(source: &SharedSource, budget: &Budget) -> Parsed {
    let scanned = scan::scan(source.as_ref(), budget);
    let end = scanned.null.unwrap_or(source.len());
    let mut parsed = conclude(scanned, Claims::whole(end));
    if end < source.len() {
        parsed.fault(
            Fault::Unusual,
            Region::new(end, source.len()),
            "null bytes stand in what begins as text",
        );
    }
    parsed
}

fn conclude(scanned: scan::Scanned, claims: Claims) -> Parsed {
    let mut parsed = Parsed::new(Format::Text, Facts::Text(Box::new(scanned.facts)), claims);
    if let Some(limit) = scanned.stopped {
        parsed.gaps.push(limit.into());
    }
    if let Some(error) = scanned.unreadable {
        parsed.gap(GapReason::Unreadable, None, error);
    }
    parsed
}

/// UTF-16 is decoded and scanned like any other text; offsets are those of the file.
fn parse_utf16(source: &SharedSource, little: bool, budget: &Budget) -> Parsed {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let bytes = read_up_to(source.as_ref(), 2, limit).unwrap_or_default();
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] if little => u16::from_le_bytes([*low, *high]),
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    let mut scanned = scan::scan(Memory::shared(text.as_bytes().to_vec()).as_ref(), budget);
    scanned.facts.noted = noted::find(text.as_bytes().get(..noted::BEGINNING).unwrap_or(text.as_bytes()));
    restore_offsets(&text, &mut scanned.facts);
    scanned.facts.encoding = if little { "utf-16le" } else { "utf-16be" };
    let read = (bytes.len() as u64).saturating_add(2);
    let mut parsed = conclude(scanned, Claims::whole(source.len()));
    if read < source.len() {
        let rest = Region::new(read, source.len());
        parsed.gap(
            GapReason::Limit(Exhausted::Text),
            rest,
            "a text in UTF-16 is too large to be decoded whole",
        );
    }
    parsed
}

/// From offsets in the decoded text to offsets in the file.
fn restore_offsets(text: &str, facts: &mut TextFacts) {
    let regions = facts.hidden.iter_mut().map(|(_, region, _)| region);
    let regions = regions.chain(facts.secrets.iter_mut().map(|secret| &mut secret.region));
    let regions = regions.chain(facts.addresses.iter_mut().map(|address| &mut address.region));
    let regions = regions.chain(facts.noted.iter_mut().map(|noted| &mut noted.region));
    let mut places: Vec<&mut u64> = regions.flat_map(|region| [&mut region.start, &mut region.end]).collect();
    places.sort();
    let mut place = places.into_iter().peekable();
    let mut unit = 2_u64;
    for (at, c) in text.char_indices() {
        while let Some(offset) = place.next_if(|offset| **offset <= at as u64) {
            *offset = unit;
        }
        unit = unit.saturating_add(c.len_utf16() as u64 * 2);
    }
    for offset in place {
        *offset = unit;
    }
}

/// The YAML between two lines of three dashes at the start of a Markdown text.
fn front_matter(head: &[u8]) -> Option<Region> {
    let start = if head.starts_with(b"---\n") {
        4
    } else if head.starts_with(b"---\r\n") {
        5
    } else {
        return None;
    };
    let end = memchr::memmem::find(head.get(start..)?, b"\n---")?;
    Some(Region::at(start as u64, end.saturating_add(1) as u64))
}
