//! The old tar form: `pickle`, with `storages` and `tensors` in files of their own, pickles and raw numbers in turn.
//!
//! Follows `legacy_load` in `torch/serialization.py`. The pickle parser has found the pickles in those files; here the raw
//! parts between them are measured, and explained if everything up to the end of the file fits.

use super::rebuild::storage_dtype;
use super::{Storage, TorchFacts, TorchForm};
use crate::format::Format;
use crate::node::{Candidate, Facts, Node, Reading, Strength};
use crate::pickle::{Ending, Shape, Stream};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, Slice, read_up_to};

/// Dimensions of a tensor.
const MOST_DIMENSIONS: u64 = 64;

/// Adds the reading if the members of a tar form a checkpoint.
pub(super) fn relate(node: &mut Node, source: &SharedSource) {
    let tar = node.readings.iter().any(|reading| matches!(reading.facts, Facts::Tar(_)));
    let has = |name: &str| node.children.iter().any(|child| named(child, name));
    if !tar || !["pickle", "storages", "tensors"].into_iter().all(has) {
        return;
    }
    let mut storages = Vec::new();
    for child in &mut node.children {
        let Some(region) = child.region else { continue };
        let content: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), region));
        if named(child, "storages") {
            walk(child, |stream, at| storage(stream, &content, at, &mut storages));
        } else if named(child, "tensors") {
            walk(child, |_, at| tensor(&content, at));
        }
    }
    let evidence = "pickles of objects, tensors and storages in a tar";
    node.candidates.insert(0, Candidate { format: Format::TorchTar, strength: Strength::Certain, evidence });
    node.readings.push(Reading {
        format: Format::TorchTar,
        facts: Facts::Torch(Box::new(TorchFacts {
            form: TorchForm::Tar,
            root: String::new(),
            records: Vec::new(),
            storages,
            orphans: Vec::new(),
            script: false,
            // Conversion does not read this form.
            tensors_only: false,
        })),
        claims: Claims::new(),
        irregularities: Vec::new(),
    });
}

fn named(child: &Node, name: &str) -> bool {
    child.name.strip_prefix("./").unwrap_or(&child.name) == name
}

/// Goes from pickle to pickle: a count, that many pickles each with raw data behind it, and perhaps a last pickle. `raw`
/// says where the raw data that follows a pickle ends.
fn walk(child: &mut Node, mut raw: impl FnMut(&Stream, u64) -> Option<u64>) {
    let len = child.len;
    let Some(reading) = child.readings.iter_mut().find(|reading| matches!(reading.facts, Facts::Pickle(_)))
    else {
        return;
    };
    let Facts::Pickle(facts) = &reading.facts else { return };
    let stream = |at: u64| {
        facts.streams.iter().find(|stream| stream.region.start == at && stream.ending == Ending::Stop)
    };
    let Some((count, mut at)) = stream(0).and_then(|first| match first.result {
        Shape::Int(count) => Some((count, first.region.end)),
        _ => None,
    }) else {
        return;
    };
    let mut explained = Vec::new();
    for _ in 0..count {
        let Some(found) = stream(at) else { return };
        let start = found.region.end;
        let Some(end) = raw(found, start).filter(|end| *end <= len) else { return };
        explained.push(Region::new(start, end));
        at = end;
    }
    at = stream(at).map_or(at, |last| last.region.end);
    if at != len {
        return;
    }
    let inside =
        |region: Region| explained.iter().any(|raw| raw.start <= region.start && region.end <= raw.end);
    reading.irregularities.retain(|fault| !fault.region.is_some_and(inside));
    child.gaps.retain(|gap| !gap.region.is_some_and(inside));
    child.unexplained.retain(|left| !inside(left.region));
    for region in &explained {
        reading.claims.claim(*region);
    }
}

/// `(key, location, class)`, then eight bytes of count and the elements.
fn storage(stream: &Stream, content: &SharedSource, at: u64, storages: &mut Vec<Storage>) -> Option<u64> {
    let Shape::Tuple(parts) = &stream.result else { return None };
    let [key, _, Shape::Global(class)] = parts.as_slice() else { return None };
    let elements = number(content, at)?;
    let start = at.checked_add(8)?;
    let end = start.checked_add(elements.checked_mul(storage_dtype(&class.name)?.size)?)?;
    storages.push(Storage {
        key: match key {
            Shape::Int(key) => key.to_string(),
            Shape::Text { head, .. } => head.clone(),
            _ => String::new(),
        },
        class: class.name.clone(),
        declared_elements: elements,
        found: None,
        found_len: Some(end.saturating_sub(start)),
    });
    Some(end)
}

/// Eight bytes of which four count the dimensions, then sizes, strides and offset of eight bytes each.
fn tensor(content: &SharedSource, at: u64) -> Option<u64> {
    let dimensions = number(content, at)? & 0xffff_ffff;
    let numbers = (dimensions <= MOST_DIMENSIONS).then(|| dimensions.saturating_mul(2).saturating_add(2))?;
    at.checked_add(numbers.saturating_mul(8))
}

fn number(content: &SharedSource, at: u64) -> Option<u64> {
    read_up_to(content.as_ref(), at, 8).ok()?.first_chunk().copied().map(u64::from_le_bytes)
}
