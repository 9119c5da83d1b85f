//! Which names a template itself defines, and what is known of their values.

use std::collections::BTreeMap;

use super::value::Value;

/// What is known of a variable.
#[derive(Debug, Clone, Default)]
pub(super) struct Variable {
    pub(super) value: Value,
    pub(super) taint: Taint,
    /// Assigned only if some condition held.
    maybe: bool,
}

/// Where a value comes from, as far as it matters for conditions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taint {
    /// What a user or a tool said: message content.
    pub(super) content: bool,
    /// Today's date.
    pub(super) date: bool,
    /// A parameter of a macro, which may be any of it.
    pub(super) given: bool,
}

impl Taint {
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            content: self.content || other.content,
            date: self.date || other.date,
            given: self.given || other.given,
        }
    }
}

/// Names that Jinja2 defines in every template. Assigning one conditionally must not hide that it is used.
const DEFAULTS: &[&str] = &["lipsum", "cycler", "joiner", "self", "range", "dict", "namespace"];

pub(super) fn is_default(name: &str) -> bool {
    DEFAULTS.contains(&name)
}

/// Nested scopes: `for`, `macro`, `call`, `with`, `filter` and `block` open one, `if` does not.
#[derive(Debug)]
pub(super) struct Scopes {
    open: Vec<Scope>,
    /// Values put into attributes of namespaces (`ns.x`), over the whole template.
    fields: BTreeMap<String, Variable>,
}

#[derive(Debug, Default)]
struct Scope {
    names: BTreeMap<String, Variable>,
    /// How many `if` branches are open in it.
    conditions: u32,
}

impl Scopes {
    pub(super) fn new() -> Self {
        Self { open: vec![Scope::default()], fields: BTreeMap::new() }
    }

    pub(super) fn enter(&mut self) {
        self.open.push(Scope::default());
    }

    pub(super) fn leave(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    pub(super) fn condition(&mut self, open: bool) {
        if let Some(scope) = self.open.last_mut() {
            scope.conditions =
                if open { scope.conditions.saturating_add(1) } else { scope.conditions.saturating_sub(1) };
        }
    }

    /// Assigns a name in the innermost scope. What it may have been before stays known.
    pub(super) fn assign(&mut self, name: &str, value: Value, taint: Taint) {
        let earlier = self.find(name).cloned();
        let Some(scope) = self.open.last_mut() else { return };
        let maybe = scope.conditions > 0 && earlier.as_ref().is_none_or(|earlier| earlier.maybe);
        let variable = match earlier {
            Some(earlier) => {
                Variable { value: earlier.value.or(value), taint: earlier.taint.or(taint), maybe }
            }
            None => Variable { value, taint, maybe },
        };
        scope.names.insert(name.to_owned(), variable);
    }

    /// Declares a name that hides any outer one (parameters, loop variables).
    pub(super) fn declare(&mut self, name: &str, value: Value, taint: Taint) {
        if let Some(scope) = self.open.last_mut() {
            scope.names.insert(name.to_owned(), Variable { value, taint, maybe: false });
        }
    }

    /// Assigns an attribute of a namespace.
    pub(super) fn assign_field(&mut self, path: String, value: Value, taint: Taint) {
        let variable = match self.fields.remove(&path) {
            Some(known) => {
                Variable { value: known.value.or(value), taint: known.taint.or(taint), maybe: false }
            }
            None => Variable { value, taint, maybe: false },
        };
        self.fields.insert(path, variable);
    }

    pub(super) fn field(&self, path: &str) -> Option<&Variable> {
        self.fields.get(path)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Variable> {
        self.open.iter().rev().find_map(|scope| scope.names.get(name))
    }

    /// Whether reading the name reaches what the caller or the environment defines.
    pub(super) fn is_free(&self, name: &str) -> bool {
        self.find(name).is_none_or(|variable| variable.maybe && is_default(name))
    }
}
