//! Writes what a text says as it stands on the wire.
//!
//! On the wire the length of a message stands before it. So the text is read twice: once to measure, once to write. What is kept
//! between the two is one number for each message and literal.

use super::grammar::{End, Sink, read};
use crate::bounded::{Budget, Exhausted, Spool};
use crate::protobuf::{Field, Kind, Message, Names, Stop};
use crate::region::Region;
use crate::source::{SharedSource, Source};

/// Messages and literals of which the length is kept.
const MOST: usize = 4 << 20;
/// Bytes that are written at once.
const BLOCK: usize = 64 * 1024;
/// Bytes of a literal of an unknown field that are kept.
const KEPT: usize = 8 << 20;
/// Stands for the name of a value that its field does not have: a number that no field has either.
const NO_VALUE: u64 = i32::MAX as u64;

/// A message in the form of the wire.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) source: SharedSource,
    /// How far the text was read.
    pub(crate) end: End,
}

/// Takes what the schema does not describe.
pub(crate) trait Rest {
    /// A field that its message does not have, or that is written as another kind of value.
    fn field(&mut self, message: &'static Message, name: &str, region: Region);
    /// A text or bytes in such a field, cut after some million bytes.
    fn literal(&mut self, name: &str, bytes: &[u8], region: Region);
}

/// Writes the text as a message of `root`, and `trailer` behind it; what does not fit goes to `rest`.
pub(crate) fn encode(
    text: &dyn Source,
    root: &'static Message,
    trailer: &[u8],
    budget: &Budget,
    rest: &mut dyn Rest,
) -> std::io::Result<Encoded> {
    let mut measure = Encoder::new(root, Out::Measure, Vec::new(), budget, rest);
    let end = read(text, budget, &mut measure);
    measure.finish();
    let lengths = std::mem::take(&mut measure.lengths);
    let out = Out::Write(Spool::default(), Vec::new());
    let mut write = Encoder::new(root, out, lengths, budget, rest);
    let again = read(text, budget, &mut write);
    write.put(trailer).ok();
    let source = write.written()?;
    // The second reading ends where the first did, unless the budget is used up in between.
    let stopped = end.stopped.or(again.stopped);
    Ok(Encoded { source, end: End { stopped, ..end } })
}

enum Out {
    Measure,
    /// Bytes, and those that are not passed on yet.
    Write(Spool, Vec<u8>),
}

/// What is open.
enum What {
    Message(&'static Message),
    /// A text or bytes of a known field.
    Value,
    /// A message, a text or bytes of an unknown field: its name, and what was kept of a literal.
    Unknown(String, Vec<u8>),
}

struct Frame {
    what: What,
    number: u32,
    /// Place of its length among all.
    index: usize,
    len: u64,
}

struct Encoder<'e> {
    out: Out,
    lengths: Vec<u64>,
    /// Lengths that are taken.
    next: usize,
    open: Vec<Frame>,
    budget: &'e Budget,
    rest: &'e mut dyn Rest,
    /// A bound on memory, not on the spool, which knows its own.
    memory: u64,
    failed: Option<std::io::Error>,
}

impl<'e> Encoder<'e> {
    fn new(
        root: &'static Message,
        out: Out,
        lengths: Vec<u64>,
        budget: &'e Budget,
        rest: &'e mut dyn Rest,
    ) -> Self {
        let root = Frame { what: What::Message(root), number: 0, index: 0, len: 0 };
        let memory = budget.limits().spool_memory;
        Self { out, lengths, next: 0, open: vec![root], budget, rest, memory, failed: None }
    }

    /// The field of the innermost message that a name means; nothing inside unknown fields.
    fn field(&self, name: &str) -> Option<&'static Field> {
        let Some(Frame { what: What::Message(message), .. }) = self.open.last() else { return None };
        let by_name = message.fields.iter().find(|field| field.name == name);
        // Unknown fields are printed by their numbers, and some readers take them so.
        by_name.or_else(|| name.parse().ok().and_then(|number| message.field(number)))
    }

    fn is_writing(&self) -> bool {
        matches!(self.out, Out::Write(..))
    }

    /// Bytes of the innermost open message.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match &mut self.out {
            Out::Measure => {
                if let Some(frame) = self.open.last_mut() {
                    frame.len = frame.len.saturating_add(bytes.len() as u64);
                }
                return Ok(());
            }
            Out::Write(_, block) => {
                block.extend_from_slice(bytes);
                if block.len() < BLOCK {
                    return Ok(());
                }
            }
        }
        self.pass_on()
    }

    fn pass_on(&mut self) -> Result<(), Stop> {
        let Out::Write(spool, block) = &mut self.out else { return Ok(()) };
        self.budget.unpacked(block.len() as u64)?;
        if let Err(error) = spool.write(block, self.memory) {
            self.failed.get_or_insert(error);
        }
        block.clear();
        Ok(())
    }

    /// Begins a value whose length stands before it.
    fn begin_value(&mut self, what: What, number: u32) -> Result<(), Stop> {
        let index = self.next;
        self.next = self.next.saturating_add(1);
        if self.is_writing() {
            let Some(len) = self.lengths.get(index).copied() else { return Err(Exhausted::Facts.into()) };
            let mut head = tag(number, 2);
            varint(len, &mut head);
            self.put(&head)?;
        } else if index < MOST {
            self.lengths.push(0);
        } else {
            return Err(Exhausted::Facts.into());
        }
        self.open.push(Frame { what, number, index, len: 0 });
        Ok(())
    }

    /// Begins a value that is not written.
    fn begin_unknown(&mut self, name: &str, region: Region) {
        if self.is_writing()
            && let Some(Frame { what: What::Message(message), .. }) = self.open.last()
        {
            self.rest.field(message, name, region);
        }
        let what = What::Unknown(name.to_owned(), Vec::new());
        self.open.push(Frame { what, number: 0, index: 0, len: 0 });
    }

    /// Ends what is innermost.
    fn end_value(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        if matches!(frame.what, What::Unknown(..)) || self.is_writing() {
            return;
        }
        if let Some(length) = self.lengths.get_mut(frame.index) {
            *length = frame.len;
        }
        let mut head = tag(frame.number, 2);
        varint(frame.len, &mut head);
        if let Some(outer) = self.open.last_mut() {
            outer.len = outer.len.saturating_add(head.len() as u64).saturating_add(frame.len);
        }
    }

    /// Ends what is still open.
    fn finish(&mut self) {
        while self.open.len() > 1 {
            self.end_value();
        }
    }

    fn written(mut self) -> std::io::Result<SharedSource> {
        // What is behind a bound is not there; the bound is told by whoever ran into it.
        self.pass_on().ok();
        match (self.out, self.failed) {
            (_, Some(error)) => Err(error),
            (Out::Write(spool, _), None) => spool.finish(),
            (Out::Measure, None) => Spool::default().finish(),
        }
    }
}

impl Sink for Encoder<'_> {
    fn open(&mut self, name: &str, at: u64) -> Result<(), Stop> {
        if let Some(Field { number, kind: Kind::Message(message), .. }) = self.field(name) {
            return self.begin_value(What::Message(message), *number);
        }
        self.begin_unknown(name, Region::at(at, 1));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.end_value();
        Ok(())
    }

    fn word(&mut self, name: &str, word: &str, region: Region) -> Result<(), Stop> {
        let Some(field) = self.field(name) else {
            self.begin_unknown(name, region);
            self.end_value();
            return Ok(());
        };
        let mut bytes;
        match field.kind {
            Kind::Int => {
                bytes = tag(field.number, 0);
                varint(integer(word).unwrap_or(0), &mut bytes);
            }
            Kind::Enum(names) => {
                bytes = tag(field.number, 0);
                varint(value(names, word), &mut bytes);
            }
            Kind::Fixed64 => {
                bytes = tag(field.number, 1);
                bytes.extend_from_slice(&real::<f64>(word).to_le_bytes());
            }
            Kind::Fixed32 => {
                bytes = tag(field.number, 5);
                bytes.extend_from_slice(&real::<f32>(word).to_le_bytes());
            }
            Kind::Text | Kind::Bytes | Kind::Message(_) => {
                self.begin(name, region.start)?;
                self.piece(word.as_bytes())?;
                return self.end(region);
            }
        }
        self.put(&bytes)
    }

    fn begin(&mut self, name: &str, at: u64) -> Result<(), Stop> {
        if let Some(Field { number, kind: Kind::Text | Kind::Bytes, .. }) = self.field(name) {
            return self.begin_value(What::Value, *number);
        }
        self.begin_unknown(name, Region::at(at, 1));
        Ok(())
    }

    fn piece(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match self.open.last_mut() {
            Some(Frame { what: What::Unknown(_, kept), .. }) => {
                let room = KEPT.saturating_sub(kept.len());
                kept.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
                Ok(())
            }
            _ => self.put(bytes),
        }
    }

    fn end(&mut self, region: Region) -> Result<(), Stop> {
        if self.is_writing()
            && let Some(Frame { what: What::Unknown(name, kept), .. }) = self.open.last()
        {
            self.rest.literal(name, kept, region);
        }
        self.end_value();
        Ok(())
    }
}

fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn tag(number: u32, wire: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(u64::from(number) << 3 | wire, &mut bytes);
    bytes
}

/// The number of a value by its name; one that has none may be written as a number.
fn value(names: Names, word: &str) -> u64 {
    let found = names.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    let number = || integer(word).filter(|_| !word.starts_with(char::is_alphabetic));
    found.or_else(number).unwrap_or(NO_VALUE)
}

/// A whole number as C writes it, or a truth; nothing for a name, which is the value of an enumeration that nobody looks at.
fn integer(word: &str) -> Option<u64> {
    match word {
        "true" | "True" | "t" => return Some(1),
        "false" | "False" | "f" => return Some(0),
        _ => {}
    }
    let digits = word.strip_prefix('-').unwrap_or(word);
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let octal = digits.strip_prefix('0').filter(|rest| !rest.is_empty());
    let number = match (hex, octal) {
        (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) => u64::from_str_radix(octal, 8).ok(),
        (None, None) => digits.parse().ok(),
    }?;
    Some(if digits.len() < word.len() { number.wrapping_neg() } else { number })
}

/// A number with a point, which may end in `f`.
fn real<F: std::str::FromStr + Default>(word: &str) -> F {
    let number = || word.strip_suffix(['f', 'F']).unwrap_or_default().parse();
    word.parse().or_else(|_| number()).unwrap_or_default()
}
