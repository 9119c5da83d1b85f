//! Outside functions whose result matters for what follows: ways to names, ways to code, decoders, containers.

use ruff_text_size::TextRange;

use super::super::fold;
use super::super::value::{Const, Taint, Value, What};
use super::{Arguments, Interpreter, dotted, known};
use crate::format::Format;

impl Interpreter<'_, '_> {
    /// Calls an outside name: records it and gives what is known of its result.
    pub(super) fn call_outside(
        &mut self,
        name: &str,
        callee: &Value,
        arguments: &Arguments,
        at: TextRange,
    ) -> Value {
        self.record_call(name, arguments, at, callee);
        if name.starts_with("builtins.open") || name == "pathlib.Path" {
            self.note_path(arguments);
        }
        if name == "ctypes.cast"
            && let Some(What::Result(maker)) = arguments.get(1, "typ").map(|typ| &typ.what)
            && let Some(made) = known::function_type(maker)
        {
            self.record_call(&format!("{made}.__call__"), arguments, at, callee);
        }
        let value = match self.reach(name, arguments, at).or_else(|| self.execute(name, arguments, at)) {
            Some(value) => value,
            None => match self.compute(name, arguments, at) {
                Some(value) => {
                    self.passed_on(Some(name), arguments, at);
                    return value;
                }
                None => Value::of(What::Result(dotted(known::made_by(name))))
                    .roughly(path_of(name, callee, arguments)),
            },
        };
        if !known::executes(name) && name != "functools.partial" && name != "builtins.getattr" {
            self.passed_on(Some(name), arguments, at);
        }
        let flows = arguments.all().fold(callee.taint, |all, value| all.with(value.taint));
        value.tainted(Self::result_taint(name, arguments, flows))
    }

    fn result_taint(name: &str, arguments: &Arguments, flows: Taint) -> Taint {
        let source = known::source(name);
        let reads_variable = matches!(
            name,
            "os.getenv" | "os.environ.get" | "os.environ.pop" | "os.environ.setdefault" | "os.getenvb"
        );
        if reads_variable
            && arguments
                .positional
                .first()
                .and_then(Value::as_text)
                .is_some_and(|name| !known::secret_variable(name))
        {
            return Taint::default();
        }
        let flows = if reads_variable { flows.without(Taint::WHOLE_ENVIRONMENT) } else { flows };
        if source.has(Taint::NETWORK) {
            // What comes back from the network is not what was sent.
            return source;
        }
        flows.with(source)
    }

    fn note_path(&mut self, arguments: &Arguments) {
        let writes = arguments
            .get(1, "mode")
            .and_then(Value::as_text)
            .is_some_and(|mode| mode.contains(['w', 'a', 'x', '+']));
        if let Some(path) = arguments.get(0, "file").and_then(Value::as_text).filter(|_| writes)
            && self.opened.len() < 1_000
        {
            self.opened.push(path.to_owned());
        }
    }

    /// Ways from text to names.
    fn reach(&mut self, name: &str, arguments: &Arguments, at: TextRange) -> Option<Value> {
        let first = arguments.positional.first();
        Some(match name {
            "builtins.getattr"
            | "operator.getattr"
            | "inspect.getattr_static"
            | "builtins.object.__getattribute__"
            | "builtins.type.__getattribute__" => {
                self.computed_attribute(first?, arguments.positional.get(1), arguments.positional.get(2), at)
            }
            "builtins.setattr" | "builtins.object.__setattr__" => {
                let (owner, value) =
                    (first?.clone(), arguments.positional.get(2).cloned().unwrap_or(Value::UNKNOWN));
                match arguments.positional.get(1).and_then(Value::as_text).map(str::to_owned) {
                    Some(name) => self.set_attribute(&owner, &name, &value, at),
                    None => {
                        if let What::Outside(module) = &owner.what {
                            self.record_write(&format!("{module}.*"), &value, at);
                        }
                    }
                }
                Value::UNKNOWN
            }
            "builtins.__import__"
            | "importlib.import_module"
            | "importlib.reload"
            | "pydoc.locate"
            | "pkgutil.resolve_name"
            | "imp.load_module"
            | "django.utils.module_loading.import_string"
            | "hydra.utils.get_method"
            | "hydra.utils.get_class"
            | "hydra.utils.get_object" => {
                return self.import_computed(name, arguments, at);
            }
            "builtins.vars" | "inspect.getmembers" => match first.map(|value| &value.what) {
                Some(What::Outside(module)) => Value::of(What::Namespace(module.clone())),
                None => Value::of(What::Globals),
                _ => Value::UNKNOWN,
            },
            "builtins.globals" | "builtins.locals" => Value::of(What::Globals),
            _ if is_loader(name) => return self.import_computed("importlib.import_module", arguments, at),
            "string.Formatter.get_field" | "string.Formatter.vformat" => {
                self.record_dynamic("attribute by the text of a format", at);
                Value::UNKNOWN
            }
            "sys.modules.get" | "sys.modules.__getitem__" | "sys.modules.pop" => {
                let key = first?.clone();
                self.item(&Value::outside("sys.modules"), &key, at)
            }
            "operator.attrgetter" => Value::of(What::Getter(true, dotted(first?.as_text()?))),
            "operator.itemgetter" => Value::of(What::Getter(false, dotted(first?.as_text()?))),
            "operator.getitem" => {
                let (owner, key) = (first?.clone(), arguments.positional.get(1)?.clone());
                self.item(&owner, &key, at)
            }
            "operator.methodcaller" => {
                Value::caller(first?.as_text()?, arguments.positional.get(1..).unwrap_or_default().to_vec())
            }
            "functools.partial" | "functools.partialmethod" => {
                Value::partial(first?.clone(), arguments.positional.get(1..).unwrap_or_default().to_vec())
            }
            "builtins.type" => match (arguments.positional.len(), &first?.what) {
                (1, What::Const(_) | What::Sequence(_) | What::Mapping(_)) => Value::of(What::Walk),
                (1, What::Instance(class)) => Value::of(What::Class(*class)),
                _ => Value::UNKNOWN,
            },
            "builtins.super" => Value::UNKNOWN,
            _ => return None,
        })
    }

    /// `getattr(owner, name, default)`.
    pub(super) fn computed_attribute(
        &mut self,
        owner: &Value,
        name: Option<&Value>,
        default: Option<&Value>,
        at: TextRange,
    ) -> Value {
        let mut found = default.cloned().unwrap_or(Value::UNKNOWN);
        let known_name = name.and_then(Value::as_text).map(str::to_owned);
        for owner in owner.alternatives() {
            let value = match (&known_name, &owner.what) {
                (Some(name), _) => self.attribute(&owner, name, at).by("getattr"),
                (None, What::Outside(module)) if known::is_powerful(module) && !module.contains('.') => {
                    self.record_dynamic(&format!("computed attribute of {module}"), at);
                    Value::UNKNOWN
                }
                _ => Value::UNKNOWN,
            };
            found = found.or(value);
        }
        found
    }

    fn import_computed(&mut self, name: &str, arguments: &Arguments, at: TextRange) -> Option<Value> {
        let module = arguments.positional.first().or_else(|| arguments.keyword("name"))?.clone();
        if matches!(module.what, What::Outside(_)) {
            return Some(module);
        }
        let Some(text) = module.as_text().map(str::to_owned) else {
            let own = arguments.get(1, "package").is_some_and(|package| package.what == What::OwnName);
            if !own
                && module.what != What::OwnName
                && arguments.get(1, "package").is_none_or(|_| name == "builtins.__import__")
            {
                self.record_dynamic("import of a computed name", at);
            }
            return Some(Value::of(What::Result(dotted(name))));
        };
        self.record_import(&text, None, at);
        let whole = name != "builtins.__import__"
            || arguments
                .get(3, "fromlist")
                .is_some_and(|list| !matches!(&list.what, What::Sequence(items) if items.is_empty()));
        let bound = if whole { text.as_str() } else { text.split('.').next().unwrap_or(&text) };
        let via = if name == "builtins.__import__" { "__import__" } else { "import_module" };
        Some(Value::outside(&known::canonical(bound)).by(via))
    }

    /// Ways from text or bytes to code.
    fn execute(&mut self, name: &str, arguments: &Arguments, at: TextRange) -> Option<Value> {
        let first = arguments.positional.first().or_else(|| arguments.keyword("source"));
        match name {
            "builtins.exec" => {
                self.run_source("exec", first?, at);
                Some(Value::of(What::Const(Const::None)))
            }
            "builtins.eval" => {
                let value = first?.clone();
                self.run_source("eval", &value, at);
                let name = value
                    .as_text()
                    .map(str::trim)
                    .filter(|text| !text.is_empty() && text.split('.').all(is_identifier));
                match name.map(str::to_owned) {
                    Some(path) => {
                        let mut parts = path.split('.');
                        let first = self.resolve(parts.next().unwrap_or_default());
                        Some(parts.fold(first, |owner, part| self.attribute(&owner, part, at)).by("eval"))
                    }
                    None => Some(Value::of(What::Result(dotted("builtins.eval")))),
                }
            }
            "builtins.compile" => {
                let value = first?.clone();
                if arguments.get(2, "mode").is_some() || value.constant().is_some() {
                    self.run_source("compile", &value, at);
                }
                Some(if value.constant().is_some() {
                    value
                } else {
                    Value::of(What::Result(dotted("builtins.compile")))
                })
            }
            "code.InteractiveInterpreter.runsource"
            | "code.InteractiveConsole.push"
            | "timeit.timeit"
            | "cProfile.run"
            | "profile.run"
            | "pdb.run"
            | "_xxsubinterpreters.run_string"
            | "torch.utils.cpp_extension.load_inline"
            | "numpy.testing.runstring" => {
                let value = first?.clone();
                if value.as_text().is_some() {
                    self.run_source("run", &value, at);
                }
                None
            }
            "pickle.loads" | "dill.loads" | "cloudpickle.loads" | "joblib.load" | "torch.load" => {
                self.child_of(first, "pickle", Format::Pickle, at);
                None
            }
            "marshal.loads" => {
                if let Some(bytes) = first.and_then(fold::raw) {
                    self.record_child("marshal", &bytes, None, at);
                }
                None
            }
            _ => None,
        }
    }

    fn child_of(&mut self, value: Option<&Value>, what: &str, format: Format, at: TextRange) {
        if let Some(Const::Bytes(bytes)) = value.and_then(Value::constant).cloned() {
            self.record_child(what, &bytes, Some(format), at);
        }
    }

    /// A decoded literal that shows another format becomes a child.
    pub(super) fn look_inside(&mut self, value: &Value, at: TextRange) {
        if let Some(Const::Bytes(bytes)) = value.constant().cloned() {
            self.record_child("decoded", &bytes, None, at);
        }
    }

    /// Functions of constants.
    fn compute(&mut self, name: &str, arguments: &Arguments, at: TextRange) -> Option<Value> {
        let first = arguments.positional.first();
        if name == "codecs.decode" || name == "codecs.encode" {
            let encoding = arguments.get(1, "encoding").and_then(Value::as_text).unwrap_or("utf-8");
            let encodes_only = name == "codecs.encode"
                && !encoding.to_ascii_lowercase().replace(['-', '_'], "").contains("rot13");
            let folded =
                if encodes_only { None } else { first.and_then(|value| fold::decode_text(value, encoding)) };
            return self.keep(folded);
        }
        let decoded = first.and_then(|value| fold::decode(name, value));
        if let Some(value) = self.keep(decoded) {
            self.look_inside(&value, at);
            return Some(value);
        }
        let folded = builtin(name, arguments).or_else(|| {
            // `str.join('', […])`: a method through its class.
            let method =
                name.strip_prefix("builtins.str.").or_else(|| name.strip_prefix("builtins.bytes."))?;
            fold::method(
                first?,
                method,
                arguments.positional.get(1..).unwrap_or_default(),
                &arguments.named(),
            )
        });
        let taint = arguments.all().fold(Taint::default(), |all, value| all.with(value.taint));
        match folded {
            Some(value) => self.keep(Some(value)).map(|value| value.tainted(taint)),
            None if name == "builtins.map" => self.mapped(arguments, at),
            None if name == "functools.reduce" => self.reduced(arguments, at),
            None => None,
        }
    }

    /// `map(function, constants)`, with the results.
    fn mapped(&mut self, arguments: &Arguments, at: TextRange) -> Option<Value> {
        let [function, iterable] = arguments.positional.as_slice() else { return None };
        if let What::Outside(name) = &function.what
            && !known::is_harmless(name)
        {
            return None;
        }
        let items = fold::elements(iterable).filter(|items| items.len() <= 65_536)?;
        let mut out = Vec::new();
        for item in items {
            if self.allowance == 0 {
                return None;
            }
            self.allowance = self.allowance.saturating_sub(8);
            out.push(self.invoke(
                function,
                &Arguments { positional: vec![item], ..Arguments::default() },
                at,
            ));
        }
        Some(Value::sequence(out))
    }

    fn reduced(&mut self, arguments: &Arguments, at: TextRange) -> Option<Value> {
        let (function, iterable) = (arguments.positional.first()?, arguments.positional.get(1)?);
        let mut items = fold::elements(iterable).filter(|items| items.len() <= 65_536)?.into_iter();
        let mut value = arguments.positional.get(2).cloned().or_else(|| items.next())?;
        for item in items {
            if self.allowance == 0 {
                return None;
            }
            self.allowance = self.allowance.saturating_sub(8);
            value = self.invoke(
                function,
                &Arguments { positional: vec![value, item], ..Arguments::default() },
                at,
            );
        }
        Some(value)
    }
}

fn is_identifier(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// `__loader__.load_module('os')`
fn is_loader(name: &str) -> bool {
    name.ends_with("__.load_module") || name.ends_with("Importer.load_module")
}

/// The path that the result of a call stands for, or the text that a method makes of a constant and what is not known.
fn path_of(name: &str, callee: &Value, arguments: &Arguments) -> Option<String> {
    let first = || arguments.positional.first().map(Value::outline);
    let joined = || Some(arguments.positional.iter().map(Value::outline).collect::<Vec<_>>().join("/"));
    match name {
        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "os.path.join" | "posixpath.join" => {
            joined()
        }
        "pathlib.Path.home" => Some("~".to_owned()),
        "pathlib.Path.joinpath" => Some(format!("{}/{}", callee.outline(), joined()?)),
        "os.path.expanduser" | "os.path.abspath" | "os.path.realpath" | "os.path.normpath"
        | "os.path.expandvars" | "builtins.str" | "os.fspath" | "builtins.open" | "io.open"
        | "codecs.open" => first(),
        "os.path.dirname" | "os.path.split" => first()?.rsplit_once('/').map(|(folder, _)| folder.to_owned()),
        "site.getsitepackages"
        | "site.getusersitepackages"
        | "sysconfig.get_path"
        | "sysconfig.get_paths"
        | "distutils.sysconfig.get_python_lib" => Some("…/site-packages".to_owned()),
        "tempfile.gettempdir" => Some("/tmp".to_owned()),
        name if name.starts_with("pathlib.Path.") => callee.rough.as_deref().map(str::to_owned),
        name if name.starts_with("builtins.open.read") => callee.rough.as_deref().map(str::to_owned),
        _ => None,
    }
}

/// Built-in functions of constants.
fn builtin(name: &str, arguments: &Arguments) -> Option<Value> {
    let first = arguments.positional.first();
    Some(match name {
        "builtins.chr" | "builtins.unichr" => {
            let character = char::from_u32(u32::try_from(first?.as_int()?).ok()?)?;
            Value::text(character.encode_utf8(&mut [0; 4])).tainted(Taint::ASSEMBLED)
        }
        "builtins.ord" => match first?.constant()? {
            Const::Str(text) => Value::int(i64::from(u32::from(text.chars().next()?))),
            Const::Bytes(bytes) => Value::int(i64::from(*bytes.first()?)),
            _ => return None,
        },
        "builtins.str" => match first?.constant()? {
            Const::Bytes(_) => fold::decode_text(first?, arguments.get(1, "encoding")?.as_text()?)?,
            constant => Value::text(&constant.to_text()),
        },
        "builtins.bytes" | "builtins.bytearray" | "builtins.memoryview" => {
            let listed = matches!(first?.what, What::Sequence(_));
            let taint = if listed { Taint::ASSEMBLED } else { Taint::default() };
            Value::bytes(fold::bytes_of(first?)?).tainted(taint)
        }
        "builtins.int" => {
            let text = first?;
            match (text.as_int(), text.as_text()) {
                (Some(number), _) => Value::int(number),
                (None, Some(text)) => {
                    let base = arguments
                        .get(1, "base")
                        .map_or(Some(10), |base| u32::try_from(base.as_int()?).ok())?;
                    let digits = text.trim().replace('_', "");
                    let plain =
                        digits.trim_start_matches("0x").trim_start_matches("0b").trim_start_matches("0o");
                    Value::int(i64::from_str_radix(plain, base.clamp(2, 36)).ok()?)
                }
                _ => return None,
            }
        }
        "builtins.len" => Value::int(i64::try_from(fold::elements(first?)?.len()).ok()?),
        _ => return container(name, arguments),
    })
}

/// Built-in functions that make containers, and paths.
fn container(name: &str, arguments: &Arguments) -> Option<Value> {
    let first = arguments.positional.first();
    Some(match name {
        "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.iter" => {
            Value::sequence(fold::elements(first?)?)
        }
        "builtins.reversed" => Value::sequence(fold::elements(first?)?.into_iter().rev().collect()),
        "builtins.enumerate" => {
            let items = fold::elements(first?)?.into_iter().enumerate();
            Value::sequence(
                items
                    .map(|(index, item)| {
                        Value::sequence(vec![Value::int(i64::try_from(index).unwrap_or(i64::MAX)), item])
                    })
                    .collect(),
            )
        }
        "builtins.zip" => {
            let (left, right) = (fold::elements(first?)?, fold::elements(arguments.positional.get(1)?)?);
            Value::sequence(
                left.into_iter().zip(right).map(|(left, right)| Value::sequence(vec![left, right])).collect(),
            )
        }
        "itertools.chain" => {
            let parts: Option<Vec<Vec<Value>>> = arguments.positional.iter().map(fold::elements).collect();
            Value::sequence(parts?.concat())
        }
        "builtins.range" => range(&arguments.positional)?,
        "builtins.next" => fold::index(first?, 0)?,
        "builtins.dict" => match first {
            None => {
                let items =
                    arguments.named().into_iter().map(|(name, value)| (Value::text(&name), value)).collect();
                Value::mapping(items)
            }
            Some(value) if matches!(value.what, What::Mapping(_)) => value.clone(),
            Some(value) => super::expression::pairs(value),
        },
        "builtins.str.maketrans" => {
            match (first?.as_text(), arguments.positional.get(1).and_then(Value::as_text)) {
                (Some(from), Some(to)) => {
                    let pairs = from.chars().zip(to.chars());
                    Value::mapping(
                        pairs
                            .map(|(from, to)| {
                                (Value::int(i64::from(u32::from(from))), Value::int(i64::from(u32::from(to))))
                            })
                            .collect(),
                    )
                }
                _ => first?.clone(),
            }
        }
        "os.path.join" | "posixpath.join" => {
            let parts: Option<Vec<&str>> = arguments.positional.iter().map(Value::as_text).collect();
            Value::text(&parts?.join("/"))
        }
        "os.path.expanduser" | "os.path.abspath" | "os.path.expandvars" | "os.fspath" | "sys.intern" => {
            first?.constant().map(|_| first.cloned())??
        }
        _ => return None,
    })
}

fn range(bounds: &[Value]) -> Option<Value> {
    let numbers: Option<Vec<i64>> = bounds.iter().map(Value::as_int).collect();
    let (from, to, step) = match numbers?.as_slice() {
        [to] => (0, *to, 1),
        [from, to] => (*from, *to, 1),
        [from, to, step] if *step != 0 => (*from, *to, *step),
        _ => return None,
    };
    let mut out = Vec::new();
    let mut at = from;
    while if step > 0 { at < to } else { at > to } {
        if out.len() >= 4096 {
            return None;
        }
        out.push(Value::int(at));
        at = at.checked_add(step)?;
    }
    Some(Value::sequence(out))
}
