//! Follows the offsets of one flatbuffer, by its schema.

use std::collections::HashSet;
use std::sync::Arc;

use super::bytes::Bytes;
use super::{Field, Kind, Table};
use crate::bounded::{Budget, Exhausted};
use crate::draft::{Draft, structured};
use crate::format::Format;
use crate::graph::{GraphFacts, UnknownField};
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, Slice, is_zero, read_up_to};
use crate::values::{HEAD, Texts};

/// Tables within one another.
const DEPTH: usize = 32;
/// Tables and texts of one buffer.
const MOST: usize = 2_000_000;
/// The most that a writer leaves between two structures so that the second one is aligned.
const ALIGNMENT: u64 = 64;
/// Bytes of a text that a format is given.
const LONGEST: usize = 4096;
/// Vectors of numbers below this length hold nothing worth a look.
const NOTABLE: u64 = 64;

/// A table that is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub(crate) table: &'static str,
    /// Which one of a vector.
    pub(crate) index: u64,
    /// Its own bytes.
    pub(crate) region: Region,
}

/// Where the reader is, and what it has noted so far.
#[derive(Debug)]
pub(crate) struct Place<'s> {
    pub(crate) source: &'s SharedSource,
    pub(crate) budget: &'s Budget,
    pub(crate) draft: Draft,
    /// Tables that are open, outermost first.
    pub(crate) path: Vec<Open>,
    pub(crate) values: Texts,
    bytes: Bytes<'s>,
    /// What was read, in the order of reading.
    read: Vec<Region>,
    tables: HashSet<u64>,
    unknown: Vec<UnknownField>,
}

/// What a format takes out of its tables.
#[expect(unused_variables, reason = "default methods name their parameters for the reader")]
pub(crate) trait Visit {
    /// A table begins; it is the last of the path.
    fn enter(&mut self, place: &mut Place<'_>) {}
    /// The table that is the last of the path ends.
    fn leave(&mut self, place: &mut Place<'_>) {}
    /// A number of the table that is the last of the path.
    fn number(&mut self, field: &'static str, value: u64, place: &mut Place<'_>) {}
    /// A text, cut after some thousand bytes.
    fn text(&mut self, field: &'static str, value: &str, region: Region, place: &mut Place<'_>) {}
    /// Numbers of `size` bytes each.
    fn numbers(&mut self, field: &'static str, size: u8, region: Region, place: &mut Place<'_>) {}
    /// Whether the format itself looks at what the bytes of a field hold.
    fn is_data(&self, field: &'static str, place: &Place<'_>) -> bool {
        false
    }
}

/// Reads the buffer that a source begins with; `conclude` makes facts of what was seen, and is told the unknown fields, where the
/// buffer ends, and whether all of it was seen.
pub(crate) fn read<V: Visit>(
    source: &SharedSource,
    root: &'static Table,
    format: Format,
    budget: &Budget,
    mut visit: V,
    conclude: impl FnOnce(V, &mut Place<'_>, u64, bool) -> GraphFacts,
) -> Parsed {
    let mut place = Place {
        source,
        budget,
        draft: Draft::new(format, Facts::Graph(Box::default())),
        path: Vec::new(),
        values: Texts::default(),
        bytes: Bytes::new(source.as_ref()),
        read: vec![Region::new(0, 8)],
        tables: HashSet::new(),
        unknown: Vec::new(),
    };
    let whole = if let Some(at) = place.offset(0) {
        place.table(root, 0, at, &mut visit)
    } else {
        place.broken(Region::new(0, 4), "the buffer has no root");
        Ok(())
    };
    if let Err(limit) = whole {
        place.draft.gap(GapReason::Limit(limit), None, limit.to_string());
    }
    let end = place.settle();
    let mut facts = conclude(visit, &mut place, end, whole.is_ok());
    facts.unknown = std::mem::take(&mut place.unknown);
    place.values.flush(&mut place.draft);
    place.draft.finish(Facts::Graph(Box::new(facts)))
}

impl Place<'_> {
    /// The innermost open table.
    pub(crate) fn open(&self) -> Open {
        let none = Open { table: "", index: 0, region: Region::default() };
        self.path.last().copied().unwrap_or(none)
    }

    /// Kind of the innermost open table.
    pub(crate) fn kind(&self) -> &'static str {
        self.open().table
    }

    /// Whether one more fact of a kind may be kept.
    pub(crate) fn room(&mut self, kept: usize) -> bool {
        let room = kept < self.budget.limits().facts;
        if !room {
            self.draft.too_many();
        }
        room
    }

    /// The numbers of a vector, as many as there may be facts.
    pub(crate) fn list(&mut self, size: u8, region: Region) -> Vec<u64> {
        let count = region.len() / u64::from(size.max(1));
        let most = (self.budget.limits().facts as u64).min(count);
        let at = |index: u64| region.start.saturating_add(index.saturating_mul(u64::from(size)));
        let found: Vec<u64> = (0..most).map_while(|index| self.bytes.number(at(index), size)).collect();
        if most < count {
            self.draft.too_many();
        }
        found
    }

    /// Numbers: what has a structure of its own is looked at, although it may be so by chance.
    pub(crate) fn data(&mut self, name: &str, region: Region) {
        let slice: SharedSource = Arc::new(Slice::new(Arc::clone(self.source), region));
        if structured(&slice) {
            self.values.stored(name, region, None, &mut self.draft);
        }
    }

    /// A value of any kind: text, or something with a structure of its own.
    pub(crate) fn value(&mut self, name: &str, region: Region) {
        let head = read_up_to(self.source.as_ref(), region.start, HEAD.min(len(region))).unwrap_or_default();
        let plain = |text: &str| !text.chars().any(|c| c.is_control() && !c.is_whitespace());
        if std::str::from_utf8(&head).is_ok_and(plain) {
            return self.values.look(name, &head, region, self.source, &mut self.draft);
        }
        if self.values.payload(name, &head, region, self.source, &mut self.draft).is_none() {
            return;
        }
        // Texts among bytes of a kind that nobody describes.
        let mut at = 0;
        for run in head.split(|byte| !matches!(byte, 9 | 10 | 13 | 32..=126)) {
            let place = Region::at(region.start.saturating_add(at), run.len() as u64);
            self.values.look(name, run, place, self.source, &mut self.draft);
            at = at.saturating_add(run.len() as u64).saturating_add(1);
        }
    }

    /// Says that what follows cannot be read.
    pub(crate) fn broken(&mut self, region: Region, what: &str) {
        self.draft.fault(Fault::Malformed, region, what);
        self.draft.gap(GapReason::Damaged, region, what);
    }

    /// Notes that a region was read.
    pub(crate) fn claim(&mut self, region: Region) {
        match self.read.last_mut() {
            Some(last) if last.end == region.start && !region.is_empty() => last.end = region.end,
            _ => self.read.push(region),
        }
    }

    /// Where the offset at a place leads: forward, and into the source.
    fn offset(&mut self, at: u64) -> Option<u64> {
        let to = at.checked_add(self.bytes.number(at, 4)?)?;
        (to > at && to < self.source.len()).then_some(to)
    }

    /// Reads a table and all that is in it.
    fn table(
        &mut self,
        kind: &'static Table,
        index: u64,
        at: u64,
        visit: &mut impl Visit,
    ) -> Result<(), Exhausted> {
        self.budget.steps(1)?;
        let start = Region::at(at, 4);
        if self.tables.len() >= MOST || self.path.len() >= DEPTH {
            return Err(Exhausted::Facts);
        }
        if !self.tables.insert(at) {
            self.draft.fault(Fault::Overlap, start, format!("two places share the table at {at}"));
            self.draft.gap(GapReason::Damaged, start, "a table that stands in two places is read in one");
            return Ok(());
        }
        let Some((places, region)) = self.layout(at) else {
            let detail = format!("the table `{}` at {at} has an impossible layout", kind.name);
            self.broken(start, &detail);
            return Ok(());
        };
        self.path.push(Open { table: kind.name, index, region });
        visit.enter(self);
        let mut before = 0;
        for (number, at) in places {
            self.budget.steps(1)?;
            match kind.fields.get(number) {
                Some(field) => {
                    let tag = kind.fields.get(number.wrapping_sub(1));
                    let tag = tag.filter(|tag| matches!(tag.kind, Kind::Number(1))).map_or(0, |_| before);
                    before = self.field(field, tag, at, visit)?;
                }
                None if self.room(self.unknown.len()) => self.unknown.push(UnknownField {
                    message: kind.name,
                    number: u32::try_from(number).unwrap_or(u32::MAX),
                    wire: "a field of a table",
                    region: Region::at(at, 0),
                }),
                None => {}
            }
        }
        visit.leave(self);
        self.path.pop();
        Ok(())
    }

    /// The places of the fields that a table has, and the table's own bytes.
    fn layout(&mut self, at: u64) -> Option<(Vec<(usize, u64)>, Region)> {
        let back = i64::from((self.bytes.number(at, 4)? as u32).cast_signed());
        let vtable = at.checked_add_signed(back.checked_neg()?)?;
        let (len, size) = (self.bytes.number(vtable, 2)?, self.bytes.number(vtable.checked_add(2)?, 2)?);
        let (table, layout) = (Region::at(at, size), Region::at(vtable, len));
        if len < 4 || len % 2 != 0 || size < 4 || table.end.max(layout.end) > self.source.len() {
            return None;
        }
        let mut places = Vec::new();
        for number in 0..(len - 4) / 2 {
            let offset = self.bytes.number(vtable.checked_add(4 + number * 2)?, 2)?;
            if offset >= size || (1..4).contains(&offset) {
                return None;
            }
            if offset > 0 {
                places.push((usize::try_from(number).ok()?, at.checked_add(offset)?));
            }
        }
        if self.tables.insert(vtable) {
            self.claim(layout);
        }
        self.claim(table);
        Some((places, table))
    }

    /// Reads a field; returns its value if it is a number.
    fn field(
        &mut self,
        field: &'static Field,
        tag: u64,
        at: u64,
        visit: &mut impl Visit,
    ) -> Result<u64, Exhausted> {
        if let Kind::Number(size) = field.kind {
            if Region::at(at, size.into()).end > self.open().region.end {
                self.broken(Region::at(at, size.into()), "a number stands behind the end of its table");
                return Ok(0);
            }
            let value = self.bytes.number(at, size).unwrap_or(0);
            visit.number(field.name, value, self);
            return Ok(value);
        }
        let Some(to) = self.offset(at) else {
            let detail = format!("the offset of `{}.{}` leads out of the buffer", self.kind(), field.name);
            self.broken(Region::at(at, 4), &detail);
            return Ok(0);
        };
        match field.kind {
            Kind::Number(_) => {}
            Kind::Table(kind) => self.table(kind, 0, to, visit)?,
            Kind::Union(kinds) => {
                let kind = usize::try_from(tag).ok().and_then(|tag| kinds.get(tag)).copied().flatten();
                if let Some(kind) = kind {
                    self.table(kind, 0, to, visit)?;
                } else {
                    let detail = format!("`{}.{}` is of the unknown kind {tag}", self.kind(), field.name);
                    self.broken(Region::at(to, 4), &detail);
                }
            }
            Kind::Text => self.text(field, to, visit),
            Kind::Numbers(size) => {
                if let Some(region) = self.vector(field, size.into(), to) {
                    if size > 1 && region.len() >= NOTABLE {
                        self.data(field.name, region);
                    } else if size == 1 && !visit.is_data(field.name, self) {
                        self.value(field.name, region);
                    }
                    visit.numbers(field.name, size, region, self);
                }
            }
            Kind::Tables(kind) => self.many(field, kind, to, visit)?,
        }
        Ok(0)
    }

    fn many(
        &mut self,
        field: &'static Field,
        kind: &'static Table,
        at: u64,
        visit: &mut impl Visit,
    ) -> Result<(), Exhausted> {
        let Some(region) = self.vector(field, 4, at) else { return Ok(()) };
        for index in 0..region.len() / 4 {
            self.budget.steps(1)?;
            let place = region.start.saturating_add(index.saturating_mul(4));
            if let Some(to) = self.offset(place) {
                self.table(kind, index, to, visit)?;
            } else {
                let detail = format!("an offset in `{}.{}` leads out of the buffer", self.kind(), field.name);
                self.broken(Region::at(place, 4), &detail);
            }
        }
        Ok(())
    }

    /// The elements of a vector.
    fn vector(&mut self, field: &Field, size: u64, at: u64) -> Option<Region> {
        let count = self.bytes.number(at, 4).unwrap_or(u64::MAX);
        let region = Region::at(at.saturating_add(4), count.saturating_mul(size));
        if region.end > self.source.len() {
            let detail = format!(
                "`{}.{}` is declared with {count} elements, but the file has {} bytes",
                self.kind(),
                field.name,
                self.source.len()
            );
            self.draft.fault(Fault::Truncated, Region::at(at, 4), &detail);
            self.draft.gap(GapReason::Damaged, Region::at(at, 4), detail);
            return None;
        }
        self.claim(Region::new(at, region.end));
        Some(region)
    }

    fn text(&mut self, field: &'static Field, at: u64, visit: &mut impl Visit) {
        let Some(region) = self.vector(field, 1, at) else { return };
        // Most writers end a text with a zero byte; readers of C need it.
        if self.bytes.number(region.end, 1) == Some(0) {
            self.claim(Region::at(region.end, 1));
        }
        let head = read_up_to(self.source.as_ref(), region.start, HEAD.min(len(region))).unwrap_or_default();
        let name = head.get(..head.len().min(LONGEST)).unwrap_or(&head);
        let name = String::from_utf8_lossy(name);
        visit.text(field.name, &name, region, self);
        self.values.look(field.name, &head, region, self.source, &mut self.draft);
    }

    /// Claims what was read and the room between that alignment needs; reports what shares bytes. Returns where the buffer ends.
    fn settle(&mut self) -> u64 {
        let mut read = std::mem::take(&mut self.read);
        read.sort_unstable();
        // Texts and data may be shared as a whole.
        read.dedup();
        let mut end = 0;
        for region in read {
            if region.start < end {
                let detail = format!("the structure at {region} shares bytes with the one before it");
                self.draft.fault(Fault::Overlap, region, detail);
            }
            let between = Region::new(end, region.start);
            if between.len() < ALIGNMENT && is_zero(self.source.as_ref(), between).unwrap_or(false) {
                self.draft.claim(between);
            }
            self.draft.claim(region);
            end = end.max(region.end);
        }
        // What follows, or the file itself, is aligned too.
        let rest = read_up_to(self.source.as_ref(), end, ALIGNMENT as usize).unwrap_or_default();
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        self.draft.claim(Region::at(end, zeros as u64));
        end
    }
}

fn len(region: Region) -> usize {
    usize::try_from(region.len()).unwrap_or(usize::MAX)
}
