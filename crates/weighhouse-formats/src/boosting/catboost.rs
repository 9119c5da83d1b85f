//! CatBoost's binary form: a signature, the length of a flatbuffer, the flatbuffer, and parts that it names.

use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::data::{DataFacts, Tree};
use crate::draft::{Draft, head};
use crate::flatbuffer::{Bad, Buffer, Found};
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::Region;
use crate::source::SharedSource;
use crate::values::{self, Texts};

/// What a file begins with.
pub(super) const MAGIC: &[u8] = b"CBM1";
/// Bytes of a value that facts keep.
const KEPT: usize = 200;
/// The part that models with categories have: tables of statistics about their values.
const STATISTICS: &[u8] = b"static_provider_v1";
/// Where the flatbuffer begins.
const START: u64 = 8;

struct Reader<'a> {
    source: &'a SharedSource,
    draft: Draft,
    facts: DataFacts,
    tree: Tree,
    texts: Texts,
    /// Whether parts follow, and whether they are tables of statistics only.
    parts: bool,
    tables: bool,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut reader = Reader {
        source,
        draft: Draft::new(Format::CatBoost, Facts::Data(Box::default())),
        facts: DataFacts { description: "CatBoost model".to_owned(), ..DataFacts::default() },
        tree: Tree::default(),
        texts: Texts::default(),
        parts: false,
        tables: false,
    };
    match core(source, budget) {
        Ok(region) => {
            reader.draft.claim(Region::new(0, region.end));
            reader.tree.begin(START, true);
            if let Err(what) = reader.model(&mut Buffer::new(source.as_ref(), region)) {
                reader.draft.fault(Fault::Malformed, region, what);
                reader.draft.gap(GapReason::Damaged, region, what);
            }
            reader.rest(Region::new(region.end, source.len()));
        }
        Err(error @ ReadError::Io { .. }) => {
            reader.draft.gap(GapReason::Unreadable, None, error.to_string());
        }
        Err(error) => {
            reader.draft.fault(Fault::Truncated, None, error.to_string());
            reader.draft.gap(GapReason::Damaged, None, error.to_string());
        }
    }
    reader.finish()
}

fn core(source: &SharedSource, budget: &Budget) -> Result<Region, ReadError> {
    let mut cursor = Cursor::new(source.as_ref(), MAGIC.len() as u64);
    let region = Region::at(START, u64::from(cursor.u32()?));
    let limit = budget.limits().text.saturating_mul(8);
    if region.len() > limit {
        return Err(ReadError::TooLarge { at: START, wanted: region.len(), limit });
    }
    cursor.seek(START);
    cursor.skip(region.len())
}

impl Reader<'_> {
    /// `TModelCore`: version, trees, information as keys and values, names of parts.
    fn model(&mut self, flat: &mut Buffer<'_>) -> Result<(), Bad> {
        let root = flat.root()?;
        let version = flat.text(&root, 0)?;
        self.text("FormatVersion", flat, version);
        if let Some(trees) = flat.table(&root, 1)? {
            // The identifier of a feature: the third field of categories, the fifth of numbers.
            for (field, name) in [(4, 2), (5, 4)] {
                for feature in flat.tables(&trees, field)? {
                    let id = flat.text(&feature, name)?;
                    self.text("FeatureId", flat, id);
                }
            }
        }
        for entry in flat.tables(&root, 2)? {
            self.entry(flat, &entry)?;
        }
        let parts = flat.vector(&root, 3, 4)?;
        self.parts = !parts.is_empty();
        for at in (parts.start..parts.end).step_by(4) {
            let at = flat.offset(at)?;
            let part = flat.text_at(at)?;
            self.tables |= parts.len() == 4 && flat.bytes(part, values::HEAD) == STATISTICS;
            self.text("ModelPartId", flat, part);
        }
        Ok(())
    }

    fn entry(&mut self, flat: &mut Buffer<'_>, entry: &Found) -> Result<(), Bad> {
        let (key, value) = (flat.text(entry, 0)?, flat.text(entry, 1)?);
        let name = String::from_utf8_lossy(&flat.bytes(key, values::HEAD)).into_owned();
        self.text("key", flat, key);
        self.text(&name, flat, value);
        let shown = String::from_utf8_lossy(&flat.bytes(value, KEPT)).into_owned();
        self.facts.metadata.push((head(&name, KEPT).to_owned(), head(&shown, KEPT).to_owned()));
        Ok(())
    }

    fn text(&mut self, key: &str, flat: &mut Buffer<'_>, region: Region) {
        let beginning = flat.bytes(region, values::HEAD);
        self.texts.look(key, &beginning, region, self.source, &mut self.draft);
        self.tree.key(key);
        self.tree.text(&String::from_utf8_lossy(&beginning), region);
    }

    /// Behind the flatbuffer stand the parts that it names: tables of statistics, numbers all of them.
    fn rest(&mut self, region: Region) {
        let slice: SharedSource =
            std::sync::Arc::new(crate::source::Slice::new(std::sync::Arc::clone(self.source), region));
        if self.parts && !crate::draft::structured(&slice) {
            self.draft.claim(region);
        }
        if self.tables && !self.are_tables(region) {
            let detail = "the tables of statistics do not end where the file does";
            self.draft.fault(Fault::Contradiction, region, detail);
            self.draft.gap(GapReason::Damaged, region, detail);
        }
    }

    /// A number of tables, each behind its length, up to the end.
    fn are_tables(&self, region: Region) -> bool {
        let mut cursor = Cursor::new(self.source.as_ref(), region.start);
        let Ok(count) = cursor.u32() else { return false };
        for _ in 0..count {
            let Ok(len) = cursor.u32() else { return false };
            let end = cursor.position().saturating_add(len.into());
            if end > region.end {
                return false;
            }
            cursor.seek(end);
        }
        cursor.position() == region.end
    }

    fn finish(mut self) -> Parsed {
        self.texts.flush(&mut self.draft);
        self.facts.document = Some(self.tree.finish(self.source.len(), &mut self.draft));
        self.draft.finish(Facts::Data(Box::new(self.facts)))
    }
}
