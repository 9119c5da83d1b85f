//! What a listed callable may be called with.
//!
//! Some callables are harmless only with the arguments that the libraries themselves write. The check looks at the shapes the
//! abstract machine kept; what it cannot follow counts against the call.

use weighhouse_formats::pickle::{Call, GlobalName, Shape};

use super::globals::{Globals, Role};

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
    /// The name of something: letters, digits and `_ . / + -`, no way upwards.
    Name,
    /// Bytes that are a pickle themselves and are inspected as one.
    NestedPickle,
    /// No imported object.
    NoCallables,
    /// A class, a built-in base, its value.
    PlainBase,
    /// A callable that is listed to be called and of the callee's own package, then a class and values: what follows calls it.
    Rebuilds,
    /// Imported objects only of the callee's own package, or plain built-in types.
    SamePackage,
    /// One argument only.
    Single,
    /// No large number.
    Sized,
}

impl Arguments {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "any" => Self::Any,
            "codec" => Self::Codec,
            "constructs" => Self::Constructs,
            "name" => Self::Name,
            "nested-pickle" => Self::NestedPickle,
            "no-callables" => Self::NoCallables,
            "plain-base" => Self::PlainBase,
            "rebuilds" => Self::Rebuilds,
            "same-package" => Self::SamePackage,
            "single" => Self::Single,
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
            Self::PlainBase => (has_plain_base(arguments), "with a base class that is not built in"),
            Self::SamePackage => {
                (same_package(call), "with an imported object of another package, which it may call")
            }
            Self::Single => (arguments.len() == 1, "with more than one argument"),
            Self::Rebuilds => (rebuilds(call), "with something that is not listed to be called by it"),
            Self::Sized => (!has_large_number(arguments), "with a number so large that it asks for memory"),
        };
        (!fine).then_some(why)
    }
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
        Shape::Instance(maker) => maker.module == "_codecs" && maker.name == "encode",
        _ => false,
    }
}

fn constructs(arguments: &[Shape]) -> bool {
    let Some(Shape::Global(class)) = arguments.first() else { return false };
    Globals::entry(class).is_some_and(|entry| entry.roles.has(Role::New))
}

fn rebuilds(call: &Call) -> bool {
    let [Shape::Global(function), Shape::Global(_), ..] = call.arguments.as_slice() else { return false };
    Globals::entry(function).is_some_and(|entry| entry.roles.has(Role::Call)) && same_package(call)
}

fn has_plain_base(arguments: &[Shape]) -> bool {
    matches!(arguments, [Shape::Global(_), Shape::Global(base), _] if base.module == "builtins" && PLAIN_BASES.contains(&base.name.as_str()))
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
    let Shape::Global(callee) = &call.callee else { return false };
    let top = |name: &GlobalName| name.module.split('.').next().map(str::to_owned);
    let plain = |name: &GlobalName| name.module == "builtins" && PLAIN_BASES.contains(&name.name.as_str());
    globals(&call.arguments).all(|name| top(name) == top(callee) || plain(name))
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
