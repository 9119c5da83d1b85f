//! What every renderer shares: verdict and counts, findings grouped by file, reasons with the findings they rest on.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use weighhouse_core::{
    Assessment, Behaviour, FileRecord, Finding, Fingerprint, Inspection, Location, Outcome, Reason, RuleMeta,
    RuleStatus, Severity,
};

use crate::text::{grouped, plural};
use crate::{Basis, Report};

/// Verdict and counts of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The verdict as outcome.
    pub outcome: Outcome,
    /// Findings that no waiver accepts, by severity, ascending.
    pub by_severity: Vec<(Severity, usize)>,
    /// Findings that a waiver accepts.
    pub waived: usize,
    /// Coverage gaps that no waiver accepts.
    pub gaps: usize,
    /// Coverage gaps that a waiver accepts.
    pub gaps_waived: usize,
}

impl Summary {
    pub(crate) fn of(report: &Report<'_>) -> Self {
        let inspection = report.inspection;
        let by_severity = by_severity(inspection.active());
        let active: usize = by_severity.iter().map(|(_, count)| count).sum();
        let gaps = inspection.gaps.iter().filter(|gap| !gap.waived).count();
        Self {
            outcome: report.outcome(),
            by_severity,
            waived: inspection.findings.len() - active,
            gaps,
            gaps_waived: inspection.gaps.len() - gaps,
        }
    }

    /// Findings of this severity that no waiver accepts.
    pub fn count(&self, severity: Severity) -> usize {
        self.by_severity.iter().find(|(known, _)| *known == severity).map_or(0, |(_, count)| *count)
    }

    /// All findings that no waiver accepts.
    pub fn active(&self) -> usize {
        self.by_severity.iter().map(|(_, count)| count).sum()
    }

    /// `2 critical, 1 high, 1 coverage gap; waived: 3 findings, 1 gap`; empty if there is nothing to count.
    pub fn counts(&self) -> String {
        let mut parts = severities(&self.by_severity);
        if self.gaps > 0 {
            parts.push(plural(self.gaps as u64, "coverage gap"));
        }
        let mut text = parts.join(", ");
        let waived = [(self.waived, "finding"), (self.gaps_waived, "gap")];
        let waived = waived.into_iter().filter(|(count, _)| *count > 0);
        let waived: Vec<_> = waived.map(|(count, noun)| plural(count as u64, noun)).collect();
        if !waived.is_empty() {
            text.push_str(if text.is_empty() { "waived: " } else { "; waived: " });
            text.push_str(&waived.join(", "));
        }
        text
    }
}

/// How many findings there are of each severity, ascending.
pub(crate) fn by_severity<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(Severity, usize)> {
    let mut counts: Vec<_> = Severity::ALL.iter().map(|severity| (*severity, 0)).collect();
    for finding in findings {
        let of = counts.iter_mut().filter(|(severity, _)| *severity == finding.severity);
        of.for_each(|(_, count)| *count += 1);
    }
    counts
}

/// `2 critical`, `1 high`: worst first, without zeros.
pub(crate) fn severities(counts: &[(Severity, usize)]) -> Vec<String> {
    let some = counts.iter().rev().filter(|(_, count)| *count > 0);
    some.map(|(severity, count)| format!("{} {severity}", grouped(*count as u64))).collect()
}

/// The outcome without a policy.
pub(crate) fn by_threshold(inspection: &Inspection, threshold: Option<Severity>) -> Outcome {
    let counts =
        |f: &Finding| threshold.is_some_and(|t| f.severity >= t) && f.rule.status != RuleStatus::Preview;
    if inspection.active().any(counts) {
        Outcome::Deny
    } else if inspection.is_complete() {
        Outcome::Allow
    } else {
        Outcome::NeedsApproval
    }
}

/// The verdict in one sentence for people. It holds no text from the artifact.
pub(crate) fn sentence(report: &Report<'_>, summary: &Summary) -> String {
    match report.basis {
        Basis::Decision(decision) => {
            let profile = weighhouse_core::printable::printable(&decision.profile);
            match summary.outcome {
                Outcome::Allow => format!("May be used under profile `{profile}`."),
                Outcome::NeedsApproval => format!("A person must look first, under profile `{profile}`."),
                Outcome::Deny => format!("May not be used under profile `{profile}`."),
            }
        }
        Basis::Threshold(threshold) => match (summary.outcome, threshold) {
            (Outcome::Deny, Some(threshold)) => {
                format!("There are findings of severity {threshold} or above.")
            }
            (Outcome::NeedsApproval, _) => "Not everything could be inspected.".to_owned(),
            (_, Some(threshold)) if summary.active() > 0 => {
                format!("No finding reaches severity {threshold}.")
            }
            _ => "No policy was asked.".to_owned(),
        },
    }
}

/// How many results are older than the run, in one sentence with a space before it; empty if none is.
pub(crate) fn reuse_sentence(inspection: &Inspection) -> String {
    match inspection.reused {
        0 => String::new(),
        1 => " 1 file was not read again: its result comes from the cache.".to_owned(),
        count => {
            let files = plural(count, "file");
            format!(" {files} were not read again: their results come from the cache.")
        }
    }
}

/// How complete the look was, in one sentence.
pub(crate) fn coverage_sentence(report: &Report<'_>, summary: &Summary) -> String {
    match (summary.gaps, summary.gaps_waived) {
        (0, 0) if report.inspection.files.is_empty() => "There are no files.".to_owned(),
        (0, 0) if report.inspection.reused > 0 => "Every byte was inspected, now or before.".to_owned(),
        (0, 0) => "Every byte was inspected.".to_owned(),
        (0, waived) => format!("{} accepted by waiver.", plural(waived as u64, "coverage gap")),
        (gaps, _) => format!("{}: not everything could be inspected.", plural(gaps as u64, "coverage gap")),
    }
}

/// Whether a finding stands for a coverage gap.
fn is_gap(finding: &Finding) -> bool {
    finding.rule.family() == "INP"
}

/// What to do about the gaps, each remedy once.
pub(crate) fn remedies(inspection: &Inspection) -> Vec<&str> {
    let mut known = BTreeSet::new();
    let remedies = inspection.active().filter(|finding| is_gap(finding));
    remedies.map(|finding| finding.remediation.as_str()).filter(|remedy| known.insert(*remedy)).collect()
}

/// Findings that no waiver accepts, without those that would only say again what the list of gaps says.
pub(crate) fn beyond_gaps(inspection: &Inspection) -> impl Iterator<Item = &Finding> {
    let gaps =
        inspection.gaps.iter().map(|gap| (gap.location.file.as_str(), gap.location.members.as_slice()));
    let gaps: BTreeSet<_> = gaps.collect();
    inspection.active().filter(move |finding| {
        let location = &finding.location;
        !is_gap(finding) || !gaps.contains(&(location.file.as_str(), location.members.as_slice()))
    })
}

/// The findings of one file, worst first.
pub(crate) struct FileGroup<'a> {
    pub(crate) file: &'a str,
    pub(crate) record: Option<&'a FileRecord>,
    pub(crate) findings: Vec<&'a Finding>,
}

impl FileGroup<'_> {
    pub(crate) fn worst(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info)
    }
}

/// How many findings there are of each rule, by slug, in the order in which rules come up.
pub(crate) fn by_rule<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|(slug, _)| *slug == finding.rule.slug) {
            Some((_, count)) => *count += 1,
            None => counts.push((finding.rule.slug, 1)),
        }
    }
    counts
}

/// Groups findings by file, the worst file first.
pub(crate) fn by_file<'a>(
    inspection: &'a Inspection,
    findings: impl Iterator<Item = &'a Finding>,
) -> Vec<FileGroup<'a>> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry(&finding.location.file).or_default().push(finding);
    }
    let records: BTreeMap<_, _> = inspection.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(file, mut findings)| {
            findings.sort_by_key(|finding| (Reverse(finding.severity), finding.rule.id));
            FileGroup { file, record: records.get(file).copied(), findings }
        })
        .collect();
    groups.sort_by_key(|group| Reverse(group.worst()));
    groups
}

/// A reason and the findings it rests on, worst first.
pub(crate) struct ReasonView<'a> {
    pub(crate) reason: &'a Reason,
    pub(crate) findings: Vec<&'a Finding>,
}

impl<'a> ReasonView<'a> {
    /// How many findings of which severity.
    pub(crate) fn counts(&self) -> String {
        severities(&by_severity(self.findings.iter().copied())).join(", ")
    }

    /// The files of the findings, those of the worst findings first.
    pub(crate) fn files(&self) -> Vec<&'a str> {
        let mut known = BTreeSet::new();
        let files = self.findings.iter().map(|finding| finding.location.file.as_str());
        files.filter(|file| known.insert(*file)).collect()
    }

    /// The worst finding of each rule.
    pub(crate) fn kinds(&self) -> Vec<&'a Finding> {
        let mut known = BTreeSet::new();
        self.findings.iter().copied().filter(|finding| known.insert(finding.rule.id)).collect()
    }
}

/// The reasons of a decision, the strongest first. Without a decision there are none.
pub(crate) fn reasons<'a>(report: &Report<'a>) -> Vec<ReasonView<'a>> {
    let Basis::Decision(decision) = report.basis else { return Vec::new() };
    let mut known: BTreeMap<Fingerprint, &Finding> = BTreeMap::new();
    for finding in &report.inspection.findings {
        known.entry(finding.fingerprint).or_insert(finding);
    }
    let view = |reason: &'a Reason| {
        let mut findings: Vec<_> = reason.findings.iter().filter_map(|id| known.get(id).copied()).collect();
        findings.sort_by_key(|finding| Reverse(finding.severity));
        ReasonView { reason, findings }
    };
    let mut reasons: Vec<_> = decision.reasons.iter().map(view).collect();
    reasons.sort_by_key(|view| Reverse(view.reason.outcome));
    reasons
}

/// Places that the same loaders treat alike, and how each version does.
pub(crate) struct LoaderGroup<'a> {
    pub(crate) places: Vec<&'a Location>,
    pub(crate) behaviours: Vec<Behaviour>,
}

/// What loaders do with what was found, told once for all places that they treat alike.
pub(crate) fn loaders(inspection: &Inspection) -> Vec<LoaderGroup<'_>> {
    let mut by_place: BTreeMap<&Location, Vec<Behaviour>> = BTreeMap::new();
    for loading in &inspection.loading {
        by_place.entry(&loading.location).or_default().push(loading.behaviour);
    }
    let mut groups: BTreeMap<Vec<Behaviour>, Vec<&Location>> = BTreeMap::new();
    for (place, behaviours) in by_place {
        groups.entry(behaviours).or_default().push(place);
    }
    let mut groups: Vec<_> =
        groups.into_iter().map(|(behaviours, places)| LoaderGroup { places, behaviours }).collect();
    groups.sort_by(|a, b| a.places.cmp(&b.places));
    groups
}

/// `torch < 2.6, torch.load`: which loader a behaviour is that of.
pub(crate) fn who(behaviour: &Behaviour) -> String {
    let versions = if behaviour.versions == "any" { "any version" } else { behaviour.versions };
    format!("{} {versions}, {}", behaviour.loader, behaviour.call)
}

/// What happens, with the advisories that say so.
pub(crate) fn happens(behaviour: &Behaviour) -> String {
    match behaviour.advisories {
        "" => behaviour.what.to_owned(),
        ids => format!("{} ({ids})", behaviour.what),
    }
}

/// `data of 2026-11-20, sha256:0123456789ab`: what an assessment rests on.
pub(crate) fn dated(assessment: &Assessment) -> Option<String> {
    let day = assessment.as_of.map(|day| format!("data of {day}"));
    let data = assessment.data.map(|digest| format!("sha256:{}", digest.short()));
    let parts: Vec<String> = day.into_iter().chain(data).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The first sentence of the section *Why it matters* of a rule, or its summary.
pub(crate) fn why(rule: &RuleMeta) -> String {
    let section = rule.section("Why it matters").unwrap_or_else(|| rule.summary());
    let paragraph = section.split("\n\n").next().unwrap_or_default();
    first_sentence(&paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Up to the first full stop that ends a word outside backticks.
fn first_sentence(text: &str) -> String {
    let mut code = false;
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        out.push(character);
        code ^= character == '`';
        let ends = matches!(character, '.' | '!' | '?') && characters.peek().is_none_or(|next| *next == ' ');
        if ends && !code && !out.ends_with("e.g.") && !out.ends_with("i.e.") {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn a_sentence_ends_outside_code() {
        assert_eq!(first_sentence("Runs `a. b` at once. More."), "Runs `a. b` at once.");
        assert_eq!(first_sentence("See e.g. this file.txt here. More"), "See e.g. this file.txt here.");
        assert_eq!(first_sentence("no stop"), "no stop");
    }
}
