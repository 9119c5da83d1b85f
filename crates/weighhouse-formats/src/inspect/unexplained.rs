//! Byte accounting of a node: what the best reading left over.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::identify::identify;
use crate::node::{Child, Content, Facts, Gap, GapReason, Node, Strength, Unexplained, UnexplainedPlace};
use crate::region::Region;
use crate::source::{SharedSource, Slice, is_zero};
use crate::{forms, hdf5, strings};

/// Regions kept that have no form of their own, and as many of those that have; more are summed up by the first ones.
const MOST: usize = 64;
/// What a look at one region costs, in steps.
const LOOK: u64 = 16 << 10;

/// The content, and what it says of its own extent.
struct Whole<'a> {
    source: &'a SharedSource,
    budget: &'a Budget,
    /// Where it ends by its own account, if what its library deletes stays where it was; otherwise zero.
    used: u64,
}

impl Whole<'_> {
    /// Whether a region is one that the library may have left.
    fn is_left(&self, region: Region) -> bool {
        region.end <= self.used
    }

    /// What nothing explains: what lies behind the end is not left by any library.
    fn parts(&self, regions: &[Region]) -> Vec<Region> {
        let cut = |region: &Region| match *region {
            Region { start, end } if start < self.used && self.used < end => {
                vec![Region::new(start, self.used), Region::new(self.used, end)]
            }
            region => vec![region],
        };
        regions.iter().flat_map(cut).collect()
    }
}

/// Fills [`Node::unexplained`].
pub(super) fn account(node: &mut Node, source: &SharedSource, budget: &Budget) {
    let Some(best) = node.readings.iter().max_by_key(|reading| explained(reading.claims.regions(), node.len))
    else {
        return;
    };
    let holed = best.format == Format::Hdf5;
    let used = match &best.facts {
        Facts::Hdf5(facts) => facts.end,
        _ => 0,
    };
    let whole = Whole { source, budget, used };
    let all = whole.parts(&best.claims.unexplained(node.len));
    let searched = catch_unwind(AssertUnwindSafe(|| parts(&all, &whole)));
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
fn parts(all: &[Region], whole: &Whole<'_>) -> (Vec<Unexplained>, Option<Exhausted>) {
    let (mut kept, mut plain, mut formed) = (Vec::new(), 0, 0);
    for region in all {
        let found = whole.budget.steps(LOOK).and_then(|()| split(*region, whole));
        let (parts, limit) = match found {
            Ok(parts) => (parts, None),
            Err(limit) => (vec![describe(*region, whole)], Some(limit)),
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
fn split(region: Region, whole: &Whole<'_>) -> Result<Vec<Unexplained>, Exhausted> {
    let all = describe(region, whole);
    if all.zeros || all.place != UnexplainedPlace::Gap || !all.looks_like.is_empty() {
        return Ok(vec![all]);
    }
    let Some((found, formats)) = forms::first(whole.source, region, packed(region, whole), whole.budget)?
    else {
        return Ok(vec![all]);
    };
    let mut parts = vec![Unexplained { region: found, looks_like: formats, ..all }];
    let rest = [Region::new(region.start, found.start), Region::new(found.end, region.end)];
    let rest = rest.into_iter().filter(|rest| !rest.is_empty());
    parts.extend(rest.map(|rest| Unexplained { place: UnexplainedPlace::Gap, ..describe(rest, whole) }));
    parts.sort_by_key(|part| part.region.start);
    Ok(parts)
}

/// What the library packs its own data with: what it left is unpacked by the parser, and says nothing by being packed.
fn packed(region: Region, whole: &Whole<'_>) -> &'static [Format] {
    if whole.is_left(region) { hdf5::PACKED } else { &[] }
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

fn describe(region: Region, whole: &Whole<'_>) -> Unexplained {
    let len = whole.source.len();
    let place = match (region.start == 0, region.end == len) {
        (true, true) => UnexplainedPlace::Whole,
        (true, false) => UnexplainedPlace::Prefix,
        (false, true) if !whole.is_left(region) => UnexplainedPlace::Tail,
        (false, _) => UnexplainedPlace::Gap,
    };
    let zeros = is_zero(whole.source.as_ref(), region).unwrap_or(false);
    let looks_like = if zeros { Vec::new() } else { formats_of(region, whole) };
    Unexplained { region, place, zeros, looks_like }
}

fn formats_of(region: Region, whole: &Whole<'_>) -> Vec<Format> {
    let slice: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(whole.source), region));
    identify("", &slice)
        .into_iter()
        .filter(|candidate| candidate.strength == Strength::Certain)
        .map(|candidate| candidate.format)
        .filter(|format| !packed(region, whole).contains(format))
        .collect()
}
