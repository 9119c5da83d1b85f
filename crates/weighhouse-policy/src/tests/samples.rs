//! Inspections to decide about.

use weighhouse_core::finding::WaivedBy;
use weighhouse_core::{
    Artifact, Confidence, CoverageGap, Date, Digest, FileCoverage, FileRecord, Finding, Fingerprint,
    Inspection, Location, RuleMeta, RuleStatus, Severity, Tool,
};

const fn rule(id: &'static str, slug: &'static str, status: RuleStatus) -> RuleMeta {
    RuleMeta {
        id,
        slug,
        since: "0.1.0",
        status,
        severity: Severity::High,
        confidence: Confidence::High,
        formats: &[],
        cwe: &[],
        owasp: &[],
        atlas: &[],
        docs: "A sample.",
    }
}

pub(crate) static RULES: [RuleMeta; 4] = [
    rule("WH-PKL-901", "sample-pickle", RuleStatus::Stable),
    rule("WH-TPL-902", "sample-template", RuleStatus::Stable),
    rule("WH-INP-903", "sample-input", RuleStatus::Deprecated("sample")),
    rule("WH-COD-904", "sample-preview", RuleStatus::Preview),
];

/// One clean, fully inspected file.
pub(crate) fn inspection() -> Inspection {
    let digest = Some(Digest::of(b"model"));
    let file = FileRecord {
        path: "a.pkl".to_owned(),
        sha256: digest,
        bytes: 5,
        format: "pickle",
        coverage: FileCoverage::Full,
    };
    Inspection {
        tool: Tool { name: "weighhouse", version: "0", ruleset: Digest::of(b"rules") },
        artifact: Artifact { name: "model".to_owned(), digest, files: 1, bytes: 5 },
        files: vec![file],
        findings: Vec::new(),
        gaps: Vec::new(),
        advice: Vec::new(),
        loading: Vec::new(),
        assessments: Vec::new(),
        reused: 0,
    }
}

pub(crate) fn finding(rule: usize, severity: Severity, confidence: Confidence, file: &str) -> Finding {
    let rule = &RULES[rule];
    let location = Location { members: vec!["archive/data.pkl".to_owned()], ..Location::file(file) };
    Finding {
        rule,
        severity,
        confidence,
        headline: "sample".to_owned(),
        evidence: None,
        remediation: "none".to_owned(),
        fingerprint: Fingerprint::new(rule.id, &location, Some(severity.as_str())),
        location,
        waived: None,
    }
}

pub(crate) fn waived(finding: Finding) -> Finding {
    let expires = Date::new(2100, 1, 1).unwrap();
    let waiver = WaivedBy { owner: "someone".to_owned(), reason: "known".to_owned(), expires };
    Finding { waived: Some(waiver), ..finding }
}

pub(crate) fn gap(file: &str) -> CoverageGap {
    CoverageGap {
        location: Location::file(file),
        reason: "encrypted",
        detail: "the file is encrypted".to_owned(),
        waived: false,
    }
}
