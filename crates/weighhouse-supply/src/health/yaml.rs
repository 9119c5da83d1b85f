//! YAML as a small tree, for workflows: tags are ignored, aliases stand for what they name, what breaks ends the reading.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Yaml {
    /// With its line, from 1.
    Scalar(String, u32),
    List(Vec<Self>),
    /// Keys in order, with their lines.
    Map(Vec<(String, u32, Self)>),
}

/// Collections in collections.
const DEPTH: usize = 64;
/// Values of one text.
const MOST: usize = 200_000;

/// A collection that is not closed yet.
struct Open {
    value: Yaml,
    /// The key whose value comes next.
    key: Option<(String, u32)>,
    anchor: usize,
}

impl Yaml {
    /// The first document of a text; `None` if it does not read, or is too large with its aliases expanded.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut open: Vec<Open> = Vec::new();
        let mut anchors: BTreeMap<usize, Self> = BTreeMap::new();
        let mut size = 0_usize;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.ok()?;
            let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
            let (done, anchor) = match event {
                Event::Scalar(value, _, anchor, _) => (Self::Scalar(value.into_owned(), line), anchor),
                Event::Alias(anchor) => {
                    let named = anchors.get(&anchor)?;
                    size = size.checked_add(named.size())?;
                    (if size > MOST { return None } else { named.clone() }, 0)
                }
                Event::SequenceStart(anchor, _) => {
                    open.push(Open { value: Self::List(Vec::new()), key: None, anchor });
                    continue;
                }
                Event::MappingStart(anchor, _) => {
                    open.push(Open { value: Self::Map(Vec::new()), key: None, anchor });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let closed = open.pop()?;
                    (closed.value, closed.anchor)
                }
                _ => continue,
            };
            size = size.checked_add(1)?;
            if size > MOST || open.len() > DEPTH {
                return None;
            }
            if anchor != 0 {
                size = size.checked_add(done.size())?;
                anchors.insert(anchor, done.clone());
            }
            match open.last_mut() {
                Some(above) => above.add(done, line),
                None => return Some(done),
            }
        }
        None
    }

    /// How many values it is made of. The depth is bounded, so this is, too.
    fn size(&self) -> usize {
        let below: usize = match self {
            Self::Scalar(..) => 0,
            Self::List(items) => items.iter().map(Self::size).sum(),
            Self::Map(entries) => entries.iter().map(|(.., value)| value.size()).sum(),
        };
        below.saturating_add(1)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, ..)| name == key).map(|(.., value)| value)
    }

    /// What a mapping holds.
    pub(super) fn entries(&self) -> &[(String, u32, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What a list holds.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The line of a scalar, or of the first one in it.
    pub(super) fn line(&self) -> u32 {
        let mut value = self;
        loop {
            value = match value {
                Self::Scalar(_, line) => return *line,
                Self::List(items) => match items.first() {
                    Some(first) => first,
                    None => return 1,
                },
                Self::Map(entries) => return entries.first().map_or(1, |(_, line, _)| *line),
            };
        }
    }
}

impl Open {
    fn add(&mut self, value: Yaml, line: u32) {
        match (&mut self.value, self.key.take()) {
            (Yaml::List(items), _) => items.push(value),
            (Yaml::Map(entries), Some((key, line))) => entries.push((key, line, value)),
            (Yaml::Map(_), None) => {
                let key = value.text().unwrap_or_default().to_owned();
                self.key = Some((key, line));
            }
            (Yaml::Scalar(..), _) => {}
        }
    }
}
