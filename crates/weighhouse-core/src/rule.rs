//! What is known about a rule before it runs: identity, documentation, classification.

use crate::severity::{Confidence, Severity};

/// Static description of a rule. Declared once, next to its implementation; reports, documentation and `explain` are
/// rendered from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleMeta {
    /// `WH-<FAMILY>-<number>`; never reused.
    pub id: &'static str,
    /// The name people use: reads well after "allow".
    pub slug: &'static str,
    /// Version that introduced it.
    pub since: &'static str,
    /// Where it is in its life.
    pub status: RuleStatus,
    /// Severity of its findings unless a finding says otherwise.
    pub severity: Severity,
    /// Confidence of its findings unless a finding says otherwise.
    pub confidence: Confidence,
    /// Formats it looks at; empty: all.
    pub formats: &'static [&'static str],
    /// CWE numbers.
    pub cwe: &'static [u16],
    /// OWASP Top 10 for LLM applications (2025), such as `LLM03`.
    pub owasp: &'static [&'static str],
    /// MITRE ATLAS techniques, such as `AML.T0010`.
    pub atlas: &'static [&'static str],
    /// Documentation in Markdown with the fixed sections *What it detects · Why it matters · Example · What to do ·
    /// References*, after one sentence of summary.
    pub docs: &'static str,
}

/// Life of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleStatus {
    /// Not counted in decisions yet.
    Preview,
    /// In force.
    Stable,
    /// Will go; the text says why.
    Deprecated(&'static str),
}

impl RuleMeta {
    /// The three letters of the family.
    pub fn family(&self) -> &'static str {
        self.id.split('-').nth(1).unwrap_or_default()
    }

    /// The first paragraph of the documentation, on one line.
    pub fn summary(&self) -> String {
        let paragraph = self.docs.trim_start().split("\n\n").next().unwrap_or_default();
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text below the heading `# <title>`, if there is one. A `#` inside a code block is no heading.
    pub fn section(&self, title: &str) -> Option<String> {
        let mut code = false;
        let mut lines = self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).map(|line| {
            code ^= line.trim_start().starts_with("```");
            (line, !code && line.starts_with("# "))
        });
        lines.find(|(line, heading)| *heading && line.trim_start_matches('#').trim() == title)?;
        let body: Vec<_> = lines.take_while(|(_, heading)| !heading).map(|(line, _)| line).collect();
        Some(body.join("\n").trim().to_owned())
    }

    /// The links of the *References* section.
    pub fn references(&self) -> Vec<String> {
        let section = self.section("References").unwrap_or_default();
        section
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- "))
            .map(|line| line.trim_matches(['<', '>']).to_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_in_examples_end_no_section() {
        let rule = RuleMeta {
            id: "WH-COD-001",
            slug: "example",
            since: "0.1.0",
            status: RuleStatus::Stable,
            severity: Severity::Low,
            confidence: Confidence::High,
            formats: &[],
            cwe: &[],
            owasp: &[],
            atlas: &[],
            docs: " Summary\n of two lines.\n\n # Example\n\n ```python\n # What to do\n run()\n ```\n\n # What to do\n\n Nothing.\n",
        };
        assert_eq!(rule.summary(), "Summary of two lines.");
        assert_eq!(rule.section("Example").as_deref(), Some("```python\n# What to do\nrun()\n```"));
        assert_eq!(rule.section("What to do").as_deref(), Some("Nothing."));
        assert_eq!(rule.section("References"), None);
    }
}
