//! Packages and their vulnerabilities, as the thread of vulnerabilities found them.

use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::{Basis, Finding, State};

use super::config::shown;
use super::graph::{Analysis, Asked, Graph, PLACES, Package, Software, Vulnerability};
use crate::deps::{self, Confidence, Exposure, Hit, Judged, Wanted};

/// Takes them in. `findings` are those of the thread, with waivers applied.
pub(super) fn read(result: &deps::Result, findings: &[Finding], graph: &mut Graph) {
    let mut software: BTreeMap<Package, Software> = BTreeMap::new();
    let mut vulnerabilities: BTreeMap<(String, Package), Vulnerability> = BTreeMap::new();
    for judged in &result.packages {
        let package = package(&judged.package);
        for hit in &judged.hits {
            let found = vulnerability(judged, hit, &package, findings);
            let known =
                vulnerabilities.entry((hit.name.clone(), package.clone())).or_insert_with(|| found.clone());
            // What is cleared or accepted in one place only is not cleared.
            if found.analysis < known.analysis {
                *known = found;
            }
        }
        note(&judged.package, package, &mut software);
    }
    graph.software = software.into_values().collect();
    // What was found with old data was found; that nothing was found says nothing then.
    let assessed = result.state != State::NotAssessed || !vulnerabilities.is_empty();
    graph.vulnerabilities = assessed.then(|| vulnerabilities.into_values().collect());
}

/// The package as a bill names it: only what is pinned has a version.
fn package(named: &deps::Package) -> Package {
    let wanted = match (&named.wanted, named.confidence) {
        (Wanted::Exact(version), Confidence::Pinned | Confidence::Declared) => {
            Asked::Exactly(version.clone())
        }
        (Wanted::Exact(version), Confidence::MadeWith | Confidence::InferredImport) => {
            Asked::MadeWith(version.clone())
        }
        (Wanted::Range(range), _) => Asked::Within(range.clone()),
        (Wanted::Any, _) => Asked::Any,
    };
    Package { ecosystem: named.ecosystem.clone(), name: named.name.clone(), wanted }
}

fn note(named: &deps::Package, package: Package, software: &mut BTreeMap<Package, Software>) {
    let basis = if named.is_installed() { Basis::Measured } else { named.confidence.basis() };
    let known = software.entry(package.clone()).or_insert_with(|| Software {
        package,
        basis,
        confidence: named.confidence,
        aside: true,
        places: BTreeSet::new(),
        named: 0,
    });
    known.basis = known.basis.min(basis);
    known.confidence = known.confidence.max(named.confidence);
    known.aside &= named.aside;
    let mut file = shown(&named.location.file);
    if let Some(member) = named.location.member() {
        file = format!("{file}!{}", shown(&member));
    }
    let place = (file, named.location.text.map(|position| position.line));
    if known.places.contains(&place) {
        return;
    }
    known.named = known.named.saturating_add(1);
    if known.places.len() < PLACES {
        known.places.insert(place);
    }
}

fn vulnerability(judged: &Judged, hit: &Hit, package: &Package, findings: &[Finding]) -> Vulnerability {
    let analysis = match (&hit.cleared, judged.exposure) {
        (Some(("fixed", reason, author)), _) => Analysis::Fixed(said(reason, author)),
        (Some((_, reason, author)), _) => Analysis::NotAffected(said(reason, author)),
        (None, exposure) => match (judged.waiver(hit, findings), exposure) {
            (Some(by), _) => {
                Analysis::Accepted(format!("accepted by {} until {}: {}", by.owner, by.expires, by.reason))
            }
            (None, Exposure::BuiltWith | Exposure::Open) => Analysis::Unknown,
            (None, Exposure::Forced | Exposure::Present) => Analysis::Open,
        },
    };
    Vulnerability {
        id: hit.name.clone(),
        aliases: hit.aliases.clone(),
        summary: hit.summary.clone(),
        rating: hit.rating.clone(),
        fixed: hit.fixed.clone(),
        affects: package.clone(),
        version: judged.version.as_deref().map(shown),
        analysis,
    }
}

fn said(reason: &str, author: &str) -> String {
    shown(&format!("{reason} (statement of {author})"))
}
