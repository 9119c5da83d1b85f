//! SLSA verification summaries: a decision as a statement that others can check without asking us.
//!
//! Specification: <https://slsa.dev/spec/v1.1/verification_summary>.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use weighhouse_core::{Assessment, Date, Decision, Digest, Inspection, Outcome, Severity};

use super::SUMMARY;
use super::statement::{Statement, Subject};

/// What is summed up.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a> {
    /// What was found out.
    pub inspection: &'a Inspection,
    /// What was decided.
    pub decision: &'a Decision,
    /// When, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub time: &'a str,
    /// The day as of which waivers and data were judged.
    pub as_of: Date,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    verifier: Verifier<'a>,
    time_verified: &'a str,
    resource_uri: String,
    policy: Resource,
    input_attestations: Vec<Resource>,
    verification_result: &'static str,
    verified_levels: [&'static str; 1],
    slsa_version: &'static str,
    /// Ours: readers ignore fields they do not know.
    weighhouse: Details,
}

#[derive(Serialize)]
struct Verifier<'a> {
    id: &'static str,
    version: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct Resource {
    uri: String,
    digest: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    verdict: &'static str,
    as_of: String,
    /// The document of facts that the policy saw.
    facts: String,
    complete: bool,
    findings: BTreeMap<&'static str, usize>,
    reasons: Vec<serde_json::Value>,
    assessments: Vec<serde_json::Value>,
    files: Vec<serde_json::Value>,
}

/// The decision as a statement. `None` if the artifact has no digest: nothing can be said of bytes that could not all be read.
pub fn verification_summary(summary: &Summary<'_>) -> Option<Statement> {
    let Summary { inspection, decision, time, .. } = *summary;
    let artifact = &inspection.artifact;
    let name = &artifact.name;
    let mut subject = vec![Subject::new(name.clone(), artifact.digest?)];
    // A single file is known by its own digest, too.
    if let [file] = inspection.files.as_slice() {
        subject.extend(file.sha256.map(|digest| Subject::new(file.path.clone(), digest)));
    }
    let tool = &inspection.tool;
    let version =
        BTreeMap::from([(tool.name, tool.version.to_owned()), ("ruleset", tool.ruleset.to_string())]);
    let passed = decision.outcome == Outcome::Allow;
    let predicate = Predicate {
        verifier: Verifier { id: "urn:weighhouse:verifier", version },
        time_verified: time,
        resource_uri: resource_uri(name),
        policy: Resource {
            uri: format!("urn:weighhouse:policy:{}", encode(&decision.profile)),
            digest: sha256(decision.policy),
        },
        input_attestations: Vec::new(),
        verification_result: if passed { "PASSED" } else { "FAILED" },
        verified_levels: [if passed { "WEIGHHOUSE_ALLOWED" } else { "FAILED" }],
        slsa_version: "1.1",
        weighhouse: details(summary),
    };
    Some(Statement::new(subject, SUMMARY, serde_json::to_value(predicate).ok()?))
}

fn details(summary: &Summary<'_>) -> Details {
    let Summary { inspection, decision, as_of, .. } = *summary;
    let reason = |reason: &weighhouse_core::Reason| {
        json!({
            "policy": reason.policy, "outcome": reason.outcome.to_string(), "message": reason.message,
            "findings": reason.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    let file = |file: &weighhouse_core::FileRecord| {
        let digest = file.sha256.map(|digest| digest.hex());
        json!({ "path": file.path, "sha256": digest, "coverage": file.coverage.as_str() })
    };
    Details {
        verdict: decision.outcome.verdict(),
        as_of: as_of.to_string(),
        facts: decision.facts.to_string(),
        complete: inspection.is_complete(),
        findings: Severity::ALL
            .iter()
            .map(|severity| (severity.as_str(), inspection.count(*severity)))
            .collect(),
        reasons: decision.reasons.iter().map(reason).collect(),
        assessments: inspection.assessments.iter().map(assessment).collect(),
        files: inspection.files.iter().map(file).collect(),
    }
}

fn assessment(assessment: &Assessment) -> serde_json::Value {
    json!({
        "thread": assessment.thread.as_str(), "state": assessment.state.as_str(), "headline": assessment.headline,
        "asOf": assessment.as_of.map(|date| date.to_string()), "data": assessment.data.map(|digest| digest.to_string()),
    })
}

pub(super) fn sha256(digest: Digest) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("sha256", digest.hex())])
}

/// The artifact's address: of a model on a Hub its package URL, of a path the path.
fn resource_uri(name: &str) -> String {
    match name.strip_prefix("hf:") {
        Some(model) => format!("pkg:huggingface/{}", encode(model)),
        None => format!("file:{}", encode(name)),
    }
}

/// Percent-encoding of what no address holds.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&weighhouse_core::digest::hex(&[byte]).to_ascii_uppercase());
        }
    }
    out
}
