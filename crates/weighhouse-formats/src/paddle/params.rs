//! Parameters: tensors one after another. Each has a version, levels of detail, and a description in front of its numbers.

use std::sync::Arc;

use super::schema::VAR_TYPE_TENSOR_DESC;
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::draft::{Draft, structured};
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::protobuf::{numbers, outline};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::{Memory, SharedSource, Slice, read_up_to};

/// Levels of detail that any tensor has.
const MOST_LEVELS: u64 = 16;
/// Bytes of the longest description: a type and some dimensions.
const LONGEST: u64 = 1024;
/// Bytes read ahead: a description, and what stands before it.
const WINDOW: usize = 4096;
/// The types, by number: name and bytes of an element.
const TYPES: [(u64, &str, u64); 17] = [
    (0, "bool", 1),
    (1, "int16", 2),
    (2, "int32", 4),
    (3, "int64", 8),
    (4, "float16", 2),
    (5, "float32", 4),
    (6, "float64", 8),
    (19, "size_t", 8),
    (20, "uint8", 1),
    (21, "int8", 1),
    (22, "bfloat16", 2),
    (23, "complex64", 8),
    (24, "complex128", 16),
    (32, "float8_e4m3fn", 1),
    (33, "float8_e5m2", 1),
    (35, "uint16", 2),
    (36, "uint32", 4),
];

/// Why no tensor was read.
enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Broken(&'static str),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Exhausted> for Stop {
    fn from(limit: Exhausted) -> Self {
        Self::Limit(limit)
    }
}

/// Recognises the format by the first tensor, or by the marks of one and the name.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let named = probe.is_named(&["pdiparams"]);
    let mut cursor = Cursor::with_window(probe.source.as_ref(), 0, WINDOW);
    let (strength, evidence) = match tensor(&mut cursor, &Budget::default()) {
        Ok(tensor) if named || !tensor.shape.is_empty() => {
            (Strength::Certain, "a tensor with its description")
        }
        // Something is wrong with it already, under the name that such a file has.
        _ if named && probe.starts_with(&[0; 4]) => (Strength::Plausible, "file name, and a version"),
        _ => return None,
    };
    Some(Candidate { format: Format::PaddleParameters, strength, evidence })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::PaddleParameters, Facts::Graph(Box::default()));
    let mut facts = GraphFacts { framework: "paddle", ..GraphFacts::default() };
    let mut cursor = Cursor::with_window(source.as_ref(), 0, WINDOW);
    while !cursor.at_end() {
        let start = cursor.position();
        match tensor(&mut cursor, budget) {
            Ok(tensor) if tensor.data.end <= source.len() => {
                draft.claim(Region::new(start, tensor.data.end));
                cursor.seek(tensor.data.end);
                keep(tensor, source, budget, &mut draft, &mut facts);
            }
            stopped => {
                note(stopped, Region::new(start, source.len()), &mut draft);
                break;
            }
        }
    }
    draft.finish(Facts::Graph(Box::new(facts)))
}

/// Says why the tensor at the beginning of `rest` is the last one.
fn note(stopped: Result<TensorInfo, Stop>, rest: Region, draft: &mut Draft) {
    let (start, len) = (rest.start, rest.end);
    let gap = "the parameters could not be read to their end";
    match stopped {
        Ok(tensor) => {
            let detail = format!(
                "{:?} of {} are declared at {}, but the file has {len} bytes",
                tensor.shape, tensor.dtype, tensor.data
            );
            // More than any file has: whoever trusts it asks for that much memory.
            let kind =
                if tensor.data.len() > len.saturating_mul(1 << 20) { Fault::Bomb } else { Fault::Truncated };
            draft.fault(kind, rest, detail);
            draft.gap(GapReason::Damaged, rest, "a tensor is cut off");
            draft.claim(Region::new(start, tensor.data.start));
        }
        Err(Stop::Broken(what)) => {
            draft.fault(
                Fault::Malformed,
                Region::at(start, 1),
                format!("no tensor begins at byte {start}: {what}"),
            );
            draft.gap(GapReason::Damaged, rest, gap);
        }
        Err(Stop::Read(error)) => {
            draft.fault(Fault::Truncated, Region::at(start, 1), error.to_string());
            draft.gap(GapReason::Damaged, rest, gap);
        }
        Err(Stop::Limit(limit)) => draft.gap(GapReason::Limit(limit), rest, limit.to_string()),
    }
}

/// Reads what stands in front of the numbers of a tensor; or says what is no tensor in it.
fn tensor(cursor: &mut Cursor<'_>, budget: &Budget) -> Result<TensorInfo, Stop> {
    budget.steps(1)?;
    if cursor.u32()? != 0 {
        return Err(Stop::Broken("its version is not known"));
    }
    let levels = cursor.u64()?;
    if levels > MOST_LEVELS {
        return Err(Stop::Broken("it has more levels of detail than any tensor"));
    }
    for _ in 0..levels {
        level(cursor, budget)?;
    }
    if cursor.u32()? != 0 {
        return Err(Stop::Broken("the version of its numbers is not known"));
    }
    let len = u64::from(cursor.u32()?);
    if !(2..=LONGEST).contains(&len) {
        return Err(Stop::Broken("its description has no possible length"));
    }
    let start = cursor.position();
    let description: SharedSource = Memory::shared(cursor.bytes(len, LONGEST as usize)?);
    let (code, shape) = describe(&description).ok_or(Stop::Broken("its description is damaged"))?;
    let known = TYPES.iter().find(|(known, ..)| *known == code);
    let (_, dtype, size) = known.ok_or(Stop::Broken("its type is not known"))?;
    let bytes = shape.iter().try_fold(*size, |all, dimension| all.checked_mul(*dimension));
    // Beyond all numbers it is as wrong as can be; the end of the file says so.
    let bytes = bytes.unwrap_or(if shape.contains(&0) { 0 } else { u64::MAX });
    let data = Region::at(cursor.position(), bytes);
    Ok(TensorInfo { name: format!("tensor@{start}"), dtype: (*dtype).to_owned(), shape, data })
}

/// Offsets of sequences in a tensor, which never go down: anything else would be a place to hide bytes.
fn level(cursor: &mut Cursor<'_>, budget: &Budget) -> Result<(), Stop> {
    let len = cursor.u64()?;
    if len % 8 != 0 || len > cursor.remaining() {
        return Err(Stop::Broken("a level of detail has no possible length"));
    }
    let mut last = 0;
    for _ in 0..len / 8 {
        budget.steps(1)?;
        let offset = cursor.u64()?;
        if offset < last || offset > 1 << 48 {
            return Err(Stop::Broken("a level of detail goes down"));
        }
        last = offset;
    }
    Ok(())
}

/// Type and dimensions.
fn describe(description: &SharedSource) -> Option<(u64, Vec<u64>)> {
    let outline = outline(description.as_ref(), Region::new(0, description.len()), 128)?;
    let ends = outline.parts.last().is_some_and(|last| last.content.end <= description.len());
    let whole = outline.parts.len() < 128 && ends && outline.fits(&VAR_TYPE_TENSOR_DESC);
    let code = outline.all(1).last().filter(|_| whole)?.value;
    let mut shape = Vec::new();
    for part in outline.all(2) {
        if part.content.is_empty() {
            shape.push(part.value);
        } else {
            let len = usize::try_from(part.content.len()).ok()?;
            shape.extend(numbers(&read_up_to(description.as_ref(), part.content.start, len).ok()?)?);
        }
    }
    Some((code, shape))
}

fn keep(
    tensor: TensorInfo,
    source: &SharedSource,
    budget: &Budget,
    draft: &mut Draft,
    facts: &mut GraphFacts,
) {
    facts.tensor_count = facts.tensor_count.saturating_add(1);
    let slice: SharedSource = Arc::new(Slice::new(Arc::clone(source), tensor.data));
    if structured(&slice) {
        let content = Content::Stored { region: tensor.data, crc32: None };
        draft.child(Child { name: tensor.name.clone(), content, known: None });
    }
    if draft.room(facts.tensors.len(), budget) {
        facts.tensors.push(tensor);
    }
}
