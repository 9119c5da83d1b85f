//! Universal Binary JSON, draft 12, in which XGBoost writes its models.

use std::collections::HashSet;

use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::data::{DataFacts, Tree};
use crate::draft::{Draft, hash, show};
use crate::format::Format;
use crate::json::Kind;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::{self, Texts};

/// Objects and lists within one another.
const DEPTH: usize = 256;
/// Longest key.
const LONGEST_KEY: usize = 4 << 10;
/// A count is out of all proportion if the file had to grow this many times to hold it.
const PROPORTION: u64 = 1 << 10;

/// Whether a file begins with an object and the length and letters of its first key.
pub(super) fn begins(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"{") else { return false };
    let (len, key) = match rest {
        [b'i' | b'U', len, key @ ..] => (u64::from(*len), key),
        [b'I', a, b, key @ ..] => (u64::from(u16::from_be_bytes([*a, *b])), key),
        [b'l', a, b, c, d, key @ ..] => (u64::from(u32::from_be_bytes([*a, *b, *c, *d])), key),
        [b'L', rest @ ..] => match rest.split_first_chunk::<8>() {
            Some((len, key)) => (u64::from_be_bytes(*len), key),
            None => return false,
        },
        _ => return false,
    };
    let key = usize::try_from(len).ok().filter(|len| (1..=256).contains(len)).and_then(|len| key.get(..=len));
    key.and_then(<[u8]>::split_last).is_some_and(|(marker, key)| {
        key.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') && b"ZTFiUIlLdDCSH[{".contains(marker)
    })
}

enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed(u64, String),
    Bomb(u64, String),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// An object or list that is not closed yet.
struct Open {
    object: bool,
    /// Entries left, if their number is given; otherwise an end mark follows.
    left: Option<u64>,
    /// The type of all entries, if it is given.
    kind: Option<u8>,
    keys: HashSet<u64>,
}

struct Reader<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    cursor: Cursor<'a>,
    draft: Draft,
    tree: Tree,
    texts: Texts,
    open: Vec<Open>,
    /// The numbers of the version of XGBoost, which stand in a list of the outermost object.
    version: Vec<i64>,
    steps: u64,
}

/// Numbers of a version.
const VERSION: usize = 4;

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut reader = Reader {
        source,
        budget,
        cursor: Cursor::new(source.as_ref(), 0),
        draft: Draft::new(Format::Ubjson, Facts::Data(Box::default())),
        tree: Tree::default(),
        texts: Texts::default(),
        open: Vec::new(),
        version: Vec::new(),
        steps: 0,
    };
    let ended = reader.document();
    reader.finish(ended)
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Stop> {
        let first = self.cursor.u8()?;
        self.value(first)?;
        while let Some(open) = self.open.last_mut() {
            self.steps = self.steps.saturating_add(1);
            if self.steps.is_multiple_of(1_024) {
                self.budget.steps(1_024).map_err(Stop::Limit)?;
            }
            let (object, kind) = (open.object, open.kind);
            let ended = match &mut open.left {
                Some(0) => true,
                Some(left) => {
                    *left = left.saturating_sub(1);
                    false
                }
                None => self.cursor.fill(1)?.first() == Some(if object { &b'}' } else { &b']' }),
            };
            if ended {
                if self.open.pop().is_some_and(|open| open.left.is_none()) {
                    self.cursor.u8()?;
                }
                self.tree.end(self.cursor.position());
                continue;
            }
            if object {
                self.key()?;
            }
            let marker = match kind {
                Some(kind) => kind,
                None => self.cursor.u8()?,
            };
            self.value(marker)?;
        }
        Ok(())
    }

    fn key(&mut self) -> Result<(), Stop> {
        let at = self.cursor.position();
        let len = self.length()?;
        let region = Region::at(self.cursor.position(), len);
        let bytes = self.cursor.bytes(len, LONGEST_KEY)?;
        self.texts.look("key", &bytes, region, self.source, &mut self.draft);
        let name = String::from_utf8_lossy(&bytes).into_owned();
        let limit = self.budget.limits().facts;
        if let Some(open) = self.open.last_mut()
            && open.keys.len() < limit
            && !open.keys.insert(hash(name.as_bytes()))
        {
            let detail = format!("the key `{}` occurs twice in one object", show(&name));
            self.draft.fault(Fault::Duplicate, Region::new(at, region.end), detail);
        }
        self.tree.key(&name);
        Ok(())
    }

    fn value(&mut self, marker: u8) -> Result<(), Stop> {
        let at = self.cursor.position();
        let size = match marker {
            b'[' | b'{' => return self.begin(at, marker == b'{'),
            b'S' | b'H' => return self.text(),
            b'N' => return Ok(()),
            b'Z' | b'T' | b'F' => 0,
            _ => width(marker)
                .ok_or_else(|| Stop::Malformed(at, format!("{marker:#04x} is no type of a value")))?,
        };
        let place = self.open.len() == 2 && self.version.len() < VERSION;
        if place && self.tree.path().as_str() == "version" {
            let at = self.cursor.position();
            let number = self.integer(marker)?;
            self.version.extend(number);
            self.cursor.seek(at);
        }
        let region = self.cursor.skip(size)?;
        let kind = match marker {
            b'T' | b'F' => Kind::Bool(marker == b'T'),
            _ => Kind::Null,
        };
        self.tree.plain(kind, region);
        Ok(())
    }

    fn begin(&mut self, at: u64, object: bool) -> Result<(), Stop> {
        if self.open.len() >= DEPTH {
            return Err(Stop::Bomb(at, format!("objects and lists are nested more than {DEPTH} deep")));
        }
        let mut kind = None;
        if self.cursor.fill(1)?.first() == Some(&b'$') {
            self.cursor.u8()?;
            kind = Some(self.cursor.u8()?);
        }
        let mut left = None;
        if self.cursor.fill(1)?.first() == Some(&b'#') {
            self.cursor.u8()?;
            left = Some(self.length()?);
        } else if kind.is_some() {
            return Err(Stop::Malformed(at, "a type without a count".to_owned()));
        }
        if let Some(count) = left {
            let size = kind.and_then(width).unwrap_or(1);
            let empty = matches!(kind, Some(b'Z' | b'N' | b'T' | b'F'));
            if empty || count.saturating_mul(size) / PROPORTION > self.cursor.end() {
                let detail = format!("{count} entries are declared in {} bytes", self.cursor.remaining());
                if count > self.cursor.end() {
                    return Err(Stop::Bomb(at, detail));
                }
            }
            if let Some(size) = kind.filter(|_| !object).and_then(width) {
                return self.numbers(count.saturating_mul(size), kind == Some(b'U'));
            }
        }
        self.tree.begin(at, object);
        self.open.push(Open { object, left, kind, keys: HashSet::new() });
        Ok(())
    }

    /// A list of numbers of one type: passed over, unless its bytes have a structure of their own.
    fn numbers(&mut self, len: u64, bytes: bool) -> Result<(), Stop> {
        let region = self.cursor.skip(len)?;
        if bytes && len >= 4 {
            self.texts.numbers(&self.tree.path(), region, self.source, &mut self.draft);
        }
        self.tree.plain(Kind::Null, region);
        Ok(())
    }

    fn text(&mut self) -> Result<(), Stop> {
        let len = self.length()?;
        let region = self.cursor.skip(len)?;
        self.cursor.seek(region.start);
        let head = self.cursor.bytes(len.min(values::HEAD as u64), values::HEAD)?;
        self.cursor.seek(region.end);
        let path = self.tree.path();
        self.texts.look(&path, &head, region, self.source, &mut self.draft);
        self.tree.text(&String::from_utf8_lossy(&head), region);
        Ok(())
    }

    /// A count or length: a marker of an integer, and the integer.
    fn length(&mut self) -> Result<u64, Stop> {
        let at = self.cursor.position();
        let marker = self.cursor.u8()?;
        let Some(len) = self.integer(marker)? else {
            return Err(Stop::Malformed(at, format!("{marker:#04x} is no type of a length")));
        };
        u64::try_from(len).map_err(|_| Stop::Malformed(at, format!("a length is {len}")))
    }

    /// The integer behind a marker; nothing if that is none of an integer.
    fn integer(&mut self, marker: u8) -> Result<Option<i64>, Stop> {
        Ok(Some(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.cursor.array()?)),
            b'U' => i64::from(self.cursor.u8()?),
            b'I' => i64::from(i16::from_be_bytes(self.cursor.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.cursor.array()?)),
            b'L' => i64::from_be_bytes(self.cursor.array()?),
            _ => return Ok(None),
        }))
    }

    fn finish(mut self, ended: Result<(), Stop>) -> Parsed {
        let end = self.cursor.position().min(self.source.len());
        let rest = Region::new(end, self.source.len());
        self.draft.claim(Region::new(0, end));
        let (kind, region, detail) = match ended {
            Ok(()) => return self.conclude(end),
            Err(Stop::Limit(limit)) => {
                self.draft.gap(GapReason::Limit(limit), rest, limit.to_string());
                return self.conclude(end);
            }
            Err(Stop::Read(error @ ReadError::Io { .. })) => {
                self.draft.gap(GapReason::Unreadable, rest, error.to_string());
                return self.conclude(end);
            }
            Err(Stop::Read(error)) => {
                self.draft.claim(rest);
                (Fault::Truncated, rest, error.to_string())
            }
            Err(Stop::Malformed(at, what)) => (Fault::Malformed, Region::new(at, rest.end), what),
            Err(Stop::Bomb(at, what)) => (Fault::Bomb, Region::new(at, rest.end), what),
        };
        self.draft.fault(kind, region, detail.clone());
        self.draft.gap(GapReason::Damaged, region, detail);
        self.conclude(end)
    }

    fn conclude(mut self, end: u64) -> Parsed {
        self.texts.flush(&mut self.draft);
        let document = self.tree.finish(end, &mut self.draft);
        let model = document.value.as_ref().is_some_and(|root| root.get("learner").is_some());
        let description = if model { "XGBoost model in UBJSON" } else { "UBJSON document" }.to_owned();
        let version = self.version.iter().map(i64::to_string).collect::<Vec<_>>().join(".");
        let said = (model && !version.is_empty()).then(|| ("xgboost_version".to_owned(), version));
        let metadata = said.into_iter().collect();
        let facts = DataFacts { description, metadata, document: Some(document), ..DataFacts::default() };
        self.draft.finish(Facts::Data(Box::new(facts)))
    }
}

/// Bytes of a number by its marker.
fn width(marker: u8) -> Option<u64> {
    Some(match marker {
        b'i' | b'U' | b'C' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => return None,
    })
}
