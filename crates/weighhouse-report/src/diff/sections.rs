//! What a comparison tells, the most dangerous first. Every piece of text says whose it is.

use weighhouse_core::diff::{Change, FileChange, FileState, ItemChange, Measure, NumberChange, Side};
use weighhouse_core::{CoverageGap, Diff, Finding, ItemKind, Outcome, Severity, Standing};

use crate::model::severities;
use crate::text::{bytes, grouped, place, plural};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words of ours.
    Plain(String),
    /// Words of ours that matter less.
    Soft(String),
    /// Text of the artifact.
    Code(String),
    /// A headline: words of ours, text of the artifact between backticks.
    Prose(String),
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// How it changed; findings and gaps have no mark.
    pub(super) mark: Option<Change>,
    /// How bad it is.
    pub(super) severity: Option<Severity>,
    /// The line.
    pub(super) pieces: Vec<Piece>,
}

/// A list under a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// What it lists, with how many.
    pub(super) title: String,
    /// Its lines.
    pub(super) rows: Vec<Row>,
    /// Whether it is shown in full before others: what a reader must not miss.
    pub(super) urgent: bool,
}

/// `+`, `~`, `>`, `-`.
pub(super) fn sign(change: Change) -> &'static str {
    match change {
        Change::Added => "+",
        Change::Changed => "~",
        Change::Renamed => ">",
        Change::Removed => "-",
    }
}

/// `PASS → FAIL`.
pub(super) fn verdicts(diff: &Diff) -> String {
    let word = |side: &Side| side.outcome.verdict().to_uppercase();
    format!("{} → {}", word(&diff.old), word(&diff.new))
}

/// What it comes to, in one sentence of ours.
pub(super) fn sentence(diff: &Diff, profile: &str) -> String {
    let profile = weighhouse_core::printable::printable(profile);
    let verdict = match diff.new.outcome {
        Outcome::Allow => format!("The new revision may be used under profile `{profile}`."),
        Outcome::NeedsApproval => {
            format!("A person must look at the new revision first, under profile `{profile}`.")
        }
        Outcome::Deny => format!("The new revision may not be used under profile `{profile}`."),
    };
    if diff.is_same() { format!("Both revisions are the same, byte for byte. {verdict}") } else { verdict }
}

/// `3 files changed, 1 finding gained, 2 lost`.
pub(super) fn counts(diff: &Diff) -> String {
    let of = |change| diff.files.iter().filter(|file| file.change == change).count();
    let mut parts = Vec::new();
    for (change, word) in [
        (Change::Changed, "changed"),
        (Change::Added, "added"),
        (Change::Renamed, "renamed"),
        (Change::Removed, "removed"),
    ] {
        match (of(change), parts.is_empty()) {
            (0, _) => {}
            (count, true) => parts.push(format!("{} {word}", plural(count as u64, "file"))),
            (count, false) => parts.push(format!("{} {word}", grouped(count as u64))),
        }
    }
    for (count, word) in [(diff.gained.len(), "gained"), (diff.lost.len(), "lost")] {
        if count > 0 {
            parts.push(format!("{} {word}", plural(count as u64, "finding")));
        }
    }
    for (count, word) in [(diff.gaps_gained.len(), "gained"), (diff.gaps_lost.len(), "closed")] {
        if count > 0 {
            parts.push(format!("{} {word}", plural(count as u64, "coverage gap")));
        }
    }
    parts.join(", ")
}

/// A side in a few words: files, size, findings.
pub(super) fn side(side: &Side) -> String {
    let findings = severities(&side.findings).join(", ");
    let findings = if findings.is_empty() { "no finding".to_owned() } else { findings };
    let gaps = if side.complete { "" } else { ", coverage gaps" };
    format!("{}, {}, {findings}{gaps}", plural(side.artifact.files, "file"), bytes(side.artifact.bytes))
}

/// All lists that have something to tell.
pub(super) fn sections(diff: &Diff, verbose: bool) -> Vec<Section> {
    let shown = |finding: &&Finding| verbose || finding.severity > Severity::Info;
    let is_update = |finding: &&Finding| finding.rule.family() == "DIF";
    let of_findings = |title: &str, findings: Vec<&Finding>, urgent| {
        list(title, findings.into_iter().map(finding_row).collect(), urgent)
    };
    let mut all = vec![
        of_findings(
            "Brought by the update",
            diff.gained.iter().filter(is_update).filter(shown).collect(),
            true,
        ),
        of_findings(
            "Findings gained",
            diff.gained.iter().filter(|f| !is_update(f)).filter(shown).collect(),
            true,
        ),
        list("No longer looked at", diff.gaps_gained.iter().map(gap_row).collect(), true),
        list(
            "Not compared",
            diff.not_compared
                .iter()
                .map(|one| {
                    row(
                        None,
                        vec![
                            code(&one.file),
                            Piece::Plain(": ".to_owned()),
                            Piece::Prose(one.reason.clone()),
                        ],
                    )
                })
                .collect(),
            true,
        ),
        list("Files", diff.files.iter().map(file_row).collect(), false),
    ];
    for kind in ItemKind::ALL {
        let rows: Vec<Row> = diff.items.iter().filter(|item| item.kind == *kind).map(item_row).collect();
        let (_, many) = kind.nouns();
        all.push(list(&capital(many), rows, false));
        if *kind == ItemKind::Tensor {
            all.push(list("Numbers of tensors", diff.numbers.iter().map(number_row).collect(), false));
        }
    }
    all.push(of_findings("Findings lost", diff.lost.iter().filter(shown).collect(), false));
    all.push(list("Looked at now", diff.gaps_lost.iter().map(gap_row).collect(), false));
    all.retain(|section| !section.rows.is_empty());
    all
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn list(title: &str, rows: Vec<Row>, urgent: bool) -> Section {
    let of = |change| rows.iter().filter(|row| row.mark == Some(change)).count();
    let marks = [Change::Added, Change::Changed, Change::Renamed, Change::Removed];
    let counts: Vec<String> = marks
        .into_iter()
        .filter(|change| of(*change) > 0)
        .map(|change| format!("{}{}", sign(change), grouped(of(change) as u64)))
        .collect();
    let counts = if counts.is_empty() { grouped(rows.len() as u64) } else { counts.join(" ") };
    Section { title: format!("{title} ({counts})"), rows, urgent }
}

fn row(mark: Option<Change>, pieces: Vec<Piece>) -> Row {
    Row { mark, severity: None, pieces }
}

fn code(text: &str) -> Piece {
    Piece::Code(text.to_owned())
}

fn finding_row(finding: &Finding) -> Row {
    let mut at = vec![finding.location.file.clone()];
    at.extend(finding.location.member());
    let mut pieces = vec![
        Piece::Soft(format!("[{}] ", finding.rule.id)),
        Piece::Prose(finding.headline.clone()),
        Piece::Soft(", in ".to_owned()),
        code(&at.join("!")),
    ];
    pieces.extend(
        finding
            .evidence
            .as_deref()
            .filter(|evidence| !evidence.is_empty())
            .into_iter()
            .flat_map(|seen| [Piece::Soft(", seen: ".to_owned()), code(seen)]),
    );
    Row { mark: None, severity: Some(finding.severity), pieces }
}

fn gap_row(gap: &CoverageGap) -> Row {
    let mut at = vec![gap.location.file.clone()];
    let inside = place(&gap.location);
    if !inside.is_empty() {
        at.push(inside);
    }
    let detail = Piece::Prose(gap.detail.clone());
    row(
        None,
        vec![
            code(&at.join("!")),
            Piece::Plain(": ".to_owned()),
            detail,
            Piece::Soft(format!(" ({})", gap.reason)),
        ],
    )
}

fn file_row(file: &FileChange) -> Row {
    let mut pieces = vec![code(&file.path)];
    if let Some(from) = &file.from {
        pieces.extend([Piece::Soft(", was ".to_owned()), code(from)]);
    }
    let size = |state: &FileState| format!("{}, {}", state.format, bytes(state.bytes));
    let about = match (&file.old, &file.new) {
        (Some(old), Some(new)) if old.format != new.format => format!("{} → {}", size(old), size(new)),
        (Some(old), Some(new)) if old.bytes != new.bytes => {
            format!("{}, {} → {}", new.format, bytes(old.bytes), bytes(new.bytes))
        }
        (_, Some(new)) => size(new),
        (Some(old), None) => size(old),
        (None, None) => String::new(),
    };
    pieces.push(Piece::Soft(format!(" · {about}")));
    row(Some(file.change), pieces)
}

fn item_row(item: &ItemChange) -> Row {
    let mut pieces = vec![code(&item.name)];
    match (item.change, item.old.as_deref().unwrap_or_default(), item.new.as_deref().unwrap_or_default()) {
        (Change::Changed, old, new) => {
            pieces.extend([
                Piece::Plain(": ".to_owned()),
                code(old),
                Piece::Plain(" → ".to_owned()),
                code(new),
            ]);
        }
        (Change::Removed, old, _) if !old.is_empty() => {
            pieces.extend([Piece::Plain(": ".to_owned()), code(old)]);
        }
        (Change::Added, _, new) if !new.is_empty() => {
            pieces.extend([Piece::Plain(": ".to_owned()), code(new)]);
        }
        _ => {}
    }
    let mut at = vec![item.file.clone()];
    if !item.member.is_empty() {
        at.push(item.member.clone());
    }
    pieces.extend([Piece::Soft(", in ".to_owned()), code(&at.join("!"))]);
    let severity = match (item.change, item.standing) {
        (Change::Removed, _) | (_, Standing::Plain | Standing::Known) => None,
        (_, Standing::Unknown) => Some(Severity::Medium),
        (_, Standing::Dangerous) => Some(Severity::High),
    };
    if let Some(severity) = severity {
        let words = if severity == Severity::High { " (known to be dangerous)" } else { " (on no list)" };
        pieces.push(Piece::Soft(words.to_owned()));
    }
    Row { mark: Some(item.change), severity: None, pieces }
}

fn number_row(change: &NumberChange) -> Row {
    let mut at = vec![change.file.clone()];
    if !change.member.is_empty() {
        at.push(change.member.clone());
    }
    let pieces = vec![
        code(&change.name),
        Piece::Soft(", ".to_owned()),
        code(&change.value),
        Piece::Soft(": ".to_owned()),
        Piece::Plain(measured(&change.measure)),
        Piece::Soft(", in ".to_owned()),
        code(&at.join("!")),
    ];
    row(Some(Change::Changed), pieces)
}

/// `moved by 1.2 % (L2), at most 0.031, 37 % of 1,234 elements`.
fn measured(measure: &Measure) -> String {
    let noun = if measure.numeric { "element" } else { "byte" };
    let share =
        format!("{} of {} differ", share(measure.changed, measure.elements), plural(measure.elements, noun));
    if !measure.numeric {
        return share;
    }
    let relative = measure.relative.map_or_else(
        || "moved from zero".to_owned(),
        |relative| format!("moved by {} % (L2)", significant(relative.get() * 100.0)),
    );
    let largest = measure
        .largest
        .map(|largest| format!(", at most {}", significant(largest.get())))
        .unwrap_or_default();
    let odd = if measure.not_finite == 0 {
        String::new()
    } else {
        format!(", {} not finite", grouped(measure.not_finite))
    };
    format!("{relative}{largest}, {share}{odd}")
}

/// Three digits: `0.0312`, `12.5`, `1.25e-9`.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e6).contains(&value) {
        return format!("{value:.2e}");
    }
    let mut decimals = 0;
    let mut scaled = value;
    while scaled < 100.0 && decimals < 6 {
        scaled *= 10.0;
        decimals += 1;
    }
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `37 %`, `under 0.1 %`.
fn share(part: u64, whole: u64) -> String {
    if part == whole {
        return "all".to_owned();
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole.max(1));
    match tenths {
        0 => "under 0.1 %".to_owned(),
        1000 => "over 99.9 %".to_owned(),
        tenths if tenths % 10 == 0 => format!("{} %", tenths / 10),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_for_people() {
        for (value, text) in [
            (0.0, "0"),
            (0.5, "0.5"),
            (12.345, "12.3"),
            (1234.5, "1234"),
            (0.001_234, "0.00123"),
            (1.0, "1"),
            (100.0, "100"),
            (1.25e-9, "1.25e-9"),
            (2.5e7, "2.50e7"),
        ] {
            assert_eq!(significant(value), text);
        }
        assert_eq!(share(1, 2), "50 %");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(3, 3), "all");
        assert_eq!(share(1, 1_000_000), "under 0.1 %");
        assert_eq!(share(999_999, 1_000_000), "over 99.9 %");
    }
}
