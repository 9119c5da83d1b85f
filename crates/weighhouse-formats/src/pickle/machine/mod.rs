//! The abstract stack machine: every opcode with the semantics of CPython's `_pickle.c`, over values that are only as
//! concrete as judging needs. Effects are logged when they are executed and never derived from what is left.
//!
//! Where the loader raises, the stream is broken and the machine stops; where only some loaders raise, it goes on, so
//! what it logs is never less than what any loader executes.

mod constants;
mod expansion;
mod mark;
mod nested;
mod objects;
mod overrides;
mod shape;
mod sharing;
mod tensors;
mod versions;

use crate::bounded::{Budget, Exhausted};
use crate::node::{Fault, Gap, GapReason, Irregularity};
use crate::region::Region;
use crate::source::SharedSource;

use super::arena::Arena;
use super::decode::{Argument, Break, Decoder, Op};
use super::facts::{Ending, ExtensionCode, RawBlock};
use super::finds::Finds;
use super::joblib::{Arrays, Tracker};
use super::log::Log;
use super::memo::Memo;
use super::opcode;
use super::stack::Stack;
use super::value::{Kind, Tag, Value};

/// Opcodes between two looks at the budget.
const BATCH: u32 = 4096;
/// Faults and gaps kept of one file.
const MOST_NOTES: usize = 1000;
/// Storage keys collected of a legacy PyTorch file.
const MOST_KEYS: usize = 100_000;

/// Why a stream ends.
#[derive(Debug)]
pub(super) enum Halt {
    /// `STOP`.
    Stop,
    /// The data ends.
    Truncated,
    /// A loader raises here.
    Broken(String),
    /// A bound was hit.
    Limit(Exhausted),
    /// The operating system refused.
    Unreadable(String),
}

impl From<Break> for Halt {
    fn from(broken: Break) -> Self {
        match broken {
            Break::Truncated => Self::Truncated,
            Break::Unknown(code) => Self::Broken(format!("byte {code:#04x} is no opcode")),
            Break::Length(length) => Self::Broken(format!("a length of {length} bytes")),
            Break::Unreadable(detail) => Self::Unreadable(detail),
        }
    }
}

impl Halt {
    /// The same as a fact.
    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::Stop => Ending::Stop,
            Self::Truncated => Ending::Truncated,
            Self::Broken(detail) | Self::Unreadable(detail) => Ending::Broken(detail.clone()),
            Self::Limit(limit) => Ending::Limit(*limit),
        }
    }
}

/// What belongs to one stream.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) start: u64,
    pub(super) stack: Stack,
    pub(super) memo: Memo,
    sharing: sharing::Sharing,
    /// Declared by the last `PROTO`.
    declared: Option<u8>,
    /// The newest protocol whose opcodes are used.
    highest: u8,
    pub(super) opcodes: u64,
    frame_end: u64,
    strange: bool,
    pub(super) result: Option<Value>,
}

impl State {
    /// The protocol in force: declared, or by the opcodes used.
    pub(super) fn protocol(&self) -> u8 {
        self.declared.unwrap_or_else(|| self.highest.min(1))
    }
}

/// The machine: one per file, one [`State`] per stream.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) source: &'a SharedSource,
    pub(super) budget: &'a Budget,
    pub(super) decoder: Decoder<'a>,
    pub(super) state: State,
    /// Where the opcode at hand begins.
    pub(super) at: u64,
    /// The stream that waits while a nested one is read (joblib's object arrays).
    pub(super) outer: Option<Box<State>>,
    pub(super) log: Log,
    pub(super) arena: Arena,
    pub(super) tracker: Tracker,
    pub(super) finds: Finds,
    pub(super) extensions: Vec<ExtensionCode>,
    pub(super) raw_blocks: Vec<RawBlock>,
    pub(super) faults: Vec<Irregularity>,
    pub(super) gaps: Vec<Gap>,
    /// Collects the text items of lists: (list, offset of the text).
    pub(super) keys: Option<Vec<Value>>,
    /// How the bytes behind joblib's array wrapper are read.
    pub(super) arrays: Arrays,
    /// Where the texts lie whose encoding is a value; an instance names its place in the list.
    encoded: Vec<u64>,
    /// Whether a text that can override something was seen: only then are pairs looked at.
    overriding: bool,
    /// Whether a class was imported that writes a file when it gets its state.
    writing: bool,
    /// Texts that are names of versions, by offset; only with one of them are pairs looked at for versions.
    version_names: Vec<u64>,
    /// Whether `getattr` was called for something that has no name of its own: only then is it looked for.
    attributes: bool,
    /// Instances of containers so far.
    holders: u32,
    scratch: Vec<Value>,
    since: u32,
}

impl<'a> Machine<'a> {
    /// A machine at the beginning of `source`, with a window of `window` bytes.
    pub(super) fn new(source: &'a SharedSource, budget: &'a Budget, window: usize) -> Self {
        let facts = budget.limits().facts;
        Self {
            source,
            budget,
            decoder: Decoder::with_window(source.as_ref(), 0, window),
            state: State::default(),
            at: 0,
            outer: None,
            log: Log::new(facts),
            arena: Arena::default(),
            tracker: Tracker::default(),
            finds: Finds::new(facts),
            extensions: Vec::new(),
            raw_blocks: Vec::new(),
            faults: Vec::new(),
            gaps: Vec::new(),
            keys: None,
            arrays: Arrays::default(),
            encoded: Vec::new(),
            overriding: false,
            writing: false,
            version_names: Vec::new(),
            attributes: false,
            holders: 0,
            scratch: Vec::new(),
            since: 0,
        }
    }

    /// Begins a stream at `start`.
    pub(super) fn begin(&mut self, start: u64, lenient: bool) {
        self.decoder.seek(start);
        self.state = State { start, ..State::default() };
        self.state.stack.lenient = lenient;
    }

    /// Runs the current stream to its end.
    pub(super) fn run(&mut self) -> Halt {
        loop {
            self.at = self.decoder.position();
            let halt = match self.decoder.next() {
                Ok(op) => match self.execute(&op) {
                    Ok(()) => continue,
                    Err(halt) => halt,
                },
                Err(broken) => {
                    self.import_at_the_end(&broken, self.at);
                    self.look_at_length(&broken);
                    broken.into()
                }
            };
            self.weigh_sharing();
            if let Err(limit) = self.budget.steps(u64::from(std::mem::take(&mut self.since))) {
                return Halt::Limit(limit);
            }
            return halt;
        }
    }

    #[inline]
    fn execute(&mut self, op: &Op) -> Result<(), Halt> {
        self.state.opcodes = self.state.opcodes.saturating_add(1);
        self.state.highest = self.state.highest.max(opcode::introduced(op.code));
        self.since += 1;
        if self.since >= BATCH {
            self.since = 0;
            self.budget.steps(BATCH.into()).map_err(Halt::Limit)?;
        }
        self.step(op)
    }

    /// Sets the current stream aside for one that lies inside it.
    fn nest(&mut self) {
        let start = self.decoder.position();
        let inner = State { start, ..State::default() };
        self.outer = Some(Box::new(std::mem::replace(&mut self.state, inner)));
    }

    /// Records a block that a library reads between opcodes.
    fn raw_block(&mut self, block: RawBlock) {
        if self.raw_blocks.len() < self.budget.limits().facts {
            self.raw_blocks.push(block);
        } else {
            self.log.cut.any = true;
        }
    }

    /// Records a fault, as long as there are not too many.
    pub(super) fn fault(&mut self, kind: Fault, region: Region, detail: impl Into<String>) {
        if self.faults.len() < MOST_NOTES {
            self.faults.push(Irregularity { kind, region: Some(region), detail: detail.into() });
        }
    }

    /// Records a gap, as long as there are not too many.
    pub(super) fn gap(&mut self, reason: GapReason, region: Region, detail: impl Into<String>) {
        if self.gaps.len() < MOST_NOTES {
            self.gaps.push(Gap { reason, region: Some(region), detail: detail.into() });
        }
    }

    #[inline]
    fn push(&mut self, value: Value) -> Result<(), Halt> {
        self.state.stack.push(value)
    }

    #[inline]
    fn step(&mut self, op: &Op) -> Result<(), Halt> {
        match op.code {
            opcode::MARK => self.state.stack.mark(),
            opcode::SHORT_BINUNICODE | opcode::BINUNICODE | opcode::BINUNICODE8 => self.wide_text(op),
            opcode::BININT | opcode::BININT1 | opcode::BININT2 => match op.argument {
                Argument::Int(value) => self.push(Value::int(value, op.offset)),
                _ => Ok(()),
            },
            opcode::BINFLOAT => self.push(Value::FLOAT),
            opcode::NONE => self.push(Value::NONE),
            opcode::NEWTRUE => self.push(Value::TRUE),
            opcode::NEWFALSE => self.push(Value::FALSE),
            opcode::MEMOIZE => {
                let index = self.state.memo.len();
                self.put(index)
            }
            opcode::BINPUT | opcode::LONG_BINPUT => match op.argument {
                Argument::Int(index) => self.put(index.unsigned_abs()),
                _ => Ok(()),
            },
            opcode::BINGET | opcode::LONG_BINGET => match op.argument {
                Argument::Int(index) => self.get(index.unsigned_abs()),
                _ => Ok(()),
            },
            opcode::EMPTY_TUPLE => {
                let empty = self.arena.store(&[]);
                self.push(empty)
            }
            opcode::TUPLE1 => self.tuple_of(1),
            opcode::TUPLE2 => self.tuple_of(2),
            opcode::TUPLE3 => self.tuple_of(3),
            opcode::TUPLE => {
                let position = self.state.stack.marker()?;
                self.tuple_from(position)
            }
            opcode::EMPTY_LIST => self.push_container(Kind::List),
            opcode::EMPTY_DICT => self.push_container(Kind::Dict),
            opcode::EMPTY_SET => self.push_container(Kind::Set),
            opcode::APPEND => {
                let position = self.state.stack.position_of(1)?;
                self.append(op, position)
            }
            opcode::APPENDS => {
                let position = self.state.stack.marker()?;
                self.append(op, position)
            }
            opcode::SETITEM => {
                let position = self.state.stack.position_of(2)?;
                self.set_items(op, position)
            }
            opcode::SETITEMS => {
                let position = self.state.stack.marker()?;
                self.set_items(op, position)
            }
            opcode::REDUCE => self.reduce(op),
            opcode::NEWOBJ => self.new_object(op, false),
            opcode::BUILD => self.build(op),
            opcode::SHORT_BINBYTES | opcode::BINBYTES | opcode::BINBYTES8 | opcode::BYTEARRAY8 => {
                self.bytes(op)
            }
            _ => self.step_rarer(op),
        }
    }

    fn step_rarer(&mut self, op: &Op) -> Result<(), Halt> {
        match op.code {
            opcode::PROTO => self.declare(op),
            opcode::FRAME => self.frame(op),
            opcode::STOP => self.stop(op),
            opcode::POP => self.state.stack.discard(),
            opcode::POP_MARK => {
                let position = self.state.stack.marker()?;
                self.state.stack.truncate(position);
                Ok(())
            }
            opcode::DUP => {
                let top = self.state.stack.top()?;
                let again = self.state.sharing.again(top);
                self.push(again)
            }
            opcode::INT | opcode::LONG | opcode::FLOAT => self.number_line(op),
            opcode::LONG1 | opcode::LONG4 => self.long(op),
            opcode::STRING | opcode::UNICODE => self.text_line(op),
            opcode::BINSTRING | opcode::SHORT_BINSTRING => self.narrow_text(op),
            opcode::LIST => self.container_from_mark(Kind::List),
            opcode::DICT => self.container_from_mark(Kind::Dict),
            opcode::FROZENSET => self.container_from_mark(Kind::FrozenSet),
            opcode::ADDITEMS => {
                let position = self.state.stack.marker()?;
                self.add_items(op, position)
            }
            opcode::GET | opcode::PUT => self.memo_line(op),
            opcode::GLOBAL => self.global(op),
            opcode::STACK_GLOBAL => self.stack_global(op),
            opcode::INST => self.inst(op),
            opcode::OBJ => self.obj(op),
            opcode::NEWOBJ_EX => self.new_object(op, true),
            opcode::EXT1 | opcode::EXT2 | opcode::EXT4 => self.extension(op),
            opcode::PERSID => self.persistent_line(op),
            opcode::BINPERSID => {
                let id = self.state.stack.pop()?;
                self.persistent(op, id)
            }
            opcode::NEXT_BUFFER => self.push(Value::UNKNOWN),
            opcode::READONLY_BUFFER => self.state.stack.top().map(|_| ()),
            other => Err(Halt::Broken(format!("byte {other:#04x} is no opcode"))),
        }
    }

    fn put(&mut self, index: u64) -> Result<(), Halt> {
        let value = self.state.stack.top()?;
        self.look_at_number(index);
        self.state.memo.put(index, value);
        if self.state.memo.overflowed() { Err(Halt::Limit(Exhausted::Facts)) } else { Ok(()) }
    }

    fn get(&mut self, index: u64) -> Result<(), Halt> {
        match self.state.memo.get(index) {
            Some(value) => {
                let again = self.state.sharing.again(value);
                self.push(again)
            }
            None if self.state.stack.lenient => self.push(Value::UNKNOWN),
            None => Err(Halt::Broken(format!("memo entry {index} was never stored"))),
        }
    }

    fn tuple_of(&mut self, count: usize) -> Result<(), Halt> {
        let position = self.state.stack.position_of(count)?;
        self.tuple_from(position)
    }

    #[inline]
    fn tuple_from(&mut self, position: usize) -> Result<(), Halt> {
        self.look_at_pairs(position);
        let elements = self.state.stack.from(position);
        Log::hand_on(&mut self.log.globals, elements);
        let tuple = self.arena.store(elements);
        self.put_in(tuple, position);
        self.state.stack.truncate(position);
        self.push(tuple)
    }

    fn push_container(&mut self, kind: Kind) -> Result<(), Halt> {
        let track = self.tracker.new_container(kind);
        self.push(Value::container(kind, track))
    }

    fn container_from_mark(&mut self, kind: Kind) -> Result<(), Halt> {
        let position = self.state.stack.marker()?;
        let count = self.state.stack.len().saturating_sub(position);
        if kind == Kind::Dict && !count.is_multiple_of(2) && !self.state.stack.lenient {
            return Err(Halt::Broken("`DICT` of an odd number of items".to_owned()));
        }
        let track = self.tracker.new_container(kind);
        if kind == Kind::Dict {
            self.look_at_keys(position);
            self.follow_items(track, position);
        }
        self.collect_keys(position);
        self.look_at_pairs(position);
        Log::hand_on(&mut self.log.globals, self.state.stack.from(position));
        let container = Value::container(kind, track);
        self.put_in(container, position);
        self.state.stack.truncate(position);
        self.push(container)
    }

    /// Remembers texts that are put into a list, where the storage keys of a legacy PyTorch file are expected.
    pub(super) fn collect_keys(&mut self, position: usize) {
        if let Some(keys) = &mut self.keys {
            let room = MOST_KEYS.saturating_sub(keys.len());
            let texts = self.state.stack.from(position).iter().filter(|value| value.tag() == Tag::Text);
            keys.extend(texts.take(room).copied());
        }
    }

    fn declare(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Int(protocol) = op.argument else { return Ok(()) };
        let known = u8::try_from(protocol).ok().filter(|protocol| *protocol <= 5);
        let Some(protocol) = known else {
            return Err(Halt::Broken(format!("protocol {protocol} does not exist")));
        };
        if op.offset != self.state.start {
            let region = Region::at(op.offset, 2);
            self.fault(Fault::Unusual, region, "`PROTO` is not the first opcode of its stream");
        }
        self.state.declared = Some(protocol);
        Ok(())
    }

    fn frame(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Long(length) = op.argument else { return Ok(()) };
        let begin = self.decoder.position();
        let end = begin.saturating_add(length);
        let region = Region::at(op.offset, 9);
        if i64::try_from(length).is_err() {
            return Err(Halt::Broken(format!("a frame of {length} bytes")));
        }
        if end > self.decoder.end() {
            // The C loader refuses this frame; the Python one reads on.
            self.fault(
                Fault::Contradiction,
                region,
                format!("a frame of {length} bytes reaches beyond the end"),
            );
        }
        if begin < self.state.frame_end && !self.state.strange {
            self.state.strange = true;
            self.fault(Fault::Unusual, region, "a frame begins inside another one");
        }
        self.state.frame_end = end;
        Ok(())
    }

    /// Whether the position lies inside a frame whose bytes a loader has already taken from the file.
    pub(super) fn inside_frame(&self) -> bool {
        self.decoder.position() < self.state.frame_end
    }

    fn stop(&mut self, op: &Op) -> Result<(), Halt> {
        let result = self.state.stack.pop();
        let region = Region::at(op.offset, 1);
        if let Some(declared) = self.state.declared
            && self.state.highest > declared.max(2)
        {
            let highest = self.state.highest;
            let detail = format!("declares protocol {declared}, but uses opcodes of protocol {highest}");
            self.fault(Fault::Unusual, Region::new(self.state.start, region.end), detail);
        }
        match result {
            Ok(value) => {
                // The caller of the loader receives an imported object itself; an instance of it is no use of its name.
                if value.tag() == Tag::Global {
                    self.log.note(value, |uses| uses.passed = true);
                }
                self.state.result = Some(value);
                Err(Halt::Stop)
            }
            Err(_) => Err(Halt::Broken("`STOP` without a value".to_owned())),
        }
    }

    fn extension(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::Int(code) = op.argument else { return Ok(()) };
        let code = u32::try_from(code).ok().filter(|code| *code > 0);
        let Some(code) = code else {
            return Err(Halt::Broken("an extension code that is not positive".to_owned()));
        };
        if self.extensions.len() < self.budget.limits().facts {
            self.extensions.push(ExtensionCode { offset: op.offset, code });
        } else {
            self.log.cut.any = true;
        }
        self.push(Value::UNKNOWN)
    }
}
