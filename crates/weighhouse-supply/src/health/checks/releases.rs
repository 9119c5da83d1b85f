//! Checks of releases: signatures and bills of materials.

use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::super::project::{Project, file_name};
use super::{Outcome, Verdict};

/// Releases that are looked at, newest first.
const RELEASES: usize = 5;
/// Characters of a name that are shown.
const SHOWN: usize = 80;

/// Signed-Releases: provenance is 10, a signature 8, the mean over the last five. A signed tag stands for a signed release.
pub(super) fn signed(project: &Project<'_>) -> Verdict {
    if let Some(releases) = project.snapshot.releases().filter(|releases| !releases.is_empty()) {
        let scores = releases.iter().take(RELEASES).map(|assets| release(assets));
        let (sum, count) = scores.fold((0_usize, 0_usize), |(sum, count), score| {
            (sum.saturating_add(usize::from(score)), count.saturating_add(1))
        });
        let signed = releases.iter().take(RELEASES).filter(|assets| release(assets) > 0).count();
        let score = sum.checked_div(count).and_then(|mean| u8::try_from(mean).ok()).unwrap_or_default();
        return Verdict::new(
            Outcome::Whole(score),
            format!("{signed} of the last {count} releases come with a signature"),
        );
    }
    let last: Vec<_> = project.tags.iter().take(RELEASES).collect();
    let Some(first) = last.first() else {
        return Verdict::nothing("no tags, and so no releases that a clone shows");
    };
    let signed = last.iter().filter(|tag| tag.signed.is_some()).count();
    let score = signed.saturating_mul(8).checked_div(last.len()).and_then(|mean| u8::try_from(mean).ok());
    let newest = printable_within(&first.name, SHOWN);
    let which = if first.signed.is_some() { "the newest" } else { "not the newest" };
    let reason = format!(
        "{signed} of the last {} tags are signed, {which} (`{newest}`); assets of releases are not in git",
        last.len()
    );
    Verdict::new(Outcome::Part(score.unwrap_or_default()), reason)
}

/// What the assets of a release are worth.
fn release(assets: &[String]) -> u8 {
    let ends =
        |endings: &[&str]| assets.iter().any(|name| endings.iter().any(|ending| name.ends_with(ending)));
    if ends(&[".intoto.jsonl"]) {
        10
    } else if ends(&[".minisig", ".asc", ".sig", ".sign", ".sigstore", ".sigstore.json"]) {
        8
    } else {
        0
    }
}

/// Whether a file is a bill of materials by its name.
fn is_sbom(name: &str) -> bool {
    let name = name.to_lowercase();
    let ends = [
        ".spdx",
        ".spdx.json",
        ".spdx.xml",
        ".spdx.yml",
        ".spdx.yaml",
        ".spdx.rdf",
        ".spdx.rdf.xml",
        ".cdx.json",
        ".cdx.xml",
    ];
    ends.iter().any(|end| name.ends_with(end))
        || matches!(name.as_str(), "bom.json" | "bom.xml" | "sbom.json" | "sbom.xml")
}

/// SBOM: in the source 5, with a release 10.
pub(super) fn sbom(project: &Project<'_>) -> Verdict {
    let releases = project.snapshot.releases().unwrap_or_default();
    if releases.iter().take(RELEASES).flatten().any(|asset| is_sbom(asset)) {
        return Verdict::new(Outcome::Whole(10), "a bill of materials comes with a release");
    }
    match project.files.keys().find(|path| is_sbom(file_name(path))) {
        Some(path) => {
            let reason = format!("`{}` is a bill of materials in the source", printable_within(path, SHOWN));
            Verdict::new(Outcome::Part(5), reason).at([Location::file(path.clone())])
        }
        None => Verdict::new(Outcome::Part(0), "no bill of materials in the source"),
    }
}
