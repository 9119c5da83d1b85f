//! Findings by file: repetition folded, each rule explained once.

use std::collections::BTreeSet;
use std::io;

use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Confidence, Finding, RuleStatus, Severity};

use super::{BOLD, DIM, severity};
use crate::model::{FileGroup, by_file, why};
use crate::text::flow::{Page, Span, plain, styled};
use crate::text::{NAME, bytes, grouped, place, plural};
use crate::{Detail, Report, Style};

/// Findings of one rule in one file shown before folding.
const PER_RULE: usize = 3;
/// Files shown before folding.
const FILES: usize = 20;
/// Columns of labels and of what they label.
const LABEL: usize = 4;
const TEXT: usize = 10;

pub(super) fn write(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let verbose = style.detail == Detail::Verbose;
    let shown = |finding: &&Finding| verbose || finding.severity > Severity::Info;
    let groups = by_file(report.inspection, report.inspection.active().filter(shown));
    let limit = if verbose { groups.len() } else { FILES };
    let mut explained = BTreeSet::new();
    for group in groups.iter().take(limit) {
        page.blank()?;
        file(group, page)?;
        for (at, same) in
            group.findings.chunk_by(|a, b| (a.severity, a.rule.id) == (b.severity, b.rule.id)).enumerate()
        {
            if at > 0 {
                page.blank()?;
            }
            rule(same, verbose, &mut explained, page)?;
        }
    }
    if groups.len() > limit {
        let findings: usize = groups.iter().skip(limit).map(|group| group.findings.len()).sum();
        let (findings, files) = (plural(findings as u64, "more finding"), groups.len() - limit);
        let text = format!("{findings} in {}; --verbose shows all", plural(files as u64, "more file"));
        page.blank()?;
        page.paragraph(0, 0, &[styled(DIM, text)])?;
    }
    Ok(())
}

fn file(group: &FileGroup<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let about = group
        .record
        .map_or_else(String::new, |record| format!(" · {} · {}", record.format, bytes(record.bytes)));
    page.paragraph(0, 2, &[styled(BOLD, printable_within(group.file, NAME)), styled(DIM, about)])
}

/// The findings of one rule in one file.
fn rule<'a>(
    same: &[&'a Finding],
    verbose: bool,
    explained: &mut BTreeSet<&'a str>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let limit = if verbose { same.len() } else { PER_RULE };
    let mut told = None;
    for finding in same.iter().take(limit) {
        one(finding, verbose, page)?;
        if explained.insert(finding.rule.id) {
            label("why", &[plain(printable(&why(finding.rule)))], page)?;
        }
        if told != Some(&finding.remediation) && !finding.remediation.is_empty() {
            label("fix", &[plain(printable(&finding.remediation))], page)?;
            told = Some(&finding.remediation);
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
    let place = place(&finding.location);
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
