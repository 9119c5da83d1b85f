//! The fact document as canonical JSON, after RFC 8785 but with integers in full.
//!
//! Keys are written in sorted order here, by hand; a test compares with a sorting serialiser.

use serde_json::{Value, json};

use crate::facts::{Facts, FindingFacts};

/// Serialises the document.
pub(crate) fn document(facts: &Facts) -> String {
    let artifact = &facts.artifact;
    let profile = &facts.profile;
    json!({
        "artifact": {
            "bytes": artifact.bytes,
            "digest": artifact.digest.map(|digest| digest.to_string()),
            "files": artifact.files,
            "formats": artifact.formats,
            "gap_reasons": artifact.gap_reasons,
            "gaps": artifact.gaps,
            "name": artifact.name,
            "waived": artifact.waived,
        },
        "findings": facts.findings.iter().map(finding).collect::<Vec<_>>(),
        "profile": {
            "complete_coverage": profile.complete_coverage,
            "deny_at": profile.deny_at.as_str(),
            "min_confidence": profile.min_confidence.as_str(),
            "name": profile.name,
            "review_at": profile.review_at.as_str(),
        },
        "schema": "urn:weighhouse:facts:v1",
    })
    .to_string()
}

fn finding(finding: &FindingFacts) -> Value {
    json!({
        "confidence": finding.confidence.as_str(),
        "file": finding.file,
        "fingerprint": finding.fingerprint.to_string(),
        "member": finding.member,
        "rule": finding.rule,
        "severity": finding.severity.as_str(),
        "slug": finding.slug,
    })
}
