//! Documents of JSON one after another, each usually on a line of its own: records of data.
//!
//! Every document is read, wherever it breaks off reading goes on with the next line. Kept are the documents of the beginning, and
//! later ones that have keys which no document before them had: what a reader of records meets is the same over and over.
//! Limits: [`MOST_KEPT`] values, [`MOST_TEXT`] bytes of texts, [`LONGEST_TEXT`] bytes of one.

use std::collections::HashSet;

use super::token::JsonError;
use super::tree::{Builder, Stop};
use super::{JsonFacts, Kind, Value};
use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::draft::{Draft, hash};
use crate::format::Format;
use crate::node::{Child, Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// Values, and bytes of texts, of documents that are kept for what they say.
const MOST_KEPT: usize = 1 << 19;
const MOST_TEXT: usize = 32 << 20;
/// The same for documents with new keys.
const MOST_NEW: usize = 1 << 17;
/// Bytes of one text that are kept; the whole is read as text anyway.
const LONGEST_TEXT: usize = 1 << 20;
/// Keys that are remembered.
const MOST_KEYS: usize = 1 << 18;
/// Templates and pickles in all documents.
const MOST_CHILDREN: usize = 1_000;

/// What a file of documents holds.
#[derive(Debug, Default)]
pub struct JsonLinesFacts {
    /// Documents that are kept, in order.
    pub lines: Vec<Line>,
    /// All documents that were read to their end.
    pub count: u64,
    /// Places where something else stands.
    pub broken: u64,
    /// Documents that were read and are not kept.
    pub left_out: u64,
}

/// A document.
#[derive(Debug)]
pub struct Line {
    /// Where it begins, from 1.
    pub line: u32,
    /// What it holds.
    pub facts: JsonFacts,
}

/// Reads the format.
pub fn parse(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::JsonLines, Facts::JsonLines(Box::default()));
    draft.claim(Region::new(0, source.len()));
    let mut reader = Reader::new(source, budget);
    match reader.read(&mut draft) {
        Ok(()) => {}
        Err(Stop::Budget(limit)) => draft.gap(GapReason::Limit(limit), None, limit.to_string()),
        Err(Stop::Json(error)) => draft.gap(GapReason::Unreadable, None, error.to_string()),
    }
    let Reader { facts, first_break, .. } = reader;
    if let Some((region, line)) = first_break {
        let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let meant = matches!(ending.as_str(), "jsonl" | "ndjson");
        let kind = if meant { Fault::Malformed } else { Fault::Unusual };
        let detail = format!("{} lines are no JSON, the first one is line {line}", facts.broken);
        draft.fault(kind, region, detail);
    }
    draft.finish(Facts::JsonLines(Box::new(facts)))
}

struct Reader<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    facts: JsonLinesFacts,
    first_break: Option<(Region, u32)>,
    lines: Lines<'a>,
    keys: HashSet<u64>,
    kept: usize,
    text: usize,
    new: usize,
    children: usize,
}

impl<'a> Reader<'a> {
    fn new(source: &'a SharedSource, budget: &'a Budget) -> Self {
        Self {
            source,
            budget,
            facts: JsonLinesFacts::default(),
            first_break: None,
            lines: Lines { cursor: Cursor::new(source.as_ref(), 0), line: 1 },
            keys: HashSet::new(),
            kept: 0,
            text: 0,
            new: 0,
            children: 0,
        }
    }

    fn read(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let marked = read_up_to(self.source.as_ref(), 0, 3).is_ok_and(|head| head == b"\xef\xbb\xbf");
        let mut cursor = Cursor::new(self.source.as_ref(), if marked { 3 } else { 0 });
        loop {
            skip_space(&mut cursor, self.budget)?;
            let start = cursor.position();
            if cursor.at_end() {
                return Ok(());
            }
            self.budget.steps(1)?;
            let mut builder = Builder::record(self.budget, LONGEST_TEXT);
            let (ended, at) = builder.read_on(cursor);
            cursor = at;
            match ended {
                Ok(()) => self.facts.count = self.facts.count.saturating_add(1),
                Err(stop @ (Stop::Budget(_) | Stop::Json(JsonError::Read(ReadError::Io { .. })))) => {
                    return Err(stop);
                }
                Err(Stop::Json(_)) => {
                    self.broken(start)?;
                    skip_line(&mut cursor, self.budget)?;
                }
            }
            // What stands before a break is judged as well.
            let (facts, children, whole) = builder.finish_record();
            if !whole {
                draft.too_many();
            }
            self.children(start, children, draft)?;
            self.keep(start, facts, draft)?;
        }
    }

    fn broken(&mut self, start: u64) -> Result<(), Stop> {
        self.facts.broken = self.facts.broken.saturating_add(1);
        if self.first_break.is_none() {
            self.first_break = Some((Region::at(start, 1), self.lines.at(start)?));
        }
        Ok(())
    }

    fn children(&mut self, start: u64, children: Vec<Child>, draft: &mut Draft) -> Result<(), Stop> {
        for child in children {
            if self.children >= MOST_CHILDREN {
                draft.too_many();
                return Ok(());
            }
            self.children = self.children.saturating_add(1);
            let name = format!("line {}: {}", self.lines.at(start)?, child.name);
            draft.child(Child { name, ..child });
        }
        Ok(())
    }

    /// Keeps a document of the beginning, or one with new keys.
    fn keep(&mut self, start: u64, facts: JsonFacts, draft: &mut Draft) -> Result<(), Stop> {
        let Some(value) = &facts.value else { return Ok(()) };
        let Size { values, text, new } = self.size(value);
        let room =
            self.kept.saturating_add(values) <= MOST_KEPT && self.text.saturating_add(text) <= MOST_TEXT;
        if room {
            self.kept = self.kept.saturating_add(values);
            self.text = self.text.saturating_add(text);
        } else if new && self.new.saturating_add(values) <= MOST_NEW {
            self.new = self.new.saturating_add(values).saturating_add(text / 64);
        } else {
            self.facts.left_out = self.facts.left_out.saturating_add(1);
            if new {
                draft.too_many();
            }
            return Ok(());
        }
        let line = self.lines.at(start)?;
        self.facts.lines.push(Line { line, facts });
        Ok(())
    }

    /// What a document takes, and whether it has a key that none before it had.
    fn size(&mut self, value: &Value) -> Size {
        let mut size = Size::default();
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            size.values = size.values.saturating_add(1);
            match &value.kind {
                Kind::Text(text) => size.text = size.text.saturating_add(text.len()),
                Kind::Array(elements) => open.extend(elements),
                Kind::Object(members) => {
                    for (key, member) in members {
                        size.text = size.text.saturating_add(key.len());
                        let room = self.keys.len() < MOST_KEYS;
                        size.new |= room && self.keys.insert(hash(key.as_bytes()));
                        open.push(member);
                    }
                }
                Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
            }
        }
        size
    }
}

#[derive(Default)]
struct Size {
    values: usize,
    text: usize,
    new: bool,
}

/// Counts lines up to places that are asked for in order.
struct Lines<'s> {
    cursor: Cursor<'s>,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, offset: u64) -> Result<u32, Stop> {
        while self.cursor.position() < offset {
            let missing =
                usize::try_from(offset.saturating_sub(self.cursor.position())).unwrap_or(usize::MAX);
            let bytes = self.cursor.fill(1).map_err(JsonError::from)?;
            let passed = bytes.get(..missing.min(bytes.len())).unwrap_or_default();
            if passed.is_empty() {
                break;
            }
            let breaks = memchr::memchr_iter(b'\n', passed).count();
            let count = passed.len();
            self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
            self.cursor.advance(count);
        }
        Ok(self.line)
    }
}

fn skip_space(cursor: &mut Cursor<'_>, budget: &Budget) -> Result<(), Stop> {
    loop {
        let bytes = cursor.fill(1).map_err(JsonError::from)?;
        // A separator of records may stand before each of them (RFC 7464).
        let space = bytes.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x1e).count();
        let more = space > 0 && space == bytes.len();
        cursor.advance(space);
        if !more {
            return Ok(());
        }
        budget.steps(1)?;
    }
}

fn skip_line(cursor: &mut Cursor<'_>, budget: &Budget) -> Result<(), Stop> {
    loop {
        let bytes = cursor.fill(1).map_err(JsonError::from)?;
        let (found, len) = (memchr::memchr(b'\n', bytes), bytes.len());
        cursor.advance(found.unwrap_or(len));
        if found.is_some() || len == 0 {
            return Ok(());
        }
        budget.steps(1)?;
    }
}
