//! Packages and what is known to be wrong with them.

use std::collections::BTreeMap;

use super::types::{Element, ExternalIdentifier};
use super::{Writer, said};
use crate::advisories::Vector;
use crate::bom::graph::{Analysis, Asked, Graph, Package, Vulnerability};

impl Writer<'_> {
    pub(super) fn software(&mut self, graph: &Graph, root: &str) {
        let mut ids: BTreeMap<&Package, String> = BTreeMap::new();
        let (mut needed, mut optional) = (Vec::new(), Vec::new());
        for (number, found) in graph.software.iter().enumerate() {
            let package = &found.package;
            let which = match &package.wanted {
                Asked::Exactly(_) => String::new(),
                Asked::Within(range) => format!("; asked for in `{range}`"),
                Asked::MadeWith(version) => format!("; made with `{version}`"),
                Asked::Any => "; asked for in any version".to_owned(),
            };
            let element = Element {
                kind: "software_Package",
                id: self.id(&format!("software-{number}/{}", package.name)),
                name: Some(package.name.clone()),
                comment: Some(format!(
                    "{}{which}; {}",
                    found.confidence,
                    said("version", found.basis, &found.place())
                )),
                purpose: Some("library"),
                version: package.version().map(str::to_owned),
                purl: Some(package.purl()),
                ..Element::default()
            };
            let id = self.push(element);
            if found.aside {
                optional.push(id.clone());
            } else {
                needed.push(id.clone());
            }
            ids.insert(package, id);
        }
        self.relate(root, "dependsOn", needed, "incomplete");
        self.relate(root, "hasOptionalDependency", optional, "incomplete");
        self.vulnerabilities(graph.vulnerabilities.as_deref().unwrap_or_default(), &ids);
    }

    fn vulnerabilities(&mut self, found: &[Vulnerability], packages: &BTreeMap<&Package, String>) {
        let mut by_id: BTreeMap<&str, Vec<(&Vulnerability, &String)>> = BTreeMap::new();
        for one in found {
            if let Some(package) = packages.get(&one.affects) {
                by_id.entry(&one.id).or_default().push((one, package));
            }
        }
        let mut of: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for group in by_id.into_values() {
            let id = self.vulnerability(&group);
            for (_, package) in group {
                of.entry(package).or_default().push(id.clone());
            }
        }
        for (package, ids) in of {
            self.relate(package, "hasAssociatedVulnerability", ids, "noAssertion");
        }
    }

    /// One vulnerability, in all packages that have it.
    fn vulnerability(&mut self, group: &[(&Vulnerability, &String)]) -> String {
        let Some((one, _)) = group.first() else { return String::new() };
        let ids = std::iter::once(&one.id).chain(&one.aliases);
        let identifier = |id: &String| {
            let kind = if id.starts_with("CVE-") { "cve" } else { "securityOther" };
            ExternalIdentifier {
                kind: "ExternalIdentifier",
                external_identifier_type: kind,
                identifier: id.clone(),
            }
        };
        let element = Element {
            kind: "security_Vulnerability",
            id: self.id(&format!("vulnerability/{}", one.id)),
            name: Some(one.id.clone()),
            description: Some(one.summary.clone()).filter(|text| !text.is_empty()),
            external_identifier: ids.map(identifier).collect(),
            ..Element::default()
        };
        let id = self.push(element);
        let mut scores: BTreeMap<&Vector, Vec<String>> = BTreeMap::new();
        let mut states: BTreeMap<&Analysis, Vec<String>> = BTreeMap::new();
        for (one, package) in group {
            if let Some(vector) = &one.rating.vector {
                scores.entry(vector).or_default().push((*package).clone());
            }
            states.entry(&one.analysis).or_default().push((*package).clone());
        }
        for (vector, packages) in scores {
            self.relation(&id, "hasAssessmentFor", packages, score(vector));
        }
        for (analysis, packages) in states {
            if let Some((relationship, element)) = state(analysis) {
                self.relation(&id, relationship, packages, element);
            }
        }
        id
    }
}

fn score(vector: &Vector) -> Element {
    let kind = match vector.version {
        "2.0" => "security_CvssV2VulnAssessmentRelationship",
        "4.0" => "security_CvssV4VulnAssessmentRelationship",
        _ => "security_CvssV3VulnAssessmentRelationship",
    };
    // The bands of CVSS 3 and 4; version 2 has none in the format.
    let severity = match vector.tenths {
        0 => "none",
        1..40 => "low",
        40..70 => "medium",
        70..90 => "high",
        90.. => "critical",
    };
    Element {
        kind,
        score: Some(f64::from(vector.tenths) / 10.0),
        severity: (vector.version != "2.0").then_some(severity),
        vector: Some(vector.text.clone()),
        ..Element::default()
    }
}

/// What somebody said of it, as VEX. Of what nobody has looked into, nothing is claimed.
fn state(analysis: &Analysis) -> Option<(&'static str, Element)> {
    let element = |kind| Element { kind, ..Element::default() };
    Some(match analysis {
        Analysis::Open => return None,
        Analysis::Unknown => {
            let notes = Some("the version that is installed is not known".to_owned());
            let kind = "security_VexUnderInvestigationVulnAssessmentRelationship";
            ("underInvestigationFor", Element { notes, ..element(kind) })
        }
        Analysis::Accepted(by) => {
            let kind = "security_VexAffectedVulnAssessmentRelationship";
            ("affects", Element { action: Some(by.clone()), ..element(kind) })
        }
        Analysis::NotAffected(why) => {
            let kind = "security_VexNotAffectedVulnAssessmentRelationship";
            ("doesNotAffect", Element { impact: Some(why.clone()), ..element(kind) })
        }
        Analysis::Fixed(why) => {
            let kind = "security_VexFixedVulnAssessmentRelationship";
            ("fixedIn", Element { notes: Some(why.clone()), ..element(kind) })
        }
    })
}
