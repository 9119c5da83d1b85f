//! The append-only log of effects: what a stream imports and calls, in order, deduplicated, never taken back.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::facts::{
    Call, CallOpcode, Evaluated, Global, GlobalName, Override, PersistentId, Shape, Unresolved, Uses, Version,
};
use super::names;
use super::value::{MOST_GLOBALS, Tag, Value};

/// Calls of one callee that are told apart by the content of their arguments; further ones by kind only.
const TOLD_APART: u16 = 256;

/// What the machine knows about a global beyond its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing special.
    Plain,
    /// `numpy.dtype`: its size decides how long an inline array is.
    Dtype,
    /// The class of joblib that announces an inline array.
    ArrayWrapper,
    /// `_codecs.encode`: how old protocols write bytes.
    Encode,
    /// Functions of `copyreg` that make an instance of their first argument.
    Reconstructor,
    /// `getattr`: what it gives for an import and a constant is a name as well.
    Attribute,
    /// A function of dill that gives the built-in type of a name.
    TypeByName,
    /// A function of PyTorch that unpickles the bytes it is given.
    Unpickles,
    /// A function of PyTorch that makes a tensor out of a storage.
    RebuildsTensor,
    /// PyTorch's class of shapes: a tuple.
    Size,
    /// A class whose instances are containers.
    Holder,
    /// A class that writes a file when it gets its state.
    WritesFile,
}

/// Which list was cut.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Cut {
    /// Something was not recorded.
    pub(super) any: bool,
}

/// The log.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) globals: Vec<Global>,
    pub(super) calls: Vec<Call>,
    pub(super) overrides: Vec<Override>,
    pub(super) evaluated: Vec<Evaluated>,
    pub(super) made_keys: bool,
    pub(super) versions: Vec<Version>,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) persistent: Vec<PersistentId>,
    pub(super) cut: Cut,
    roles: Vec<Role>,
    apart: Vec<u16>,
    by_name: HashMap<GlobalName, u32>,
    by_operands: HashMap<(u64, u64), u32>,
    by_call: HashMap<(u64, CallOpcode, u64), usize>,
    limit: usize,
}

impl Log {
    /// A log of at most `limit` entries of each kind.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.min(MOST_GLOBALS), ..Self::default() }
    }

    /// Records an import and returns the imported object.
    pub(super) fn import(&mut self, module: String, name: String, protocol: u8, offset: u64) -> Value {
        let (name, written) = names::canonical(module, name, protocol);
        if let Some(index) = self.by_name.get(&name) {
            let index = *index;
            if let Some(global) = self.globals.get_mut(index as usize) {
                global.count = global.count.saturating_add(1);
                global.written = global.written.take().or(written);
            }
            return Value::global(index);
        }
        if self.globals.len() >= self.limit {
            self.cut.any = true;
            return Value::UNKNOWN;
        }
        let index = self.globals.len() as u32;
        self.roles.push(role(&name));
        self.apart.push(0);
        self.by_name.insert(name.clone(), index);
        self.globals.push(Global {
            name,
            written,
            uses: Uses::default(),
            offset,
            count: 1,
            otherwise: false,
        });
        Value::global(index)
    }

    /// The import that the same two constants named before, counted once more.
    pub(super) fn import_again(&mut self, operands: (u64, u64)) -> Option<Value> {
        let index = *self.by_operands.get(&operands)?;
        if let Some(global) = self.globals.get_mut(index as usize) {
            global.count = global.count.saturating_add(1);
        }
        Some(Value::global(index))
    }

    /// Remembers which import two constants name.
    pub(super) fn remember(&mut self, operands: (u64, u64), global: Value) {
        if let Some(index) = global.global_index().filter(|_| self.by_operands.len() < self.limit) {
            self.by_operands.insert(operands, index);
        }
    }

    /// The name behind a global or an instance.
    pub(super) fn name(&self, value: Value) -> Option<&GlobalName> {
        self.globals.get(value.global_index()? as usize).map(|global| &global.name)
    }

    /// The role of a global, or of the global that made an instance.
    pub(super) fn role(&self, value: Value) -> Role {
        let index = value.global_index();
        index.and_then(|index| self.roles.get(index as usize)).copied().unwrap_or(Role::Plain)
    }

    /// Notes uses of a global (or of the one that made an instance).
    #[inline]
    pub(super) fn note(&mut self, value: Value, change: impl FnOnce(&mut Uses)) {
        if let Some(global) = value.global_index().and_then(|index| self.globals.get_mut(index as usize)) {
            change(&mut global.uses);
        }
    }

    /// Notes that imported objects among the values are handed on.
    #[inline]
    pub(super) fn hand_on<'v>(globals: &mut [Global], values: impl IntoIterator<Item = &'v Value>) {
        for value in values {
            if value.tag() == Tag::Global
                && let Some(global) = value.global_index().and_then(|index| globals.get_mut(index as usize))
            {
                global.uses.passed = true;
            }
        }
    }

    /// Whether calls of this callee are still told apart by the content of their arguments.
    pub(super) fn tells_apart(&self, callee: Value) -> bool {
        let index = callee.global_index();
        index.and_then(|index| self.apart.get(index as usize)).is_none_or(|calls| *calls < TOLD_APART)
    }

    /// Counts a call that is known already; `false` if it is new.
    pub(super) fn count_call(
        &mut self,
        callee: Value,
        opcode: CallOpcode,
        signature: u64,
        constant: bool,
    ) -> bool {
        let known = self.by_call.get(&(identity(callee), opcode, signature));
        match known.and_then(|index| self.calls.get_mut(*index)) {
            Some(call) => {
                call.count = call.count.saturating_add(1);
                call.constant_arguments &= constant;
                true
            }
            None => false,
        }
    }

    /// Records a new call.
    pub(super) fn add_call(&mut self, callee: Value, signature: u64, call: Call) {
        if self.calls.len() >= self.limit {
            self.cut.any = true;
            return;
        }
        if let Some(calls) = callee.global_index().and_then(|index| self.apart.get_mut(index as usize)) {
            *calls = calls.saturating_add(1);
        }
        self.by_call.insert((identity(callee), call.opcode, signature), self.calls.len());
        self.calls.push(call);
    }

    /// Records what could not be resolved.
    pub(super) fn unresolved(&mut self, offset: u64, opcode: &'static str, detail: String) {
        if self.unresolved.len() < self.limit.min(1000) {
            self.unresolved.push(Unresolved { offset, opcode, detail });
        }
    }

    /// Records a value under a name that matters.
    pub(super) fn overridden(&mut self, found: Override) {
        if self.overrides.len() < self.limit.min(1000) && !self.overrides.contains(&found) {
            self.overrides.push(found);
        }
    }

    /// Records a text that a class executes.
    pub(super) fn evaluated(&mut self, found: Evaluated) {
        if self.evaluated.len() >= self.limit.min(1000) {
            self.cut.any = true;
        } else if !self.evaluated.iter().any(|known| known.name == found.name && known.text == found.text) {
            self.evaluated.push(found);
        }
    }

    /// Records a version that is remembered. Nobody needs more than a few.
    pub(super) fn version(&mut self, found: Version) {
        let known = |known: &Version| known.name == found.name && known.text == found.text;
        if self.versions.len() < self.limit.min(64) && !self.versions.iter().any(known) {
            self.versions.push(found);
        }
    }

    /// Records a persistent id, and returns its place, counted from 1; 0 if there are too many.
    pub(super) fn persistent(&mut self, offset: u64, id: Shape) -> u64 {
        if self.persistent.len() >= self.limit {
            self.cut.any = true;
            return 0;
        }
        self.persistent.push(PersistentId { offset, id });
        self.persistent.len() as u64
    }

    /// The persistent id behind a value.
    pub(super) fn persistent_id(&self, value: Value) -> Option<&Shape> {
        let place = usize::try_from(value.payload()).ok()?.checked_sub(1)?;
        let id = self.persistent.get(place).filter(|_| value.tag() == Tag::Persistent)?;
        Some(&id.id)
    }
}

/// How far the log had come, and what was known of the globals then.
#[derive(Debug)]
pub(super) struct Mark {
    uses: Vec<(Uses, u64)>,
    calls: usize,
    overrides: usize,
    evaluated: usize,
    versions: usize,
    unresolved: usize,
    persistent: usize,
}

impl Log {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            uses: self.globals.iter().map(|global| (global.uses, global.count)).collect(),
            calls: self.calls.len(),
            overrides: self.overrides.len(),
            evaluated: self.evaluated.len(),
            versions: self.versions.len(),
            unresolved: self.unresolved.len(),
            persistent: self.persistent.len(),
        }
    }

    /// The names imported for the first time since.
    pub(super) fn since(&self, mark: &Mark) -> impl Iterator<Item = &GlobalName> {
        self.globals.iter().skip(mark.uses.len()).map(|global| &global.name)
    }

    /// Notes of the names imported for the first time since that only this reading imports them.
    pub(super) fn otherwise_since(&mut self, mark: &Mark) {
        for global in self.globals.iter_mut().skip(mark.uses.len()) {
            global.otherwise = true;
        }
    }

    /// Forgets what was logged since: for a reading that turned out to be none.
    pub(super) fn back_to(&mut self, mark: &Mark) {
        self.globals.truncate(mark.uses.len());
        self.roles.truncate(mark.uses.len());
        self.apart.truncate(mark.uses.len());
        for (global, (uses, count)) in self.globals.iter_mut().zip(&mark.uses) {
            (global.uses, global.count) = (*uses, *count);
        }
        let known = |index: &mut u32| (*index as usize) < mark.uses.len();
        self.by_name.retain(|_, index| known(index));
        self.by_operands.retain(|_, index| known(index));
        self.by_call.retain(|_, index| *index < mark.calls);
        self.calls.truncate(mark.calls);
        self.overrides.truncate(mark.overrides);
        self.evaluated.truncate(mark.evaluated);
        self.versions.truncate(mark.versions);
        self.unresolved.truncate(mark.unresolved);
        self.persistent.truncate(mark.persistent);
    }
}

/// What calls have in common when they have the same callee.
fn identity(callee: Value) -> u64 {
    match callee.tag() {
        Tag::Global => callee.word(),
        Tag::Instance => Value::instance(callee.global_index().unwrap_or(0), 0).word(),
        tag => tag as u64,
    }
}

/// Hashes anything the same way on every machine and in every run.
pub(super) fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn role(name: &GlobalName) -> Role {
    match (name.module.as_str(), name.name.as_str()) {
        ("numpy", "dtype") => Role::Dtype,
        (module, "NumpyArrayWrapper") if module.contains("joblib") => Role::ArrayWrapper,
        ("_codecs" | "codecs", "encode") | ("builtins", "bytes" | "bytearray") => Role::Encode,
        ("builtins", "getattr") => Role::Attribute,
        ("dill._dill", "_load_type") => Role::TypeByName,
        ("torch.storage", "_load_from_bytes") => Role::Unpickles,
        ("torch", "Size") => Role::Size,
        ("sklearn_crfsuite._fileresource", "FileResource") => Role::WritesFile,
        ("collections", "OrderedDict" | "defaultdict" | "deque" | "Counter" | "ChainMap")
        | ("builtins", "list" | "tuple" | "dict" | "set" | "frozenset") => Role::Holder,
        (
            "torch._utils",
            "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3" | "_rebuild_qtensor",
        ) => Role::RebuildsTensor,
        ("copyreg", "_reconstructor" | "__newobj__" | "__newobj_ex__") => Role::Reconstructor,
        _ => Role::Plain,
    }
}
