//! Findings by file: repetition folded, each rule and each remedy told once.

use std::collections::BTreeSet;
use std::io;

use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Confidence, Finding, RuleStatus, Severity};

use super::{BOLD, DIM, severity};
use crate::model::{FileGroup, beyond_gaps, by_file, by_rule, why};
use crate::text::flow::{Page, Span, plain, styled};
use crate::text::{NAME, bytes, grouped, place_of, plural};
use crate::{Detail, Report, Style};

/// Findings of one rule in one file shown before folding.
const PER_RULE: usize = 3;
/// Files shown before folding.
const FILES: usize = 10;
/// Columns of labels and of what they label.
const LABEL: usize = 4;
const TEXT: usize = 10;

pub(super) fn write(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let verbose = style.detail == Detail::Verbose;
    let shown = |finding: &&Finding| verbose || finding.severity > Severity::Info;
    let groups = by_file(report.inspection, beyond_gaps(report.inspection).filter(shown));
    let limit = if verbose { groups.len() } else { FILES };
    let mut told = BTreeSet::new();
    for group in groups.iter().take(limit) {
        page.blank()?;
        file(group, page)?;
        for (at, same) in
            group.findings.chunk_by(|a, b| (a.severity, a.rule.id) == (b.severity, b.rule.id)).enumerate()
        {
            if at > 0 {
                page.blank()?;
            }
            rule(same, verbose, &mut told, page)?;
        }
    }
    folded(groups.get(limit..).unwrap_or_default(), page)
}

/// What the files that are not shown hold, by rule.
fn folded(rest: &[FileGroup<'_>], page: &mut Page<'_>) -> io::Result<()> {
    if rest.is_empty() {
        return Ok(());
    }
    let kinds = by_rule(rest.iter().flat_map(|group| group.findings.iter().copied()));
    let findings: usize = kinds.iter().map(|(_, count)| count).sum();
    let kinds: Vec<_> =
        kinds.iter().map(|(slug, count)| format!("{} {slug}", grouped(*count as u64))).collect();
    let text = format!(
        "{} in {}: {}; --verbose shows all",
        plural(findings as u64, "more finding"),
        plural(rest.len() as u64, "more file"),
        kinds.join(", ")
    );
    page.blank()?;
    page.paragraph(0, 0, &[styled(DIM, text)])
}

fn file(group: &FileGroup<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let about = group
        .record
        .map_or_else(String::new, |record| format!(" · {} · {}", record.format, bytes(record.bytes)));
    page.paragraph(0, 2, &[styled(BOLD, printable_within(group.file, NAME)), styled(DIM, about)])
}

/// The findings of one rule in one file. What was `told` once, why and what to do, is not told again.
fn rule<'a>(
    same: &[&'a Finding],
    verbose: bool,
    told: &mut BTreeSet<&'a str>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let limit = if verbose { same.len() } else { PER_RULE };
    for finding in same.iter().take(limit) {
        one(finding, verbose, page)?;
        if told.insert(finding.rule.id) {
            label("why", &[plain(printable(&why(finding.rule)))], page)?;
        }
        if !finding.remediation.is_empty() && told.insert(&finding.remediation) {
            label("fix", &[plain(printable(&finding.remediation))], page)?;
        }
    }
    let more = same.len().saturating_sub(limit);
    if more > 0 {
        let text = format!("and {} more like this; --verbose shows all", grouped(more as u64));
        page.paragraph(LABEL, LABEL, &[styled(DIM, text)])?;
    }
    Ok(())
}

fn one(finding: &Finding, verbose: bool, page: &mut Page<'_>) -> io::Result<()> {
    let rule = finding.rule;
    let mut heading = vec![
        styled(severity(finding.severity), finding.severity.as_str()),
        styled(DIM, format!("[{}]", rule.id)),
        plain(format!(" {}: ", rule.slug)),
        styled(BOLD, printable_within(&finding.headline, NAME)),
    ];
    heading.extend(notes(finding).map(|note| styled(DIM, format!(" ({note})"))));
    page.paragraph(2, 4, &heading)?;
    let place = place_of(finding);
    if !place.is_empty() {
        label("at", &[styled(DIM, place)], page)?;
    }
    match &finding.evidence {
        Some(evidence) if !evidence.is_empty() => {
            let limit = if verbose { 4_000 } else { 240 };
            label("seen", &[plain(printable_within(evidence, limit))], page)
        }
        _ => Ok(()),
    }
}

/// What the reader must know to weigh a finding.
fn notes(finding: &Finding) -> Option<String> {
    let sure = (finding.confidence < Confidence::High).then(|| format!("confidence {}", finding.confidence));
    let preview = (finding.rule.status == RuleStatus::Preview).then(|| "preview, not counted".to_owned());
    let notes: Vec<_> = sure.into_iter().chain(preview).collect();
    (!notes.is_empty()).then(|| notes.join(", "))
}

fn label(name: &str, spans: &[Span], page: &mut Page<'_>) -> io::Result<()> {
    page.labelled(LABEL, &styled(DIM, name), TEXT, spans)
}
