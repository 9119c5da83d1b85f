use weighhouse_core::{Confidence, RuleMeta, RuleStatus, Severity};

use super::{render_rule_index, render_rule_markdown, render_rule_terminal};
use crate::Style;

const RULE: RuleMeta = RuleMeta {
    id: "WH-PKL-001",
    slug: "unsafe-import",
    since: "0.1.0",
    status: RuleStatus::Preview,
    severity: Severity::Critical,
    confidence: Confidence::High,
    formats: &[],
    cwe: &[502],
    owasp: &["LLM03"],
    atlas: &["AML.T0010"],
    docs: " A pickle imports `a|b`.\n\n # What it detects\n\n First paragraph, which is long enough to be wrapped \
           at forty columns.\n\n - item one goes on\n   in a second line\n - item two\n\n # Why it matters\n\n It runs.\n\n \
           # Example\n\n ```text\n GLOBAL   'os'\n     indented\n ```\n\n # What to do\n\n Nothing.\n\n # References\n\n - <https://example.org/x>\n",
};

#[test]
fn terminal() {
    let mut out = Vec::new();
    render_rule_terminal(&RULE, &Style { width: 48, ..Style::default() }, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn markdown() {
    insta::assert_snapshot!(render_rule_markdown(&RULE));
}

#[test]
fn index_is_sorted_and_its_cells_hold() {
    let other = RuleMeta { id: "WH-ARC-001", status: RuleStatus::Deprecated("gone"), ..RULE };
    insta::assert_snapshot!(render_rule_index(&[&RULE, &other]));
}
