//! Byte accounting of a node: what the best reading left over.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::identify::identify;
use crate::node::{Child, Content, Gap, GapReason, Node, Strength, Unexplained, UnexplainedPlace};
use crate::region::Region;
use crate::source::{SharedSource, Slice, is_zero};
use crate::{forms, strings};

/// Regions kept that have no form of their own, and as many of those that have; more are summed up by the first ones.
const MOST: usize = 64;
/// What a look at one region costs, in steps.
const LOOK: u64 = 16 << 10;

/// Fills [`Node::unexplained`].
pub(super) fn account(node: &mut Node, source: &SharedSource, budget: &Budget) {
    let Some(best) = node.readings.iter().max_by_key(|reading| explained(reading.claims.regions(), node.len))
    else {
        return;
    };
    let all = best.claims.unexplained(node.len);
    let holed = best.format == Format::Hdf5;
    let searched = catch_unwind(AssertUnwindSafe(|| parts(&all, node.len, source, budget)));
    let (parts, limit) = searched.unwrap_or_default();
    node.unexplained = parts;
    node.gaps.extend(limit.map(Gap::from));
    if holed {
        texts(node, &all, source, budget);
    }
}

/// Texts where nothing refers to: what a library deleted, or what somebody put there.
fn texts(node: &mut Node, all: &[Region], source: &SharedSource, budget: &Budget) {
    match strings::within(source, all, Format::Hdf5, budget) {
        Ok((reading, whole)) => {
            node.readings.extend(reading);
            if !whole {
                let detail = "more texts where nothing refers to than are searched".to_owned();
                node.gaps.push(Gap { reason: GapReason::NotInspected, region: None, detail });
            }
        }
        Err(limit) => node.gaps.push(limit.into()),
    }
}

/// What the regions are. All of them are looked at: the first ones may be there to be looked at.
fn parts(
    all: &[Region],
    len: u64,
    source: &SharedSource,
    budget: &Budget,
) -> (Vec<Unexplained>, Option<Exhausted>) {
    let (mut kept, mut plain, mut formed) = (Vec::new(), 0, 0);
    for region in all {
        let found = budget.steps(LOOK).and_then(|()| split(*region, len, source, budget));
        let (parts, limit) = match found {
            Ok(parts) => (parts, None),
            Err(limit) => (vec![describe(*region, len, source)], Some(limit)),
        };
        for part in parts {
            let count = if part.looks_like.is_empty() { &mut plain } else { &mut formed };
            *count += 1_usize;
            if *count <= MOST {
                kept.push(part);
            }
        }
        if limit.is_some() {
            return (kept, limit);
        }
    }
    (kept, None)
}

/// A gap is divided where something begins that has a form of its own.
fn split(
    region: Region,
    len: u64,
    source: &SharedSource,
    budget: &Budget,
) -> Result<Vec<Unexplained>, Exhausted> {
    let whole = describe(region, len, source);
    if whole.zeros || whole.place != UnexplainedPlace::Gap || !whole.looks_like.is_empty() {
        return Ok(vec![whole]);
    }
    let Some((found, formats)) = forms::first(source, region, budget)? else { return Ok(vec![whole]) };
    let mut parts = vec![Unexplained { region: found, looks_like: formats, ..whole }];
    let rest = [Region::new(region.start, found.start), Region::new(found.end, region.end)];
    let rest = rest.into_iter().filter(|rest| !rest.is_empty());
    parts
        .extend(rest.map(|rest| Unexplained { place: UnexplainedPlace::Gap, ..describe(rest, len, source) }));
    parts.sort_by_key(|part| part.region.start);
    Ok(parts)
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
