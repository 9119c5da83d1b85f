//! The answer for people: by file, then by package, the worst first; then with what to load it, as of when, and what was not assessed.

use std::io;

use anstyle::{AnsiColor, Style};
use weighhouse_core::printable::{printable, printable_within};
use weighhouse_core::{Finding, Severity, State};
use weighhouse_supply::deps::{Confidence, Exposure, Hit, Judged, Result};

use super::super::page::Lines;

/// Vulnerabilities of one package that are told unless all are asked for.
const TOLD: usize = 8;
/// Columns of ids and of severities.
const ID: usize = 19;
const SEVERITY: usize = 9;

/// How a severity looks; absent: nobody says.
fn tint(severity: Option<Severity>) -> Style {
    match severity {
        Some(Severity::Critical) => AnsiColor::Red.on_default().bold(),
        Some(Severity::High) => AnsiColor::Red.on_default(),
        Some(Severity::Medium) | None => AnsiColor::Yellow.on_default(),
        Some(Severity::Low | Severity::Info) => AnsiColor::BrightBlack.on_default(),
    }
}

/// Writes the whole answer.
pub(super) fn report(
    name: &str,
    result: &Result,
    findings: &[Finding],
    page: &mut Lines<'_>,
    verbose: bool,
) -> io::Result<()> {
    let title = page.paint(Style::new().bold(), &printable(name));
    page.line(&format!("{title}: {}", result.headline()))?;
    let shown: Vec<&Judged> =
        result.packages.iter().filter(|judged| verbose || !judged.hits.is_empty()).collect();
    let mut file = None;
    for judged in &shown {
        let place = &judged.package.location;
        let path = format!(
            "{}{}",
            place.file,
            place.member().map(|member| format!("!{member}")).unwrap_or_default()
        );
        if file.as_ref() != Some(&path) {
            let heading = page.paint(Style::new().bold(), &printable_within(&path, 200));
            page.line(&format!("\n{heading}"))?;
            file = Some(path);
        }
        package(judged, findings, page, verbose)?;
    }
    others(findings, page)?;
    let quiet = result.packages.len().saturating_sub(shown.len());
    if quiet > 0 && !shown.is_empty() {
        page.line("")?;
        let text = format!("{quiet} more packages, of which nothing is known; --verbose lists them");
        page.flow("", 0, &text, Style::new().dimmed())?;
    }
    if !result.loaders.is_empty() {
        page.line("")?;
        for advice in &result.loaders {
            page.flow("", 2, &advice.text(), Style::new())?;
        }
    }
    end(result, page)
}

/// A package with its vulnerabilities.
fn package(judged: &Judged, findings: &[Finding], page: &mut Lines<'_>, verbose: bool) -> io::Result<()> {
    let package = &judged.package;
    let line = package.location.text.map(|text| format!("line {}", text.line));
    let judged_as = judged.version.as_ref().filter(|_| package.wanted.exact().is_none());
    let judged_as = judged_as.map(|version| format!("judged as {}", printable_within(version, 60)));
    let confidence = match (package.confidence, judged.exposure) {
        (Confidence::Pinned, _) => None,
        (confidence, _) => Some(confidence.as_str().to_owned()),
    };
    let aside = package.aside.then(|| "development only".to_owned());
    let notes: Vec<String> =
        [line, confidence, judged_as, package.condition.clone(), aside].into_iter().flatten().collect();
    let upgrade = match (&judged.upgrade, judged.open().next(), judged.exposure) {
        (Some(to), Some(_), Exposure::BuiltWith) => format!(" → load with {to} or later"),
        (Some(to), Some(_), _) => format!(" → {to}"),
        (None, Some(_), _) => " → no version repairs all of it".to_owned(),
        _ => String::new(),
    };
    let upgrade = page.paint(AnsiColor::Green.on_default(), &upgrade);
    let name = page.paint(Style::new().bold(), &package.name);
    let notes = page.dim(&format!(" ({})", notes.join(", ")));
    page.line(&format!("  {name} {}{upgrade}{notes}", package.wanted))?;
    let most = if verbose { usize::MAX } else { TOLD };
    for hit in judged.hits.iter().take(most) {
        vulnerability(hit, page, verbose)?;
    }
    let rest = judged.hits.len().saturating_sub(most);
    if rest > 0 {
        let text = page.dim(&format!("    and {rest} more; --verbose lists them"));
        page.line(&text)?;
    }
    let waived =
        findings.iter().find(|finding| finding.location == package.location && finding.waived.is_some());
    if let Some(by) = waived.and_then(|finding| finding.waived.as_ref()) {
        let text = format!("accepted by {} until {}: {}", by.owner, by.expires, by.reason);
        page.flow("    ", 4, &printable(&text), Style::new().dimmed())?;
    }
    Ok(())
}

fn vulnerability(hit: &Hit, page: &mut Lines<'_>, verbose: bool) -> io::Result<()> {
    let rating = if hit.malware { "malware" } else { hit.rating.as_str() };
    let cleared = hit.cleared.is_some();
    let style = if cleared { Style::new().dimmed() } else { tint(hit.rating.severity) };
    let mark = page.paint(style, &format!("{rating:<SEVERITY$}"));
    let before = format!("    {mark} {:<ID$} ", hit.name);
    let from = 4 + SEVERITY + 1 + ID.max(hit.name.chars().count()) + 1;
    let text = match (&hit.fixed, hit.malware) {
        (_, true) => hit.summary.clone(),
        (Some(fixed), false) => format!("fixed in {fixed}: {}", hit.summary),
        (None, false) => format!("no fix: {}", hit.summary),
    };
    page.flow(&before, from, &text, if cleared { Style::new().dimmed() } else { Style::new() })?;
    if let Some((status, reason, author)) = &hit.cleared {
        let text = format!("{} by a statement of {author}: {reason}", status.replace('_', " "));
        page.flow(&" ".repeat(from), from, &text, AnsiColor::Green.on_default())?;
    }
    if verbose {
        let names = (!hit.aliases.is_empty()).then(|| format!("also {}", hit.aliases.join(", ")));
        let source = (!hit.rating.source.is_empty()).then(|| hit.rating.source.clone());
        let notes: Vec<String> = names.into_iter().chain(source).collect();
        if !notes.is_empty() {
            page.flow(&" ".repeat(from), from, &notes.join("; "), Style::new().dimmed())?;
        }
    }
    Ok(())
}

/// Findings that are not about a known vulnerability.
fn others(findings: &[Finding], page: &mut Lines<'_>) -> io::Result<()> {
    let others = findings.iter().filter(|finding| !matches!(finding.rule.id, "WH-VUL-001" | "WH-VUL-002"));
    for (at, finding) in others.enumerate() {
        if at == 0 {
            page.line("")?;
        }
        let mark =
            page.paint(tint(Some(finding.severity)), &format!("{:<SEVERITY$}", finding.severity.as_str()));
        let text = format!("{}: {}", printable_within(&finding.location.to_string(), 200), finding.headline);
        page.flow(&format!("{mark} "), SEVERITY + 1, &text, Style::new())?;
        page.flow(&" ".repeat(SEVERITY + 1), SEVERITY + 1, &finding.remediation, Style::new().dimmed())?;
    }
    Ok(())
}

/// As of when, and what was not assessed.
fn end(result: &Result, page: &mut Lines<'_>) -> io::Result<()> {
    page.line("")?;
    for source in &result.sources {
        let name = printable_within(source.ecosystem.as_str(), 40);
        let old = if source.too_old { ", too old" } else { "" };
        let text = format!(
            "{name}: advisory data as of {}{old}, {} advisories, digest {}",
            source.date, source.advisories, source.digest
        );
        page.flow("", 2, &text, Style::new().dimmed())?;
    }
    for missing in &result.missing {
        page.flow("", 2, &format!("not assessed: {missing}"), AnsiColor::Yellow.on_default())?;
    }
    if result.sources.is_empty() && result.missing.is_empty() && result.state == State::Assessed {
        page.flow("", 2, "no file of it names packages, and its model tells of none", Style::new().dimmed())?;
    }
    Ok(())
}
