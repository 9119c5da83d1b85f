//! Byte accounting of a node: what the best reading left over.

use crate::format::Format;
use crate::identify::identify;
use crate::node::{Node, Strength, Unexplained, UnexplainedPlace};
use crate::region::Region;
use crate::source::{SharedSource, Slice, read_full};

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
    let zeros = all_zero(region, source);
    let looks_like = if zeros { Vec::new() } else { formats_of(region, source) };
    Unexplained { region, place, zeros, looks_like }
}

fn all_zero(region: Region, source: &SharedSource) -> bool {
    let mut window = vec![0; 64 * 1024];
    let mut at = region.start;
    while at < region.end {
        let room = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX).min(window.len());
        let Some(part) = window.get_mut(..room) else { return false };
        match read_full(source.as_ref(), at, part) {
            Ok(0) => return true,
            Ok(count) if part.get(..count).is_some_and(|read| read.iter().all(|byte| *byte == 0)) => {
                at = at.saturating_add(count as u64);
            }
            _ => return false,
        }
    }
    true
}

fn formats_of(region: Region, source: &SharedSource) -> Vec<Format> {
    let slice: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), region));
    identify("", &slice)
        .into_iter()
        .filter(|candidate| candidate.strength == Strength::Certain)
        .map(|candidate| candidate.format)
        .collect()
}
