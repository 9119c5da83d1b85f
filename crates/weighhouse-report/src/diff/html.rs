//! A comparison as a page: the same look, the same security policy and the same escaping as a report.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighhouse_core::diff::Side;
use weighhouse_core::digest::Digest;
use weighhouse_core::{Diff, Outcome};

use super::DiffReport;
use super::sections::{Piece, Row, Section, counts, sections, sentence, side, sign, verdicts};
use crate::html::writer::Html;
use crate::html::{SCALES, STYLE};
use crate::text::plural;

/// Lines of one list; JSON has everything.
const ROWS: usize = 500;

pub(super) fn render(report: &DiffReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diff = report.diff;
    let mut page = Html::new(out);
    head(diff, &mut page)?;
    banner(diff, &mut page)?;
    page.raw("<main id=\"main\">\n")?;
    overview(report, &mut page)?;
    for section in sections(diff, true) {
        self::section(&section, &mut page)?;
    }
    page.raw("</main>\n<footer>\n<p>Made by ")?;
    page.text(&format!("{} {}, rules {}", diff.tool.name, diff.tool.version, diff.tool.ruleset.short()))?;
    page.raw(", without running anything of either revision.</p>\n</footer>\n</body>\n</html>\n")
}

fn head(diff: &Diff, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
    let digest = STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
    let policy =
        format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    page.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)])?;
    page.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")?;
    page.raw(
        "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n",
    )?;
    page.element("title", "", &format!("{}: {} · Weighhouse", verdicts(diff), diff.new.artifact.name))?;
    page.raw("\n<style>")?;
    page.raw(STYLE)?;
    page.raw("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the comparison</a>\n")
}

/// The verdict in plain words.
fn plain_words(diff: &Diff) -> &'static str {
    match (diff.is_same(), diff.new.outcome) {
        (true, _) => "Nothing changed",
        (_, Outcome::Allow) => "This update may be used",
        (_, Outcome::NeedsApproval) => "A person must look at this update before it is used",
        (_, Outcome::Deny) => "This update must not be used",
    }
}

fn banner(diff: &Diff, page: &mut Html<'_>) -> io::Result<()> {
    page.open("header", &[("class", diff.new.outcome.verdict())])?;
    page.raw("\n<p class=\"brand\">")?;
    page.raw(SCALES)?;
    page.raw("Weighhouse comparison</p>\n")?;
    page.element("p", "verdict", &verdicts(diff))?;
    page.element("h1", "", plain_words(diff))?;
    page.raw("\n<p class=\"name\">")?;
    page.code(&diff.old.artifact.name)?;
    page.raw(" → ")?;
    page.code(&diff.new.artifact.name)?;
    page.raw("</p>\n</header>\n")
}

fn overview(report: &DiffReport<'_>, page: &mut Html<'_>) -> io::Result<()> {
    let diff = report.diff;
    page.raw("<section class=\"card\" aria-label=\"Overview\">\n<dl class=\"facts plain\">\n")?;
    page.entry("Verdict", |page| page.prose(&sentence(diff, report.profile)))?;
    let counted = counts(diff);
    page.entry("Changes", |page| page.text(if counted.is_empty() { "none" } else { &counted }))?;
    page.entry("Old revision", |page| of(&diff.old, page))?;
    page.entry("New revision", |page| of(&diff.new, page))?;
    if let Some(date) = report.date {
        page.entry("Date", |page| page.text(&date.to_string()))?;
    }
    page.raw("</dl>\n</section>\n")
}

fn of(one: &Side, page: &mut Html<'_>) -> io::Result<()> {
    page.text(&side(one))?;
    match one.artifact.digest {
        Some(digest) => {
            page.raw("<br>")?;
            page.code(&digest.to_string())
        }
        None => page.text("; no digest: a file could not be read to its end"),
    }
}

fn section(section: &Section, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<section>\n")?;
    let attributes: &[(&'static str, &str)] =
        if section.urgent { &[("class", "card"), ("open", "")] } else { &[("class", "card")] };
    page.open("details", attributes)?;
    page.raw("<summary>")?;
    page.text(&section.title)?;
    page.raw("</summary>\n<ul class=\"changes\">\n")?;
    for row in section.rows.iter().take(ROWS) {
        self::row(row, page)?;
    }
    page.raw("</ul>\n")?;
    let more = section.rows.len().saturating_sub(ROWS);
    if more > 0 {
        let text =
            format!("{} not shown here; the JSON form has everything.", plural(more as u64, "more line"));
        page.element("p", "soft", &text)?;
    }
    page.raw("</details>\n</section>\n")
}

fn row(row: &Row, page: &mut Html<'_>) -> io::Result<()> {
    page.raw("<li>")?;
    match (row.severity, row.mark) {
        (Some(severity), _) => page.element("b", &format!("mark c-{severity}"), severity.as_str())?,
        (None, Some(change)) => {
            page.open("b", &[("class", &format!("mark {}", change.as_str())), ("title", change.as_str())])?;
            page.text(sign(change))?;
            page.close("b")?;
        }
        (None, None) => {}
    }
    page.raw("<span>")?;
    for piece in &row.pieces {
        match piece {
            Piece::Plain(text) => page.text(text)?,
            Piece::Soft(text) => page.element("span", "soft", text)?,
            Piece::Code(text) => page.code(text)?,
            Piece::Prose(text) => page.prose(text)?,
        }
    }
    page.raw("</span></li>\n")
}

#[cfg(test)]
mod tests {
    use weighhouse_core::diff::Change;

    use super::STYLE;

    #[test]
    fn every_mark_has_a_colour() {
        for change in [Change::Added, Change::Changed, Change::Renamed, Change::Removed] {
            assert!(STYLE.contains(&format!(".mark.{}", change.as_str())), "{}", change.as_str());
        }
    }
}
