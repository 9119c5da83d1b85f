//! Files of tensor data that ONNX models refer to: by themselves they match no format, the model explains them.
//!
//! What is explained to the last byte is no gap any more; what is not stays one, with its region. Zeros between tensors are
//! padding, and are looked at again for that.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use weighhouse_core::printable::printable;
use weighhouse_core::{CoverageGap, Finding, Location};
use weighhouse_formats::format::Format;
use weighhouse_formats::region::Region;
use weighhouse_formats::source::{FileSource, SharedSource, read_full};

use super::{Sum, coverage_of};
use crate::repository::external::{External, Place};
use crate::rules::coverage::not_inspected;
use crate::source::{EntryContent, Listing};

/// Regions of one file that are reported one by one.
const MOST: usize = 16;
/// Bytes between tensors that are looked at, per file: alignment is never more than pages.
const MOST_PADDING: u64 = 16 << 20;

/// Settles the gaps of all files that models refer to.
pub(super) fn settle(sum: &mut Sum, external: &External, listing: &Listing) {
    for (place, (len, claims)) in external.explained() {
        let location = location(&place);
        let open = sum.gaps.iter().position(|gap| gap.reason == "unknown-format" && gap.location == location);
        let Some(open) = open else { continue };
        let rest: Vec<Region> = claims.unexplained(len);
        let rest = beside_padding(rest, &place, listing);
        if rest.first() == Some(&Region::new(0, len)) {
            continue;
        }
        sum.gaps.remove(open);
        sum.findings.retain(|finding| !stands_for(finding, &location));
        for region in rest.iter().take(MOST) {
            let mut location = location.clone();
            location.bytes = Some((region.start, region.end));
            let detail = format!("{} bytes that no tensor of a model refers to", region.len());
            add(sum, CoverageGap { location, reason: "unknown-format", detail, waived: false });
        }
        relabel(sum, &place);
    }
    missing(sum, external);
}

/// The gaps of models whose data is not here, one for each file they name.
fn missing(sum: &mut Sum, external: &External) {
    let mut seen = BTreeSet::new();
    for (model, data) in external.missing() {
        if seen.insert((model, &data.location)) {
            let detail = format!("the external data `{}` is not here", data.location);
            let gap = CoverageGap {
                location: location(model),
                reason: "missing",
                detail: printable(&detail),
                waived: false,
            };
            add(sum, gap);
        }
    }
    let files: BTreeSet<&Place> = seen.into_iter().map(|(model, _)| model).collect();
    for model in files {
        let file = Place::file(&model.file);
        recount(sum, &file);
    }
}

fn add(sum: &mut Sum, gap: CoverageGap) {
    sum.findings.push(not_inspected::finding(&gap));
    sum.gaps.push(gap);
}

fn location(place: &Place) -> Location {
    Location {
        file: place.file.clone(),
        members: place.members.iter().map(|member| printable(member)).collect(),
        ..Location::default()
    }
}

/// Whether a finding stands for the gap of a file that matches no format.
fn stands_for(finding: &Finding, location: &Location) -> bool {
    use crate::rule::Described;
    let here = Location { key: Some("unknown-format".to_owned()), ..location.clone() };
    finding.rule.id == not_inspected::NotInspected.meta().id && finding.location == here
}

/// The file is what the model says: numbers.
fn relabel(sum: &mut Sum, place: &Place) {
    recount(sum, place);
    let record = sum.files.iter_mut().find(|record| place.members.is_empty() && record.path == place.file);
    if let Some(record) = record
        && record.format == Format::Unknown.name()
    {
        record.format = Format::TensorData.name();
    }
}

fn recount(sum: &mut Sum, place: &Place) {
    let gaps: Vec<CoverageGap> =
        sum.gaps.iter().filter(|gap| gap.location.file == place.file).cloned().collect();
    if let Some(record) = sum.files.iter_mut().find(|record| record.path == place.file) {
        record.coverage = coverage_of(&gaps);
    }
}

/// The regions that are not all zero. Members are not opened again, nor are files whose gaps are more than padding.
fn beside_padding(regions: Vec<Region>, place: &Place, listing: &Listing) -> Vec<Region> {
    let bytes: u64 = regions.iter().map(|region| region.len()).sum();
    let entry = listing.entries.iter().find(|entry| place.members.is_empty() && entry.path == place.file);
    let Some(entry) = entry.filter(|_| !regions.is_empty() && bytes <= MOST_PADDING) else { return regions };
    let source: Option<SharedSource> = match &entry.content {
        EntryContent::Spooled(source) => Some(Arc::clone(source)),
        EntryContent::File(path) => {
            let opened = File::open(path).and_then(FileSource::new);
            opened.ok().map(|source| Arc::new(source) as SharedSource)
        }
    };
    let Some(source) = source else { return regions };
    regions.into_iter().filter(|region| !is_zero(&source, *region)).collect()
}

fn is_zero(source: &SharedSource, region: Region) -> bool {
    let mut bytes = vec![0; usize::try_from(region.len()).unwrap_or(0)];
    read_full(source.as_ref(), region.start, &mut bytes).is_ok_and(|read| read as u64 == region.len())
        && bytes.iter().all(|byte| *byte == 0)
}
