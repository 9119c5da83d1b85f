//! What a stream may take out of listed objects with `getattr`, as long as it only keeps it.
//!
//! Python writes a method of an object as `getattr(object, name)`, and below protocol 4 every nested name as `getattr(class, name)`.
//! Getting a method runs nothing and gives nothing away that a loader would call; what is called, built on or handed to a call is
//! no such thing, and whoever asks has to look at that.

use weighhouse_formats::pickle::{GlobalName, Uses};

use super::acts::acts;
use super::globals::{Entry, Globals, Role, is_named_like_a_danger, is_standard_library};

/// Modules of the standard library whose listed names are classes of plain values.
const VALUE_MODULES: &[&str] = &["collections", "datetime", "decimal", "fractions"];

/// Attributes by which Python's own functions, methods, generators and frames give away what is behind them.
const INTERNALS: &[&str] = &[
    "ag_code",
    "ag_frame",
    "cr_code",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_globals",
    "f_locals",
    "func_code",
    "func_globals",
    "gi_code",
    "gi_frame",
    "gi_yieldfrom",
    "im_class",
    "im_func",
    "im_self",
    "mro",
    "tb_frame",
    "tb_next",
];

/// What a stream gets with `getattr` of something under a constant name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// An ordinary attribute of a listed class, or of an object of one.
    Ordinary,
    /// One whose name says that it reaches beyond its object, or one of an object about whose class nothing is known.
    Doubtful,
    /// Anything else: `getattr` stands for what can be reached with it.
    Dangerous,
}

/// The attribute of an imported class. It is imported under its own name, too, and judged there.
pub fn attribute_of_class(class: &GlobalName, attribute: &str) -> Attribute {
    let exactly = GlobalName { module: class.module.clone(), name: format!("{}.{attribute}", class.name) };
    if Globals::entry(&exactly).is_some() {
        return Attribute::Ordinary;
    }
    match Globals::entry(class) {
        Some(entry) if is_class_of_values(&entry) && is_plain(attribute) => weigh(attribute),
        _ => Attribute::Dangerous,
    }
}

/// The attribute of an object that `maker` made: a class, or a function that rebuilds something.
pub fn attribute_of_object(maker: &GlobalName, attribute: &str) -> Attribute {
    let exactly = GlobalName { module: maker.module.clone(), name: format!("{}.{attribute}", maker.name) };
    if Globals::entry(&exactly).is_some() {
        return Attribute::Ordinary;
    }
    if !is_plain(attribute) {
        return Attribute::Dangerous;
    }
    match Globals::entry(maker) {
        Some(entry) if is_value(&entry) => weigh(attribute),
        Some(_) => Attribute::Dangerous,
        None if is_distribution(maker) => weigh(attribute),
        None if Globals::is_only_unknown(maker) => Attribute::Doubtful,
        None => Attribute::Dangerous,
    }
}

/// The entry of the class to which a method belongs that is only kept.
pub(super) fn kept_method(name: &GlobalName, uses: Uses) -> Option<Entry> {
    if uses != (Uses { passed: uses.passed, ..Uses::default() }) {
        return None;
    }
    let (class, method) = name.name.rsplit_once('.')?;
    let class = GlobalName { module: name.module.clone(), name: class.to_owned() };
    let entry = Globals::entry(&class).filter(is_class_of_values)?;
    (is_plain(method) && weigh(method) == Attribute::Ordinary).then_some(entry)
}

/// Discrete distributions of scipy keep methods of their own.
fn is_distribution(class: &GlobalName) -> bool {
    class.module == "scipy.stats._discrete_distns" && class.name.ends_with("_gen")
}

/// A method that is hung up where its library calls it says when, not what it does.
fn weigh(attribute: &str) -> Attribute {
    if attribute.ends_with("_hook") || !acts(attribute) { Attribute::Ordinary } else { Attribute::Doubtful }
}

/// Whether an entry is a class, by its roles or its spelling, and one whose methods are its own: text formats by template, and
/// classes of the standard library open files.
fn is_class_of_values(entry: &Entry) -> bool {
    let spelled = entry.name.starts_with(|first: char| first.is_ascii_uppercase());
    (spelled || entry.roles.has(Role::New)) && is_value(entry)
}

fn is_value(entry: &Entry) -> bool {
    let top = entry.module.split('.').next().unwrap_or(entry.module);
    VALUE_MODULES.contains(&entry.module) || !is_standard_library(top)
}

/// An identifier that is neither one of Python's internals nor the name of a module or function that gives everything away.
fn is_plain(attribute: &str) -> bool {
    attribute.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && attribute.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !attribute.starts_with("__")
        && !INTERNALS.contains(&attribute)
        && !is_named_like_a_danger(attribute)
}
