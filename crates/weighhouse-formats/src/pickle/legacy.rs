//! The legacy PyTorch form: five pickles (magic number, version, system, object, storage keys), then the raw storages.
//!
//! Follows `torch/serialization.py` (`_legacy_load`): for each key, in the order of the last pickle, eight bytes count the
//! elements and the elements follow.

use std::collections::HashMap;

use crate::node::{Fault, GapReason};
use crate::region::Region;
use crate::source::{Source, read_up_to};

use super::decode::{Argument, Decoder};
use super::facts::{GlobalName, LegacyStorage, LegacyTorch, Shape};
use super::machine::Machine;
use super::text;
use super::value::{Tag, Value};

/// The magic number 0x1950a86a20f9469cfc6c, least significant byte first.
pub(super) const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// The same as the digits of a `LONG`.
const DIGITS: &[u8] = b"119547037146038801333356";

/// Where the magic number lies, if the value is one.
pub(super) fn magic(source: &dyn Source, value: Value) -> Option<Region> {
    if value.tag() != Tag::Big {
        return None;
    }
    let op = Decoder::with_window(source, value.payload(), 64).next().ok()?;
    let (Argument::Blob(region) | Argument::Line(region)) = op.argument else { return None };
    let content = read_up_to(source, region.start, region.len().min(64) as usize).ok()?;
    let same = content == MAGIC || content.strip_suffix(b"L").unwrap_or(&content) == DIGITS;
    same.then_some(region)
}

/// Reads the storages from `position` and returns where they end.
pub(super) fn storages(
    machine: &mut Machine<'_>,
    legacy: &mut LegacyTorch,
    keys: &[Value],
    position: u64,
) -> u64 {
    let source = machine.source.as_ref();
    let declared = declared(machine);
    legacy.keys = keys
        .iter()
        .filter_map(|key| text::constant(source, key.payload(), 256))
        .map(|key| key.text())
        .collect();
    let end = source.len();
    let mut at = position;
    for key in &legacy.keys {
        let class = declared.get(key).map(|(class, _)| class.clone());
        let size = class.as_ref().and_then(|class| element_size(&class.name));
        let count = read_up_to(source, at, 8).ok().and_then(|bytes| bytes.first_chunk().copied());
        let elements = count.map(u64::from_le_bytes);
        let region = match (elements, size) {
            (Some(elements), Some(size)) => elements
                .checked_mul(size)
                .and_then(|bytes| bytes.checked_add(8))
                .map(|bytes| Region::at(at, bytes)),
            _ => None,
        };
        let rest = Region::new(at, end);
        let Some(region) = region.filter(|region| region.end <= end) else {
            let detail = match size {
                None => format!("the size of storage `{key}` is unknown"),
                Some(_) => format!("storage `{key}` is cut off"),
            };
            if size.is_some() {
                machine.fault(Fault::Truncated, rest, detail.clone());
            }
            machine.gap(GapReason::Damaged, rest, detail);
            return at;
        };
        let elements = elements.unwrap_or(0);
        if let Some((_, Some(wanted))) = declared.get(key)
            && *wanted != elements
        {
            let detail =
                format!("storage `{key}` holds {elements} elements, but the pickle declares {wanted}");
            machine.fault(Fault::Contradiction, region, detail);
        }
        legacy.storages.push(LegacyStorage {
            key: key.clone(),
            class,
            region,
            elements,
            element_size: size.unwrap_or(0),
        });
        at = region.end;
    }
    at
}

/// Classes and element counts by key, as the persistent ids say.
fn declared(machine: &Machine<'_>) -> HashMap<String, (GlobalName, Option<u64>)> {
    let mut declared = HashMap::new();
    for id in &machine.log.persistent {
        let Shape::Tuple(parts) = &id.id else { continue };
        if let [Shape::Text { head, .. }, Shape::Global(class), Shape::Text { head: key, .. }, _, rest @ ..] =
            parts.as_slice()
            && head == "storage"
        {
            let elements = match rest.first() {
                Some(Shape::Int(elements)) => u64::try_from(*elements).ok(),
                _ => None,
            };
            declared.entry(key.clone()).or_insert_with(|| (class.clone(), elements));
        }
    }
    declared
}

/// Bytes per element of a storage class.
pub fn element_size(class: &str) -> Option<u64> {
    Some(match class.strip_suffix("Storage")? {
        "ComplexDouble" => 16,
        "Double" | "Long" | "ComplexFloat" => 8,
        "Float" | "Int" | "QInt32" => 4,
        "Half" | "BFloat16" | "Short" => 2,
        "Byte" | "Char" | "Bool" | "QInt8" | "QUInt8" | "QUInt4x2" | "QUInt2x4" | "Untyped" | "_Untyped" => 1,
        _ => return None,
    })
}
