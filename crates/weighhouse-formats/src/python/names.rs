//! Names and their canonical forms: built-ins, modules that are known without an import, modules with several names.

/// Built-in functions without effects, whose calls are not recorded.
const HARMLESS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "complex",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
    "BaseException",
    "Exception",
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "EOFError",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "ImportError",
    "IndexError",
    "IOError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PermissionError",
    "RecursionError",
    "ReferenceError",
    "RuntimeError",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SystemError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "ValueError",
    "ZeroDivisionError",
    "ConnectionError",
    "Warning",
    "UserWarning",
    "DeprecationWarning",
    "FutureWarning",
    "RuntimeWarning",
    "aiter",
    "anext",
    "DeprecationWarning",
    "PendingDeprecationWarning",
    "ImportWarning",
    "UnicodeWarning",
    "BrokenPipeError",
];

/// Built-in functions whose calls are recorded.
const EFFECTIVE: &[&str] = &[
    "__build_class__",
    "__import__",
    "breakpoint",
    "compile",
    "delattr",
    "dir",
    "eval",
    "exec",
    "execfile",
    "exit",
    "globals",
    "help",
    "input",
    "locals",
    "open",
    "quit",
    "raw_input",
    "reload",
    "setattr",
    "vars",
    "SystemExit",
    "copyright",
    "credits",
    "license",
    "unicode",
    "apply",
    "file",
];

/// Modules that are resolved even where nothing imports them: decoded code runs in the scope of its caller, and TorchScript
/// has its names built in.
const ASSUMED: &[&str] = &[
    "os",
    "sys",
    "subprocess",
    "socket",
    "shutil",
    "ctypes",
    "pickle",
    "marshal",
    "builtins",
    "importlib",
    "requests",
    "urllib",
    "base64",
    "runpy",
    "pty",
    "posix",
    "nt",
    "torch",
    "ops",
    "__torch__",
    "get_ipython",
    "zlib",
    "codecs",
    "tempfile",
];

/// Modules of the standard library that give power over the machine: reaching into them by a computed name hides an act.
const POWERFUL: &[&str] = &[
    "os",
    "sys",
    "builtins",
    "subprocess",
    "importlib",
    "ctypes",
    "socket",
    "shutil",
    "pickle",
    "marshal",
    "runpy",
    "pty",
    "code",
    "codeop",
    "types",
    "inspect",
    "gc",
    "multiprocessing",
    "threading",
    "signal",
    "asyncio",
    "urllib",
    "http",
    "ftplib",
    "smtplib",
    "telnetlib",
    "webbrowser",
    "platform",
    "site",
    "imp",
    "commands",
    "popen2",
    "cffi",
    "requests",
    "httpx",
];

pub(super) fn is_builtin(name: &str) -> bool {
    HARMLESS.contains(&name) || EFFECTIVE.contains(&name)
}

pub(super) fn is_harmless(callee: &str) -> bool {
    callee.strip_prefix("builtins.").is_some_and(|name| HARMLESS.contains(&name))
}

pub(super) fn is_assumed(name: &str) -> bool {
    ASSUMED.contains(&name)
}

pub(super) fn is_powerful(path: &str) -> bool {
    let top = path.split('.').next().unwrap_or(path);
    POWERFUL.contains(&top)
}

/// Modules that other modules import and so carry as attributes: `torch.serialization.os.system` is `os.system`.
const CARRIED: &[&str] = &[
    "os",
    "_os",
    "sys",
    "_sys",
    "subprocess",
    "builtins",
    "__builtins__",
    "importlib",
    "shutil",
    "ctypes",
    "socket",
    "posix",
    "nt",
    "pty",
    "runpy",
    "marshal",
];

/// Modules with two names.
const PREFIXES: &[(&str, &str)] = &[
    ("_os", "os"),
    ("_sys", "sys"),
    ("posix", "os"),
    ("nt", "os"),
    ("posixpath", "os.path"),
    ("ntpath", "os.path"),
    ("_pickle", "pickle"),
    ("cPickle", "pickle"),
    ("_io", "io"),
    ("__builtins__", "builtins"),
    ("__builtin__", "builtins"),
    ("_socket", "socket"),
    ("_posixsubprocess", "_posixsubprocess"),
    ("importlib._bootstrap", "importlib"),
    ("_ctypes", "ctypes"),
    ("six.moves.urllib", "urllib"),
    ("_codecs", "codecs"),
    ("_operator", "operator"),
    ("_functools", "functools"),
    ("_thread", "_thread"),
    ("past.builtins", "builtins"),
    ("torch.serialization.pickle", "pickle"),
    ("pickle._", "pickle."),
];

/// The one name of a thing that has several: `posix.system`, `os.sys.modules`, `_pickle.loads`, `six.moves.builtins.exec`.
pub(super) fn canonical(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('.').collect();
    // `socket.socket` is a class of its module; `shutil.os` is another module.
    let carried = (1..parts.len()).rev().find(|at| {
        let part = parts.get(*at);
        part.is_some_and(|part| CARRIED.contains(part)) && part != parts.get(at.wrapping_sub(1))
    });
    if let Some(at) = carried.filter(|_| !name.starts_with('.')) {
        parts.drain(..at);
    }
    let mut joined = parts.join(".");
    for (from, to) in PREFIXES {
        if let Some(rest) = joined.strip_prefix(from)
            && (rest.is_empty() || rest.starts_with('.') || from.ends_with('_'))
        {
            joined = format!("{to}{rest}");
            break;
        }
    }
    match joined.as_str() {
        "io.open" | "io.open_code" | "os.fdopen" => "builtins.open".to_owned(),
        "importlib.__import__" => "builtins.__import__".to_owned(),
        "six.exec_" => "builtins.exec".to_owned(),
        "operator.call" | "operator.__call__" => "operator.call".to_owned(),
        _ => joined,
    }
}
