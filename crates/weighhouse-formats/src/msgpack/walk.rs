//! The walk over a document.

use std::collections::HashSet;

use super::DEPTH;
use super::array;
use super::wire::{Head, head};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::data::{DataFacts, Hook, HookKind, Tree};
use crate::draft::{Draft, hash, show};
use crate::format::Format;
use crate::json::Kind;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::{self, Texts};

/// Keys by which a map of `msgpack_numpy` is known, and the one that says what it holds.
const NUMPY: &str = "nd";
/// Longest key that is looked at by name.
const LONGEST_KEY: usize = 4 << 10;
/// A count is out of all proportion if the file had to grow this many times to hold it.
const PROPORTION: u64 = 1 << 10;

/// Why the walk ended early.
pub(super) enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed(u64, &'static str),
    Bomb(u64, String),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// A list or map that is not closed yet.
pub(super) struct Open {
    left: u64,
    map: bool,
    is_key: bool,
    keys: HashSet<u64>,
    numpy: Option<Numpy>,
    last_key: String,
}

impl Open {
    pub(super) fn new(left: u64, map: bool) -> Self {
        Self { left, map, is_key: false, keys: HashSet::new(), numpy: None, last_key: String::new() }
    }
}

/// A map that may be an array of `msgpack_numpy`.
#[derive(Default)]
struct Numpy {
    kind: Vec<u8>,
    data: Option<Region>,
    objects: bool,
}

pub(super) struct Reader<'a> {
    pub(super) source: &'a SharedSource,
    pub(super) budget: &'a Budget,
    pub(super) cursor: Cursor<'a>,
    pub(super) draft: Draft,
    pub(super) facts: DataFacts,
    pub(super) tree: Tree,
    texts: Texts,
    pub(super) open: Vec<Open>,
    steps: u64,
    /// Extensions around what is being read.
    pub(super) nested: usize,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut reader = Reader {
        source,
        budget,
        cursor: Cursor::new(source.as_ref(), 0),
        draft: Draft::new(Format::Msgpack, Facts::Data(Box::default())),
        facts: DataFacts { description: "MessagePack document".to_owned(), ..DataFacts::default() },
        tree: Tree::default(),
        texts: Texts::default(),
        open: Vec::new(),
        steps: 0,
        nested: 0,
    };
    let ended = reader.document();
    reader.finish(ended)
}

impl Reader<'_> {
    /// One value with all that is in it.
    pub(super) fn document(&mut self) -> Result<(), Stop> {
        let mut begun = !self.open.is_empty();
        loop {
            while self.open.last().is_some_and(|open| open.left == 0) {
                self.close();
            }
            match self.open.last_mut() {
                None if begun => return Ok(()),
                None => begun = true,
                Some(open) => {
                    open.left = open.left.saturating_sub(1);
                    open.is_key = open.map && !open.left.is_multiple_of(2);
                }
            }
            self.steps = self.steps.saturating_add(1);
            if self.steps.is_multiple_of(1_024) {
                self.budget.steps(1_024).map_err(Stop::Limit)?;
            }
            self.value()?;
        }
    }

    pub(super) fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if let Some(numpy) = open.numpy {
            self.numpy(&numpy);
        }
        self.tree.end(self.cursor.position());
    }

    fn value(&mut self) -> Result<(), Stop> {
        let at = self.cursor.position();
        let is_key = self.open.last().is_some_and(|open| open.is_key);
        let head = head(&mut self.cursor)?;
        let region = Region::new(at, self.cursor.position());
        match head {
            Head::Text(len) | Head::Bytes(len) => {
                let region = self.cursor.skip(len)?;
                let text = matches!(head, Head::Text(_));
                return if is_key { self.key(region) } else { self.bytes(region, text) };
            }
            Head::Extension(code, len) => {
                if is_key {
                    self.named(&format!("extension {code}"), region);
                }
                self.extension(code, len)?;
            }
            Head::List(count) => self.begin(at, count, false)?,
            Head::Map(count) => self.begin(at, count, true)?,
            Head::Reserved => return Err(Stop::Malformed(at, "the byte 0xc1 has no meaning")),
            Head::Nil => self.plain(Kind::Null, region),
            Head::Bool(value) => self.plain(Kind::Bool(value), region),
            Head::Int(value) => self.plain(Kind::Number(value.to_string()), region),
            Head::Float(value) => self.plain(Kind::Number(value.to_string()), region),
        }
        Ok(())
    }

    /// A number, a truth value or nothing; as a key, its text.
    pub(super) fn plain(&mut self, kind: Kind, region: Region) {
        if self.open.last().is_some_and(|open| open.is_key) {
            let name = match kind {
                Kind::Number(number) => number,
                Kind::Bool(value) => value.to_string(),
                _ => "null".to_owned(),
            };
            self.named(&name, region);
        } else {
            self.tree.plain(kind, region);
        }
    }

    fn begin(&mut self, at: u64, count: u64, map: bool) -> Result<(), Stop> {
        if self.open.last().is_some_and(|open| open.is_key) {
            return Err(Stop::Malformed(at, "a list or map stands as the key of a map"));
        }
        if self.tree.depth() >= DEPTH {
            return Err(Stop::Bomb(at, format!("lists and maps are nested more than {DEPTH} deep")));
        }
        let values = count.saturating_mul(if map { 2 } else { 1 });
        if values > self.cursor.remaining() {
            let detail =
                format!("{count} entries are declared, but {} bytes follow", self.cursor.remaining());
            if values / PROPORTION > self.cursor.end() {
                return Err(Stop::Bomb(at, detail));
            }
            self.draft.fault(Fault::Truncated, Region::at(at, 1), detail);
        }
        self.tree.begin(at, map);
        self.open.push(Open::new(values, map));
        Ok(())
    }

    fn key(&mut self, region: Region) -> Result<(), Stop> {
        let len = region.len().min(LONGEST_KEY as u64);
        self.cursor.seek(region.start);
        let bytes = self.cursor.bytes(len, LONGEST_KEY)?;
        self.cursor.seek(region.end);
        let name = String::from_utf8_lossy(&bytes).into_owned();
        if region.len() > LONGEST_KEY as u64 {
            self.draft.fault(Fault::Unusual, region, format!("a key has {} bytes", region.len()));
        }
        self.texts.look("key", &bytes, region, self.source, &mut self.draft);
        self.named(&name, region);
        Ok(())
    }

    fn named(&mut self, name: &str, region: Region) {
        if is_protocol(name) {
            let place = self.tree.path();
            self.hook(HookKind::Protocol, place, name, region);
        }
        let limit = self.budget.limits().facts;
        let Some(open) = self.open.last_mut() else { return };
        if open.keys.len() < limit && !open.keys.insert(hash(name.as_bytes())) {
            let detail = format!("the key `{}` occurs twice in one map", show(name));
            self.draft.fault(Fault::Duplicate, region, detail);
        }
        if name == NUMPY {
            open.numpy.get_or_insert_default();
        }
        name.clone_into(&mut open.last_key);
        self.tree.key(name);
    }

    /// A text or bytes as a value.
    fn bytes(&mut self, region: Region, text: bool) -> Result<(), Stop> {
        let path = self.tree.path();
        self.cursor.seek(region.start);
        let head = self.cursor.bytes(region.len().min(values::HEAD as u64), values::HEAD)?;
        self.cursor.seek(region.end);
        self.note_numpy(&head, region);
        match std::str::from_utf8(&head) {
            Ok(value) if text || is_printable(value) => {
                self.tree.text(value, region);
                self.texts.look(&path, &head, region, self.source, &mut self.draft);
            }
            _ => {
                self.tree.plain(Kind::Null, region);
                self.payload(&path, region);
            }
        }
        Ok(())
    }

    /// Bytes are numbers, unless they have a structure of their own.
    pub(super) fn payload(&mut self, name: &str, region: Region) {
        if region.len() >= 4 {
            self.texts.numbers(name, region, self.source, &mut self.draft);
        }
    }

    /// What `msgpack_numpy` reads from a map: `kind` and `data`, and a type that may hold objects.
    fn note_numpy(&mut self, head: &[u8], region: Region) {
        let Some(open) = self.open.last_mut() else { return };
        let short = head.len() <= 64;
        match open.last_key.as_str() {
            "kind" if open.map && short => open.numpy.get_or_insert_default().kind = head.to_vec(),
            "type" if open.map && short => {
                let objects = array::holds_objects(&String::from_utf8_lossy(head));
                open.numpy.get_or_insert_default().objects |= objects;
            }
            "data" if open.map => open.numpy.get_or_insert_default().data = Some(region),
            _ => {}
        }
    }

    fn numpy(&mut self, numpy: &Numpy) {
        let Some(data) = numpy.data.filter(|_| numpy.kind == b"O" || numpy.objects) else { return };
        let name = self.tree.path();
        self.hook(HookKind::ObjectArray, name.clone(), "O", data);
        self.child(name, data, Format::Pickle);
    }

    pub(super) fn child(&mut self, name: String, region: Region, known: Format) {
        let content = Content::Stored { region, crc32: None };
        self.draft.child(Child { name, content, known: Some(known) });
    }

    pub(super) fn hook(&mut self, kind: HookKind, name: String, value: &str, region: Region) {
        if self.facts.hooks.len() >= self.budget.limits().facts {
            return self.draft.too_many();
        }
        let value = crate::draft::head(value, 200).to_owned();
        self.facts.hooks.push(Hook { kind, name, value, region });
    }

    fn finish(mut self, ended: Result<(), Stop>) -> Parsed {
        let end = self.cursor.position().min(self.source.len());
        let rest = Region::new(end, self.source.len());
        self.draft.claim(Region::new(0, end));
        match ended {
            Ok(()) => {}
            Err(Stop::Limit(limit)) => self.draft.gap(GapReason::Limit(limit), rest, limit.to_string()),
            Err(Stop::Read(error @ ReadError::Io { .. })) => {
                self.draft.gap(GapReason::Unreadable, rest, error.to_string());
            }
            Err(Stop::Read(error)) => self.broken(Fault::Truncated, rest, error.to_string()),
            Err(Stop::Malformed(at, what)) => {
                self.broken(Fault::Malformed, Region::new(at, rest.end), what.to_owned());
            }
            Err(Stop::Bomb(at, what)) => self.broken(Fault::Bomb, Region::new(at, rest.end), what),
        }
        self.texts.flush(&mut self.draft);
        self.facts.document = Some(self.tree.finish(end, &mut self.draft));
        self.draft.finish(Facts::Data(Box::new(self.facts)))
    }

    fn broken(&mut self, kind: Fault, region: Region, detail: String) {
        if kind == Fault::Truncated {
            self.draft.claim(region);
            self.payload("rest", region);
        }
        self.draft.fault(kind, region, detail.clone());
        self.draft.gap(GapReason::Damaged, region, detail);
    }
}

/// Names by which Python rebuilds or reaches objects; no parameter is called so.
fn is_protocol(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "__reduce__",
        "__reduce_ex__",
        "__setstate__",
        "__getstate__",
        "__builtins__",
        "__globals__",
        "__subclasses__",
        "__import__",
        "__code__",
        "__bases__",
        "__mro__",
    ];
    NAMES.contains(&name)
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}
