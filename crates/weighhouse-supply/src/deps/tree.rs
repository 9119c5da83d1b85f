//! JSON, TOML and YAML as one kind of tree, each value with its line: a lock file is read by its meaning, not by its syntax.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use weighhouse_core::printable::printable_within;
use weighhouse_formats::bounded::{Budget, Limits};
use weighhouse_formats::json::{self, Kind as JsonKind};
use weighhouse_formats::node::Facts;
use weighhouse_formats::source::Memory;

/// Values within one another.
const DEPTH: usize = 128;
/// Values of one document: lock files of the largest projects have some hundred thousand.
const NODES: usize = 2_000_000;
/// Bytes that aliases of one YAML document may stand for.
const ALIASED: usize = 4 << 20;
/// What a value takes at least.
const LEAST: usize = 64;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    /// From 1.
    pub(super) line: u32,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Null,
    /// A text, or a number or truth value as it is written.
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// The text or number; nothing for `null` and collections.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list.
    pub(super) fn list(&self) -> &[Self] {
        match &self.kind {
            Kind::List(list) => list,
            _ => &[],
        }
    }

    /// The entries of a map.
    pub(super) fn map(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Map(map) => map,
            _ => &[],
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.map().iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value at a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |tree, key| tree.get(key))
    }

    /// The text of a key.
    pub(super) fn word(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// The elements of the list of a key.
    pub(super) fn items(&self, key: &str) -> &[Self] {
        self.get(key).map(Self::list).unwrap_or_default()
    }
}

/// Line numbers of offsets.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        Self { starts: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    fn of(&self, offset: usize) -> u32 {
        let before = self.starts.partition_point(|newline| *newline < offset);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// Refuses a text that has more values than any lock file, before they take memory. Between two values stands one of these signs; those
/// in texts are counted, too, of which there are few.
fn few_values(text: &str, signs: [u8; 3]) -> Result<(), String> {
    let [a, b, c] = signs;
    if memchr::memchr3_iter(a, b, c, text.as_bytes()).count() > NODES { Err(too_many()) } else { Ok(()) }
}

fn too_many() -> String {
    format!("it has more than {NODES} values")
}

/// Reads JSON.
pub(super) fn json(text: &str) -> Result<Tree, String> {
    few_values(text, *b",[{")?;
    let limits = Limits { text: u64::MAX, ..Limits::default() };
    let parsed = json::parse(&Memory::shared(text.as_bytes()), "", &Budget::new(Arc::new(limits)));
    if let Some(fault) = parsed.reading.irregularities.first() {
        return Err(fault.detail.clone());
    }
    if let Some(gap) = parsed.gaps.first() {
        return Err(gap.detail.clone());
    }
    let Facts::Json(facts) = parsed.reading.facts else { return Err("no JSON".to_owned()) };
    let value = facts.value.ok_or("the document is too large")?;
    of_json(value, &Lines::new(text), 0)
}

fn of_json(value: json::Value, lines: &Lines, depth: usize) -> Result<Tree, String> {
    if depth > DEPTH {
        return Err(too_deep());
    }
    let line = lines.of(usize::try_from(value.region.start).unwrap_or(usize::MAX));
    let below = depth.saturating_add(1);
    let kind = match value.kind {
        JsonKind::Null => Kind::Null,
        JsonKind::Bool(flag) => Kind::Text(flag.to_string()),
        JsonKind::Number(text) | JsonKind::Text(text) => Kind::Text(text),
        JsonKind::Array(list) => {
            Kind::List(list.into_iter().map(|value| of_json(value, lines, below)).collect::<Result<_, _>>()?)
        }
        JsonKind::Object(map) => {
            let entry = |(key, value)| Ok((key, of_json(value, lines, below)?));
            Kind::Map(map.into_iter().map(entry).collect::<Result<_, String>>()?)
        }
    };
    Ok(Tree { line, kind })
}

/// Reads TOML.
pub(super) fn toml(text: &str) -> Result<Tree, String> {
    few_values(text, *b",=[")?;
    let (document, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.first() {
        return Err(printable_within(&error.message().replace('\n', "; "), 200));
    }
    let lines = Lines::new(text);
    Ok(Tree { line: 1, kind: table(document.get_ref(), &lines, 0)? })
}

fn table(table: &DeTable<'_>, lines: &Lines, depth: usize) -> Result<Kind, String> {
    if depth > DEPTH {
        return Err(too_deep());
    }
    let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        Ok((key.get_ref().to_string(), of_toml(value, lines, depth.saturating_add(1))?))
    };
    Ok(Kind::Map(table.iter().map(entry).collect::<Result<_, String>>()?))
}

fn of_toml(value: &Spanned<DeValue<'_>>, lines: &Lines, depth: usize) -> Result<Tree, String> {
    if depth > DEPTH {
        return Err(too_deep());
    }
    let kind = match value.get_ref() {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(number) => Kind::Text(number.as_str().to_owned()),
        DeValue::Float(number) => Kind::Text(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Kind::Text(flag.to_string()),
        DeValue::Datetime(date) => Kind::Text(date.to_string()),
        DeValue::Array(list) => {
            let element = |value| of_toml(value, lines, depth.saturating_add(1));
            Kind::List(list.iter().map(element).collect::<Result<_, _>>()?)
        }
        DeValue::Table(below) => table(below, lines, depth)?,
    };
    Ok(Tree { line: lines.of(value.span().start), kind })
}

fn too_deep() -> String {
    "values are nested too deeply".to_owned()
}

impl Tree {
    /// Bytes that it takes, about. The depth is bounded, so this is, too.
    fn size(&self) -> usize {
        let below = match &self.kind {
            Kind::Null => 0,
            Kind::Text(text) => text.len(),
            Kind::List(list) => list.iter().map(Self::size).fold(0, usize::saturating_add),
            Kind::Map(map) => map
                .iter()
                .map(|(key, value)| key.len().saturating_add(value.size()))
                .fold(0, usize::saturating_add),
        };
        below.saturating_add(LEAST)
    }
}

/// A collection that is not closed yet: the key whose value comes next, and the number of its anchor.
type Open = (Tree, Option<String>, usize);

/// Reads YAML: the first document of the text. Tags mean nothing; an alias is what it names, as far as all of them together stay small.
pub(super) fn yaml(text: &str) -> Result<Tree, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: BTreeMap<usize, Tree> = BTreeMap::new();
    let mut room = ALIASED;
    let mut nodes = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| printable_within(&error.to_string(), 200))?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let (done, anchor) = match event {
            Event::Scalar(value, _, anchor, _) => (Some(Tree { line, kind: scalar(&value) }), anchor),
            Event::Alias(anchor) => {
                let named = anchors.get(&anchor);
                let size = named.map_or(0, Tree::size);
                room = room.checked_sub(size).ok_or("its aliases stand for too much")?;
                (Some(named.cloned().unwrap_or(Tree { line, kind: Kind::Null })), 0)
            }
            Event::SequenceStart(anchor, _) => {
                open.push((Tree { line, kind: Kind::List(Vec::new()) }, None, anchor));
                (None, 0)
            }
            Event::MappingStart(anchor, _) => {
                open.push((Tree { line, kind: Kind::Map(Vec::new()) }, None, anchor));
                (None, 0)
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((tree, _, anchor)) => (Some(tree), anchor),
                None => (None, 0),
            },
            _ => (None, 0),
        };
        nodes = nodes.saturating_add(1);
        if open.len() > DEPTH {
            return Err(too_deep());
        }
        if nodes > NODES {
            return Err(too_many());
        }
        let Some(done) = done else { continue };
        if anchor != 0 {
            room = room.checked_sub(done.size()).ok_or("its anchors name too much")?;
            anchors.insert(anchor, done.clone());
        }
        match open.last_mut() {
            None => return Ok(done),
            Some((parent, key, _)) => attach(parent, key, done),
        }
    }
    Ok(Tree { line: 1, kind: Kind::Null })
}

fn scalar(value: &str) -> Kind {
    if matches!(value, "" | "~" | "null") { Kind::Null } else { Kind::Text(value.to_owned()) }
}

/// Puts a value into the collection it stands in; in a map keys and values take turns.
fn attach(parent: &mut Tree, key: &mut Option<String>, value: Tree) {
    match &mut parent.kind {
        Kind::List(list) => list.push(value),
        Kind::Map(map) => match key.take() {
            Some(key) => map.push((key, value)),
            None => *key = Some(value.text().unwrap_or_default().to_owned()),
        },
        Kind::Null | Kind::Text(_) => {}
    }
}
