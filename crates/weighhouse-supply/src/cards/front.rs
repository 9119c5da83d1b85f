//! The front matter of a card, as its makers wrote it: words by name. For whoever repeats what a card says without judging it.

use super::card::front_matter;
use crate::yaml::{Node, Value};

/// What stands between the dashes at the beginning of a card.
#[derive(Debug)]
pub struct Front(Node);

/// What is written at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words<'a> {
    /// One word or text.
    One(&'a str),
    /// A list of them.
    Many(Vec<&'a str>),
}

impl Front {
    /// Reads the front matter of a card; nothing if there is none, or none that can be read within bounds.
    pub fn of(card: &str) -> Option<Self> {
        front_matter(card)?.ok().map(Self)
    }

    /// What is written at `name`, if it is a text or a list of texts, and there once: of names that occur twice, each reader takes another one.
    pub fn words(&self, name: &str) -> Option<Words<'_>> {
        let mut all = self.0.entries().iter().filter(|(known, _)| known == name).map(|(_, node)| node);
        let node = all.next().filter(|_| all.next().is_none())?;
        match &node.value {
            Value::Text(text) => Some(Words::One(text)),
            Value::List(items) => items.iter().map(Node::text).collect::<Option<_>>().map(Words::Many),
            Value::Null | Value::Map(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_texts_and_lists_of_texts_that_are_there_once() {
        let front = Front::of(
            "---\nlicense: mit\ntags: [a, 2, true]\nnone: ~\nmap: {a: b}\nmixed: [a, [b]]\ntwice: a\ntwice: b\ndate: 2026-11-22\n---\n# x\n",
        )
        .unwrap();
        assert_eq!(front.words("license"), Some(Words::One("mit")));
        assert_eq!(front.words("tags"), Some(Words::Many(vec!["a", "2", "true"])));
        assert_eq!(front.words("date"), Some(Words::One("2026-11-22")));
        for name in ["none", "map", "mixed", "twice", "absent"] {
            assert_eq!(front.words(name), None, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        assert!(Front::of("# x\n").is_none());
        assert!(Front::of("---\na: [\n---\n").is_none());
        assert!(Front::of(&format!("---\na: {}\n---\n", "[".repeat(5_000))).is_none());
        assert!(Front::of(&format!("---\na: {}\n---\n", "x".repeat(2 << 20))).is_none());
        assert!(Front::of("---\njust words\n---\n").unwrap().words("just words").is_none());
    }
}
