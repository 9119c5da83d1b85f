//! Objects that documents name: what is known to compute only, what does more, and what nobody knows.
//!
//! Frameworks differ in where they look a name up. Keras finds a class by its name in its own packages, skops imports the module as
//! written, `LangChain` maps what is in its own packages. What a framework would look for in its own packages is judged by
//! lists of what is there; what it would import from elsewhere, by what lies there.

use weighhouse_formats::objects::{Framework, NamedObject, Role};
use weighhouse_formats::pickle::{GlobalName, Uses};

use super::effects::{Effect, effect};
use super::globals::{Globals, Judgement, is_importable, is_standard_library};
use super::table::Table;

const OBJECTS: &str = include_str!("../../data/objects.tsv");
const DANGEROUS: &str = include_str!("../../data/objects_dangerous.tsv");

/// The texts that take part in judging.
pub(super) fn texts() -> [(&'static str, &'static str); 2] {
    [("objects", OBJECTS), ("objects_dangerous", DANGEROUS)]
}

/// What is known of a named object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It computes and does nothing else.
    Known,
    /// It runs, loads or fetches what the document says.
    Runs(&'static str),
    /// It reaches out of the model in another way.
    Reaches(&'static str),
    /// What it does is not known.
    Custom(&'static str),
}

use Standing::{Custom, Known, Reaches, Runs};

/// What is known of `object` in a document of `framework`.
pub fn standing(framework: Framework, object: &NamedObject) -> Standing {
    if object.role == Role::Secret {
        return secret(object);
    }
    match framework {
        Framework::Keras => keras(object),
        Framework::Skops => skops(object),
        Framework::LangChain => chains(object),
        Framework::LangGraph => checkpoint(object),
        Framework::SentenceTransformers => {
            parts(object, &["sentence_transformers"], |name| kind("sentence-transformers", name).is_some())
        }
        Framework::Diffusers => components(object),
        Framework::Peft => parts(
            object,
            &["diffusers", "peft", "sentence_transformers", "timm", "torch", "torchvision", "transformers"],
            is_class,
        ),
    }
}

/// The kind under which a name is listed.
fn kind(framework: &str, name: &str) -> Option<&'static str> {
    find(OBJECTS, framework, name)?.split('\t').nth(2)
}

fn danger(framework: &str, name: &str) -> Option<Standing> {
    let mut columns = find(DANGEROUS, framework, name)?.split('\t').skip(2);
    let (word, what) = (columns.next()?, columns.next()?);
    Some(match (word, Effect::parse(word)) {
        ("none", _) => Known,
        ("custom", _) => Custom(what),
        (_, Some(Effect::Write | Effect::Interpreter | Effect::Compile | Effect::Evaluate)) | ("file", _) => {
            Reaches(what)
        }
        _ => Runs(what),
    })
}

fn find(text: &'static str, framework: &str, name: &str) -> Option<&'static str> {
    Table::new(text).find(|line| {
        let mut columns = line.split('\t');
        (columns.next().unwrap_or(""), columns.next().unwrap_or("")).cmp(&(framework, name))
    })
}

fn path(object: &NamedObject) -> String {
    match object.module.as_str() {
        "" => object.name.clone(),
        module => format!("{module}.{}", object.name),
    }
}

fn root(object: &NamedObject) -> &str {
    object.module.split('.').next().unwrap_or_default()
}

/// What importing and calling the name does, wherever a framework takes it from.
fn acts(path: &str) -> Option<Standing> {
    effect(path).map(|(effect, why)| match effect {
        Effect::Process | Effect::Code | Effect::Evaluate | Effect::Native | Effect::Persistence => Runs(why),
        Effect::Deserialise | Effect::Network | Effect::Upload | Effect::Build | Effect::Delete => Runs(why),
        _ => Reaches(why),
    })
}

/// A name that frameworks import from its own module: of Python itself no model needs one.
fn foreign(object: &NamedObject) -> Standing {
    let root = root(object);
    if let Some(standing) = acts(&path(object)) {
        return standing;
    }
    if is_standard_library(root) {
        return Runs("is a part of Python, not of a model");
    }
    if matches!(root, "__main__" | "__mp_main__") {
        return Custom("was defined by the program that saved the model");
    }
    if is_importable(root) {
        return Reaches("is a part of another library, which loading imports");
    }
    Custom("is code that is not known")
}

/// The name of a class as people write them, with nothing that a look-up would walk through.
fn is_class(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A class that is imported from one of a framework's own packages, or from anywhere.
fn parts(object: &NamedObject, roots: &[&str], known: impl Fn(&str) -> bool) -> Standing {
    if !roots.contains(&root(object)) {
        return foreign(object);
    }
    match acts(&path(object)) {
        Some(standing) => standing,
        None if known(&object.name) => Known,
        None => Custom("is no class of that library that is known"),
    }
}

/// A component is taken from a library, from a module of the pipelines (`stable_diffusion`), or from a file of the repository.
fn components(object: &NamedObject) -> Standing {
    // What is no package is the name of a file, which is joined to the folder of the model as it stands.
    if object.module.contains(['/', '\\', ':', '~']) || object.module.contains("..") {
        return Runs("is code of a file that its name leads to, out of the model");
    }
    let own = ["diffusers", "transformers", "onnxruntime", "optimum", "sentence_transformers", "peft"];
    if own.contains(&root(object)) {
        return parts(object, &own, is_class);
    }
    match foreign(object) {
        Custom(why) if is_pipeline_module(&object.module) => {
            if is_class(&object.name) {
                Known
            } else {
                Custom(why)
            }
        }
        other => other,
    }
}

fn is_pipeline_module(module: &str) -> bool {
    kind("diffusers", module).is_some()
}

fn keras(object: &NamedObject) -> Standing {
    const OWN: &[&str] = &["", "keras", "keras_core", "keras_cv", "keras_hub", "keras_nlp", "tf_keras"];
    let path = path(object);
    if object.role == Role::Call {
        return tensorflow(object);
    }
    let of_tensorflow = root(object) == "tensorflow" && path.contains("keras.");
    let built_in = object.module == "builtins" && object.role == Role::Function;
    if !(OWN.contains(&root(object)) || of_tensorflow || built_in) {
        return match foreign(object) {
            // A class that the program registers under a name is not imported.
            Reaches(_) if object.registered.as_deref().is_some_and(|name| name.contains('>')) => {
                Custom("is a class that the program must register")
            }
            Reaches(_) if object.role == Role::Type && object.name.ends_with("Spec") => Known,
            other => other,
        };
    }
    if let Some(standing) = danger("keras", &object.name).or_else(|| acts(&path)) {
        return standing;
    }
    if kind("keras", &object.name).is_some() {
        return Known;
    }
    let computing =
        ["activations", "constraints", "initializers", "losses", "metrics", "ops", "regularizers"];
    let harmless_place = object.module.split('.').any(|part| computing.contains(&part));
    match object.role {
        _ if object.name.contains('.') => Reaches("is a path through modules, not a name"),
        Role::Function if built_in => match acts(&format!("builtins.{}", object.name)) {
            Some(standing) => standing,
            None => Custom("is a function that the program must register"),
        },
        Role::Function if object.module.is_empty() || harmless_place => {
            Custom("is a function that is not known")
        }
        Role::Function => Reaches("is a function of Keras that is not known to compute only"),
        _ => Custom("is a class that the program must register, or none that is known"),
    }
}

/// Operators of TensorFlow by the names under which it exports them.
fn tensorflow(object: &NamedObject) -> Standing {
    const COMPUTING: &[&str] = &[
        "__operators__",
        "bitwise",
        "clip_by_norm",
        "image",
        "keras",
        "linalg",
        "math",
        "nn",
        "ragged",
        "random",
        "signal",
        "sparse",
        "strings",
    ];
    const READING: &[&str] = &["decode", "load", "py_function", "read", "write", "serialize", "function"];
    let place = object.module.strip_prefix("tensorflow").unwrap_or(&object.module).trim_start_matches('.');
    let place = place.strip_prefix("compat.v1").or_else(|| place.strip_prefix("compat.v2")).unwrap_or(place);
    let first = place.trim_start_matches('.').split('.').next().unwrap_or_default();
    if let Some(standing) = danger("tensorflow", &object.name).or_else(|| acts(&path(object))) {
        return standing;
    }
    let reads = READING.iter().any(|word| object.name.to_ascii_lowercase().contains(word));
    match first {
        "io" | "raw_ops" | "saved_model" | "train" | "data" | "summary" | "debugging" | "experimental"
        | "lookup" | "sysconfig" | "distribute" | "queue" => {
            Reaches("is a part of TensorFlow that reads, writes or loads")
        }
        _ if reads => Reaches("reads, writes or calls more than tensors"),
        "" => Known,
        first if COMPUTING.contains(&first) => Known,
        _ => Custom("is an operator of TensorFlow that is not known"),
    }
}

fn skops(object: &NamedObject) -> Standing {
    let full = path(object);
    match object.role {
        Role::Method => return method(object),
        Role::Call if object.module == "operator" => {
            return danger("operator", &object.name).unwrap_or(Runs("is called with what the file says"));
        }
        // Nodes of a partial function always make one; what it calls is judged by itself.
        Role::Type if full == "functools.partial" => return Known,
        _ => {}
    }
    let uses = match object.role {
        Role::Class => Uses { constructed: true, built: true, ..Uses::default() },
        Role::Call => Uses { called: true, ..Uses::default() },
        _ => Uses { passed: true, ..Uses::default() },
    };
    let listed = kind("skops", &full).is_some_and(|kind| kind == "type" || object.role != Role::Call);
    let name = GlobalName { module: object.module.clone(), name: object.name.clone() };
    match Globals::judge(&name, &uses) {
        _ if listed => Known,
        Judgement::Allowed { .. } => Known,
        // A class that may be built may also be kept.
        Judgement::AllowedNameWrongRole { .. } if object.role == Role::Type => Known,
        Judgement::AllowedNameWrongRole { .. } => Custom("is not known to be harmless in this use"),
        Judgement::Dangerous { why, .. } | Judgement::DottedEscape { why, .. } => Runs(why),
        Judgement::StandardLibrary => Reaches("is a part of Python that no model needs"),
        Judgement::MainModule => Custom("was defined by the program that saved the model"),
        Judgement::ScriptType | Judgement::Unlisted { .. } | Judgement::Unknown => Custom("is not known"),
    }
}

/// A bound method is harmless until something calls it; then it does what the class lets it do.
fn method(object: &NamedObject) -> Standing {
    let (class, method) = object.name.rsplit_once('.').unwrap_or(("", &object.name));
    if method.starts_with('_') {
        return Runs("reaches the internals of an object");
    }
    let owner = NamedObject { role: Role::Class, name: class.to_owned(), ..object.clone() };
    match skops(&owner) {
        Known if is_word(method) => Custom("is a method that is called when the model is used"),
        Runs(why) => Runs(why),
        _ => Reaches("is a method of a class that is not known"),
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn chains(object: &NamedObject) -> Standing {
    let root = root(object);
    if root != "langchain" && root != "langgraph" && !root.starts_with("langchain_") {
        return foreign(object);
    }
    danger("langchain", &object.name).or_else(|| acts(&path(object))).unwrap_or(if is_class(&object.name) {
        Known
    } else {
        Custom("is no class")
    })
}

/// `LangGraph` imports whatever a checkpoint names and calls it: classes of the program's own state, and nothing else, are
/// ordinary. Its methods are called with an object that the checkpoint built before.
fn checkpoint(object: &NamedObject) -> Standing {
    let full = path(object);
    if kind("langgraph", &full).is_some() {
        return Known;
    }
    let (class, method) = match object.role {
        Role::Method => object.name.rsplit_once('.').unwrap_or(("", &object.name)),
        _ => (object.name.as_str(), ""),
    };
    let name = GlobalName { module: object.module.clone(), name: class.to_owned() };
    let judged = Globals::judge(&name, &Uses { called: true, ..Uses::default() });
    match judged {
        Judgement::Dangerous { why, .. } | Judgement::DottedEscape { why, .. } => return Runs(why),
        Judgement::Allowed { .. } if object.role != Role::Method => return Known,
        _ => {}
    }
    if let Some(standing) = acts(&full) {
        return standing;
    }
    let standard = is_standard_library(root(object));
    match object.role {
        // Kinds of dates, which it writes like dates.
        Role::Method if method == "fromisoformat" && is_class(class) && !standard => {
            Custom("is a class that is not known")
        }
        Role::Method => Reaches("is a method of an object that the checkpoint chooses"),
        _ if standard => Reaches("is a part of Python, not of a state"),
        _ if is_class(class) => Custom("is a class that is not known"),
        _ if is_importable(root(object)) || super::acts(class) => {
            Reaches("is a function, which no state of a program is made of")
        }
        _ => Custom("is no class"),
    }
}

/// Keys of models are asked of the environment by what uses them; in what a user or a model wrote, nobody may ask.
fn secret(object: &NamedObject) -> Standing {
    const FREE: &[&str] =
        &["additional_kwargs", "metadata", "response_metadata", "content", "example", "artifact"];
    let free = object.path.split('.').any(|part| FREE.contains(&part));
    if free { Reaches("is read from the environment of the machine into free text") } else { Known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_every_line_is_found_again() {
        for (name, text) in texts() {
            let lines: Vec<&str> = Table::new(text).lines().collect();
            let key = |line: &'static str| line.split('\t').take(2).collect::<Vec<_>>();
            assert!(text.is_ascii() && text.ends_with('\n'), "{name}");
            assert!(lines.windows(2).all(|pair| key(pair[0]) < key(pair[1])), "{name} is not sorted");
            for line in lines {
                let columns: Vec<&str> = line.split('\t').collect();
                assert_eq!(columns.len(), 4, "{line}");
                assert!(find(text, columns[0], columns[1]).is_some(), "{line}");
            }
        }
        for line in Table::new(DANGEROUS).lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            assert!(kind(columns[0], columns[1]).is_none(), "known and dangerous: {line}");
            let word = columns[2];
            assert!(matches!(word, "none" | "custom" | "file") || Effect::parse(word).is_some(), "{line}");
        }
    }

    fn of(framework: Framework, role: Role, module: &str, name: &str) -> Standing {
        let object = NamedObject {
            role,
            module: module.to_owned(),
            name: name.to_owned(),
            registered: None,
            path: String::new(),
            region: weighhouse_formats::region::Region::new(0, 1),
        };
        standing(framework, &object)
    }

    #[test]
    fn keras_looks_names_up_in_its_own_packages() {
        let of = |role, module, name| of(Framework::Keras, role, module, name);
        for module in [
            "keras.layers",
            "",
            "keras.src.layers.core.dense",
            "tf_keras.layers",
            "tensorflow.python.keras.layers",
        ] {
            assert_eq!(of(Role::Class, module, "Dense"), Known, "{module}");
        }
        assert_eq!(of(Role::Function, "builtins", "relu"), Known);
        assert!(matches!(of(Role::Function, "builtins", "exec"), Runs(_)));
        assert!(matches!(of(Role::Function, "keras.utils", "get_file"), Runs(_)));
        assert!(matches!(of(Role::Function, "keras.models", "load_model"), Runs(_)));
        assert!(matches!(of(Role::Function, "keras.config", "enable_unsafe_deserialization"), Runs(_)));
        assert!(matches!(of(Role::Function, "keras.utils", "something_else"), Reaches(_)));
        assert!(matches!(of(Role::Class, "os", "system"), Runs(_)));
        assert!(matches!(of(Role::Class, "wave", "open"), Runs(_)));
        assert!(matches!(of(Role::Class, "numpy", "load"), Runs(_) | Reaches(_)));
        assert!(matches!(of(Role::Class, "my_package.layers", "MyLayer"), Custom(_)));
        assert!(matches!(of(Role::Class, "", "MyLayer"), Custom(_)));
        assert_eq!(of(Role::Call, "tensorflow.math", "add"), Known);
        assert!(matches!(of(Role::Call, "tensorflow.io", "write_file"), Reaches(_)));
        assert!(matches!(of(Role::Call, "tensorflow", "py_function"), Runs(_)));
    }

    #[test]
    fn langgraph_calls_what_is_written() {
        let of = |role, module, name| of(Framework::LangGraph, role, module, name);
        for (role, module, name) in [
            (Role::Call, "uuid", "UUID"),
            (Role::Call, "re", "compile"),
            (Role::Call, "decimal", "Decimal"),
            (Role::Call, "collections", "OrderedDict"),
            (Role::Method, "datetime", "datetime.fromisoformat"),
            (Role::Class, "langchain_core.messages.human", "HumanMessage"),
        ] {
            assert_eq!(of(role, module, name), Known, "{module}.{name}");
        }
        for (role, module, name) in [
            (Role::Call, "os", "system"),
            (Role::Class, "subprocess", "Popen"),
            (Role::Call, "builtins", "eval"),
            (Role::Call, "acme.tools", "run_command"),
        ] {
            assert!(matches!(of(role, module, name), Runs(_)), "{module}.{name}");
        }
        for (role, module, name) in [
            (Role::Call, "logging", "FileHandler"),
            (Role::Call, "acme.tools", "load_everything"),
            (Role::Method, "pathlib", "Path.unlink"),
            (Role::Method, "acme.state", "Store.restore"),
            (Role::Method, "http.cookiejar", "X.fromisoformat"),
            (Role::Call, "transformers", "pipeline"),
        ] {
            assert!(matches!(of(role, module, name), Reaches(_) | Runs(_)), "{module}.{name}");
        }
        for (role, module, name) in [
            (Role::Class, "my_app.state", "Plan"),
            (Role::Call, "__main__", "Color"),
            (Role::Call, "my_app.state", "make_plan"),
            (Role::Method, "pendulum.datetime", "DateTime.fromisoformat"),
        ] {
            assert!(matches!(of(role, module, name), Custom(_)), "{module}.{name}");
        }
    }

    #[test]
    fn skops_imports_what_is_written() {
        let of = |role, module, name| of(Framework::Skops, role, module, name);
        assert_eq!(of(Role::Class, "builtins", "dict"), Known);
        assert_eq!(of(Role::Type, "builtins", "str"), Known);
        assert_eq!(of(Role::Class, "sklearn.linear_model._logistic", "LogisticRegression"), Known);
        assert!(matches!(of(Role::Function, "os", "system"), Runs(_)));
        assert!(matches!(of(Role::Call, "operator", "call"), Runs(_)));
        assert!(matches!(of(Role::Method, "sklearn.pipeline", "Pipeline.__init__"), Runs(_)));
        assert!(matches!(of(Role::Class, "my_package", "X"), Custom(_)));
    }
}
