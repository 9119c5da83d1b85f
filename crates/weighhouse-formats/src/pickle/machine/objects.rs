//! Imports, calls, state and items: everything by which a stream makes the loader execute something.

use crate::node::{Fault, GapReason};
use crate::pickle::decode::{Argument, Break, Op};
use crate::pickle::facts::CallOpcode;
use crate::pickle::joblib::{Arrays, Block};
use crate::pickle::log::{Log, Role};
use crate::pickle::opcode;
use crate::pickle::text;
use crate::pickle::value::{Kind, Tag, Value};
use crate::region::Region;
use crate::source::read_up_to;

use super::{Halt, Machine};

/// Longest name of a module or object that is followed.
const LONGEST_NAME: usize = 4096;
/// Items of one `SETITEMS` that are followed for a tracked dictionary.
const MOST_FOLLOWED: usize = 64;

impl Machine<'_> {
    pub(super) fn global(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::TwoLines(module, name) = op.argument else { return Ok(()) };
        let value = self.import_lines(op, module, name)?;
        self.push(value)
    }

    fn import_lines(&mut self, op: &Op, module: Region, name: Region) -> Result<Value, Halt> {
        let title = opcode::name(op.code).unwrap_or_default();
        if module.is_empty() {
            return Err(Halt::Broken(format!("`{title}` without a module")));
        }
        if module.len() > LONGEST_NAME as u64 || name.len() > LONGEST_NAME as u64 {
            self.log.unresolved(op.offset, title, "a name longer than any real one".to_owned());
            return Ok(Value::UNKNOWN);
        }
        let module = String::from_utf8(self.content(module, LONGEST_NAME).into_owned());
        let name = String::from_utf8(self.content(name, LONGEST_NAME).into_owned());
        let (Ok(module), Ok(name)) = (module, name) else {
            return Err(Halt::Broken(format!("`{title}` with a name that is not UTF-8")));
        };
        let nameless = name.is_empty();
        let value = self.import(module, name, op.offset);
        // The Python loader imports the module before it looks for the name; the C loader refuses.
        if nameless { Err(Halt::Broken(format!("`{title}` without a name"))) } else { Ok(value) }
    }

    fn import(&mut self, module: String, name: String, offset: u64) -> Value {
        let value = self.log.import(module, name, self.state.protocol(), offset);
        let role = self.log.role(value);
        self.tracker.active |= role == Role::ArrayWrapper;
        self.writing |= role == Role::WritesFile;
        value
    }

    /// The Python loader accepts a last line without line feed, cuts its last character and imports: an import that the
    /// C loader does not make.
    pub(super) fn import_at_the_end(&mut self, broken: &Break, at: u64) {
        if !matches!(broken, Break::Truncated) {
            return;
        }
        let rest = read_up_to(self.source.as_ref(), at, 2 * LONGEST_NAME).unwrap_or_default();
        let [opcode::GLOBAL | opcode::INST, lines @ ..] = rest.as_slice() else { return };
        let [lines @ .., _] = lines else { return };
        let Ok(lines) = std::str::from_utf8(lines) else { return };
        // Where the first line is the last, the name is empty, and the module is imported all the same.
        let (module, name) = lines.split_once('\n').unwrap_or((lines, ""));
        if !name.contains('\n') && !module.is_empty() {
            self.import(module.to_owned(), name.to_owned(), at);
        }
    }

    pub(super) fn stack_global(&mut self, op: &Op) -> Result<(), Halt> {
        let name = self.state.stack.pop()?;
        let module = self.state.stack.pop()?;
        let value = match (module.tag(), name.tag()) {
            (Tag::Text, Tag::Text) => self.import_constants(op, module, name),
            (Tag::Text | Tag::Unknown | Tag::Instance | Tag::Persistent, _)
                if matches!(name.tag(), Tag::Text | Tag::Unknown | Tag::Instance | Tag::Persistent) =>
            {
                let detail = format!("module {:?}, name {:?}", self.shape(module), self.shape(name));
                self.log.unresolved(op.offset, "STACK_GLOBAL", detail);
                Value::UNKNOWN
            }
            _ => {
                self.log.unresolved(op.offset, "STACK_GLOBAL", "the operands are no texts".to_owned());
                return Err(Halt::Broken("`STACK_GLOBAL` without two texts".to_owned()));
            }
        };
        self.push(value)
    }

    fn import_constants(&mut self, op: &Op, module: Value, name: Value) -> Value {
        let operands = (module.word(), name.word());
        if let Some(known) = self.log.import_again(operands) {
            return known;
        }
        let read = |value: Value| {
            text::constant(self.source.as_ref(), value.payload(), LONGEST_NAME)
                .filter(|constant| constant.whole)
                .map(|constant| constant.text())
        };
        let (Some(module), Some(name)) = (read(module), read(name)) else {
            self.log.unresolved(op.offset, "STACK_GLOBAL", "a name longer than any real one".to_owned());
            return Value::UNKNOWN;
        };
        let value = self.import(module, name, op.offset);
        self.log.remember(operands, value);
        value
    }

    pub(super) fn reduce(&mut self, op: &Op) -> Result<(), Halt> {
        let arguments = self.state.stack.pop()?;
        let callee = self.state.stack.pop()?;
        let list = self.arguments_of(arguments);
        let result = self.result_of(callee, &list);
        self.log.note(callee, |uses| uses.called = true);
        self.call(op, CallOpcode::Reduce, callee, &list);
        if self.log.role(callee) == Role::Encode
            && let Some(text) = list.first().filter(|first| first.tag() == Tag::Text)
        {
            self.finds.encoded(self.source, text.payload());
        }
        self.unpickle(op, CallOpcode::Reduce, callee, &list);
        self.look_at_tensor(op, callee, &list);
        self.scratch = list;
        self.push(result)
    }

    /// The elements of an argument tuple, or the thing itself where it is none.
    fn arguments_of(&mut self, arguments: Value) -> Vec<Value> {
        let mut list = std::mem::take(&mut self.scratch);
        list.clear();
        match self.arena.elements(arguments) {
            Some((elements, whole)) => {
                list.extend(elements);
                if !whole {
                    list.push(Value::UNKNOWN);
                }
            }
            None => list.push(arguments),
        }
        list
    }

    fn result_of(&mut self, callee: Value, arguments: &[Value]) -> Value {
        let made = match self.log.role(callee) {
            Role::Dtype if callee.tag() == Tag::Global => {
                let track = self.tracker.new_dtype(self.source.as_ref(), arguments);
                return Value::instance(callee.global_index().unwrap_or(0), track);
            }
            Role::Attribute if callee.tag() == Tag::Global => {
                if let Some(attribute) = self.attribute_of(arguments) {
                    return attribute;
                }
                self.attributes = true;
                callee
            }
            Role::TypeByName if callee.tag() == Tag::Global => {
                if let Some(named) = self.type_by_name(arguments) {
                    return named;
                }
                callee
            }
            // A shape is the tuple it is made of.
            Role::Size if matches!(arguments, [only] if only.tag() == Tag::Tuple) => {
                return arguments.first().copied().unwrap_or(Value::UNKNOWN);
            }
            Role::Encode if callee.tag() == Tag::Global => {
                let track = self.remember_encoded(arguments);
                return Value::instance(callee.global_index().unwrap_or(0), track);
            }
            Role::Reconstructor => match arguments.first() {
                Some(class) if class.tag() == Tag::Global => {
                    self.log.note(*class, |uses| uses.constructed = true);
                    *class
                }
                _ => callee,
            },
            _ => callee,
        };
        self.instance_of(made, arguments)
    }

    /// The attribute of an import under a constant name: imported, as if a dotted name had said so.
    fn attribute_of(&mut self, arguments: &[Value]) -> Option<Value> {
        let [object, attribute] = arguments else { return None };
        if object.tag() != Tag::Global || attribute.tag() != Tag::Text {
            return None;
        }
        let attribute = text::constant(self.source.as_ref(), attribute.payload(), LONGEST_NAME)?;
        let name = self.log.name(*object).cloned()?;
        (attribute.whole && name.name.len() < LONGEST_NAME)
            .then(|| self.import(name.module, format!("{}.{}", name.name, attribute.text()), self.at))
    }

    /// The built-in type of a constant name: imported, as if the stream had named it. A name that no built-in type has is judged as
    /// what it is, too.
    fn type_by_name(&mut self, arguments: &[Value]) -> Option<Value> {
        let [name] = arguments else { return None };
        if name.tag() != Tag::Text {
            return None;
        }
        let name = text::constant(self.source.as_ref(), name.payload(), LONGEST_NAME)?;
        let module = if name.bytes == b"NoneType" { "types" } else { "builtins" };
        name.whole.then(|| self.import(module.to_owned(), name.text(), self.at))
    }

    pub(super) fn new_object(&mut self, op: &Op, with_keywords: bool) -> Result<(), Halt> {
        let keywords = if with_keywords { Some(self.state.stack.pop()?) } else { None };
        let arguments = self.state.stack.pop()?;
        let class = self.state.stack.pop()?;
        let mut list = self.arguments_of(arguments);
        list.extend(keywords);
        self.log.note(class, |uses| uses.constructed = true);
        let opcode = if with_keywords { CallOpcode::NewObjEx } else { CallOpcode::NewObj };
        self.call(op, opcode, class, &list);
        let made = self.instance_of(class, &list);
        self.scratch = list;
        self.push(made)
    }

    pub(super) fn inst(&mut self, op: &Op) -> Result<(), Halt> {
        let Argument::TwoLines(module, name) = op.argument else { return Ok(()) };
        // The Python loader imports first and looks for the mark then; the C loader the other way round.
        let class = self.import_lines(op, module, name)?;
        let position = self.state.stack.marker()?;
        let list = self.state.stack.from(position).to_vec();
        self.state.stack.truncate(position);
        self.instantiate(op, CallOpcode::Inst, class, &list)
    }

    pub(super) fn obj(&mut self, op: &Op) -> Result<(), Halt> {
        let position = self.state.stack.marker()?;
        let (class, list) = match self.state.stack.from(position) {
            [class, arguments @ ..] => (*class, arguments.to_vec()),
            [] if self.state.stack.lenient => (Value::UNKNOWN, Vec::new()),
            [] => return Err(Halt::Broken("`OBJ` without a class".to_owned())),
        };
        self.state.stack.truncate(position);
        self.instantiate(op, CallOpcode::Obj, class, &list)
    }

    fn instantiate(&mut self, op: &Op, by: CallOpcode, class: Value, list: &[Value]) -> Result<(), Halt> {
        let result = self.result_of(class, list);
        self.log.note(class, |uses| uses.called = true);
        self.call(op, by, class, list);
        self.unpickle(op, by, class, list);
        self.look_at_tensor(op, class, list);
        self.push(result)
    }

    pub(super) fn build(&mut self, op: &Op) -> Result<(), Halt> {
        self.state.stack.position_of(2)?;
        let state = self.state.stack.pop()?;
        let target = self.state.stack.top()?;
        match target.tag() {
            Tag::Global => self.log.note(target, |uses| uses.patched = true),
            Tag::Instance => {
                self.log.note(target, |uses| uses.built = true);
                self.tracker.dtype_state(target.track(), self.arena.list(state).as_deref());
            }
            Tag::Persistent | Tag::Unknown => {}
            // A loader raises for anything else, and nothing is executed.
            _ => return Ok(()),
        }
        self.call(op, CallOpcode::Build, target, &[state]);
        if target.tag() == Tag::Instance && self.log.role(target) == Role::ArrayWrapper {
            self.array_block(op, state);
        }
        Ok(())
    }

    /// After joblib's wrapper comes the array itself, outside of any opcode.
    fn array_block(&mut self, op: &Op, state: Value) {
        let position = self.decoder.position();
        let rest = Region::new(position, self.decoder.end());
        if self.outer.is_some() || self.arrays == Arrays::Opcodes {
            // Inside a nested stream the plain loader is at work, which knows no arrays.
            return;
        }
        let track = state.as_container().map_or(0, |(_, track)| track);
        let block = if self.inside_frame() {
            self.fault(Fault::Unusual, Region::new(op.offset, position), "an inline array inside a frame");
            None
        } else {
            self.tracker.block(self.source.as_ref(), &self.arena, track, position, self.arrays)
        };
        match block {
            Some(Block::Raw(raw)) => {
                self.decoder.seek(raw.region.end);
                if self.arrays == Arrays::Padded {
                    self.raw_block(raw);
                }
                self.state.stack.replace(
                    self.tracker.subclass(track).map_or(Value::UNKNOWN, |index| Value::instance(index, 0)),
                );
            }
            Some(Block::Nested) => {
                self.state.stack.replace(Value::UNKNOWN);
                self.nest();
            }
            None => {
                self.gap(GapReason::Damaged, rest, "the size of an inline array cannot be determined");
            }
        }
    }

    pub(super) fn append(&mut self, op: &Op, position: usize) -> Result<(), Halt> {
        let target = self.state.stack.below(position)?;
        self.collect_keys(position);
        self.fill(op, CallOpcode::Append, target, position);
        Ok(())
    }

    pub(super) fn add_items(&mut self, op: &Op, position: usize) -> Result<(), Halt> {
        let target = self.state.stack.below(position)?;
        self.fill(op, CallOpcode::AddItems, target, position);
        Ok(())
    }

    pub(super) fn set_items(&mut self, op: &Op, position: usize) -> Result<(), Halt> {
        let target = self.state.stack.below(position)?;
        let count = self.state.stack.len().saturating_sub(position);
        if !count.is_multiple_of(2) && !self.state.stack.lenient {
            return Err(Halt::Broken("an odd number of items for a dictionary".to_owned()));
        }
        self.look_at_keys(position);
        if let Some((Kind::Dict, track)) = target.as_container() {
            self.follow_items(track, position);
        }
        self.fill(op, CallOpcode::SetItem, target, position);
        Ok(())
    }

    /// Puts the values from `position` on into `target`: a call of its methods unless it is a built-in container.
    fn fill(&mut self, op: &Op, by: CallOpcode, target: Value, position: usize) {
        self.look_at_pairs(position);
        let items = self.state.stack.from(position);
        if items.is_empty() {
            return;
        }
        if target.tag() == Tag::Container {
            self.put_in(target, position);
            let items = self.state.stack.from(position);
            Log::hand_on(&mut self.log.globals, items);
        } else {
            let first: Vec<Value> = items.iter().take(8).copied().collect();
            Log::hand_on(&mut self.log.globals, items);
            if target.is_holder() {
                self.put_in(target, position);
            }
            match target.tag() {
                Tag::Global => self.log.note(target, |uses| uses.patched = true),
                Tag::Instance if by == CallOpcode::SetItem => {
                    self.log.note(target, |uses| uses.filled = true);
                }
                Tag::Instance => self.log.note(target, |uses| uses.appended = true),
                _ => {}
            }
            if matches!(target.tag(), Tag::Global | Tag::Instance | Tag::Persistent | Tag::Unknown) {
                self.call(op, by, target, &first);
            }
        }
        self.state.stack.truncate(position);
    }

    /// Remembers the items of a dictionary that may describe an inline array.
    pub(super) fn follow_items(&mut self, track: u64, position: usize) {
        if !self.tracker.active {
            return;
        }
        for pair in self.state.stack.from(position).chunks_exact(2).take(MOST_FOLLOWED) {
            if let [key, value] = pair
                && key.tag() == Tag::Text
            {
                self.tracker.set(self.source.as_ref(), track, *key, *value);
            }
        }
    }

    pub(super) fn persistent(&mut self, op: &Op, id: Value) -> Result<(), Halt> {
        Log::hand_on(&mut self.log.globals, &[id]);
        let shape = self.shape(id);
        let number = self.log.persistent(op.offset, shape);
        let class = self.class_behind(id);
        self.push(class.unwrap_or_else(|| Value::persistent(number)))
    }

    /// The class that the legacy PyTorch form wraps in a persistent id, with the source text it had: its loader unwraps it.
    fn class_behind(&self, id: Value) -> Option<Value> {
        let (mut elements, _) = self.arena.elements(id)?;
        let (kind, class) = (elements.next()?, elements.next()?);
        let is_class = class.tag() == Tag::Global && kind.tag() == Tag::Text;
        let kind = text::constant(self.source.as_ref(), kind.payload(), 16).filter(|_| is_class)?;
        (kind.whole && kind.text() == "module").then_some(class)
    }
}
