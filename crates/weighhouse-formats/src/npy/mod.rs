//! NumPy arrays, `.npy` format 1.0 to 3.0 (NEP 1). An object dtype means a pickle follows.
//!
//! The header is a Python literal; it is read by a strict reader of our own, never evaluated. Whatever NumPy might take for
//! an object type makes the data a pickle here too.

mod dtype;
mod literal;
mod npz;

use std::sync::Arc;

use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::draft::{Draft, head, show};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::source::{SharedSource, Slice, read_up_to};

use literal::{Literal, Spanned};
pub(crate) use npz::relate;

/// What an array file declares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NpyFacts {
    /// Format version.
    pub version: (u8, u8),
    /// The `descr` entry as written.
    pub descr: String,
    /// Shape.
    pub shape: Vec<u64>,
    /// Column-major order.
    pub fortran_order: bool,
    /// Whether any field of the dtype is an object: the data is a pickle.
    pub holds_objects: bool,
    /// Bytes per element, if the dtype is understood.
    pub item_size: Option<u64>,
}

/// The first bytes of every file.
const MAGIC: &[u8] = b"\x93NUMPY";
/// Arrays in one file that are told apart; what follows is nested in the last.
const MOST_ARRAYS: u32 = 1 << 16;
/// The largest header that is read; NumPy itself refuses a hundredth of this.
const LARGEST_HEADER: u64 = 1 << 20;
/// Bytes of data beyond which no file holds them, cut or not.
const LARGEST: u64 = 1 << 50;

/// Recognises the format.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    probe.starts_with(MAGIC).then_some(Candidate {
        format: Format::Npy,
        strength: Strength::Certain,
        evidence: "magic number",
    })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, _budget: &Budget) -> Parsed {
    let mut facts = NpyFacts::default();
    let mut draft = Draft::new(Format::Npy, Facts::Npy(Box::new(facts.clone())));
    match header(source, &mut facts) {
        Ok((region, text)) => {
            draft.claim(Region::new(0, region.end));
            dictionary(source, region, &text, &mut draft, &mut facts);
        }
        Err(error) => stop(&error, source, &mut draft),
    }
    draft.finish(Facts::Npy(Box::new(facts)))
}

fn stop(error: &ReadError, source: &SharedSource, draft: &mut Draft) {
    let whole = Region::new(0, source.len());
    match error {
        ReadError::Truncated { at, .. } => {
            draft.claim(Region::new(0, (*at).min(source.len())));
            draft.fault(Fault::Truncated, whole, format!("header: {error}"));
            draft.gap(GapReason::Damaged, whole, "the header is cut off");
        }
        ReadError::TooLarge { .. } => {
            draft.fault(Fault::Malformed, whole, format!("header: {error}"));
            draft.gap(GapReason::Limit(Exhausted::Text), whole, "the header is too large to be read");
        }
        ReadError::Io { .. } => draft.gap(GapReason::Unreadable, whole, error.to_string()),
    }
}

/// The header's region and its text; Latin-1 before version 3, UTF-8 from there on.
fn header(source: &SharedSource, facts: &mut NpyFacts) -> Result<(Region, String), ReadError> {
    let mut cursor = Cursor::new(source.as_ref(), 0);
    cursor.skip(MAGIC.len() as u64)?;
    facts.version = (cursor.u8()?, cursor.u8()?);
    let len = if facts.version.0 <= 1 { u64::from(cursor.u16()?) } else { u64::from(cursor.u32()?) };
    let region = Region::at(cursor.position(), len);
    let bytes = cursor.bytes(len, LARGEST_HEADER as usize)?;
    let text = if facts.version.0 >= 3 {
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        bytes.iter().copied().map(char::from).collect()
    };
    Ok((region, text))
}

fn dictionary(source: &SharedSource, region: Region, text: &str, draft: &mut Draft, facts: &mut NpyFacts) {
    if !matches!(facts.version, (1..=3, 0)) {
        let (major, minor) = facts.version;
        draft.fault(
            Fault::Malformed,
            Region::at(6, 2),
            format!("version {major}.{minor} of the format is not known"),
        );
    }
    let data = Region::new(region.end, source.len());
    let entries = match literal::read(text) {
        Ok(Literal::Dict(entries)) => entries,
        refused => {
            let detail = match &refused {
                Err(refused) => format!(
                    "the header is not a plain literal ({} at {}), and old readers evaluate it: `{}`",
                    refused.what,
                    refused.at,
                    show(text.trim_end())
                ),
                Ok(_) => "the header is not a dictionary".to_owned(),
            };
            // A header that was cut or damaged by chance holds no call.
            let printable = text.chars().all(|c| c.is_ascii_graphic() || c.is_ascii_whitespace());
            let meant = printable && literal::computes(text);
            let kind = if meant { Fault::Impossible } else { Fault::Malformed };
            draft.fault(kind, region, detail);
            draft.gap(GapReason::Damaged, data, "the type and shape of the data are not known");
            may_be_pickle(data, draft);
            return;
        }
    };
    let descr = take(&entries, "descr", region, draft);
    let shape = take(&entries, "shape", region, draft);
    let order = take(&entries, "fortran_order", region, draft);
    if let Some((key, _)) = entries.iter().find(|(key, _)| {
        !matches!(key, Literal::Text(key) if matches!(key.as_str(), "descr" | "shape" | "fortran_order"))
    }) {
        draft.fault(Fault::Malformed, region, format!("the header has the unknown key `{}`", show(&format!("{key:?}"))));
    }
    match order.map(|order| &order.value) {
        Some(Literal::Bool(order)) => facts.fortran_order = *order,
        _ => draft.fault(Fault::Malformed, region, "`fortran_order` is missing or no truth value"),
    }
    let sizes = match shape.map(|shape| &shape.value) {
        Some(Literal::Tuple(sizes)) => sizes.as_slice(),
        _ => &[],
    };
    let elements =
        shape.filter(|shape| matches!(shape.value, Literal::Tuple(_))).and_then(|_| dtype::elements(sizes));
    facts.shape = sizes.iter().filter_map(size).collect();
    if elements.is_none() {
        draft.fault(Fault::Malformed, region, "`shape` is missing or no tuple of sizes");
    }
    let dtype = descr.map(|descr| dtype::of(&descr.value));
    facts.descr = descr.map(|descr| head(&descr.written, 4096).to_owned()).unwrap_or_default();
    facts.holds_objects = dtype.is_none_or(|dtype| dtype.objects);
    facts.item_size = dtype.and_then(|dtype| dtype.size);
    if !dtype.is_some_and(|dtype| dtype.understood) {
        draft.fault(
            Fault::Malformed,
            region,
            format!("`descr` is missing or not understood: `{}`", show(&facts.descr)),
        );
    }
    if facts.holds_objects {
        draft.claim(data);
        may_be_pickle(data, draft);
    } else {
        array(source, data, elements.zip(facts.item_size), draft);
    }
}

fn size(size: &Literal) -> Option<u64> {
    match size {
        Literal::Int(size) => u64::try_from(*size).ok(),
        _ => None,
    }
}

/// The entry `name`; a second one is a fault, and the last one counts, as in Python.
fn take<'e>(
    entries: &'e [(Literal, Spanned)],
    name: &str,
    region: Region,
    draft: &mut Draft,
) -> Option<&'e Spanned> {
    let mut found = entries.iter().filter(|(key, _)| matches!(key, Literal::Text(key) if key == name));
    let last = found.next_back();
    if found.next().is_some() {
        draft.fault(Fault::Duplicate, region, format!("the header has the key `{name}` twice"));
    }
    last.map(|(_, value)| value)
}

fn may_be_pickle(data: Region, draft: &mut Draft) {
    if !data.is_empty() {
        draft.child(Child {
            name: "objects".to_owned(),
            content: Content::Stored { region: data, crc32: None },
            known: Some(Format::Pickle),
        });
    }
}

/// Numbers and strings: their length follows from shape and type.
fn array(source: &SharedSource, data: Region, size: Option<(u64, u64)>, draft: &mut Draft) {
    let Some(len) = size.and_then(|(elements, item)| elements.checked_mul(item)) else {
        draft.fault(
            Fault::Contradiction,
            None,
            "no array has this shape and type: its size does not fit 64 bits",
        );
        draft.gap(GapReason::Damaged, data, "the length of the data is not known");
        return;
    };
    let declared = Region::at(data.start, len);
    draft.claim(declared);
    if len > data.len() {
        let detail = format!("shape and type need {len} bytes, but {} are there", data.len());
        let kind = if len > LARGEST { Fault::Impossible } else { Fault::Truncated };
        draft.fault(kind, data, detail);
    }
    let rest = Region::new(declared.end, data.end);
    if is_array_at(source, rest.start) {
        draft.fault(Fault::Unusual, rest, "another array follows in the same file");
        following(source, rest, draft);
    }
}

fn is_array_at(source: &SharedSource, position: u64) -> bool {
    read_up_to(source.as_ref(), position, MAGIC.len()).is_ok_and(|next| next == MAGIC)
}

/// Arrays saved one behind the other, as Equinox and loops of `numpy.save` do: a child each. One whose end is not known, or
/// that holds objects, takes all that is left.
fn following(source: &SharedSource, rest: Region, draft: &mut Draft) {
    draft.claim(rest);
    let mut start = rest.start;
    for number in 2_u32..=MOST_ARRAYS.saturating_add(1) {
        let last = number > MOST_ARRAYS;
        let end = if last { None } else { end_of_array(source, start) };
        let end = end.filter(|end| *end < rest.end && is_array_at(source, *end)).unwrap_or(rest.end);
        let content = Content::Stored { region: Region::new(start, end), crc32: None };
        draft.child(Child { name: format!("array {number}"), content, known: Some(Format::Npy) });
        if end >= rest.end {
            return;
        }
        start = end;
    }
}

/// Where the array that begins at `start` ends, if it is one of numbers whose size is declared.
fn end_of_array(source: &SharedSource, start: u64) -> Option<u64> {
    let slice: SharedSource = Arc::new(Slice::new(source.clone(), Region::new(start, source.len())));
    let mut facts = NpyFacts::default();
    let (region, text) = header(&slice, &mut facts).ok()?;
    let Literal::Dict(entries) = literal::read(&text).ok()? else { return None };
    let last = |name: &str| {
        entries
            .iter()
            .rev()
            .find(|(key, _)| matches!(key, Literal::Text(key) if key == name))
            .map(|(_, value)| value)
    };
    let Literal::Tuple(sizes) = &last("shape")?.value else { return None };
    let dtype = dtype::of(&last("descr")?.value);
    let size = dtype::elements(sizes)?.checked_mul(dtype.size.filter(|_| !dtype.objects)?)?;
    start.checked_add(region.end)?.checked_add(size)
}

#[cfg(test)]
mod tests;
