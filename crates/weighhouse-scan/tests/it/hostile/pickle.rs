//! Pickles: every way to reach a callable and every opcode that runs it, in every protocol.
//!
//! Classes 1, 2, 3, 9 and 10 of what is publicly known to pass scanners: incomplete deny lists, resolvers, submodules and
//! dotted names, operands that are not next to their opcode, effects whose result is dropped.

use weighhouse_formats::build::pickle::Assembler;

use crate::attack::{Sample, assert_seen};

/// Callables that run something, resolve names, open files or sockets, or build code: known and obscure, old and new.
pub(super) const CALLABLES: &[(&str, &str)] = &[
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("os", "popen"),
    ("os", "execv"),
    ("os", "posix_spawn"),
    ("os", "remove"),
    ("subprocess", "Popen"),
    ("_subprocess", "CreateProcess"),
    ("allennlp.common.params", "Params.from_file"),
    ("cv2", "VideoCapture"),
    ("netCDF4", "Dataset"),
    ("serial", "Serial"),
    ("distributed", "Client"),
    ("Pyro4", "Proxy"),
    ("coverage", "Coverage"),
    ("open_clip", "create_model"),
    ("omegaconf", "OmegaConf.register_new_resolver"),
    ("matplotlib.texmanager", "TexManager"),
    ("subprocess", "check_output"),
    ("commands", "getoutput"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "compile"),
    ("builtins", "getattr"),
    ("builtins", "__import__"),
    ("builtins", "open"),
    ("builtins", "map"),
    ("builtins", "breakpoint"),
    ("builtins", "print"),
    ("__builtin__", "eval"),
    ("__builtin__", "execfile"),
    ("__builtin__", "apply"),
    ("__builtin__", "file"),
    ("exceptions", "eval"),
    ("importlib", "import_module"),
    ("importlib.util", "spec_from_file_location"),
    ("runpy", "run_path"),
    ("runpy", "_run_code"),
    ("pty", "spawn"),
    ("code", "InteractiveInterpreter"),
    ("codeop", "compile_command"),
    ("cProfile", "runctx"),
    ("profile", "run"),
    ("timeit", "timeit"),
    ("trace", "Trace.run"),
    ("doctest", "debug_script"),
    ("pdb", "run"),
    ("bdb", "Bdb.run"),
    ("operator", "attrgetter"),
    ("operator", "methodcaller"),
    ("_operator", "itemgetter"),
    ("functools", "partial"),
    ("functools", "reduce"),
    ("_functools", "partial"),
    ("itertools", "starmap"),
    ("types", "CodeType"),
    ("types", "FunctionType"),
    ("marshal", "loads"),
    ("pickle", "loads"),
    ("_pickle", "loads"),
    ("cPickle", "loads"),
    ("pickle", "Unpickler"),
    ("shelve", "open"),
    ("dill", "loads"),
    ("dill._dill", "_create_function"),
    ("cloudpickle.cloudpickle", "_builtin_type"),
    ("cloudpickle", "loads"),
    ("joblib", "load"),
    ("numpy", "load"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "myeval"),
    ("numpy.f2py.diagnose", "run_command"),
    ("numpy.distutils.exec_command", "exec_command"),
    ("torch", "load"),
    ("torch.hub", "load"),
    ("torch.jit", "load"),
    ("torch.utils.cpp_extension", "load"),
    ("torch.utils.cpp_extension", "load_inline"),
    ("torch.fx.graph_module", "reduce_graph_module"),
    ("torch._dynamo.guards", "GuardBuilder.get"),
    ("torch.utils._config_module", "load_config"),
    ("torch.utils.collect_env", "run"),
    ("torch.serialization", "os.system"),
    ("torch.serialization", "load"),
    ("torch", "jit.os.system"),
    ("torch._utils", "sys.modules"),
    ("collections", "abc.sys"),
    ("collections", "_sys.modules"),
    ("collections", "namedtuple"),
    ("numpy", "os.system"),
    ("numpy.core.multiarray", "os.popen"),
    ("sklearn.utils", "os.system"),
    ("pandas", "read_pickle"),
    ("pandas", "eval"),
    ("pandas.core.computation.eval", "eval"),
    ("scipy.io", "loadmat"),
    ("sympy", "sympify"),
    ("tensorflow", "keras.models.load_model"),
    ("keras.models", "load_model"),
    ("webbrowser", "open"),
    ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    ("multiprocessing.util", "spawnv_passfds"),
    ("multiprocessing.popen_fork", "Popen"),
    ("socket", "create_connection"),
    ("urllib.request", "urlopen"),
    ("urllib2", "urlopen"),
    ("http.client", "HTTPSConnection"),
    ("httplib", "HTTPConnection"),
    ("requests", "get"),
    ("requests.api", "post"),
    ("ssl", "get_server_certificate"),
    ("smtplib", "SMTP"),
    ("ftplib", "FTP"),
    ("imaplib", "IMAP4_stream"),
    ("shutil", "rmtree"),
    ("shutil", "copyfile"),
    ("tempfile", "mktemp"),
    ("pathlib", "Path.write_text"),
    ("io", "open_code"),
    ("_io", "FileIO"),
    ("io", "FileIO"),
    ("ctypes", "CDLL"),
    ("ctypes.util", "find_library"),
    ("_ctypes", "dlopen"),
    ("cffi", "FFI"),
    ("sqlite3", "connect"),
    ("logging.config", "fileConfig"),
    ("logging.config", "_resolve"),
    ("logging.config", "_install_handlers"),
    ("pkgutil", "resolve_name"),
    ("pydoc", "pipepager"),
    ("pydoc", "locate"),
    ("ensurepip", "_run_pip"),
    ("pip", "main"),
    ("pip._internal", "main"),
    ("venv", "create"),
    ("zipimport", "zipimporter"),
    ("imp", "load_source"),
    ("site", "addsitedir"),
    ("sys", "setprofile"),
    ("sys", "exit"),
    ("signal", "signal"),
    ("atexit", "register"),
    ("threading", "Thread"),
    ("_thread", "start_new_thread"),
    ("thread", "start_new_thread"),
    ("concurrent.futures.process", "ProcessPoolExecutor"),
    ("xmlrpc.client", "ServerProxy"),
    ("lib2to3.pgen2.grammar", "Grammar.loads"),
    ("lib2to3.pgen2.pgen", "ParserGenerator.make_label"),
    ("idlelib.pyshell", "ModifiedInterpreter.runcode"),
    ("idlelib.debugobj", "ObjectTreeItem.SetText"),
    ("idlelib.run", "Executive.runcode"),
    ("distutils.spawn", "spawn"),
    ("distutils.file_util", "write_file"),
    ("setuptools", "setup"),
    ("platform", "popen"),
    ("linecache", "updatecache"),
    ("test.support.script_helper", "assert_python_ok"),
    ("unittest.mock", "_importer"),
    ("turtle", "config_dict"),
    ("uuid", "_get_command_stdout"),
    ("_osx_support", "_read_output"),
    ("_aix_support", "_read_cmd_output"),
    ("_pyrepl.pager", "pipe_pager"),
    ("_testcapi", "run_in_subinterp"),
    ("_xxsubinterpreters", "run_string"),
    ("gc", "get_objects"),
    ("inspect", "getattr_static"),
    ("weakref", "finalize"),
    ("string", "Formatter.get_field"),
    ("copyreg", "add_extension"),
    ("copy_reg", "pickle"),
    ("nonesuch.eval_it", "eval"),
    ("anything.utils", "run_command"),
];

fn title(what: &str, (module, name): (&str, &str), protocol: u8) -> String {
    format!("{what} {module}:{name} in protocol {protocol}")
}

fn each(make: impl Fn((&'static str, &'static str), u8) -> (&'static str, Vec<u8>)) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (index, callable) in CALLABLES.iter().enumerate() {
        // Two protocols for each callable, all protocols over the list.
        for protocol in [index as u8 % 6, (index as u8 + 3) % 6] {
            let (what, bytes) = make(*callable, protocol);
            samples.push(Sample::new(title(what, *callable, protocol), "model.pkl", bytes));
        }
    }
    samples
}

#[test]
fn any_callable_called_by_reduce() {
    assert_seen("REDUCE", &each(|(m, n), p| ("REDUCE", Assembler::new(p).reduce(m, n, &["id"]).finish())));
}

#[test]
fn any_callable_only_imported_or_stored() {
    // Nothing is called here; the loader's caller or a later object will.
    assert_seen("import", &each(|(m, n), p| ("import", Assembler::new(p).import(m, n).finish())));
}

#[test]
fn any_callable_by_every_calling_opcode() {
    type Make = fn(Assembler, &str, &str) -> Assembler;
    const WAYS: &[(&str, Make)] = &[
        ("INST", |a, m, n| a.mark().text("id").inst(m, n)),
        ("OBJ", |a, m, n| a.mark().import(m, n).text("id").obj()),
        ("NEWOBJ", |a, m, n| a.import(m, n).text("id").tuple1().newobj()),
        ("NEWOBJ_EX", |a, m, n| a.import(m, n).text("id").tuple1().empty_dict().newobj_ex()),
        ("REDUCE of a memoised callable", |a, m, n| {
            a.import(m, n).put(0).pop().get(0).text("id").tuple1().reduce_opcode()
        }),
        ("REDUCE of a far memo slot", |a, m, n| {
            a.import(m, n).put(70_000).pop().get(70_000).text("id").tuple1().reduce_opcode()
        }),
        ("REDUCE of a duplicate", |a, m, n| a.import(m, n).dup().text("id").tuple1().reduce_opcode()),
        ("REDUCE and drop", |a, m, n| a.import(m, n).text("id").tuple1().reduce_opcode().pop().none()),
        ("REDUCE below a mark that is dropped", |a, m, n| {
            a.mark().import(m, n).text("id").tuple1().reduce_opcode().pop_mark().none()
        }),
        ("REDUCE and BUILD", |a, m, n| {
            a.import(m, n).text("id").tuple1().reduce_opcode().empty_dict().build()
        }),
        ("REDUCE inside a list", |a, m, n| {
            a.empty_list().mark().import(m, n).text("id").tuple1().reduce_opcode().appends()
        }),
        ("REDUCE as a key", |a, m, n| {
            a.empty_dict().import(m, n).text("id").tuple1().reduce_opcode().none().setitem()
        }),
        ("REDUCE inside a tuple of arguments", |a, m, n| {
            a.import("collections", "OrderedDict")
                .import(m, n)
                .text("id")
                .tuple1()
                .reduce_opcode()
                .tuple1()
                .reduce_opcode()
        }),
        ("REDUCE as persistent id", |a, m, n| a.import(m, n).text("id").tuple1().reduce_opcode().binpersid()),
        ("callable as value of a dictionary", |a, m, n| a.empty_dict().text("x").import(m, n).setitem()),
        ("callable as state", |a, m, n| {
            a.import("collections", "OrderedDict").empty_tuple().reduce_opcode().import(m, n).build()
        }),
        ("callable as default factory", |a, m, n| {
            a.import("collections", "defaultdict").import(m, n).tuple1().reduce_opcode()
        }),
        ("callable through a list taken apart", |a, m, n| {
            a.mark().import(m, n).text("id").tuple1().reduce_opcode().list()
        }),
        ("callable written by GLOBAL", |a, m, n| a.global(m, n).text("id").tuple1().reduce_opcode()),
        ("BUILD of a callable itself", |a, m, n| {
            a.import(m, n).empty_dict().text("__call__").text("x").setitem().build()
        }),
        ("APPENDS to a callable's result", |a, m, n| {
            a.import(m, n).empty_tuple().reduce_opcode().mark().text("id").appends()
        }),
        ("SETITEMS on a callable's result", |a, m, n| {
            a.import(m, n).empty_tuple().reduce_opcode().mark().text("k").text("id").setitems()
        }),
        ("ADDITEMS to a callable's result", |a, m, n| {
            a.import(m, n).empty_tuple().newobj().mark().text("id").additems()
        }),
    ];
    const SOME: &[(&str, &str)] = &[
        ("os", "system"),
        ("builtins", "eval"),
        ("__builtin__", "apply"),
        ("subprocess", "Popen"),
        ("torch.serialization", "os.system"),
        ("pydoc", "locate"),
    ];
    let mut samples = Vec::new();
    for (what, make) in WAYS {
        for (index, callable) in SOME.iter().enumerate() {
            for protocol in [index as u8 % 6, (index as u8 + 2) % 6, (index as u8 + 4) % 6] {
                let bytes = make(Assembler::new(protocol), callable.0, callable.1).finish();
                samples.push(Sample::new(title(what, *callable, protocol), "model.pkl", bytes));
            }
        }
    }
    assert_seen("opcodes", &samples);
}

#[test]
fn operands_of_stack_global_that_are_not_next_to_it() {
    let call = |a: Assembler| a.stack_global_opcode().text("id").tuple1().reduce_opcode().finish();
    let at = || Assembler::new(4);
    let samples = vec![
        ("memo", call(at().text("os").memoize().pop().text("system").memoize().pop().get(0).get(1))),
        (
            "memo, overwritten",
            call(at().text("math").put(0).pop().text("os").put(0).pop().get(0).text("system")),
        ),
        (
            "explicit put after memoize",
            call(at().text("x").memoize().pop().text("os").put(0).pop().get(0).text("system")),
        ),
        ("duplicate", call(at().text("os").dup().pop().text("system"))),
        ("pop between", call(at().text("os").text("math").pop().text("system"))),
        ("pop mark between", call(at().text("os").mark().text("math").text("x").pop_mark().text("system"))),
        ("junk before", call(at().text("collections").text("OrderedDict").text("os").text("system"))),
        ("BINUNICODE8", call(at().binunicode8("os").binunicode8("system"))),
        ("BINUNICODE", call(at().binunicode("os").binunicode("system"))),
        ("UNICODE", call(at().unicode_line("os").unicode_line("system"))),
        ("UNICODE with escapes", call(at().raw(b"V\\u006fs\nVsyste\\u006d\n"))),
        ("STRING", call(at().string_line("os").string_line("system"))),
        ("STRING with escapes", call(at().raw(b"S'\\x6f\\163'\nS\"s\\x79stem\"\n"))),
        ("BINSTRING", call(at().binstring(b"os").binstring(b"system"))),
        ("tuple in between", call(at().text("os").text("system").tuple2().pop().text("os").text("system"))),
        ("a number", call(at().int(5).text("system"))),
        ("bytes", call(at().bytes(b"os").bytes(b"system"))),
        ("nothing at all", call(at())),
        (
            "a result of a call",
            call(at().import("builtins", "str").text("os").tuple1().reduce_opcode().text("system")),
        ),
        (
            "a result of _codecs.encode",
            call(
                at().global("_codecs", "encode")
                    .text("os")
                    .text("rot13")
                    .tuple2()
                    .reduce_opcode()
                    .text("system"),
            ),
        ),
        (
            "an instance of str",
            call(at().import("builtins", "str").text("os").tuple1().newobj().text("system")),
        ),
        ("a persistent id", call(at().text("os").binpersid().text("system"))),
        ("an element of a list", call(at().empty_list().text("os").append().text("system"))),
        ("frames in between", call(at().frame(4).text("os").frame(8).text("system"))),
        ("a frame that ends within the operand", call(at().frame(1).text("os").text("system"))),
    ];
    let samples: Vec<Sample> =
        samples.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect();
    assert_seen("operands", &samples);
}

#[test]
fn names_written_oddly() {
    const NAMES: &[(&str, &str)] = &[
        ("os.path", "os.system"),
        ("os.path", "__builtins__"),
        ("posixpath", "os.system"),
        ("ntpath", "os.popen"),
        ("genericpath", "os.system"),
        ("os ", "system"),
        (" os", "system"),
        ("os\t", "system"),
        ("os\r", "system"),
        ("OS", "system"),
        ("", "system"),
        ("os", ""),
        ("", ""),
        (".", "."),
        ("os.", "system"),
        (".os", "system"),
        ("..os", "system"),
        ("os/../os", "system"),
        ("builtins", "object.__subclasses__"),
        ("builtins", "dict.__init__.__globals__"),
        ("builtins", "__dict__"),
        ("collections", "OrderedDict.__init__.__globals__"),
        ("collections", "OrderedDict.__reduce__"),
        ("numpy", "ndarray.__class__.__base__"),
        ("torch", "nn.Module.__init__.__globals__"),
        ("torch", "storage.io.open"),
        ("torch.nn.modules.module", "warnings.sys.modules"),
        ("torch._tensor", "os.environ.get"),
        ("collections.abc", "sys.exit"),
        ("\u{43e}s", "system"),
        ("o\u{17f}", "system"),
        ("\u{ff4f}\u{ff53}", "system"),
        ("os", "sy\u{17f}tem"),
        ("os", "\u{1d42c}ystem"),
        ("o\u{200b}s", "system"),
        ("\u{feff}os", "system"),
        ("builtins", "e\u{ff56}al"),
        ("\u{202e}so", "system"),
        ("torch", "L\u{ff4f}ng"),
        ("__main__", "__builtins__.eval"),
        ("__main__", "os.system"),
        ("__mp_main__", "eval"),
        ("sklearn.externals.joblib", "load"),
        ("numpy.lib.npyio", "load"),
        ("torch.jit._serialization", "load"),
        ("torch.distributed.rpc.internal", "_run_function"),
        ("torch.package", "PackageImporter"),
        ("torch.multiprocessing.spawn", "spawn"),
        ("torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    ];
    let mut samples = Vec::new();
    for name in NAMES {
        for protocol in [0, 2, 4] {
            let bytes = Assembler::new(protocol).reduce(name.0, name.1, &["id"]).finish();
            samples.push(Sample::new(title("odd name", *name, protocol), "model.pkl", bytes));
        }
    }
    assert_seen("names", &samples);
}

#[test]
fn allowed_names_put_to_another_use() {
    let at = Assembler::new;
    let samples = vec![
        (
            "patching a class",
            at(2)
                .global("collections", "OrderedDict")
                .empty_dict()
                .text("__setstate__")
                .none()
                .setitem()
                .build()
                .finish(),
        ),
        (
            "patching a class through slots",
            at(2)
                .global("collections", "OrderedDict")
                .none()
                .empty_dict()
                .text("update")
                .none()
                .setitem()
                .tuple2()
                .build()
                .finish(),
        ),
        (
            "patching a tensor class",
            at(4)
                .import("torch", "FloatStorage")
                .empty_dict()
                .text("__reduce__")
                .none()
                .setitem()
                .build()
                .finish(),
        ),
        (
            "patching a module class",
            at(2)
                .global("torch.nn.modules.linear", "Linear")
                .empty_dict()
                .text("forward")
                .none()
                .setitem()
                .build()
                .finish(),
        ),
        (
            "getattr through a reconstructor",
            at(2)
                .global("copy_reg", "_reconstructor")
                .global("os", "system")
                .global("__builtin__", "object")
                .none()
                .tuple3()
                .reduce_opcode()
                .finish(),
        ),
        (
            "reconstructor with a strange base",
            at(2)
                .global("copy_reg", "_reconstructor")
                .global("collections", "OrderedDict")
                .global("types", "FunctionType")
                .none()
                .tuple3()
                .reduce_opcode()
                .finish(),
        ),
        ("codec that runs", at(2).reduce("_codecs", "encode", &["YQ==", "base64_codec"]).finish()),
        ("codec by a name of its own", at(2).reduce("_codecs", "encode", &["YQ==", "evil_codec"]).finish()),
        ("decode", at(2).reduce("_codecs", "decode", &["YQ==", "base64"]).finish()),
        (
            "register a codec",
            at(2).global("_codecs", "register").global("os", "system").tuple1().reduce_opcode().finish(),
        ),
        ("extension code", at(2).extension(1).empty_tuple().reduce_opcode().finish()),
        ("extension code 2", at(2).extension(300).empty_tuple().reduce_opcode().finish()),
        ("extension code 4", at(2).extension(70_000).empty_tuple().reduce_opcode().finish()),
        (
            "calling a persistent object",
            at(2).text("evil").binpersid().text("id").tuple1().reduce_opcode().finish(),
        ),
        (
            "calling a text persistent object",
            at(0).persid("evil").mark().text("id").tuple().reduce_opcode().finish(),
        ),
        (
            "calling an instance",
            at(2)
                .global("collections", "OrderedDict")
                .empty_tuple()
                .reduce_opcode()
                .text("id")
                .tuple1()
                .reduce_opcode()
                .finish(),
        ),
        (
            "calling a result of a call",
            at(2)
                .global("operator", "attrgetter")
                .text("system")
                .tuple1()
                .reduce_opcode()
                .global("os", "path")
                .tuple1()
                .reduce_opcode()
                .text("id")
                .tuple1()
                .reduce_opcode()
                .finish(),
        ),
        ("calling a list", at(2).empty_list().text("id").tuple1().reduce_opcode().finish()),
        ("calling a text", at(2).text("os.system").text("id").tuple1().reduce_opcode().finish()),
        ("calling an unset memo slot", at(2).get(7).text("id").tuple1().reduce_opcode().finish()),
        (
            "default factory that opens",
            at(2)
                .global("collections", "defaultdict")
                .global("__builtin__", "open")
                .tuple1()
                .reduce_opcode()
                .finish(),
        ),
        (
            "getattr of getattr",
            at(4)
                .import("builtins", "getattr")
                .import("builtins", "__dict__")
                .text("eval")
                .tuple2()
                .reduce_opcode()
                .text("1")
                .tuple1()
                .reduce_opcode()
                .finish(),
        ),
        (
            "load from bytes of nothing known",
            at(3)
                .global("torch.storage", "_load_from_bytes")
                .global("collections", "OrderedDict")
                .empty_tuple()
                .reduce_opcode()
                .tuple1()
                .reduce_opcode()
                .finish(),
        ),
        ("next buffer called", at(5).next_buffer().text("id").tuple1().reduce_opcode().finish()),
        (
            "state on a hostile class",
            at(2).global("logging", "Handler").empty_tuple().newobj().empty_dict().build().finish(),
        ),
        (
            "set items on a hostile class",
            at(2)
                .global("os", "_Environ")
                .empty_tuple()
                .newobj()
                .mark()
                .text("LD_PRELOAD")
                .text("x.so")
                .setitems()
                .finish(),
        ),
        (
            "os.environ filled",
            at(2).global("os", "environ").mark().text("LD_PRELOAD").text("x.so").setitems().finish(),
        ),
        ("sys.modules filled", at(2).global("sys", "modules").text("os").none().setitem().finish()),
        ("sys.path filled", at(2).global("sys", "path").text("/tmp").append().finish()),
        (
            "an allowed class filled itself",
            at(2).global("collections", "OrderedDict").text("k").none().setitem().finish(),
        ),
    ];
    let samples: Vec<Sample> =
        samples.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect();
    assert_seen("uses", &samples);
}

/// Tensors that reach beyond their storage, containers that multiply, arrays out of files elsewhere.
#[test]
fn numbers_and_names_that_harm() {
    let tower = |tuples: bool| {
        let mut stream = Assembler::new(4).empty_list().memoize();
        for level in 0..30 {
            stream = if tuples { stream.mark() } else { stream.empty_list().memoize().mark() };
            stream = stream.get(level).get(level).get(level);
            stream = if tuples { stream.tuple().memoize() } else { stream.appends() };
        }
        stream.finish()
    };
    let view = |offset: i32, shape: i32, stride: i32| {
        let storage = Assembler::new(2).import("torch._utils", "_rebuild_tensor_v2").mark().mark();
        let storage = storage.text("storage").import("torch", "FloatStorage").text("0").text("cpu").int(4);
        let view =
            storage.tuple().binpersid().int(offset).mark().int(shape).tuple().mark().int(stride).tuple();
        view.new_false().import("collections", "OrderedDict").empty_tuple().reduce_opcode().tuple()
    };
    let wrapper = |file: &str| {
        let wrapper = Assembler::new(2).import("joblib.numpy_pickle_compat", "NDArrayWrapper").empty_tuple();
        wrapper.newobj().empty_dict().mark().text("filename").text(file).setitems().build().finish()
    };
    // Dictionaries that keep their order, each of which holds the one before three times.
    let ordered = (0..30).fold(Assembler::new(4).empty_list().memoize(), |stream, level| {
        let stream = stream.import("collections", "OrderedDict").empty_tuple().reduce_opcode().put(level + 1);
        (0..3).fold(stream.mark(), |stream, key| stream.int(key).get(level)).setitems()
    });
    let shaped = Assembler::new(2).import("torch._utils", "_rebuild_tensor_v2").mark().mark();
    let shaped = shaped.text("storage").import("torch", "FloatStorage").text("0").text("cpu").int(4).tuple();
    let shaped = shaped.binpersid().int(0).import("torch", "Size").int(1 << 30).tuple1().tuple1();
    let shaped = shaped.reduce_opcode().int(1).tuple1().new_false().import("collections", "OrderedDict");
    let shaped = shaped.empty_tuple().reduce_opcode().tuple().reduce_opcode();
    let samples = vec![
        Sample::new("dictionaries that multiply", "m.pkl", ordered.finish()),
        Sample::new("a shape of PyTorch's own class", "m.pkl", shaped.finish()),
        Sample::new(
            "a private function with a text",
            "m.pkl",
            Assembler::new(4).reduce("acme.cbook", "_get_data_path", &["id"]).finish(),
        ),
        Sample::new(
            "a function of the script with a text",
            "m.pkl",
            Assembler::new(4).reduce("__main__", "evil", &["id"]).finish(),
        ),
        Sample::new(
            "a namespace with a text",
            "m.pkl",
            Assembler::new(4).reduce("types", "SimpleNamespace", &["id"]).finish(),
        ),
        Sample::new(
            "an internal by its key",
            "m.pkl",
            Assembler::new(4).reduce("operator", "itemgetter", &["__builtins__"]).finish(),
        ),
        Sample::new("lists that multiply", "m.pkl", tower(false)),
        Sample::new("tuples that multiply", "m.pkl", tower(true)),
        Sample::new("far offset", "m.pkl", view(1 << 30, 1, 1).reduce_opcode().finish()),
        Sample::new("large shape", "m.pkl", view(0, 1 << 30, 1).reduce_opcode().finish()),
        Sample::new("large stride", "m.pkl", view(0, 4, 1 << 20).reduce_opcode().finish()),
        Sample::new("negative offset", "m.pkl", view(-4, 1, 1).reduce_opcode().finish()),
        Sample::new("array of a parent folder", "m.joblib", wrapper("../../x.npy")),
        Sample::new("array of the system", "m.joblib", wrapper("/etc/x.npy")),
    ];
    assert_seen("numbers and names", &samples);
}
