//! Rules as SARIF reporting descriptors.

use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

use super::wire::{Configuration, Descriptor, Help, Message, RuleProperties};
use crate::rules::render_rule_markdown;

/// The level that viewers show.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A number from 0 to 10 in the bands GitHub uses: critical from 9, high from 7, medium from 4, low above 0.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

fn tags(rule: &RuleMeta) -> Vec<String> {
    let cwe = rule.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}"));
    let owasp = rule.owasp.iter().map(|id| format!("external/owasp-llm/{}", id.to_lowercase()));
    let atlas = rule.atlas.iter().map(|id| format!("external/mitre-atlas/{}", id.to_lowercase()));
    let preview = (rule.status == RuleStatus::Preview).then(|| "preview".to_owned());
    ["security".to_owned()].into_iter().chain(cwe).chain(owasp).chain(atlas).chain(preview).collect()
}

pub(super) fn descriptor(rule: &RuleMeta) -> Descriptor<'_> {
    let full =
        rule.section("What it detects").filter(|text| !text.is_empty()).unwrap_or_else(|| rule.summary());
    let markdown = render_rule_markdown(rule);
    Descriptor {
        id: rule.id,
        name: rule.slug,
        short_description: Message { text: rule.summary() },
        full_description: Message { text: full },
        help_uri: rule.references().into_iter().find(|link| link.starts_with("https://")),
        help: Help { text: markdown.clone(), markdown },
        default_configuration: Configuration { level: level(rule.severity) },
        properties: RuleProperties {
            precision: precision(rule.confidence),
            problem_severity: match level(rule.severity) {
                "note" => "recommendation",
                level => level,
            },
            security_severity: security_severity(rule.severity),
            tags: tags(rule),
        },
    }
}
