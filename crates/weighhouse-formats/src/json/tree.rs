//! Tokens to a tree, with duplicates by path and templates as children.
//!
//! The tree is bounded by what it keeps, not by the file: of containers longer than [`BULK`] only what can matter to a reader
//! of configurations stays. What breaks the strict grammar in a way that lenient readers accept (comments, trailing
//! commas) is reported and read all the same.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;

use super::token::{JsonError, Options, Token, Tokenizer};
use super::{JsonFacts, Kind, Value};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::Cursor;
use crate::encoding::{self, Encoding};
use crate::format::Format;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{Memory, SharedSource, read_up_to};

/// Elements of one container above which plain ones are left out.
const BULK: usize = 1 << 16;
/// Elements of an array that is itself plain (`["a", "b"]` among merges, `["token", -1.5]` among pieces).
const PLAIN: usize = 8;
/// Values that one tree keeps.
const MOST: usize = 1 << 20;
/// Templates of one document that are inspected.
const MOST_TEMPLATES: usize = 1_000;
/// Longest path that is spelled out.
const LONGEST_PATH: usize = 512;
/// Objects and arrays within one another.
const DEPTH: usize = 256;

/// Reads a document, in the encoding that Python finds it in.
pub(super) fn parse(source: &SharedSource, budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, 4).unwrap_or_default();
    match encoding::of_json(&head) {
        Encoding::Bytes => read(source, None, budget),
        wide => decoded(source, wide, budget),
    }
}

/// What is not one byte after another is decoded as a whole; all that is found in it is said of the whole file.
fn decoded(source: &SharedSource, wide: Encoding, budget: &Budget) -> Parsed {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let whole = Region::new(0, source.len());
    let (text, complete) = match encoding::decode(source, wide, limit) {
        Ok(decoded) => decoded,
        Err(error) => {
            let mut parsed =
                Parsed::new(Format::Json, Facts::Json(Box::default()), Claims::whole(source.len()));
            parsed.gap(GapReason::Unreadable, None, error.to_string());
            return parsed;
        }
    };
    let mut parsed = read(&text, Some(whole), budget);
    parsed.reading.claims = Claims::whole(source.len());
    for region in parsed.reading.irregularities.iter_mut().filter_map(|fault| fault.region.as_mut()) {
        *region = whole;
    }
    for region in parsed.gaps.iter_mut().filter_map(|gap| gap.region.as_mut()) {
        *region = whole;
    }
    if !complete {
        parsed.gaps.push(Exhausted::Text.into());
    }
    parsed
}

/// Reads a document in UTF-8. Where it was decoded, everything in it stands in `whole`.
fn read(source: &SharedSource, whole: Option<Region>, budget: &Budget) -> Parsed {
    let mut parsed = Parsed::new(Format::Json, Facts::Json(Box::default()), Claims::whole(source.len()));
    let start = if source_starts_with_bom(source) { 3 } else { 0 };
    let mut builder = Builder::new(budget, whole);
    let ended = builder.read(source, start);
    let ended = match ended {
        Err(Stop::Json(JsonError::Grammar { at, what })) => {
            parsed.fault(
                Fault::Malformed,
                Region::at(at, 1),
                format!("not strict JSON at byte {at}: {what}"),
            );
            reread(source, start, budget, &mut builder)
        }
        other => other,
    };
    match ended {
        Ok(end) => note_trailing(source, end, &mut parsed),
        Err(stop) => note_stop(stop, source, &mut parsed),
    }
    builder.finish(&mut parsed);
    parsed
}

fn source_starts_with_bom(source: &SharedSource) -> bool {
    read_up_to(source.as_ref(), 0, 3).is_ok_and(|head| head == b"\xef\xbb\xbf")
}

/// Why a document was not read to its end.
pub(super) enum Stop {
    Json(JsonError),
    Budget(Exhausted),
}

impl From<JsonError> for Stop {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<Exhausted> for Stop {
    fn from(limit: Exhausted) -> Self {
        Self::Budget(limit)
    }
}

fn note_stop(stop: Stop, source: &SharedSource, parsed: &mut Parsed) {
    let error = match stop {
        Stop::Budget(limit) => return parsed.gaps.push(limit.into()),
        Stop::Json(error) => error,
    };
    let rest = error.at().map(|at| Region::new(at, source.len()));
    let detail = error.to_string();
    let (fault, reason) = match error {
        JsonError::Truncated { .. } => (Some(Fault::Truncated), GapReason::Damaged),
        // Its place is reported already, by the strict reading.
        JsonError::Grammar { .. } => (None, GapReason::Damaged),
        JsonError::Depth { .. } => (Some(Fault::Bomb), GapReason::Limit(Exhausted::Depth)),
        JsonError::Read(_) => (None, GapReason::Unreadable),
    };
    if let Some(fault) = fault {
        parsed.fault(fault, rest, detail.clone());
    }
    parsed.gap(reason, rest, detail);
}

/// What stands behind the document: nothing but space is allowed.
fn note_trailing(source: &SharedSource, end: u64, parsed: &mut Parsed) {
    let mut cursor = Cursor::new(source.as_ref(), end);
    while let Ok(rest) = cursor.fill(1)
        && !rest.is_empty()
    {
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let all = space == rest.len();
        cursor.advance(space);
        if !all {
            let region = Region::new(cursor.position(), source.len());
            parsed.fault(Fault::Trailing, region, "something stands behind the end of the JSON document");
            return;
        }
    }
}

/// Reads again what the strict grammar refused, with comments and trailing commas blanked out.
fn reread(
    source: &SharedSource,
    start: u64,
    budget: &Budget,
    builder: &mut Builder<'_>,
) -> Result<u64, Stop> {
    let limit = budget.limits().text;
    if source.len() > limit {
        return Err(Exhausted::Text.into());
    }
    let bytes =
        read_up_to(source.as_ref(), 0, usize::try_from(limit).unwrap_or(usize::MAX)).unwrap_or_default();
    let lenient = Memory::shared(blank(bytes));
    let mut second = Builder::new(builder.budget, builder.whole);
    let ended = second.read(&lenient, start);
    // The reading that saw more is the one to keep.
    if second.tokens >= builder.tokens {
        *builder = second;
    }
    ended
}

/// Replaces comments and commas before closing brackets by spaces; offsets stay.
fn blank(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    let mut comma = None;
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at.saturating_add(1)).copied();
        let end = match (byte, next) {
            (b'"', _) => end_of_string(&bytes, at),
            (b'/', Some(b'/')) | (b'#', _) => memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default())
                .map_or(bytes.len(), |len| at.saturating_add(len)),
            (b'/', Some(b'*')) => memchr::memmem::find(bytes.get(at..).unwrap_or_default(), b"*/")
                .map_or(bytes.len(), |len| at.saturating_add(len).saturating_add(2)),
            _ => at.saturating_add(1),
        };
        match byte {
            b'/' | b'#' => bytes.get_mut(at..end).unwrap_or_default().fill(b' '),
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(slot) = comma.take().and_then(|comma| bytes.get_mut(comma)) {
                    *slot = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at = end;
    }
    bytes
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start.saturating_add(1);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at = at.saturating_add(2),
            b'"' => return at.saturating_add(1),
            _ => at = at.saturating_add(1),
        }
    }
    bytes.len()
}

/// An object or array that is not closed yet.
struct Open {
    start: u64,
    is_object: bool,
    /// The key whose value comes next.
    key: Option<String>,
    members: Vec<(String, Value)>,
    elements: Vec<Value>,
    seen: HashSet<u64>,
    count: u64,
}

impl Open {
    fn new(start: u64, is_object: bool) -> Self {
        Self {
            start,
            is_object,
            key: None,
            members: Vec::new(),
            elements: Vec::new(),
            seen: HashSet::new(),
            count: 0,
        }
    }

    fn kept(&self) -> usize {
        self.members.len().saturating_add(self.elements.len())
    }
}

pub(super) struct Builder<'b> {
    budget: &'b Budget,
    /// Where everything stands, if positions in what is read are none of the file.
    whole: Option<Region>,
    /// Bytes of a text that are kept.
    text: usize,
    /// Whether this is one of many records: its texts are what somebody wrote, and only a key says that one is a template.
    record: bool,
    stack: Vec<Open>,
    root: Option<Value>,
    facts: JsonFacts,
    templates: Vec<Child>,
    kept: usize,
    full: bool,
    cut: bool,
    tokens: u64,
}

impl<'b> Builder<'b> {
    fn new(budget: &'b Budget, whole: Option<Region>) -> Self {
        let text = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
        Self {
            budget,
            whole,
            text,
            record: false,
            stack: Vec::new(),
            root: None,
            facts: JsonFacts::default(),
            templates: Vec::new(),
            kept: 0,
            full: false,
            cut: false,
            tokens: 0,
        }
    }

    /// One of many documents, of which texts up to `text` bytes are kept.
    pub(super) fn record(budget: &'b Budget, text: usize) -> Self {
        Self { text, record: true, ..Self::new(budget, None) }
    }

    fn read(&mut self, source: &SharedSource, start: u64) -> Result<u64, Stop> {
        let (ended, cursor) = self.read_on(Cursor::new(source.as_ref(), start));
        ended.map(|()| cursor.position())
    }

    /// Reads the document at the cursor; the cursor comes back where the reading ended.
    pub(super) fn read_on<'s>(&mut self, cursor: Cursor<'s>) -> (Result<(), Stop>, Cursor<'s>) {
        let options = Options { depth: DEPTH, text: self.text, python_numbers: true };
        let mut tokens = Tokenizer::new(cursor, options);
        let ended = self.take(&mut tokens);
        (ended, tokens.into_cursor())
    }

    fn take(&mut self, tokens: &mut Tokenizer<'_>) -> Result<(), Stop> {
        for next in tokens.by_ref() {
            let (token, region) = next?;
            self.tokens = self.tokens.saturating_add(1);
            if self.tokens.is_multiple_of(4096) {
                self.budget.steps(4096)?;
            }
            self.token(token, self.whole.unwrap_or(region));
        }
        Ok(())
    }

    fn token(&mut self, token: Token, region: Region) {
        let kind = match token {
            Token::ObjectStart => return self.stack.push(Open::new(region.start, true)),
            Token::ArrayStart => return self.stack.push(Open::new(region.start, false)),
            Token::ObjectEnd | Token::ArrayEnd => return self.close(region.end),
            Token::Key(key) => return self.key(key.value, region),
            Token::Text(text) => {
                self.cut |= !text.complete;
                self.template(&text.value);
                Kind::Text(text.value)
            }
            Token::Number(number) => {
                if number.ends_with(|last: char| last.is_ascii_alphabetic()) {
                    self.facts.python_numbers = self.facts.python_numbers.saturating_add(1);
                }
                Kind::Number(number)
            }
            Token::Bool(value) => Kind::Bool(value),
            Token::Null => Kind::Null,
        };
        self.value(Value { region, kind });
    }

    fn key(&mut self, key: String, region: Region) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let path = match self.stack.last_mut() {
            Some(open) => {
                let new = open.seen.insert(hasher.finish());
                open.key = Some(key);
                if new { None } else { Some(self.path()) }
            }
            None => None,
        };
        if let Some(path) = path
            && self.facts.duplicates.len() < self.budget.limits().facts
        {
            self.facts.duplicates.push((path, region));
        }
    }

    /// Dotted keys and element numbers to the value that comes next.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.stack {
            if !path.is_empty() {
                path.push('.');
            }
            match &open.key {
                Some(key) if open.is_object => path.push_str(key),
                _ => path.push_str(&open.count.to_string()),
            }
            if path.len() > LONGEST_PATH {
                path.truncate(path.floor_char_boundary(LONGEST_PATH));
                break;
            }
        }
        path
    }

    fn close(&mut self, end: u64) {
        let Some(open) = self.stack.pop() else { return };
        let kind = if open.is_object { Kind::Object(open.members) } else { Kind::Array(open.elements) };
        let region = self.whole.unwrap_or_else(|| Region::new(open.start, end));
        self.value(Value { region, kind });
    }

    fn value(&mut self, value: Value) {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(value);
            return;
        };
        open.count = open.count.saturating_add(1);
        let key = open.key.take();
        let bulk = open.kept() >= BULK;
        if self.kept >= MOST || (bulk && is_plain(&value, open.is_object)) {
            self.full |= !bulk || !is_plain(&value, open.is_object);
            self.facts.left_out = self.facts.left_out.saturating_add(1);
            return;
        }
        self.kept = self.kept.saturating_add(1);
        if open.is_object {
            open.members.push((key.unwrap_or_default(), value));
        } else {
            open.elements.push(value);
        }
    }

    /// A template is where a key says so, or where a text can be nothing else.
    fn template(&mut self, text: &str) {
        let block = text.contains("{%") && text.contains("%}");
        let variable = text.contains("{{") && (text.contains("__") || self.is_under_template_key());
        if !(block || variable) || self.record && !self.is_under_template_key() {
            return self.pickle(text);
        }
        if self.templates.len() >= MOST_TEMPLATES {
            self.full = true;
            return;
        }
        let name = self.path();
        let content = Content::Decoded(text.as_bytes().to_vec());
        self.templates.push(Child { name, content, known: Some(Format::Template) });
    }

    /// A pickle in base64, whose protocol header reads `gA`.
    fn pickle(&mut self, text: &str) {
        let plausible = text.len() >= 16 && text.starts_with("gA");
        let decoded = plausible
            .then(|| base64::engine::general_purpose::STANDARD.decode(text))
            .and_then(Result::ok)
            .filter(|bytes| matches!(bytes.as_slice(), [0x80, 0..=5, .., b'.']));
        if let Some(bytes) = decoded.filter(|_| self.templates.len() < MOST_TEMPLATES) {
            let (name, content) = (self.path(), Content::Decoded(bytes));
            self.templates.push(Child { name, content, known: Some(Format::Pickle) });
        }
    }

    fn is_under_template_key(&self) -> bool {
        self.stack
            .iter()
            .filter_map(|open| open.key.as_ref())
            .any(|key| key.to_ascii_lowercase().contains("template"))
    }

    /// What was read, also when the document breaks off: open containers are closed where it breaks.
    fn finish(mut self, parsed: &mut Parsed) {
        self.close_all();
        if self.full {
            parsed.gaps.push(Exhausted::Facts.into());
        }
        if self.cut {
            parsed.gaps.push(Exhausted::Text.into());
        }
        self.facts.value = self.root;
        parsed.reading.facts = Facts::Json(Box::new(self.facts));
        parsed.children = self.templates;
    }

    /// What was read of a record: its facts, what is to be inspected in turn, and whether that is all of it.
    pub(super) fn finish_record(mut self) -> (JsonFacts, Vec<Child>, bool) {
        self.close_all();
        self.facts.value = self.root;
        (self.facts, self.templates, !self.full)
    }

    fn close_all(&mut self) {
        while let Some(open) = self.stack.last() {
            let end =
                open.elements.last().or(open.members.last().map(|(_, value)| value)).map(|v| v.region.end);
            let end = end.unwrap_or(open.start.saturating_add(1));
            self.close(end);
        }
    }
}

/// Whether a value in a very long container says nothing that a configuration would.
fn is_plain(value: &Value, in_object: bool) -> bool {
    match &value.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => true,
        Kind::Text(_) => !in_object,
        Kind::Array(elements) => {
            elements.len() <= PLAIN
                && elements.iter().all(|element| !matches!(element.kind, Kind::Array(_) | Kind::Object(_)))
        }
        Kind::Object(_) => false,
    }
}
