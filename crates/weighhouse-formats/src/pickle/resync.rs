//! The search for a stream behind junk or damage: a loader that seeks, or that reads the file in another way, may find it.

use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::region::Region;
use crate::source::{SharedSource, Slice, Source, read_up_to};

use super::opcode;
use super::scan::{could_be_name, look, look_in_the_middle};

/// Bytes read at a time, with an overlap so that no beginning is cut.
const WINDOW: usize = 64 * 1024;
const OVERLAP: usize = 512;
/// Bytes searched of one file.
const MOST: u64 = 256 << 20;
/// Opcodes that a look goes through.
const LOOK: u64 = 2000;
/// Beginnings tried in content of another kind.
const MOST_CHANCES: u32 = 10_000;

/// Where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// First opcode.
    pub(super) offset: u64,
    /// Whether it is the middle of a stream whose beginning is lost.
    pub(super) middle: bool,
}

/// The next plausible beginning at or after `from`.
pub(super) fn find(source: &dyn Source, budget: &Budget, from: u64) -> Result<Option<Start>, Exhausted> {
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
            if !matches!(*byte, opcode::PROTO | opcode::GLOBAL | opcode::INST | opcode::SHORT_BINUNICODE) {
                continue;
            }
            let rest = window.get(index..).unwrap_or_default();
            let offset = at.saturating_add(index as u64);
            if let Some(middle) = begins(source, rest, offset) {
                return Ok(Some(Start { offset, middle }));
            }
        }
        at = at.saturating_add(searched.len() as u64);
    }
    Ok(None)
}

/// The first stream, in content of another kind, that imports something by a name and calls it. Weights hold every short
/// sequence of opcodes by chance, but no module's name.
pub(crate) fn hidden(source: &SharedSource, budget: &Budget) -> Option<Region> {
    let mut from = 0;
    for _ in 0..MOST_CHANCES {
        let start = find(source.as_ref(), budget, from).ok()??;
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
                let mut lines = rest.splitn(3, |byte| *byte == b'\n');
                lines.next().is_some_and(name) && lines.next().is_some_and(name)
            }
            opcode::SHORT_BINUNICODE => {
                let text = rest.split_first().and_then(|(len, text)| text.get(..usize::from(*len)));
                text.is_some_and(|text| text.len() > SHORTEST && name(text))
            }
            _ => false,
        }
    })
}

/// Whether a stream begins here, and if so, whether in its middle.
fn begins(source: &dyn Source, rest: &[u8], offset: u64) -> Option<bool> {
    match rest {
        [opcode::PROTO, 0..=5, next, ..] if opcode::name(*next).is_some() => {
            let look = look(source, offset, LOOK);
            let enough = look.opcodes >= 3 && (look.imports > 0 || look.stop.is_some())
                || look.open && look.opcodes > 16;
            enough.then_some(false)
        }
        [opcode::GLOBAL | opcode::INST, lines @ ..] => {
            let mut lines = lines.splitn(3, |byte| *byte == b'\n');
            let named = lines.next().is_some_and(could_be_name) && lines.next().is_some_and(could_be_name);
            let look = named.then(|| look_in_the_middle(source, offset, LOOK))?;
            (look.acts() && (look.stop.is_some() || look.opcodes > 4)).then_some(true)
        }
        [opcode::SHORT_BINUNICODE, length, text @ ..] => {
            let named = text.get(..usize::from(*length)).is_some_and(could_be_name);
            let look = named.then(|| look_in_the_middle(source, offset, LOOK))?;
            (look.acts() && (look.stop.is_some() || look.opcodes > 8)).then_some(true)
        }
        _ => None,
    }
}
