//! The search for a stream behind junk or damage: a loader that seeks, or that reads the file in another way, may find it.

use crate::bounded::{Budget, Exhausted};
use crate::source::{Source, read_up_to};

use super::opcode;
use super::scan::{could_be_name, look, look_in_the_middle};

/// Bytes read at a time, with an overlap so that no beginning is cut.
const WINDOW: usize = 64 * 1024;
const OVERLAP: usize = 512;
/// Bytes searched of one file.
const MOST: u64 = 256 << 20;
/// Opcodes that a look goes through.
const LOOK: u64 = 2000;

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
