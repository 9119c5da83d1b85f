//! Packages as components, and what is known to be wrong with them.

use std::collections::BTreeMap;

use weighhouse_core::{Basis, Severity};

use super::types::{
    Affected, AffectedVersion, Assessed, Component, Evidence, Occurrence, Property, Rating, Source,
    Vulnerability, VulnerabilityReference,
};
use super::{Version, basis};
use crate::advisories;
use crate::bom::graph::{Analysis, Asked, Package, Software};
use crate::bom::{graph, vers};

/// Where advisories come from.
const OSV: Source = Source { name: "OSV" };

/// A package.
pub(super) fn component(found: &Software, version: Version) -> Component {
    let package = &found.package;
    let external = found.basis != Basis::Measured;
    let newer = version == Version::V17;
    let mut properties = vec![Property::new("weighhouse:confidence", found.confidence.as_str())];
    properties.extend(match &package.wanted {
        Asked::Exactly(_) => None,
        Asked::Within(range) => Some(Property::new("weighhouse:version:range", range.clone())),
        Asked::MadeWith(version) => Some(Property::new("weighhouse:version:made-with", version.clone())),
        Asked::Any => Some(Property::new("weighhouse:version", "any")),
    });
    properties.push(basis("version", found.basis, &found.place()));
    let occurrence =
        |(location, line): &(String, Option<u32>)| Occurrence { location: location.clone(), line: *line };
    Component {
        kind: "library",
        bom_ref: Some(reference(package)),
        name: package.name.clone(),
        version: package.version().map(str::to_owned),
        version_range: match &package.wanted {
            Asked::Within(range) if newer && external => vers::range(&package.ecosystem, range),
            _ => None,
        },
        is_external: newer.then_some(external),
        scope: found.aside.then_some("optional"),
        purl: Some(package.purl()),
        evidence: Some(Evidence { occurrences: found.places.iter().map(occurrence).collect() }),
        properties,
        ..Component::default()
    }
}

/// The name of a package in the bill: of one package there may be several, asked for in several ways. No name holds a space.
fn reference(package: &Package) -> String {
    format!("software:{}/{package}", package.ecosystem)
}

/// Vulnerabilities: one for each id and for what is known of it here, with all packages that it is in.
pub(super) fn vulnerabilities(found: &[graph::Vulnerability]) -> Vec<Vulnerability> {
    let mut all: BTreeMap<(&str, &Analysis), Vec<&graph::Vulnerability>> = BTreeMap::new();
    for one in found {
        all.entry((&one.id, &one.analysis)).or_default().push(one);
    }
    all.into_values().filter_map(|group| vulnerability(&group)).collect()
}

fn vulnerability(group: &[&graph::Vulnerability]) -> Option<Vulnerability> {
    let one = *group.first()?;
    let reference = |id: &String| VulnerabilityReference { id: id.clone(), source: OSV };
    let update = |one: &&graph::Vulnerability| {
        let fixed = one.fixed.as_ref()?;
        Some(format!("update {} to {fixed} or later", one.affects.name))
    };
    let updates: Vec<String> = group.iter().filter_map(update).collect();
    let worst = group.iter().max_by_key(|one| one.rating.severity).unwrap_or(&one);
    Some(Vulnerability {
        id: one.id.clone(),
        source: OSV,
        references: one.aliases.iter().map(reference).collect(),
        ratings: [rating(&worst.rating)],
        description: one.summary.clone(),
        recommendation: (!updates.is_empty()).then(|| updates.join("; ")),
        analysis: state(&one.analysis),
        affects: group.iter().map(|one| affected(one)).collect(),
        properties: vec![basis("vulnerability", Basis::Inferred, "advisories about the version")],
    })
}

fn rating(rating: &advisories::Rating) -> Rating {
    let vector = rating.vector.as_ref();
    let method = match vector.map(|vector| vector.version) {
        Some("2.0") => Some("CVSSv2"),
        Some("3.0") => Some("CVSSv3"),
        Some("3.1") => Some("CVSSv31"),
        Some("4.0") => Some("CVSSv4"),
        Some(_) => Some("other"),
        None => None,
    };
    Rating {
        source: OSV,
        score: vector.map(|vector| f64::from(vector.tenths) / 10.0),
        severity: rating.severity.map_or("unknown", Severity::as_str),
        method,
        vector: vector.map(|vector| vector.text.clone()),
    }
}

/// What somebody said of it. Of what nobody has looked into, nothing is claimed.
fn state(analysis: &Analysis) -> Option<Assessed> {
    let (state, response, detail) = match analysis {
        Analysis::Open => return None,
        Analysis::Unknown => ("in_triage", Vec::new(), "the version that is installed is not known"),
        Analysis::Accepted(by) => ("exploitable", vec!["will_not_fix"], by.as_str()),
        Analysis::NotAffected(why) => ("not_affected", Vec::new(), why.as_str()),
        Analysis::Fixed(why) => ("resolved", Vec::new(), why.as_str()),
    };
    Some(Assessed { state, response, detail: detail.to_owned() })
}

fn affected(one: &graph::Vulnerability) -> Affected {
    let status = match one.analysis {
        Analysis::NotAffected(_) | Analysis::Fixed(_) => "unaffected",
        Analysis::Open | Analysis::Accepted(_) | Analysis::Unknown => "affected",
    };
    let version = |version: &String| AffectedVersion { version: version.clone(), status };
    Affected { to: reference(&one.affects), versions: one.version.iter().map(version).collect() }
}
