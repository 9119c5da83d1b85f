//! The report for a person at a terminal: short first, then by file, then what was not looked at.
//!
//! Colour is used for severities and the verdict, dim for what is secondary; nothing depends on colour alone.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Paint};
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Outcome, Severity};

use crate::model::{ReasonView, coverage_sentence, reasons, reuse_sentence, sentence};
use crate::text::flow::{Page, Span, plain, styled};
use crate::text::{NAME, bytes, plural};
use crate::{Basis, Detail, Report, Style, Summary};

mod findings;
mod rest;
mod threads;

/// Column at which text below the verdict starts.
const BODY: usize = 6;
/// How many reasons are told unless everything is.
const REASONS: usize = 3;
/// Files named under a reason, and characters of each.
const FILES: usize = 3;
const PATH: usize = 120;

pub(crate) const DIM: Paint = Paint::new().dimmed();
pub(crate) const BOLD: Paint = Paint::new().bold();

pub(crate) fn render(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let mut page = Page::new(out, style);
    verdict_line(report, &summary, style, &mut page)?;
    if style.detail == Detail::Quiet {
        return Ok(());
    }
    verdict_details(report, &summary, style, &mut page)?;
    why(report, style, &mut page)?;
    findings::write(report, style, &mut page)?;
    rest::loaders(report, style, &mut page)?;
    rest::gaps(report, style, &mut page)?;
    threads::threads(report, style, &mut page)?;
    rest::waivers(report, style, &mut page)?;
    rest::advice(report, style, &mut page)?;
    rest::closing(report, &summary, style, &mut page)
}

/// The colour of a severity.
pub(crate) fn severity(severity: Severity) -> Paint {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => DIM,
    }
}

/// The colour of a verdict.
pub(crate) fn outcome(outcome: Outcome) -> Paint {
    match outcome {
        Outcome::Allow => AnsiColor::Green.on_default().bold(),
        Outcome::NeedsApproval => AnsiColor::Yellow.on_default().bold(),
        Outcome::Deny => AnsiColor::Red.on_default().bold(),
    }
}

fn verdict_line(
    report: &Report<'_>,
    summary: &Summary,
    style: &Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let artifact = &report.inspection.artifact;
    let word = summary.outcome.verdict().to_uppercase();
    let mut facts = format!(" · {} · {}", plural(artifact.files, "file"), bytes(artifact.bytes));
    if let Some(digest) = artifact.digest {
        facts = format!("{facts} · sha256:{}", digest.short());
    }
    let mut spans = vec![styled(BOLD, printable_within(&artifact.name, NAME)), styled(DIM, facts)];
    if style.detail == Detail::Quiet && !summary.counts().is_empty() {
        spans.push(plain(format!(" · {}", summary.counts())));
    }
    let hang = BODY.max(word.len() + 2);
    page.labelled(0, &styled(outcome(summary.outcome), word), hang, &spans)
}

fn body(summary: &Summary) -> usize {
    BODY.max(summary.outcome.verdict().len() + 2)
}

fn verdict_details(
    report: &Report<'_>,
    summary: &Summary,
    style: &Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let column = body(summary);
    page.paragraph(column, column, &[plain(sentence(report, summary))])?;
    let mut line = counted(&summary.counts());
    if !line.is_empty() {
        line.push(plain(". "));
    }
    // Gaps are among the counts, and have a section of their own.
    if summary.gaps == 0 {
        line.push(plain(coverage_sentence(report, summary)));
    }
    if summary.counts().is_empty() && !report.inspection.files.is_empty() {
        line.push(plain(" Nothing was found."));
    }
    line.push(plain(reuse_sentence(report.inspection)));
    page.paragraph(column, column, &line)?;
    if style.detail == Detail::Verbose {
        provenance(report, column, page)?;
    }
    Ok(())
}

/// Counts with coloured severities.
fn counted(counts: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for part in counts.split_inclusive([',', ';']) {
        let count = part.trim_end_matches([',', ';']);
        let stop = part.strip_prefix(count).unwrap_or_default();
        let word = count.rsplit(' ').next().and_then(|word| word.parse::<Severity>().ok());
        spans.extend([styled(word.map_or(Paint::new(), severity), count), plain(stop)]);
    }
    spans
}

/// What is needed to make the same report again.
fn provenance(report: &Report<'_>, column: usize, page: &mut Page<'_>) -> io::Result<()> {
    let tool = &report.inspection.tool;
    let on = report.date.map(|date| format!(", {date}")).unwrap_or_default();
    page.paragraph(column, column, &[styled(DIM, format!("{} {}{on}", tool.name, tool.version))])?;
    let mut digests = vec![("rules", tool.ruleset)];
    if let Basis::Decision(decision) = report.basis {
        digests.extend([("policy", decision.policy), ("facts", decision.facts)]);
    }
    digests.extend(report.inspection.artifact.digest.map(|digest| ("model", digest)));
    for (name, digest) in digests {
        page.labelled(column, &styled(DIM, name), column + 7, &[styled(DIM, digest.hex())])?;
    }
    Ok(())
}

/// The reasons that matter.
fn why(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let reasons: Vec<_> =
        reasons(report).into_iter().filter(|view| view.reason.outcome > Outcome::Allow).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let shown = if style.detail == Detail::Verbose { reasons.len() } else { REASONS };
    for (at, view) in reasons.iter().take(shown).enumerate() {
        let number = styled(outcome(view.reason.outcome), format!("{}.", at + 1));
        let policy = styled(DIM, format!(" ({})", printable(&view.reason.policy)));
        page.labelled(2, &number, 5, &[styled(BOLD, printable(&view.reason.message)), policy])?;
        page.paragraph(5, 5, &rests_on(view))?;
    }
    if reasons.len() > shown {
        let more = plural((reasons.len() - shown) as u64, "more reason");
        page.paragraph(5, 5, &[styled(DIM, format!("{more}; --verbose shows all"))])?;
    }
    Ok(())
}

/// What a reason rests on: how many findings, and the files to look at first. The findings themselves follow below.
fn rests_on(view: &ReasonView<'_>) -> Vec<Span> {
    let files = view.files();
    if files.is_empty() {
        return Vec::new();
    }
    let mut spans = counted(&view.counts());
    let shown: Vec<_> = files.iter().take(FILES).map(|file| printable_within(file, PATH)).collect();
    spans.push(plain(format!(": {}", shown.join(", "))));
    if files.len() > shown.len() {
        let more = plural((files.len() - shown.len()) as u64, "more file");
        spans.push(styled(DIM, format!(" and {more}")));
    }
    spans
}
