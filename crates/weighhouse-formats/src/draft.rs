//! A reading under construction, for parsers whose input may be wrong in a million places: faults of one kind are
//! reported one by one up to a bound and counted beyond it, so that a hostile file cannot turn faults into memory.

use std::collections::BTreeMap;

use crate::bounded::Exhausted;
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};

/// Faults of one kind that are reported one by one.
const MOST: u64 = 32;

/// What a parser has so far, apart from its facts.
#[derive(Debug)]
pub(crate) struct Draft {
    parsed: Parsed,
    counts: BTreeMap<Fault, u64>,
    over: bool,
}

impl Draft {
    /// Nothing yet.
    pub(crate) fn new(format: Format, facts: Facts) -> Self {
        Self { parsed: Parsed::new(format, facts, Claims::new()), counts: BTreeMap::new(), over: false }
    }

    /// Explains a region.
    pub(crate) fn claim(&mut self, region: Region) {
        self.parsed.reading.claims.claim(region);
    }

    /// Records a structural fault.
    pub(crate) fn fault(
        &mut self,
        kind: Fault,
        region: impl Into<Option<Region>>,
        detail: impl Into<String>,
    ) {
        let count = self.counts.entry(kind).or_default();
        *count = count.saturating_add(1);
        if *count <= MOST {
            self.parsed.fault(kind, region, detail);
        }
    }

    /// Records something not looked at.
    pub(crate) fn gap(
        &mut self,
        reason: GapReason,
        region: impl Into<Option<Region>>,
        detail: impl Into<String>,
    ) {
        self.parsed.gap(reason, region, detail);
    }

    /// Records, once, that more facts were found than are kept.
    pub(crate) fn too_many(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.parsed.gaps.push(Exhausted::Facts.into());
        }
    }

    /// Adds something to be inspected in turn.
    pub(crate) fn child(&mut self, child: crate::node::Child) {
        self.parsed.children.push(child);
    }

    /// Completes the reading.
    pub(crate) fn finish(mut self, facts: Facts) -> Parsed {
        for (kind, count) in std::mem::take(&mut self.counts) {
            if count > MOST {
                let more = count.saturating_sub(MOST);
                self.parsed.fault(kind, None, format!("{more} more faults of this kind"));
            }
        }
        self.parsed.reading.facts = facts;
        self.parsed
    }
}

/// The extents of tensors in a file, looked at together once all are known.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    extents: Vec<Region>,
}

impl Layout {
    /// Adds the bytes of one tensor; an empty one takes none.
    pub(crate) fn push(&mut self, region: Region) {
        if !region.is_empty() {
            self.extents.push(region);
        }
    }

    /// Claims all extents, and reports those that share bytes or leave the file of `len` bytes.
    pub(crate) fn settle(mut self, draft: &mut Draft, len: u64) {
        self.extents.sort_unstable();
        let mut reached = 0;
        for extent in self.extents {
            if extent.start < reached {
                draft.fault(
                    Fault::Overlap,
                    extent,
                    format!("the tensor data at {extent} shares bytes with the tensor before it"),
                );
            }
            if extent.end > len {
                draft.fault(
                    Fault::Truncated,
                    extent,
                    format!("tensor data is declared at {extent}, but the file has {len} bytes"),
                );
            }
            reached = reached.max(extent.end);
            draft.claim(extent);
        }
    }
}
