//! The answer as a page and as JSON.

use std::io;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Date, Finding, Severity, State};
use weighhouse_supply::health::{Check, Health, Outcome};

use super::super::page::Lines;
use super::store::Stored;

/// Column of what is said of a check: behind score, risk and the longest name.
const REASON: usize = 40;
/// Column of everything else.
const BODY: usize = 2;
/// Places of a check that are shown.
const PLACES: usize = 3;
/// Characters of what comes from the target.
const SHOWN: usize = 300;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes the page.
pub(super) fn terminal(
    page: &mut Lines<'_>,
    name: &str,
    health: &Health,
    stored: Option<Stored>,
) -> io::Result<()> {
    let assessment = &health.assessment;
    let name = page.paint(BOLD, &printable_within(name, SHOWN));
    page.line(&format!("{}  {name}", page.paint(BOLD, "HEALTH")))?;
    let headline = match assessment.state {
        State::NotAssessed => format!("not assessed: {}", assessment.headline),
        _ => assessment.headline.clone(),
    };
    page.flow("        ", 8, &headline, Style::new())?;
    findings(page, &health.findings)?;
    checks(page, &health.checks)?;
    if !assessment.answers.is_empty() {
        heading(page, "What was seen")?;
        for answer in &assessment.answers {
            let text = format!("{} ({})", printable_within(&answer.text, SHOWN), answer.basis.as_str());
            page.flow("  ", BODY, &text, Style::new())?;
        }
    }
    let missing: Vec<_> =
        assessment.missing.iter().filter(|missing| **missing != assessment.headline).collect();
    if !missing.is_empty() {
        heading(page, "Not assessed")?;
        for missing in missing {
            page.flow("  ", BODY, &printable_within(missing, SHOWN), DIM)?;
        }
    }
    let told = match stored {
        Some(Stored::Written) => "Remembered for the next look.",
        Some(Stored::Kept) => {
            "Not remembered, because it contradicts what was: if it is right, run again with --accept."
        }
        None => return Ok(()),
    };
    page.line("")?;
    page.flow("", 0, told, DIM)
}

fn heading(page: &mut Lines<'_>, text: &str) -> io::Result<()> {
    let text = page.paint(BOLD, text);
    page.line(&format!("\n{text}"))
}

fn findings(page: &mut Lines<'_>, findings: &[Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    heading(page, "Findings")?;
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.rule.id.cmp(b.rule.id)));
    for finding in sorted {
        let severity = finding.severity.as_str();
        let lead = format!(
            "  {}{}",
            page.paint(paint(finding.severity), severity),
            " ".repeat(10_usize.saturating_sub(severity.len()))
        );
        page.flow(&lead, 12, &finding.headline, Style::new())?;
        let place = finding.location.to_string();
        let at =
            if place.is_empty() { String::new() } else { format!("{}  ", printable_within(&place, SHOWN)) };
        page.flow("            ", 12, &format!("{at}{}  {}", finding.rule.id, finding.rule.slug), DIM)?;
        page.flow("            ", 12, &format!("→ {}", finding.remediation), Style::new())?;
    }
    Ok(())
}

fn paint(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => DIM,
    }
}

/// Worst first; what was not scored comes last.
fn checks(page: &mut Lines<'_>, checks: &[Check]) -> io::Result<()> {
    if checks.is_empty() {
        return Ok(());
    }
    heading(page, "Checks of OpenSSF Scorecard")?;
    let rank = |check: &Check| match check.outcome {
        Outcome::Whole(score) | Outcome::Part(score) => (0, score),
        Outcome::Nothing => (1, 0),
        Outcome::NotAssessed => (2, 0),
    };
    let mut sorted: Vec<_> = checks.iter().collect();
    sorted.sort_by_key(|check| rank(check));
    for check in sorted {
        check_line(page, check)?;
    }
    page.line("")?;
    let legend = "~ assessed in part, as far as a clone shows   – not part of the score";
    page.flow("  ", BODY, legend, DIM)
}

fn check_line(page: &mut Lines<'_>, check: &Check) -> io::Result<()> {
    let (mark, style) = match check.outcome {
        Outcome::Whole(score) => (format!("{score:>3}"), grade(score)),
        Outcome::Part(score) => (format!("~{score:>2}"), grade(score)),
        Outcome::Nothing | Outcome::NotAssessed => ("  –".to_owned(), DIM),
    };
    let lead = format!("  {}  {:<9} {:<23}", page.paint(style, &mark), check.risk, check.name);
    let reason = match check.outcome {
        Outcome::NotAssessed => format!("not assessed: {}", check.reason),
        _ => check.reason.clone(),
    };
    let dim = matches!(check.outcome, Outcome::Nothing | Outcome::NotAssessed);
    page.flow(&lead, REASON, &reason, if dim { DIM } else { Style::new() })?;
    if check.outcome.score() == Some(10) {
        return Ok(());
    }
    let blank = " ".repeat(REASON);
    for place in check.places.iter().take(PLACES) {
        page.flow(&blank, REASON, &printable_within(&place.to_string(), SHOWN), DIM)?;
    }
    let more = check.places.len().saturating_sub(PLACES);
    if more > 0 {
        page.flow(&blank, REASON, &format!("and {more} more"), DIM)?;
    }
    Ok(())
}

fn grade(score: u8) -> Style {
    match score {
        0..=4 => AnsiColor::Red.on_default(),
        5..=7 => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Green.on_default(),
    }
}

/// The answer as JSON.
pub(super) fn document(name: &str, health: &Health, today: Date) -> Value {
    let assessment = &health.assessment;
    let checks: Vec<Value> = health.checks.iter().map(check).collect();
    let findings: Vec<Value> = health.findings.iter().map(finding).collect();
    let answers: Vec<Value> = assessment
        .answers
        .iter()
        .map(|answer| json!({ "text": answer.text, "basis": answer.basis.as_str() }))
        .collect();
    let score = health.score.map(|score| {
        let tenths = score.tenths.map(|tenths| f64::from(tenths) / 10.0);
        json!({ "score": tenths, "coverage": score.coverage, "in_part": score.in_part })
    });
    json!({
        "version": 1,
        "name": name,
        "date": today.to_string(),
        "state": assessment.state.as_str(),
        "headline": assessment.headline,
        "score": score,
        "checks": checks,
        "findings": findings,
        "answers": answers,
        "missing": assessment.missing,
    })
}

fn check(check: &Check) -> Value {
    let places: Vec<String> = check.places.iter().map(ToString::to_string).collect();
    json!({
        "name": check.name,
        "risk": check.risk.as_str(),
        "state": check.outcome.as_str(),
        "score": check.outcome.score(),
        "reason": check.reason,
        "places": places,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id,
        "slug": finding.rule.slug,
        "severity": finding.severity.as_str(),
        "headline": finding.headline,
        "place": finding.location.to_string(),
        "key": finding.location.key,
        "evidence": finding.evidence,
        "remediation": finding.remediation,
        "fingerprint": finding.fingerprint.to_string(),
    })
}
