//! A reading under construction, for parsers whose input may be wrong in a million places: faults and gaps of one kind are
//! reported one by one up to a bound and counted beyond it, so that a hostile file cannot turn them into memory.

use std::collections::BTreeMap;

use base64::Engine;

use crate::bounded::{Budget, Exhausted};
use crate::format::{Family, Format};
use crate::node::{Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::{Memory, SharedSource};

/// Faults, or gaps, of one kind that are reported one by one.
const MOST: u64 = 32;

/// What a parser has so far, apart from its facts.
#[derive(Debug)]
pub(crate) struct Draft {
    parsed: Parsed,
    counts: BTreeMap<Fault, u64>,
    gaps: BTreeMap<GapReason, u64>,
    over: bool,
}

impl Draft {
    /// Nothing yet.
    pub(crate) fn new(format: Format, facts: Facts) -> Self {
        Self {
            parsed: Parsed::new(format, facts, Claims::new()),
            counts: BTreeMap::new(),
            gaps: BTreeMap::new(),
            over: false,
        }
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
        let count = self.gaps.entry(reason).or_default();
        *count = count.saturating_add(1);
        if *count <= MOST {
            self.parsed.gap(reason, region, detail);
        }
    }

    /// What nothing has explained so far, of `len` bytes.
    pub(crate) fn unexplained(&self, len: u64) -> Vec<Region> {
        self.parsed.reading.claims.unexplained(len)
    }

    /// Records, once, that more facts were found than are kept.
    pub(crate) fn too_many(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.parsed.gaps.push(Exhausted::Facts.into());
        }
    }

    /// Whether one more fact of a kind of which `kept` are there may be kept; records it once if not.
    pub(crate) fn room(&mut self, kept: usize, budget: &Budget) -> bool {
        let room = kept < budget.limits().facts;
        if !room {
            self.too_many();
        }
        room
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
        for (reason, count) in std::mem::take(&mut self.gaps) {
            if count > MOST {
                let more = count.saturating_sub(MOST);
                self.parsed.gap(reason, None, format!("{more} more gaps of this kind"));
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
    /// Adds the `len` bytes of one tensor, `offset` bytes behind the start of the data, and returns their region. An empty
    /// tensor takes none; offsets that no file can have are a fault.
    pub(crate) fn push(&mut self, data: u64, offset: u64, len: u64, draft: &mut Draft) -> Region {
        let start = data.checked_add(offset);
        let Some((start, end)) = start.zip(start.and_then(|start| start.checked_add(len))) else {
            let detail = format!("tensor data is declared at offset {offset}, where no file can have any");
            draft.fault(Fault::Impossible, None, detail);
            return Region::at(u64::MAX, 0);
        };
        let region = Region::new(start, end);
        if !region.is_empty() {
            self.extents.push(region);
        }
        region
    }

    /// Claims all extents, and reports those that share bytes, and as `beyond` those that leave the file of `len` bytes. Returns them
    /// sorted.
    pub(crate) fn settle(mut self, draft: &mut Draft, len: u64, beyond: Fault) -> Vec<Region> {
        self.extents.sort_unstable();
        let mut reached = 0;
        for extent in self.extents.iter().copied() {
            if extent.start < reached {
                draft.fault(
                    Fault::Overlap,
                    extent,
                    format!("the tensor data at {extent} shares bytes with the tensor before it"),
                );
            }
            if extent.end > len {
                draft.fault(
                    beyond,
                    extent,
                    format!("tensor data is declared at {extent}, but the file has {len} bytes"),
                );
            }
            reached = reached.max(extent.end);
            draft.claim(extent);
        }
        self.extents
    }
}

/// Whether bytes found in a place meant for something else have a structure of their own: a payload, not a value.
pub(crate) fn structured(source: &SharedSource) -> bool {
    crate::identify::identify("", source).into_iter().any(|candidate| {
        candidate.strength == Strength::Certain && candidate.format != Format::Empty
            || candidate.format.family() == Family::Executable
    })
}

/// The bytes behind a text that is base64 (or a `data:` address) of something that has a structure of its own.
pub(crate) fn encoded(text: &str) -> Option<Vec<u8>> {
    let text = match text.split_once(";base64,") {
        Some((address, rest)) if address.starts_with("data:") => rest,
        _ => text,
    };
    let packed: String = text.split_ascii_whitespace().collect();
    let standard = packed.replace('-', "+").replace('_', "/");
    let unpadded = standard.trim_end_matches('=');
    if unpadded.len() < 24 {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(unpadded).ok()?;
    structured(&Memory::shared(bytes.clone())).then_some(bytes)
}

/// The longest beginning of at most `limit` bytes.
pub(crate) fn head(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// Text from a file for the reader of a message: bounded, nothing in it acts on a terminal.
pub(crate) fn show(text: &str) -> String {
    head(text, 200).escape_debug().to_string()
}

/// A hash of a name, the same in every run.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hasher::write(&mut hasher, bytes);
    std::hash::Hasher::finish(&hasher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_and_gaps_without_number_are_counted() {
        let mut draft = Draft::new(Format::GitObject, Facts::GitObject);
        for _ in 0..100_000 {
            draft.fault(Fault::Malformed, None, "wrong");
            draft.gap(GapReason::Damaged, None, "not read");
        }
        draft.gap(GapReason::Encrypted, None, "sealed");
        let parsed = draft.finish(Facts::GitObject);
        assert_eq!(parsed.reading.irregularities.len() as u64, MOST + 1);
        assert_eq!(parsed.gaps.len() as u64, MOST + 2);
        assert!(parsed.gaps.iter().any(|gap| gap.detail == "99968 more gaps of this kind"));
    }
}
