//! Follows the offsets of one flatbuffer, by its schema.

use super::buffer::{Bad, Buffer, Found};
use super::{Field, Kind, Table};
use crate::bounded::{Budget, Exhausted};
use crate::draft::Draft;
use crate::format::Format;
use crate::graph::{GraphFacts, UnknownField};
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, is_zero, read_up_to};
use crate::values::{HEAD, Texts};

/// Tables within one another.
const DEPTH: usize = 64;
/// The most that a writer leaves between two structures so that the second one is aligned.
const ALIGNMENT: u64 = 64;
/// Bytes of a text that a format is given.
const LONGEST: usize = 4096;
/// The name of fields that are no longer described.
const DEPRECATED: &str = "deprecated";
/// Vectors of numbers below this length hold nothing worth a look.
const NOTABLE: u64 = 64;

/// A table that is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub(crate) table: &'static str,
    /// The field that it stands in; nothing for the root.
    pub(crate) field: &'static str,
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
    buffer: Buffer<'s>,
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

/// Reads a buffer, all of it; `conclude` makes facts of what was seen, and is told where the buffer ends, and whether all of it was
/// seen.
pub(crate) fn read<V: Visit>(
    mut place: Place<'_>,
    root: &'static Table,
    mut visit: V,
    conclude: impl FnOnce(V, &mut Place<'_>, u64, bool) -> GraphFacts,
) -> Parsed {
    let start = place.buffer.region().start;
    let whole = if let Ok(at) = place.buffer.offset(start) {
        place.table(root, ("", 0), at, &mut visit)
    } else {
        place.broken(Region::at(start, 4), "the buffer has no root");
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

impl<'s> Place<'s> {
    /// The beginning of the buffer that fills a region: where its root stands, and the signature of its format.
    pub(crate) fn new(source: &'s SharedSource, region: Region, format: Format, budget: &'s Budget) -> Self {
        let mut buffer = Buffer::new(source.as_ref(), region);
        buffer.claim(Region::at(region.start, 8));
        Self {
            source,
            budget,
            draft: Draft::new(format, Facts::Graph(Box::default())),
            path: Vec::new(),
            values: Texts::default(),
            buffer,
            unknown: Vec::new(),
        }
    }
}

impl Place<'_> {
    /// The innermost open table.
    pub(crate) fn open(&self) -> Open {
        let none = Open { table: "", field: "", index: 0, region: Region::default() };
        self.path.last().copied().unwrap_or(none)
    }

    /// Kind of the innermost open table.
    pub(crate) fn kind(&self) -> &'static str {
        self.open().table
    }

    /// Whether one more fact of a kind may be kept.
    pub(crate) fn room(&mut self, kept: usize) -> bool {
        self.draft.room(kept, self.budget)
    }

    /// The numbers of a vector, as many as there may be facts.
    pub(crate) fn list(&mut self, size: u8, region: Region) -> Vec<u64> {
        let count = region.len() / u64::from(size.max(1));
        let most = (self.budget.limits().facts as u64).min(count);
        let at = |index: u64| region.start.saturating_add(index.saturating_mul(u64::from(size)));
        let found: Vec<u64> = (0..most).map_while(|index| self.buffer.at(at(index), size).ok()).collect();
        if most < count {
            self.draft.too_many();
        }
        found
    }

    /// Numbers: what has a structure of its own is looked at, although it may be so by chance.
    pub(crate) fn data(&mut self, name: &str, region: Region) {
        self.values.numbers(name, region, self.source, &mut self.draft);
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
        self.buffer.claim(region);
    }

    /// Reads a table and all that is in it.
    fn table(
        &mut self,
        kind: &'static Table,
        (field, index): (&'static str, u64),
        at: u64,
        visit: &mut impl Visit,
    ) -> Result<(), Exhausted> {
        self.budget.steps(1)?;
        let start = Region::at(at, 4);
        if self.buffer.is_full() || self.path.len() >= DEPTH {
            return Err(Exhausted::Facts);
        }
        if self.buffer.is_known(at) {
            self.draft.fault(Fault::Overlap, start, format!("two places share the table at {at}"));
            self.draft.gap(GapReason::Damaged, start, "a table that stands in two places is read in one");
            return Ok(());
        }
        let found = match self.buffer.table_at(at) {
            Ok(found) => found,
            Err(what) => {
                self.broken(start, &format!("the table `{}` at {at} cannot be read: {what}", kind.name));
                return Ok(());
            }
        };
        let region = found.region;
        self.claim(extent(kind, &found));
        self.path.push(Open { table: kind.name, field, index, region });
        visit.enter(self);
        let mut before = 0;
        for (number, at) in found.fields() {
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
            let value = self.buffer.at(at, size).unwrap_or(0);
            visit.number(field.name, value, self);
            return Ok(value);
        }
        let Ok(to) = self.buffer.offset(at) else {
            let detail = format!("the offset of `{}.{}` leads out of the buffer", self.kind(), field.name);
            self.broken(Region::at(at, 4), &detail);
            return Ok(0);
        };
        match field.kind {
            Kind::Number(_) => {}
            Kind::Table(kind) => self.table(kind, (field.name, 0), to, visit)?,
            Kind::Union(kinds) => {
                let kind = usize::try_from(tag).ok().and_then(|tag| kinds.get(tag)).copied().flatten();
                if let Some(kind) = kind {
                    self.table(kind, (field.name, 0), to, visit)?;
                } else {
                    let detail = format!("`{}.{}` is of the unknown kind {tag}", self.kind(), field.name);
                    self.broken(Region::at(to, 4), &detail);
                }
            }
            Kind::Text => self.text(field, to, visit),
            Kind::Texts => self.each(field, to, visit, |place, _, at, visit| {
                place.text(field, at, visit);
                Ok(())
            })?,
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
            Kind::Tables(kind) => {
                self.each(field, to, visit, |place, index, at, visit| {
                    place.table(kind, (field.name, index), at, visit)
                })?;
            }
        }
        Ok(0)
    }

    /// Reads what each offset of a vector leads to.
    fn each<V: Visit>(
        &mut self,
        field: &'static Field,
        at: u64,
        visit: &mut V,
        mut one: impl FnMut(&mut Self, u64, u64, &mut V) -> Result<(), Exhausted>,
    ) -> Result<(), Exhausted> {
        let Some(region) = self.vector(field, 4, at) else { return Ok(()) };
        for index in 0..region.len() / 4 {
            self.budget.steps(1)?;
            if self.buffer.is_full() {
                return Err(Exhausted::Facts);
            }
            let place = region.start.saturating_add(index.saturating_mul(4));
            if let Ok(to) = self.buffer.offset(place) {
                one(self, index, to, visit)?;
            } else {
                let detail = format!("an offset in `{}.{}` leads out of the buffer", self.kind(), field.name);
                self.broken(Region::at(place, 4), &detail);
            }
        }
        Ok(())
    }

    /// The elements of a vector.
    fn vector(&mut self, field: &Field, size: u64, at: u64) -> Option<Region> {
        let found = self.buffer.vector_at(at, size);
        self.elements(field, at, found)
    }

    fn elements(&mut self, field: &Field, at: u64, found: Result<Region, Bad>) -> Option<Region> {
        let what = match found {
            Ok(region) => return Some(region),
            Err(what) => what,
        };
        let count = self.buffer.at(at, 4).unwrap_or(u64::MAX);
        let detail = format!(
            "`{}.{}` with {count} elements cannot be read from a buffer of {} bytes: {what}",
            self.kind(),
            field.name,
            self.buffer.region().len()
        );
        self.draft.fault(Fault::Truncated, Region::at(at, 4), &detail);
        self.draft.gap(GapReason::Damaged, Region::at(at, 4), detail);
        None
    }

    fn text(&mut self, field: &'static Field, at: u64, visit: &mut impl Visit) {
        let found = self.buffer.text_at(at);
        let Some(region) = self.elements(field, at, found) else { return };
        let head = read_up_to(self.source.as_ref(), region.start, HEAD.min(len(region))).unwrap_or_default();
        let name = head.get(..head.len().min(LONGEST)).unwrap_or(&head);
        let name = String::from_utf8_lossy(name);
        visit.text(field.name, &name, region, self);
        self.values.look(field.name, &head, region, self.source, &mut self.draft);
    }

    /// Claims what was read and the room between that alignment needs; reports what shares bytes. Returns where the buffer ends.
    fn settle(&mut self) -> u64 {
        if let Some(at) = self.buffer.misaligned() {
            let detail = format!("the structure at {at} is not aligned: readers refuse the buffer or fault");
            self.draft.fault(Fault::Malformed, Region::at(at, 4), detail);
        }
        let mut end = self.buffer.region().start;
        // Texts and data may be shared as a whole: they stand there once.
        let read = self.buffer.take_read();
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
        let rest = self.buffer.bytes(Region::at(end, ALIGNMENT), ALIGNMENT as usize);
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        self.draft.claim(Region::at(end, zeros as u64));
        end
    }
}

/// The bytes of a table that its fields take. Its layout may declare more: writers share one among tables that end in other padding.
fn extent(kind: &Table, found: &Found) -> Region {
    let end = found.fields().map(|(number, at)| match kind.fields.get(number).map(|field| field.kind) {
        // What nobody describes may go on to the end.
        None => found.region.end,
        Some(Kind::Number(1)) if kind.fields.get(number).is_some_and(|field| field.name == DEPRECATED) => {
            found.region.end
        }
        Some(Kind::Number(size)) => at.saturating_add(size.into()),
        Some(_) => at.saturating_add(4),
    });
    let end = end.max().unwrap_or(0).max(found.region.start.saturating_add(4));
    Region::new(found.region.start, end.min(found.region.end))
}

fn len(region: Region) -> usize {
    usize::try_from(region.len()).unwrap_or(usize::MAX)
}
