//! Byte accounting: which parser explained which bytes.
//!
//! A parser claims the regions it understands. What nobody claimed — a prefix, a gap, a tail, a hidden member, the other
//! half of a polyglot — is *unexplained*, and that is one generic finding. It is what makes a pass mean something.

use std::fmt;

/// A half-open range of byte offsets, `start..end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// First byte.
    pub start: u64,
    /// One past the last byte; never below `start`.
    pub end: u64,
}

impl Region {
    /// The region `start..end`; empty if `end` lies before `start`.
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The region of `len` bytes at `start`, cut at the largest offset.
    pub fn at(start: u64, len: u64) -> Self {
        Self { start, end: start.saturating_add(len) }
    }

    /// Number of bytes.
    pub fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether both share a byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// The regions one parser explained, kept merged and sorted.
///
/// Neighbouring claims melt together, so a file read front to back costs one entry however many claims it makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    merged: Vec<Region>,
}

impl Claims {
    /// No claim yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything from 0 to `len`.
    pub fn whole(len: u64) -> Self {
        let mut claims = Self::new();
        claims.claim(Region::new(0, len));
        claims
    }

    /// Adds a region; overlapping an earlier claim is allowed here (overlaps that matter are the parser's to report).
    pub fn claim(&mut self, region: Region) {
        if region.is_empty() {
            return;
        }
        let from = self.merged.partition_point(|known| known.end < region.start);
        let to = self.merged.partition_point(|known| known.start <= region.end);
        let melted = self
            .merged
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .fold(region, |all, known| Region::new(all.start.min(known.start), all.end.max(known.end)));
        self.merged.splice(from..to.max(from), [melted]);
    }

    /// The claimed regions, ascending, disjoint and not touching.
    pub fn regions(&self) -> &[Region] {
        &self.merged
    }

    /// What of a region was not claimed, ascending.
    pub fn gaps(&self, region: Region) -> Vec<Region> {
        let (mut gaps, mut position) = (Vec::new(), region.start);
        let from = self.merged.partition_point(|known| known.end <= region.start);
        for known in self.merged.iter().skip(from).take_while(|known| known.start < region.end) {
            if known.start > position {
                gaps.push(Region::new(position, known.start));
            }
            position = position.max(known.end);
        }
        if position < region.end {
            gaps.push(Region::new(position, region.end));
        }
        gaps
    }

    /// The regions of `0..len` that were not claimed, ascending.
    pub fn unexplained(&self, len: u64) -> Vec<Region> {
        let mut gaps = Vec::new();
        let mut position = 0;
        for region in &self.merged {
            if region.start >= len {
                break;
            }
            if region.start > position {
                gaps.push(Region::new(position, region.start));
            }
            position = position.max(region.end);
        }
        if position < len {
            gaps.push(Region::new(position, len));
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn claims_and_gaps_partition_the_file(parts in prop::collection::vec((0_u64..200, 0_u64..40), 0..40), len in 0_u64..220) {
            let mut claims = Claims::new();
            let mut bytes = vec![false; len as usize];
            for (start, size) in parts {
                claims.claim(Region::at(start, size));
                for offset in start..(start + size).min(len) {
                    bytes[offset as usize] = true;
                }
            }
            for gap in claims.unexplained(len) {
                for offset in gap.start..gap.end {
                    prop_assert!(!bytes[offset as usize]);
                    bytes[offset as usize] = true;
                }
            }
            prop_assert!(bytes.into_iter().all(|seen| seen));
            let inner = Region::at(len / 3, len / 2);
            let cut = |gap: Region| Region::new(gap.start.max(inner.start), gap.end.min(inner.end));
            let expected: Vec<Region> = claims.unexplained(len).into_iter().map(cut).filter(|gap| !gap.is_empty()).collect();
            prop_assert_eq!(claims.gaps(inner), expected);
            prop_assert!(claims.regions().windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
