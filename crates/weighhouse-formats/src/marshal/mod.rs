//! `marshal`, the form in which CPython keeps compiled code: read far enough to say which names a function loads and which
//! constants it holds. Nothing is executed and no instruction is interpreted: what is on the list of names is all that the code
//! can reach by name, nested functions included.
//!
//! The form of a code object changed with the interpreter (3.8, 3.11) and is not marked in the data. Each is tried; the one that
//! reads to the last byte with every part of its kind is right. Reference: CPython's `Python/marshal.c`, versions 0 to 5.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::draft::head;

/// Values within one another.
const DEPTH: u32 = 120;
/// Longest text that is kept.
const LONGEST: usize = 400;
/// Texts that are kept.
const MOST_TEXTS: usize = 1000;

/// What compiled code reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeSummary {
    /// Names of globals, attributes and imports, in the order in which functions first use them.
    pub names: Vec<String>,
    /// Texts among the constants, at most their beginning.
    pub texts: Vec<String>,
    /// Functions in it, itself included.
    pub functions: usize,
}

/// A value, as far as it matters here.
#[derive(Debug)]
enum Value {
    Text(String),
    Bytes,
    Tuple(Vec<Rc<Self>>),
    Code,
    Other,
}

/// How a code object is laid out: how many integers come first, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Python 2: four integers, names as byte strings.
    Two,
    /// 3.0 to 3.7: five integers.
    Five,
    /// 3.8 to 3.10: six, for positional-only parameters.
    Six,
    /// From 3.11: five, one list of local names with their kinds, a qualified name, a table of exceptions.
    Merged,
}

/// What the code in `bytes` reaches; at most `most` values are read. `Err` says why it cannot be told.
pub fn summary(bytes: &[u8], most: usize) -> Result<CodeSummary, &'static str> {
    [Layout::Merged, Layout::Six, Layout::Five, Layout::Two]
        .into_iter()
        .find_map(|layout| Reader::new(bytes, layout, most).read())
        .ok_or("it is no compiled Python that any version writes")
}

struct Reader<'b> {
    rest: &'b [u8],
    layout: Layout,
    refs: Vec<Option<Rc<Value>>>,
    interned: Vec<Rc<Value>>,
    left: usize,
    summary: CodeSummary,
    seen: BTreeSet<String>,
}

impl<'b> Reader<'b> {
    fn new(bytes: &'b [u8], layout: Layout, most: usize) -> Self {
        Self {
            rest: bytes,
            layout,
            refs: Vec::new(),
            interned: Vec::new(),
            left: most,
            summary: CodeSummary::default(),
            seen: BTreeSet::new(),
        }
    }

    /// The whole: one code object and nothing behind it.
    fn read(mut self) -> Option<CodeSummary> {
        let value = self.value(DEPTH)?;
        (matches!(*value, Value::Code) && self.rest.is_empty()).then_some(self.summary)
    }

    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    fn len(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    fn value(&mut self, depth: u32) -> Option<Rc<Value>> {
        let depth = depth.checked_sub(1)?;
        self.left = self.left.checked_sub(1)?;
        let byte = self.u8()?;
        let kind = byte & 0x7f;
        // The place of an object is taken before its parts are read: parts may refer to it.
        let slot = (byte & 0x80 != 0).then(|| {
            self.refs.push(None);
            self.refs.len().saturating_sub(1)
        });
        let value = match kind {
            b'r' => {
                let index = self.len()?;
                return self.refs.get(index)?.clone().or_else(|| Some(Rc::new(Value::Other)));
            }
            b'R' => {
                let index = self.len()?;
                return self.interned.get(index).cloned();
            }
            _ => Rc::new(self.body(kind, depth)?),
        };
        if kind == b't' && self.layout == Layout::Two {
            self.interned.push(Rc::clone(&value));
        }
        if let Some(place) = slot.and_then(|slot| self.refs.get_mut(slot)) {
            *place = Some(Rc::clone(&value));
        }
        Some(value)
    }

    fn body(&mut self, kind: u8, depth: u32) -> Option<Value> {
        Some(match kind {
            b'0' | b'N' | b'F' | b'T' | b'S' | b'.' => Value::Other,
            b'i' => self.skip(4)?,
            b'I' | b'g' => self.skip(8)?,
            b'y' => self.skip(16)?,
            b'f' => self.skip_short()?,
            b'x' => {
                self.skip_short()?;
                self.skip_short()?
            }
            b'l' => {
                let digits = self.u32()?.cast_signed().unsigned_abs();
                self.skip(usize::try_from(digits).ok()?.checked_mul(2)?)?
            }
            b's' => {
                let len = self.len()?;
                let bytes = self.take(len)?;
                match self.layout {
                    Layout::Two => text(bytes),
                    _ => Value::Bytes,
                }
            }
            b't' | b'a' | b'A' | b'u' => {
                let len = self.len()?;
                text(self.take(len)?)
            }
            b'z' | b'Z' => {
                let len = usize::from(self.u8()?);
                text(self.take(len)?)
            }
            b'(' | b'[' | b'<' | b'>' => {
                let count = self.len()?;
                self.tuple(count, depth)?
            }
            b')' => {
                let count = usize::from(self.u8()?);
                self.tuple(count, depth)?
            }
            b'{' => self.dictionary(depth)?,
            b':' => self.tuple(3, depth)?,
            b'c' => self.code(depth)?,
            _ => return None,
        })
    }

    fn skip(&mut self, len: usize) -> Option<Value> {
        self.take(len).map(|_| Value::Other)
    }

    fn skip_short(&mut self) -> Option<Value> {
        let len = usize::from(self.u8()?);
        self.skip(len)
    }

    fn tuple(&mut self, count: usize, depth: u32) -> Option<Value> {
        // Every element takes a byte at least.
        let mut parts = Vec::with_capacity(count.min(self.rest.len()).min(self.left).min(1024));
        for _ in 0..count {
            parts.push(self.value(depth)?);
        }
        Some(Value::Tuple(parts))
    }

    fn dictionary(&mut self, depth: u32) -> Option<Value> {
        while self.rest.first()? & 0x7f != b'0' {
            self.value(depth)?;
            self.value(depth)?;
        }
        self.skip(1)
    }

    fn code(&mut self, depth: u32) -> Option<Value> {
        let integers = match self.layout {
            Layout::Two => 4,
            Layout::Five | Layout::Merged => 5,
            Layout::Six => 6,
        };
        self.skip(integers * 4)?;
        let instructions = self.value(depth)?;
        let constants = self.value(depth)?;
        let names = self.value(depth)?;
        // Names of locals, and with them either two more lists or one byte for each.
        self.tuple_of_names(depth)?;
        if self.layout == Layout::Merged {
            self.bytes(depth)?;
        } else {
            self.tuple_of_names(depth)?;
            self.tuple_of_names(depth)?;
        }
        let texts = if self.layout == Layout::Merged { 3 } else { 2 };
        for _ in 0..texts {
            if !matches!(*self.value(depth)?, Value::Text(_)) {
                return None;
            }
        }
        self.skip(4)?;
        let tables = if self.layout == Layout::Merged { 2 } else { 1 };
        for _ in 0..tables {
            self.bytes(depth)?;
        }
        // Byte strings are texts in Python 2.
        let (Value::Bytes | Value::Text(_), Value::Tuple(constants), Value::Tuple(names)) =
            (&*instructions, &*constants, &*names)
        else {
            return None;
        };
        self.keep(names, constants)?;
        Some(Value::Code)
    }

    fn tuple_of_names(&mut self, depth: u32) -> Option<()> {
        matches!(*self.value(depth)?, Value::Tuple(_)).then_some(())
    }

    /// A byte string, which is a text in Python 2.
    fn bytes(&mut self, depth: u32) -> Option<()> {
        let two = self.layout == Layout::Two;
        match &*self.value(depth)? {
            Value::Bytes => Some(()),
            Value::Text(_) if two => Some(()),
            _ => None,
        }
    }

    fn keep(&mut self, names: &[Rc<Value>], constants: &[Rc<Value>]) -> Option<()> {
        self.summary.functions = self.summary.functions.saturating_add(1);
        for name in names {
            let Value::Text(name) = &**name else { return None };
            if self.seen.insert(name.clone()) {
                self.summary.names.push(name.clone());
            }
        }
        for constant in constants {
            texts(constant, 4, &mut self.left, &mut self.summary.texts);
        }
        Some(())
    }
}

fn text(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(LONGEST)).unwrap_or_default());
    Value::Text(head(&text, LONGEST).to_owned())
}

/// The texts in a constant. Tuples may hold one another many times over: each visit costs one of the values that may be read.
fn texts(value: &Value, depth: u32, left: &mut usize, out: &mut Vec<String>) {
    let (Some(depth), Some(fewer)) = (depth.checked_sub(1), left.checked_sub(1)) else { return };
    *left = fewer;
    match value {
        Value::Text(text) if out.len() < MOST_TEXTS => out.push(text.clone()),
        Value::Tuple(parts) => {
            for part in parts {
                texts(part, depth, left, out);
            }
        }
        _ => {}
    }
}
