//! GGUF, versions 1 to 3, in both byte orders: key-value metadata, tensor table, aligned data.
//!
//! Follows ggml's description of the format and is at least as strict as its readers: no key or tensor twice, data aligned,
//! inside the file and disjoint, padding zero. Vocabularies are walked and not kept. Texts are stored raw, so templates
//! and other long values are handed on as regions of the file.

mod metadata;
mod reader;
mod tensors;
mod types;

use std::collections::HashSet;

use crate::bounded::{Budget, Exhausted};
use crate::draft::{Draft, Layout};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, Gap, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, is_zero};

use reader::{Reader, Stop};
pub use types::tensor_type;

/// What a GGUF file declares.
#[derive(Debug, Default)]
pub struct GgufFacts {
    /// Version.
    pub version: u32,
    /// Whether it is big-endian.
    pub big_endian: bool,
    /// Alignment of tensor data.
    pub alignment: u64,
    /// Metadata; long values are cut, arrays summarised.
    pub metadata: Vec<(String, GgufValue)>,
    /// Tensors.
    pub tensors: Vec<TensorInfo>,
    /// Chat templates by key: `tokenizer.chat_template` and `tokenizer.chat_template.NAME`, and every other text that
    /// holds template syntax. They are children too.
    pub templates: Vec<String>,
}

/// A metadata value.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum GgufValue {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
    Array { element: &'static str, len: u64 },
}

/// Alignment where `general.alignment` does not say otherwise.
const ALIGNMENT: u64 = 32;
/// Entries of a table beyond which no file holds them.
const LARGEST_COUNT: u64 = 1 << 40;

/// Recognises the format.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    probe.starts_with(b"GGUF").then_some(Candidate {
        format: Format::Gguf,
        strength: Strength::Certain,
        evidence: "magic number",
    })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut file = File {
        draft: Draft::new(Format::Gguf, Facts::Gguf(Box::default())),
        facts: GgufFacts { alignment: ALIGNMENT, ..GgufFacts::default() },
        reader: Reader::new(source, budget),
        source,
        budget,
        names: HashSet::new(),
        layout: Layout::default(),
        pending: Vec::new(),
        room: 4 << 20,
    };
    let stopped = file.read().err();
    file.finish(stopped)
}

/// A file being read.
struct File<'s> {
    draft: Draft,
    facts: GgufFacts,
    reader: Reader<'s>,
    source: &'s SharedSource,
    budget: &'s Budget,
    /// Hashes of the names of the current table.
    names: HashSet<u64>,
    layout: Layout,
    /// Tensors whose place is relative until the table's end is known.
    pending: Vec<tensors::Pending>,
    /// Bytes of metadata texts that may still be kept.
    room: usize,
}

impl File<'_> {
    fn read(&mut self) -> Result<(), Stop> {
        self.reader.skip(4)?;
        let version = self.reader.version()?;
        self.facts.version = version;
        self.facts.big_endian = self.reader.big_endian();
        if !(1..=3).contains(&version) {
            let detail = format!("version {version} of the format is not known");
            self.draft.gap(GapReason::NotInspected, Region::new(0, self.source.len()), detail.clone());
            return Err(Stop::Malformed { at: 4, detail });
        }
        let tensors = self.reader.length()?;
        let pairs = self.reader.length()?;
        for (what, count) in [("tensors", tensors), ("keys", pairs)] {
            if count > LARGEST_COUNT {
                let detail = format!("{count} {what} are declared, more than any file can hold");
                self.draft.fault(Fault::Impossible, Region::at(8, 16), detail);
            }
        }
        for _ in 0..pairs {
            self.bounded()?;
            self.pair()?;
        }
        self.names.clear();
        for _ in 0..tensors {
            self.bounded()?;
            self.tensor()?;
        }
        Ok(())
    }

    /// Both tables of honest files are far smaller than the bound on facts.
    fn bounded(&self) -> Result<(), Stop> {
        if self.names.len() >= self.budget.limits().facts {
            Err(Stop::Limit(Exhausted::Facts))
        } else {
            Ok(())
        }
    }

    /// Reports a name that the current table already has.
    fn once(&mut self, what: &str, name: &str, raw: &[u8], region: Region) {
        if !self.names.insert(crate::draft::hash(raw)) {
            let detail = format!("the {what} `{}` is there twice", crate::draft::show(name));
            self.draft.fault(Fault::Duplicate, region, detail);
        }
    }

    fn finish(mut self, stopped: Option<Stop>) -> Parsed {
        let read_to = self.reader.position().min(self.source.len());
        let len = self.source.len();
        self.draft.claim(Region::new(0, read_to));
        let whole = stopped.is_none();
        match stopped {
            None => {}
            Some(Stop::Limit(limit)) => {
                let Gap { reason, detail, .. } = limit.into();
                self.draft.gap(reason, Region::new(read_to, len), detail);
            }
            Some(Stop::Malformed { at, detail }) => {
                self.draft.fault(Fault::Malformed, Region::at(at, 1), detail);
                self.draft.gap(
                    GapReason::Damaged,
                    Region::new(read_to, len),
                    "the tables could not be read to their end",
                );
            }
            Some(Stop::Read(error)) => {
                self.draft.fault(Fault::Truncated, Region::new(read_to, len), error.to_string());
                self.draft.gap(
                    GapReason::Damaged,
                    Region::new(read_to, len),
                    "the tables could not be read to their end",
                );
            }
        }
        // Where the data begins is known only if the tables ended.
        if whole {
            self.place_tensors(read_to);
        } else {
            self.leave_unplaced();
        }
        let extents = std::mem::take(&mut self.layout).settle(&mut self.draft, len, Fault::Truncated);
        if whole {
            self.claim_padding(read_to, &extents);
        }
        self.draft.finish(Facts::Gguf(Box::new(self.facts)))
    }

    /// Explains zero bytes that stand before an aligned offset, where the format wants them.
    fn claim_padding(&mut self, tables_end: u64, extents: &[Region]) {
        let len = self.source.len();
        let mut reached = tables_end;
        for extent in extents.iter().copied().chain([Region::at(len, 0)]) {
            let aligned = reached.checked_next_multiple_of(self.facts.alignment).unwrap_or(len);
            let padding = Region::new(reached, aligned.min(extent.start).min(len));
            if !padding.is_empty() {
                if is_zero(self.source.as_ref(), padding).unwrap_or(false) {
                    self.draft.claim(padding);
                } else {
                    self.draft.fault(Fault::Unusual, padding, "the padding before aligned data is not zero");
                }
            }
            reached = reached.max(extent.end);
        }
    }
}

#[cfg(test)]
mod tests;
