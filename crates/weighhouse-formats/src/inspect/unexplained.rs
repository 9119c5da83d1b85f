//! Byte accounting of a node: what the best reading left over.

use crate::format::Format;
use crate::identify::identify;
use crate::node::{Node, Strength, Unexplained, UnexplainedPlace};
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
