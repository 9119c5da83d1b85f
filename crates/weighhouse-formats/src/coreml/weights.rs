//! The file of weights beside a program: a header, then each value with a record in front, everything at a multiple of 64 bytes.

use std::sync::Arc;

use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::draft::{Draft, structured};
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{SharedSource, Slice, is_zero};

/// What every record begins with.
const SENTINEL: u32 = 0xDEAD_BEEF;
/// Bytes of the header and of a record, and what positions are a multiple of.
const UNIT: u64 = 64;
/// Version of the layout.
const VERSION: u32 = 2;

/// Recognises the format by its header and its first record.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let version = probe.head.get(4..8)? == VERSION.to_le_bytes();
    let reserved = probe.head.get(8..64)?.iter().all(|byte| *byte == 0);
    let record = probe.head.get(64..68)? == SENTINEL.to_le_bytes();
    (version && reserved && record).then_some(Candidate {
        format: Format::CoreMlWeights,
        strength: Strength::Certain,
        evidence: "header, and the mark of the first record",
    })
}

/// A value as its record declares it.
struct Record {
    dtype: u32,
    data: Region,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::CoreMlWeights, Facts::Graph(Box::default()));
    let mut facts = GraphFacts { framework: "coreml", ..GraphFacts::default() };
    if let Err(error) = walk(source, budget, &mut draft, &mut facts) {
        let kind = match error {
            ReadError::Truncated { .. } => Fault::Truncated,
            _ => Fault::Malformed,
        };
        draft.fault(kind, None, error.to_string());
        draft.gap(GapReason::Damaged, None, "the weights could not be read to their end");
    }
    draft.finish(Facts::Graph(Box::new(facts)))
}

fn walk(
    source: &SharedSource,
    budget: &Budget,
    draft: &mut Draft,
    facts: &mut GraphFacts,
) -> Result<(), ReadError> {
    let mut cursor = Cursor::with_window(source.as_ref(), 0, 4096);
    let count = cursor.u32()?;
    draft.claim(Region::new(0, UNIT));
    let mut at = UNIT;
    for index in 0..count {
        if let Err(limit) = budget.steps(1) {
            draft.gap(GapReason::Limit(limit), Region::new(at, source.len()), limit.to_string());
            return Ok(());
        }
        cursor.seek(at);
        let record = record(&mut cursor, draft)?;
        let Some(record) = record else {
            draft.fault(
                Fault::Malformed,
                Region::at(at, 4),
                format!("record {index} does not begin with its mark"),
            );
            draft.gap(
                GapReason::Damaged,
                Region::new(at, source.len()),
                "records follow that cannot be found",
            );
            return Ok(());
        };
        draft.claim(Region::at(at, UNIT));
        // Every writer puts a value behind its record; elsewhere, records could share what none of them shows.
        if record.data.start != at.saturating_add(UNIT) {
            let detail = format!("the value of the record at {at} is declared at {}", record.data.start);
            draft.fault(Fault::Contradiction, Region::at(at, UNIT), detail);
            draft.gap(
                GapReason::Damaged,
                Region::new(at, source.len()),
                "records follow that cannot be found",
            );
            return Ok(());
        }
        if record.data.end > source.len() {
            let detail =
                format!("a value is declared at {}, but the file has {} bytes", record.data, source.len());
            draft.fault(Fault::Truncated, Region::at(at, UNIT), detail);
            draft.gap(GapReason::Damaged, record.data, "a value is cut off");
            draft.claim(record.data);
            return Ok(());
        }
        draft.claim(record.data);
        keep(&record, source, budget, draft, facts);
        let next = record.data.end.max(at.saturating_add(UNIT)).checked_next_multiple_of(UNIT);
        let padding = Region::new(record.data.end, next.unwrap_or(u64::MAX).min(source.len()));
        if is_zero(source.as_ref(), padding).unwrap_or(false) {
            draft.claim(padding);
        }
        at = next.unwrap_or(u64::MAX);
    }
    Ok(())
}

/// The record at hand; nothing if its mark is missing.
fn record(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<Option<Record>, ReadError> {
    let start = cursor.position();
    if cursor.u32()? != SENTINEL {
        return Ok(None);
    }
    let dtype = cursor.u32()?;
    let (len, offset) = (cursor.u64()?, cursor.u64()?);
    let padding_bits = cursor.u64()?;
    let reserved: [u8; 32] = cursor.array()?;
    if reserved.iter().any(|byte| *byte != 0) || padding_bits >= 8 {
        let detail = "a record has values in fields that are reserved";
        draft.fault(Fault::Unusual, Region::at(start, UNIT), detail);
    }
    Ok(Some(Record { dtype, data: Region::at(offset, len) }))
}

fn keep(record: &Record, source: &SharedSource, budget: &Budget, draft: &mut Draft, facts: &mut GraphFacts) {
    const TYPES: [&str; 17] = [
        "float16",
        "float32",
        "uint8",
        "int8",
        "bfloat16",
        "int16",
        "uint16",
        "int4",
        "uint1",
        "uint2",
        "uint4",
        "uint3",
        "uint6",
        "int32",
        "uint32",
        "float8e4m3fn",
        "float8e5m2",
    ];
    let index = usize::try_from(record.dtype).unwrap_or(0).checked_sub(1);
    let dtype = index.and_then(|index| TYPES.get(index));
    if dtype.is_none() {
        let detail = format!("the value at {} has the unknown type {}", record.data.start, record.dtype);
        draft.fault(Fault::Malformed, record.data, detail);
    }
    facts.tensor_count = facts.tensor_count.saturating_add(1);
    if facts.tensors.len() >= budget.limits().facts {
        return draft.too_many();
    }
    let name = format!("value@{}", record.data.start);
    let slice: SharedSource = Arc::new(Slice::new(Arc::clone(source), record.data));
    if structured(&slice) {
        let content = Content::Stored { region: record.data, crc32: None };
        draft.child(Child { name: name.clone(), content, known: None });
    }
    let dtype = dtype.map_or_else(|| record.dtype.to_string(), |name| (*name).to_owned());
    facts.tensors.push(TensorInfo { name, dtype, shape: Vec::new(), data: record.data });
}
