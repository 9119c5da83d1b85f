//! Events to facts, with a stack of open collections of our own: paths, duplicate keys, and what aliases would expand to.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use saphyr_parser::{Event, Parser, Span, Tag};

use super::{Scalar, YamlFacts};
use crate::bounded::{Budget, Exhausted};
use crate::region::Region;
use crate::texts;

/// Collections within one another.
const DEPTH: usize = 1_000;
/// Links of a path that are spelled out, and its length.
const LINKS: usize = 32;
const LONGEST_PATH: usize = 256;
/// Length of a scalar that is kept.
const LONGEST_VALUE: usize = 4_096;
/// Times that reading starts again behind a break.
const RESTARTS: usize = 64;
/// Templates of one document that are inspected.
const MOST_TEMPLATES: usize = 1_000;
/// What all core tags begin with.
const CORE: &str = "tag:yaml.org,2002:";

/// What walking a text came to.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) facts: YamlFacts,
    /// Where the grammar breaks, to where reading goes on.
    pub(super) broken: Vec<(Region, String)>,
    pub(super) limits: BTreeSet<Exhausted>,
    /// Nodes, as written and with all aliases expanded.
    pub(super) nodes: u64,
    pub(super) expanded: u64,
    /// Texts that are templates, by path.
    pub(super) templates: Vec<(String, String)>,
}

/// Bytes as text of the same length where possible: offsets stay true for UTF-8.
pub(super) fn text(bytes: Vec<u8>) -> String {
    let little = bytes.starts_with(b"\xff\xfe");
    if little || bytes.starts_with(b"\xfe\xff") {
        let units = bytes.get(2..).unwrap_or_default().chunks_exact(2).map(|pair| match pair {
            [low, high] if little => u16::from_le_bytes([*low, *high]),
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        return char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    texts::lossy(bytes)
}

/// Walks a text from its beginning, and again behind every break.
pub(super) fn walk(text: &str, budget: &Budget) -> Walked {
    let mut walker = Walker { budget, out: Walked::default(), open: Vec::new(), anchors: BTreeMap::new() };
    let mut from = 0;
    for _ in 0..RESTARTS {
        let Some(broken) = walker.run(text, from) else { break };
        let next = next_start(text, broken.0.max(from));
        walker.out.broken.push((Region::new(broken.0 as u64, next as u64), broken.1));
        walker.open.clear();
        walker.anchors.clear();
        if next >= text.len() {
            break;
        }
        from = next;
    }
    if let Some((region, reason)) = walker.out.broken.first() {
        let line = text
            .get(..usize::try_from(region.start).unwrap_or_default())
            .unwrap_or_default()
            .matches('\n')
            .count();
        walker.out.facts.syntax_error = Some(format!("line {}: {reason}", line.saturating_add(1)));
    }
    walker.unread_tags(text);
    walker.out
}

/// The next line behind `at` that begins in the first column.
fn next_start(text: &str, at: usize) -> usize {
    let mut position = text.ceil_char_boundary(at);
    while let Some(offset) = text.get(position..).and_then(|rest| rest.find('\n')) {
        position = position.saturating_add(offset).saturating_add(1);
        let first = text.get(position..).and_then(|rest| rest.chars().next());
        if first.is_some_and(|c| !c.is_whitespace() && !matches!(c, '#' | '}' | ']' | ',')) {
            return position;
        }
    }
    text.len()
}

/// From characters to bytes, in one direction.
struct Places<'t> {
    text: &'t str,
    base: usize,
    character: usize,
    byte: usize,
    first_line: usize,
}

impl<'t> Places<'t> {
    fn new(text: &'t str, base: usize) -> Self {
        let first_line = text.get(..base).unwrap_or_default().matches('\n').count();
        Self { text: text.get(base..).unwrap_or_default(), base, character: 0, byte: 0, first_line }
    }

    fn byte_of(&mut self, character: usize) -> usize {
        if character < self.character {
            // A mark before the last one: only within one event, and then close.
            let back = self.character.saturating_sub(character);
            let before = self.text.get(..self.byte).unwrap_or_default();
            let len: usize = before.chars().rev().take(back).map(char::len_utf8).sum();
            return self.base.saturating_add(self.byte.saturating_sub(len));
        }
        let rest = self.text.get(self.byte..).unwrap_or_default();
        let ahead = character.saturating_sub(self.character);
        let len: usize = rest.chars().take(ahead).map(char::len_utf8).sum();
        self.character = character;
        self.byte = self.byte.saturating_add(len);
        self.base.saturating_add(self.byte)
    }

    fn region(&mut self, span: &Span) -> (Region, u32) {
        let start = self.byte_of(span.start.index());
        let end = self.byte_of(span.end.index());
        let line = self.first_line.saturating_add(span.start.line());
        (Region::new(start as u64, end as u64), u32::try_from(line).unwrap_or(u32::MAX))
    }
}

/// A collection that is not closed yet.
#[derive(Default)]
struct Open {
    is_mapping: bool,
    anchor: usize,
    /// The key whose value comes next; `None` where a key is awaited.
    key: Option<String>,
    index: u64,
    seen: HashSet<String>,
    weight: Weight,
}

/// What a node amounts to with its aliases expanded.
#[derive(Clone, Copy, Default)]
struct Weight {
    nodes: u64,
    depth: u32,
}

struct Walker<'b> {
    budget: &'b Budget,
    out: Walked,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Weight>,
}

impl Walker<'_> {
    /// Reads from `from` on; where and why it broke, if it did.
    fn run(&mut self, text: &str, from: usize) -> Option<(usize, String)> {
        let mut places = Places::new(text, from);
        let rest = text.get(from..)?;
        for (count, event) in Parser::new_from_str(rest).enumerate() {
            if count.is_multiple_of(1024)
                && let Err(limit) = self.budget.steps(1024)
            {
                self.out.limits.insert(limit);
                return None;
            }
            match event {
                Ok((event, span)) => self.event(&event, &span, &mut places),
                Err(error) => return Some((places.byte_of(error.marker().index()), error.info().to_owned())),
            }
            if self.open.len() > DEPTH {
                self.out.limits.insert(Exhausted::Depth);
                return None;
            }
        }
        None
    }

    fn event(&mut self, event: &Event<'_>, span: &Span, places: &mut Places<'_>) {
        match event {
            Event::Scalar(value, _, anchor, tag) => {
                let place = places.region(span);
                self.tag(tag.as_deref(), place);
                self.scalar(value, place);
                self.node(*anchor, Weight { nodes: 1, depth: 0 });
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(anchor).copied().unwrap_or_default();
                let depth = known.depth.saturating_add(1);
                let facts = &mut self.out.facts;
                facts.aliases = (facts.aliases.0.saturating_add(1), facts.aliases.1.max(depth));
                self.key_done(None);
                self.node(0, Weight { nodes: known.nodes.max(1), depth });
            }
            Event::SequenceStart(anchor, tag) => {
                self.enter(false, *anchor, tag.as_deref(), places.region(span));
            }
            Event::MappingStart(anchor, tag) => {
                self.enter(true, *anchor, tag.as_deref(), places.region(span));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(closed) = self.open.pop() {
                    self.key_done(None);
                    let nodes = closed.weight.nodes.saturating_add(1);
                    self.node(closed.anchor, Weight { nodes, depth: closed.weight.depth });
                }
            }
            Event::DocumentStart(_) => self.anchors.clear(),
            _ => {}
        }
    }

    fn enter(&mut self, is_mapping: bool, anchor: usize, tag: Option<&Tag>, place: (Region, u32)) {
        self.tag(tag, place);
        self.open.push(Open { is_mapping, anchor, ..Open::default() });
    }

    /// Adds a finished node to what encloses it.
    fn node(&mut self, anchor: usize, weight: Weight) {
        self.out.nodes = self.out.nodes.saturating_add(1);
        if anchor != 0 {
            self.anchors.insert(anchor, weight);
        }
        match self.open.last_mut() {
            Some(open) => {
                open.weight.nodes = open.weight.nodes.saturating_add(weight.nodes);
                open.weight.depth = open.weight.depth.max(weight.depth);
            }
            None => self.out.expanded = self.out.expanded.saturating_add(weight.nodes),
        }
    }

    /// Whether the node that comes next is a key.
    fn awaits_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_mapping && open.key.is_none())
    }

    /// Turns from key to value or from value to key.
    fn key_done(&mut self, key: Option<&str>) {
        let Some(open) = self.open.last_mut() else { return };
        if !open.is_mapping {
            open.index = open.index.saturating_add(1);
        } else if open.key.is_none() {
            open.key = Some(cut(key.unwrap_or("?"), LONGEST_PATH).to_owned());
        } else {
            open.key = None;
        }
    }

    fn scalar(&mut self, value: &str, (region, line): (Region, u32)) {
        if self.awaits_key() {
            self.key_done(Some(value));
            let new = self
                .open
                .last_mut()
                .is_none_or(|open| open.seen.insert(cut(value, LONGEST_VALUE).to_owned()));
            if !new && value != "<<" {
                let path = self.path();
                self.keep(|facts| facts.duplicates.push(path), |facts| facts.duplicates.len());
            }
            return;
        }
        let path = self.path();
        if self.out.templates.len() < MOST_TEMPLATES && is_template(&path, value) {
            self.out.templates.push((path.clone(), value.to_owned()));
        }
        let value = cut(value, LONGEST_VALUE).to_owned();
        self.keep(
            |facts| facts.scalars.push(Scalar { path, value, region, line }),
            |facts| facts.scalars.len(),
        );
        self.key_done(None);
    }

    /// Adds a fact within the bound on facts.
    fn keep(&mut self, add: impl FnOnce(&mut YamlFacts), len: impl Fn(&YamlFacts) -> usize) {
        if len(&self.out.facts) < self.budget.limits().facts {
            add(&mut self.out.facts);
        } else {
            self.out.limits.insert(Exhausted::Facts);
        }
    }

    /// Dotted keys and element numbers to the value that comes next.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in self.open.iter().take(LINKS) {
            if !path.is_empty() {
                path.push('.');
            }
            match &open.key {
                Some(key) => path.push_str(key),
                None => path.push_str(&open.index.to_string()),
            }
            if path.len() > LONGEST_PATH {
                return cut(&path, LONGEST_PATH).to_owned();
            }
        }
        path
    }

    fn tag(&mut self, tag: Option<&Tag>, (region, line): (Region, u32)) {
        const OWN: &[&str] = &[
            "str",
            "int",
            "float",
            "bool",
            "null",
            "map",
            "seq",
            "set",
            "omap",
            "pairs",
            "binary",
            "timestamp",
            "merge",
            "value",
            "yaml",
        ];
        let Some(tag) = tag else { return };
        let written = decode_percent(&format!("{}{}", tag.handle, tag.suffix));
        let name = match written.strip_prefix(CORE) {
            Some(own) if OWN.contains(&own) => return,
            Some(other) => format!("!!{other}"),
            None => written,
        };
        if name.is_empty() || name == "!" {
            return;
        }
        let name = cut(&name, LONGEST_PATH).to_owned();
        self.keep(|facts| facts.tags.push((name, region, line)), |facts| facts.tags.len());
    }

    /// Python tags that stand where the grammar broke: another reader may accept what ours does not.
    fn unread_tags(&mut self, text: &str) {
        for (region, _) in self.out.broken.clone() {
            let start = usize::try_from(region.start).unwrap_or(usize::MAX);
            // The event that broke may have begun well before.
            let from = text.floor_char_boundary(start.saturating_sub(256));
            let end = usize::try_from(region.end).unwrap_or(usize::MAX).min(text.len());
            let part = text.get(from..end).unwrap_or_default();
            for (at, _) in part.match_indices("!!python/") {
                let rest = part.get(at..).unwrap_or_default();
                let name =
                    rest.split(|c: char| c.is_whitespace() || matches!(c, '[' | '{' | ',' | '"')).next();
                let name = cut(name.unwrap_or_default(), LONGEST_PATH).to_owned();
                let place = from.saturating_add(at);
                if self.out.facts.tags.iter().any(|(_, region, _)| region.start == place as u64) {
                    continue;
                }
                let line = text.get(..place).unwrap_or_default().matches('\n').count().saturating_add(1);
                let region = Region::at(place as u64, name.len() as u64);
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                self.keep(|facts| facts.tags.push((name, region, line)), |facts| facts.tags.len());
            }
        }
    }
}

/// A template is where a key says so, or where a text can be nothing else.
fn is_template(path: &str, value: &str) -> bool {
    let named = path.to_ascii_lowercase().contains("template") || value.contains("__");
    value.contains("{%") && value.contains("%}") || value.contains("{{") && named
}

/// `%70ython` is `python`: loaders decode tags as URIs.
fn decode_percent(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) =
            code.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%')
        {
            out.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// At most `len` bytes, on a character boundary.
fn cut(text: &str, len: usize) -> &str {
    text.get(..text.floor_char_boundary(len.min(text.len()))).unwrap_or_default()
}
