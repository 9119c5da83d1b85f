//! The walk over objects: a stack of what is still to be read, in the order in which it stands in the file.

use std::collections::HashMap;
use std::rc::Rc;

use super::encoding::{Encoding, Input};
use super::items::{Flags, kind};
use super::natives::{Native, is_native};
use super::{DEEPEST, MOST_REFERENCES, RComputed, RFacts, RName, RPlace, RRole, header};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::draft::Draft;
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::{self, NOTABLE, Texts};

/// Longest name that is kept.
const LONGEST_NAME: usize = 128;

/// A namespace is loaded once; a file names a few.
const MOST_NAMESPACES: usize = 1_000;

/// What tells names apart: itself, what it is an argument of, what it is there for, where it stands.
type Key = (Rc<str>, Option<Rc<str>>, RRole, RPlace);

/// A call that is an argument of another one, while it is read.
struct Inner {
    callee: Rc<str>,
    by: Option<Rc<str>>,
    /// Whether something in it is looked up, so that its result is not known.
    variable: bool,
    at: u64,
}

enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed(u64, String),
    Bomb(u64),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// What an object is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Data,
    /// The variables of an `.RData` file.
    Workspace,
    /// Variables of an environment, in a list or in a table of lists.
    Frame,
    Table,
    /// The value of a variable in an environment.
    Value,
    /// The function of an active binding.
    Active,
}

/// Where an object stands.
#[derive(Debug, Clone)]
pub(super) struct Context {
    part: Part,
    pub(super) code: Option<RPlace>,
    /// The function whose argument it is.
    pub(super) callee: Option<Rc<str>>,
}

impl Context {
    fn of(part: Part) -> Self {
        Self { part, code: None, callee: None }
    }

    fn code(place: RPlace) -> Self {
        Self { part: Part::Data, code: Some(place), callee: None }
    }
}

/// What is still to be read.
pub(super) enum Task {
    Item(Context),
    /// Tag, value and rest of a pair whose attributes are read.
    Pair(Flags, Context),
    /// The rest of a list.
    Tail(Context),
    /// What a call calls, and its arguments.
    Call(Context),
    Arguments(Context),
    /// The end of a call that is an argument.
    CallEnd(RPlace),
    /// The end of the arguments of a call of native code.
    NativeEnd,
    /// The code of a promise; whether it was never evaluated.
    PromiseCode(Context, bool),
    Elements(u64, Context),
    /// Byte code, its number of constants, the constants, and calls among them.
    Code(Context),
    ConstantCount(Context),
    Constants(u64, Context),
    CodeHead(Context),
    CodePart(Context),
    /// The name of an argument in a call among them.
    CodeTag(Context),
}

pub(super) struct Reader<'a> {
    source: &'a SharedSource,
    pub(super) budget: &'a Budget,
    input: Input<'a>,
    pub(super) draft: Draft,
    pub(super) facts: RFacts,
    texts: Texts,
    pub(super) tasks: Vec<Task>,
    references: Vec<Option<Rc<str>>>,
    names: HashMap<Key, usize>,
    inner: Vec<Inner>,
    pub(super) natives: Vec<Native>,
    steps: u64,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut reader = Reader {
        source,
        budget,
        input: Input { cursor: Cursor::new(source.as_ref(), 0), encoding: Encoding::Xdr },
        draft: Draft::new(Format::Rds, Facts::R(Box::default())),
        facts: RFacts::default(),
        texts: Texts::default(),
        tasks: Vec::new(),
        references: Vec::new(),
        names: HashMap::new(),
        inner: Vec::new(),
        natives: Vec::new(),
        steps: 0,
    };
    let ended = reader.file();
    reader.finish(ended)
}

impl Reader<'_> {
    fn file(&mut self) -> Result<(), Stop> {
        let Some(header) = header::read(&mut self.input)? else {
            return Err(Stop::Malformed(0, "the encoding is not known".to_owned()));
        };
        self.facts.version = header.version;
        self.facts.writer = header.writer;
        if !matches!(header.version, 2 | 3) {
            return Err(Stop::Malformed(2, format!("version {} of the format is not known", header.version)));
        }
        let part = if header.workspace { Part::Workspace } else { Part::Data };
        self.tasks.push(Task::Item(Context::of(part)));
        while let Some(task) = self.tasks.pop() {
            self.steps = self.steps.saturating_add(1);
            if self.steps.is_multiple_of(1_024) {
                self.budget.steps(1_024).map_err(Stop::Limit)?;
            }
            if self.tasks.len() > DEEPEST {
                return Err(Stop::Bomb(self.input.cursor.position()));
            }
            self.task(task)?;
        }
        Ok(())
    }

    fn task(&mut self, task: Task) -> Result<(), Stop> {
        match task {
            Task::Item(context) => self.item(context),
            Task::Pair(flags, context) => self.pair(flags, context),
            Task::Tail(context) => self.item(context),
            Task::Call(context) => self.call(&context),
            Task::Arguments(context) => self.arguments(context),
            Task::CallEnd(place) => {
                self.call_end(place);
                Ok(())
            }
            Task::NativeEnd => {
                self.native_end();
                Ok(())
            }
            Task::PromiseCode(context, open) => self.promise_code(context, open),
            Task::Elements(left, context) => {
                if left > 0 {
                    self.tasks.push(Task::Elements(left.saturating_sub(1), context.clone()));
                    self.item(context)?;
                }
                Ok(())
            }
            Task::Code(context) => {
                self.tasks.push(Task::ConstantCount(context));
                self.item(Context::of(Part::Data))
            }
            Task::ConstantCount(context) => {
                let count = self.length()?;
                self.tasks.push(Task::Constants(count, context));
                Ok(())
            }
            Task::Constants(left, context) => {
                if left > 0 {
                    self.tasks.push(Task::Constants(left.saturating_sub(1), context.clone()));
                    self.code_part(context, false)?;
                }
                Ok(())
            }
            Task::CodeHead(context) => self.code_part(context, true),
            Task::CodePart(context) => self.code_part(context, false),
            Task::CodeTag(context) => {
                let at = self.input.cursor.position();
                match self.try_symbol()? {
                    Some(tag) => self.tag(&tag, &context, at),
                    None => self.item(Context::of(Part::Data))?,
                }
                Ok(())
            }
        }
    }

    fn flags(&mut self) -> Result<Flags, Stop> {
        Ok(Flags::of(self.input.int()?))
    }

    /// The flags of the next object, which is not passed over.
    fn ahead(&mut self) -> Result<Flags, Stop> {
        let at = self.input.cursor.position();
        let flags = self.flags();
        self.input.cursor.seek(at);
        flags
    }

    /// One object.
    fn item(&mut self, context: Context) -> Result<(), Stop> {
        let at = self.input.cursor.position();
        let flags = self.flags()?;
        match flags.kind {
            kind::SYMBOL => {
                let name = self.symbol()?;
                self.variable(&name, &context, at);
            }
            kind::REFERENCE => {
                if let Some(name) = self.reference(flags)? {
                    self.variable(&name, &context, at);
                }
            }
            kind::LIST | kind::CLOSURE | kind::PROMISE | kind::LANGUAGE | kind::DOTS => {
                self.tasks.push(Task::Pair(flags, context));
                if flags.attributes {
                    self.tasks.push(Task::Item(Context::of(Part::Data)));
                }
            }
            kind::ENVIRONMENT => {
                self.input.int()?;
                self.remember(None);
                for part in [Part::Data, Part::Table, Part::Frame, Part::Data] {
                    self.tasks.push(Task::Item(Context::of(part)));
                }
            }
            kind::PERSISTENT | kind::PACKAGE | kind::NAMESPACE => self.named_environment(flags.kind)?,
            kind::COMPACT => self.compact(at)?,
            kind::CHARACTERS => {
                if flags.attributes {
                    self.tasks.push(Task::Item(Context::of(Part::Data)));
                }
                self.characters(&context, at)?;
            }
            _ => self.vector(flags, context, at)?,
        }
        Ok(())
    }

    /// Everything that is no pair: its data, then its attributes.
    fn vector(&mut self, flags: Flags, context: Context, at: u64) -> Result<(), Stop> {
        if flags.attributes {
            self.tasks.push(Task::Item(Context::of(Part::Data)));
        }
        match flags.kind {
            kind::LOGICAL | kind::INTEGER => {
                let count = self.length()?;
                self.input.numbers(count, 4, 1)?;
            }
            kind::REAL => {
                let count = self.length()?;
                self.input.numbers(count, 8, 1)?;
            }
            kind::COMPLEX => {
                let count = self.length()?;
                self.input.numbers(count, 16, 2)?;
            }
            kind::STRING => self.strings(&context)?,
            kind::VECTOR | kind::EXPRESSION => {
                let count = self.length()?;
                let part = if context.part == Part::Table { Part::Frame } else { Part::Data };
                self.tasks.push(Task::Elements(count, Context { part, callee: None, ..context }));
            }
            kind::RAW => self.raw()?,
            kind::SPECIAL | kind::BUILTIN => {
                let len = self.length()?;
                let (_, name) = self.input.string(len, LONGEST_NAME)?;
                self.name(&String::from_utf8_lossy(&name), &context, RRole::Called, at);
            }
            kind::BYTECODE => {
                self.input.int()?;
                self.tasks.push(Task::Code(context));
            }
            kind::POINTER => {
                self.remember(None);
                self.tasks.push(Task::Item(Context::of(Part::Data)));
                self.tasks.push(Task::Item(Context::of(Part::Data)));
            }
            kind::WEAK_REFERENCE => self.remember(None),
            // Nothing, the known environments, a missing argument, an object that is all attributes.
            kind::NIL | kind::S4 | 241 | 242 | 250..=254 => {}
            other => return Err(Stop::Malformed(at, format!("an object has the unknown kind {other}"))),
        }
        Ok(())
    }

    /// A count; from two to the power of 31 on in two halves.
    fn length(&mut self) -> Result<u64, Stop> {
        let at = self.input.cursor.position();
        let first = self.input.int()?;
        if first >= 0 {
            return Ok(first.unsigned_abs().into());
        }
        if first < -1 {
            return Err(Stop::Malformed(at, format!("a length is {first}")));
        }
        let (high, low) = (self.input.int()?, self.input.int()?);
        Ok((u64::from(high.cast_unsigned()) << 32) | u64::from(low.cast_unsigned()))
    }

    fn remember(&mut self, name: Option<Rc<str>>) {
        if self.references.len() < MOST_REFERENCES {
            self.references.push(name);
        } else {
            self.draft.too_many();
        }
    }

    /// The name of a symbol that is new.
    fn symbol(&mut self) -> Result<Rc<str>, Stop> {
        let at = self.input.cursor.position();
        if self.flags()?.kind != kind::CHARACTERS {
            return Err(Stop::Malformed(at, "the name of a symbol is no text".to_owned()));
        }
        let name: Rc<str> = self.characters(&Context::of(Part::Data), at)?.into();
        self.remember(Some(Rc::clone(&name)));
        Ok(name)
    }

    /// What an earlier object was: the name, if it was a symbol.
    fn reference(&mut self, flags: Flags) -> Result<Option<Rc<str>>, Stop> {
        let at = self.input.cursor.position();
        let index = if flags.index > 0 { flags.index } else { self.input.int()?.cast_unsigned() };
        let place = usize::try_from(index).unwrap_or(usize::MAX).wrapping_sub(1);
        match self.references.get(place) {
            Some(name) => Ok(name.clone()),
            None if self.references.len() >= MOST_REFERENCES => Ok(None),
            None => Err(Stop::Malformed(at, format!("there is no object {index} to refer to"))),
        }
    }

    /// A symbol, wherever it stands; nothing, and nothing read, if what follows is none.
    fn try_symbol(&mut self) -> Result<Option<Rc<str>>, Stop> {
        let at = self.input.cursor.position();
        let flags = self.flags()?;
        let name = match flags.kind {
            kind::SYMBOL => Some(self.symbol()?),
            kind::REFERENCE => self.reference(flags)?,
            _ => None,
        };
        if name.is_none() {
            self.input.cursor.seek(at);
        }
        Ok(name)
    }

    /// The bytes of a text behind its flags.
    fn characters(&mut self, context: &Context, at: u64) -> Result<String, Stop> {
        let len = self.input.int()?;
        let Ok(len) = u64::try_from(len) else { return Ok("NA".to_owned()) };
        let (region, head) = self.input.string(len, values::HEAD)?;
        if region.len() >= NOTABLE {
            self.texts.look("text", &head, region, self.source, &mut self.draft);
        }
        let text = String::from_utf8_lossy(&head);
        let name = crate::draft::head(&text, LONGEST_NAME).to_owned();
        self.native_text(&name, context, at);
        self.name(&name, context, RRole::Text, at);
        Ok(name)
    }

    fn strings(&mut self, context: &Context) -> Result<(), Stop> {
        let count = self.length()?;
        for _ in 0..count {
            self.steps = self.steps.saturating_add(1);
            if self.steps.is_multiple_of(1_024) {
                self.budget.steps(1_024).map_err(Stop::Limit)?;
            }
            let at = self.input.cursor.position();
            if self.flags()?.kind != kind::CHARACTERS {
                return Err(Stop::Malformed(at, "an element of a text vector is no text".to_owned()));
            }
            self.characters(context, at)?;
        }
        Ok(())
    }

    fn raw(&mut self) -> Result<(), Stop> {
        let len = self.length()?;
        if self.input.encoding == Encoding::Text {
            return Ok(self.input.numbers(len, 1, 1)?);
        }
        let region = self.input.cursor.skip(len)?;
        if len >= 4 {
            self.texts.numbers("raw", region, self.source, &mut self.draft);
        }
        Ok(())
    }

    /// A package or namespace by name, or an object that the reader's caller has to find.
    fn named_environment(&mut self, kind: u8) -> Result<(), Stop> {
        self.input.int()?;
        let count = self.length()?;
        for index in 0..count {
            let at = self.input.cursor.position();
            if self.flags()?.kind != kind::CHARACTERS {
                return Err(Stop::Malformed(at, "the name of an environment is no text".to_owned()));
            }
            let name = self.characters(&Context::of(Part::Data), at)?;
            let new = index == 0 && kind == kind::NAMESPACE && !self.facts.namespaces.contains(&name);
            if new && self.facts.namespaces.len() < MOST_NAMESPACES {
                self.facts.namespaces.push(name);
            }
        }
        if kind == kind::PERSISTENT {
            self.facts.persistent = self.facts.persistent.saturating_add(1);
        }
        self.remember(None);
        Ok(())
    }

    /// A compact vector: class and package as a list, its state, its attributes.
    fn compact(&mut self, at: u64) -> Result<(), Stop> {
        let mut names = Vec::new();
        for _ in 0..2 {
            self.flags()?;
            names.push(self.try_symbol()?.unwrap_or_else(|| Rc::from("?")));
        }
        if self.facts.compact.len() < self.budget.limits().facts {
            let name = format!("{}::{}", names.pop().unwrap_or_default(), names.pop().unwrap_or_default());
            self.facts.compact.push((name, Region::new(at, self.input.cursor.position())));
        }
        self.tasks.push(Task::Item(Context::of(Part::Data)));
        self.tasks.push(Task::Item(Context::of(Part::Data)));
        self.tasks.push(Task::Tail(Context::of(Part::Data)));
        Ok(())
    }

    /// Tag, value and rest of a pair; what they mean depends on the kind.
    fn pair(&mut self, flags: Flags, context: Context) -> Result<(), Stop> {
        match flags.kind {
            kind::LIST | kind::DOTS => self.list(flags, context),
            kind::CLOSURE => {
                let place = match (context.part, context.code) {
                    (Part::Active, _) => RPlace::ActiveBinding,
                    (_, Some(code @ (RPlace::Promise | RPlace::ActiveBinding))) => code,
                    _ => RPlace::Function,
                };
                self.tasks.push(Task::Item(Context::code(place)));
                self.tasks.push(Task::Item(Context::code(place)));
                self.environment(flags);
                Ok(())
            }
            kind::PROMISE => {
                let part = context.part;
                let place = if part == Part::Value { RPlace::Argument } else { RPlace::Promise };
                let inner = context.code.filter(|code| *code != RPlace::Data);
                let code = Context::code(inner.unwrap_or(place));
                // The value comes behind the environment, which may be long: whether it is bound is known then.
                self.tasks.push(Task::PromiseCode(code, true));
                self.environment(flags);
                Ok(())
            }
            _ => {
                let code = context.code.unwrap_or(RPlace::Data);
                self.begin_call(&context, code);
                self.tasks.push(Task::Call(Context::code(code)));
                self.environment(flags);
                Ok(())
            }
        }
    }

    /// What stands as the tag of something that is no variable.
    fn environment(&mut self, flags: Flags) {
        if flags.tag {
            self.tasks.push(Task::Item(Context::of(Part::Data)));
        }
    }

    fn list(&mut self, flags: Flags, context: Context) -> Result<(), Stop> {
        let name = if flags.tag { self.try_symbol()? } else { None };
        if flags.tag && name.is_none() {
            self.item(Context::of(Part::Data))?;
        }
        let value = match context.part {
            Part::Workspace => {
                if let Some(name) = name.filter(|_| self.facts.objects.len() < self.budget.limits().facts) {
                    self.facts.objects.push(name.to_string());
                }
                Context::of(if flags.active { Part::Active } else { Part::Data })
            }
            // The dots of a function are a list of its other arguments.
            Part::Value => Context::of(Part::Value),
            Part::Frame | Part::Table => Context::of(if flags.active { Part::Active } else { Part::Value }),
            _ => Context { part: Part::Data, ..context.clone() },
        };
        self.tasks.push(Task::Tail(context));
        self.tasks.push(Task::Item(value));
        Ok(())
    }

    /// Notes a call that is an argument of another one, until it ends.
    fn begin_call(&mut self, context: &Context, place: RPlace) {
        if let Some(callee) = context.callee.clone() {
            self.tasks.push(Task::CallEnd(place));
            let at = self.input.cursor.position();
            self.inner.push(Inner { callee, by: None, variable: false, at });
        }
    }

    fn call_end(&mut self, place: RPlace) {
        let Some(inner) = self.inner.pop() else { return };
        // What depends on a variable is not known, and neither is what is made of it.
        if inner.variable {
            if let Some(outer) = self.inner.last_mut() {
                outer.variable = true;
            }
            return;
        }
        if !self.draft.room(self.facts.computed.len(), self.budget) {
            return;
        }
        let by = inner.by.as_deref().unwrap_or_default().to_owned();
        let region = Region::new(inner.at, self.input.cursor.position());
        self.facts.computed.push(RComputed { callee: inner.callee.to_string(), by, place, region });
    }

    /// A symbol that is not what a call calls.
    fn variable(&mut self, name: &str, context: &Context, at: u64) {
        if let Some(inner) = self.inner.last_mut() {
            inner.variable = true;
        }
        self.name(name, context, RRole::Symbol, at);
    }

    /// What a call calls.
    fn called(&mut self, name: &Rc<str>, context: &Context, at: u64) {
        if let Some(inner) = self.inner.last_mut().filter(|inner| inner.by.is_none()) {
            inner.by = Some(Rc::clone(name));
        }
        self.name(name, context, RRole::Called, at);
    }

    fn call(&mut self, context: &Context) -> Result<(), Stop> {
        let at = self.input.cursor.position();
        let callee = self.try_symbol()?;
        if let Some(name) = &callee {
            self.called(name, context, at);
        }
        let head = callee.is_none().then(|| Task::Item(context.clone()));
        if let Some(native) = callee.as_ref().filter(|name| is_native(name)) {
            self.begin_native(native, context);
        }
        self.tasks.push(Task::Arguments(Context { callee, ..context.clone() }));
        self.tasks.extend(head);
        Ok(())
    }

    fn arguments(&mut self, context: Context) -> Result<(), Stop> {
        let at = self.input.cursor.position();
        let flags = self.flags()?;
        match flags.kind {
            kind::LIST | kind::LANGUAGE | kind::DOTS => {
                if flags.attributes {
                    self.tasks.push(Task::Arguments(context.clone()));
                    self.tasks.push(Task::Item(context));
                    self.environment(flags);
                    self.tasks.push(Task::Item(Context::of(Part::Data)));
                    return Ok(());
                }
                match if flags.tag { self.try_symbol()? } else { None } {
                    Some(tag) => self.tag(&tag, &context, at),
                    None if flags.tag => self.item(Context::of(Part::Data))?,
                    None => {}
                }
                self.tasks.push(Task::Arguments(context.clone()));
                self.tasks.push(Task::Item(context));
                Ok(())
            }
            _ => {
                self.input.cursor.seek(at);
                self.item(context)
            }
        }
    }

    /// Value and code of a promise. `first`: the value comes next.
    fn promise_code(&mut self, context: Context, first: bool) -> Result<(), Stop> {
        if !first {
            return self.item(context);
        }
        let at = self.input.cursor.position();
        let unbound = self.ahead()?.kind == kind::UNBOUND;
        // The code of a promise that has its value is kept, and never runs again.
        let code = if unbound { context } else { Context::code(RPlace::Data) };
        self.tasks.push(Task::PromiseCode(code.clone(), false));
        self.item(Context::of(Part::Data))?;
        if unbound
            && code.code == Some(RPlace::Promise)
            && matches!(self.ahead()?.kind, kind::LANGUAGE | kind::BYTECODE)
            && self.facts.promises.len() < self.budget.limits().facts
        {
            self.facts.promises.push(Region::new(at, self.input.cursor.position()));
        }
        Ok(())
    }

    /// A constant of byte code, or a part of a call among them. `head`: what the call calls.
    fn code_part(&mut self, context: Context, head: bool) -> Result<(), Stop> {
        let at = self.input.cursor.position();
        let mut number = self.input.int()?;
        if number == i32::from(kind::BYTECODE_REFERENCE) {
            self.input.int()?;
            return Ok(());
        }
        if number == i32::from(kind::BYTECODE_DEFINITION) {
            self.input.int()?;
            number = self.input.int()?;
        }
        match u8::try_from(number).unwrap_or(u8::MAX) {
            kind::BYTECODE => {
                self.tasks.push(Task::Code(context));
                Ok(())
            }
            found @ (kind::LANGUAGE
            | kind::LIST
            | kind::LANGUAGE_WITH_ATTRIBUTES
            | kind::LIST_WITH_ATTRIBUTES) => {
                let inner = Context { callee: None, ..context.clone() };
                let call = matches!(found, kind::LANGUAGE | kind::LANGUAGE_WITH_ATTRIBUTES);
                if call {
                    let code = context.code.unwrap_or(RPlace::Data);
                    self.begin_call(&context, code);
                    self.tasks.push(Task::CodePart(Context::code(code)));
                    self.tasks.push(Task::CodeHead(Context::code(code)));
                } else {
                    // The arguments of one call: what they are arguments of goes with them.
                    self.tasks.push(Task::CodePart(context.clone()));
                    self.tasks.push(Task::CodePart(context.clone()));
                }
                self.tasks.push(if context.callee.is_some() && !call {
                    Task::CodeTag(context)
                } else {
                    Task::Item(Context { code: None, ..inner })
                });
                if matches!(found, kind::LANGUAGE_WITH_ATTRIBUTES | kind::LIST_WITH_ATTRIBUTES) {
                    self.tasks.push(Task::Item(Context::of(Part::Data)));
                }
                Ok(())
            }
            _ if head => {
                let callee = self.try_symbol()?;
                match callee {
                    Some(name) => {
                        self.called(&name, &context, at);
                        if let Some(Task::CodePart(arguments)) = self.tasks.pop() {
                            if is_native(&name) {
                                self.begin_native(&name, &context);
                            }
                            self.tasks.push(Task::CodePart(Context { callee: Some(name), ..arguments }));
                        }
                        Ok(())
                    }
                    None => self.item(context),
                }
            }
            _ => self.item(context),
        }
    }

    /// A name in code: of a function, of a variable, or a text.
    pub(super) fn name(&mut self, name: &str, context: &Context, role: RRole, at: u64) {
        let Some(place) = context.code else { return };
        if name.is_empty() || name.len() >= LONGEST_NAME {
            return;
        }
        let callee = context.callee.clone().filter(|_| role != RRole::Called);
        let key = (Rc::from(name), callee, role, place);
        if let Some(known) = self.names.get(&key).and_then(|index| self.facts.names.get_mut(*index)) {
            known.count = known.count.saturating_add(1);
            return;
        }
        if !self.draft.room(self.facts.names.len(), self.budget) {
            return;
        }
        self.facts.names.push(RName {
            name: name.to_owned(),
            role,
            argument_of: key.1.as_deref().map(str::to_owned),
            place,
            count: 1,
            region: Region::new(at, self.input.cursor.position()),
        });
        self.names.insert(key, self.facts.names.len().saturating_sub(1));
    }

    fn finish(mut self, ended: Result<(), Stop>) -> Parsed {
        if self.input.encoding == Encoding::Text {
            // Lines end with a line feed, the last one too.
            while self
                .input
                .cursor
                .fill(1)
                .is_ok_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
            {
                self.input.cursor.advance(1);
            }
        }
        let end = self.input.cursor.position().min(self.source.len());
        self.draft.claim(Region::new(0, end));
        let rest = Region::new(end, self.source.len());
        match ended {
            Ok(()) => {}
            Err(Stop::Limit(limit)) => self.draft.gap(GapReason::Limit(limit), rest, limit.to_string()),
            Err(Stop::Read(error @ ReadError::Io { .. })) => {
                self.draft.gap(GapReason::Unreadable, rest, error.to_string());
            }
            Err(Stop::Read(error)) => {
                self.draft.claim(rest);
                self.broken(Fault::Truncated, rest, error.to_string());
            }
            Err(Stop::Malformed(at, what)) => {
                self.broken(Fault::Malformed, Region::new(at, rest.end), what);
            }
            Err(Stop::Bomb(at)) => {
                let what = format!("objects are nested more than {DEEPEST} deep");
                self.broken(Fault::Bomb, Region::new(at, rest.end), what);
            }
        }
        self.texts.flush(&mut self.draft);
        self.draft.finish(Facts::R(Box::new(self.facts)))
    }

    fn broken(&mut self, kind: Fault, region: Region, detail: String) {
        self.draft.fault(kind, region, detail.clone());
        self.draft.gap(GapReason::Damaged, region, detail);
    }
}
