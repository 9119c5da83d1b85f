//! Names that chat templates may use: an allow list, and the few that are known to be ways out.

use super::table::Table;

const TEMPLATES: &str = include_str!("../../data/templates.tsv");

/// Attributes of Python objects that lead from data to the interpreter, beside everything that begins with two underscores.
const WAYS_OUT: &[&str] = &[
    "ag_await",
    "ag_code",
    "ag_frame",
    "co_code",
    "co_consts",
    "cr_await",
    "cr_code",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_code",
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

/// Objects that a template engine puts into every template, and whose attributes lead to its internals.
const ENGINE_OBJECTS: &[&str] = &[
    "config",
    "context",
    "cycler",
    "environment",
    "g",
    "get_flashed_messages",
    "joiner",
    "lipsum",
    "request",
    "self",
    "session",
    "url_for",
];

/// What a name in a template can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum TemplateWord {
    Call,
    Filter,
    Statement,
}

/// The text that takes part in judging.
pub(super) fn text() -> (&'static str, &'static str) {
    ("templates", TEMPLATES)
}

/// Whether real templates use the name in this way.
pub fn is_known(kind: TemplateWord, name: &str) -> bool {
    let kind = match kind {
        TemplateWord::Call => "call",
        TemplateWord::Filter => "filter",
        TemplateWord::Statement => "statement",
    };
    let found = Table::new(TEMPLATES).find(|line| {
        let mut columns = line.split('\t');
        (columns.next().unwrap_or(""), columns.next().unwrap_or("")).cmp(&(kind, name))
    });
    found.is_some()
}

/// Whether an attribute leads from data to the interpreter.
pub fn is_way_out(attribute: &str) -> bool {
    attribute.contains("__") || WAYS_OUT.contains(&attribute)
}

/// Whether a name stands for an object of the template engine itself.
pub fn is_engine_object(name: &str) -> bool {
    ENGINE_OBJECTS.contains(&name)
}
