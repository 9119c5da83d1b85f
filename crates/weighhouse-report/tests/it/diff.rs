//! Comparisons of hand-made revisions: any string, in every place that a revision can write to, in every format.

use proptest::prelude::*;
use weighhouse_core::diff::{
    Change, FileChange, FileState, Float, ItemChange, Measure, NotCompared, NumberChange, Side,
};
use weighhouse_core::{Diff, Digest, ItemKind, Outcome, Severity, Standing};
use weighhouse_report::{Detail, DiffReport, Format, Style, render_diff};

use crate::strings::hostile;
use crate::{fixtures, html, markdown};

/// A comparison in which everything that either revision can write is `written`.
fn everywhere(written: &str) -> Diff {
    let fixture = fixtures::poisoned();
    let mut inspection = fixture.inspection;
    written.clone_into(&mut inspection.artifact.name);
    for finding in &mut inspection.findings {
        written.clone_into(&mut finding.location.file);
        finding.location.members = vec![written.to_owned()];
        finding.location.key = Some(written.to_owned());
        written.clone_into(&mut finding.headline);
        finding.evidence = Some(written.to_owned());
    }
    for gap in &mut inspection.gaps {
        written.clone_into(&mut gap.location.file);
        gap.location.key = Some(written.to_owned());
        written.clone_into(&mut gap.detail);
    }
    let side = |outcome| Side {
        artifact: inspection.artifact.clone(),
        outcome,
        findings: vec![(Severity::High, 1)],
        complete: false,
    };
    let state = |bytes| Some(FileState { sha256: Some(Digest::of(b"x")), bytes, format: "json" });
    let changes = [Change::Added, Change::Changed, Change::Renamed, Change::Removed];
    let files = changes.map(|change| FileChange {
        change,
        path: written.to_owned(),
        from: (change == Change::Renamed).then(|| written.to_owned()),
        old: state(1),
        new: state(2),
    });
    let item = |(at, kind): (usize, &ItemKind)| ItemChange {
        change: [Change::Added, Change::Changed, Change::Removed][at % 3],
        kind: *kind,
        file: written.to_owned(),
        member: written.to_owned(),
        name: written.to_owned(),
        old: Some(written.to_owned()),
        new: Some(written.to_owned()),
        standing: Standing::ALL[at % Standing::ALL.len()],
    };
    let measure = Measure {
        elements: 10,
        changed: 3,
        numeric: true,
        relative: Float::new(0.5),
        largest: Float::new(1.0),
        not_finite: 1,
    };
    let number = NumberChange {
        file: written.to_owned(),
        member: written.to_owned(),
        name: written.to_owned(),
        value: written.to_owned(),
        measure,
    };
    Diff {
        tool: inspection.tool.clone(),
        old: side(Outcome::Allow),
        new: side(Outcome::Deny),
        files: files.into(),
        items: ItemKind::ALL.iter().enumerate().map(item).collect(),
        numbers: vec![number],
        gained: inspection.findings.clone(),
        lost: inspection.findings.clone(),
        gaps_gained: inspection.gaps.clone(),
        gaps_lost: inspection.gaps,
        not_compared: vec![NotCompared { file: written.to_owned(), reason: written.to_owned() }],
    }
}

fn rendered(diff: &Diff, format: Format, style: &Style) -> String {
    let report = DiffReport { diff, profile: "production", date: None };
    let mut out = Vec::new();
    render_diff(&report, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A page without what holds words of ours alone: titles with their signs, ids of rules.
fn of_revisions(page: &str) -> String {
    let titled = |line: &&str| line.starts_with("<summary>") || line.starts_with("### ");
    let rest: String = page.lines().filter(|line| !titled(line)).flat_map(|line| [line, "\n"]).collect();
    fixtures::RULES.iter().fold(rest, |page, rule| page.replace(&format!("[{}] ", rule.id), ""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_string_leaves_its_place(written in hostile()) {
        let diff = everywhere(&written);
        let style = Style::default();
        html::well_formed("any", &rendered(&diff, Format::Html, &style));
        let page = rendered(&diff, Format::Markdown, &style);
        markdown::contained("any", &of_revisions(&page));
        let begins = |line: &str| ["- ", "## ", "### ", "<", "**", "`", " →"].iter().any(|mark| line.starts_with(mark));
        let ours = |line: &str| line.is_empty() || begins(line) || line.ends_with("not shown.");
        prop_assert!(page.lines().all(ours), "{}", page);
        let json: serde_json::Value = serde_json::from_str(&rendered(&diff, Format::Json, &style)).unwrap();
        prop_assert_eq!(&json["files"][0]["path"], &serde_json::Value::from(written.as_str()));
        for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
            let terminal = rendered(&diff, Format::Terminal, &Style { detail, ..Style::default() });
            let acts = |c: char| c != '\n' && c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
            prop_assert!(!terminal.contains(acts), "{:?}", terminal);
        }
    }
}
