//! The fact document as canonical JSON, after RFC 8785 but with integers in full.
//!
//! Written straight into one text, keys in sorted order by hand (a test compares with a sorting serialiser): a tree of
//! 100,000 findings would cost more than the decision about them.

use std::fmt::Display;

use weighhouse_core::FactValue;

use crate::facts::{ArtifactFacts, Facts, FindingFacts};
use crate::profile::Profile;

/// Serialises the document.
pub(crate) fn document(facts: &Facts) -> String {
    let mut out = String::with_capacity(1024 + facts.findings.len() * 256);
    out.push_str("{\"artifact\":");
    artifact(&mut out, &facts.artifact);
    out.push_str(",\"findings\":[");
    for (at, item) in facts.findings.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        finding(&mut out, item);
    }
    out.push_str("],\"profile\":");
    profile(&mut out, &facts.profile);
    out.push_str(",\"schema\":\"urn:weighhouse:facts:v1\"}");
    out
}

fn artifact(out: &mut String, artifact: &ArtifactFacts) {
    let digest = artifact.digest.map(|digest| digest.to_string());
    out.push_str("{\"answers\":{");
    for (at, (name, value)) in artifact.answers.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        quoted(out, name);
        answer(out, value);
    }
    out.push('}');
    words(out, ",\"assessed\":", artifact.assessed.iter());
    plain(out, ",\"bytes\":", artifact.bytes);
    text(out, ",\"digest\":", digest.as_deref());
    plain(out, ",\"files\":", artifact.files);
    words(out, ",\"formats\":", artifact.formats.iter());
    words(out, ",\"gap_reasons\":", artifact.gap_reasons.iter());
    plain(out, ",\"gaps\":", artifact.gaps);
    text(out, ",\"name\":", Some(&artifact.name));
    words(out, ",\"not_assessed\":", artifact.not_assessed.iter());
    plain(out, ",\"waived\":", artifact.waived);
    out.push('}');
}

fn answer(out: &mut String, value: &FactValue) {
    match value {
        FactValue::Text(value) => text(out, ":", Some(value)),
        FactValue::Count(value) => plain(out, ":", value),
        FactValue::Flag(value) => plain(out, ":", value),
        FactValue::Words(values) => words(out, ":", values.iter()),
    }
}

fn finding(out: &mut String, finding: &FindingFacts) {
    text(out, "{\"confidence\":", Some(finding.confidence.as_str()));
    text(out, ",\"file\":", Some(&finding.file));
    text(out, ",\"fingerprint\":", Some(&finding.fingerprint.to_string()));
    text(out, ",\"member\":", finding.member.as_deref());
    text(out, ",\"rule\":", Some(&finding.rule));
    text(out, ",\"severity\":", Some(finding.severity.as_str()));
    text(out, ",\"slug\":", Some(&finding.slug));
    out.push('}');
}

fn profile(out: &mut String, profile: &Profile) {
    plain(out, "{\"complete_coverage\":", profile.complete_coverage);
    text(out, ",\"deny_at\":", Some(profile.deny_at.as_str()));
    text(out, ",\"min_confidence\":", Some(profile.min_confidence.as_str()));
    text(out, ",\"name\":", Some(&profile.name));
    text(out, ",\"review_at\":", Some(profile.review_at.as_str()));
    out.push('}');
}

/// A number or a truth value.
fn plain(out: &mut String, key: &str, value: impl Display) {
    use std::fmt::Write as _;
    out.push_str(key);
    // Writing to a string cannot fail.
    _ = write!(out, "{value}");
}

fn text(out: &mut String, key: &str, value: Option<&str>) {
    out.push_str(key);
    match value {
        Some(value) => quoted(out, value),
        None => out.push_str("null"),
    }
}

fn words<'a>(out: &mut String, key: &str, values: impl Iterator<Item = &'a String>) {
    out.push_str(key);
    out.push('[');
    for (at, value) in values.enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        quoted(out, value);
    }
    out.push(']');
}

fn quoted(out: &mut String, value: &str) {
    let simple = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if value.bytes().all(simple) {
        out.push('"');
        out.push_str(value);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(value).to_string());
    }
}
