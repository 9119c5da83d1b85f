//! Bills of materials that come with a target: CycloneDX (JSON) and SPDX (2.x as JSON and text, 3.0 as JSON-LD). Packages are known by their
//! package URL and by nothing else: a name without its ecosystem matches by chance.

use std::str::FromStr as _;

use packageurl::PackageUrl;

use super::package::{Confidence, Found, Wanted};
use super::tree::Tree;
use crate::advisories::Ecosystem;

/// Components that are walked.
const MOST: usize = 1_000_000;

/// The kind of a bill, by its beginning: a reason to read it whole.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    let head: String = text.chars().take(8_192).filter(|c| !c.is_whitespace()).collect();
    if head.starts_with("SPDXVersion:") {
        return Some("SPDX text");
    }
    if !head.starts_with('{') {
        return None;
    }
    [("\"bomFormat\":\"CycloneDX\"", "CycloneDX"), ("\"spdxVersion\":", "SPDX"), ("spdx.org/rdf/3", "SPDX 3")]
        .into_iter()
        .find_map(|(sign, kind)| head.contains(sign).then_some(kind))
}

/// CycloneDX: components within components.
pub(super) fn cyclonedx(found: &mut Found, tree: &Tree) {
    let mut open: Vec<&Tree> =
        tree.items("components").iter().chain(tree.at(&["metadata", "component"])).collect();
    let mut walked = 0_usize;
    while let Some(component) = open.pop() {
        walked = walked.saturating_add(1);
        if walked > MOST {
            return found.unreadable(component.line, "it names too many components; the rest was left out");
        }
        if let Some(purl) = component.word("purl") {
            package(found, purl, component.word("version"), component.line);
        }
        open.extend(component.items("components"));
    }
    found.packages.sort();
}

/// SPDX 2.2 and 2.3 as JSON.
pub(super) fn spdx(found: &mut Found, tree: &Tree) {
    for item in tree.items("packages") {
        for reference in item.items("externalRefs") {
            let kind = reference.word("referenceType").unwrap_or_default();
            if let Some(purl) = reference.word("referenceLocator").filter(|_| kind.ends_with("purl")) {
                package(found, purl, item.word("versionInfo"), reference.line);
            }
        }
    }
}

/// SPDX 2.x as lines of tags and values.
pub(super) fn spdx_text(found: &mut Found, text: &str) {
    let mut version: Option<&str> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        match line.split_once(':') {
            Some(("PackageName", _)) => version = None,
            Some(("PackageVersion", value)) => version = Some(value.trim()),
            Some(("ExternalRef", value)) => {
                if let [_, "purl", purl] = value.split_whitespace().collect::<Vec<_>>().as_slice() {
                    package(found, purl, version, number);
                }
            }
            _ => {}
        }
    }
}

/// SPDX 3.0 as JSON-LD.
pub(super) fn spdx3(found: &mut Found, tree: &Tree) {
    for element in tree.items("@graph") {
        let version = element.word("software_packageVersion");
        let identifiers = element.items("externalIdentifier").iter();
        let identifiers = identifiers.filter(|one| {
            one.word("externalIdentifierType").is_some_and(|kind| kind.eq_ignore_ascii_case("packageurl"))
        });
        let purl = element.word("software_packageUrl");
        if let Some(purl) = purl.or_else(|| identifiers.clone().find_map(|one| one.word("identifier"))) {
            package(found, purl, version, element.line);
        }
    }
}

/// The package that a package URL names.
fn package(found: &mut Found, purl: &str, version: Option<&str>, line: u32) {
    let Ok(url) = PackageUrl::from_str(purl) else {
        let shown = weighhouse_core::printable::printable_within(purl, 120);
        return found.unreadable(line, format!("`{shown}` is no package URL"));
    };
    let Some((ecosystem, name)) = Ecosystem::named(&url) else { return };
    let version = url.version().or(version).map(str::to_owned);
    // Go writes its versions with a `v`, OSV without.
    let version = version.map(|text| match ecosystem {
        Ecosystem::Go => text.strip_prefix('v').map(str::to_owned).unwrap_or(text),
        _ => text,
    });
    let confidence = if version.is_some() { Confidence::Pinned } else { Confidence::Declared };
    found.push(&ecosystem, &name, version.map_or(Wanted::Any, Wanted::Exact), confidence, line);
}
