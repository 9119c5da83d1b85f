//! A quick look at bytes that may be a pickle: opcode grammar and the heights of stack and marks, no values.
//!
//! Serves recognition, the search for streams behind damage, and payloads in literals. It answers "could a loader get
//! through this, and would it import something", and never replaces the machine.

use crate::region::Region;
use crate::source::{Source, read_up_to};

use super::decode::{Argument, Break, Decoder, Op};
use super::opcode;
use super::{number, text};

/// What a look found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Opcodes that pass.
    pub(super) opcodes: u64,
    /// Imports whose names could be names.
    pub(super) imports: u64,
    /// Calls, state, persistent ids and extension codes.
    pub(super) effects: u64,
    /// Containers, memo entries and marks: what a pickler writes and text does not.
    pub(super) structure: u64,
    /// One past `STOP`, if it is reached.
    pub(super) stop: Option<u64>,
    /// Whether the data ended (or the bound was reached) before anything was wrong.
    pub(super) open: bool,
    /// Whether the bound was reached before anything was wrong: what follows is not known.
    pub(super) limited: bool,
    /// Whether a protocol is declared first.
    pub(super) declared: bool,
}

impl Look {
    /// Whether running it imports or calls something.
    pub(super) fn acts(self) -> bool {
        self.imports > 0 && self.effects > 0
    }

    /// Whether running it acts, or may act where this look did not come to.
    pub(super) fn may_act(self) -> bool {
        self.acts() || self.imports > 0 && self.limited
    }

    /// Whether this is a pickle beyond doubt.
    pub(super) fn is_certain(self) -> bool {
        let whole = self.stop.is_some() || self.open;
        if self.declared {
            self.opcodes >= 2 && (whole || self.imports > 0)
        } else {
            self.acts() || self.stop.is_some() && (self.imports > 0 || self.structure >= 3)
        }
    }
}

/// Looks at `source` from `offset`, at most `limit` opcodes.
pub(super) fn look(source: &dyn Source, offset: u64, limit: u64) -> Look {
    // Behind the beginning an earlier stream may have stored what this one fetches.
    look_from(source, offset, limit, Heights { stored: offset > 0, ..Heights::default() }, could_be_name)
}

/// The same, taking any text for a name, as the loader does: a module may be called whatever a file can be called.
pub(super) fn look_at_any_name(source: &dyn Source, limit: u64) -> Look {
    look_from(source, 0, limit, Heights::default(), |name| std::str::from_utf8(name).is_ok())
}

/// The same for a place where a stream may already have values and marks.
pub(super) fn look_in_the_middle(source: &dyn Source, offset: u64, limit: u64) -> Look {
    look_from(source, offset, limit, Heights { below: vec![8; 4], now: 8, stored: true }, could_be_name)
}

/// Whether bytes are taken for the name of a module or attribute.
type IsName = fn(&[u8]) -> bool;

fn look_from(source: &dyn Source, offset: u64, limit: u64, mut heights: Heights, is_name: IsName) -> Look {
    let mut decoder = Decoder::with_window(source, offset, 4096);
    let mut look = Look::default();
    while look.opcodes < limit {
        let op = match decoder.next() {
            Ok(op) => op,
            Err(broken) => {
                look.open = matches!(broken, Break::Truncated) && decoder.position() >= decoder.end();
                return look;
            }
        };
        if !is_sound(source, &decoder, &op, is_name) || !heights.apply(&op) {
            return look;
        }
        look.declared |= look.opcodes == 0 && op.code == opcode::PROTO;
        look.opcodes = look.opcodes.saturating_add(1);
        match op.code {
            opcode::STOP => {
                look.stop = Some(decoder.position());
                return look;
            }
            opcode::GLOBAL | opcode::INST | opcode::STACK_GLOBAL => {
                look.imports = look.imports.saturating_add(1);
                look.effects = look.effects.saturating_add(u64::from(op.code == opcode::INST));
            }
            opcode::REDUCE
            | opcode::OBJ
            | opcode::NEWOBJ
            | opcode::NEWOBJ_EX
            | opcode::BUILD
            | opcode::BINPERSID
            | opcode::EXT1
            | opcode::EXT2
            | opcode::EXT4 => look.effects = look.effects.saturating_add(1),
            opcode::MARK
            | opcode::MEMOIZE
            | opcode::PUT
            | opcode::BINPUT
            | opcode::LONG_BINPUT
            | opcode::EMPTY_DICT
            | opcode::EMPTY_LIST
            | opcode::EMPTY_TUPLE
            | opcode::APPENDS
            | opcode::SETITEMS
            | opcode::LIST
            | opcode::DICT
            | opcode::TUPLE => look.structure = look.structure.saturating_add(1),
            _ => {}
        }
    }
    look.open = true;
    look.limited = true;
    look
}

/// Whether an operand could be what its opcode says.
fn is_sound(source: &dyn Source, decoder: &Decoder<'_>, op: &Op, is_name: IsName) -> bool {
    let content = |region: Region| match decoder.held(region) {
        Some(held) => held.to_vec(),
        None => read_up_to(source, region.start, region.len().min(4096) as usize).unwrap_or_default(),
    };
    let line = |region: Region| String::from_utf8(content(region)).unwrap_or_default();
    match (op.code, op.argument) {
        (opcode::PROTO, Argument::Int(protocol)) => protocol <= 5,
        (opcode::GLOBAL | opcode::INST, Argument::TwoLines(module, name)) => {
            is_name(&content(module)) && is_name(&content(name))
        }
        (opcode::INT, Argument::Line(region)) => number::integer(&line(region)).is_some(),
        (opcode::LONG, Argument::Line(region)) => {
            let line = line(region);
            number::integer(line.strip_suffix('L').unwrap_or(&line)).is_some()
        }
        (opcode::FLOAT, Argument::Line(region)) => number::float(&line(region)).is_some(),
        (opcode::GET | opcode::PUT, Argument::Line(region)) => {
            number::decimal(&line(region)).is_some_and(|index| index >= 0)
        }
        // Every zip begins like a persistent id; the loader takes none that is not ASCII.
        (opcode::PERSID, Argument::Line(region)) => content(region).is_ascii(),
        (opcode::STRING, Argument::Line(region)) => text::unquote(&content(region)).is_some(),
        (opcode::SHORT_BINUNICODE | opcode::BINUNICODE | opcode::BINUNICODE8, Argument::Blob(region)) => {
            region.len() > 4096 || text::is_wide_utf8(&content(region))
        }
        _ => true,
    }
}

/// Whether the loader could find a module or an attribute under it: printable, not empty, not long.
pub(super) fn could_be_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name.len() <= 512
        && std::str::from_utf8(name).is_ok_and(|name| {
            name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>' | '-'))
        })
}

/// Heights of the stack above each mark, and whether anything is stored.
#[derive(Debug, Default)]
struct Heights {
    below: Vec<u32>,
    now: u32,
    stored: bool,
}

impl Heights {
    fn need(&mut self, count: u32) -> bool {
        match self.now.checked_sub(count) {
            Some(left) => {
                self.now = left;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, takes: u32, gives: u32) -> bool {
        let enough = self.need(takes);
        self.now = self.now.saturating_add(gives);
        enough
    }

    /// Back to the innermost mark, with `takes` values needed below it.
    fn close(&mut self, takes: u32, gives: u32) -> bool {
        match self.below.pop() {
            Some(below) => {
                self.now = below;
                self.take(takes, gives)
            }
            None => false,
        }
    }

    fn apply(&mut self, op: &Op) -> bool {
        match op.code {
            opcode::PROTO | opcode::FRAME => true,
            opcode::MARK => {
                self.below.push(self.now);
                self.now = 0;
                self.below.len() < 1 << 20
            }
            opcode::POP => self.now > 0 && self.need(1) || self.now == 0 && self.close(0, 0),
            opcode::POP_MARK => self.close(0, 0),
            opcode::DUP => self.take(1, 2),
            opcode::STOP | opcode::REDUCE | opcode::NEWOBJ | opcode::BUILD | opcode::STACK_GLOBAL => {
                self.take(if op.code == opcode::STOP { 1 } else { 2 }, u32::from(op.code != opcode::STOP))
            }
            opcode::NEWOBJ_EX | opcode::SETITEM | opcode::TUPLE3 => self.take(3, 1),
            opcode::APPEND | opcode::TUPLE2 => self.take(2, 1),
            opcode::TUPLE1 | opcode::BINPERSID | opcode::READONLY_BUFFER => self.take(1, 1),
            opcode::PUT | opcode::BINPUT | opcode::LONG_BINPUT | opcode::MEMOIZE => {
                self.stored = true;
                self.take(1, 1)
            }
            // A loader stops at an entry that was never stored.
            opcode::GET | opcode::BINGET | opcode::LONG_BINGET => self.stored && self.take(0, 1),
            opcode::APPENDS | opcode::SETITEMS | opcode::ADDITEMS => self.close(1, 1),
            opcode::TUPLE | opcode::LIST | opcode::DICT | opcode::FROZENSET | opcode::INST => {
                self.close(0, 1)
            }
            opcode::OBJ => self.now > 0 && self.close(0, 1),
            _ => self.take(0, 1),
        }
    }
}
