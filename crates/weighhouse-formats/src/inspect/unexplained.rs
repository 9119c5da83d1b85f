//! Byte accounting of a node: what the best reading left over.

use crate::format::Format;
use crate::identify::identify;
use crate::node::{Child, Content, Node, Strength, Unexplained, UnexplainedPlace};
use crate::region::Region;
use crate::source::{SharedSource, Slice, is_zero};

/// Regions looked at one by one; more are summed up by the first ones.
const MOST: usize = 64;

/// Fills [`Node::unexplained`].
pub(super) fn account(node: &mut Node, source: &SharedSource) {
    let Some(best) = node.readings.iter().max_by_key(|reading| explained(reading.claims.regions(), node.len))
    else {
        return;
    };
    let all = best.claims.unexplained(node.len);
    node.unexplained = all.into_iter().take(MOST).map(|region| describe(region, node.len, source)).collect();
}

/// What no reading explains but has a form of its own, to be inspected in turn: a model behind a program, a pickle behind tensors.
pub(super) fn children(node: &Node) -> Vec<Child> {
    let read = |region: &Region| {
        let within = |claim: &Region| claim.start <= region.start && region.end <= claim.end;
        node.readings.iter().any(|reading| reading.claims.regions().iter().any(within))
    };
    let formed = |part: &&Unexplained| {
        !part.looks_like.is_empty() && part.place != UnexplainedPlace::Whole && !read(&part.region)
    };
    let child = |part: &Unexplained| Child {
        name: format!("bytes@{}", part.region.start),
        content: Content::Stored { region: part.region, crc32: None },
        known: None,
    };
    node.unexplained.iter().filter(formed).map(child).collect()
}

fn explained(regions: &[Region], len: u64) -> u64 {
    regions.iter().map(|region| Region::new(region.start.min(len), region.end.min(len)).len()).sum()
}

fn describe(region: Region, len: u64, source: &SharedSource) -> Unexplained {
    let place = match (region.start == 0, region.end == len) {
        (true, true) => UnexplainedPlace::Whole,
        (true, false) => UnexplainedPlace::Prefix,
        (false, true) => UnexplainedPlace::Tail,
        (false, false) => UnexplainedPlace::Gap,
    };
    let zeros = is_zero(source.as_ref(), region).unwrap_or(false);
    let looks_like = if zeros { Vec::new() } else { formats_of(region, source) };
    Unexplained { region, place, zeros, looks_like }
}

fn formats_of(region: Region, source: &SharedSource) -> Vec<Format> {
    let slice: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), region));
    identify("", &slice)
        .into_iter()
        .filter(|candidate| candidate.strength == Strength::Certain)
        .map(|candidate| candidate.format)
        .collect()
}
