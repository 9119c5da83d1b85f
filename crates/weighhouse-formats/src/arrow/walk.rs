//! The walk over messages and the footer.

use super::schema::{self, Schema};
use super::{CONTINUATION, LARGEST_MESSAGE, MAGIC};
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::data::{DataFacts, Hook, HookKind};
use crate::draft::{Draft, head, show};
use crate::flatbuffer::{Bad, Buffer, Found};
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, is_zero, read_up_to};
use crate::values::{self, Texts};

/// Numbers of the kinds of messages.
mod kind {
    pub(super) const SCHEMA: u64 = 1;
    pub(super) const DICTIONARY: u64 = 2;
    pub(super) const BATCH: u64 = 3;
}

/// Bytes of a value of metadata that facts keep.
const KEPT: usize = 200;

enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed(u64, String),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

struct Walker<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    draft: Draft,
    facts: DataFacts,
    texts: Texts,
    claims: Claims,
    /// Where messages begin, with the bytes of their metadata and body.
    messages: Vec<(u64, u64, u64)>,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let file = read_up_to(source.as_ref(), 0, MAGIC.len()).is_ok_and(|head| head == MAGIC);
    let description = if file { "Arrow file" } else { "Arrow stream" };
    let mut walker = Walker {
        source,
        budget,
        draft: Draft::new(Format::Arrow, Facts::Data(Box::default())),
        facts: DataFacts { description: description.to_owned(), ..DataFacts::default() },
        texts: Texts::default(),
        claims: Claims::new(),
        messages: Vec::new(),
    };
    let ended = if file { walker.file() } else { walker.stream(0, source.len()).map(drop) };
    walker.finish(ended)
}

impl<'a> Walker<'a> {
    /// Magic, messages, footer, its length, magic.
    fn file(&mut self) -> Result<(), Stop> {
        let len = self.source.len();
        self.claims.claim(Region::at(0, 8));
        let mut cursor = Cursor::new(self.source.as_ref(), len.saturating_sub(10));
        let size = u64::from(cursor.u32()?);
        let magic: [u8; 6] = cursor.array()?;
        let start = len.saturating_sub(10).checked_sub(size).filter(|start| *start >= 8);
        let Some(start) = start.filter(|_| magic == *MAGIC) else {
            self.stream(8, len)?;
            return Err(Stop::Malformed(
                len.saturating_sub(10),
                "the file does not end with a footer".into(),
            ));
        };
        self.claims.claim(Region::new(start.saturating_add(size), len));
        let messages = self.stream(8, start);
        self.footer(Region::at(start, size))?;
        messages.map(drop)
    }

    /// Messages up to the end mark, or to `end`. Returns where it stopped.
    fn stream(&mut self, start: u64, end: u64) -> Result<u64, Stop> {
        let mut cursor = Cursor::new(self.source.as_ref(), start);
        while cursor.position() < end {
            self.budget.steps(64).map_err(Stop::Limit)?;
            let at = cursor.position();
            let first: [u8; 4] = cursor.array()?;
            // Before version 0.15 the length came first.
            let size = if first == CONTINUATION { cursor.u32()? } else { u32::from_le_bytes(first) };
            let metadata = Region::at(cursor.position(), size.into());
            if size == 0 {
                self.claims.claim(Region::new(at, metadata.start));
                return Ok(metadata.start);
            }
            if metadata.end > end {
                return Err(Stop::Malformed(at, format!("a message of {size} bytes does not fit")));
            }
            let body = self.message(metadata)?;
            if body > end.saturating_sub(metadata.end) {
                return Err(Stop::Malformed(
                    at,
                    format!("the body of a message, {body} bytes, does not fit"),
                ));
            }
            self.claims.claim(Region::new(at, metadata.start));
            if self.messages.len() < self.budget.limits().facts {
                self.messages.push((at, metadata.end.saturating_sub(at), body));
            }
            cursor.skip(u64::from(size).saturating_add(body))?;
        }
        Ok(cursor.position())
    }

    /// One message; returns the length of its body.
    fn message(&mut self, region: Region) -> Result<u64, Stop> {
        let mut flat = self.load(region)?;
        let read = self.in_message(&mut flat, region);
        self.settle(flat, region);
        read.map_err(|what| Stop::Malformed(region.start, what.to_owned()))
    }

    fn in_message(&mut self, flat: &mut Buffer<'_>, region: Region) -> Result<u64, Bad> {
        let root = flat.root()?;
        let kind = flat.number(&root, 1, 1)?;
        let body = Region::at(region.end, flat.number(&root, 3, 8)?);
        let mut found = Schema::default();
        schema::metadata(flat, &root, 4, "", &mut found)?;
        self.note(flat, found);
        let header = flat.table(&root, 2)?.ok_or("a message has no header")?;
        match kind {
            kind::SCHEMA => {
                let schema = schema::read(flat, &header)?;
                self.note(flat, schema);
            }
            kind::BATCH => self.batch(flat, &header, body)?,
            kind::DICTIONARY => {
                let batch = flat.table(&header, 1)?.ok_or("a dictionary has no data")?;
                self.batch(flat, &batch, body)?;
            }
            other => {
                self.claims.claim(body);
                self.claims.claim(region);
                let detail = format!("a message of kind {other} (tensors) is not read");
                self.draft.gap(GapReason::NotInspected, region, detail);
            }
        }
        Ok(body.len())
    }

    /// Buffers lie in the body; what lies between them is padding.
    fn batch(&mut self, flat: &mut Buffer<'_>, table: &Found, body: Region) -> Result<(), Bad> {
        flat.vector(table, 1, 16)?;
        let buffers = flat.vector(table, 2, 16)?;
        let compressed = flat.table(table, 3)?.is_some();
        flat.vector(table, 4, 8)?;
        let mut claims = Claims::new();
        for at in (buffers.start..buffers.end).step_by(16) {
            let (offset, len) = (flat.at(at, 8)?, flat.at(at.saturating_add(8), 8)?);
            let region = Region::at(body.start.saturating_add(offset), len);
            if region.end > body.end {
                return Err("a buffer lies outside the body of its message");
            }
            if compressed && len >= 8 {
                self.unpacked_length(region);
            }
            claims.claim(region);
        }
        for gap in claims.unexplained(body.end).into_iter().filter(|gap| gap.end > body.start) {
            let gap = Region::new(gap.start.max(body.start), gap.end);
            if is_zero(self.source.as_ref(), gap).unwrap_or(false) {
                claims.claim(gap);
            }
        }
        claims.regions().iter().for_each(|region| self.claims.claim(*region));
        Ok(())
    }

    /// A compressed buffer begins with the length it unpacks to; -1 says that it is not compressed after all.
    fn unpacked_length(&mut self, region: Region) {
        let declared = read_up_to(self.source.as_ref(), region.start, 8)
            .ok()
            .and_then(|bytes| bytes.first_chunk::<8>().map(|bytes| i64::from_le_bytes(*bytes)));
        let most = self.budget.limits().unpacked;
        if declared.is_some_and(|len| len < -1 || len > 0 && len.unsigned_abs() > most) {
            let detail =
                format!("a buffer of {} bytes says it unpacks to {}", region.len(), declared.unwrap_or(0));
            self.draft.fault(Fault::Bomb, region, detail);
        }
    }

    fn footer(&mut self, region: Region) -> Result<(), Stop> {
        let mut flat = self.load(region)?;
        let read = self.in_footer(&mut flat, region);
        self.settle(flat, region);
        read.map_err(|what| Stop::Malformed(region.start, format!("footer: {what}")))
    }

    fn in_footer(&mut self, flat: &mut Buffer<'_>, region: Region) -> Result<(), Bad> {
        let root = flat.root()?;
        if let Some(table) = flat.table(&root, 1)? {
            let schema = schema::read(flat, &table)?;
            self.note(flat, schema);
        }
        for field in [2, 3] {
            let blocks = flat.vector(&root, field, 24)?;
            for at in (blocks.start..blocks.end).step_by(24) {
                let block =
                    (flat.at(at, 8)?, flat.at(at.saturating_add(8), 4)?, flat.at(at.saturating_add(16), 8)?);
                if self.messages.binary_search(&block).is_err() {
                    let detail = format!("the footer names a message at byte {}, where none is", block.0);
                    self.draft.fault(Fault::Contradiction, region, detail);
                }
            }
        }
        let mut found = Schema::default();
        schema::metadata(flat, &root, 4, "", &mut found)?;
        self.note(flat, found);
        Ok(())
    }

    /// What a schema declares, to the facts; its texts, to those that are looked at.
    fn note(&mut self, flat: &mut Buffer<'_>, schema: Schema) {
        for (owner, key, value) in schema.metadata {
            let (first, second) = (flat.bytes(key, values::HEAD), flat.bytes(value, values::HEAD));
            let name = String::from_utf8_lossy(&first).into_owned();
            let name = if owner.is_empty() { name } else { format!("{owner}:{name}") };
            for (region, beginning) in [(key, &first), (value, &second)] {
                self.texts.look(&name, beginning, region, self.source, &mut self.draft);
            }
            if self.facts.metadata.len() >= self.budget.limits().facts {
                self.draft.too_many();
                break;
            }
            let beginning = second.get(..second.len().min(KEPT)).unwrap_or_default();
            let shown = head(&String::from_utf8_lossy(beginning), KEPT).to_owned();
            self.facts.metadata.push((head(&name, KEPT).to_owned(), shown));
        }
        for (owner, region) in schema.pickled {
            let value = "arrow.py_extension_type".to_owned();
            self.facts.hooks.push(Hook { kind: HookKind::PickledType, name: owner.clone(), value, region });
            if !region.is_empty() {
                let name = format!("type of {}", show(&owner));
                self.texts.stored(&name, region, Some(Format::Pickle), &mut self.draft);
            }
        }
    }

    fn load(&self, region: Region) -> Result<Buffer<'a>, Stop> {
        let limit = LARGEST_MESSAGE.min(self.budget.limits().text);
        self.budget.steps(region.len() / 16).map_err(Stop::Limit)?;
        let (at, wanted) = (region.start, region.len());
        if wanted > limit {
            return Err(ReadError::TooLarge { at, wanted, limit }.into());
        }
        Ok(Buffer::new(self.source.as_ref(), region))
    }

    /// Claims what was read of a message, and the zeros between it.
    fn settle(&mut self, flat: Buffer<'_>, region: Region) {
        let mut claims = flat.claims();
        for gap in claims.unexplained(region.end).into_iter().filter(|gap| gap.start >= region.start) {
            if is_zero(self.source.as_ref(), gap).unwrap_or(false) {
                claims.claim(gap);
            }
        }
        claims.regions().iter().for_each(|part| self.claims.claim(*part));
    }

    fn finish(mut self, ended: Result<(), Stop>) -> Parsed {
        match ended {
            Ok(()) => {}
            Err(Stop::Limit(limit)) => self.draft.gap(GapReason::Limit(limit), None, limit.to_string()),
            Err(Stop::Read(error @ ReadError::Io { .. })) => {
                self.draft.gap(GapReason::Unreadable, None, error.to_string());
            }
            Err(Stop::Read(error)) => {
                self.draft.fault(Fault::Truncated, None, error.to_string());
                self.draft.gap(GapReason::Damaged, None, error.to_string());
            }
            Err(Stop::Malformed(at, what)) => {
                let rest = Region::new(at, self.source.len());
                self.draft.fault(Fault::Malformed, rest, what.clone());
                self.draft.gap(GapReason::Damaged, rest, what);
            }
        }
        self.texts.flush(&mut self.draft);
        self.claims.regions().iter().for_each(|region| self.draft.claim(*region));
        self.draft.finish(Facts::Data(Box::new(self.facts)))
    }
}
