//! One self-contained page for people who decide: the verdict in plain words first, evidence below.
//!
//! Nothing is loaded from anywhere, there is no script, and the page forbids both to itself by its security policy. It reads
//! on a phone, in the dark, on paper and by screen reader.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighhouse_core::digest::Digest;
use weighhouse_core::printable::printable;
use weighhouse_core::{Outcome, Severity};

use crate::model::{reuse_sentence, sentence};
use crate::text::{bytes, grouped};
use crate::{Basis, Report, Summary};
use writer::Html;

mod details;
mod findings;
pub(crate) mod writer;

pub(crate) const STYLE: &str = include_str!("style.css");

pub(crate) const SCALES: &str = "<svg viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.7\" \
    stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\"><path d=\"M12 3v18M7 21h10M4 6h16M4 6l-3 8M4 \
    6l3 8M20 6l-3 8M20 6l3 8M1 14a3 3 0 0 0 6 0zM17 14a3 3 0 0 0 6 0z\"></path></svg>";

pub(crate) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = report.summary();
    let mut page = Html::new(out);
    head(report, &summary, &mut page)?;
    banner(report, &summary, &mut page)?;
    page.raw("<main id=\"main\">\n")?;
    overview(report, &summary, &mut page)?;
    findings::why(report, &mut page)?;
    findings::next(report, &mut page)?;
    findings::by_file(report, &mut page)?;
    details::loaders(report, &mut page)?;
    details::threads(report, &mut page)?;
    details::coverage(report, &summary, &mut page)?;
    details::waivers(report, &mut page)?;
    details::files(report, &mut page)?;
    details::replay(report, &mut page)?;
    page.raw("</main>\n")?;
    footer(report, &mut page)?;
    page.raw("</body>\n</html>\n")
}

fn head(report: &Report<'_>, summary: &Summary, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
    let digest = STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    page.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)])?;
    page.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")?;
    page.raw(
        "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n",
    )?;
    let name = &report.inspection.artifact.name;
    page.element("title", "", &format!("{}: {name} · Weighhouse", summary.outcome.verdict().to_uppercase()))?;
    page.raw("\n<style>")?;
    page.raw(STYLE)?;
    page.raw("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the report</a>\n")
}

/// The verdict in plain words.
fn plain_words(report: &Report<'_>, outcome: Outcome) -> &'static str {
    match (report.basis, outcome) {
        (Basis::Decision(_), Outcome::Allow) => "This model may be used",
        (Basis::Decision(_), Outcome::NeedsApproval) => "A person must look at this model before it is used",
        (Basis::Decision(_), Outcome::Deny) => "This model must not be used",
        (Basis::Threshold(_), Outcome::Allow) => "No finding reaches the limit",
        (Basis::Threshold(_), Outcome::NeedsApproval) => "Not everything could be inspected",
        (Basis::Threshold(_), Outcome::Deny) => "Findings reach the limit",
    }
}

fn banner(report: &Report<'_>, summary: &Summary, page: &mut Html<'_>) -> io::Result<()> {
    let word = summary.outcome.verdict();
    page.open("header", &[("class", word)])?;
    page.raw("\n<p class=\"brand\">")?;
    page.raw(SCALES)?;
    page.raw("Weighhouse report</p>\n")?;
    page.element("p", "verdict", &word.to_uppercase())?;
    page.element("h1", "", plain_words(report, summary.outcome))?;
    page.raw("\n<p class=\"name\">")?;
    page.code(&report.inspection.artifact.name)?;
    page.raw("</p>\n</header>\n")
}

fn overview(report: &Report<'_>, summary: &Summary, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<section class=\"card\" aria-label=\"Overview\">\n<ul class=\"tally\">\n")?;
    for (severity, count) in summary.by_severity.iter().rev() {
        tally(severity.as_str(), *count, Some(*severity), page)?;
    }
    tally("coverage gaps", summary.gaps, None, page)?;
    tally("waived findings", summary.waived, None, page)?;
    if summary.gaps_waived > 0 {
        tally("waived gaps", summary.gaps_waived, None, page)?;
    }
    page.raw("</ul>\n<dl class=\"facts\">\n")?;
    page.entry("Verdict", |page| page.prose(&sentence(report, summary)))?;
    let reused = reuse_sentence(report.inspection);
    if !reused.is_empty() {
        page.entry("Cache", |page| page.text(reused.trim_start()))?;
    }
    let artifact = &report.inspection.artifact;
    page.entry("Examined", |page| page.code(&artifact.name))?;
    let files = crate::text::plural(artifact.files, "file");
    page.entry("Size", |page| page.text(&format!("{files}, {}", bytes(artifact.bytes))))?;
    match artifact.digest {
        Some(digest) => page.entry("Digest", |page| page.code(&digest.to_string()))?,
        None => page.entry("Digest", |page| page.text("unknown: a file could not be read to its end"))?,
    }
    if let Some(date) = report.date {
        page.entry("Date", |page| page.text(&date.to_string()))?;
    }
    page.raw("</dl>\n</section>\n")
}

fn tally(name: &str, count: usize, severity: Option<Severity>, page: &mut Html<'_>) -> io::Result<()> {
    page.open("li", &[("class", if count == 0 { "zero" } else { "some" })])?;
    let colour = severity.filter(|_| count > 0).map(|severity| format!("c-{severity}")).unwrap_or_default();
    page.open("data", &[("value", &count.to_string()), ("class", &colour)])?;
    page.text(&grouped(count as u64))?;
    page.close("data")?;
    page.element("span", "", name)?;
    page.raw("</li>\n")
}

fn footer(report: &Report<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let tool = &report.inspection.tool;
    page.raw("<footer>\n<p>Made by ")?;
    page.text(&format!("{} {}", tool.name, printable(tool.version)))?;
    page.raw(
        ", without running anything of the model. <code>weighhouse explain</code> tells more about a rule.",
    )?;
    page.raw("</p>\n</footer>\n")
}
