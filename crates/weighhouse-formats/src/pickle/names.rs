//! Canonical names: what a global is called today, whatever generation of Python wrote it.
//!
//! The tables are those of CPython's `_compat_pickle`, which the loader applies below protocol 3. Above it the loader
//! imports the old name as it stands; there only names that cannot be anyone's own module are mapped.

use super::facts::GlobalName;

/// The canonical name, and the written one where they differ.
pub(super) fn canonical(module: String, name: String, protocol: u8) -> (GlobalName, Option<GlobalName>) {
    let mapped = renamed_object(&module, &name)
        .filter(|_| protocol < 3 || is_unmistakable(&module))
        .map(|(module, name)| (module.to_owned(), name.to_owned()))
        .or_else(|| {
            renamed_module(&module)
                .filter(|_| protocol < 3 || is_unmistakable(&module))
                .map(|new| (new.to_owned(), name.clone()))
        });
    let written = GlobalName { module, name };
    match mapped {
        Some((module, name)) => (GlobalName { module, name }, Some(written)),
        None => (written, None),
    }
}

/// Modules of Python 2 whose names nobody gives to a module of their own.
fn is_unmistakable(module: &str) -> bool {
    matches!(
        module,
        "__builtin__"
            | "copy_reg"
            | "cPickle"
            | "exceptions"
            | "cStringIO"
            | "StringIO"
            | "urllib2"
            | "_winreg"
            | "httplib"
            | "xmlrpclib"
            | "SocketServer"
            | "BaseHTTPServer"
            | "SimpleHTTPServer"
            | "CGIHTTPServer"
    )
}

/// Modules that were renamed.
fn renamed_module(module: &str) -> Option<&'static str> {
    Some(match module {
        "dummy_thread" => "_dummy_thread",
        "markupbase" => "_markupbase",
        "thread" => "_thread",
        "__builtin__" => "builtins",
        "UserDict" | "UserList" | "UserString" => "collections",
        "_abcoll" => "collections.abc",
        "ConfigParser" => "configparser",
        "copy_reg" => "copyreg",
        "anydbm" | "whichdb" => "dbm",
        "dbhash" => "dbm.bsd",
        "dumbdbm" => "dbm.dumb",
        "gdbm" => "dbm.gnu",
        "dbm" => "dbm.ndbm",
        "htmlentitydefs" => "html.entities",
        "HTMLParser" => "html.parser",
        "httplib" => "http.client",
        "cookielib" => "http.cookiejar",
        "Cookie" => "http.cookies",
        "BaseHTTPServer" | "CGIHTTPServer" | "SimpleHTTPServer" => "http.server",
        "StringIO" | "cStringIO" => "io",
        "cPickle" => "pickle",
        "Queue" => "queue",
        "repr" => "reprlib",
        "SocketServer" => "socketserver",
        "commands" => "subprocess",
        "test.test_support" => "test.support",
        "Tkinter" => "tkinter",
        "tkColorChooser" => "tkinter.colorchooser",
        "tkCommonDialog" => "tkinter.commondialog",
        "Tkconstants" => "tkinter.constants",
        "Dialog" => "tkinter.dialog",
        "Tkdnd" => "tkinter.dnd",
        "FileDialog" | "tkFileDialog" => "tkinter.filedialog",
        "tkFont" => "tkinter.font",
        "tkMessageBox" => "tkinter.messagebox",
        "ScrolledText" => "tkinter.scrolledtext",
        "SimpleDialog" | "tkSimpleDialog" => "tkinter.simpledialog",
        "Tix" => "tkinter.tix",
        "ttk" => "tkinter.ttk",
        "urlparse" => "urllib.parse",
        "urllib2" => "urllib.request",
        "robotparser" => "urllib.robotparser",
        "_winreg" => "winreg",
        "_elementtree" => "xml.etree.ElementTree",
        "xmlrpclib" => "xmlrpc.client",
        "DocXMLRPCServer" | "SimpleXMLRPCServer" => "xmlrpc.server",
        _ => return None,
    })
}

/// Objects that moved or were renamed.
fn renamed_object<'n>(module: &'n str, name: &'n str) -> Option<(&'static str, &'n str)> {
    Some(match (module, name) {
        ("UserDict", "UserDict") | ("UserList", "UserList") | ("UserString", "UserString") => {
            ("collections", name)
        }
        ("__builtin__", "reduce") => ("functools", name),
        ("__builtin__", "intern") => ("sys", name),
        ("_multiprocessing", "Connection") => ("multiprocessing.connection", name),
        ("_socket", "fromfd") => ("socket", name),
        ("exceptions", _) if MOVED_EXCEPTIONS.contains(&name) => ("builtins", name),
        ("multiprocessing", "AuthenticationError" | "BufferTooShort" | "ProcessError" | "TimeoutError") => {
            ("multiprocessing.context", name)
        }
        ("multiprocessing.forking", "Popen") => ("multiprocessing.popen_fork", name),
        ("multiprocessing.process", "Process") => ("multiprocessing.context", name),
        ("urllib", "quote_plus" | "quote" | "unquote_plus" | "unquote" | "urlencode") => {
            ("urllib.parse", name)
        }
        ("urllib", _) if MOVED_URLLIB.contains(&name) => ("urllib.request", name),
        ("urllib", "ContentTooShortError") | ("urllib2", "HTTPError" | "URLError") => ("urllib.error", name),
        ("whichdb", "whichdb") => ("dbm", name),
        ("UserDict", "IterableUserDict") => ("collections", "UserDict"),
        ("__builtin__", "long") => ("builtins", "int"),
        ("__builtin__", "unichr") => ("builtins", "chr"),
        ("__builtin__", "unicode" | "basestring") => ("builtins", "str"),
        ("__builtin__", "xrange") => ("builtins", "range"),
        ("exceptions", "StandardError") => ("builtins", "Exception"),
        ("itertools", "ifilter") => ("builtins", "filter"),
        ("itertools", "ifilterfalse") => ("itertools", "filterfalse"),
        ("itertools", "imap") => ("builtins", "map"),
        ("itertools", "izip") => ("builtins", "zip"),
        ("itertools", "izip_longest") => ("itertools", "zip_longest"),
        ("socket", "_socketobject") => ("socket", "SocketType"),
        _ => return None,
    })
}

/// Names that moved from `exceptions` to `builtins`.
const MOVED_EXCEPTIONS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BufferError",
    "BytesWarning",
    "DeprecationWarning",
    "EOFError",
    "EnvironmentError",
    "Exception",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "ReferenceError",
    "RuntimeError",
    "RuntimeWarning",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
];
/// Names that moved from `urllib` to `urllib.request`.
const MOVED_URLLIB: &[&str] =
    &["getproxies", "pathname2url", "url2pathname", "urlcleanup", "urlopen", "urlretrieve"];
