//! How pickle findings speak: names in backticks, calls as Python would write them.

use std::cell::OnceCell;
use std::collections::HashMap;

use weighhouse_formats::pickle::{Call, Global, GlobalName, PickleFacts, Shape};

use crate::rule::quote;

/// The name in backticks, printable.
pub(super) fn named(name: &GlobalName) -> String {
    quote(&name.to_string())
}

/// What is seen of the globals of a pickle. The calls of each are looked up, not searched for: a pickle may make tens of
/// thousands of calls.
pub(super) struct Seen<'f> {
    facts: &'f PickleFacts,
    calls: OnceCell<HashMap<&'f GlobalName, Vec<&'f Call>>>,
}

impl<'f> Seen<'f> {
    pub(super) fn in_facts(facts: &'f PickleFacts) -> Self {
        Self { facts, calls: OnceCell::new() }
    }

    /// What is done with a global: the first call of it, or the uses in words; and which listed danger matched, if that
    /// is not the name itself.
    pub(super) fn of(&self, global: &Global, matched: &str) -> String {
        let mut text =
            self.calls_of(&global.name).first().map_or_else(|| uses(global), |call| shown_call(call));
        if !matched.is_empty() && !global.name.to_string().contains(matched) {
            text = format!("{text} (known as {matched})");
        }
        match &global.written {
            Some(written) => format!("{text}, written as {written}"),
            None => text,
        }
    }

    /// The calls of a global.
    pub(super) fn calls_of(&self, name: &GlobalName) -> &[&'f Call] {
        let index = self.calls.get_or_init(|| {
            let mut index: HashMap<_, Vec<_>> = HashMap::with_capacity(self.facts.globals.len());
            for call in &self.facts.calls {
                if let Shape::Global(name) = &call.callee {
                    index.entry(name).or_default().push(call);
                }
            }
            index
        });
        index.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A call as Python would write it, with its opcode.
pub(super) fn shown_call(call: &Call) -> String {
    let arguments = call.arguments.iter().map(shown).collect::<Vec<_>>().join(", ");
    format!("{}({arguments}) by {}", shown(&call.callee), call.opcode.name())
}

fn uses(global: &Global) -> String {
    let uses = global.uses;
    let words: Vec<&str> = [
        (uses.called, "called"),
        (uses.constructed, "instantiated"),
        (uses.built, "given state"),
        (uses.filled, "filled"),
        (uses.appended, "appended to"),
        (uses.patched, "changed itself"),
        (uses.passed, "passed on"),
    ]
    .into_iter()
    .filter_map(|(used, word)| used.then_some(word))
    .collect();
    let what = if words.is_empty() { "imported only".to_owned() } else { words.join(", ") };
    format!("{}: {what}", global.name)
}

/// A value as Python would write it, as far as it is known.
pub(super) fn shown(shape: &Shape) -> String {
    match shape {
        Shape::None => "None".to_owned(),
        Shape::Bool(true) => "True".to_owned(),
        Shape::Bool(false) => "False".to_owned(),
        Shape::Int(number) => number.to_string(),
        Shape::Float => "<float>".to_owned(),
        Shape::Text { head, len } if head.len() as u64 == *len => format!("'{head}'"),
        Shape::Text { head, .. } => format!("'{head}…'"),
        Shape::Bytes { region } => format!("<{} bytes>", region.len()),
        Shape::Tuple(elements) => format!("({})", elements.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Shape::Container => "<container>".to_owned(),
        Shape::Global(name) => name.to_string(),
        Shape::Instance(name) => format!("<{name} object>"),
        Shape::Persistent => "<external object>".to_owned(),
        Shape::Unknown => "<?>".to_owned(),
    }
}
