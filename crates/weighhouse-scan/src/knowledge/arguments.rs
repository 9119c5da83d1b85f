//! What a listed callable may be called with.
//!
//! Some callables are harmless only with the arguments that the libraries themselves write. The check looks at the shapes the
//! abstract machine kept; what it cannot follow counts against the call.

use weighhouse_formats::pickle::{Call, GlobalName, Shape};

use super::globals::{Entry, Globals, Role};

/// Text encodings whose encoders only map characters to bytes.
const CODECS: &[&str] =
    &["ascii", "latin-1", "latin1", "iso-8859-1", "utf-8", "utf8", "utf-16", "utf-32", "raw_unicode_escape"];
/// Built-in types that may stand as the base in `copyreg._reconstructor`.
const PLAIN_BASES: &[&str] = &[
    "object",
    "dict",
    "list",
    "tuple",
    "set",
    "frozenset",
    "int",
    "float",
    "complex",
    "str",
    "bytes",
    "bytearray",
];
/// What is wrong where no object may be.
const OBJECT: &str = "with an object that the stream made, whose methods it calls";
/// Numbers above this ask for memory that no argument of a constructor needs.
const LARGEST_NUMBER: i64 = 1 << 24;

/// A condition on the arguments of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing can go wrong.
    Any,
    /// Text and the name of a plain text encoding.
    Codec,
    /// A class that may be instantiated, then values.
    Constructs,
    /// numpy's own rebuilder of arrays, what it is called with, and the state of the array that it makes: what follows calls the one
    /// with the other.
    CreatesArray,
    /// None: the object is made empty and gets a state.
    Empty,
    /// Plain, but for the first, which a container keeps and calls without arguments: a name that is judged as one that is handed
    /// on, or a partial, which is judged by what it holds.
    Factory,
    /// Plain, and no text that names one of Python's internals: what it makes gets such an item out of what it is given.
    Keys,
    /// The name of something: letters, digits and `_ . / + -`, no way upwards.
    Name,
    /// Bytes that are a pickle themselves and are inspected as one.
    NestedPickle,
    /// No imported object.
    NoCallables,
    /// Constants, containers and bytes that old protocols write as text: no object whose methods the callee would call.
    Plain,
    /// A class, a built-in base, its value.
    PlainBase,
    /// A callable that is listed to be called and of the callee's own package, then a class and values: what follows calls it.
    Rebuilds,
    /// Imported objects only of the callee's own package, or plain built-in types.
    SamePackage,
    /// One of the objects of which there is only one.
    Singleton,
    /// Plain, and no large number.
    Sized,
    /// One text that is a constant: what it names is imported, and judged as that.
    Text,
}

impl Arguments {
    /// Whether the condition also holds where the object is instantiated without being called.
    pub fn covers_instantiation(self) -> bool {
        matches!(self, Self::Factory | Self::Plain | Self::Singleton | Self::Sized | Self::NoCallables)
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "any" => Self::Any,
            "codec" => Self::Codec,
            "constructs" => Self::Constructs,
            "creates-array" => Self::CreatesArray,
            "empty" => Self::Empty,
            "factory" => Self::Factory,
            "keys" => Self::Keys,
            "name" => Self::Name,
            "nested-pickle" => Self::NestedPickle,
            "no-callables" => Self::NoCallables,
            "plain" => Self::Plain,
            "plain-base" => Self::PlainBase,
            "rebuilds" => Self::Rebuilds,
            "same-package" => Self::SamePackage,
            "singleton" => Self::Singleton,
            "text" => Self::Text,
            "sized" => Self::Sized,
            _ => return None,
        })
    }

    /// Why the call must not be made with its arguments, as the rest of a sentence; `None` if nothing is wrong.
    pub fn objection(self, call: &Call) -> Option<&'static str> {
        let arguments = call.arguments.as_slice();
        let (fine, why) = match self {
            Self::Any => return None,
            Self::Codec => {
                (is_codec_call(arguments), "with something other than text and a plain text encoding")
            }
            Self::Constructs => (constructs(arguments), "with a class that is not listed to be instantiated"),
            Self::CreatesArray => (
                creates_array(call),
                "with something other than numpy's rebuilder of arrays and what that takes",
            ),
            Self::Text => (
                matches!(arguments, [Shape::Text { head, len }] if head.len() as u64 == *len),
                "with something that is not one constant name",
            ),
            Self::Empty => (arguments.is_empty(), "with arguments, where the library only gives it a state"),
            Self::Factory => (is_factory(arguments), OBJECT),
            Self::Keys if !is_plain(arguments) => (false, OBJECT),
            Self::Keys => {
                (!names_internals(arguments), "with the name of something that Python keeps to itself")
            }
            Self::Name => (
                matches!(arguments, [Shape::Text { head, len }, ..] if is_name(head, *len)),
                "with something that is not a plain name",
            ),
            Self::NestedPickle => (
                matches!(arguments, [bytes] if is_followed(bytes)),
                "with bytes that cannot be followed; it unpickles them",
            ),
            Self::NoCallables => {
                (!globals(arguments).any(|_| true), "with an imported object, which it may call")
            }
            Self::Plain => (is_plain(arguments), OBJECT),
            Self::PlainBase => {
                (has_plain_base(arguments), "with a base class that is not built in, or an object")
            }
            Self::SamePackage => {
                (same_package(call), "with an imported object of another package, which it may call")
            }
            Self::Singleton => (is_singleton(arguments), "with something other than `None` and its like"),
            Self::Rebuilds => (rebuilds(call), "with something that is not listed to be called by it"),
            Self::Sized if !is_plain(arguments) => (false, OBJECT),
            Self::Sized => (!has_large_number(arguments), "with a number so large that it asks for memory"),
        };
        (!fine).then_some(why)
    }
}

/// Shapes that run nothing when they are converted, compared or iterated.
fn is_plain(arguments: &[Shape]) -> bool {
    arguments.iter().all(|shape| match shape {
        Shape::Tuple(inner) => is_plain(inner),
        Shape::Instance(maker) => is_encoder(maker) || is_constant_maker(maker),
        Shape::Persistent | Shape::Unknown => false,
        _ => true,
    })
}

/// `__builtins__`, `__globals__` and their kin among texts, in tuples too.
fn names_internals(arguments: &[Shape]) -> bool {
    arguments.iter().any(|shape| match shape {
        Shape::Text { head, .. } => head.starts_with("__") && head.ends_with("__"),
        Shape::Tuple(inner) => names_internals(inner),
        _ => false,
    })
}

fn is_factory(arguments: &[Shape]) -> bool {
    match arguments {
        [Shape::Instance(maker), rest @ ..] if is_partial(maker) => is_plain(rest),
        other => is_plain(other),
    }
}

/// `functools.partial` under its own name.
pub fn is_partial(name: &GlobalName) -> bool {
    name.module == "functools" && name.name == "partial"
}

/// Whether arguments that a partial keeps are values, or names that may be handed on. Shapes show only the first elements of what
/// is long, and calls are told apart by what is not nested.
pub fn may_be_kept(arguments: &[Shape]) -> bool {
    const MOST: usize = 8;
    let fine = |shape: &Shape| match shape {
        Shape::Global(name) => Globals::entry(name).is_some_and(|entry| entry.roles.has(Role::Import)),
        Shape::Tuple(_) => false,
        other => is_plain(std::slice::from_ref(other)),
    };
    arguments.len() <= MOST && arguments.iter().all(fine)
}

fn is_encoder(maker: &GlobalName) -> bool {
    maker.module == "_codecs" && maker.name == "encode"
}

/// Built-in types whose instances are values: their own arguments are checked where they are made.
fn is_constant_maker(maker: &GlobalName) -> bool {
    maker.module == "builtins" && PLAIN_BASES.contains(&maker.name.as_str()) && maker.name != "object"
}

fn is_singleton(arguments: &[Shape]) -> bool {
    match arguments {
        [Shape::None] => true,
        [Shape::Global(name)] => {
            name.module == "builtins" && matches!(name.name.as_str(), "Ellipsis" | "NotImplemented")
        }
        _ => false,
    }
}

/// Whether a text is what scipy's distributions write to define how they read their arguments: parameters in three places,
/// and nothing else.
pub fn only_parses_arguments(template: &str) -> bool {
    let parameters = template.strip_prefix("\ndef _parse_args(self, ").and_then(|rest| rest.split_once("):"));
    let Some((parameters, _)) = parameters else { return false };
    [("loc=0, scale=1", "loc, scale"), ("loc=0", "loc, 1")].into_iter().any(|(taken, given)| {
        let Some(shapes) = parameters.strip_suffix(taken).and_then(|rest| rest.strip_suffix(' ')) else {
            return false;
        };
        shapes.split_terminator(", ").all(is_parameter)
            && template
                == format!(
                    "\ndef _parse_args(self, {shapes} {taken}):\n    return ({shapes}), {given}\n\
                     \ndef _parse_args_rvs(self, {shapes} {taken}, size=None):\n    return self._argcheck_rvs({shapes} {given}, size=size)\n\
                     \ndef _parse_args_stats(self, {shapes} {taken}, moments='mv'):\n    return ({shapes}), {given}, moments\n"
                )
    })
}

/// Whether a formula of statistics names columns and applies ordinary functions to them: the parts of a formula are expressions of
/// Python to those who evaluate it.
pub fn only_names_columns(formula: &str) -> bool {
    const FUNCTIONS: &[&str] = &[
        "C",
        "Diff",
        "Helmert",
        "I",
        "Poly",
        "Q",
        "Sum",
        "Treatment",
        "abs",
        "bs",
        "cc",
        "center",
        "cos",
        "cr",
        "exp",
        "expm1",
        "hashed",
        "lag",
        "lags",
        "log",
        "log10",
        "log1p",
        "log2",
        "poly",
        "power",
        "round",
        "scale",
        "sin",
        "sqrt",
        "square",
        "standardize",
        "tan",
        "tanh",
        "te",
    ];
    let plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || "~+-*/:^()|_.,'\"=%&<>!".contains(c);
    let quoted = formula.contains(['\'', '"']);
    let mut word = String::new();
    let mut before = None;
    for c in formula.chars() {
        if c == '(' && !word.is_empty() {
            // `np.log` and `log`; a method of a column is more than a formula needs.
            let function = word.strip_prefix("np.").unwrap_or(&word);
            if !FUNCTIONS.contains(&function) {
                return false;
            }
        }
        if c == '(' && before == Some(')') {
            return false;
        }
        if c.is_alphanumeric() || matches!(c, '_' | '.') {
            word.push(c);
        } else if !c.is_whitespace() {
            word.clear();
        }
        if !c.is_whitespace() {
            before = Some(c);
        }
    }
    formula.chars().all(plain)
        && !formula.contains("__")
        && (!quoted || formula.contains("Q(") || formula.contains("C("))
}

fn is_parameter(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_codec_call(arguments: &[Shape]) -> bool {
    let plain = |shape: &Shape| matches!(shape, Shape::Text { head, .. } if CODECS.contains(&head.to_ascii_lowercase().as_str()));
    match arguments {
        [Shape::Text { .. }] => true,
        [Shape::Text { .. }, codec] | [Shape::Text { .. }, codec, Shape::Text { .. }] => plain(codec),
        _ => false,
    }
}

/// Bytes of the stream, or bytes that old protocols write as text: the parser looks into both.
fn is_followed(shape: &Shape) -> bool {
    match shape {
        Shape::Bytes { .. } => true,
        Shape::Instance(maker) => is_encoder(maker),
        _ => false,
    }
}

fn constructs(arguments: &[Shape]) -> bool {
    let Some(Shape::Global(class)) = arguments.first() else { return false };
    Globals::entry(class).is_some_and(|entry| entry.roles.has(Role::New))
}

/// The function is called with its arguments by the same rules as if the stream called it; the array gets its state, and at most
/// attributes.
fn creates_array(call: &Call) -> bool {
    let [Shape::Global(function), Shape::Tuple(inner), Shape::Tuple(_), Shape::None | Shape::Container] =
        call.arguments.as_slice()
    else {
        return false;
    };
    let rebuilder = matches!(function.module.as_str(), "numpy.core.multiarray" | "numpy._core.multiarray")
        && function.name == "_reconstruct";
    let array = |class: &GlobalName| {
        class.module.split('.').next() == Some("numpy")
            && Globals::entry(class)
                .is_some_and(|entry| entry.roles.has(Role::New) || entry.roles.has(Role::Build))
    };
    rebuilder
        && matches!(inner.as_slice(), [Shape::Global(class), Shape::Tuple(_), Shape::Bytes { .. }] if array(class))
}

/// The function is called with the arguments that follow the class, by the same rules as if the stream called it; the class
/// is a type of tensor, or the rebuilder refuses it.
fn rebuilds(call: &Call) -> bool {
    let [Shape::Global(function), Shape::Global(_), Shape::Tuple(inner), state @ ..] =
        call.arguments.as_slice()
    else {
        return false;
    };
    let inner = Call { callee: Shape::Global(function.clone()), arguments: inner.clone(), ..call.clone() };
    let nested = |entry: &Entry| !matches!(entry.arguments, Arguments::NestedPickle | Arguments::Rebuilds);
    same_top(call, function)
        && globals(state).all(|name| same_top(call, name))
        && Globals::entry(function)
            .filter(nested)
            .is_some_and(|entry| entry.roles.has(Role::Call) && entry.arguments.objection(&inner).is_none())
}

fn has_plain_base(arguments: &[Shape]) -> bool {
    matches!(arguments, [Shape::Global(_), Shape::Global(base), state] if is_plain(std::slice::from_ref(state)) && base.module == "builtins" && PLAIN_BASES.contains(&base.name.as_str()))
}

fn is_name(text: &str, len: u64) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./+-".contains(c);
    text.len() as u64 == len && !text.starts_with('/') && !text.contains("..") && text.chars().all(plain)
}

fn has_large_number(arguments: &[Shape]) -> bool {
    arguments.iter().any(|shape| match shape {
        Shape::Int(number) => *number > LARGEST_NUMBER,
        Shape::Tuple(inner) => has_large_number(inner),
        _ => false,
    })
}

fn same_package(call: &Call) -> bool {
    globals(&call.arguments).all(|name| same_top(call, name))
}

/// Whether a name belongs to the package of the callee, or is a plain built-in type.
fn same_top(call: &Call, name: &GlobalName) -> bool {
    let Shape::Global(callee) = &call.callee else { return false };
    let top = |name: &GlobalName| name.module.split('.').next().map(str::to_owned);
    top(name) == top(callee) || name.module == "builtins" && PLAIN_BASES.contains(&name.name.as_str())
}

/// The imported objects among the arguments, tuples opened two deep, which is as deep as shapes are kept.
fn globals(arguments: &[Shape]) -> impl Iterator<Item = &GlobalName> {
    arguments.iter().flat_map(open).flat_map(open).filter_map(|shape| match shape {
        Shape::Global(name) => Some(name),
        _ => None,
    })
}

fn open(shape: &Shape) -> &[Shape] {
    match shape {
        Shape::Tuple(inner) => inner,
        other => std::slice::from_ref(other),
    }
}
