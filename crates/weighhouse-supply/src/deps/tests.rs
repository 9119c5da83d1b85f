//! Every reader with a file as its tool writes it, hostile ones, and packages against advisories.

mod bounds;
mod hostile;
mod judged;
mod made_with;
mod readers;

use std::path::Path;

use serde_json::{Value, json};
use weighhouse_core::{Date, Finding, Severity};
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::source::Memory;

use super::*;
use crate::advisories::{Advisories, Ecosystem, Index, import};
use crate::materials::samples::{text as file, texts as materials};

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// `ecosystem name version @line [condition]` of every package.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let survey = survey(&materials(files));
    assert_eq!(survey.troubles, []);
    survey.packages.iter().map(one).collect()
}

fn one(package: &Package) -> String {
    let line = package.location.text.map_or(0, |text| text.line);
    let condition = package.condition.as_ref().map(|text| format!(" [{text}]")).unwrap_or_default();
    let aside = if package.aside { " aside" } else { "" };
    format!("{} {} {} @{line}{condition}{aside}", package.ecosystem, package.name, package.wanted)
}

/// An advisory for a package of PyPI: fixed in a version, or never.
pub(crate) fn advisory(id: &str, name: &str, introduced: &str, fixed: Option<&str>, word: &str) -> Value {
    let mut events = vec![json!({ "introduced": introduced })];
    events.extend(fixed.map(|fixed| json!({ "fixed": fixed })));
    json!({
        "id": id, "modified": "2025-01-31T00:00:00Z", "summary": format!("{id} in {name}"),
        "affected": [{ "package": { "ecosystem": "PyPI", "name": name }, "ranges": [{ "type": "ECOSYSTEM", "events": events }] }],
        "database_specific": { "severity": word },
    })
}

pub(crate) fn data(ecosystem: &Ecosystem, entries: &[Value]) -> Advisories {
    let members = entries.iter().map(|entry| {
        Member::deflated(&format!("{}.json", entry["id"].as_str().unwrap()), entry.to_string().as_bytes())
    });
    let dump = Memory::shared(Archive::of(members).build());
    let mut bytes = Vec::new();
    import(&dump, ecosystem, day("2025-02-01"), &mut bytes).unwrap();
    [Index::from_source(Path::new("x"), Memory::shared(bytes)).unwrap()].into_iter().collect()
}

/// Findings as `rule severity file:line evidence`.
fn found(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| finding.location.text.map_or(0, |text| text.line);
    let one = |finding: &Finding| {
        let (file, evidence) = (&finding.location.file, finding.evidence.as_deref().unwrap_or_default());
        format!("{} {} {file}:{} {evidence}", finding.rule.id, finding.severity, line(finding))
    };
    findings.iter().map(one).collect()
}

fn severity(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}
