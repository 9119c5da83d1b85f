//! Expressions to facts: one pass over the arena, in which children stand before parents.

use std::collections::HashSet;
use std::ops::Range;

use super::expr::{Arguments, Expr, Id, Node};
use super::leak::{self, Trail};
use super::scope::{Scopes, Taint};
use super::value::{self, Value};
use super::{TemplateFacts, TemplateName};
use crate::region::Region;

/// Longest text kept of a condition, a path or a string.
const LONGEST: usize = 256;
/// Links of a path (`a.b.c`) that are spelled out.
const MOST_LINKS: usize = 16;
/// String constants of this length are always kept.
const NOTABLE: usize = 64;

/// The lists of [`TemplateFacts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum List {
    Attributes,
    Filters,
    Tests,
    Globals,
    Calls,
    Statements,
    Computed,
    DataKeys,
    Strings,
    Conditions,
    Inserted,
    Rewrites,
    Huge,
    Appended,
}

/// Gathers facts, each name once, with the place where it first stands.
#[derive(Debug)]
pub(super) struct Collector<'t> {
    text: &'t str,
    pub(super) facts: TemplateFacts,
    seen: HashSet<(List, String)>,
    most: usize,
    pub(super) overflow: bool,
    /// Line counting: position and line of the last place asked for.
    line: (usize, u32),
    /// Comparisons with a trigger seen so far.
    pub(super) triggers: u32,
    /// Sentences of the piece that is read now.
    pub(super) sentences: Vec<(String, Range<usize>)>,
}

/// What is known of the nodes of one tag.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) value: Value,
    pub(super) taint: Taint,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str, most: usize) -> Self {
        let facts = TemplateFacts::default();
        Self {
            text,
            facts,
            seen: HashSet::new(),
            most,
            overflow: false,
            line: (0, 1),
            triggers: 0,
            sentences: Vec::new(),
        }
    }

    /// The line of an offset; cheap when offsets ascend.
    pub(super) fn line_of(&mut self, at: usize) -> u32 {
        let (known, line) = if at >= self.line.0 { self.line } else { (0, 1) };
        let new = memchr::memchr_iter(b'\n', self.text.as_bytes().get(known..at).unwrap_or_default()).count();
        self.line = (at, line.saturating_add(u32::try_from(new).unwrap_or(u32::MAX)));
        self.line.1
    }

    pub(super) fn add(&mut self, list: List, name: &str, range: &Range<usize>) {
        let name = cut(name);
        if self.seen.contains(&(list, name.to_owned())) {
            return;
        }
        let line = self.line_of(range.start);
        let most = self.most;
        let entries = self.list(list);
        if entries.len() >= most {
            self.overflow = true;
            return;
        }
        let region = Region::new(range.start as u64, range.end as u64);
        entries.push(TemplateName { name: name.to_owned(), region, line });
        self.seen.insert((list, name.to_owned()));
    }

    fn list(&mut self, list: List) -> &mut Vec<TemplateName> {
        let facts = &mut self.facts;
        match list {
            List::Attributes => &mut facts.attributes,
            List::Filters => &mut facts.filters,
            List::Tests => &mut facts.tests,
            List::Globals => &mut facts.globals,
            List::Calls => &mut facts.calls,
            List::Statements => &mut facts.statements,
            List::Computed => &mut facts.computed,
            List::DataKeys => &mut facts.data_keys,
            List::Strings => &mut facts.notable_strings,
            List::Conditions => &mut facts.content_conditions,
            List::Inserted => &mut facts.inserted,
            List::Rewrites => &mut facts.rewrites,
            List::Huge => &mut facts.huge,
            List::Appended => &mut facts.appended,
        }
    }

    /// The text from a place on, so many bytes of it.
    pub(super) fn text_from(&self, at: usize, limit: usize) -> &'t str {
        let end = self.text.floor_char_boundary(at.saturating_add(limit));
        self.text.get(at..end).unwrap_or_default()
    }

    pub(super) fn source(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Text outside tags, and string constants: what of it a reader should see.
    pub(super) fn strings(&mut self, text: &str, range: &Range<usize>, constant: bool) {
        if (constant && text.len() > NOTABLE) || is_notable(text) {
            self.add(List::Strings, text, range);
        }
        if self.sentences.len() < 64 && is_sentence(text) {
            self.sentences.push((cut(text.trim()).to_owned(), range.clone()));
        }
        if is_wide_format(text) {
            self.add(List::Huge, text, range);
        }
    }

    /// Every sentence in what stands outside tags, for those who look for instructions.
    pub(super) fn prose(&mut self, text: &str, range: &Range<usize>) {
        for sentence in text.split(['\n', '.', '!']).filter(|sentence| is_sentence(sentence)) {
            self.add(List::Strings, sentence.trim(), range);
        }
    }

    /// What is read next stands by itself.
    pub(super) fn insert(&mut self, inserted: bool) {
        for (sentence, range) in std::mem::take(&mut self.sentences) {
            if inserted {
                self.add(List::Inserted, &sentence, &range);
            }
        }
    }

    /// Walks the nodes of one tag. Nodes from `targets` are assigned to, not read.
    pub(super) fn walk(&mut self, nodes: &[Node], scopes: &Scopes, targets: &[Id]) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::with_capacity(nodes.len());
        for (id, node) in nodes.iter().enumerate() {
            let value = if targets.contains(&id) {
                Known::default()
            } else {
                Walk { nodes, known: &known, scopes }.node(node, self)
            };
            known.push(value);
        }
        known
    }
}

/// The view of one node on what is known of its children.
struct Walk<'a> {
    nodes: &'a [Node],
    known: &'a [Known],
    scopes: &'a Scopes,
}

impl Walk<'_> {
    fn value(&self, id: Id) -> &Value {
        const UNKNOWN: &Value = &Value::Data;
        self.known.get(id).map_or(UNKNOWN, |known| &known.value)
    }

    fn taint(&self, id: Id) -> Taint {
        self.known.get(id).map(|known| known.taint).unwrap_or_default()
    }

    fn taints(&self, ids: impl IntoIterator<Item = Id>) -> Taint {
        ids.into_iter().fold(Taint::default(), |all, id| all.or(self.taint(id)))
    }

    fn values(&self, ids: &[Id]) -> Vec<&Value> {
        ids.iter().map(|id| self.value(*id)).collect()
    }

    fn node(&self, node: &Node, out: &mut Collector<'_>) -> Known {
        let range = &node.range;
        let (value, taint) = match &node.kind {
            Expr::Text(text) => {
                out.strings(text, range, true);
                (Value::Text(text.clone()), Taint::default())
            }
            Expr::Integer(number) => (Value::Integer(*number), Taint::default()),
            Expr::Float | Expr::Truth | Expr::Slice(_) => (Value::Number, Taint::default()),
            Expr::Name(name) => self.name(name, range, out),
            Expr::Sequence(ids) => (
                Value::List(self.values(ids).into_iter().cloned().collect()),
                self.taints(ids.iter().copied()),
            ),
            Expr::Dict(entries) => {
                let keys = entries.iter().map(|(key, _)| self.value(*key).clone()).collect();
                (Value::List(keys), self.taints(entries.iter().map(|(_, value)| *value)))
            }
            Expr::Binary(operator, left, right) => {
                let value = value::binary(operator, self.value(*left), self.value(*right));
                if let Some(text) = self.ending(*left).filter(|_| *operator == "+") {
                    leak::follows(text, self.value(*right), range, out);
                }
                let grows = match *operator {
                    "**" => !matches!(value, Value::Integer(number) if number < LARGE) && value.is_number(),
                    "*" => value::repeats_much(self.value(*left), self.value(*right)),
                    _ => false,
                };
                if grows {
                    out.add(List::Huge, out.source(range), range);
                }
                (value, self.taints([*left, *right]))
            }
            Expr::Concat(parts) => {
                let values = self.values(parts);
                Trail::values(values.iter().copied(), range, out);
                (value::concatenate(&values), self.taints(parts.iter().copied()))
            }
            Expr::Unary(inner) => match self.value(*inner) {
                Value::Integer(number) if out.source(range).starts_with('-') => {
                    (Value::Integer(number.saturating_neg()), Taint::default())
                }
                _ => (Value::Number, Taint::default()),
            },
            Expr::Compare(left, chain) => {
                self.compare(*left, chain, range, out);
                (Value::Number, Taint::default())
            }
            Expr::Filter { name, target, arguments } => self.filter(name, *target, arguments, range, out),
            Expr::Test { name, target, arguments } => {
                out.add(List::Tests, name, range);
                if let Some(argument) = arguments.positional.first() {
                    self.compare(*target, std::slice::from_ref(argument), range, out);
                }
                (Value::Number, Taint::default())
            }
            Expr::Call { callee, arguments } => self.call(*callee, arguments, range, out),
            Expr::Attribute(of, name) => self.member(*of, name, range, out),
            Expr::Item(of, key) => self.item(*of, *key, range, out),
            Expr::Conditional { then, otherwise } => {
                let value = match otherwise {
                    Some(otherwise) => self.value(*then).clone().or(self.value(*otherwise).clone()),
                    None => self.value(*then).clone(),
                };
                (value, self.taints([Some(*then), *otherwise].into_iter().flatten()))
            }
        };
        Known { value, taint }
    }

    fn name(&self, name: &str, range: &Range<usize>, out: &mut Collector<'_>) -> (Value, Taint) {
        if self.scopes.is_free(name) {
            out.add(List::Globals, name, range);
        }
        match self.scopes.find(name) {
            Some(variable) => (variable.value.clone(), variable.taint),
            None => (Value::Data, taint_of_name(name)),
        }
    }

    /// `of.name`.
    fn member(&self, of: Id, name: &str, range: &Range<usize>, out: &mut Collector<'_>) -> (Value, Taint) {
        let path = self.member_path(of, name);
        out.add(List::Attributes, &path, range);
        if let Some(field) = self.scopes.field(&path) {
            return (field.value.clone(), field.taint);
        }
        let taint = if METHODS.contains(&name) { self.taint(of) } else { part_taint(self.taint(of), name) };
        (self.part_of(of), taint)
    }

    /// What a part of a value is: data of data, number of `loop.index`.
    fn part_of(&self, of: Id) -> Value {
        match self.nodes.get(of).map(|node| &node.kind) {
            Some(Expr::Name(name)) if name == "loop" => Value::Number,
            _ => Value::Data,
        }
    }

    fn member_path(&self, of: Id, name: &str) -> String {
        let root = self.path(of);
        if is_identifier(name) { format!("{root}.{name}") } else { format!("{root}['{name}']") }
    }

    /// The dotted text of a node: names and constant keys as they are, anything else as `(…)`.
    fn path(&self, id: Id) -> String {
        let mut links = Vec::new();
        let mut at = id;
        while links.len() < MOST_LINKS {
            match self.nodes.get(at).map(|node| &node.kind) {
                Some(Expr::Name(name)) => {
                    links.push(name.clone());
                    break;
                }
                Some(Expr::Attribute(of, name)) => {
                    links.push(format!(".{name}"));
                    at = *of;
                }
                Some(Expr::Item(of, key)) => {
                    links.push(match self.value(*key) {
                        Value::Text(key) if is_identifier(key) => format!(".{key}"),
                        Value::Text(key) => format!("['{}']", cut(key)),
                        _ => "[]".to_owned(),
                    });
                    at = *of;
                }
                Some(Expr::Call { callee, .. }) => {
                    links.push("()".to_owned());
                    at = *callee;
                }
                _ => {
                    links.push("(…)".to_owned());
                    break;
                }
            }
        }
        links.into_iter().rev().collect()
    }

    /// `of[key]`.
    fn item(&self, of: Id, key: Id, range: &Range<usize>, out: &mut Collector<'_>) -> (Value, Taint) {
        let taint = self.taint(of);
        if let Some(Expr::Slice(parts)) = self.nodes.get(key).map(|node| &node.kind) {
            return (self.sliced(of, parts), taint);
        }
        if let Value::Integer(at) = self.value(key) {
            return (value::index(self.value(of), *at), taint);
        }
        let keys = self.keys(key);
        let mut named = if keys.is_empty() { taint } else { Taint::default() };
        for name in keys {
            out.add(List::Attributes, &self.member_path(of, name), range);
            named = named.or(part_taint(taint, name));
        }
        self.note_unknown_key(key, out.source(range), range, out);
        let value = match (self.value(of), self.value(key)) {
            (Value::Text(_) | Value::Assembled, _) => Value::Assembled,
            (list @ Value::List(_), key) if key.is_number() => list.element(),
            _ => Value::Data,
        };
        (value, named)
    }

    /// The texts that a key may be.
    fn keys(&self, key: Id) -> Vec<&str> {
        match self.value(key) {
            Value::OneOf(values) => values.iter().filter_map(Value::text).collect(),
            other => other.text().into_iter().collect(),
        }
    }

    fn note_unknown_key(&self, key: Id, shown: &str, range: &Range<usize>, out: &mut Collector<'_>) {
        let value = self.value(key);
        if value.is_number() || value.texts().is_some() {
            return;
        }
        let list = match value {
            Value::Data | Value::OneOf(_) => List::DataKeys,
            _ => List::Computed,
        };
        out.add(list, shown, range);
    }

    fn sliced(&self, of: Id, parts: &[Option<Id>]) -> Value {
        let mut bounds = Vec::new();
        for part in parts {
            match part.map(|id| self.value(id)) {
                None => bounds.push(None),
                Some(Value::Integer(at)) => bounds.push(Some(*at)),
                // With a bound that is not known, what comes out of known text is no longer known.
                Some(_) if self.value(of).is_textual() => return Value::Assembled,
                Some(_) => return Value::Data,
            }
        }
        value::slice(self.value(of), &bounds)
    }

    fn filter(
        &self,
        name: &str,
        target: Option<Id>,
        arguments: &Arguments,
        range: &Range<usize>,
        out: &mut Collector<'_>,
    ) -> (Value, Taint) {
        out.add(List::Filters, name, range);
        self.attribute_arguments(name, arguments, range, out);
        self.sizes(arguments, LARGE, range, out);
        if let Some(target) = target.filter(|_| name == "replace") {
            self.rewrite(self.taint(target), arguments, range, out);
        }
        let Some(target) = target else { return (Value::Assembled, Taint::default()) };
        let taint = self.taint(target).or(self.taints(arguments.positional.iter().copied()));
        self.fills(name, target, arguments, range, out);
        let value = match name {
            "attr" | "map" | "selectattr" | "rejectattr" | "groupby" => Value::Data,
            _ => value::filter(name, self.value(target), &self.values(&arguments.positional)),
        };
        if name == "attr" {
            let key = arguments.positional.first().copied();
            for key in key.map(|key| self.keys(key)).unwrap_or_default() {
                out.add(List::Attributes, &self.member_path(target, key), range);
            }
            return (value, taint);
        }
        (value, taint)
    }

    /// Filters that take the name of an attribute, a filter or a test as text.
    fn attribute_arguments(
        &self,
        name: &str,
        arguments: &Arguments,
        range: &Range<usize>,
        out: &mut Collector<'_>,
    ) {
        let first = arguments.positional.first().copied();
        let keyword = arguments
            .keyword
            .iter()
            .find(|(key, _)| matches!(key.as_str(), "attribute" | "name"))
            .map(|(_, id)| *id);
        let by_position = match name {
            "attr" | "selectattr" | "rejectattr" | "groupby" => first,
            "map" if keyword.is_none() => {
                self.filter_by_name(arguments, range, out);
                None
            }
            _ => None,
        };
        let takes_attribute =
            matches!(name, "attr" | "map" | "sum" | "sort" | "unique" | "min" | "max" | "join" | "groupby");
        let keyword = keyword.filter(|_| takes_attribute);
        for key in by_position.into_iter().chain(keyword) {
            if name != "attr" {
                for path in self.keys(key) {
                    for part in path.split(['.', ',']) {
                        out.add(List::Attributes, &format!("(…).{part}"), range);
                    }
                }
            }
            self.note_unknown_name(key, range, out);
        }
        if matches!(name, "selectattr" | "rejectattr")
            && let Some(test) = arguments.positional.get(1)
        {
            self.tests_by_name(*test, range, out);
        }
        if matches!(name, "select" | "reject")
            && let Some(test) = first
        {
            self.tests_by_name(test, range, out);
        }
    }

    /// `map('attr', '__class__')`: a filter given as text, with its arguments behind it.
    fn filter_by_name(&self, arguments: &Arguments, range: &Range<usize>, out: &mut Collector<'_>) {
        let Some(first) = arguments.positional.first().copied() else { return };
        self.note_unknown_name(first, range, out);
        for filter in self.keys(first) {
            out.add(List::Filters, filter, range);
            if filter == "attr"
                && let Some(key) = arguments.positional.get(1).copied()
            {
                for key in self.keys(key) {
                    out.add(List::Attributes, &format!("(…).{key}"), range);
                }
                self.note_unknown_name(key, range, out);
            }
        }
    }

    /// A filter, test or attribute whose name is not constant: nothing but an escape needs that.
    fn note_unknown_name(&self, key: Id, range: &Range<usize>, out: &mut Collector<'_>) {
        let value = self.value(key);
        if !value.is_number() && value.texts().is_none() {
            out.add(List::Computed, out.source(range), range);
        }
    }

    /// The text that a sum ends in, as far as it is known.
    fn ending(&self, id: Id) -> Option<&str> {
        let mut at = id;
        for _ in 0..MOST_LINKS {
            if let Value::Text(text) = self.value(at) {
                return Some(text);
            }
            at = match self.nodes.get(at).map(|node| &node.kind)? {
                Expr::Binary("+", _, right) => *right,
                Expr::Concat(parts) => *parts.last()?,
                _ => return None,
            };
        }
        None
    }

    /// Filters and methods that put what they are given into a text.
    fn fills(
        &self,
        name: &str,
        of: Id,
        arguments: &Arguments,
        range: &Range<usize>,
        out: &mut Collector<'_>,
    ) {
        let named = arguments.keyword.iter().map(|(_, id)| *id);
        let ids: Vec<Id> = arguments.positional.iter().copied().chain(named).collect();
        let given = self.values(&ids);
        match (name, self.value(of), given.as_slice()) {
            ("format" | "format_map", Value::Text(text), _) => {
                leak::filled(text, &["%", "{"], &given, range, out);
            }
            ("replace", Value::Text(text), [Value::Text(old), new, ..]) => {
                leak::filled(text, &[old], &[new], range, out);
            }
            ("join", Value::List(values), []) => Trail::values(values, range, out),
            _ => {}
        }
    }

    fn sizes(&self, arguments: &Arguments, least: i64, range: &Range<usize>, out: &mut Collector<'_>) {
        let given = arguments.positional.iter().chain(arguments.keyword.iter().map(|(_, id)| id));
        if given.into_iter().any(|id| matches!(self.value(*id), Value::Integer(number) if *number >= least)) {
            out.add(List::Huge, out.source(range), range);
        }
    }

    /// Addresses in a message that become other addresses; words become other words in honest templates too.
    fn rewrite(&self, taint: Taint, arguments: &Arguments, range: &Range<usize>, out: &mut Collector<'_>) {
        let word = |at: usize| {
            let text = arguments.positional.get(at).and_then(|id| self.value(*id).text());
            text.is_some_and(|text| is_trigger(text) && is_address(text))
        };
        if taint.content && word(0) && word(1) {
            out.add(List::Rewrites, out.source(range), range);
        }
    }

    fn tests_by_name(&self, test: Id, range: &Range<usize>, out: &mut Collector<'_>) {
        self.note_unknown_name(test, range, out);
        for name in self.keys(test) {
            out.add(List::Tests, name, range);
        }
    }

    fn call(
        &self,
        callee: Id,
        arguments: &Arguments,
        range: &Range<usize>,
        out: &mut Collector<'_>,
    ) -> (Value, Taint) {
        let path = self.path(callee);
        out.add(List::Calls, &path, range);
        let mut taint = self.taint(callee).or(self.taints(arguments.positional.iter().copied()));
        let values = self.values(&arguments.positional);
        if let Some(Expr::Attribute(_, method)) = self.nodes.get(callee).map(|node| &node.kind)
            && method == "get"
            && let Some(name) = values.first().and_then(|value| value.text())
        {
            taint = part_taint(taint, name);
        }
        let value = match self.nodes.get(callee).map(|node| &node.kind) {
            Some(Expr::Attribute(of, name)) => {
                if matches!(name.as_str(), "startswith" | "endswith" | "find" | "index" | "count") {
                    self.conditions(self.taint(*of), &arguments.positional, range, out);
                }
                self.sizes(arguments, LARGE, range, out);
                self.fills(name, *of, arguments, range, out);
                match (name.as_str(), self.value(*of)) {
                    ("replace", _) => self.rewrite(self.taint(*of), arguments, range, out),
                    // The fields of a format reach attributes: `'{0.__class__}'.format(x)`.
                    ("format" | "format_map", Value::Text(text)) => out.strings(text, range, true),
                    ("format" | "format_map", _) => out.add(List::Computed, out.source(range), range),
                    _ => {}
                }
                match self.value(*of) {
                    Value::Text(text) => value::method(name, text, &values),
                    other if other.is_textual() => Value::Assembled,
                    _ => Value::Data,
                }
            }
            Some(Expr::Name(name)) if name == "dict" && arguments.positional.is_empty() => {
                Value::List(arguments.keyword.iter().map(|(key, _)| Value::Text(key.clone())).collect())
            }
            Some(Expr::Name(name)) if name == "range" => {
                self.sizes(arguments, LONG_RANGE, range, out);
                Value::Number
            }
            Some(Expr::Name(name)) if name == "raise_exception" => {
                // Its sentence is for the caller, not for the model.
                out.sentences.clear();
                Value::Data
            }
            // A macro or anything else may return any text.
            Some(Expr::Name(name)) if !self.scopes.is_free(name) => Value::Assembled,
            _ => Value::Data,
        };
        (value, taint)
    }

    fn compare(&self, left: Id, others: &[Id], range: &Range<usize>, out: &mut Collector<'_>) {
        let operands: Vec<Id> = std::iter::once(left).chain(others.iter().copied()).collect();
        let taint = self.taints(operands.iter().copied());
        self.conditions(taint, &operands, range, out);
    }

    /// Records a comparison of content with a trigger, or of today's date with anything.
    fn conditions(&self, taint: Taint, operands: &[Id], range: &Range<usize>, out: &mut Collector<'_>) {
        let literal = |value: &Value| match value {
            Value::Text(text) => is_trigger(text),
            Value::List(values) | Value::OneOf(values) => {
                values.iter().any(|value| value.text().is_some_and(is_trigger))
            }
            _ => false,
        };
        let constant = |value: &Value| matches!(value, Value::Text(_) | Value::List(_) | Value::Integer(_));
        let trigger = |id: &Id| !self.taint(*id).content && literal(self.value(*id));
        let long = |id: &Id| matches!(self.value(*id), Value::Integer(number) if *number >= LONG_MESSAGE);
        let literal_word = operands.iter().any(trigger);
        let triggered = taint.content && (literal_word || operands.iter().any(long));
        let dated = taint.date && operands.iter().any(|id| constant(self.value(*id)));
        if triggered || dated {
            out.add(List::Conditions, out.source(range), range);
        }
        if triggered || dated || taint.given && literal_word && out.source(range).contains(" in ") {
            out.triggers = out.triggers.saturating_add(1);
        }
    }
}

/// What a named part of a value carries on: the type of a piece of content is not content.
fn part_taint(of: Taint, name: &str) -> Taint {
    let own = taint_of_name(name);
    Taint { content: own.content, date: of.date || own.date, given: false }
}

/// Methods of a text that give its text, or of a piece of content that give a part.
const METHODS: &[&str] = &[
    "capitalize",
    "casefold",
    "count",
    "endswith",
    "find",
    "format",
    "get",
    "index",
    "join",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
];

/// Content and dates by the names under which callers pass them.
fn taint_of_name(name: &str) -> Taint {
    Taint {
        content: matches!(name, "content" | "text" | "reasoning_content" | "prompt"),
        date: matches!(name, "strftime_now" | "now" | "datetime" | "utcnow" | "today"),
        given: false,
    }
}

/// Keys by which a template tells pieces of content apart: asking for one is no trigger.
const PARTS: &[&str] = &[
    "audio",
    "audio_url",
    "content",
    "document",
    "file",
    "image",
    "image_url",
    "input_audio",
    "input_image",
    "input_text",
    "text",
    "thinking",
    "tool_calls",
    "tool_result",
    "tool_use",
    "type",
    "video",
    "video_url",
];

/// Numbers from which on a repetition, a width or a power only wears a machine down.
const LARGE: i64 = 1_000_000;
/// Turns of a loop over numbers; templates count messages.
const LONG_RANGE: i64 = 10_000;
/// Characters of a message by whose length a template has no business to tell messages apart.
const LONG_MESSAGE: i64 = 50;

/// Four words or more: something that is said.
fn is_sentence(text: &str) -> bool {
    let word = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    text.split_whitespace().filter(word).count() >= 4
}

/// A host, an address or an account.
fn is_address(text: &str) -> bool {
    let dotted = text.split('.').filter(|part| part.chars().next_back().is_some_and(char::is_alphanumeric));
    text.contains("://") || text.contains('@') || text.contains('.') && dotted.count() > 1
}

/// A format with a width of a million or more: `%9999999d`, `{:>9999999}`.
fn is_wide_format(text: &str) -> bool {
    const DIGITS: usize = 7;
    text.match_indices(['%', '{']).any(|(at, _)| {
        let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
        let rest = rest.trim_start_matches(['-', '+', ' ', '#', ':', '<', '>', '^', '.']);
        rest.len() > DIGITS && rest.bytes().take(DIGITS).all(|byte| byte.is_ascii_digit())
    })
}

/// Words, not markup: what a person would type, and a control token would not hold.
fn is_trigger(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    let markup = text.trim().starts_with(['<', '[', '{', '|', '/', '#', '`', '＜', '【']);
    letters >= 3 && !markup && !PARTS.contains(&text)
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// Dunder names, addresses, active HTML, control characters.
fn is_notable(text: &str) -> bool {
    const ACTIVE: &[&str] =
        &["http://", "https://", "javascript:", "<script", "<iframe", "<img", "<object", "<embed"];
    let lower = text.to_ascii_lowercase();
    ACTIVE.iter().any(|mark| lower.contains(mark))
        || text.contains("__")
        || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// At most [`LONGEST`] bytes, on a character boundary.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST.min(text.len()))).unwrap_or_default()
}
