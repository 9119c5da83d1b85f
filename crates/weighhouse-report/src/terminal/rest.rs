//! What follows the findings: loaders, coverage gaps, waivers, advice, the closing line.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::waiver::WaiverUse;
use weighhouse_core::{CoverageGap, Severity};

use super::{BOLD, DIM};
use crate::model::{self, remedies};
use crate::text::flow::{Page, plain, styled};
use crate::text::{NAME, place, plural};
use crate::{Detail, Report, Style, Summary};

/// Kinds of gaps shown before folding, and places of each.
const GAPS: usize = 10;
const ALIKE: usize = 3;
/// Pieces of advice shown before folding.
const ADVICE: usize = 3;
/// Groups of places that loaders treat alike shown before folding.
const LOADERS: usize = 3;
/// Lines after which the verdict has left most screens.
const LONG: usize = 40;

fn limit(style: &Style, normal: usize) -> usize {
    if style.detail == Detail::Verbose { usize::MAX } else { normal }
}

fn more(total: usize, limit: usize, noun: &str, page: &mut Page<'_>) -> io::Result<()> {
    if total <= limit {
        return Ok(());
    }
    let text = format!("{}; --verbose shows all", plural((total - limit) as u64, noun));
    page.paragraph(2, 2, &[styled(DIM, text)])
}

/// What was not looked at.
pub(super) fn gaps(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let open: Vec<&CoverageGap> = report.inspection.gaps.iter().filter(|gap| !gap.waived).collect();
    if open.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.paragraph(0, 0, &[styled(BOLD, "Not looked at")])?;
    let limit = limit(style, GAPS);
    let kinds = kinds(&open, style);
    for kind in kinds.iter().take(limit) {
        one_kind(kind, page)?;
    }
    let left = kinds.iter().skip(limit).map(Vec::len).sum();
    more(left, 0, "more gap", page)?;
    let remedies = remedies(report.inspection);
    remedies
        .iter()
        .take(ALIKE)
        .try_for_each(|remedy| page.labelled(2, &styled(DIM, "fix"), 8, &[plain(printable(remedy))]))
}

/// Gaps that say the same, together; one by one if everything is to be told.
fn kinds<'a>(open: &[&'a CoverageGap], style: &Style) -> Vec<Vec<&'a CoverageGap>> {
    if style.detail == Detail::Verbose {
        return open.iter().map(|gap| vec![*gap]).collect();
    }
    let mut index: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut kinds: Vec<Vec<&CoverageGap>> = Vec::new();
    for gap in open {
        let at = *index.entry((gap.reason, &gap.detail)).or_insert(kinds.len());
        match kinds.get_mut(at) {
            Some(kind) => kind.push(gap),
            None => kinds.push(vec![gap]),
        }
    }
    kinds
}

/// The first places of a kind of gap, and what it is.
fn one_kind(kind: &[&CoverageGap], page: &mut Page<'_>) -> io::Result<()> {
    for (at, gap) in kind.iter().take(ALIKE).enumerate() {
        let place = place(&gap.location);
        let place = if place.is_empty() { place } else { format!(" · {place}") };
        let mut line = vec![plain(printable_within(&gap.location.file, NAME)), styled(DIM, place)];
        if at + 1 == ALIKE && kind.len() > ALIKE {
            line.push(styled(DIM, format!(" and {}", plural((kind.len() - ALIKE) as u64, "more place"))));
        }
        page.paragraph(2, 4, &line)?;
    }
    let Some(gap) = kind.first() else { return Ok(()) };
    let detail = printable_within(&gap.detail, 240);
    page.paragraph(4, 4, &[plain(detail), styled(DIM, format!(" ({})", printable(gap.reason)))])
}

/// What waivers accepted, and which did nothing.
pub(super) fn waivers(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    if style.detail != Detail::Verbose {
        return Ok(());
    }
    let waived: Vec<_> =
        report.inspection.findings.iter().filter(|finding| finding.waived.is_some()).collect();
    if waived.is_empty() && report.waivers.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.paragraph(0, 0, &[styled(BOLD, "Waivers")])?;
    for finding in waived {
        let Some(by) = &finding.waived else { continue };
        let head = format!(
            "{}[{}] {}",
            finding.severity,
            finding.rule.id,
            printable_within(&finding.headline, NAME)
        );
        page.paragraph(
            2,
            4,
            &[plain(head), styled(DIM, format!(" {}", printable_within(&finding.location.file, NAME)))],
        )?;
        let text =
            format!("accepted by {} until {}: {}", printable(&by.owner), by.expires, printable(&by.reason));
        page.paragraph(4, 4, &[styled(DIM, text)])?;
    }
    for (waiver, state) in report.waivers {
        let state = match state {
            WaiverUse::Used(_) => continue,
            WaiverUse::Unused => "matches nothing".to_owned(),
            WaiverUse::Expired => format!("expired on {}", waiver.expires),
        };
        let rules = printable(&waiver.rules.join(", "));
        let text = format!("waiver for {rules} by {} {state}", printable(&waiver.owner));
        page.paragraph(2, 4, &[plain(text)])?;
    }
    Ok(())
}

/// Under which loader and version what was found is dangerous, and which refuses it.
pub(super) fn loaders(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let groups = model::loaders(report.inspection);
    if groups.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.paragraph(0, 0, &[styled(BOLD, "What loading does")])?;
    let limit = limit(style, LOADERS);
    for group in groups.iter().take(limit) {
        let shown: Vec<String> =
            group.places.iter().take(ALIKE).map(|place| printable_within(&place.file, NAME)).collect();
        let left = group.places.len().saturating_sub(ALIKE);
        let left = if left == 0 { String::new() } else { format!(" and {left} more") };
        page.paragraph(2, 4, &[plain(format!("{}{left}", shown.join(", ")))])?;
        for behaviour in &group.behaviours {
            let paint = if behaviour.effect.is_dangerous() { super::severity(Severity::High) } else { DIM };
            let who = plain(format!("{}: {}", model::who(behaviour), model::happens(behaviour)));
            page.labelled(4, &styled(paint, behaviour.effect.as_str()), 12, &[who])?;
        }
    }
    more(groups.len(), limit, "more group", page)
}

/// What could be done better.
pub(super) fn advice(report: &Report<'_>, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let all = &report.inspection.advice;
    if all.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.paragraph(0, 0, &[styled(BOLD, "Advice")])?;
    let limit = limit(style, ADVICE);
    for advice in all.iter().take(limit) {
        let file = printable_within(&advice.location.file, NAME);
        page.paragraph(2, 4, &[plain(file), plain(": "), plain(printable(&advice.headline))])?;
        if let Some(command) = &advice.command {
            page.labelled(4, &styled(DIM, "$"), 6, &[plain(printable(command))])?;
        }
    }
    more(all.len(), limit, "more piece", page)
}

/// What was left out, and where to read on; after a long report the verdict again, for that is what stands at the prompt.
pub(super) fn closing(
    report: &Report<'_>,
    summary: &Summary,
    style: &Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let Some(worst) = report.inspection.active().min_by_key(|finding| Reverse(finding.severity)) else {
        return Ok(());
    };
    let notes = summary.count(Severity::Info);
    page.blank()?;
    if page.lines() > LONG {
        let verdict = summary.outcome.verdict().to_uppercase();
        let verdict = styled(super::outcome(summary.outcome), verdict);
        page.paragraph(0, 0, &[verdict, plain(format!(" · {}", summary.counts()))])?;
    }
    if notes > 0 && style.detail < Detail::Verbose {
        let text = format!("{} not shown; --verbose shows all", plural(notes as u64, "info finding"));
        page.paragraph(0, 0, &[styled(DIM, text)])?;
    }
    let more = format!("weighhouse explain {}", worst.rule.id);
    page.paragraph(0, 0, &[styled(DIM, "Learn more: "), plain(more)])
}
