//! The search for a stream behind junk or damage: a loader that seeks, or that reads the file in another way, may find it.

use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::region::Region;
use crate::source::{SharedSource, Slice, Source, read_up_to};

use super::opcode;
use super::scan::{Look, could_be_name, look, look_in_the_middle};

/// Bytes read at a time, with an overlap so that no beginning is cut.
const WINDOW: usize = 64 * 1024;
const OVERLAP: usize = 2 * LONGEST_NAME;
/// Longest name of a module or attribute, with its line feed.
const LONGEST_NAME: usize = 513;
/// Bytes searched of one file.
const MOST: u64 = 256 << 20;
/// Opcodes that a look goes through.
const LOOK: u64 = 2000;
/// Beginnings tried in content of another kind.
const MOST_CHANCES: u32 = 10_000;
/// Opcodes that all looks at one file go through together, per byte of it and besides. Chance takes far less than one per
/// byte; only a file made of nothing but beginnings takes more.
const LOOKS_PER_BYTE: u64 = 4;
const LOOKS: u64 = 1 << 20;

/// Where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// First opcode.
    pub(super) offset: u64,
    /// Whether it is the middle of a stream whose beginning is lost.
    pub(super) middle: bool,
}

/// The search through one file, and what it has cost so far.
#[derive(Debug, Default)]
pub(super) struct Search {
    looked: u64,
}

impl Search {
    /// The next plausible beginning at or after `from`.
    pub(super) fn find(
        &mut self,
        source: &dyn Source,
        budget: &Budget,
        from: u64,
    ) -> Result<Option<Start>, Exhausted> {
        let mut at = from;
        while at < source.len() {
            if at.saturating_sub(from) > MOST {
                return Err(Exhausted::Steps);
            }
            let window = read_up_to(source, at, WINDOW.saturating_add(OVERLAP)).unwrap_or_default();
            budget.steps(window.len() as u64 / 16)?;
            let searched = window.get(..WINDOW.min(window.len())).unwrap_or_default();
            if searched.is_empty() {
                break;
            }
            let mut index = 0;
            while let Some(ahead) = window.get(index..).and_then(next_opening) {
                index = index.saturating_add(ahead);
                if index >= searched.len() {
                    break;
                }
                let rest = window.get(index..).unwrap_or_default();
                let offset = at.saturating_add(index as u64);
                if let Some(middle) = self.begins(source, rest, offset) {
                    return Ok(Some(Start { offset, middle }));
                }
                if self.looked > source.len().saturating_mul(LOOKS_PER_BYTE).saturating_add(LOOKS) {
                    return Err(Exhausted::Steps);
                }
                index = index.saturating_add(1);
            }
            at = at.saturating_add(searched.len() as u64);
        }
        Ok(None)
    }

    /// Whether a stream begins here, and if so, whether in its middle.
    fn begins(&mut self, source: &dyn Source, rest: &[u8], offset: u64) -> Option<bool> {
        match rest {
            [opcode::PROTO, 0..=5, next, ..] if opcode::name(*next).is_some() => {
                let look = self.account(look(source, offset, LOOK));
                let enough = look.opcodes >= 3 && (look.imports > 0 || look.stop.is_some())
                    || look.open && look.opcodes > 16;
                enough.then_some(false)
            }
            [opcode::GLOBAL | opcode::INST, lines @ ..] => {
                let module = first_name(lines)?;
                lines.get(module.len().saturating_add(1)..).and_then(first_name)?;
                let look = self.account(look_in_the_middle(source, offset, LOOK));
                (look.may_act() && (look.stop.is_some() || look.opcodes > 4)).then_some(true)
            }
            [opcode::SHORT_BINUNICODE, length, text @ ..] => {
                text.get(..usize::from(*length))
                    .filter(|name| name.iter().all(|byte| could_be_in_name(*byte)) && could_be_name(name))?;
                let look = self.account(look_in_the_middle(source, offset, LOOK));
                (look.may_act() && (look.stop.is_some() || look.opcodes > 8)).then_some(true)
            }
            _ => None,
        }
    }

    /// A look costs its opcodes, and a few more for its beginning.
    fn account(&mut self, look: Look) -> Look {
        self.looked = self.looked.saturating_add(look.opcodes).saturating_add(8);
        look
    }
}

/// The first stream from a place on, in content of another kind, that imports something by a name and calls it. Weights hold every short
/// sequence of opcodes by chance, but no module's name.
pub(crate) fn hidden(source: &SharedSource, budget: &Budget, from: u64) -> Result<Option<Region>, Exhausted> {
    let (mut from, mut search) = (from, Search::default());
    for _ in 0..MOST_CHANCES {
        let Some(start) = search.find(source.as_ref(), budget, from)? else { return Ok(None) };
        let slice = Region::new(start.offset, source.len());
        let view: SharedSource = Arc::new(Slice::new(SharedSource::clone(source), slice));
        let look = look_in_the_middle(view.as_ref(), 0, LOOK);
        if look.may_act() {
            let end = look.stop.map_or(slice.end.min(start.offset.saturating_add(WINDOW as u64)), |end| {
                start.offset.saturating_add(end)
            });
            let head = read_up_to(view.as_ref(), 0, 4096).unwrap_or_default();
            if names_a_module(&head) {
                return Ok(Some(Region::new(start.offset, end)));
            }
        }
        from = start.offset.saturating_add(1);
    }
    Err(Exhausted::Steps)
}

/// Whether a `GLOBAL` or two texts name something, as no row of numbers does.
fn names_a_module(head: &[u8]) -> bool {
    const SHORTEST: usize = 2;
    let name = |bytes: &[u8]| bytes.len() >= SHORTEST && bytes.is_ascii() && could_be_name(bytes);
    head.iter().enumerate().any(|(at, byte)| {
        let rest = head.get(at.saturating_add(1)..).unwrap_or_default();
        match *byte {
            opcode::GLOBAL | opcode::INST => {
                let module = first_line(rest).filter(|module| name(module));
                let behind = module.and_then(|module| rest.get(module.len().saturating_add(1)..));
                behind.and_then(first_line).is_some_and(name)
            }
            opcode::SHORT_BINUNICODE => {
                let text = rest.split_first().and_then(|(len, text)| text.get(..usize::from(*len)));
                text.is_some_and(|text| text.len() > SHORTEST && name(text))
            }
            _ => false,
        }
    })
}

/// Distance to the next two bytes with which [`Search::begins`] could begin.
fn next_opening(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    // Nearly every byte of weights is none, so blocks without one are passed over as a whole.
    while let Some(block) = bytes.get(from..).and_then(|rest| rest.first_chunk()) {
        if holds_opening(block) {
            break;
        }
        from = from.saturating_add(BLOCK);
    }
    let rest = bytes.get(from..)?;
    let nexts = rest.get(1..)?;
    rest.iter().zip(nexts).position(|(byte, next)| opens(*byte, *next)).map(|at| from.saturating_add(at))
}

/// Bytes looked at together.
const BLOCK: usize = 16;

/// Whether any of the first `BLOCK` bytes opens, with its successor. Neither branch nor early end: this becomes vector code.
#[inline]
fn holds_opening(block: &[u8; BLOCK + 1]) -> bool {
    let (here, next) = (block.first_chunk::<BLOCK>(), block.last_chunk::<BLOCK>());
    let (Some(here), Some(next)) = (here, next) else { return true };
    here.iter().zip(next).fold(0, |any, (byte, next)| any | u8::from(opens(*byte, *next))) != 0
}

/// Whether these two bytes can stand where a stream begins: a protocol, a line that could be a name (neither a control
/// character nor the middle of one in UTF-8 begins it), a text that is not empty.
#[inline]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "a lazy operator is a branch, and branches are no vector code"
)]
fn opens(byte: u8, next: u8) -> bool {
    let protocol = (byte == opcode::PROTO) & (next <= 5);
    let line = (byte == opcode::GLOBAL) | (byte == opcode::INST);
    let name = (next.cast_signed() >= b'-'.cast_signed()) | (next >= 0xc2);
    let text = (byte == opcode::SHORT_BINUNICODE) & (next != 0);
    protocol | line & name | text
}

/// Whether [`could_be_name`] may accept a name with this byte.
fn could_be_in_name(byte: u8) -> bool {
    byte >= 0x80 || byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'<' | b'>' | b'-')
}

/// The line these bytes begin with, if it could be a name.
fn first_name(bytes: &[u8]) -> Option<&[u8]> {
    let near = bytes.get(..LONGEST_NAME).unwrap_or(bytes);
    let len = near.iter().position(|byte| !could_be_in_name(*byte))?;
    let name = near.get(..len)?;
    (near.get(len) == Some(&b'\n') && could_be_name(name)).then_some(name)
}

/// A line that is short enough for a name.
fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let near = bytes.get(..LONGEST_NAME).unwrap_or(bytes);
    near.get(..memchr::memchr(b'\n', near)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_found_wherever_they_stand_and_only_they() {
        let openings: [&[u8]; 4] = [b"\x80\x04", b"cos", b"ia", b"\x8c\x02"];
        for len in [2, 3, 63, 64, 65, 127, 128, 129, 200] {
            assert_eq!(next_opening(&vec![0; len]), None);
            assert_eq!(next_opening(&vec![opcode::PROTO; len]), None);
            for opening in openings {
                for at in 0..=len.saturating_sub(opening.len()) {
                    let mut bytes = vec![0; len.max(opening.len())];
                    bytes[at..at + opening.len()].copy_from_slice(opening);
                    assert_eq!(next_opening(&bytes), Some(at), "{opening:?} at {at} of {len}");
                }
            }
        }
    }

    #[test]
    fn no_name_is_lost_to_the_quick_look() {
        for character in
            ('\0'..=char::MAX).filter(|character| could_be_name(character.to_string().as_bytes()))
        {
            assert!(character.to_string().bytes().all(could_be_in_name), "{character:?}");
            let line = format!("{character}\n");
            assert_eq!(first_name(line.as_bytes()), Some(character.to_string().as_bytes()));
        }
        assert_eq!(first_name(b"\nos"), None);
        assert_eq!(first_name(b"os"), None);
        assert_eq!(first_name(&[b'a'; 600]), None);
        assert_eq!(first_name(b"o s\n"), None);
    }
}
