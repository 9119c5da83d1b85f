//! What a Python file would do.

use crate::region::Region;

/// One source file (or notebook, or TorchScript file).
#[derive(Debug, Default)]
pub struct PythonFacts {
    /// Syntax errors; the parser recovers, so facts hold for the rest.
    pub syntax_errors: Vec<String>,
    /// Imports, at any depth, also those made by `__import__` and `import_module` with a constant name.
    pub imports: Vec<Import>,
    /// Calls of names that resolve outside the file (modules, built-ins), with aliases and constant strings followed.
    /// Built-ins without any effect (`len`, `isinstance`) are left out.
    pub calls: Vec<PythonCall>,
    /// Assignments to attributes or items of something outside the file: `torch.load = f`, `os.environ['A'] = 'b'`.
    pub writes: Vec<Write>,
    /// Constructs that hide what they call from a reader.
    pub dynamic: Vec<Dynamic>,
    /// Data that flows from a source to a sink.
    pub flows: Vec<Flow>,
    /// Names of classes and functions defined at module level.
    pub definitions: Vec<String>,
    /// Large string constants that look like encoded data: offset and length.
    pub blobs: Vec<Region>,
    /// Whether the file is notebook or shell-magic text that runs commands (`!cmd`, `%%bash`): the commands.
    pub shell_escapes: Vec<(Region, String)>,
    /// Notebooks: outputs that carry HTML or JavaScript, by media type. A viewer may run them.
    pub active_outputs: Vec<(Region, String)>,
    /// The encoding that a cookie in the first two lines declares, lower case, if it does.
    pub encoding: Option<String>,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Dotted module (`os.path`); relative imports keep their leading dots.
    pub module: String,
    /// Imported name for `from` imports; `*` for a star import.
    pub name: Option<String>,
    /// Where it stands.
    pub scope: Scope,
    /// Where.
    pub region: Region,
}

/// When a statement runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// When the module is imported: module level, class bodies, decorators, default arguments, comprehensions there, and
    /// everything in functions that those call.
    Import,
    /// When this function or method is called.
    Function(String),
    /// Only when run as a script (`if __name__ == "__main__"`).
    Main,
}

/// A call of something defined outside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonCall {
    /// Canonical dotted name: `os.system`, `builtins.eval`, `torch.load`; a method of an object that an outside class made
    /// is named after the class: `socket.socket.connect`, `pathlib.Path.write_text`, `builtins.open.read`.
    pub callee: String,
    /// Constant arguments, by position or keyword.
    pub arguments: Vec<Argument>,
    /// When it runs.
    pub scope: Scope,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
    /// How the name was reached where that was not plain: `getattr`, `__import__`, an alias.
    pub via: Option<String>,
    /// The path that the object stands for whose method this is: `~/.bashrc` of `open('~/.bashrc', 'a').write(…)`.
    pub path: Option<String>,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Argument {
    /// Keyword, if any.
    pub keyword: Option<String>,
    /// Constant value as Python text, folded (`'a' + 'b'` → `'ab'`), cut to 256 bytes; absent if it is not constant.
    pub value: Option<String>,
    /// What is known of a text or path that is not constant, with `…` for the rest: `…/.bashrc`.
    pub outline: Option<String>,
}

impl Argument {
    /// What is known of it: the constant value, or else the outline.
    pub fn text(&self) -> Option<&str> {
        self.value.as_deref().or(self.outline.as_deref())
    }
}

/// An assignment to something outside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What is written: `torch.load`, `sys.modules['os']`, `sys.path`.
    pub target: String,
    /// The new value, if constant, as Python text.
    pub value: Option<String>,
    /// Whether the new value is code: a function, lambda or class of the file, or a name from outside.
    pub callable: bool,
    /// When it runs.
    pub scope: Scope,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

/// A construct that hides its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dynamic {
    /// What: `computed attribute of os`, `import of a computed name`, `exec of a computed value`.
    pub what: String,
    /// When it runs.
    pub scope: Scope,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}

/// A flow from a source to a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Where the data comes from: `environment` (a variable), `whole environment`, `decoded literal`, `assembled text` (put together
    /// from numbers), `network`, `hub`, `file`, `credential file`, `stored credential`.
    pub source: &'static str,
    /// Where it goes: `network`, `execution`, `file`, `deserialisation`.
    pub sink: &'static str,
    /// The callee that receives it.
    pub callee: String,
    /// When it runs.
    pub scope: Scope,
    /// Where.
    pub region: Region,
    /// Line, from 1.
    pub line: u32,
}
