//! A safe evaluator: the pickle of a state dictionary to the tensors it names, by a closed list of constructors.
//!
//! It knows the opcodes and names that PyTorch's own files need and nothing else; whatever else a stream does stops the
//! conversion and is named. Values live in an arena and refer to each other by index, so neither depth nor cycles matter.

use std::collections::{BTreeSet, HashMap};

use super::ConvertError;
use crate::pickle::GlobalName;
use crate::pickle::decode::{Argument, Break, Decoder, Op};
use crate::pickle::opcode as code;
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};
use crate::torch::rebuild::{Dtype, Role, role};

/// Values of one stream: far more than any state dictionary has.
const MOST_VALUES: usize = 4_000_000;
/// Bytes of a name or another text.
const LONGEST_TEXT: u64 = 64 * 1024;
/// Bytes of all texts together.
const ALL_TEXTS: u64 = 64 << 20;
/// Dimensions of a tensor.
const MOST_DIMENSIONS: usize = 64;

/// Index of a value in the arena.
pub(super) type Id = u32;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Text(String),
    /// A plain value that safetensors has no place for.
    Plain(&'static str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Role),
    Storage(Storage),
    Tensor(Tensor),
    /// The result of something that is not on the list; it has been noted.
    Refused,
}

/// A storage by reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub key: String,
    pub dtype: Dtype,
    pub elements: u64,
}

/// A view of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub storage: Storage,
    pub dtype: Dtype,
    /// First element.
    pub offset: u64,
    pub shape: Vec<u64>,
    pub stride: Vec<u64>,
}

/// The values of a stream and its result.
#[derive(Debug)]
pub(super) struct Values {
    arena: Vec<Value>,
    pub root: Id,
}

impl Values {
    pub(super) fn get(&self, id: Id) -> &Value {
        self.arena.get(id as usize).unwrap_or(&Value::Refused)
    }
}

/// Evaluates the stream that begins at `offset`.
pub(super) fn evaluate(source: &SharedSource, offset: u64) -> Result<Values, ConvertError> {
    let mut machine = Machine {
        source,
        decoder: Decoder::with_window(source.as_ref(), offset, crate::cursor::WINDOW),
        arena: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        refused: BTreeSet::new(),
        texts: 0,
    };
    let root = machine.run()?;
    if !machine.refused.is_empty() {
        return Err(ConvertError::Refused(machine.refused.into_iter().collect()));
    }
    Ok(Values { arena: machine.arena, root })
}

struct Machine<'s> {
    source: &'s SharedSource,
    decoder: Decoder<'s>,
    arena: Vec<Value>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    /// Names and operations that are not on the list.
    refused: BTreeSet<String>,
    texts: u64,
}

fn malformed(what: &str) -> ConvertError {
    ConvertError::Malformed(what.to_owned())
}

impl Machine<'_> {
    fn run(&mut self) -> Result<Id, ConvertError> {
        loop {
            let op = self.decoder.next().map_err(|error| match error {
                Break::Truncated => malformed("the pickle is cut off"),
                Break::Unreadable(error) => ConvertError::Malformed(error),
                Break::Unknown(_) | Break::Length(_) => malformed("the pickle breaks the grammar"),
            })?;
            if op.code == code::STOP {
                return self.pop();
            }
            self.step(op)?;
        }
    }

    fn get(&self, id: Id) -> &Value {
        self.arena.get(id as usize).unwrap_or(&Value::Refused)
    }

    fn push(&mut self, value: Value) -> Result<(), ConvertError> {
        if self.arena.len() >= MOST_VALUES {
            return Err(malformed("the pickle has more values than any state dictionary"));
        }
        self.stack.push(self.arena.len() as Id);
        self.arena.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, ConvertError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(malformed("the pickle takes a value that is not there"));
        }
        self.stack.pop().ok_or_else(|| malformed("the pickle takes a value that is not there"))
    }

    fn top(&self) -> Result<Id, ConvertError> {
        self.stack.last().copied().ok_or_else(|| malformed("the pickle takes a value that is not there"))
    }

    /// The values above the last mark.
    fn marked(&mut self) -> Result<Vec<Id>, ConvertError> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(|| malformed("the pickle lacks a mark"))?))
    }

    fn text(&mut self, region: Region) -> Result<String, ConvertError> {
        self.texts = self.texts.saturating_add(region.len());
        if region.len() > LONGEST_TEXT || self.texts > ALL_TEXTS {
            return Err(malformed("the pickle has longer texts than any state dictionary"));
        }
        let bytes = read_up_to(self.source.as_ref(), region.start, region.len() as usize)
            .map_err(|error| ConvertError::Malformed(error.to_string()))?;
        String::from_utf8(bytes).map_err(|_| malformed("a text of the pickle is not valid UTF-8"))
    }

    fn step(&mut self, op: Op) -> Result<(), ConvertError> {
        match op.code {
            code::PROTO | code::FRAME => Ok(()),
            code::MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            code::POP => self.pop().map(drop),
            code::POP_MARK | code::ADDITEMS => self.marked().map(drop),
            code::DUP => self.top().map(|top| self.stack.push(top)),
            code::PUT | code::BINPUT | code::LONG_BINPUT | code::MEMOIZE => self.remember(op),
            code::GET | code::BINGET | code::LONG_BINGET => self.recall(op),
            code::TUPLE | code::TUPLE1 | code::TUPLE2 | code::TUPLE3 | code::EMPTY_TUPLE => {
                self.tuple(op.code)
            }
            code::LIST | code::DICT | code::EMPTY_LIST | code::EMPTY_DICT => self.container(op.code),
            code::APPEND | code::APPENDS | code::SETITEM | code::SETITEMS => self.fill(op.code),
            code::GLOBAL | code::STACK_GLOBAL => self.global(op),
            code::BINPERSID => self.persistent(),
            code::REDUCE => self.reduce(),
            code::BUILD => self.build(),
            code::NEWOBJ | code::NEWOBJ_EX | code::OBJ | code::INST => self.instance(op),
            code::EXT1 | code::EXT2 | code::EXT4 | code::PERSID => {
                self.refused(code::name(op.code).unwrap_or("an extension"))
            }
            code::EMPTY_SET => self.push(Value::Plain("a set")),
            code::FROZENSET => {
                self.marked()?;
                self.push(Value::Plain("a set"))
            }
            _ => self.constant(op),
        }
    }

    fn constant(&mut self, op: Op) -> Result<(), ConvertError> {
        let value = match (op.code, op.argument) {
            (code::NONE, _) => Value::None,
            (code::NEWTRUE, _) => Value::Bool(true),
            (code::NEWFALSE, _) => Value::Bool(false),
            (code::BININT | code::BININT1 | code::BININT2, Argument::Int(value)) => Value::Int(value),
            (code::LONG1, Argument::Blob(region)) if region.len() <= 8 => self.long(region)?,
            (code::INT | code::LONG, Argument::Line(region)) => {
                let written = self.text(region)?;
                match (op.code, written.as_str()) {
                    (code::INT, "00") => Value::Bool(false),
                    (code::INT, "01") => Value::Bool(true),
                    (_, written) => {
                        written.trim_end_matches('L').parse().map_or(Value::Plain("an integer"), Value::Int)
                    }
                }
            }
            (code::LONG1 | code::LONG4, _) => Value::Plain("an integer"),
            (code::FLOAT | code::BINFLOAT, _) => Value::Plain("a number"),
            (
                code::BINUNICODE
                | code::SHORT_BINUNICODE
                | code::BINUNICODE8
                | code::BINSTRING
                | code::SHORT_BINSTRING,
                Argument::Blob(region),
            ) => match region.len() {
                0..=LONGEST_TEXT => Value::Text(self.text(region)?),
                _ => Value::Plain("a text"),
            },
            (code::BINBYTES | code::SHORT_BINBYTES | code::BINBYTES8 | code::BYTEARRAY8, _) => {
                Value::Plain("bytes")
            }
            (other, _) => {
                let name = code::name(other).unwrap_or("an unknown opcode");
                return Err(ConvertError::Malformed(format!(
                    "the pickle uses `{name}`, which no state dictionary needs"
                )));
            }
        };
        self.push(value)
    }

    /// Little-endian, in two's complement.
    fn long(&mut self, region: Region) -> Result<Value, ConvertError> {
        let bytes = read_up_to(self.source.as_ref(), region.start, 8.min(region.len() as usize))
            .map_err(|error| ConvertError::Malformed(error.to_string()))?;
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        Ok(Value::Int(i64::from_le_bytes(wide)))
    }

    fn key(&mut self, op: Op) -> Result<u64, ConvertError> {
        match op.argument {
            Argument::Int(key) => u64::try_from(key).ok(),
            Argument::Line(region) => self.text(region)?.trim().parse().ok(),
            _ => Some(self.memo.len() as u64),
        }
        .ok_or_else(|| malformed("a memo key is malformed"))
    }

    fn remember(&mut self, op: Op) -> Result<(), ConvertError> {
        let key = self.key(op)?;
        let top = self.top()?;
        if self.memo.len() >= MOST_VALUES {
            return Err(malformed("the pickle has more values than any state dictionary"));
        }
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, op: Op) -> Result<(), ConvertError> {
        let key = self.key(op)?;
        let id = self
            .memo
            .get(&key)
            .copied()
            .ok_or_else(|| malformed("the pickle recalls what it never stored"))?;
        if self.stack.len() >= MOST_VALUES {
            return Err(malformed("the pickle has more values than any state dictionary"));
        }
        self.stack.push(id);
        Ok(())
    }

    fn tuple(&mut self, opcode: u8) -> Result<(), ConvertError> {
        let count = match opcode {
            code::TUPLE => {
                let items = self.marked()?;
                return self.push(Value::Tuple(items));
            }
            code::TUPLE1 => 1,
            code::TUPLE2 => 2,
            code::TUPLE3 => 3,
            _ => 0,
        };
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items))
    }

    fn container(&mut self, opcode: u8) -> Result<(), ConvertError> {
        let value = match opcode {
            code::LIST => Value::List(self.marked()?),
            code::DICT => Value::Dict(pairs(&self.marked()?)),
            code::EMPTY_LIST => Value::List(Vec::new()),
            _ => Value::Dict(Vec::new()),
        };
        self.push(value)
    }

    fn fill(&mut self, opcode: u8) -> Result<(), ConvertError> {
        let items = match opcode {
            code::APPEND => vec![self.pop()?],
            code::SETITEM => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.marked()?,
        };
        let top = self.top()?;
        match (opcode, self.arena.get_mut(top as usize)) {
            (code::APPEND | code::APPENDS, Some(Value::List(list))) => list.extend(items),
            (code::SETITEM | code::SETITEMS, Some(Value::Dict(entries))) => entries.extend(pairs(&items)),
            (_, Some(Value::Refused)) => {}
            _ => return Err(malformed("the pickle fills something that is no plain container")),
        }
        Ok(())
    }

    fn global(&mut self, op: Op) -> Result<(), ConvertError> {
        let name = if let Argument::TwoLines(module, name) = op.argument {
            GlobalName { module: self.text(module)?, name: self.text(name)? }
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            let (Value::Text(module), Value::Text(name)) = (self.get(module), self.get(name)) else {
                return Err(malformed("the pickle imports something that is not named"));
            };
            GlobalName { module: module.clone(), name: name.clone() }
        };
        let Some(role) = role(&name) else {
            return self.refused(&name.to_string());
        };
        self.push(Value::Global(role))
    }

    fn refuse(&mut self, what: &str) {
        if self.refused.len() < 1000 {
            self.refused.insert(crate::draft::show(what));
        }
    }

    /// Notes what is not on the list, and goes on with a value that stands for it.
    fn refused(&mut self, what: &str) -> Result<(), ConvertError> {
        self.refuse(what);
        self.push(Value::Refused)
    }

    fn persistent(&mut self) -> Result<(), ConvertError> {
        let id = self.pop()?;
        let parts: Vec<Value> = match self.get(id) {
            Value::Tuple(parts) if parts.len() <= 8 => {
                parts.iter().map(|part| self.get(*part).clone()).collect()
            }
            _ => Vec::new(),
        };
        let storage = match parts.as_slice() {
            [
                Value::Text(kind),
                Value::Global(Role::Storage(dtype)),
                key,
                Value::Text(_),
                Value::Int(elements),
                rest @ ..,
            ] if kind == "storage" && matches!(rest, [] | [Value::None]) => {
                let key = match key {
                    Value::Text(key) => Some(key.clone()),
                    Value::Int(key) => Some(key.to_string()),
                    _ => None,
                };
                key.zip(u64::try_from(*elements).ok()).map(|(key, elements)| Storage {
                    key,
                    dtype: *dtype,
                    elements,
                })
            }
            _ => None,
        };
        let Some(storage) = storage else {
            return self.refused("a persistent id that is no storage");
        };
        self.push(Value::Storage(storage))
    }

    /// Nothing that a state dictionary needs is instantiated: what it would be has been noted when it was imported.
    fn instance(&mut self, op: Op) -> Result<(), ConvertError> {
        match op.code {
            code::OBJ | code::INST => drop(self.marked()?),
            code::NEWOBJ => drop((self.pop()?, self.pop()?)),
            _ => drop((self.pop()?, self.pop()?, self.pop()?)),
        }
        match op.argument {
            Argument::TwoLines(module, name) => {
                let name = GlobalName { module: self.text(module)?, name: self.text(name)? };
                self.refuse(&name.to_string());
            }
            _ if self.refused.is_empty() => self.refuse("an instance of a class"),
            _ => {}
        }
        self.push(Value::Refused)
    }

    fn reduce(&mut self) -> Result<(), ConvertError> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = self.get(arguments).clone() else {
            return Err(malformed("a call has no tuple of arguments"));
        };
        let result = match *self.get(callee) {
            Value::Global(role) => self.call(role, &arguments),
            Value::Refused => Some(Value::Refused),
            _ => None,
        };
        let noted = arguments.iter().any(|argument| matches!(self.get(*argument), Value::Refused));
        let Some(value) = result.or(noted.then_some(Value::Refused)) else {
            return self.refused("a call with arguments that PyTorch does not write");
        };
        self.push(value)
    }

    fn call(&self, role: Role, arguments: &[Id]) -> Option<Value> {
        match (role, arguments) {
            (Role::OrderedDict, []) => Some(Value::Dict(Vec::new())),
            (Role::OrderedDict, [items]) => self.ordered(*items),
            (Role::Size, [sizes]) => match self.get(*sizes) {
                Value::Tuple(sizes) | Value::List(sizes) => Some(Value::Tuple(sizes.clone())),
                _ => None,
            },
            (Role::Tensor, [storage, offset, shape, stride]) => {
                self.tensor(*storage, *offset, *shape, *stride, None)
            }
            (Role::TensorV2, [storage, offset, shape, stride, _, _, rest @ ..]) => {
                self.untouched(rest)?;
                self.tensor(*storage, *offset, *shape, *stride, None)
            }
            (Role::TensorV3, [storage, offset, shape, stride, _, _, dtype, rest @ ..]) => {
                self.untouched(rest)?;
                let Value::Global(Role::Dtype(dtype)) = self.get(*dtype) else { return None };
                self.tensor(*storage, *offset, *shape, *stride, Some(*dtype))
            }
            (Role::Parameter, [data, _, _]) | (Role::ParameterWithState, [data, _, _, _]) => {
                match self.get(*data) {
                    tensor @ Value::Tensor(_) => Some(tensor.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Metadata may say that the numbers are to be conjugated or negated: then they are not what is stored.
    fn untouched(&self, metadata: &[Id]) -> Option<()> {
        match metadata {
            [] => Some(()),
            [only] => match self.get(*only) {
                Value::None => Some(()),
                Value::Dict(entries)
                    if entries.iter().all(|(_, value)| matches!(self.get(*value), Value::Bool(false))) =>
                {
                    Some(())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The form of Python 2: a list of lists of two.
    fn ordered(&self, items: Id) -> Option<Value> {
        let Value::List(items) = self.get(items) else { return None };
        let pair = |item: &Id| match self.get(*item) {
            Value::List(pair) | Value::Tuple(pair) => match pair.as_slice() {
                [key, value] => Some((*key, *value)),
                _ => None,
            },
            _ => None,
        };
        items.iter().map(pair).collect::<Option<Vec<_>>>().map(Value::Dict)
    }

    fn tensor(&self, storage: Id, offset: Id, shape: Id, stride: Id, dtype: Option<Dtype>) -> Option<Value> {
        let Value::Storage(storage) = self.get(storage) else { return None };
        let Value::Int(offset) = self.get(offset) else { return None };
        let (shape, stride) = (self.sizes(shape)?, self.sizes(stride)?);
        (shape.len() == stride.len()).then_some(())?;
        let offset = u64::try_from(*offset).ok()?;
        let dtype = dtype.unwrap_or(storage.dtype);
        Some(Value::Tensor(Tensor { storage: storage.clone(), dtype, offset, shape, stride }))
    }

    fn sizes(&self, sizes: Id) -> Option<Vec<u64>> {
        let Value::Tuple(sizes) = self.get(sizes) else { return None };
        (sizes.len() <= MOST_DIMENSIONS).then_some(())?;
        let size = |id: &Id| match self.get(*id) {
            Value::Int(size) => u64::try_from(*size).ok(),
            _ => None,
        };
        sizes.iter().map(size).collect()
    }

    /// The state of an ordered dictionary is attributes such as `_metadata`: not part of its content.
    fn build(&mut self) -> Result<(), ConvertError> {
        self.pop()?;
        let top = self.top()?;
        match self.get(top) {
            Value::Dict(_) | Value::Refused => {}
            _ => self.refuse("state set on something that is no dictionary"),
        }
        Ok(())
    }
}

fn pairs(items: &[Id]) -> Vec<(Id, Id)> {
    items
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [key, value] => Some((*key, *value)),
            _ => None,
        })
        .collect()
}
