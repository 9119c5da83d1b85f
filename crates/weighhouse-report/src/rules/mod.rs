//! Documentation of rules: for `weighhouse explain`, for the generated pages, for SARIF.
//!
//! The text is ours (it comes with the program), so it is laid out, not escaped.

use std::fmt::Write as _;
use std::io::{self, Write};

use weighhouse_core::{RuleMeta, RuleStatus};

use crate::Style;
use crate::terminal::{BOLD, DIM, severity};
use crate::text::flow::{Page, plain, styled};

#[cfg(test)]
mod tests;

/// The sections of a rule's documentation, in order.
pub const SECTIONS: &[&str] = &["What it detects", "Why it matters", "Example", "What to do", "References"];

/// The facts about a rule in words: `stable since 0.1.0`, `CWE-502` ….
fn facts(rule: &RuleMeta) -> Vec<(&'static str, String)> {
    let status = match rule.status {
        RuleStatus::Preview => format!("preview since {}, not counted in decisions", rule.since),
        RuleStatus::Stable => format!("stable since {}", rule.since),
        RuleStatus::Deprecated(why) => format!("deprecated: {why}"),
    };
    let formats = if rule.formats.is_empty() { "all".to_owned() } else { rule.formats.join(", ") };
    let mut classes: Vec<_> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    classes.extend(rule.owasp.iter().map(|id| format!("OWASP {id}:2025")));
    classes.extend(rule.atlas.iter().map(|id| format!("MITRE ATLAS {id}")));
    let mut facts = vec![
        ("Severity", rule.severity.to_string()),
        ("Confidence", rule.confidence.to_string()),
        ("Status", status),
        ("Formats", formats),
    ];
    if !classes.is_empty() {
        facts.push(("Classes", classes.join(", ")));
    }
    facts
}

/// The documentation of a rule for a terminal.
pub fn render_rule_terminal(rule: &RuleMeta, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    let name = styled(BOLD, format!("{} {}", rule.id, rule.slug));
    page.paragraph(0, 2, &[name])?;
    page.paragraph(0, 0, &[plain(rule.summary())])?;
    page.blank()?;
    for (name, value) in facts(rule) {
        let paint = if name == "Severity" { severity(rule.severity) } else { anstyle::Style::new() };
        page.labelled(2, &styled(DIM, name), 14, &[styled(paint, value)])?;
    }
    for title in SECTIONS {
        let Some(text) = rule.section(title).filter(|text| !text.is_empty()) else { continue };
        page.blank()?;
        page.paragraph(0, 0, &[styled(BOLD, *title)])?;
        section(&text, &mut page)?;
    }
    Ok(())
}

/// Paragraphs are wrapped, list items get a hanging indentation, code stays as it is.
fn section(text: &str, page: &mut Page<'_>) -> io::Result<()> {
    let mut paragraph = String::new();
    let mut code = false;
    for line in text.lines().chain([""]) {
        let item = line.trim_start().starts_with("- ");
        let fence = line.trim_start().starts_with("```");
        if (fence || item || code || line.trim().is_empty()) && !paragraph.is_empty() {
            flush(&mut paragraph, page)?;
        }
        if fence {
            code = !code;
        } else if code {
            page.verbatim(4, line)?;
        } else {
            paragraph.push(' ');
            paragraph.push_str(line.trim());
            paragraph = paragraph.trim_start().to_owned();
        }
    }
    Ok(())
}

fn flush(paragraph: &mut String, page: &mut Page<'_>) -> io::Result<()> {
    let text = std::mem::take(paragraph);
    match text.strip_prefix("- ") {
        Some(item) => page.labelled(2, &plain("-"), 4, &[plain(item.trim_matches(['<', '>']))]),
        None => page.paragraph(2, 2, &[plain(text)]),
    }
}

/// The documentation of a rule as a page in Markdown.
pub fn render_rule_markdown(rule: &RuleMeta) -> String {
    let mut page = format!("# {}: {}\n\n{}\n\n| | |\n| --- | --- |\n", rule.id, rule.slug, rule.summary());
    for (name, value) in facts(rule) {
        // Writing to a string cannot fail.
        _ = writeln!(page, "| {name} | {value} |");
    }
    for title in SECTIONS {
        if let Some(text) = rule.section(title).filter(|text| !text.is_empty()) {
            _ = write!(page, "\n## {title}\n\n{text}\n");
        }
    }
    page
}

/// A table of rules, linked to their pages (`WH-PKL-001.md`).
pub fn render_rule_index(rules: &[&RuleMeta]) -> String {
    let mut rules = rules.to_vec();
    rules.sort_by_key(|rule| rule.id);
    let mut page = String::from(
        "| Rule | Name | Severity | Confidence | Status | Summary |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for rule in rules {
        let status = match rule.status {
            RuleStatus::Preview => "preview",
            RuleStatus::Stable => "stable",
            RuleStatus::Deprecated(_) => "deprecated",
        };
        let summary = rule.summary().replace('|', "\\|");
        let RuleMeta { id, slug, severity, confidence, .. } = rule;
        _ = writeln!(
            page,
            "| [{id}]({id}.md) | `{slug}` | {severity} | {confidence} | {status} | {summary} |"
        );
    }
    page
}
