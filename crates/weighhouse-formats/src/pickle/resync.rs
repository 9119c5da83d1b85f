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
            for (index, byte) in searched.iter().enumerate() {
                if !matches!(*byte, opcode::PROTO | opcode::GLOBAL | opcode::INST | opcode::SHORT_BINUNICODE)
                {
                    continue;
                }
                let rest = window.get(index..).unwrap_or_default();
                let offset = at.saturating_add(index as u64);
                if let Some(middle) = self.begins(source, rest, offset) {
                    return Ok(Some(Start { offset, middle }));
                }
                if self.looked > source.len().saturating_mul(LOOKS_PER_BYTE).saturating_add(LOOKS) {
                    return Err(Exhausted::Steps);
                }
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
                let name = first_line(lines).filter(|name| could_be_name(name))?;
                let attribute = lines.get(name.len().saturating_add(1)..).and_then(first_line);
                attribute.filter(|name| could_be_name(name))?;
                let look = self.account(look_in_the_middle(source, offset, LOOK));
                (look.acts() && (look.stop.is_some() || look.opcodes > 4)).then_some(true)
            }
            [opcode::SHORT_BINUNICODE, length, text @ ..] => {
                text.get(..usize::from(*length)).filter(|name| could_be_name(name))?;
                let look = self.account(look_in_the_middle(source, offset, LOOK));
                (look.acts() && (look.stop.is_some() || look.opcodes > 8)).then_some(true)
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

/// The first stream, in content of another kind, that imports something by a name and calls it. Weights hold every short
/// sequence of opcodes by chance, but no module's name.
pub(crate) fn hidden(source: &SharedSource, budget: &Budget) -> Option<Region> {
    let (mut from, mut search) = (0, Search::default());
    for _ in 0..MOST_CHANCES {
        let start = search.find(source.as_ref(), budget, from).ok()??;
        let slice = Region::new(start.offset, source.len());
        let view: SharedSource = Arc::new(Slice::new(SharedSource::clone(source), slice));
        let look = look_in_the_middle(view.as_ref(), 0, LOOK);
        if look.acts() {
            let end = look.stop.map_or(slice.end.min(start.offset.saturating_add(WINDOW as u64)), |end| {
                start.offset.saturating_add(end)
            });
            let head = read_up_to(view.as_ref(), 0, 4096).unwrap_or_default();
            if names_a_module(&head) {
                return Some(Region::new(start.offset, end));
            }
        }
        from = start.offset.saturating_add(1);
    }
    None
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

/// A line that is short enough for a name.
fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let near = bytes.get(..LONGEST_NAME).unwrap_or(bytes);
    near.get(..memchr::memchr(b'\n', near)?)
}
