//! Records of TensorFlow: each with its length, a checksum of the length, the data, and a checksum of the data.
//!
//! Every checksum is compared. Data that is a `tf.train.Example` or `SequenceExample` gives the names and kinds of its features;
//! other data (events of `TensorBoard`, messages of a program) is what its program makes of it. Values that are a program, a pickle or
//! an archive are children: pictures and texts are what records are for.
//! Limits: [`LARGEST`] bytes of a record that is looked into, [`MOST_NAMES`] features, [`MOST_CHILDREN`] children.

mod example;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::bounded::Budget;
use crate::crc32c::Crc32c;
use crate::cursor::{Cursor, ReadError};
use crate::data::DataFacts;
use crate::draft::Draft;
use crate::format::{Family, Format};
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::source::{Memory, SharedSource, Slice};
use example::Features;

/// Bytes of a record that is looked into; longer ones are compared with their checksum and looked at from outside.
const LARGEST: usize = 64 << 20;
/// Features that are kept by name.
const MOST_NAMES: usize = 4096;
/// Values that are inspected in turn.
const MOST_CHILDREN: usize = 1_000;
/// Bytes in front of the data of a record, and behind it.
const HEADER: u64 = 12;
const FOOTER: u64 = 4;

fn masked(bytes: &[u8]) -> u32 {
    let mut crc = Crc32c::default();
    crc.update(bytes);
    crc.masked()
}

/// Recognises the format by the checksum of the first length.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let found = |strength, evidence| Some(Candidate { format: Format::TfRecord, strength, evidence });
    let (length, rest) = probe.head.split_first_chunk::<8>()?;
    if u32::from_le_bytes(*rest.first_chunk()?) == masked(length) {
        return found(Strength::Certain, "a length and its checksum");
    }
    let binary = probe.head.iter().take(64).any(|byte| *byte < 9);
    (binary && probe.is_named(&["tfrecord", "tfrecords", "tfrec"]))
        .then(|| found(Strength::Plausible, "name"))?
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut reader = Reader {
        source,
        budget,
        draft: Draft::new(Format::TfRecord, Facts::Data(Box::default())),
        features: Features::default(),
        records: 0,
        children: 0,
    };
    if let Err(error) = reader.read() {
        reader.draft.gap(GapReason::Unreadable, None, error.to_string());
    }
    let Reader { draft, features, records, .. } = reader;
    let mut metadata = vec![("records".to_owned(), records.to_string())];
    metadata.extend(features.described());
    let description = "TFRecord file".to_owned();
    draft.finish(Facts::Data(Box::new(DataFacts { description, metadata, ..DataFacts::default() })))
}

struct Reader<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    draft: Draft,
    features: Features,
    records: u64,
    children: usize,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), ReadError> {
        let mut cursor = Cursor::new(self.source.as_ref(), 0);
        while !cursor.at_end() {
            let start = cursor.position();
            let rest = Region::new(start, self.source.len());
            if cursor.remaining() < HEADER {
                self.stop(rest, Fault::Truncated, "the file ends in the length of a record");
                return Ok(());
            }
            let length: [u8; 8] = cursor.array()?;
            if cursor.u32()? != masked(&length) {
                // Nothing says where the next record begins.
                self.stop(rest, Fault::Checksum, "the checksum of the length of a record does not match");
                return Ok(());
            }
            let length = u64::from_le_bytes(length);
            if length.checked_add(FOOTER).is_none_or(|all| all > cursor.remaining()) {
                let detail = format!("a record of {length} bytes does not fit into the file");
                self.stop(rest, Fault::Truncated, &detail);
                return Ok(());
            }
            if let Err(limit) = self.budget.steps((length / 64).saturating_add(1)) {
                self.draft.gap(GapReason::Limit(limit), rest, limit.to_string());
                return Ok(());
            }
            let data = Region::at(cursor.position(), length);
            self.record(&mut cursor, data)?;
            self.records = self.records.saturating_add(1);
            self.draft.claim(Region::new(start, cursor.position()));
        }
        Ok(())
    }

    /// What cannot be read is not explained either.
    fn stop(&mut self, rest: Region, fault: Fault, detail: &str) {
        self.draft.fault(fault, rest, detail);
        self.draft.gap(GapReason::Damaged, rest, detail);
    }

    fn record(&mut self, cursor: &mut Cursor<'_>, data: Region) -> Result<(), ReadError> {
        let mut crc = Crc32c::default();
        if usize::try_from(data.len()).is_ok_and(|len| len <= LARGEST) {
            let bytes = cursor.bytes(data.len(), LARGEST)?;
            crc.update(&bytes);
            self.look_into(bytes, data);
        } else {
            while cursor.position() < data.end {
                let missing =
                    usize::try_from(data.end.saturating_sub(cursor.position())).unwrap_or(usize::MAX);
                let bytes = cursor.fill(1)?;
                let bytes = bytes.get(..missing).unwrap_or(bytes);
                crc.update(bytes);
                let count = bytes.len();
                cursor.advance(count);
            }
            let slice: SharedSource = Arc::new(Slice::new(Arc::clone(self.source), data));
            self.value("record", &slice, data);
        }
        if cursor.u32()? != crc.masked() {
            self.draft.fault(Fault::Checksum, data, "the checksum of a record does not match");
        }
        Ok(())
    }

    fn look_into(&mut self, bytes: Vec<u8>, data: Region) {
        let record = Memory::shared(bytes);
        let values = self.features.take(&record);
        let Some(values) = values else { return self.value("record", &record, data) };
        for (name, region) in values {
            let slice: SharedSource = Arc::new(Slice::new(Arc::clone(&record), region));
            let place = Region::at(data.start.saturating_add(region.start), region.len());
            self.value(&name, &slice, place);
        }
    }

    /// Hands on what is a program, a pickle or an archive.
    fn value(&mut self, name: &str, value: &SharedSource, place: Region) {
        if value.len() < 4 || !carries(value) {
            return;
        }
        if self.children >= MOST_CHILDREN {
            return self.draft.too_many();
        }
        self.children = self.children.saturating_add(1);
        let content = Content::Stored { region: place, crc32: None };
        let name = format!("record {}: {name}", self.records);
        self.draft.child(Child { name, content, known: None });
    }
}

/// Whether a value is something that runs when it is loaded, or holds other files.
fn carries(value: &SharedSource) -> bool {
    let probe = Probe::new("", value);
    let found = crate::pickle::probe(&probe).into_iter().chain(crate::executable::probe(&probe));
    let runs = |candidate: Candidate| {
        candidate.strength == Strength::Certain && candidate.format.family() == Family::Executable
    };
    probe.starts_with(b"PK\x03\x04") || probe.starts_with(b"\x89HDF\r\n\x1a\n") || found.into_iter().any(runs)
}
