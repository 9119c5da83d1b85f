//! Abstract values as facts, and the log entry of a call.

use crate::pickle::decode::{Decoder, Op};
use crate::pickle::facts::{Call, CallOpcode, GlobalName, Shape};
use crate::pickle::log::{Log, Role, hash};
use crate::pickle::text::{self, Constant, Form};
use crate::pickle::value::{Tag, Value};

use super::Machine;

/// Bytes of a text that a shape shows.
const HEAD: usize = 256;
/// Bytes of an escaped text that are decoded to learn its length.
const LONGEST_DECODED: usize = 64 * 1024;
/// Values that one shape shows, nested ones included.
const MOST_VALUES: usize = 64;
/// Elements shown of one tuple.
const MOST_ELEMENTS: usize = 16;
/// Bytes of a text that is told apart by its content in every call.
const WORD: usize = 32;
/// Numbers above it are told apart from others: as a length they ask for memory.
const LARGE: i64 = 1 << 24;
/// Tuples within tuples.
const DEPTH: u8 = 4;

impl Machine<'_> {
    /// The value as a fact.
    pub(in crate::pickle) fn shape(&self, value: Value) -> Shape {
        self.bounded_shape(value, DEPTH, &mut MOST_VALUES.clone())
    }

    fn bounded_shape(&self, value: Value, depth: u8, left: &mut usize) -> Shape {
        *left = left.saturating_sub(1);
        match value.tag() {
            Tag::None => Shape::None,
            Tag::Bool => Shape::Bool(value == Value::TRUE),
            Tag::Int => value.as_int().map_or(Shape::Unknown, Shape::Int),
            Tag::Big => self.big(value.payload()),
            Tag::Float => Shape::Float,
            Tag::Text => self.text_shape(value.payload()),
            Tag::Bytes => self.bytes_shape(value.payload()),
            Tag::Tuple => match self.arena.elements(value) {
                Some((elements, _)) if depth > 0 => {
                    let mut shapes = Vec::new();
                    for element in elements.take(MOST_ELEMENTS) {
                        if *left == 0 {
                            break;
                        }
                        shapes.push(self.bounded_shape(element, depth.saturating_sub(1), left));
                    }
                    Shape::Tuple(shapes)
                }
                _ => Shape::Unknown,
            },
            Tag::Container => Shape::Container,
            Tag::Global => self.log.name(value).cloned().map_or(Shape::Unknown, Shape::Global),
            Tag::Instance => self.log.name(value).cloned().map_or(Shape::Unknown, Shape::Instance),
            Tag::Persistent => Shape::Persistent,
            Tag::Unknown | Tag::Empty => Shape::Unknown,
        }
    }

    /// An integer of more than 44 bits: shown if 64 bits hold it.
    fn big(&self, offset: u64) -> Shape {
        use crate::pickle::decode::Argument;
        let Ok(op) = Decoder::with_window(self.source.as_ref(), offset, 64).next() else {
            return Shape::Unknown;
        };
        match op.argument {
            Argument::Blob(region) if region.len() <= 8 => {
                Shape::Int(crate::pickle::number::little_endian(&self.content(region, 8)))
            }
            Argument::Line(region) => {
                let line = self.content(region, 32);
                let digits = std::str::from_utf8(&line).unwrap_or_default();
                let digits = digits.strip_suffix('L').unwrap_or(digits);
                crate::pickle::number::decimal(digits).map_or(Shape::Unknown, Shape::Int)
            }
            _ => Shape::Unknown,
        }
    }

    fn text_shape(&self, offset: u64) -> Shape {
        match text::constant(self.source.as_ref(), offset, HEAD) {
            Some(constant) => Shape::Text { head: constant.text(), len: self.text_length(offset, &constant) },
            None => Shape::Unknown,
        }
    }

    /// The length of the content itself, without the quotes and escapes around it; where it is too long to be decoded, the
    /// length as written.
    fn text_length(&self, offset: u64, constant: &Constant) -> u64 {
        if matches!(constant.form, Form::Utf8 | Form::Narrow | Form::Bytes) {
            return constant.region.len();
        }
        if constant.whole {
            return constant.bytes.len() as u64;
        }
        match text::constant(self.source.as_ref(), offset, LONGEST_DECODED) {
            Some(longer) if longer.whole => longer.bytes.len() as u64,
            _ => constant.region.len(),
        }
    }

    fn bytes_shape(&self, offset: u64) -> Shape {
        let op = Decoder::with_window(self.source.as_ref(), offset, 64).next();
        match op.ok().and_then(|op| text::place(&op)) {
            Some((_, region)) => Shape::Bytes { region },
            None => Shape::Unknown,
        }
    }

    /// Logs a call.
    pub(super) fn call(&mut self, op: &Op, by: CallOpcode, callee: Value, arguments: &[Value]) {
        Log::hand_on(&mut self.log.globals, arguments);
        if self.attributes {
            self.hand_attributes_on(by, arguments);
        }
        let by_content = by != CallOpcode::Build && self.log.tells_apart(callee);
        let signature = self.signature(arguments, by_content);
        let constant = arguments.iter().all(|argument| self.is_constant(*argument, DEPTH));
        if self.log.count_call(callee, by, signature, constant) {
            return;
        }
        let shapes: Vec<Shape> =
            arguments.iter().take(MOST_ELEMENTS).map(|value| self.shape(*value)).collect();
        if by != CallOpcode::Build && by != CallOpcode::SetItem {
            self.argument_literals(arguments);
        }
        let shape = self.shape(callee);
        if !matches!(callee.tag(), Tag::Global | Tag::Instance) {
            self.log.unresolved(op.offset, by.name(), format!("calls {}", describe(&shape)));
        }
        let call = Call {
            callee: shape,
            opcode: by,
            arguments: shapes,
            constant_arguments: constant,
            offset: op.offset,
            count: 1,
        };
        self.log.add_call(callee, signature, call);
    }

    /// Notes that a call receives what `getattr` gave: it may call it. A state may keep it, unless it is the whole state.
    fn hand_attributes_on(&mut self, by: CallOpcode, arguments: &[Value]) {
        let depth = match by {
            CallOpcode::Build => 0,
            CallOpcode::Append | CallOpcode::SetItem | CallOpcode::AddItems => return,
            _ => DEPTH,
        };
        for argument in arguments {
            if let Some(attribute) = self.attribute_in(*argument, depth) {
                self.log.note(attribute, |uses| uses.passed = true);
            }
        }
    }

    fn attribute_in(&self, value: Value, depth: u8) -> Option<Value> {
        match value.tag() {
            Tag::Instance => (self.log.role(value) == Role::Attribute).then_some(value),
            Tag::Tuple if depth > 0 => {
                let (mut elements, _) = self.arena.elements(value)?;
                elements.find_map(|element| self.attribute_in(element, depth.saturating_sub(1)))
            }
            _ => None,
        }
    }

    /// What makes two calls of one callee the same: kinds of arguments, imported objects among them, and, as long as there
    /// are few, the content of texts.
    fn signature(&self, arguments: &[Value], by_content: bool) -> u64 {
        let mut all = 0;
        for (index, argument) in arguments.iter().take(MOST_ELEMENTS).enumerate() {
            // The first argument is what the call is about; what follows says how, and must not hide among many calls.
            let by_content = by_content || index > 0 && self.is_word(*argument);
            all = hash((all, index, self.kind(*argument, by_content, 2)));
        }
        all
    }

    /// Whether a value is a short text.
    fn is_word(&self, value: Value) -> bool {
        value.tag() == Tag::Text
            && text::constant(self.source.as_ref(), value.payload(), WORD)
                .is_some_and(|constant| constant.region.len() <= WORD as u64)
    }

    fn kind(&self, value: Value, by_content: bool, depth: u8) -> u64 {
        match value.tag() {
            Tag::Global | Tag::Instance => hash((value.tag() as u8, value.global_index())),
            Tag::Int => hash((Tag::Int as u8, value.as_int().is_some_and(|number| number > LARGE))),
            Tag::Text if by_content => {
                let constant = text::constant(self.source.as_ref(), value.payload(), HEAD);
                hash(constant.map(|constant| (constant.region.len(), constant.bytes)))
            }
            Tag::Tuple if depth > 0 => match self.arena.elements(value) {
                Some((elements, _)) => {
                    elements.take(MOST_ELEMENTS).fold(Tag::Tuple as u64, |all, element| {
                        hash((all, self.kind(element, by_content, depth.saturating_sub(1))))
                    })
                }
                None => Tag::Unknown as u64,
            },
            tag => tag as u64,
        }
    }

    /// Whether a value is a constant of the stream.
    fn is_constant(&self, value: Value, depth: u8) -> bool {
        match value.tag() {
            Tag::None
            | Tag::Bool
            | Tag::Int
            | Tag::Big
            | Tag::Float
            | Tag::Text
            | Tag::Bytes
            | Tag::Global => true,
            Tag::Tuple if depth > 0 => self.arena.elements(value).is_some_and(|(mut elements, whole)| {
                whole && elements.all(|element| self.is_constant(element, depth.saturating_sub(1)))
            }),
            _ => false,
        }
    }

    /// Texts that a callee receives are worth looking at.
    fn argument_literals(&mut self, arguments: &[Value]) {
        for argument in arguments.iter().take(MOST_ELEMENTS) {
            if argument.tag() == Tag::Text {
                self.finds.argument(self.source, argument.payload());
            }
        }
    }
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Persistent => "the object behind a persistent id".to_owned(),
        Shape::Unknown => "an object that cannot be followed".to_owned(),
        Shape::Text { head, .. } => format!("the text `{head}`"),
        Shape::Tuple(_) | Shape::Container => "a container".to_owned(),
        Shape::Global(GlobalName { module, name }) | Shape::Instance(GlobalName { module, name }) => {
            format!("`{module}.{name}`")
        }
        _ => "a constant".to_owned(),
    }
}
