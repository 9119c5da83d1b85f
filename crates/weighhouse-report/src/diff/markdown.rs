//! A comparison as a comment on a change: verdicts, what must not be missed, the rest folded.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::DiffReport;
use super::sections::{Piece, Row, Section, counts, sections, sentence, side, sign, verdicts};
use crate::markdown::escape::{code, prose};
use crate::text::plural;

/// Bytes after which lists are cut: forges limit comments.
const LIMIT: usize = 55_000;

pub(super) fn render(report: &DiffReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diff = report.diff;
    let mut page = String::new();
    // Writing to a string cannot fail.
    _ = writeln!(page, "## Weighhouse: {}\n", verdicts(diff));
    _ = writeln!(page, "{} → {}\n", code(&diff.old.artifact.name), code(&diff.new.artifact.name));
    _ = writeln!(page, "**{}** {}\n", prose(&sentence(diff, report.profile)), counts(diff));
    _ = writeln!(page, "- old: {}\n- new: {}", side(&diff.old), side(&diff.new));
    for section in sections(diff, false) {
        self::section(&section, &mut page);
    }
    let tool = &diff.tool;
    _ = writeln!(page, "\n<sub>{} {}, rules `{}`</sub>", tool.name, tool.version, tool.ruleset.short());
    out.write_all(page.as_bytes())
}

fn section(section: &Section, page: &mut String) {
    if section.urgent {
        _ = writeln!(page, "\n### {}\n", section.title);
    } else {
        _ = writeln!(page, "\n<details>\n<summary>{}</summary>\n", section.title);
    }
    let mut shown = 0;
    for row in &section.rows {
        if page.len() > LIMIT {
            break;
        }
        _ = writeln!(page, "- {}", line(row));
        shown += 1;
    }
    let more = section.rows.len().saturating_sub(shown);
    if more > 0 {
        _ = writeln!(page, "\n{} not shown.", plural(more as u64, "more line"));
    }
    if !section.urgent {
        _ = writeln!(page, "\n</details>");
    }
}

fn line(row: &Row) -> String {
    let mut text = match (row.severity, row.mark) {
        (Some(severity), _) => format!("**{severity}** "),
        (None, Some(change)) => format!("`{}` ", sign(change)),
        (None, None) => String::new(),
    };
    for piece in &row.pieces {
        match piece {
            Piece::Plain(words) | Piece::Soft(words) => text.push_str(words),
            Piece::Prose(words) => text.push_str(&prose(words)),
            Piece::Code(words) => {
                // Two code spans that touch would run into each other.
                if text.ends_with('`') {
                    text.push(' ');
                }
                text.push_str(&code(words));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_spaces_and_code_spans_apart() {
        let row = Row {
            mark: None,
            severity: None,
            pieces: vec![
                Piece::Code("a".to_owned()),
                Piece::Plain(": ".to_owned()),
                Piece::Code("b".to_owned()),
                Piece::Code("c`d".to_owned()),
            ],
        };
        assert_eq!(line(&row), "`a`: `b` ``c`d``");
    }
}
