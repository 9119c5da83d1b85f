//! The options of an operator that TensorFlow runs: a flexbuffer with a name, and with the node as TensorFlow writes it.
//!
//! The runtime takes the operator from the node, whatever the model calls it.

use crate::protobuf::outline;
use crate::region::Region;
use crate::source::{Memory, SharedSource, read_up_to};

/// Bytes of options that are read.
const LARGEST: usize = 16 << 20;
/// A vector of values of any type, and a text, as flexbuffers number types.
const VECTOR: u8 = 10;
const TEXT: u8 = 5;
/// Fields of a node that are looked at.
const MOST: usize = 4096;
/// The field of a node that names its operator.
const OP: u32 = 2;

/// The operators that options name: by the first text, and by the node. Nothing if they are not what TensorFlow reads.
pub(super) fn operators(source: &SharedSource, region: Region) -> Option<Vec<String>> {
    let len = usize::try_from(region.len()).ok().filter(|len| *len <= LARGEST)?;
    let bytes = read_up_to(source.as_ref(), region.start, len).ok()?;
    let [name, node] = texts(&bytes)?;
    let memory = Memory::shared(node.to_vec());
    let node_len = node.len() as u64;
    let outline = outline(memory.as_ref(), Region::new(0, node_len), MOST)?;
    // A field that stands there twice counts as it stands last; every one is judged.
    let mut found: Vec<String> = outline
        .all(OP)
        .map(|part| {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            let name = node.get(place(part.content.start)..place(part.content.end)).unwrap_or_default();
            String::from_utf8_lossy(name).into_owned()
        })
        .collect();
    if found.is_empty() || outline.parts.len() >= MOST {
        return None;
    }
    found.push(String::from_utf8_lossy(name).into_owned());
    Some(found)
}

/// The two texts of the vector that a flexbuffer is.
fn texts(bytes: &[u8]) -> Option<[&[u8]; 2]> {
    let [.., kind, width] = bytes else { return None };
    let root = bytes.len().checked_sub(2)?.checked_sub((*width).into())?;
    let vector = root.checked_sub(number(bytes, root, (*width).into())?)?;
    if kind >> 2 != VECTOR {
        return None;
    }
    let width = 1_usize << (kind & 3);
    if number(bytes, vector.checked_sub(width)?, width)? < 2 {
        return None;
    }
    let count = number(bytes, vector.checked_sub(width)?, width)?;
    let kinds = vector.checked_add(count.checked_mul(width)?)?;
    let text = |index: usize| {
        let at = vector.checked_add(index.checked_mul(width)?)?;
        let start = at.checked_sub(number(bytes, at, width)?)?;
        let kind = *bytes.get(kinds.checked_add(index)?)?;
        let size = 1_usize << (kind & 3);
        let len = number(bytes, start.checked_sub(size)?, size)?;
        if kind >> 2 != TEXT {
            return None;
        }
        bytes.get(start..start.checked_add(len)?)
    };
    Some([text(0)?, text(1)?])
}

/// A little-endian number of one, two, four or eight bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    if !matches!(size, 1 | 2 | 4 | 8) {
        return None;
    }
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    let value = bytes.iter().rev().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    usize::try_from(value).ok()
}
