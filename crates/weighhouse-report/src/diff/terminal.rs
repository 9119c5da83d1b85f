//! A comparison in a terminal: verdicts, what must not be missed, then short lists with counts.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Paint};
use weighhouse_core::diff::Change;
use weighhouse_core::printable::{printable, printable_within};

use super::DiffReport;
use super::sections::{Piece, Row, Section, counts, sections, sentence, side, sign, verdicts};
use crate::terminal::{BOLD, DIM, outcome, severity};
use crate::text::flow::{Page, Span, plain, styled};
use crate::text::{NAME, plural};
use crate::{Detail, Style};

/// Lines of a list before folding: of what must not be missed, and of the rest.
const URGENT: usize = 10;
const ROWS: usize = 5;
/// Characters of one piece of text.
const TEXT: usize = 160;

pub(super) fn render(report: &DiffReport<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let diff = report.diff;
    let mut page = Page::new(out, style);
    let label = styled(outcome(diff.new.outcome), verdicts(diff));
    let column = verdicts(diff).chars().count() + 2;
    let name = |name: &str| styled(BOLD, printable_within(name, NAME));
    let mut names = vec![name(&diff.old.artifact.name), plain(" → "), name(&diff.new.artifact.name)];
    let counted = counts(diff);
    if style.detail == Detail::Quiet {
        names.extend((!counted.is_empty()).then(|| plain(format!(" · {counted}"))));
        return page.labelled(0, &label, column, &names);
    }
    page.labelled(0, &label, column, &names)?;
    page.paragraph(column, column, &[plain(sentence(diff, report.profile))])?;
    if !counted.is_empty() {
        page.paragraph(column, column, &[plain(format!("{counted}."))])?;
    }
    for (word, one) in [("old", &diff.old), ("new", &diff.new)] {
        let digest =
            one.artifact.digest.map(|digest| format!(", sha256:{}", digest.short())).unwrap_or_default();
        page.labelled(
            column,
            &styled(DIM, word),
            column + 4,
            &[styled(DIM, format!("{}{digest}", side(one)))],
        )?;
    }
    let verbose = style.detail == Detail::Verbose;
    let mut folded = false;
    for section in sections(diff, verbose) {
        folded |= write(&section, verbose, &mut page)?;
    }
    if folded {
        page.blank()?;
        page.paragraph(0, 0, &[styled(DIM, "--verbose shows all; --format json has every value")])?;
    }
    Ok(())
}

/// Writes a list; whether some of it was folded.
fn write(section: &Section, verbose: bool, page: &mut Page<'_>) -> io::Result<bool> {
    page.blank()?;
    page.paragraph(0, 2, &[styled(BOLD, section.title.clone())])?;
    let limit = match (verbose, section.urgent) {
        (true, _) => section.rows.len(),
        (false, true) => URGENT,
        (false, false) => ROWS,
    };
    for row in section.rows.iter().take(limit) {
        let spans: Vec<Span> = row.pieces.iter().map(span).collect();
        let label = label(row);
        page.labelled(2, &label, if row.severity.is_some() { 12 } else { 4 }, &spans)?;
    }
    let more = section.rows.len().saturating_sub(limit);
    if more > 0 {
        page.paragraph(
            4,
            4,
            &[styled(DIM, format!("and {}", plural(more as u64, "more")).trim_end_matches('s'))],
        )?;
    }
    Ok(more > 0)
}

fn label(row: &Row) -> Span {
    match (row.severity, row.mark) {
        (Some(level), _) => styled(severity(level), level.as_str()),
        (None, Some(change)) => styled(colour(change), sign(change)),
        (None, None) => styled(DIM, "·"),
    }
}

fn colour(change: Change) -> Paint {
    match change {
        Change::Added => AnsiColor::Green.on_default(),
        Change::Changed => AnsiColor::Yellow.on_default(),
        Change::Renamed => AnsiColor::Cyan.on_default(),
        Change::Removed => AnsiColor::Red.on_default(),
    }
}

fn span(piece: &Piece) -> Span {
    match piece {
        Piece::Plain(text) => plain(printable(text)),
        Piece::Soft(text) => styled(DIM, printable(text)),
        Piece::Code(text) => plain(printable_within(text, TEXT)),
        Piece::Prose(text) => plain(printable_within(text, NAME)),
    }
}
