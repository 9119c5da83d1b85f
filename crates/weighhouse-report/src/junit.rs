//! `JUnit` XML, in the form the Jenkins xUnit plug-in defines and most build servers read.
//!
//! One suite per artifact. The first case is the verdict itself, so that the suite fails exactly if the verdict is not
//! pass; then one case per file. A file *fails* if a finding counts against it, is an *error* if parts of it could not be
//! looked at (the check could not be made), and is *skipped* if what was not looked at is accepted. Findings that do not
//! count are told in the output of the case. Counts by severity are properties of the suite.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{CoverageGap, Finding, Outcome, RuleStatus};

use crate::model::{reasons, sentence};
use crate::text::{place, place_of};
use crate::{Basis, Report, Summary};

/// Characters of evidence.
const EVIDENCE: usize = 1_000;

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let cases = cases(report);
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let count = |wanted: Status| cases.values().filter(|case| case.status(&summary) == wanted).count();
    let failures = count(Status::Failed) + usize::from(summary.outcome != Outcome::Allow);
    let (tests, errors) = (cases.len() + 1, count(Status::Error));
    let numbers = [("tests", tests), ("failures", failures), ("errors", errors)];
    let numbers = numbers.map(|(name, number)| (name, number.to_string()));
    let numbers = || numbers.iter().map(|(name, number)| (*name, number.as_str()));

    let mut suites = BytesStart::new("testsuites");
    suites.push_attribute(("name", "weighhouse"));
    suites.extend_attributes(numbers());
    xml.write_event(Event::Start(suites))?;
    let name = printable(&report.inspection.artifact.name);
    let mut suite = BytesStart::new("testsuite");
    suite.push_attribute(("name", name.as_str()));
    suite.extend_attributes(numbers());
    suite.push_attribute(("skipped", count(Status::Skipped).to_string().as_str()));
    xml.write_event(Event::Start(suite))?;
    properties(report, &summary, &mut xml)?;
    verdict(report, &summary, &name, &mut xml)?;
    for (file, case) in &cases {
        case.write(file, &name, &summary, &mut xml)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writeln!(xml.into_inner())
}

type Xml<'w> = Writer<&'w mut dyn Write>;

fn properties(report: &Report<'_>, summary: &Summary, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut all = vec![
        ("verdict".to_owned(), summary.outcome.verdict().to_owned()),
        ("ruleset".to_owned(), report.inspection.tool.ruleset.to_string()),
    ];
    all.extend(report.inspection.artifact.digest.map(|digest| ("digest".to_owned(), digest.to_string())));
    if let Basis::Decision(decision) = report.basis {
        all.push(("profile".to_owned(), printable(&decision.profile)));
        all.push(("policy".to_owned(), decision.policy.to_string()));
        all.push(("facts".to_owned(), decision.facts.to_string()));
    }
    let severities = summary.by_severity.iter();
    all.extend(severities.map(|(severity, count)| (format!("findings.{severity}"), count.to_string())));
    all.push(("findings.waived".to_owned(), summary.waived.to_string()));
    all.push(("gaps".to_owned(), summary.gaps.to_string()));
    all.push(("gaps.waived".to_owned(), summary.gaps_waived.to_string()));
    xml.write_event(Event::Start(BytesStart::new("properties")))?;
    for (name, value) in all {
        let mut property = BytesStart::new("property");
        property.extend_attributes([("name", name.as_str()), ("value", value.as_str())]);
        xml.write_event(Event::Empty(property))?;
    }
    xml.write_event(Event::End(BytesEnd::new("properties")))
}

fn start_case(name: &str, artifact: &str, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut case = BytesStart::new("testcase");
    case.extend_attributes([("classname", artifact), ("name", name)]);
    xml.write_event(Event::Start(case))
}

fn end_case(xml: &mut Xml<'_>) -> io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

/// An element with attributes and text.
fn element(name: &str, attributes: &[(&str, &str)], text: &str, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut start = BytesStart::new(name);
    start.extend_attributes(attributes.iter().copied());
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Text(BytesText::new(text)))?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn verdict(report: &Report<'_>, summary: &Summary, artifact: &str, xml: &mut Xml<'_>) -> io::Result<()> {
    start_case("verdict", artifact, xml)?;
    if summary.outcome != Outcome::Allow {
        let reasons = reasons(report).into_iter().filter(|view| view.reason.outcome > Outcome::Allow);
        let lines = reasons
            .map(|view| format!("{} ({})", printable(&view.reason.message), printable(&view.reason.policy)));
        let lines: Vec<_> = std::iter::once(summary.counts()).chain(lines).collect();
        let message = sentence(report, summary);
        let attributes = [("type", summary.outcome.verdict()), ("message", message.as_str())];
        element("failure", &attributes, &lines.join("\n"), xml)?;
    }
    end_case(xml)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Passed,
    Skipped,
    Error,
    Failed,
}

/// What is known about one file.
#[derive(Default)]
struct Case<'a> {
    against: Vec<&'a Finding>,
    others: Vec<&'a Finding>,
    gaps: Vec<&'a CoverageGap>,
}

fn cases<'a>(report: &Report<'a>) -> BTreeMap<&'a str, Case<'a>> {
    let inspection = report.inspection;
    let mut cases: BTreeMap<&str, Case<'_>> = BTreeMap::new();
    for file in &inspection.files {
        cases.entry(&file.path).or_default();
    }
    let cited: BTreeSet<_> = match report.basis {
        Basis::Decision(decision) => decision
            .reasons
            .iter()
            .filter(|reason| reason.outcome > Outcome::Allow)
            .flat_map(|reason| &reason.findings)
            .collect(),
        Basis::Threshold(_) => BTreeSet::new(),
    };
    let counts = |finding: &Finding| match report.basis {
        Basis::Decision(_) => cited.contains(&finding.fingerprint),
        Basis::Threshold(threshold) => {
            threshold.is_some_and(|least| finding.severity >= least)
                && finding.rule.status != RuleStatus::Preview
        }
    };
    for finding in &inspection.findings {
        let case = cases.entry(&finding.location.file).or_default();
        let against = finding.waived.is_none() && counts(finding);
        if against { &mut case.against } else { &mut case.others }.push(finding);
    }
    for gap in &inspection.gaps {
        cases.entry(&gap.location.file).or_default().gaps.push(gap);
    }
    cases
}

impl Case<'_> {
    fn status(&self, summary: &Summary) -> Status {
        if !self.against.is_empty() {
            Status::Failed
        } else if self.gaps.is_empty() {
            Status::Passed
        } else if self.gaps.iter().all(|gap| gap.waived) || summary.outcome == Outcome::Allow {
            Status::Skipped
        } else {
            Status::Error
        }
    }

    fn write(&self, file: &str, artifact: &str, summary: &Summary, xml: &mut Xml<'_>) -> io::Result<()> {
        start_case(&printable(file), artifact, xml)?;
        let gaps: Vec<_> = self.gaps.iter().map(|gap| gap_line(gap)).collect();
        let first_gap = self.gaps.first().map(|gap| printable(&gap.detail)).unwrap_or_default();
        match self.status(summary) {
            Status::Passed => {}
            Status::Skipped => element("skipped", &[("message", &first_gap)], &gaps.join("\n"), xml)?,
            Status::Error => {
                element("error", &[("type", "coverage"), ("message", &first_gap)], &gaps.join("\n"), xml)?;
            }
            Status::Failed => {
                let worst = self.against.iter().max_by_key(|finding| finding.severity);
                let message = worst.map(|finding| printable(&finding.headline)).unwrap_or_default();
                let kind = worst.map_or("", |finding| finding.severity.as_str());
                let lines: Vec<_> = self.against.iter().map(|finding| line(finding)).chain(gaps).collect();
                element("failure", &[("type", kind), ("message", &message)], &lines.join("\n"), xml)?;
            }
        }
        if !self.others.is_empty() {
            let lines: Vec<_> = self.others.iter().map(|finding| line(finding)).collect();
            element("system-out", &[], &lines.join("\n"), xml)?;
        }
        end_case(xml)
    }
}

/// A finding in lines of text.
fn line(finding: &Finding) -> String {
    let rule = finding.rule;
    let mut text =
        format!("{}[{}] {}: {}", finding.severity, rule.id, rule.slug, printable(&finding.headline));
    let place = place_of(finding);
    if !place.is_empty() {
        text = format!("{text}\n  at {place}");
    }
    if let Some(evidence) = &finding.evidence {
        text = format!("{text}\n  seen {}", printable_within(evidence, EVIDENCE));
    }
    match &finding.waived {
        Some(by) => format!(
            "{text}\n  waived by {} until {}: {}",
            printable(&by.owner),
            by.expires,
            printable(&by.reason)
        ),
        None => format!("{text}\n  what to do: {}", printable(&finding.remediation)),
    }
}

fn gap_line(gap: &CoverageGap) -> String {
    let waived = if gap.waived { " (waived)" } else { "" };
    let place = place(&gap.location);
    let place = if place.is_empty() { place } else { format!(" in {place}") };
    format!("not inspected{place}: {} ({}){waived}", printable(&gap.detail), gap.reason)
}
