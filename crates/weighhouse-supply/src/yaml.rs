//! YAML of cards and tables as a tree of texts. Tags mean nothing here; an alias of a scalar is that scalar, and of anything else it is
//! nothing, so a document never becomes larger than it is written.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Nodes that are kept of one document.
const MOST: usize = 200_000;
/// Depth of nesting.
const DEPTH: usize = 64;

/// A node with the line on which it begins, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing, or an alias of what is no scalar.
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
    key: Option<String>,
}

/// The first document of a text.
///
/// # Errors
/// Why it is no YAML, or more than is read: lower case, no final stop.
pub(crate) fn read(text: &str) -> Result<Node, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: BTreeMap<usize, Value> = BTreeMap::new();
    for (count, event) in Parser::new_from_str(text).enumerate() {
        if count > MOST {
            return Err(format!("more than {MOST} values"));
        }
        let (event, span) = event
            .map_err(|error| format!("not valid YAML: line {}: {}", error.marker().line(), error.info()))?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let done = match event {
            Event::Scalar(text, style, anchor, _) => {
                let empty = style == ScalarStyle::Plain
                    && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
                let value = if empty { Value::Null } else { Value::Text(text.into_owned()) };
                if anchor != 0 {
                    anchors.insert(anchor, value.clone());
                }
                Some(Node { line, value })
            }
            Event::Alias(anchor) => {
                let value = anchors.get(&anchor).cloned().unwrap_or(Value::Null);
                Some(Node { line, value })
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEPTH => {
                return Err(format!("nested more than {DEPTH} deep"));
            }
            Event::SequenceStart(..) => {
                open.push(Open { line, value: Value::List(Vec::new()), key: None });
                None
            }
            Event::MappingStart(..) => {
                open.push(Open { line, value: Value::Map(Vec::new()), key: None });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop().map(|closed| Node { line: closed.line, value: closed.value })
            }
            _ => None,
        };
        let Some(node) = done else { continue };
        let Some(around) = open.last_mut() else { return Ok(node) };
        match (&mut around.value, around.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            (_, None) => around.key = Some(node.text().unwrap_or_default().to_owned()),
            _ => {}
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
    fn aliases_do_not_grow() {
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nd: &d text\ne: *d\nf: &f [*f]\n";
        let node = read(bomb).unwrap();
        assert_eq!(node.get("c").unwrap().items().len(), 2);
        assert_eq!(node.get("c").unwrap().texts("x"), Vec::<&str>::new());
        assert_eq!(node.at("e"), Some("text"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(read("a: [").unwrap_err().contains("not valid YAML"));
        assert!(read(&"[".repeat(5_000)).is_err());
        assert_eq!(read("").unwrap().value, Value::Null);
    }
}
