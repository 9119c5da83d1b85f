//! What the footer says, and which regions of the file follow from it.

use base64::Engine as _;

use super::thrift::{self, Item, Stop};
use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::data::DataFacts;
use crate::draft::{Draft, head, show};
use crate::names::escapes;
use crate::node::{Child, Content, Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_up_to};
use crate::values::{self, Texts};

/// Longest text of the footer that is decoded.
const LONGEST: usize = 16 << 20;
/// Bytes of a value of metadata that facts keep.
const KEPT: usize = 200;

/// What is known of the column chunk at hand.
#[derive(Debug, Default)]
struct Chunk {
    file: Option<Region>,
    /// Where older writers put the description of the column a second time, behind its pages.
    copy: u64,
    data: u64,
    dictionary: u64,
    compressed: u64,
    uncompressed: i64,
    /// Offset and length of column index, offset index and Bloom filter.
    beside: [(u64, u64); 3],
    encrypted: bool,
}

struct Reader<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    draft: Draft,
    facts: DataFacts,
    texts: Texts,
    claims: Claims,
    chunk: Chunk,
    key: Option<Region>,
    encrypted: bool,
    rows: i64,
}

/// Reads the footer that `region` holds.
pub(super) fn read(source: &SharedSource, budget: &Budget, region: Region, draft: Draft) -> Parsed {
    let mut reader = Reader {
        source,
        budget,
        draft,
        facts: DataFacts { description: "Parquet file".to_owned(), ..DataFacts::default() },
        texts: Texts::default(),
        claims: Claims::new(),
        chunk: Chunk::default(),
        key: None,
        encrypted: false,
        rows: 0,
    };
    let mut cursor = Cursor::new(source.as_ref(), region.start);
    let ended = thrift::walk(&mut cursor, budget, &mut |path, item| reader.item(path, item));
    reader.claims.claim(Region::new(region.start, cursor.position().min(region.end)));
    match ended {
        Ok(()) if cursor.position() > region.end => {
            reader.draft.fault(Fault::Malformed, region, "the footer is longer than its declared length");
        }
        Ok(()) => {}
        Err(stop) => reader.stopped(stop, region),
    }
    reader.finish()
}

impl Reader<'_> {
    fn item(&mut self, path: &[i16], item: Item) {
        match (path, item) {
            ([5, 1] | [4, 1, 3, 8, 1], Item::Bytes(region)) => {
                self.key = Some(region);
                self.look("key", region);
            }
            ([5, 2] | [4, 1, 3, 8, 2], Item::Bytes(region)) => self.entry(region),
            ([6] | [2, 4] | [4, 1, 3, 3], Item::Bytes(region)) => self.look("text", region),
            ([3], Item::Int(rows)) => self.rows = rows,
            ([8, ..], _) => self.encrypted = true,
            ([4, 1, 1], Item::Bytes(region)) => self.chunk.file = Some(region),
            ([4, 1, rest @ ..], Item::Int(value)) => self.column(rest, value),
            ([4, 1, 8 | 9, ..], _) => self.chunk.encrypted = true,
            ([4, 1], Item::End) => self.settle(),
            _ => {}
        }
    }

    fn column(&mut self, path: &[i16], value: i64) {
        let place = u64::try_from(value).unwrap_or(0);
        let chunk = &mut self.chunk;
        let [columns, offsets, filter] = &mut chunk.beside;
        match path {
            [2] => chunk.copy = place,
            [3, 6] => chunk.uncompressed = value,
            [3, 7] => chunk.compressed = place,
            [3, 9] => chunk.data = place,
            [3, 11] => chunk.dictionary = place,
            [3, 14] => filter.0 = place,
            [3, 15] => filter.1 = place,
            [4] => offsets.0 = place,
            [5] => offsets.1 = place,
            [6] => columns.0 = place,
            [7] => columns.1 = place,
            _ => {}
        }
    }

    /// A column chunk is known: its pages, indexes and filter are accounted for.
    fn settle(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        self.encrypted |= chunk.encrypted;
        if let Some(file) = chunk.file {
            return self.elsewhere(file);
        }
        let start = match chunk.dictionary {
            offset if offset > 0 && offset < chunk.data => offset,
            _ => chunk.data,
        };
        let mut parts = vec![Region::at(start, chunk.compressed)];
        let [columns, offsets, (filter, mut filter_len)] = chunk.beside;
        if filter > 0 && filter_len == 0 {
            filter_len = self.filter_length(filter);
        }
        parts.extend([columns, offsets, (filter, filter_len)].map(|(offset, len)| Region::at(offset, len)));
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if part.end > self.source.len() {
                let detail = format!("data is declared at {part}, behind the end of the file");
                self.draft.fault(Fault::Truncated, part, detail);
            }
            self.claims.claim(part);
        }
        self.copy(&chunk, Region::at(start, chunk.compressed));
        let most = self.budget.limits().unpacked;
        if chunk.uncompressed < 0 || chunk.uncompressed.unsigned_abs() > most {
            let detail = format!(
                "a column of {} bytes says it unpacks to {} bytes",
                chunk.compressed, chunk.uncompressed
            );
            self.draft.fault(Fault::Bomb, None, detail);
        }
    }

    /// The second description of a column, alone or as the footer has it: it must be of the same column, behind its pages.
    fn copy(&mut self, chunk: &Chunk, pages: Region) {
        if chunk.copy < pages.end || chunk.copy >= self.source.len() {
            return;
        }
        let mut cursor = Cursor::with_window(self.source.as_ref(), chunk.copy, 512);
        let (mut agree, mut texts) = (0, Vec::new());
        let mut visit = |path: &[i16], item: Item| match (path, item) {
            ([7] | [3, 7], Item::Int(value)) => {
                agree += u32::from(u64::try_from(value) == Ok(chunk.compressed));
            }
            ([9] | [3, 9], Item::Int(value)) => agree += u32::from(u64::try_from(value) == Ok(chunk.data)),
            (_, Item::Bytes(region)) => texts.push(region),
            _ => {}
        };
        let ended = thrift::walk(&mut cursor, self.budget, &mut visit);
        if ended.is_ok() && agree == 2 {
            self.claims.claim(Region::new(chunk.copy, cursor.position()));
            for region in texts {
                self.look("text", region);
            }
        }
    }

    /// Files written before the length was recorded: the header of the filter has it.
    fn filter_length(&self, offset: u64) -> u64 {
        let mut cursor = Cursor::with_window(self.source.as_ref(), offset, 64);
        let mut bytes = 0;
        let mut visit = |path: &[i16], item: Item| {
            if let ([1], Item::Int(len)) = (path, item) {
                bytes = u64::try_from(len).unwrap_or(0);
            }
        };
        match thrift::walk(&mut cursor, self.budget, &mut visit) {
            Ok(()) => cursor.position().saturating_sub(offset).saturating_add(bytes),
            Err(_) => 0,
        }
    }

    /// The pages of a column lie in another file, as summaries of data sets say.
    fn elsewhere(&mut self, region: Region) {
        let name = self.text(region, 4 << 10);
        if let Some(why) = escapes(&name) {
            let detail = format!("a column is read from `{}`, which {why}", show(&name));
            self.draft.fault(Fault::Traversal, region, detail);
        }
    }

    /// A value of metadata, whose key came before it.
    fn entry(&mut self, region: Region) {
        let key = self.key.take().map(|key| self.text(key, 4 << 10)).unwrap_or_default();
        if key == "ARROW:schema" {
            self.arrow(region);
        } else {
            self.look(&key, region);
        }
        if self.facts.metadata.len() >= self.budget.limits().facts {
            return self.draft.too_many();
        }
        let shown = self.text(region, KEPT);
        self.facts.metadata.push((head(&key, KEPT).to_owned(), head(&shown, KEPT).to_owned()));
    }

    /// The schema as Arrow writes it, in base64.
    fn arrow(&mut self, region: Region) {
        let text = self.text(region, LONGEST);
        let decoded = base64::engine::general_purpose::STANDARD.decode(text.as_bytes());
        match decoded {
            Ok(bytes) if region.len() <= LONGEST as u64 => {
                let name = "ARROW:schema".to_owned();
                self.draft.child(Child { name, content: Content::Decoded(bytes), known: None });
            }
            _ => {
                self.draft.fault(Fault::Malformed, region, "the Arrow schema is no base64");
                self.draft.gap(GapReason::Damaged, region, "the Arrow schema cannot be decoded");
            }
        }
    }

    fn look(&mut self, name: &str, region: Region) {
        let room = usize::try_from(region.len()).unwrap_or(usize::MAX).min(values::HEAD);
        let beginning = read_up_to(self.source.as_ref(), region.start, room).unwrap_or_default();
        self.texts.look(name, &beginning, region, self.source, &mut self.draft);
    }

    fn text(&self, region: Region, limit: usize) -> String {
        let room = usize::try_from(region.len()).unwrap_or(usize::MAX).min(limit);
        let bytes = read_up_to(self.source.as_ref(), region.start, room).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn stopped(&mut self, stop: Stop, region: Region) {
        match stop {
            Stop::Limit(limit) => self.draft.gap(GapReason::Limit(limit), region, limit.to_string()),
            Stop::Read(error @ ReadError::Io { .. }) => {
                self.draft.gap(GapReason::Unreadable, region, error.to_string());
            }
            Stop::Read(error) => self.broken(Fault::Truncated, region, format!("footer: {error}")),
            Stop::Malformed(at, what) => {
                self.broken(Fault::Malformed, Region::new(at, region.end), format!("footer: {what}"));
            }
        }
    }

    fn broken(&mut self, kind: Fault, region: Region, detail: String) {
        self.draft.fault(kind, region, detail.clone());
        self.draft.gap(GapReason::Damaged, region, detail);
    }

    fn finish(mut self) -> Parsed {
        if self.encrypted {
            self.draft.gap(GapReason::Encrypted, None, "columns are encrypted");
        }
        if self.rows < 0 {
            self.draft.fault(Fault::Malformed, None, format!("{} rows are declared", self.rows));
        }
        self.texts.flush(&mut self.draft);
        self.claims.regions().iter().for_each(|region| self.draft.claim(*region));
        self.draft.finish(Facts::Data(Box::new(self.facts)))
    }
}
