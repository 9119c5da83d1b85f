use std::cmp::Ordering;

use weighhouse_formats::pickle::{Call, CallOpcode, GlobalName, Shape, Uses};

use super::globals::{Role, texts};
use super::table::Table;
use super::{Arguments, Entry, Globals, Judgement, Tier, acts, digest, is_function, reaches_out};

fn global(module: &str, name: &str) -> GlobalName {
    GlobalName { module: module.into(), name: name.into() }
}

fn called() -> Uses {
    Uses { called: true, ..Uses::default() }
}

fn judge(module: &str, name: &str, uses: Uses) -> Judgement {
    Globals::judge(&global(module, name), &uses)
}

fn is_dangerous(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Dangerous { .. } | Judgement::DottedEscape { .. })
}

#[test]
fn every_text_is_ascii_sorted_unique_and_ends_in_a_line_feed() {
    for (name, text) in texts() {
        assert!(text.is_ascii() && text.ends_with('\n'), "{name}");
        let lines: Vec<&str> = Table::new(text).lines().collect();
        let key = |line: &str| {
            line.split('\t')
                .take(if lines[0].matches('\t').count() == 5 { 2 } else { 1 })
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for pair in lines.windows(2) {
            assert_eq!(
                key(pair[0]).cmp(&key(pair[1])),
                Ordering::Less,
                "{name}: `{}` before `{}`",
                pair[0],
                pair[1]
            );
        }
    }
}

#[test]
fn every_line_of_every_allow_list_is_an_entry_that_is_found_again() {
    let lines: usize = texts()
        .filter(|(_, text)| text.contains("roles, arguments, tier"))
        .map(|(_, text)| Table::new(text).lines().count())
        .sum();
    let entries: Vec<Entry> = Globals::entries().collect();
    assert_eq!(entries.len(), lines, "a line does not parse");
    assert!(entries.len() > 4000, "{}", entries.len());
    for entry in entries {
        let found = Globals::entry(&global(entry.module, entry.name)).map(|found| (found.module, found.name));
        assert_eq!(found, Some((entry.module, entry.name)));
        assert!(entry.reason.len() > 5, "{entry:?}");
    }
}

#[test]
fn no_name_is_on_two_allow_lists() {
    let mut names: Vec<_> = Globals::entries().map(|entry| (entry.module, entry.name)).collect();
    names.sort_unstable();
    let double: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(double.is_empty(), "{double:?}");
}

#[test]
fn no_entry_resolves_names_runs_loads_or_compiles() {
    let words = [
        "getattr",
        "setattr",
        "import",
        "eval",
        "exec",
        "compile",
        "load",
        "open",
        "system",
        "popen",
        "spawn",
        "partial",
        "getter",
        "caller",
        "loads",
        "run",
        "fetch",
        "download",
        "hook",
        "read",
        "from_file",
        "memmap",
        "call",
    ];
    // Read one by one: what they do is in the reason of their entry.
    let reviewed = [
        "_compile",
        "_load_from_bytes",
        "_load_type",
        "_call_linear_np",
        "compile",
        "itemgetter",
        "run_end_encoded",
    ];
    for entry in Globals::entries().filter(|entry| entry.roles.has(Role::Call)) {
        if reviewed.contains(&entry.name) {
            continue;
        }
        let parts = entry.name.split('_').map(str::to_ascii_lowercase);
        for part in parts {
            assert!(!words.contains(&part.as_str()), "{}.{} may be called", entry.module, entry.name);
        }
    }
}

#[test]
fn callables_with_a_condition_keep_it_and_cannot_be_passed_around_it() {
    for entry in Globals::entries().filter(|entry| {
        matches!(
            entry.arguments,
            Arguments::NestedPickle
                | Arguments::Constructs
                | Arguments::CreatesArray
                | Arguments::PlainBase
                | Arguments::Text
        )
    }) {
        assert!(
            !entry.roles.has(Role::Import),
            "{}.{}: whoever receives it calls it without the condition",
            entry.module,
            entry.name
        );
    }
}

#[test]
fn no_entry_has_a_wildcard_or_a_dotted_name_beyond_a_listed_class() {
    for entry in Globals::entries() {
        assert!(
            !entry.module.contains(['*', ' ', '/']) && !entry.name.contains(['*', ' ', '<']),
            "{entry:?}"
        );
        // An enumeration within a class is called with the value of a member, whatever may be done with the class around it.
        let enumeration = entry.reason == "member of an enumeration" && entry.arguments == Arguments::Plain;
        if let Some((class, _)) = entry.name.rsplit_once('.').filter(|_| !enumeration) {
            assert!(
                Globals::entry(&global(entry.module, class)).is_some(),
                "{}.{}: its class is not listed",
                entry.module,
                entry.name
            );
        }
    }
}

#[test]
fn no_entry_lies_in_a_dangerous_module_unless_read_one_by_one() {
    let reviewed = [
        "operator",
        "_io",
        "io",
        "types",
        "itertools",
        "uuid",
        "logging",
        "dill._dill",
        "torch.jit._pickle",
        "torch.serialization",
    ];
    let values = [
        ("inspect", "Parameter"),
        ("inspect", "Signature"),
        ("inspect", "_ParameterKind"),
        ("inspect", "_empty"),
        ("http", "HTTPStatus"),
        ("os", "stat_result"),
        ("signal", "Handlers"),
        ("sklearn.datasets.base", "Bunch"),
        ("signal", "Signals"),
        ("urllib.parse", "ParseResult"),
        ("urllib.parse", "ParseResultBytes"),
        ("urllib.parse", "SplitResult"),
        ("urllib.parse", "SplitResultBytes"),
        ("zipfile", "ZipInfo"),
    ];
    for entry in Globals::entries() {
        let judgement = judge(entry.module, "zz_not_listed", called());
        let excused = reviewed.contains(&entry.module)
            || values.contains(&(entry.module, entry.name))
            || !matches!(judgement, Judgement::Dangerous { .. });
        assert!(excused, "{}.{} is allowed below a dangerous name: {judgement:?}", entry.module, entry.name);
    }
}

#[test]
fn tensors_and_containers_are_allowed_for_what_they_are_used_for() {
    let filled = Uses { called: true, filled: true, ..Uses::default() };
    assert!(matches!(
        judge("collections", "OrderedDict", filled),
        Judgement::Allowed { tier: Tier::Data, .. }
    ));
    let rebuilt = Uses { called: true, built: true, ..Uses::default() };
    assert!(matches!(
        judge("numpy._core.multiarray", "_reconstruct", rebuilt),
        Judgement::Allowed { tier: Tier::Data, .. }
    ));
    assert!(matches!(judge("numpy.core.multiarray", "_reconstruct", rebuilt), Judgement::Allowed { .. }));
    let made = Uses { constructed: true, built: true, ..Uses::default() };
    assert!(matches!(
        judge("sklearn.linear_model._logistic", "LogisticRegression", made),
        Judgement::Allowed { tier: Tier::Framework, .. }
    ));
}

#[test]
fn an_allowed_name_is_not_allowed_for_another_use() {
    let judgement = judge("sklearn.linear_model._logistic", "LogisticRegression", called());
    assert!(
        matches!(judgement, Judgement::AllowedNameWrongRole { missing_role: Role::Call, .. }),
        "{judgement:?}"
    );
    let judgement = judge("numpy", "log1p", called());
    assert!(
        matches!(judgement, Judgement::AllowedNameWrongRole { missing_role: Role::Call, .. }),
        "{judgement:?}"
    );
    let patched = Uses { patched: true, ..Uses::default() };
    let judgement = judge("collections", "OrderedDict", patched);
    assert!(
        matches!(judgement, Judgement::AllowedNameWrongRole { missing_role: Role::Patch, .. }),
        "{judgement:?}"
    );
}

#[test]
fn dangers_cover_what_is_below_them_and_nothing_beside_them() {
    for (module, name) in [
        ("os", "system"),
        ("os.path", "join"),
        ("posix", "execve"),
        ("builtins", "eval"),
        ("torch.hub", "load"),
        ("numpy.testing._private.utils", "runstring"),
        ("subprocess", "Popen"),
    ] {
        assert!(is_dangerous(&judge(module, name, called())), "{module}.{name}");
    }
    assert_eq!(judge("osprey", "Model", called()), Judgement::Unknown);
    assert_eq!(judge("codebook.code", "Model", called()), Judgement::Unknown);
}

#[test]
fn dotted_names_hide_nothing() {
    for (module, name) in [
        ("torch.serialization", "os.system"),
        ("collections", "abc.sys.modules"),
        ("sklearn.base", "os"),
        ("numpy", "ctypeslib.ctypes.CDLL"),
        ("anything.at.all", "nested.subprocess.run"),
        ("collections", "OrderedDict.__init__.__globals__"),
        ("mylib", "__builtins__"),
        ("mylib", "helpers.thing"),
        ("__main__", "os.system"),
    ] {
        assert!(is_dangerous(&judge(module, name, called())), "{module} {name}");
    }
    assert_eq!(judge("mylib.models", "Outer.Inner", called()), Judgement::Unknown);
}

/// Callables that public advisories and studies used against scanners of pickles; each is one of a class, not the class.
const USED_AGAINST_SCANNERS: &[(&str, &str)] = &[
    ("_io", "FileIO"),
    ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    ("bdb", "Bdb.run"),
    ("builtins", "getattr"),
    ("cProfile", "runctx"),
    ("code", "InteractiveInterpreter"),
    ("codecs", "open"),
    ("collections", "namedtuple"),
    ("ctypes", "CDLL"),
    ("dataclasses", "_create_fn"),
    ("distutils.file_util", "write_file"),
    ("doctest", "debug_script"),
    ("ensurepip", "_run_pip"),
    ("functools", "partial"),
    ("gc", "get_objects"),
    ("idlelib.autocomplete", "AutoComplete.get_entity"),
    ("idlelib.run", "Executive.runcode"),
    ("importlib", "import_module"),
    ("joblib", "load"),
    ("lib2to3.pgen2.grammar", "Grammar.loads"),
    ("linecache", "getline"),
    ("logging.config", "_resolve"),
    ("marshal", "loads"),
    ("multiprocessing.util", "spawnv_passfds"),
    ("numpy", "load"),
    ("numpy.core", "_ufunc_reconstruct"),
    ("numpy.f2py.crackfortran", "getlincoef"),
    ("numpy.testing._private.utils", "runstring"),
    ("operator", "methodcaller"),
    ("pandas.io.pickle", "read_pickle"),
    ("pip", "main"),
    ("pkgutil", "resolve_name"),
    ("profile", "Profile.run"),
    ("pty", "spawn"),
    ("pydoc", "pipepager"),
    ("runpy", "_run_code"),
    ("site", "main"),
    ("sklearn.datasets", "fetch_openml"),
    ("ssl", "get_server_certificate"),
    ("sys", "modules"),
    ("test.support.script_helper", "assert_python_ok"),
    ("timeit", "timeit"),
    ("torch", "load"),
    ("torch._dynamo.guards", "GuardBuilder.get"),
    ("torch._inductor.codecache", "compile_file"),
    ("torch.distributed.elastic.multiprocessing", "start_processes"),
    ("torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"),
    ("torch.fx.graph_module", "reduce_graph_module"),
    ("torch.hub", "load"),
    ("torch.jit.unsupported_tensor_ops", "execWrapper"),
    ("torch.utils._config_module", "ConfigModule.load_config"),
    ("torch.utils.bottleneck.__main__", "run_cprofile"),
    ("torch.utils.collect_env", "run"),
    ("torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    ("trace", "Trace.run"),
    ("types", "CodeType"),
    ("urllib.request", "urlopen"),
    ("uuid", "_get_command_stdout"),
    ("venv", "create"),
    ("weakref", "finalize"),
    ("webbrowser", "open"),
];

#[test]
fn what_was_used_against_scanners_is_dangerous_for_every_use() {
    for (module, name) in USED_AGAINST_SCANNERS {
        for uses in [called(), Uses { passed: true, ..Uses::default() }, Uses::default()] {
            assert!(
                is_dangerous(&judge(module, name, uses)),
                "{module}.{name}: {:?}",
                judge(module, name, uses)
            );
        }
    }
}

#[test]
fn calls_into_known_libraries_that_no_list_explains_are_never_unknown() {
    for (module, name) in [
        ("torch.nn.modules.module", "register_module_forward_hook"),
        ("transformers.utils.generic", "to_py_obj"),
        ("sklearn.utils.extmath", "randomized_svd"),
        ("tensorflow.python_something", "thing"),
    ] {
        let judgement = judge(module, name, called());
        assert!(matches!(judgement, Judgement::Unlisted { .. }), "{module}.{name}: {judgement:?}");
    }
}

#[test]
fn dangers_are_no_longer_than_what_is_searched() {
    let (_, text) = texts().find(|(name, _)| *name == "dangerous").unwrap();
    let longest = Table::new(text)
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, _)| name.split('.').count())
        .max();
    assert!(longest <= Some(super::globals::LONGEST_DANGER), "{longest:?}");
}

#[test]
fn what_is_on_no_list_is_sorted_by_where_it_comes_from() {
    assert_eq!(judge("calendar", "TextCalendar", called()), Judgement::StandardLibrary);
    assert_eq!(judge("__main__", "Net", called()), Judgement::MainModule);
    assert_eq!(judge("numpy.something", "new_thing", called()), Judgement::Unlisted { library: "numpy" });
    assert_eq!(judge("my_company.models", "Net", called()), Judgement::Unknown);
    assert_eq!(judge("__torch__.torch.nn.modules.linear", "Linear", called()), Judgement::ScriptType);
    assert!(is_dangerous(&judge("__torch__", "os.system", called())));
    assert_eq!(judge("", "", called()), Judgement::Unknown);
    assert!(is_dangerous(&judge("my_company.tools", "run_command", called())));
}

#[test]
fn hostile_names_neither_match_nor_break_the_search() {
    for name in ["", "\t", "\n", "dict\timport", "dict\n", "\u{e4}", "\0", "...", "a..b", "."] {
        for module in ["builtins", "", "\t", "builtins\tdict", "\u{10ffff}"] {
            assert!(
                !matches!(judge(module, name, called()), Judgement::Allowed { .. }),
                "{module:?} {name:?}"
            );
        }
    }
}

#[test]
fn values_in_dangerous_modules_are_values_and_nothing_beside_them_is() {
    for (module, name) in
        [("http", "HTTPStatus"), ("signal", "Signals"), ("re", "RegexFlag"), ("os", "stat_result")]
    {
        let judgement = judge(module, name, called());
        assert!(matches!(judgement, Judgement::Allowed { .. }), "{module}.{name}: {judgement:?}");
        let built = Uses { called: true, built: true, ..Uses::default() };
        let judgement = judge(module, name, built);
        assert!(
            matches!(judgement, Judgement::AllowedNameWrongRole { .. }),
            "{module}.{name}: {judgement:?}"
        );
    }
    for (module, name) in [
        ("http", "client.HTTPConnection"),
        ("http.client", "HTTPStatus.os.system"),
        ("os", "stat_result.__init__"),
        ("os", "system"),
        ("signal", "signal"),
        ("operator", "attrgetter"),
        ("_operator", "itemgetter"),
        ("urllib.parse", "urlopen"),
        ("zipfile", "ZipFile"),
        ("builtins", "str.format"),
        ("builtins", "str.format_map"),
        ("builtins", "str.translate"),
        ("functools", "partial"),
        ("_functools", "partial"),
    ] {
        assert!(is_dangerous(&judge(module, name, called())), "{module}.{name}");
    }
    // Making one reads nothing; using it is calling an object that the stream made.
    assert!(matches!(judge("operator", "itemgetter", called()), Judgement::Allowed { .. }));
    let passed = judge("operator", "itemgetter", Uses { passed: true, ..Uses::default() });
    assert!(matches!(passed, Judgement::AllowedNameWrongRole { .. }), "{passed:?}");
    let judgement = judge("builtins", "str.lower", called());
    assert!(matches!(judgement, Judgement::AllowedNameWrongRole { .. }), "{judgement:?}");
}

#[test]
fn annotations_are_made_of_plain_types_only() {
    let class = |module: &str, name: &str| Shape::Global(global(module, name));
    let alias = |origin: Shape| {
        let parameters = Shape::Tuple(vec![class("builtins", "int")]);
        Arguments::SamePackage.objection(&call(("types", "GenericAlias"), vec![origin, parameters]))
    };
    assert_eq!(Globals::entry(&global("types", "GenericAlias")).unwrap().arguments, Arguments::SamePackage);
    assert_eq!(alias(class("builtins", "list")), None);
    for (module, name) in
        [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("collections", "Counter")]
    {
        assert!(alias(class(module, name)).is_some(), "{module}.{name}");
    }
}

fn call(callee: (&str, &str), arguments: Vec<Shape>) -> Call {
    Call {
        callee: Shape::Global(global(callee.0, callee.1)),
        opcode: CallOpcode::Reduce,
        arguments,
        constant_arguments: true,
        offset: 0,
        count: 1,
    }
}

fn text(value: &str) -> Shape {
    Shape::Text { head: value.into(), len: value.len() as u64 }
}

#[test]
fn arguments_are_held_to_what_the_libraries_write() {
    let class = |module: &str, name: &str| Shape::Global(global(module, name));
    let encode = ("_codecs", "encode");
    assert_eq!(Arguments::Codec.objection(&call(encode, vec![text("abc"), text("latin1")])), None);
    assert!(Arguments::Codec.objection(&call(encode, vec![text("abc"), text("rot13")])).is_some());
    assert!(Arguments::Codec.objection(&call(encode, vec![text("abc"), Shape::Unknown])).is_some());

    let rebuild = ("copyreg", "_reconstructor");
    let estimator = || class("sklearn.linear_model._logistic", "LogisticRegression");
    assert_eq!(
        Arguments::PlainBase
            .objection(&call(rebuild, vec![estimator(), class("builtins", "object"), Shape::None])),
        None
    );
    assert!(
        Arguments::PlainBase.objection(&call(rebuild, vec![estimator(), estimator(), text("x")])).is_some()
    );

    let generator = ("numpy.random._pickle", "__generator_ctor");
    let constructor = class("numpy.random._pickle", "__bit_generator_ctor");
    assert_eq!(Arguments::SamePackage.objection(&call(generator, vec![text("PCG64"), constructor])), None);
    assert!(
        Arguments::SamePackage.objection(&call(generator, vec![text("x"), class("pytz", "_p")])).is_some()
    );
    assert!(
        Arguments::SamePackage
            .objection(&call(generator, vec![Shape::Tuple(vec![class("pytz", "_p")])]))
            .is_some()
    );

    assert!(
        Arguments::Singleton
            .objection(&call(("builtins", "type"), vec![text("X"), Shape::Tuple(vec![]), Shape::Container]))
            .is_some()
    );
    let object = || Shape::Instance(GlobalName { module: "argparse".into(), name: "Namespace".into() });
    assert_eq!(Arguments::Singleton.objection(&call(("builtins", "type"), vec![Shape::None])), None);
    assert!(Arguments::Singleton.objection(&call(("builtins", "type"), vec![object()])).is_some());
    for plain in [Arguments::Plain, Arguments::Sized] {
        assert!(plain.objection(&call(("builtins", "str"), vec![object()])).is_some());
        let within = Shape::Tuple(vec![Shape::None, object()]);
        assert!(plain.objection(&call(("builtins", "list"), vec![within])).is_some());
        assert!(plain.objection(&call(("builtins", "list"), vec![Shape::Unknown])).is_some());
        let written = Shape::Instance(GlobalName { module: "_codecs".into(), name: "encode".into() });
        assert_eq!(plain.objection(&call(("builtins", "bytearray"), vec![written])), None);
    }
    assert!(Arguments::Sized.objection(&call(("builtins", "bytes"), vec![Shape::Int(1 << 40)])).is_some());
    assert!(
        Arguments::Name.objection(&call(("zoneinfo", "ZoneInfo"), vec![text("../../etc/passwd")])).is_some()
    );
    assert_eq!(Arguments::Name.objection(&call(("zoneinfo", "ZoneInfo"), vec![text("Europe/Berlin")])), None);
    let made = ("copyreg", "__newobj__");
    assert_eq!(Arguments::Constructs.objection(&call(made, vec![estimator()])), None);
    assert!(Arguments::Constructs.objection(&call(made, vec![class("mylib", "Thing")])).is_some());
}

#[test]
fn the_digest_is_stable_within_a_build() {
    assert_eq!(digest(), digest());
    assert!(digest().len() == 64 && digest().bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn names_and_texts_that_tell_what_a_call_does() {
    for name in ["load", "load_model", "loadModel", "Client.run", "_run_code", "evals", "open2"] {
        assert!(acts(name), "{name}");
    }
    for name in ["Attention", "_rebuild_from_load", "preloaded", "overloaded", "translate"] {
        assert!(!acts(name), "{name}");
    }
    assert!(
        is_function("translate")
            && !is_function("Attention")
            && !is_function("_rebuild")
            && !is_function("make_x")
    );
    for text in ["/etc/passwd", "https://example.org", "C:\\x", "tool.EXE", "a; b", "__import__('os')"] {
        assert!(reaches_out(text), "{text}");
    }
    for text in ["", "/", "float32", "Europe/Berlin", "a description of it", "1.2.3"] {
        assert!(!reaches_out(text), "{text}");
    }
}

#[test]
fn what_a_partial_may_hold_is_listed_and_calls_nothing() {
    let (_, held) = texts().find(|(name, _)| *name == "held").unwrap();
    let words =
        ["apply", "call", "compile", "eval", "exec", "filter", "load", "map", "open", "reduce", "vectorize"];
    for line in Table::new(held).lines() {
        let (path, reason) = line.split_once('\t').unwrap();
        let entry = Globals::entries().find(|entry| format!("{}.{}", entry.module, entry.name) == path);
        assert!(entry.is_some_and(|entry| entry.roles.has(Role::Import)), "{path}");
        assert!(!path.rsplit('.').next().unwrap().split('_').any(|part| words.contains(&part)), "{path}");
        assert!(reason.len() > 5, "{line}");
        let (module, name) = path.rsplit_once('.').unwrap();
        assert!(!is_dangerous(&judge(module, name, Uses { passed: true, ..Uses::default() })), "{path}");
    }
    assert!(!Globals::may_be_held(&global("functools", "partial")));
    assert!(!Globals::may_be_held(&global("torch.nn.modules.container", "Sequential")));
}
