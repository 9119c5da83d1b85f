//! Findings, gaps and diagnostics as SARIF.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;
use weighhouse_core::diagnostic::Level;
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{self as core, CoverageGap, Diagnostic, FileRecord, RuleMeta};

use super::wire::{
    Artifact, ArtifactLocation, DescriptorReference, Finding, Fingerprints, Hashes, Location,
    LogicalLocation, Message, Notification, PhysicalLocation, Region, ResultProperties, Suppression,
};
use super::{BASE, rules};
use crate::stream::{Stream, Text};
use crate::{Basis, Report};

/// Characters of evidence in a message.
const EVIDENCE: usize = 500;

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [R; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<T, I, A, R> {
    tool: T,
    column_kind: &'static str,
    original_uri_base_ids: serde_json::Value,
    invocations: [I; 1],
    artifacts: A,
    results: R,
    properties: serde_json::Value,
}

#[derive(Serialize)]
struct Tool<R> {
    driver: Driver<R>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<R> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: R,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<E, C> {
    execution_successful: bool,
    tool_execution_notifications: E,
    tool_configuration_notifications: C,
}

/// The whole log; `rules` are sorted by id.
pub(super) fn log<'a>(report: &'a Report<'a>, rules: &'a [&'a RuleMeta]) -> impl Serialize + 'a {
    let inspection = report.inspection;
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: inspection.tool.name,
                    version: inspection.tool.version,
                    semantic_version: inspection.tool.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: Stream(|| rules.iter().map(|rule| rules::descriptor(rule))),
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: json!({ BASE: { "description": { "text": "The artifact that was examined." } } }),
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: Stream(|| inspection.gaps.iter().map(gap)),
                tool_configuration_notifications: Stream(|| report.diagnostics.iter().map(diagnostic)),
            }],
            artifacts: Stream(|| inspection.files.iter().map(artifact)),
            results: Stream(|| inspection.findings.iter().map(|finding| result(finding, rules))),
            properties: properties(report),
        }],
    }
}

fn properties(report: &Report<'_>) -> serde_json::Value {
    let artifact = &report.inspection.artifact;
    let mut properties = json!({
        "verdict": report.outcome().verdict(),
        "complete": report.inspection.is_complete(),
        "artifact": printable(&artifact.name),
        "digest": artifact.digest.map(|digest| digest.to_string()),
        "ruleset": report.inspection.tool.ruleset.to_string(),
    });
    let assessments = &report.inspection.assessments;
    if let (false, Some(map)) = (assessments.is_empty(), properties.as_object_mut()) {
        let states = assessments.iter().map(|assessment| {
            let text = format!("{}: {}", assessment.state.as_str(), printable(&assessment.headline));
            (assessment.thread.as_str().to_owned(), text.into())
        });
        map.insert("assessments".to_owned(), serde_json::Value::Object(states.collect()));
    }
    if let (Basis::Decision(decision), Some(map)) = (report.basis, properties.as_object_mut()) {
        map.insert("profile".to_owned(), printable(&decision.profile).into());
        map.insert("policy".to_owned(), decision.policy.to_string().into());
        map.insert("facts".to_owned(), decision.facts.to_string().into());
    }
    properties
}

fn artifact(file: &FileRecord) -> Artifact {
    Artifact {
        location: artifact_location(&file.path),
        length: file.bytes,
        hashes: file.sha256.map(|digest| Hashes { sha256: digest.hex() }),
    }
}

fn artifact_location(path: &str) -> ArtifactLocation {
    ArtifactLocation { uri: uri(path), uri_base_id: BASE }
}

/// A path as relative URI reference: everything but unreserved characters and inner slashes is percent-encoded, so that
/// no path can be read as absolute or as having a scheme, a query or a fragment.
fn uri(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let mut out = String::with_capacity(path.len());
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if at > 0 => out.push('/'),
            // Writing to a string cannot fail.
            byte => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

/// Hostile text in a message: printable, and without the characters that make links.
fn quiet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in printable(text).chars() {
        if matches!(character, '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn location(place: &core::Location) -> Location {
    let region = match (place.members.is_empty(), place.text, place.bytes) {
        (false, ..) | (true, None, None) => None,
        (true, Some(text), _) => Some(Region {
            start_line: Some(text.line.max(1)),
            start_column: Some(text.column.max(1)),
            byte_offset: None,
            byte_length: None,
        }),
        (true, None, Some((start, end))) => Some(Region {
            start_line: None,
            start_column: None,
            byte_offset: Some(start),
            byte_length: Some(end.saturating_sub(start)),
        }),
    };
    let mut logical_locations = Vec::new();
    let mut path = printable(&place.file);
    for member in &place.members {
        let name = printable(member);
        path = format!("{path}!{name}");
        logical_locations.push(LogicalLocation { name, fully_qualified_name: path.clone(), kind: "member" });
    }
    if let Some(key) = place.key.as_deref().filter(|key| !key.is_empty()) {
        let name = printable(key);
        let fully_qualified_name = format!("{path}#{name}");
        logical_locations.push(LogicalLocation { name, fully_qualified_name, kind: "object" });
    }
    // Viewers take the first one: the innermost place.
    logical_locations.reverse();
    let artifact_location = artifact_location(&place.file);
    Location { physical_location: PhysicalLocation { artifact_location, region }, logical_locations }
}

fn result<'a>(finding: &'a core::Finding, rules: &[&RuleMeta]) -> Finding<'a> {
    let mut text = quiet(&finding.headline);
    if let Some(evidence) = finding.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
        let evidence: String = quiet(&printable_within(evidence, EVIDENCE));
        text = format!("{text}\nSeen: {evidence}");
    }
    if !finding.remediation.is_empty() {
        text = format!("{text}\nWhat to do: {}", quiet(&finding.remediation));
    }
    Finding {
        rule_id: finding.rule.id,
        rule_index: rules.partition_point(|rule| rule.id < finding.rule.id),
        kind: "fail",
        level: rules::level(finding.severity),
        message: Message { text },
        locations: [location(&finding.location)],
        partial_fingerprints: Fingerprints {
            finding: Text(finding.fingerprint),
            primary_location_line_hash: Text(finding.fingerprint),
        },
        suppressions: finding.waived.iter().map(suppression).collect(),
        properties: ResultProperties {
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            member: finding.location.member().map(|member| printable(&member)),
            offset: finding.location.bytes.map(|(start, _)| start),
        },
    }
}

fn suppression(by: &core::finding::WaivedBy) -> Suppression {
    let (owner, reason) = (printable(&by.owner), printable(&by.reason));
    let justification = format!("{reason} (waiver of {owner}, until {})", by.expires);
    Suppression { kind: "external", status: "accepted", justification }
}

fn gap(gap: &CoverageGap) -> Notification {
    Notification {
        descriptor: DescriptorReference { id: format!("coverage/{}", gap.reason) },
        level: if gap.waived { "note" } else { "warning" },
        message: Message {
            text: format!("not looked at: {}", quiet(&printable_within(&gap.detail, EVIDENCE))),
        },
        locations: vec![location(&gap.location)],
    }
}

fn diagnostic(diagnostic: &Diagnostic) -> Notification {
    Notification {
        descriptor: DescriptorReference { id: diagnostic.code.to_owned() },
        level: match diagnostic.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        },
        message: Message { text: quiet(&diagnostic.headline) },
        locations: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_stay_relative() {
        assert_eq!(uri("a b/ü.bin"), "a%20b/%C3%BC.bin");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(uri("//evil.example/x?y#z"), "%2F/evil.example/x%3Fy%23z");
        assert_eq!(uri("\\xff%2e"), "%5Cxff%252e");
        assert_eq!(uri(""), ".");
    }
}
