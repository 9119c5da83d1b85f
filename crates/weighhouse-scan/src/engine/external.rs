//! Files of tensor data that models refer to, and chunks of arrays: by themselves they match no format, the model or the description
//! of the array explains them.
//!
//! What is explained to the last byte is no gap any more; what is not stays one, with its region. Zeros between tensors are
//! padding, and are looked at again for that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;

use weighhouse_core::printable::printable;
use weighhouse_core::{CoverageGap, Finding, Location, Severity};
use weighhouse_formats::format::Format;
use weighhouse_formats::region::Region;
use weighhouse_formats::source::{FileSource, SharedSource, is_zero};

use super::{Sum, coverage_of};
use crate::repository::external::{External, Place};
use crate::rule::Described;
use crate::rules::coverage::not_inspected;
use crate::rules::structure::unexplained_bytes;
use crate::source::{Entry, EntryContent, Listing};

/// Regions of one file that are reported one by one.
const MOST: usize = 16;
/// Bytes between tensors that are looked at, per file: alignment is never more than pages.
const MOST_PADDING: u64 = 16 << 20;

/// Settles the gaps of all files that models refer to.
pub(super) fn settle(sum: &mut Sum, external: &External, listing: &Listing) {
    let explained = external.explained();
    if explained.is_empty() && external.models.is_empty() && !external.has_arrays() {
        return;
    }
    let entries: BTreeMap<&str, &Entry> =
        listing.entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let open: BTreeSet<Place> =
        sum.gaps.iter().filter(|gap| is_open(gap)).map(|gap| place(&gap.location)).collect();
    // What a chunk holds is numbers, also where it is unpacked.
    let mut settled: BTreeSet<Place> =
        open.iter().filter(|place| external.is_chunk(&place.file)).cloned().collect();
    let mut left = databases(sum, external);
    // Nor does it matter what the numbers begin like, unless that runs.
    sum.findings.retain(|finding| {
        let file = &finding.location.file;
        let numbers = external.is_chunk(file) || external.is_of_database(file);
        finding.rule.family() != "FMT" || finding.severity == Severity::Critical || !numbers
    });
    for (place, (len, claims)) in explained.into_iter().filter(|(place, _)| open.contains(place)) {
        let rest = claims.unexplained(len);
        if rest.first() == Some(&Region::new(0, len)) {
            continue;
        }
        let entry = entries.get(place.file.as_str()).filter(|_| place.members.is_empty());
        for region in without_padding(rest, entry.copied()).iter().take(MOST) {
            let bytes = Some((region.start, region.end));
            let detail = format!("{} bytes that no tensor of a model refers to", region.len());
            let location = Location { bytes, ..location(&place) };
            sum.findings.push(unexplained_bytes::unreferenced(&location, region.len()));
            left.push(CoverageGap { location, reason: "unknown-format", detail, waived: false });
        }
        settled.insert(place);
    }
    sum.gaps.retain(|gap| !is_open(gap) || !settled.contains(&place(&gap.location)));
    sum.findings.retain(|finding| !stands_for(finding) || !settled.contains(&place(&finding.location)));
    left.extend(missing(external));
    sum.findings.extend(left.iter().map(not_inspected::finding));
    sum.gaps.extend(left);
    relabel(sum, &settled);
}

/// Gaps for the files of databases, whose parts follow one another as only the database knows.
fn databases(sum: &Sum, external: &External) -> Vec<CoverageGap> {
    let whole = |path: &str| {
        sum.gaps.iter().any(|gap| {
            gap.location.file == path && gap.location.members.is_empty() && gap.location.bytes.is_none()
        })
    };
    let files = sum.files.iter().filter(|file| external.is_of_database(&file.path) && !whole(&file.path));
    let gap = |path: &str| CoverageGap {
        location: Location::file(path),
        reason: "not-inspected",
        detail: "data of OCDBT, which is not inspected".to_owned(),
        waived: false,
    };
    files.map(|file| gap(&file.path)).collect()
}

/// Whether a gap is that of a whole file or member that matches no format.
fn is_open(gap: &CoverageGap) -> bool {
    gap.reason == "unknown-format" && gap.location.bytes.is_none()
}

/// Whether a finding stands for such a gap.
fn stands_for(finding: &Finding) -> bool {
    finding.rule.id == not_inspected::NotInspected.meta().id
        && finding.location.bytes.is_none()
        && finding.location.key.as_deref() == Some("unknown-format")
}

/// The gaps of models whose data is not here, one for each file they name, where it is first named.
fn missing(external: &External) -> Vec<CoverageGap> {
    let mut missing: BTreeMap<(&Place, &str), Region> = BTreeMap::new();
    for (model, data) in external.missing() {
        missing.entry((model, &data.location)).or_insert(data.region);
    }
    let gap = |((model, path), region): ((&Place, &str), Region)| CoverageGap {
        location: Location { bytes: Some((region.start, region.end)), ..location(model) },
        reason: "missing",
        detail: printable(&format!("the external data `{path}` is not among the files inspected")),
        waived: false,
    };
    missing.into_iter().map(gap).collect()
}

/// The files that were settled are what the model says: numbers. Coverage follows the gaps there are now.
fn relabel(sum: &mut Sum, settled: &BTreeSet<Place>) {
    let mut gaps: BTreeMap<&str, Vec<CoverageGap>> = BTreeMap::new();
    for gap in &sum.gaps {
        gaps.entry(gap.location.file.as_str()).or_default().push(gap.clone());
    }
    for record in &mut sum.files {
        let gaps = gaps.remove(record.path.as_str()).unwrap_or_default();
        if settled.contains(&Place::file(&record.path)) && record.format == Format::Unknown.name() {
            record.format = Format::TensorData.name();
        }
        record.coverage = coverage_of(&gaps);
    }
}

/// The place of a gap or a finding.
fn place(location: &Location) -> Place {
    Place { file: location.file.clone(), members: location.members.clone() }
}

fn location(place: &Place) -> Location {
    Location {
        file: place.file.clone(),
        members: place.members.iter().map(|member| printable(member)).collect(),
        ..Location::default()
    }
}

/// The regions that are not all zero. Members are not opened again, nor are files whose gaps are more than padding.
fn without_padding(regions: Vec<Region>, entry: Option<&Entry>) -> Vec<Region> {
    let bytes: u64 = regions.iter().map(|region| region.len()).sum();
    let Some(entry) = entry.filter(|_| !regions.is_empty() && bytes <= MOST_PADDING) else { return regions };
    let source: Option<SharedSource> = match &entry.content {
        EntryContent::Spooled(source) => Some(Arc::clone(source)),
        EntryContent::File(path) => {
            let opened = File::open(path).and_then(FileSource::new);
            opened.ok().map(|source| Arc::new(source) as SharedSource)
        }
    };
    let Some(source) = source else { return regions };
    regions.into_iter().filter(|region| !is_zero(source.as_ref(), *region).unwrap_or(false)).collect()
}
