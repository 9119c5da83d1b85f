//! Markdown for comments on pull requests: the verdict, why, counts, and the details folded.
//!
//! Comments are limited to 65,536 characters on the large forges, so details stop before that and say what is missing.
//! Tables hold only text of ours; see [`escape`] for how text from the artifact is kept from being Markdown.

use std::fmt::Write as _;
use std::io::{self, Write};

use weighhouse_core::{Finding, Outcome, State};

use crate::model::{
    self, FileGroup, beyond_gaps, by_file, coverage_sentence, reasons, remedies, reuse_sentence, sentence,
    why,
};
use crate::text::{bytes, grouped, place, place_of, plural};
use crate::{Basis, Report, Summary};
use escape::{code, prose};

pub(crate) mod escape;

/// Bytes after which details are cut.
const LIMIT: usize = 55_000;
/// Reasons, gaps and pieces of advice shown.
const REASONS: usize = 10;
const KINDS: usize = 3;
const GAPS: usize = 50;
const ADVICE: usize = 10;
const LOADERS: usize = 10;

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let mut page = String::new();
    heading(report, &summary, &mut page);
    why_section(report, &mut page);
    counts(&summary, &mut page);
    findings(report, &mut page);
    loaders(report, &mut page);
    gaps(report, &summary, &mut page);
    threads(report, &mut page);
    advice(report, &mut page);
    footer(report, &mut page);
    out.write_all(page.as_bytes())
}

/// Adds lines to the page. Writing to a string cannot fail.
macro_rules! line {
    ($page:expr) => { $page.push('\n') };
    ($page:expr, $($part:tt)*) => { _ = writeln!($page, $($part)*) };
}

fn heading(report: &Report<'_>, summary: &Summary, page: &mut String) {
    let artifact = &report.inspection.artifact;
    line!(page, "## Weighhouse: {}", summary.outcome.verdict().to_uppercase());
    line!(page);
    let digest = artifact.digest.map(|digest| format!(", `sha256:{}`", digest.short())).unwrap_or_default();
    line!(
        page,
        "{}, {}, {}{digest}",
        code(&artifact.name),
        plural(artifact.files, "file"),
        bytes(artifact.bytes)
    );
    line!(page);
    // The sentence quotes the profile's name in backticks: `prose` makes it code.
    let reused = reuse_sentence(report.inspection);
    line!(page, "**{}** {}{reused}", prose(&sentence(report, summary)), coverage_sentence(report, summary));
}

fn why_section(report: &Report<'_>, page: &mut String) {
    let reasons: Vec<_> =
        reasons(report).into_iter().filter(|view| view.reason.outcome > Outcome::Allow).collect();
    if reasons.is_empty() {
        return;
    }
    line!(page);
    for (at, view) in reasons.iter().take(REASONS).enumerate() {
        line!(page, "{}. **{}** ({})", at + 1, prose(&view.reason.message), code(&view.reason.policy));
        let kinds = view.kinds();
        for finding in kinds.iter().take(KINDS) {
            line!(page, "   - {}: {}", code(&finding.location.file), prose(&finding.headline));
        }
        if view.findings.len() > kinds.len().min(KINDS) {
            let files = plural(view.files().len() as u64, "file");
            line!(page, "   - in all {} in {files}", view.counts());
        }
    }
    if reasons.len() > REASONS {
        line!(page, "\n{} not shown.", plural((reasons.len() - REASONS) as u64, "more reason"));
    }
}

fn counts(summary: &Summary, page: &mut String) {
    let severities = summary.by_severity.iter().rev().map(|(severity, count)| (severity.to_string(), *count));
    let others = [
        ("waived findings", summary.waived),
        ("coverage gaps", summary.gaps),
        ("waived gaps", summary.gaps_waived),
    ];
    let all: Vec<_> = severities.chain(others.map(|(name, count)| (name.to_owned(), count))).collect();
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    line!(page, "\n{}", row(all.iter().map(|(name, _)| name.clone()).collect()));
    line!(page, "{}", row(all.iter().map(|_| "---:".to_owned()).collect()));
    line!(page, "{}", row(all.iter().map(|(_, count)| grouped(*count as u64)).collect()));
}

fn findings(report: &Report<'_>, page: &mut String) {
    let groups = by_file(report.inspection, beyond_gaps(report.inspection));
    let total: usize = groups.iter().map(|group| group.findings.len()).sum();
    if total == 0 {
        return;
    }
    let files = plural(groups.len() as u64, "file");
    line!(page, "\n<details>\n<summary>{} in {files}</summary>", plural(total as u64, "finding"));
    let mut shown = 0;
    for group in &groups {
        if page.len() > LIMIT {
            break;
        }
        shown += file(group, page);
    }
    if shown < total {
        line!(page, "\n{} not shown.", plural((total - shown) as u64, "more finding"));
    }
    line!(page, "\n</details>");
}

/// Writes the findings of a file until the page is full; how many it wrote.
fn file(group: &FileGroup<'_>, page: &mut String) -> usize {
    line!(page, "\n### {}\n", code(group.file));
    let mut explained = "";
    let mut advised = "";
    for (at, finding) in group.findings.iter().enumerate() {
        if page.len() > LIMIT {
            return at;
        }
        let explain = explained != finding.rule.id;
        explained = finding.rule.id;
        one(finding, explain, advised != finding.remediation, page);
        advised = &finding.remediation;
    }
    group.findings.len()
}

fn one(finding: &Finding, explain: bool, advise: bool, page: &mut String) {
    let rule = finding.rule;
    line!(page, "- **{}** `{}` {}: {}", finding.severity, rule.id, rule.slug, prose(&finding.headline));
    let place = place_of(finding);
    if !place.is_empty() {
        line!(page, "  - At: {}", code(&place));
    }
    if let Some(evidence) = finding.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
        line!(page, "  - Seen: {}", code(evidence));
    }
    if explain {
        line!(page, "  - Why it matters: {}", prose(&why(rule)));
    }
    if advise && !finding.remediation.is_empty() {
        line!(page, "  - What to do: {}", prose(&finding.remediation));
    }
}

fn gaps(report: &Report<'_>, summary: &Summary, page: &mut String) {
    if summary.gaps == 0 {
        return;
    }
    line!(
        page,
        "\n<details>\n<summary>Not looked at: {}</summary>\n",
        plural(summary.gaps as u64, "coverage gap")
    );
    let open = report.inspection.gaps.iter().filter(|gap| !gap.waived);
    for gap in open.take(GAPS) {
        let place = place(&gap.location);
        let place = if place.is_empty() { place } else { format!(" at {}", code(&place)) };
        line!(page, "- {}{place}: {} (`{}`)", code(&gap.location.file), prose(&gap.detail), gap.reason);
    }
    if summary.gaps > GAPS {
        line!(page, "\n{} not shown.", plural((summary.gaps - GAPS) as u64, "more gap"));
    }
    for remedy in remedies(report.inspection).into_iter().take(KINDS) {
        line!(page, "\nWhat to do: {}", prose(remedy));
    }
    line!(page, "\n</details>");
}

fn loaders(report: &Report<'_>, page: &mut String) {
    let groups = model::loaders(report.inspection);
    if groups.is_empty() {
        return;
    }
    line!(page, "\n<details>\n<summary>What loading does</summary>\n");
    for group in groups.iter().take(LOADERS) {
        let places: Vec<String> = group.places.iter().take(KINDS).map(|place| code(&place.file)).collect();
        let left = group.places.len().saturating_sub(KINDS);
        let left = if left == 0 { String::new() } else { format!(" and {left} more") };
        line!(page, "{}{left}\n", places.join(", "));
        for behaviour in &group.behaviours {
            let effect = behaviour.effect.as_str();
            line!(
                page,
                "- **{effect}** {}: {}",
                prose(&model::who(behaviour)),
                prose(&model::happens(behaviour))
            );
        }
        line!(page);
    }
    line!(page, "</details>");
}

fn threads(report: &Report<'_>, page: &mut String) {
    let all = &report.inspection.assessments;
    if all.is_empty() {
        return;
    }
    line!(page, "\n**Beyond the bytes**\n");
    for assessment in all {
        let state = match assessment.state {
            State::Assessed => String::new(),
            state => format!("{}: ", state.as_str()),
        };
        let dated = model::dated(assessment).map(|dated| format!(" ({dated})")).unwrap_or_default();
        line!(page, "- **{}**: {state}{}{dated}", assessment.thread, prose(&assessment.headline));
    }
}

fn advice(report: &Report<'_>, page: &mut String) {
    if report.inspection.advice.is_empty() {
        return;
    }
    line!(page, "\n**Advice**\n");
    for advice in report.inspection.advice.iter().take(ADVICE) {
        let command =
            advice.command.as_deref().map(|command| format!(": {}", code(command))).unwrap_or_default();
        line!(page, "- {}: {}{command}", code(&advice.location.file), prose(&advice.headline));
    }
}

fn footer(report: &Report<'_>, page: &mut String) {
    let tool = &report.inspection.tool;
    let policy = match report.basis {
        Basis::Decision(decision) => format!(", policy `{}`", decision.policy.short()),
        Basis::Threshold(_) => String::new(),
    };
    line!(page, "\n<sub>{} {}, rules `{}`{policy}</sub>", tool.name, tool.version, tool.ruleset.short());
}
