//! Where something with a form of its own begins in bytes that nothing explains: a program, an archive, a script. A loader that
//! knows the place needs nothing in front of it.

use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;

use crate::bounded::{Budget, Exhausted};
use crate::format::{Family, Format};
use crate::identify::identify;
use crate::node::Strength;
use crate::region::Region;
use crate::source::{SharedSource, Slice, read_up_to};

/// Bytes searched.
pub(crate) const SEARCHED: u64 = 64 << 20;
const WINDOW: usize = 256 << 10;
/// Beginnings that are looked at, and what each costs. Two bytes stand by chance in one place of 65,536.
const MOST_CHANCES: usize = 4_000;
const LOOK: u64 = 16 << 10;
/// Bytes of a script.
const SCRIPT: usize = 16 << 10;

const INTERPRETER: &[u8] = b"#!";
/// How programs, archives and scripts begin.
const MARKS: &[&[u8]] = &[
    INTERPRETER,
    b"\x7fELF",
    b"MZ",
    b"\xfe\xed\xfa",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba",
    b"\0asm",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ\0",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
];
/// Bytes of a header that are checked here.
const HEADER: usize = 32;

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKS).ok());

/// The first such place, up to the end of the region or of the script, and what it looks like. What looks like one of `passed` only is
/// passed over.
pub(crate) fn first(
    source: &SharedSource,
    region: Region,
    passed: &[Format],
    budget: &Budget,
) -> Result<Option<(Region, Vec<Format>)>, Exhausted> {
    let Some(finder) = FINDER.as_ref() else { return Ok(None) };
    let end = region.end.min(region.start.saturating_add(SEARCHED));
    let (mut at, mut chances) = (region.start, 0_usize);
    while at < end {
        let rest = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        let window =
            read_up_to(source.as_ref(), at, WINDOW.saturating_add(HEADER).min(rest)).unwrap_or_default();
        budget.steps(window.len() as u64 / 16)?;
        for hit in finder.find_overlapping_iter(&window).filter(|hit| hit.start() < WINDOW) {
            chances = chances.saturating_add(1);
            if chances > MOST_CHANCES {
                return Err(Exhausted::Steps);
            }
            budget.steps(LOOK)?;
            if !makes_sense(window.get(hit.start()..).unwrap_or_default()) {
                continue;
            }
            let start = at.saturating_add(hit.start() as u64);
            let script = MARKS.get(hit.pattern().as_usize()) == Some(&INTERPRETER);
            let found =
                if script { self::script(source, start, region.end) } else { Region::new(start, region.end) };
            let mut formats = formats(source, found, script);
            formats.retain(|format| !passed.contains(format));
            if !formats.is_empty() {
                return Ok(Some((found, formats)));
            }
        }
        at = at.saturating_add(WINDOW as u64);
    }
    Ok(None)
}

/// Numbers hold every short mark by chance: where what stands behind it can be checked, it must make sense.
fn makes_sense(head: &[u8]) -> bool {
    match head {
        [0x7f, b'E', b'L', b'F', ..] => matches!(head.get(16..18), Some([1..=4, 0] | [0, 1..=4])),
        [0xfe, 0xed, 0xfa, ..] => matches!(head.get(12..16), Some([0, 0, 0, 1..=12])),
        [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => matches!(head.get(12..16), Some([1..=12, 0, 0, 0])),
        [0, b'a', b's', b'm', ..] => matches!(head.get(4..8), Some([1..=16, 0, 0 | 1, 0])),
        // Flags that are none, how hard was packed, and on which system.
        [0x1f, 0x8b, 8, flags, _, _, _, _, how, system, ..] => {
            flags & 0xe0 == 0 && matches!(how, 0 | 2 | 4) && matches!(system, 0..=13 | 255)
        }
        [0x1f, 0x8b, ..] => false,
        [b'B', b'Z', b'h', ..] => head.get(4..10) == Some(b"1AY&SY"),
        _ => true,
    }
}

/// A script ends where its text does.
fn script(source: &SharedSource, start: u64, end: u64) -> Region {
    let head = read_up_to(source.as_ref(), start, SCRIPT).unwrap_or_default();
    let text = |byte: &u8| *byte >= 0x20 || byte.is_ascii_whitespace();
    let len = head.iter().take_while(|byte| text(byte)).count() as u64;
    Region::new(start, start.saturating_add(len).min(end))
}

fn formats(source: &SharedSource, region: Region, script: bool) -> Vec<Format> {
    let slice: SharedSource = Arc::new(Slice::new(SharedSource::clone(source), region));
    let candidates = identify("", &slice);
    let counts = |format: Format, strength: Strength| {
        if script { format.family() == Family::Code } else { strength == Strength::Certain }
    };
    candidates
        .into_iter()
        .filter(|candidate| counts(candidate.format, candidate.strength))
        .map(|candidate| candidate.format)
        .collect()
}
