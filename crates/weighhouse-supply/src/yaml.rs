//! YAML of cards, tables and workflows as a tree of texts. Tags mean nothing here; an alias is what it names, and counts as much.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Nodes that are kept of one document.
const MOST: usize = 200_000;
/// Bytes of a text that count as one more node where aliases repeat it.
const BYTES: usize = 32;
/// Depth of nesting.
const DEPTH: usize = 64;

/// A node with its line, from 1: a scalar's own, a collection's that of its key if it has one, or else the one on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A scalar, as text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order; of a key that occurs twice, both are there.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value of `key`, if this is a mapping that has it: the first, if it has several.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// Entries of a mapping.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Elements of a sequence; anything else but nothing is one element.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The scalar at `key`.
    pub(crate) fn at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// The scalars at `key`, be it one or a sequence.
    pub(crate) fn texts(&self, key: &str) -> Vec<&str> {
        self.get(key).map(Self::items).unwrap_or_default().iter().filter_map(Self::text).collect()
    }
}

/// A collection that is not closed yet.
struct Open {
    line: u32,
    value: Value,
    /// The key whose value comes next, with its line.
    key: Option<(String, u32)>,
    anchor: usize,
}

impl Open {
    fn add(&mut self, node: Node) {
        match (&mut self.value, self.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, line))) => {
                let line = if node.text().is_some() { node.line } else { line };
                entries.push((key, Node { line, ..node }));
            }
            (_, None) => self.key = Some((node.text().unwrap_or_default().to_owned(), node.line)),
            _ => {}
        }
    }
}

impl Value {
    /// How many nodes it is made of, long texts counted by their length, and how deep they are nested.
    fn measure(&self) -> (usize, usize) {
        let both = |(size, depth): (usize, usize), node: &Node| {
            let (more, below) = node.value.measure();
            (size.saturating_add(more), depth.max(below.saturating_add(1)))
        };
        match self {
            Self::Null => (1, 0),
            Self::Text(text) => ((text.len() / BYTES).saturating_add(1), 0),
            Self::List(items) => items.iter().fold((1, 1), both),
            Self::Map(entries) => {
                let keys = entries.iter().map(|(key, _)| key.len() / BYTES).sum::<usize>();
                entries.iter().map(|(_, node)| node).fold((keys.saturating_add(1), 1), both)
            }
        }
    }

    /// A scalar; plain words for nothing are nothing.
    fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Self {
        let empty =
            style == ScalarStyle::Plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
        if empty { Self::Null } else { Self::Text(text.into_owned()) }
    }
}

/// The first document of a text.
///
/// # Errors
/// Why it is no YAML, or more than is read: lower case, no final stop.
pub(crate) fn read(text: &str) -> Result<Node, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: BTreeMap<usize, Value> = BTreeMap::new();
    let mut size = 0_usize;
    for event in Parser::new_from_str(text) {
        if open.len() > DEPTH {
            return Err(format!("nested more than {DEPTH} deep"));
        }
        let (event, span) = event
            .map_err(|error| format!("not valid YAML: line {}: {}", error.marker().line(), error.info()))?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (Node { line, value: Value::scalar(text, style) }, anchor)
            }
            // What is named inside itself is nothing.
            Event::Alias(anchor) => {
                let value = anchors.get(&anchor).cloned().unwrap_or(Value::Null);
                let (more, depth) = value.measure();
                if open.len().saturating_add(depth) > DEPTH {
                    return Err(format!("nested more than {DEPTH} deep"));
                }
                size = size.saturating_add(more);
                (Node { line, value }, 0)
            }
            Event::SequenceStart(anchor, _) => {
                open.push(Open { line, value: Value::List(Vec::new()), key: None, anchor });
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { line, value: Value::Map(Vec::new()), key: None, anchor });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => (Node { line: closed.line, value: closed.value }, closed.anchor),
                None => continue,
            },
            _ => continue,
        };
        size = size.saturating_add(1);
        if anchor != 0 {
            size = size.saturating_add(node.value.measure().0);
            anchors.insert(anchor, node.value.clone());
        }
        if size > MOST {
            return Err(format!("more than {MOST} values, with what its aliases stand for"));
        }
        match open.last_mut() {
            Some(around) => around.add(node),
            None => return Ok(node),
        }
    }
    Ok(Node { line: 1, value: Value::Null })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_read_with_lines() {
        let node =
            read("license: mit\nbase_model:\n- a/b\n- c/d\ntags: [x, y]\nnone: ~\nquoted: '~'\n").unwrap();
        assert_eq!(node.at("license"), Some("mit"));
        assert_eq!(node.texts("base_model"), ["a/b", "c/d"]);
        assert_eq!(node.texts("license"), ["mit"]);
        assert_eq!(node.get("none").map(Node::items), Some(&[][..]));
        assert_eq!(node.at("quoted"), Some("~"));
        assert_eq!(node.get("tags").unwrap().line, 5);
    }

    #[test]
    fn aliases_are_what_they_name() {
        let node = read("a: &a [x, y]\nb: *a\nd: &d text\ne: *d\nf: &f [*f]\n").unwrap();
        assert_eq!(node.texts("b"), ["x", "y"]);
        assert_eq!(node.at("e"), Some("text"));
        assert_eq!(node.get("f").unwrap().items()[0].value, Value::Null);
    }

    #[test]
    fn aliases_neither_grow_nor_deepen_without_bound() {
        let document = |below: fn(usize) -> String| -> String {
            (1..40)
                .map(|level| format!("a{level}: &a{level} {}\n", below(level - 1)))
                .collect::<Vec<_>>()
                .concat()
        };
        let wide = format!("a0: &a0 [x, x]\n{}", document(|below| format!("[*a{below}, *a{below}]")));
        let deep = format!("a0: &a0 x\n{}", document(|below| format!("[[[*a{below}]]]")));
        let long = format!("a: &a {}\nb:\n{}", "x".repeat(100_000), "- *a\n".repeat(100_000));
        assert!(read(&wide).unwrap_err().contains("values"));
        assert!(read(&long).unwrap_err().contains("values"));
        assert!(read(&deep).unwrap_err().contains("deep"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(read("a: [").unwrap_err().contains("not valid YAML"));
        assert!(read(&"[".repeat(5_000)).is_err());
        assert_eq!(read("").unwrap().value, Value::Null);
    }
}
