use std::collections::BTreeMap;

use weighhouse_core::Severity;
use weighhouse_formats::json::{JsonFacts, JsonLinesFacts};
use weighhouse_formats::node::{Facts, Node};
use weighhouse_formats::objects::NamedObject;
use weighhouse_formats::yaml::YamlFacts;

use super::entries::{self, Entry};
use crate::knowledge::effects::{Effect, effect, is_collector};
use crate::knowledge::{is_importable, is_standard_library, resolves_names};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A configuration names code that loading it would call, holds code itself, or leads out of the artifact.
    ///
    /// # What it detects
    ///
    /// In JSON and YAML of any name and at any depth: names of functions that run, load or delete something, under the keys by which
    /// frameworks instantiate (`_target_`, `class_path`, `module` and `class_name`, `py/object`, `id`, `loader_module` …) and under
    /// any other; parts of Python as `_target_`; expressions that import or execute; values that jsonpickle calls; native
    /// libraries; names of system files and ways out of the folder where a file of the artifact is expected; addresses that only
    /// collect what is sent to them.
    ///
    /// # Why it matters
    ///
    /// To a framework that resolves names, a configuration is a program: `hydra.utils.instantiate`, `keras.models.load_model`,
    /// `jsonpickle.decode` and their kin import and call what stands there.
    ///
    /// # Example
    ///
    /// `{"_target_": "os.system", "command": "id"}`
    ///
    /// # What to do
    ///
    /// Do not load the configuration. Ask the maker for one that names parts of the model only.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-23304>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-1550>
    /// - <https://cwe.mitre.org/data/definitions/470.html>
    pub(crate) CodeByName {
        id: "WH-COD-011",
        slug: "code-by-name",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Json, JsonLines, Yaml],
        cwe: [470, 502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for CodeByName {
    fn json(&self, facts: &JsonFacts, cx: &mut Context<'_>) {
        // The cells of a notebook are judged as the program they are.
        let notebook = |value: &weighhouse_formats::json::Value| value.get("cells").is_some();
        if let Some(value) = facts.value.as_ref().filter(|value| !notebook(value)) {
            let mut entries = entries::of_json(value);
            // What a framework reads as an object is judged as one.
            let objects = objects(cx.node());
            entries.retain(|entry| !is_of_object(entry, &objects));
            let named = if is_data(cx.node()) { Named::Data } else { Named::Configuration };
            report(&entries, named, cx);
        }
    }

    fn json_lines(&self, facts: &JsonLinesFacts, cx: &mut Context<'_>) {
        for line in &facts.lines {
            let entries = line.facts.value.as_ref().map(entries::of_json).unwrap_or_default();
            for holder in entries.chunk_by(|a, b| a.holder == b.holder) {
                // Records tell of code in many words, and under any key; only some keys are never those of a column.
                let named = holder.iter().filter(|entry| builds(entry.key) && !entry.listed);
                for entry in named.map(|entry| Entry { line: Some(line.line), ..*entry }) {
                    if let Some((headline, severity)) =
                        of_entry(&entry, Named::Configuration).or_else(|| of_pair(&entry, holder))
                    {
                        emit(&entry, &headline, severity, cx);
                    }
                }
            }
        }
    }

    fn yaml(&self, facts: &YamlFacts, cx: &mut Context<'_>) {
        report(&entries::of_yaml(facts), Named::Configuration, cx);
    }
}

/// What kind of document names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// Programs import what configurations name, under whatever key.
    Configuration,
    /// Values of a data file, of which nothing is imported unless its key says so.
    Data,
}

/// Whether the document at hand is what a data file holds.
fn is_data(node: Option<&Node>) -> bool {
    let mut readings = node.map(|node| node.readings.as_slice()).unwrap_or_default().iter();
    readings.any(|reading| matches!(reading.facts, Facts::Data(_)))
}

/// Where the document at hand names objects that their framework's own reader found, and what they are called.
fn objects(node: Option<&Node>) -> BTreeMap<u64, &NamedObject> {
    let readings = node.map(|node| node.readings.as_slice()).unwrap_or_default();
    let facts = readings.iter().filter_map(|reading| match &reading.facts {
        Facts::Objects(facts) => Some(&facts.objects),
        _ => None,
    });
    facts.flatten().map(|object| (object.region.start, object)).collect()
}

/// Whether an entry is a name of such an object: it stands in its region, and is a part of its name.
fn is_of_object(entry: &Entry<'_>, objects: &BTreeMap<u64, &NamedObject>) -> bool {
    const KEYS: &[&str] = &[
        "module",
        "class_name",
        "__module__",
        "__class__",
        "parent_library",
        "base_model_class",
        "type",
        "id",
        "function",
        "config",
    ];
    // What the code does is said by the rule on saved code.
    if matches!((entry.key, entry.value), ("class_name", "Lambda" | "__lambda__")) && !objects.is_empty() {
        return true;
    }
    let around = objects.range(..=entry.region.start).rev().take(8).map(|(_, object)| object);
    let mut inside = around.filter(|object| entry.region.end <= object.region.end);
    let named = |object: &NamedObject| {
        let whole = || format!("{}.{}", object.module, object.name);
        let part = || entry.listed && object.module.split('.').any(|part| part == entry.value);
        entry.value == object.module || entry.value == object.name || entry.value == whole() || part()
    };
    (KEYS.contains(&entry.key) || entry.listed) && inside.any(|object| named(object))
}

/// What is said of an entry, and how bad it is.
type Judged = Option<(String, Severity)>;

fn report(entries: &[Entry<'_>], named: Named, cx: &mut Context<'_>) {
    for holder in entries.chunk_by(|a, b| a.holder == b.holder) {
        for entry in holder {
            if let Some((headline, severity)) = of_entry(entry, named).or_else(|| of_pair(entry, holder)) {
                emit(entry, &headline, severity, cx);
            }
        }
        if let (Some(first), Some((headline, severity))) = (holder.first(), of_list(holder)) {
            emit(first, &headline, severity, cx);
        }
    }
}

fn emit(entry: &Entry<'_>, headline: &str, severity: Severity, cx: &mut Context<'_>) {
    let draft = cx.report(headline).severity(severity).at(entry.region).key(entry.key).evidence(entry.value);
    match entry.line {
        Some(line) => draft.line(line).emit(),
        None => draft.emit(),
    }
}

fn of_entry(entry: &Entry<'_>, named: Named) -> Judged {
    let key = entry.key.to_ascii_lowercase();
    let value = entry.value.trim();
    let called = |severity, why: &str| {
        Some((format!("{} names {}, which {why}", quote(entry.key), quote(value)), severity))
    };
    if key.starts_with("py/")
        && matches!(key.as_str(), "py/reduce" | "py/function" | "py/repr" | "py/newargsex")
    {
        return called(Severity::Critical, "jsonpickle calls when the file is decoded");
    }
    if key == "loader_module" && is_name(value) && is_importable(value) && !value.starts_with("mlflow") {
        return called(Severity::High, "is a module that loads no models");
    }
    if matches!(key.as_str(), "_target_" | "__target__" | "_partial_target_")
        && is_dotted(value)
        && of_python(value)
    {
        return called(Severity::High, "is a part of Python that no configuration of a model needs");
    }
    // Plain lists of words are what filters and vocabularies are made of.
    let word = entry.listed && !is_target(&key);
    if is_dotted(value) && !word {
        let name = value.replace(':', ".");
        if let Some((severity, why)) = dangerous(&name, is_target(&key)) {
            let called_here = named == Named::Configuration || is_target(&key) || is_of_calls(&key);
            return called(if called_here { severity } else { Severity::Low }, why);
        }
    }
    if matches!((key.as_str(), value), ("class_name", "Lambda" | "__lambda__")) {
        return Some((format!("{} is a layer of saved code", quote(value)), Severity::High));
    }
    if key == "_type" && matches!(value, "python_repl" | "python_repl_ast" | "terminal" | "bash" | "shell") {
        return called(Severity::High, "is a tool that runs commands");
    }
    if key == "_type" && matches!(value, "llm_bash_chain" | "pal_chain") {
        return called(Severity::Medium, "is a chain that runs what a language model answers");
    }
    if key == "custom_ops_library" || key == "custom_op_library" {
        return called(Severity::High, "is native code that is loaded with the model");
    }
    if !is_prose(&key) && holds_code(value) {
        return Some((format!("{} holds code: {}", quote(entry.key), quote(value)), Severity::High));
    }
    if let Some(why) = leads_out(&key, value).filter(|_| !word) {
        return called(Severity::High, why);
    }
    let addressed = value.contains("://") && !is_prose(&key);
    addressed
        .then(|| is_collector(value))
        .flatten()
        .and_then(|_| called(Severity::High, "only collects what is sent to it"))
}

/// `module` and `class_name`, `__module__` and `__class__`, a function of Keras and its name.
fn of_pair(entry: &Entry<'_>, holder: &[Entry<'_>]) -> Judged {
    let beside = |keys: &[&str]| {
        holder.iter().find(|other| !other.listed && keys.contains(&other.key)).map(|other| other.value)
    };
    if entry.listed {
        return None;
    }
    let (module, name) = match entry.key {
        "module" => (entry.value, beside(&["class_name", "class", "name", "function"])?),
        "__module__" => (entry.value, beside(&["__class__", "__name__"])?),
        "parent_library" => (entry.value, beside(&["base_model_class"])?),
        _ => return None,
    };
    let path = format!("{module}.{name}");
    // Keras keeps functions as `{"module": "builtins", "class_name": "function", "config": "exec"}`.
    let function =
        beside(&["config"]).filter(|_| name == "function").map(|function| format!("{module}.{function}"));
    let found = [Some(path), function].into_iter().flatten().find_map(|path| {
        let (severity, why) = dangerous(&path, true)?;
        Some((format!("{} names {}, which {why}", quote(entry.key), quote(&path)), severity))
    });
    let root = module.split('.').next().unwrap_or_default();
    let of_keras = entry.key == "module" && beside(&["class_name"]).is_some();
    found.or_else(|| {
        let foreign = of_keras
            && !matches!(
                root,
                "keras" | "tensorflow" | "tf_keras" | "keras_nlp" | "keras_hub" | "keras_cv" | "builtins"
            );
        foreign.then(|| {
            let severity = if is_importable(root) { Severity::High } else { Severity::Medium };
            (
                format!("{} imports {}, which is not a part of Keras", quote(entry.key), quote(module)),
                severity,
            )
        })
    })
}

/// A list of a few names that is one name: `["os", "system"]`.
fn of_list(holder: &[Entry<'_>]) -> Judged {
    let (first, rest) = holder.split_first()?;
    if !first.listed
        || rest.is_empty()
        || rest.len() > 4
        || !holder.iter().all(|e| e.listed && is_name(e.value))
    {
        return None;
    }
    let path = holder.iter().map(|entry| entry.value).collect::<Vec<_>>().join(".");
    let (severity, why) = dangerous(&path, true)?;
    Some((format!("{} names {}, which {why}", quote(first.key), quote(&path)), severity))
}

/// Keys whose value frameworks import and call.
fn is_target(key: &str) -> bool {
    const TARGETS: &[&str] = &[
        "_target_",
        "__target__",
        "_partial_target_",
        "_type_",
        "target",
        "class_path",
        "type",
        "()",
        "func",
        "function",
        "callable",
        "factory",
        "loader_module",
        "python_model",
        "entry_point",
        "entrypoint",
        "handler",
        "import_path",
        "activation",
        "activation_function",
        "py/object",
        "py/type",
        "path",
        "_class_name",
        "loss",
    ];
    TARGETS.contains(&key) || key.starts_with('@')
}

/// Whether a word of a key says that its value is called, or imported to be.
fn is_of_calls(key: &str) -> bool {
    const WORDS: &[&str] = &[
        "call",
        "callable",
        "callback",
        "class",
        "cls",
        "code",
        "command",
        "constructor",
        "exec",
        "factory",
        "fn",
        "func",
        "function",
        "handler",
        "hook",
        "import",
        "loader",
        "method",
        "module",
        "reducer",
        "run",
        "target",
    ];
    key.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// Keys that some decoder takes for the order to build or call something, and nobody for the name of a column.
fn builds(key: &str) -> bool {
    const KEYS: &[&str] =
        &["_target_", "__target__", "_partial_target_", "class_path", "__module__", "loader_module"];
    KEYS.contains(&key) || key.starts_with("py/")
}

/// What calling the named thing would do, if that is dangerous. `target`: the key says that it will be called.
pub(crate) fn dangerous(name: &str, target: bool) -> Option<(Severity, &'static str)> {
    let found = effect(name).and_then(|(effect, why)| match effect {
        Effect::Process | Effect::Code | Effect::Evaluate | Effect::Persistence | Effect::Native => {
            Some((if target { Severity::Critical } else { Severity::High }, why))
        }
        Effect::Delete | Effect::Deserialise | Effect::Spy | Effect::Kill | Effect::Interpreter if target => {
            Some((Severity::High, why))
        }
        Effect::Network | Effect::Upload if target => Some((Severity::High, why)),
        _ => None,
    });
    found.or_else(|| resolves_names(name).filter(|_| target).map(|why| (Severity::High, why)))
}

/// Whether a target is of Python's standard library and more than a plain value.
pub(crate) fn of_python(value: &str) -> bool {
    const PLAIN: &[&str] = &[
        "abc",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "itertools",
        "logging",
        "math",
        "numbers",
        "operator",
        "pathlib",
        "random",
        "re",
        "statistics",
        "string",
        "time",
        "types",
        "typing",
        "uuid",
        "warnings",
    ];
    const VALUES: &[&str] = &[
        "abs",
        "all",
        "any",
        "bool",
        "bytearray",
        "bytes",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "frozenset",
        "hash",
        "int",
        "len",
        "list",
        "max",
        "min",
        "object",
        "pow",
        "print",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
    ];
    let value = value.replace(':', ".");
    let (root, rest) = value.split_once('.').unwrap_or((&value, ""));
    match root {
        "builtins" => !VALUES.contains(&rest),
        "os" => {
            !(rest.starts_with("path.") || matches!(rest, "cpu_count" | "getcwd" | "getenv" | "environ.get"))
        }
        root => is_standard_library(root) && !PLAIN.contains(&root),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// `os.system`, also with a colon before the last part as entry points have it.
fn is_dotted(text: &str) -> bool {
    text.contains(['.', ':'])
        && text.len() <= 256
        && text.split(['.', ':']).all(|part| is_name(part) && !part.contains('.'))
}

/// Keys under which people write text.
pub(super) fn is_prose(key: &str) -> bool {
    const PROSE: &[&str] = &[
        "answer",
        "completion",
        "content",
        "description",
        "doc",
        "documentation",
        "example",
        "examples",
        "help",
        "input",
        "instruction",
        "message",
        "note",
        "notes",
        "output",
        "prompt",
        "question",
        "response",
        "source",
        "summary",
        "text",
        "title",
        "query",
        "patch",
        "diff",
        "code",
    ];
    PROSE.contains(&key)
}

/// An expression that imports or executes. Text about code is longer than a line, or stands under a key for prose.
pub(super) fn holds_code(value: &str) -> bool {
    const CALLS: &[&str] = &[
        "__import__(",
        "os.system(",
        "os.popen(",
        "os.execute(",
        "io.popen(",
        "subprocess.",
        "exec(",
        "eval(",
        "compile(",
        "importlib.",
        "__builtins__",
        "__subclasses__",
    ];
    const LONGEST: usize = 4096;
    let called = |call: &&str| {
        value.match_indices(*call).any(|(at, _)| {
            let before = value.get(..at).and_then(|text| text.chars().next_back());
            let own = before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
            // A word in a list of words is no call.
            own && value.get(at..).is_some_and(|rest| rest.contains(')'))
                && value.get(at..).is_some_and(|rest| rest.contains('(') || call.starts_with("__"))
        })
    };
    let short = value.len() <= LONGEST && (!value.contains('\n') || value.contains("import "));
    short && !value.contains("{%") && CALLS.iter().any(called)
}

/// Why a path leaves the artifact, or names what no model has a use for.
fn leads_out(key: &str, value: &str) -> Option<&'static str> {
    const SYSTEM: &[&str] = &[
        "/etc/passwd",
        "/etc/shadow",
        "/proc/self/",
        "/.ssh/",
        "/.aws/",
        "/root/",
        "/dev/shm/",
        "/etc/sudoers",
    ];
    const OWN: &[&str] = &[
        "vocab_file",
        "merges_file",
        "tokenizer_file",
        "spm_file",
        "handler",
        "serializedfile",
        "modelfile",
        "path",
        "python_model",
        "code",
        "model_file",
        "weights_file",
        "location",
        "extrafiles",
        "lora_path",
        "adapter_path",
    ];
    // Files with code that the loader runs: there is no reason for them to be elsewhere.
    const CODE: &[&str] = &["handler", "code", "code_path", "python_model", "custom_pipeline"];
    let climbing = value.split(['/', '\\']).any(|part| part == "..");
    let absolute = value.starts_with('/') && value.len() > 1 || value.starts_with("~/");
    if CODE.contains(&key) && value.len() < 1024 && !value.contains(['\n', ' ']) && (climbing || absolute) {
        return Some("is code outside the artifact");
    }
    if value.len() > 1024 || value.contains(['\n', ' ']) || is_prose(key) {
        return None;
    }
    let climbs = value.split(['/', '\\']).filter(|part| *part == "..").count();
    let base = matches!(key, "base_model_name_or_path" | "base_model" | "_name_or_path");
    if SYSTEM.iter().any(|path| value.contains(path)) && value.starts_with(['/', '~', '.']) {
        return Some("is a file of the system, not of the model");
    }
    if OWN.contains(&key) && climbs > 0 || base && climbs > 2 {
        return Some("lies outside the artifact");
    }
    let unencrypted = value.starts_with("http://") && (base || OWN.contains(&key));
    unencrypted.then_some("is fetched over an unprotected connection")
}

crate::samples! {
    CodeByName,
    bad: {
        "a Hydra target that runs a command" => [("model_config.yaml", b"trainer:\n  _target_: os.system\n  command: id\n".to_vec())],
        "the same in JSON" => [("config.json", br#"{"trainer": {"_target_": "subprocess.run"}}"#.to_vec())],
        "a list that is a name" => [("model_index.json", br#"{"unet": ["os", "system"]}"#.to_vec())],
        "an expression" => [("config.json", br#"{"activation": "lambda x: __import__('os').system('id')"}"#.to_vec())],
        "a file of the system" => [("tokenizer_config.json", br#"{"vocab_file": "../../../../etc/passwd"}"#.to_vec())],
        "a target in a record" => [("data.jsonl", b"{\"text\": \"hello\"}\n\n{\"f\": {\"_target_\": \"os.system\"}}\n".to_vec())],
        "a value that jsonpickle calls" => [("state.json", br#"{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}"#.to_vec())],
    },
    ok: {
        "records that tell of code" => [("data.jsonl", b"{\"prompt\": \"run\", \"answer\": \"os.system('id')\", \"function\": \"os.system\"}\n{\"prompt\": \"eval(x)\", \"function\": \"subprocess.run\"}\n".to_vec())],
        "an ordinary configuration" => [("config.yaml", b"model:\n  _target_: torch.nn.Linear\n  in_features: 3\n".to_vec())],
        "an ordinary model" => [("config.json", br#"{"model_type": "bert", "_name_or_path": "/data/run/checkpoint-3", "hidden_act": "gelu"}"#.to_vec())],
        "a Keras model" => [("config.json", br#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}}]}}"#.to_vec())],
        "words of a conversation" => [("data.json", br#"[{"instruction": "What does os.system('id') do?", "output": "It calls os.system(command)."}]"#.to_vec())],
    },
}
