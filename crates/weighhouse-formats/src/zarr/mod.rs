//! Arrays of zarr and references of kerchunk: documents that say how the data beside them is read.
//!
//! A relation, not a format of its own: the document was read as JSON, and is read here once more as zarr (2 and 3, single or
//! consolidated) and fsspec's reference file system read it. A chunk is a file or member whose name the shape of its array explains.

mod array;
mod references;

#[cfg(test)]
mod tests;

pub use array::{Codec, ZarrArray};
pub use references::Reference;

use std::collections::BTreeMap;

use crate::bounded::{Budget, Exhausted};
use crate::format::Family;
use crate::format::Format;
use crate::json::Value;
use crate::node::{Facts, GapReason, Node, Reading};
use crate::region::Claims;

/// What such a document declares.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ZarrFacts {
    /// Arrays, by their paths from the folder of the document.
    pub arrays: Vec<ZarrArray>,
    /// Where data is taken from, each place once.
    pub references: Vec<Reference>,
}

/// Names under which zarr keeps the description of an array.
const ARRAY: &[&str] = &[".zarray", "zarr.json"];

/// Adds what documents say, and explains the chunks of arrays in archives.
pub(crate) fn relate(node: &mut Node, budget: &Budget) {
    let most = budget.limits().facts;
    let documents = node.readings.iter().filter_map(|reading| match &reading.facts {
        Facts::Json(facts) => facts.value.as_ref(),
        _ => None,
    });
    let found: Vec<(ZarrFacts, bool)> = documents.filter_map(|root| read(root, most, budget)).collect();
    for (facts, over) in found {
        if over {
            node.gaps.push(Exhausted::Facts.into());
        }
        node.readings.push(Reading {
            format: Format::Json,
            facts: Facts::Zarr(Box::new(facts)),
            claims: Claims::whole(node.len),
            irregularities: Vec::new(),
        });
    }
    chunks(node);
}

/// What a document declares, and whether there is more than is kept; nothing if it is of another kind.
fn read(root: &Value, most: usize, budget: &Budget) -> Option<(ZarrFacts, bool)> {
    let mut facts = ZarrFacts::default();
    let mut over = array::of_document(root, "", most, &mut facts.arrays);
    over |= references::of_document(root, most, budget, &mut facts);
    (!facts.arrays.is_empty() || !facts.references.is_empty()).then_some((facts, over))
}

/// Members that are chunks of an array whose description is a member, too.
fn chunks(node: &mut Node) {
    let described = node.children.iter().flat_map(|child| {
        let facts = child.readings.iter().filter_map(|reading| match &reading.facts {
            Facts::Zarr(facts) => Some(&facts.arrays),
            _ => None,
        });
        let folder = child.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        facts.flatten().map(move |array| (join(folder, &array.path), array.clone()))
    });
    let arrays: BTreeMap<String, ZarrArray> = described.filter(|(_, array)| array.is_numbers()).collect();
    if arrays.is_empty() {
        return;
    }
    for child in &mut node.children {
        if holder(&child.name, |folder| arrays.get(folder)).is_some() {
            explain(child);
        }
    }
}

/// `a` and `b` as one path.
pub fn join(a: &str, b: &str) -> String {
    if a.is_empty() || b.is_empty() { format!("{a}{b}") } else { format!("{a}/{b}") }
}

/// The array that the file of this name is a chunk of, among those that `find` knows by their folders.
pub fn holder<'a>(name: &str, find: impl Fn(&str) -> Option<&'a ZarrArray>) -> Option<&'a ZarrArray> {
    let ends = name.match_indices('/').map(|(at, _)| at).rev().take(array::MOST_DIMENSIONS.saturating_add(1));
    ends.chain(std::iter::once(0)).find_map(|at| {
        let folder = name.get(..at)?;
        let key = name.get(at..)?.trim_start_matches('/');
        find(folder).filter(|array| array.has_chunk(key))
    })
}

/// A chunk is numbers, packed or not: what it begins like means nothing unless it runs.
fn explain(node: &mut Node) {
    node.unexplained
        .retain(|part| part.looks_like.iter().any(|format| format.family() == Family::Executable));
    for reading in &mut node.readings {
        if matches!(reading.facts, Facts::Compressed(_)) {
            reading.irregularities.clear();
        }
    }
    if node.gaps.iter().any(|gap| gap.reason == GapReason::UnknownFormat) {
        crate::inspect::numbers::explain(node, "a chunk of an array");
    }
    node.children.iter_mut().for_each(explain);
}
