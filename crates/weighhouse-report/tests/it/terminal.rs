//! The terminal report.

use unicode_width::UnicodeWidthStr;
use weighhouse_report::{Detail, Format, Style};

use crate::fixtures;
use crate::text;

fn at(fixture: &fixtures::Fixture, style: &Style) -> String {
    text(&fixture.report(), Format::Terminal, style)
}

fn plain(detail: Detail) -> Style {
    Style { detail, ..Style::default() }
}

#[test]
fn a_clean_pass_is_short() {
    let report = at(&fixtures::clean(), &plain(Detail::Normal));
    assert!((2..=5).contains(&report.lines().count()), "{report}");
    insta::assert_snapshot!(report);
}

#[test]
fn snapshots() {
    for (name, fixture) in fixtures::all() {
        for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
            if matches!((name, detail), ("hostile" | "large", Detail::Verbose)) {
                continue;
            }
            insta::assert_snapshot!(format!("terminal_{name}_{detail:?}"), at(&fixture, &plain(detail)));
        }
    }
    let colours = Style { color: true, width: 120, detail: Detail::Normal };
    insta::assert_snapshot!("terminal_poisoned_colour_120", at(&fixtures::poisoned(), &colours));
}

#[test]
fn quiet_is_the_verdict_line() {
    for (name, fixture) in fixtures::all() {
        let wide = Style { width: 100_000, ..plain(Detail::Quiet) };
        assert_eq!(at(&fixture, &wide).lines().count(), 1, "{name}");
    }
}

#[test]
fn nothing_that_acts_on_a_terminal_and_no_line_too_wide() {
    for (name, fixture) in fixtures::all() {
        for width in [40, 80, 120] {
            for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
                let report = at(&fixture, &Style { color: false, width, detail });
                for line in report.lines() {
                    assert!(line.width() <= width, "{name} at {width}: {} columns: {line}", line.width());
                    assert!(!line.contains(|c: char| c.is_control()), "{name}: {line:?}");
                    assert!(
                        !line.contains(['\u{202e}', '\u{200b}', '\u{feff}', '\u{e0041}']),
                        "{name}: {line:?}"
                    );
                    assert_eq!(line, line.trim_end(), "{name}: space at the end");
                }
            }
        }
    }
}

#[test]
fn colour_only_adds_escape_codes() {
    for (name, fixture) in fixtures::all() {
        let coloured = at(&fixture, &Style { color: true, ..plain(Detail::Normal) });
        let mut stripped = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            stripped.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        stripped.push_str(rest);
        assert_eq!(stripped, at(&fixture, &plain(Detail::Normal)), "{name}");
    }
}

#[test]
fn repetition_is_folded() {
    let report = at(&fixtures::poisoned(), &plain(Detail::Normal));
    assert!(report.contains("and 6 more like this"), "{report}");
    let verbose = at(&fixtures::poisoned(), &plain(Detail::Verbose));
    assert!(!verbose.contains("more like this"), "{verbose}");
    for number in 0..9 {
        assert!(verbose.contains(&format!("Fancy{number}`")), "{number}");
    }
    assert_eq!(report.matches("may run code when the file is loaded").count(), 1, "a rule is explained once");
}
