//! Abstract interpretation: walks the statements in the order Python would run them, with values as far as they can be
//! known, and records what reaches outside the file.
//!
//! Branches are all taken; an assignment under a condition adds an alternative. Functions of the file are followed where
//! they are called, within an allowance; beyond it, and for functions nobody calls, the body is walked once per scope with
//! unknown arguments, so that no effect is lost. Loops over constants run, since that is how obfuscated strings are built.

mod attribute;
mod call;
mod expression;
mod library;
mod record;
mod statement;

pub(super) use statement::without_options;

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::TextRange;

use super::facts::{PythonFacts, Scope};
use super::known;
use super::value::{ClassId, FunctionId, Value, What};
use crate::bounded::{Budget, Exhausted};
use crate::node::Child;
use crate::region::Region;

/// Steps that following calls and running loops may cost, beyond walking everything once.
const ALLOWANCE: u64 = 400_000;
/// Nesting of walked expressions, statements and followed calls up to which calls are followed.
const FOLLOWED: u32 = 6_000;
/// Calls followed within calls.
const CALLS: usize = 12;
/// Bytes of folded constants, in all.
const FOLDED: usize = 64 << 20;

/// Where a piece of text lies in the file.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Offsets of line starts.
    lines: Vec<u32>,
    /// Bytes of the file before the text.
    shift: u64,
    /// For notebooks: text offset of each cell, its first line, and its region in the file.
    cells: Vec<(u32, Region)>,
    /// Whether lines count through all cells.
    through: bool,
    /// Lines of the file, where the text is not the bytes of the file.
    rows: Vec<Region>,
}

impl Places {
    /// Places in a text that begins `shift` bytes into the file.
    pub(super) fn new(text: &str, shift: u64) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|at| bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'));
        let lines = std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect();
        Self { lines, shift, ..Self::default() }
    }

    /// The same, of a text put together from cells.
    pub(super) fn with_cells(mut self, cells: Vec<(u32, Region)>) -> Self {
        self.cells = cells;
        self
    }

    /// The same, of a text whose lines stand for lines of the file.
    pub(super) fn with_lines(mut self, lines: Vec<(u32, Region)>) -> Self {
        self.cells = lines;
        self.through = true;
        self
    }

    /// The same, of a text that was decoded from other bytes, which have these lines.
    pub(super) fn with_rows(mut self, rows: Vec<Region>) -> Self {
        self.rows = rows;
        self
    }

    fn row(&self, line: usize) -> Option<&Region> {
        self.rows.get(line.saturating_sub(1))
    }

    fn line_index(&self, offset: u32) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// Region and line of a range of the text.
    pub(super) fn place(&self, range: TextRange) -> (Region, u32) {
        let (start, end) = (u32::from(range.start()), u32::from(range.end()));
        let line = self.line_index(start);
        let cell = self
            .cells
            .partition_point(|(first, _)| *first <= start)
            .checked_sub(1)
            .and_then(|at| self.cells.get(at));
        match cell {
            Some((first, region)) => {
                let above = if self.through { 1 } else { self.line_index(*first) };
                (*region, u32::try_from(line.saturating_sub(above) + 1).unwrap_or(u32::MAX))
            }
            None if !self.rows.is_empty() => {
                let first = self.row(line).map_or(0, |row| row.start);
                let last = self.row(self.line_index(end)).map_or(first, |row| row.end.max(first));
                (Region::new(first, last), u32::try_from(line).unwrap_or(u32::MAX))
            }
            None => (
                Region::new(self.shift + u64::from(start), self.shift + u64::from(end)),
                u32::try_from(line).unwrap_or(u32::MAX),
            ),
        }
    }
}

/// What an interpretation yields.
#[derive(Default)]
pub(super) struct Yield {
    pub(super) facts: PythonFacts,
    /// Decoded literals that run or that hold another format.
    pub(super) children: Vec<Child>,
    /// A bound that was hit.
    pub(super) stopped: Option<Exhausted>,
}

/// The body of a function of the file.
#[derive(Clone, Copy)]
enum Body<'a> {
    Def(&'a ast::StmtFunctionDef),
    Lambda(&'a ast::ExprLambda),
}

struct Function<'a> {
    body: Body<'a>,
    name: String,
    /// Frame it was defined in.
    frame: usize,
    class: Option<ClassId>,
    /// Values of defaults, by parameter name.
    defaults: Vec<(&'a str, Value)>,
    /// `staticmethod`.
    unbound: bool,
    /// `classmethod`.
    of_class: bool,
    /// `property`, and what works like it: reading the attribute calls the function.
    read: bool,
    /// What it returned so far.
    returned: Value,
}

struct Class {
    name: String,
    /// Class attributes and methods, and attributes set on `self` anywhere.
    attributes: HashMap<String, Value>,
    bases: Vec<Value>,
}

#[derive(Default)]
struct Frame {
    parent: Option<usize>,
    names: HashMap<String, Value>,
    globals: HashSet<String>,
    nonlocals: HashSet<String>,
    is_class: bool,
}

/// Arguments of a call.
#[derive(Default, Clone)]
struct Arguments {
    positional: Vec<Value>,
    keywords: Vec<(Option<String>, Value)>,
}

impl Arguments {
    fn get(&self, position: usize, keyword: &str) -> Option<&Value> {
        self.positional.get(position).or_else(|| self.keyword(keyword))
    }

    fn keyword(&self, keyword: &str) -> Option<&Value> {
        self.keywords.iter().find(|(name, _)| name.as_deref() == Some(keyword)).map(|(_, value)| value)
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.positional.iter().chain(self.keywords.iter().map(|(_, value)| value))
    }

    fn named(&self) -> Vec<(String, Value)> {
        self.keywords.iter().filter_map(|(name, value)| Some((name.clone()?, value.clone()))).collect()
    }
}

/// The interpreter of one file.
pub(super) struct Interpreter<'a, 'b> {
    budget: &'b Budget,
    places: &'b Places,
    out: Yield,
    functions: Vec<Function<'a>>,
    /// Functions by node and frame, so that a loop does not define the same one again and again.
    known_functions: HashMap<(usize, usize), FunctionId>,
    classes: Vec<Class>,
    known_classes: HashMap<(usize, usize), ClassId>,
    frames: Vec<Frame>,
    frame: usize,
    scope: Scope,
    /// Inside how many branches.
    branches: u32,
    depth: u32,
    /// How deep the walk may go.
    deepest: u32,
    /// Whether it would have had to go deeper.
    overflowed: bool,
    steps: u64,
    allowance: u64,
    folded: usize,
    /// Functions whose bodies are being walked.
    active: Vec<FunctionId>,
    /// How many of them are walked because they were called.
    following: usize,
    class: Option<ClassId>,
    /// Functions to walk once per scope with unknown arguments.
    waiting: VecDeque<(FunctionId, Scope)>,
    walked: HashSet<(FunctionId, Scope)>,
    /// Walked bodies by node, for functions that are defined again in other frames.
    walked_nodes: HashSet<(usize, Scope)>,
    returned: Vec<Value>,
    stars: Vec<String>,
    seen: HashSet<u64>,
    /// Paths of files written with data from the network, and files opened for writing.
    downloaded: Vec<String>,
    opened: Vec<String>,
}

impl<'a, 'b> Interpreter<'a, 'b> {
    pub(super) fn new(budget: &'b Budget, places: &'b Places, deepest: u32) -> Self {
        Self {
            budget,
            places,
            out: Yield::default(),
            functions: Vec::new(),
            known_functions: HashMap::new(),
            classes: Vec::new(),
            known_classes: HashMap::new(),
            frames: vec![Frame::default()],
            frame: 0,
            scope: Scope::Import,
            branches: 0,
            depth: 0,
            deepest,
            overflowed: false,
            steps: 0,
            allowance: ALLOWANCE,
            folded: 0,
            active: Vec::new(),
            following: 0,
            class: None,
            waiting: VecDeque::new(),
            walked: HashSet::new(),
            walked_nodes: HashSet::new(),
            returned: Vec::new(),
            stars: Vec::new(),
            seen: HashSet::new(),
            downloaded: Vec::new(),
            opened: Vec::new(),
        }
    }

    /// Interprets a module; says whether the walk would have had to go deeper than it may.
    pub(super) fn run(mut self, body: &'a [ast::Stmt]) -> (Yield, bool) {
        self.definitions(body);
        self.block(body);
        self.drain();
        if !self.classes.is_empty() && !self.exhausted() {
            // Attributes set by one method are used by another: the second round sees them all.
            self.walked.clear();
            self.walked_nodes.clear();
            for id in 0..self.functions.len() {
                if let Some(scope) =
                    self.functions.get(id).map(|function| Scope::Function(function.name.clone()))
                {
                    self.waiting.push_back((id, scope));
                }
            }
            self.drain();
        }
        (self.out, self.overflowed)
    }

    fn definitions(&mut self, body: &'a [ast::Stmt]) {
        let limit = self.budget.limits().facts;
        for statement in body {
            let name = match statement {
                ast::Stmt::FunctionDef(function) => function.name.as_str(),
                ast::Stmt::ClassDef(class) => class.name.as_str(),
                _ => continue,
            };
            if self.out.facts.definitions.len() < limit {
                self.out.facts.definitions.push(name.to_owned());
            }
        }
    }

    /// Walks what waits, with unknown arguments.
    fn drain(&mut self) {
        while let Some((id, scope)) = self.waiting.pop_front() {
            if self.exhausted() {
                return;
            }
            let Some(function) = self.functions.get(id) else { continue };
            if !self.walked.insert((id, scope.clone()))
                || !self.walked_nodes.insert((function.body.address(), scope.clone()))
            {
                continue;
            }
            let first = match function.class {
                Some(class) if function.of_class => Some(Value::of(What::Class(class))),
                Some(class) if !function.unbound => Some(Value::of(What::Instance(class))),
                _ => None,
            };
            let outer = std::mem::replace(&mut self.scope, scope);
            let arguments = Arguments { positional: first.into_iter().collect(), ..Arguments::default() };
            let value = self.enter(id, &arguments);
            if let Some(function) = self.functions.get_mut(id) {
                function.returned = function.returned.clone().or(value);
            }
            self.scope = outer;
        }
    }

    fn exhausted(&self) -> bool {
        self.out.stopped.is_some()
    }

    /// Accounts for one step; false once a bound was hit.
    fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps.is_multiple_of(4096)
            && let Err(limit) = self.budget.steps(4096)
        {
            self.out.stopped.get_or_insert(limit);
        }
        if self.following > 0 {
            self.allowance = self.allowance.saturating_sub(1);
        }
        !self.exhausted()
    }

    /// Goes one level deeper for `work`; gives up where the stack may not bear it.
    fn deeper<T>(&mut self, otherwise: T, work: impl FnOnce(&mut Self) -> T) -> T {
        if !self.step() {
            return otherwise;
        }
        if self.depth >= self.deepest {
            self.overflowed = true;
            self.out.stopped.get_or_insert(Exhausted::Steps);
            return otherwise;
        }
        self.depth += 1;
        let value = work(self);
        self.depth -= 1;
        value
    }

    /// Whether calls may still be followed.
    fn may_follow(&self) -> bool {
        self.allowance > 0 && self.following < CALLS && self.depth < FOLLOWED
    }

    /// Keeps a folded constant if there is room for it.
    fn keep(&mut self, value: Option<Value>) -> Option<Value> {
        let value = value?;
        let size = match value.constant() {
            Some(super::value::Const::Str(text)) => text.len(),
            Some(super::value::Const::Bytes(bytes)) => bytes.len(),
            _ => match &value.what {
                What::Sequence(items) => items.len() * size_of::<Value>(),
                _ => 0,
            },
        };
        self.folded = self.folded.saturating_add(size);
        (self.folded <= FOLDED).then_some(value)
    }

    fn in_branch(&mut self, work: impl FnOnce(&mut Self)) {
        self.branches += 1;
        work(self);
        self.branches -= 1;
    }

    fn with_scope<T>(&mut self, scope: Scope, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.scope, scope);
        let value = work(self);
        self.scope = outer;
        value
    }

    fn new_frame(&mut self, parent: usize, is_class: bool) -> usize {
        self.frames.push(Frame { parent: Some(parent), is_class, ..Frame::default() });
        self.frames.len() - 1
    }

    /// Looks a name up from the current frame outwards.
    fn lookup(&self, name: &str) -> Option<Value> {
        let mut at = Some(self.frame);
        let mut first = true;
        while let Some(frame) = at.and_then(|index| self.frames.get(index)) {
            if (first || !frame.is_class)
                && let Some(value) = frame.names.get(name)
            {
                return Some(value.clone());
            }
            first = false;
            at = frame.parent;
        }
        None
    }

    fn resolve(&self, name: &str) -> Value {
        if let Some(value) = self.lookup(name) {
            return value;
        }
        match name {
            "__name__" => return Value::of(What::OwnName),
            "__builtins__" => return Value::outside("builtins").by("__builtins__"),
            "__loader__" | "__spec__" => return Value::outside("__loader__"),
            _ if known::is_builtin(name) => return Value::outside(&format!("builtins.{name}")),
            _ => {}
        }
        let starred = self.stars.iter().take(8).fold(Value::UNKNOWN, |all, module| {
            all.or(Value::outside(&known::canonical(&format!("{module}.{name}"))).by("star import"))
        });
        if starred.what != What::Unknown {
            return starred;
        }
        if known::is_assumed(name) {
            return Value::outside(name).by("a name that nothing imports");
        }
        Value::UNKNOWN
    }

    fn assign_name(&mut self, name: &str, value: Value) {
        let frame = match self.frames.get(self.frame) {
            Some(frame) if frame.globals.contains(name) => 0,
            Some(frame) if frame.nonlocals.contains(name) => {
                self.enclosing(frame.parent, name).unwrap_or(self.frame)
            }
            _ => self.frame,
        };
        let conditional = self.branches > 0;
        let Some(frame) = self.frames.get_mut(frame) else { return };
        match frame.names.get_mut(name) {
            Some(known) if conditional => *known = std::mem::replace(known, Value::UNKNOWN).or(value),
            Some(known) => *known = value,
            None => {
                frame.names.insert(name.to_owned(), value);
            }
        }
    }

    /// The frame around the current one that holds a name.
    fn enclosing(&self, mut at: Option<usize>, name: &str) -> Option<usize> {
        while let Some((index, frame)) = at.and_then(|index| Some((index, self.frames.get(index)?))) {
            if !frame.is_class && frame.names.contains_key(name) {
                return Some(index);
            }
            at = frame.parent;
        }
        None
    }

    /// Adds to what an attribute of objects of a class may be.
    fn assign_attribute(&mut self, class: ClassId, name: &str, value: Value) {
        let Some(class) = self.classes.get_mut(class) else { return };
        match class.attributes.get_mut(name) {
            Some(known) => *known = std::mem::replace(known, Value::UNKNOWN).or(value),
            None => {
                class.attributes.insert(name.to_owned(), value);
            }
        }
    }

    /// An attribute of a class of the file or of its bases there.
    fn class_attribute(&self, class: ClassId, name: &str, depth: u32) -> Option<Value> {
        let class = self.classes.get(class)?;
        if let Some(value) = class.attributes.get(name) {
            return Some(value.clone());
        }
        if depth > 16 {
            return None;
        }
        class.bases.iter().find_map(|base| match &base.what {
            What::Class(base) => self.class_attribute(*base, name, depth + 1),
            _ => None,
        })
    }

    fn define(&mut self, body: Body<'a>, name: String, class: Option<ClassId>) -> FunctionId {
        let key = (body.address(), self.frame);
        if let Some(id) = self.known_functions.get(&key) {
            return *id;
        }
        let id = self.functions.len();
        self.functions.push(Function {
            body,
            name,
            frame: self.frame,
            class,
            defaults: Vec::new(),
            unbound: false,
            of_class: false,
            read: false,
            returned: Value::UNKNOWN,
        });
        self.known_functions.insert(key, id);
        id
    }

    fn wait(&mut self, id: FunctionId, scope: Scope) {
        if !self.walked.contains(&(id, scope.clone())) {
            self.waiting.push_back((id, scope));
        }
    }
}

impl<'a> Body<'a> {
    fn address(self) -> usize {
        match self {
            Self::Def(node) => std::ptr::from_ref(node).addr(),
            Self::Lambda(node) => std::ptr::from_ref(node).addr(),
        }
    }

    fn parameters(self) -> Option<&'a ast::Parameters> {
        match self {
            Self::Def(node) => Some(&node.parameters),
            Self::Lambda(node) => node.parameters.as_deref(),
        }
    }
}

/// A shared dotted name.
fn dotted(name: &str) -> Rc<str> {
    Rc::from(name)
}
