//! Findings and coverage gaps that came or went. Offsets and lines are no part of what makes two of them the same.

use std::collections::BTreeMap;

use weighhouse_core::{CoverageGap, Finding, Inspection, Location};

/// New paths of renamed files, by the old ones.
type Renamed<'a> = BTreeMap<&'a str, &'a str>;

/// What makes two findings the same: rule, severity, file and member, and the key (or the headline, if there is none).
fn finding_key<'a>(
    finding: &'a Finding,
    renamed: &Renamed<'a>,
) -> (&'a str, u8, &'a str, &'a [String], &'a str) {
    let told = finding.location.key.as_deref().unwrap_or(&finding.headline);
    let (file, members) = place(&finding.location, renamed);
    (finding.rule.id, finding.severity as u8, file, members, told)
}

fn gap_key<'a>(gap: &'a CoverageGap, renamed: &Renamed<'a>) -> (&'a str, &'a str, &'a [String]) {
    let (file, members) = place(&gap.location, renamed);
    (gap.reason, file, members)
}

fn place<'a>(location: &'a Location, renamed: &Renamed<'a>) -> (&'a str, &'a [String]) {
    let file = location.file.as_str();
    (renamed.get(file).copied().unwrap_or(file), &location.members)
}

/// Findings gained and lost. One that a waiver accepts is neither.
pub(super) fn findings(
    old: &Inspection,
    new: &Inspection,
    renamed: &Renamed<'_>,
) -> (Vec<Finding>, Vec<Finding>) {
    let none = Renamed::new();
    let active = |finding: &Finding| finding.waived.is_none();
    let gained =
        surplus(&new.findings, |f| finding_key(f, &none), &old.findings, |f| finding_key(f, renamed), active);
    let lost =
        surplus(&old.findings, |f| finding_key(f, renamed), &new.findings, |f| finding_key(f, &none), active);
    (gained, lost)
}

/// Gaps gained and lost.
pub(super) fn gaps(
    old: &Inspection,
    new: &Inspection,
    renamed: &Renamed<'_>,
) -> (Vec<CoverageGap>, Vec<CoverageGap>) {
    let none = Renamed::new();
    let active = |gap: &CoverageGap| !gap.waived;
    let gained = surplus(&new.gaps, |g| gap_key(g, &none), &old.gaps, |g| gap_key(g, renamed), active);
    let lost = surplus(&old.gaps, |g| gap_key(g, renamed), &new.gaps, |g| gap_key(g, &none), active);
    (gained, lost)
}

/// The elements of `these` that are more than `those` have of their key.
fn surplus<'a, T: Clone, K: Ord + 'a>(
    these: &'a [T],
    key: impl Fn(&'a T) -> K,
    those: &'a [T],
    other: impl Fn(&'a T) -> K,
    wanted: impl Fn(&T) -> bool,
) -> Vec<T> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for one in those {
        *counts.entry(other(one)).or_default() += 1;
    }
    let mut surplus = Vec::new();
    for one in these {
        match counts.get_mut(&key(one)).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None if wanted(one) => surplus.push(one.clone()),
            None => {}
        }
    }
    surplus
}
