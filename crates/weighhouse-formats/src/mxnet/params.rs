//! Arrays: a list of them, then a list of their names.

use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::data::DataFacts;
use crate::draft::Draft;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::SharedSource;

/// What a list of arrays begins with, and eight zeros behind it.
const MAGIC: &[u8] = b"\x12\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// Magic numbers of arrays of 1.0 and later, with 64-bit shapes: before and since there are sparse ones, and since shapes may be
/// unknown. Arrays of older versions begin with the number of their dimensions.
const SHAPED: u32 = 0xF993_FAC8;
const SPARSE: u32 = 0xF993_FAC9;
const NUMPY: u32 = 0xF993_FACA;
/// Dimensions of an array; MXNet has at most 32.
const MOST_DIMENSIONS: u32 = 32;
/// Longest name that is kept.
const LONGEST: u64 = 4096;

/// Recognises the format.
pub(crate) fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let evidence = "signature";
    probe.starts_with(MAGIC).then_some(Candidate {
        format: Format::MxNetParams,
        strength: Strength::Certain,
        evidence,
    })
}

/// Why reading stopped.
enum Stop {
    Read(ReadError),
    Wrong(String),
    Limit(crate::bounded::Exhausted),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::MxNetParams, Facts::Data(Box::default()));
    let mut facts = DataFacts { description: "arrays of MXNet".to_owned(), ..DataFacts::default() };
    let mut cursor = Cursor::new(source.as_ref(), MAGIC.len() as u64);
    match read(&mut cursor, &mut facts, budget) {
        Ok(()) => draft.claim(Region::new(0, cursor.position())),
        Err(stop) => {
            let at = Region::new(cursor.position(), source.len());
            draft.claim(Region::new(0, cursor.position()));
            match stop {
                Stop::Limit(limit) => draft.gap(GapReason::Limit(limit), at, limit.to_string()),
                Stop::Read(error @ ReadError::Io { .. }) => {
                    draft.gap(GapReason::Unreadable, at, error.to_string());
                }
                Stop::Read(error) => broken(&mut draft, Fault::Truncated, at, &error.to_string()),
                Stop::Wrong(what) => broken(&mut draft, Fault::Malformed, at, &what),
            }
        }
    }
    draft.finish(Facts::Data(Box::new(facts)))
}

fn broken(draft: &mut Draft, kind: Fault, at: Region, what: &str) {
    draft.fault(kind, at, what);
    draft.gap(GapReason::Damaged, at, what);
}

fn read(cursor: &mut Cursor<'_>, facts: &mut DataFacts, budget: &Budget) -> Result<(), Stop> {
    let arrays = cursor.u64()?;
    for _ in 0..arrays {
        step(budget)?;
        let tensor = array(cursor)?;
        if facts.tensors.len() >= budget.limits().facts {
            return Err(Stop::Limit(crate::bounded::Exhausted::Facts));
        }
        facts.tensors.push(tensor);
    }
    let names = cursor.u64()?;
    if names != 0 && names != arrays {
        return Err(Stop::Wrong(format!("{arrays} arrays have {names} names")));
    }
    for tensor in facts.tensors.iter_mut().take(usize::try_from(names).unwrap_or(usize::MAX)) {
        step(budget)?;
        let len = cursor.u64()?;
        let name = cursor.bytes(len, usize::try_from(LONGEST).unwrap_or(usize::MAX))?;
        tensor.name = String::from_utf8_lossy(&name).into_owned();
    }
    Ok(())
}

fn step(budget: &Budget) -> Result<(), Stop> {
    budget.steps(1).map_err(Stop::Limit)
}

/// One array: where it lies is skipped over, its numbers mean nothing here.
fn array(cursor: &mut Cursor<'_>) -> Result<TensorInfo, Stop> {
    let magic = cursor.u32()?;
    // Kind of storage: dense, rows, compressed rows. Sparse ones have one or two arrays of positions.
    let (kind, wide) = match magic {
        SPARSE | NUMPY => (cursor.u32()?, true),
        SHAPED => (0, true),
        _ => (0, false),
    };
    let positions = match kind {
        0 => 0,
        1 | 2 => kind,
        kind => return Err(Stop::Wrong(format!("arrays of the kind {kind} are not known"))),
    };
    let stored = if positions > 0 { Some(shape(cursor, None, wide)?) } else { None };
    let shape = shape(cursor, (!wide).then_some(magic), wide)?;
    let none = TensorInfo {
        name: String::new(),
        dtype: "none".to_owned(),
        shape: Vec::new(),
        data: Region::at(cursor.position(), 0),
    };
    if shape.is_empty() && magic != NUMPY {
        return Ok(none);
    }
    // Device and its number.
    cursor.u64()?;
    let (dtype, width) = element(cursor.u32()?)?;
    let mut beside = Vec::new();
    let mut columns = None;
    for _ in 0..positions {
        let (_, width) = element(cursor.u32()?)?;
        let places = self::shape(cursor, None, true)?;
        beside.push(size(&places, width)?);
        // Compressed rows hold a value for each column that is named, whatever the shape says that is written for them.
        columns = (kind == 2).then_some(places);
    }
    let data = cursor.skip(size(columns.as_ref().or(stored.as_ref()).unwrap_or(&shape), width)?)?;
    for len in beside {
        cursor.skip(len)?;
    }
    Ok(TensorInfo { dtype: dtype.to_owned(), shape, data, ..none })
}

/// Dimensions, of 64 bits or 32. The oldest form has read their number already.
fn shape(cursor: &mut Cursor<'_>, count: Option<u32>, wide: bool) -> Result<Vec<u64>, Stop> {
    let count = match count {
        Some(count) => count,
        None => cursor.u32()?,
    };
    if count > MOST_DIMENSIONS {
        return Err(Stop::Wrong(format!("an array of {count} dimensions")));
    }
    let mut dimensions = Vec::new();
    for _ in 0..count {
        dimensions.push(if wide { cursor.u64()? } else { u64::from(cursor.u32()?) });
    }
    Ok(dimensions)
}

/// Bytes of an array; what no file can have is wrong.
fn size(shape: &[u64], width: u64) -> Result<u64, Stop> {
    let len = shape.iter().try_fold(width, |len, dimension| len.checked_mul(*dimension));
    len.filter(|len| i64::try_from(*len).is_ok())
        .ok_or_else(|| Stop::Wrong(format!("an array of the shape {shape:?}, larger than any file")))
}

/// Types of elements and their widths.
fn element(number: u32) -> Result<(&'static str, u64), Stop> {
    Ok(match number {
        0 => ("float32", 4),
        1 => ("float64", 8),
        2 => ("float16", 2),
        3 => ("uint8", 1),
        4 => ("int32", 4),
        5 => ("int8", 1),
        6 => ("int64", 8),
        7 => ("bool", 1),
        8 => ("int16", 2),
        9 => ("uint16", 2),
        10 => ("uint32", 4),
        11 => ("uint64", 8),
        12 => ("bfloat16", 2),
        other => return Err(Stop::Wrong(format!("elements of the type {other} are not known"))),
    })
}
