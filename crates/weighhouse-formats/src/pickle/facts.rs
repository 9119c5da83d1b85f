//! What the abstract pickle machine saw. No judgement: a global is a name that the stream imports, wherever it points.

use std::fmt;

use crate::region::Region;

/// Everything one pickle file (all its streams) does when it is loaded.
#[derive(Debug, Default)]
pub struct PickleFacts {
    /// The streams, in file order.
    pub streams: Vec<Stream>,
    /// Every global any stream imports, once per canonical name, in order of first import.
    pub globals: Vec<Global>,
    /// Every call the streams make, once per callee, opcode and kind of arguments, in order of first occurrence.
    pub calls: Vec<Call>,
    /// Values under names by which an object replaces what the loader does with it.
    pub overrides: Vec<Override>,
    /// Texts under names of attributes that a class executes as code when it gets its state, or takes for the name of a file.
    pub evaluated: Vec<Evaluated>,
    /// Whether a dictionary has a key that calls made: it may be any text.
    pub made_keys: bool,
    /// Versions that objects remember of the library that saved them, each once.
    pub versions: Vec<Version>,
    /// Imports and calls whose target the machine could not resolve. Never silent: unknown means dangerous.
    pub unresolved: Vec<Unresolved>,
    /// Persistent ids (`BINPERSID`, `PERSID`): references to data outside the stream, such as PyTorch storages.
    pub persistent: Vec<PersistentId>,
    /// Extension-registry codes (`EXT1`..`EXT4`): what they import is decided by the loading process.
    pub extensions: Vec<ExtensionCode>,
    /// Raw blocks between opcodes that a known library reads itself (joblib's inline arrays).
    pub raw_blocks: Vec<RawBlock>,
    /// String constants that callees received or that look like code, commands or encoded payloads; bounded.
    pub literals: Vec<Literal>,
    /// Total opcodes over all streams.
    pub opcodes: u64,
    /// What makes the file a legacy PyTorch checkpoint, if it is one.
    pub legacy: Option<LegacyTorch>,
}

/// The legacy PyTorch form: pickles for magic number, version, system, object and storage keys, then raw storages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LegacyTorch {
    /// Where the magic number lies.
    pub magic: Region,
    /// The version that the second pickle declares.
    pub protocol_version: Option<i64>,
    /// The keys that the fifth pickle lists: the order of the storages.
    pub keys: Vec<String>,
    /// The storages found, in that order; fewer than keys if the file is cut or a class is unknown.
    pub storages: Vec<LegacyStorage>,
}

/// A raw storage of a legacy PyTorch file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyStorage {
    /// Its key.
    pub key: String,
    /// Its class, as the persistent ids say.
    pub class: Option<GlobalName>,
    /// Eight bytes of count, then the elements.
    pub region: Region,
    /// The count.
    pub elements: u64,
    /// Bytes per element.
    pub element_size: u64,
}

/// One pickle stream: from its first opcode to `STOP`, or to where it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Bytes of the stream.
    pub region: Region,
    /// Protocol: declared by `PROTO`, else 0 or 1 by the opcodes used.
    pub protocol: u8,
    /// How it ended.
    pub ending: Ending,
    /// Opcodes executed.
    pub opcodes: u64,
    /// The value left for the caller.
    pub result: Shape,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// With `STOP`.
    Stop,
    /// The data ended first.
    Truncated,
    /// A byte that is no opcode, or an operand that breaks the grammar. What ran before, ran.
    Broken(String),
    /// A bound was hit.
    Limit(crate::bounded::Exhausted),
}

/// The canonical name of an importable object.
///
/// Canonical: Python 2 names are mapped as the loader maps them (`__builtin__` → `builtins`), and a dotted qualified name
/// that walks through modules is kept as written: `module` is what is imported, `name` what is looked up on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalName {
    /// Module that is imported. May contain any characters in hostile input.
    pub module: String,
    /// Attribute path looked up on it; dots walk attributes.
    pub name: String,
}

impl fmt::Display for GlobalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

/// A global and all that is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Canonical name.
    pub name: GlobalName,
    /// The name as written, where canonicalisation changed it.
    pub written: Option<GlobalName>,
    /// What happens to the object.
    pub uses: Uses,
    /// Offset of the first opcode that imports it.
    pub offset: u64,
    /// How often it is imported.
    pub count: u64,
    /// Whether only a loader imports it that reads arrays between opcodes as opcodes: it gets names out of the wrong memo.
    pub otherwise: bool,
}

/// What a stream does with an imported object. Several can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uses {
    /// Called with arguments the stream chooses (`REDUCE`, `INST`, `OBJ`): the most dangerous use.
    pub called: bool,
    /// Instantiated through `__new__` only (`NEWOBJ`, `NEWOBJ_EX`).
    pub constructed: bool,
    /// An instance of it receives state (`BUILD`: `__setstate__` or attribute assignment).
    pub built: bool,
    /// An instance of it is filled with items by key (`SETITEM`, `SETITEMS`): always a method of its class.
    pub filled: bool,
    /// An instance of it receives elements (`APPEND`, `APPENDS`, `ADDITEMS`): by an attribute that its state can set.
    pub appended: bool,
    /// State is set on the imported object itself, not on an instance (`GLOBAL`, then `BUILD`).
    pub patched: bool,
    /// Passed as an argument to a call, or stored in data: someone else may call it.
    pub passed: bool,
}

/// A call the stream makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What is called. [`Shape::Global`] for the ordinary case; anything else is a computed callable.
    pub callee: Shape,
    /// By which opcode.
    pub opcode: CallOpcode,
    /// The arguments of the first such call.
    pub arguments: Vec<Shape>,
    /// Whether every argument of every such call is a constant of the stream (no result of another call).
    pub constant_arguments: bool,
    /// Offset of the first such call.
    pub offset: u64,
    /// How often.
    pub count: u64,
}

/// Opcodes that call something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the names of the opcodes")]
pub enum CallOpcode {
    Reduce,
    Inst,
    Obj,
    NewObj,
    NewObjEx,
    Build,
    Append,
    SetItem,
    AddItems,
    Ext,
}

impl CallOpcode {
    /// The opcode's name in CPython's `pickletools`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reduce => "REDUCE",
            Self::Inst => "INST",
            Self::Obj => "OBJ",
            Self::NewObj => "NEWOBJ",
            Self::NewObjEx => "NEWOBJ_EX",
            Self::Build => "BUILD",
            Self::Append => "APPEND",
            Self::SetItem => "SETITEM",
            Self::AddItems => "ADDITEMS",
            Self::Ext => "EXT",
        }
    }
}

/// An abstract value, shallow: enough to say what a call receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// A floating-point number.
    Float,
    /// Text, cut to a bounded length; `len` is the full length in bytes.
    Text {
        /// The beginning.
        head: String,
        /// Full length in bytes.
        len: u64,
    },
    /// Bytes or a byte array.
    Bytes {
        /// Where the content lies in the file.
        region: Region,
    },
    /// A tuple, its first elements.
    Tuple(Vec<Self>),
    /// A list, dictionary, set or frozen set: content not kept.
    Container,
    /// An imported object.
    Global(GlobalName),
    /// The result of calling (or an instance of) this global.
    Instance(GlobalName),
    /// An object that a persistent id stands for.
    Persistent,
    /// Anything the machine does not follow.
    Unknown,
}

/// A storage of PyTorch as its persistent id describes it: `('storage', class, key, device, elements, …)`.
#[derive(Debug)]
pub(crate) struct StorageId<'a> {
    pub(crate) class: &'a str,
    pub(crate) key: &'a str,
    pub(crate) elements: i64,
    /// What follows.
    pub(crate) rest: &'a [Shape],
}

impl Shape {
    /// The storage that this persistent id describes.
    pub(crate) fn storage(&self) -> Option<StorageId<'_>> {
        let Self::Tuple(parts) = self else { return None };
        match parts.as_slice() {
            [
                Self::Text { head, .. },
                Self::Global(class),
                Self::Text { head: key, .. },
                _,
                Self::Int(elements),
                rest @ ..,
            ] if head == "storage" => Some(StorageId { class: &class.name, key, elements: *elements, rest }),
            _ => None,
        }
    }
}

/// An import or call that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// Offset of the opcode.
    pub offset: u64,
    /// The opcode's name.
    pub opcode: &'static str,
    /// What was found instead of a name or a callable.
    pub detail: String,
}

/// A value under the name of a method that the loader looks up on an object itself, or of the object's class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Offset of the opcode that pairs the two.
    pub offset: u64,
    /// The name.
    pub name: String,
    /// What stands under it: an imported object, or something the stream made.
    pub value: Shape,
}

/// A text that a class executes, as scipy's distributions do, or opens a file by, as joblib's old wrappers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// Offset of the opcode that pairs name and text.
    pub offset: u64,
    /// Name of the attribute.
    pub name: String,
    /// The text; nothing if it is too long to be what the class writes, or no constant.
    pub text: Option<String>,
}

/// A text under the name of a version, in the state of an object or in a dictionary: `_sklearn_version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Offset of the opcode that pairs the two.
    pub offset: u64,
    /// The name.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A persistent id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersistentId {
    /// Offset of the opcode.
    pub offset: u64,
    /// The id: for PyTorch a tuple (`'storage'`, storage class, key, device, number of elements).
    pub id: Shape,
}

/// A reference to the extension registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionCode {
    /// Offset of the opcode.
    pub offset: u64,
    /// The code.
    pub code: u32,
}

/// A block of bytes between opcodes that a library consumes from the file while unpickling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBlock {
    /// Where.
    pub region: Region,
    /// What it holds, for the reader: `float64 array of shape (3, 4)`.
    pub what: String,
}

/// A string constant worth looking at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Offset of its opcode.
    pub offset: u64,
    /// Its beginning, at most 512 bytes.
    pub text: String,
    /// Whether it looks like code, a command or an address; otherwise a callee received it.
    pub striking: bool,
}
