//! Safetensors: a length, a JSON header, a block of tensors; no code by design.
//!
//! Follows the format's published description and is at least as strict as its reference reader: header of at most
//! 100 MB that begins with `{`, no key twice, shape times element size equal to the extent, no overlap, no hole, no tail.
//! The header is read token by token; of its tensors only the extents are all kept. Metadata is text that nobody else
//! looks at, so every value of some length is handed on to be inspected. So are tensors of bytes that are a program, or a pickle that
//! imports and calls something: numbers do not begin like that.

mod dtype;
mod header;

use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::draft::{Draft, show};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::source::{SharedSource, Slice, read_up_to};

pub use dtype::bits;

/// What the header declares.
#[derive(Debug, Default)]
pub struct SafetensorsFacts {
    /// Header length in bytes.
    pub header_len: u64,
    /// Tensors in order of their bytes.
    pub tensors: Vec<TensorInfo>,
    /// Number of all tensors (more than are kept when the bound on facts was hit).
    pub tensor_count: u64,
    /// The `__metadata__` entries; long values are cut here, and are children in full.
    pub metadata: Vec<(String, String)>,
}

/// One tensor of any format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name.
    pub name: String,
    /// Element type, as the format writes it (`F32`, `Q4_K`).
    pub dtype: String,
    /// Shape.
    pub shape: Vec<u64>,
    /// Its bytes in the file.
    pub data: Region,
}

/// The largest header that the reference reader accepts.
pub const LARGEST_HEADER: u64 = 100_000_000;

/// Bytes of the length that comes first.
const LENGTH: u64 = 8;

/// Bytes of the shortest header: `{}`.
const SHORTEST_HEADER: u64 = 2;

/// Tensors inspected as files of their own.
const MOST_PAYLOADS: usize = 1_000;

/// Recognises the format: a plausible length, then a JSON object.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let declared = u64::from_le_bytes(*probe.head.first_chunk::<8>()?);
    let text = probe.head.get(8..).unwrap_or_default().trim_ascii_start();
    let object = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    let member = object.is_some_and(|rest| matches!(rest.first(), Some(b'"' | b'}')));
    let fits = declared <= LARGEST_HEADER && declared <= probe.source.len().saturating_sub(LENGTH);
    let (strength, evidence) = if member && fits {
        (Strength::Certain, "length and JSON header")
    } else if object.is_some() && (fits || probe.is_named(&["safetensors"])) {
        (Strength::Plausible, "JSON after eight bytes")
    } else if fits && probe.is_named(&["safetensors"]) {
        (Strength::Name, "file name")
    } else {
        return None;
    };
    Some(Candidate { format: Format::Safetensors, strength, evidence })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::Safetensors, Facts::Safetensors(Box::default()));
    let mut facts = SafetensorsFacts::default();
    match read_up_to(source.as_ref(), 0, 8).map(|bytes| bytes.first_chunk::<8>().copied()) {
        Ok(Some(length)) => {
            facts.header_len = u64::from_le_bytes(length);
            draft.claim(Region::at(0, LENGTH));
            read_header(source, budget, &mut draft, &mut facts);
        }
        Ok(None) => {
            let whole = Region::new(0, source.len());
            draft.fault(Fault::Truncated, whole, "the file ends inside the length of its header");
            draft.gap(GapReason::Damaged, whole, "there is no header");
        }
        Err(error) => draft.gap(GapReason::Unreadable, None, error.to_string()),
    }
    draft.finish(Facts::Safetensors(Box::new(facts)))
}

fn read_header(source: &SharedSource, budget: &Budget, draft: &mut Draft, facts: &mut SafetensorsFacts) {
    let declared = Region::at(LENGTH, facts.header_len);
    if facts.header_len > LARGEST_HEADER {
        let detail =
            format!("a header of {} bytes is declared; readers refuse more than 100 MB", declared.len());
        draft.fault(Fault::Malformed, Region::at(0, LENGTH), detail);
        draft.gap(
            GapReason::Limit(Exhausted::Text),
            Region::new(LENGTH, source.len()),
            "the header is too large to be read",
        );
        return;
    }
    if facts.header_len < SHORTEST_HEADER {
        let detail = format!("a header of {} bytes is declared; the shortest is `{{}}`", declared.len());
        draft.fault(Fault::Impossible, Region::at(0, LENGTH), detail);
    }
    if declared.end > source.len() {
        let detail = format!(
            "a header of {} bytes is declared, but the file has {} bytes",
            declared.len(),
            source.len()
        );
        draft.fault(Fault::Truncated, Region::at(0, LENGTH), detail);
        draft.gap(GapReason::Damaged, declared, "the header is cut off");
    }
    let view = Slice::new(Arc::clone(source), declared);
    header::read(&view, source.len(), declared, budget, draft, facts);
    holes(source, draft, &facts.tensors, declared.end);
    payloads(source, budget, draft, &facts.tensors);
}

/// Tensors stand one behind the other: the format has no room between them, and its readers refuse what has.
fn holes(source: &SharedSource, draft: &mut Draft, tensors: &[TensorInfo], start: u64) {
    let mut places: Vec<Region> = tensors.iter().map(|tensor| tensor.data).collect();
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut end = start;
    for place in places {
        if place.start > end && place.start < source.len() {
            let detail = "bytes lie between tensors, where the format has none";
            return draft.fault(Fault::Impossible, Region::new(end, place.start), detail);
        }
        end = end.max(place.end);
    }
}

/// Hands on the tensors of bytes that are a file of another kind.
fn payloads(source: &SharedSource, budget: &Budget, draft: &mut Draft, tensors: &[TensorInfo]) {
    let mut found = 0_usize;
    let bytes = |tensor: &&TensorInfo| matches!(tensor.dtype.as_str(), "U8" | "I8");
    for tensor in tensors.iter().filter(bytes).filter(|tensor| tensor.data.end <= source.len()) {
        if let Err(limit) = budget.steps(Probe::HEAD as u64) {
            return draft.gap(GapReason::Limit(limit), tensor.data, limit.to_string());
        }
        let content: SharedSource = Arc::new(Slice::new(Arc::clone(source), tensor.data));
        let program = crate::executable::probe(&Probe::new("", &content)).is_some();
        if !program && !crate::pickle::would_act(content.as_ref()) {
            continue;
        }
        found = found.saturating_add(1);
        if found > MOST_PAYLOADS {
            return draft.too_many();
        }
        let content = Content::Stored { region: tensor.data, crc32: None };
        draft.child(Child { name: show(&tensor.name), content, known: None });
    }
}

#[cfg(test)]
mod tests;
