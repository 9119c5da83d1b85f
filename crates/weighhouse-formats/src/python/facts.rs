//! What a Python file would do.

use crate::region::Region;

/// One source file (or notebook cell, or TorchScript file).
#[derive(Debug, Default)]
pub struct PythonFacts {
    /// Syntax errors; the parser recovers, so facts hold for the rest.
    pub syntax_errors: Vec<String>,
    /// Imports, at any depth.
    pub imports: Vec<Import>,
    /// Calls of names that resolve outside the file (modules, built-ins), with aliases and constant strings followed.
    pub calls: Vec<PythonCall>,
    /// Constructs that hide what they call from a reader.
    pub dynamic: Vec<Dynamic>,
    /// Data that flows from a source to a sink inside one scope.
    pub flows: Vec<Flow>,
    /// Names of classes and functions defined at module level.
    pub definitions: Vec<String>,
    /// Large or high-entropy string constants: offset and length.
    pub blobs: Vec<Region>,
    /// Whether the file is notebook or shell-magic text that runs commands (`!cmd`, `%%bash`): the commands.
    pub shell_escapes: Vec<(Region, String)>,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Dotted module (`os.path`); relative imports keep their leading dots.
    pub module: String,
    /// Imported name for `from` imports.
    pub name: Option<String>,
    /// Where it stands.
    pub scope: Scope,
    /// Where.
    pub region: Region,
}

/// When a statement runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// When the module is imported: module level, class bodies, decorators, default arguments, comprehensions there.
    Import,
    /// When this function or method is called.
    Function(String),
    /// Only when run as a script (`if __name__ == "__main__"`).
    Main,
}

/// A call of something defined outside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonCall {
    /// Canonical dotted name: `os.system`, `builtins.eval`, `torch.load`.
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
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Keyword, if any.
    pub keyword: Option<String>,
    /// Constant value as Python text, folded (`'a' + 'b'` → `'ab'`), cut to 256 bytes; absent if it is not constant.
    pub value: Option<String>,
}

/// A construct that hides its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dynamic {
    /// What: `computed attribute on a module`, `import of a computed name`, `exec of a computed value`.
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
    /// Where the data comes from: `environment`, `decoded literal`, `network`, `file`, `credential file`.
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
