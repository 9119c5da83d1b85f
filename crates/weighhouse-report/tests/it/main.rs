//! Reports over hand-made inspections, in every format.

#![cfg(test)]

mod agree;
mod diff;
mod fixtures;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod strings;
mod terminal;

use weighhouse_report::{Format, Report, Style, render};

/// A report as text.
fn text(report: &Report<'_>, format: Format, style: &Style) -> String {
    let mut out = Vec::new();
    render(report, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The report of a fixture in a format.
fn rendered(fixture: &fixtures::Fixture, format: Format) -> String {
    text(&fixture.report(), format, &Style::default())
}

/// Writes every fixture in every format where a person can look at it.
#[test]
fn every_fixture_renders_in_every_format() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, fixture) in fixtures::all() {
        for (format, word) in Format::ALL {
            let report = rendered(&fixture, *format);
            assert!(report.ends_with('\n'), "{name} as {word} ends without a line end");
            std::fs::write(folder.join(format!("{name}.{word}")), &report).unwrap();
            let colours = Style { color: true, ..Style::default() };
            if *format != Format::Terminal {
                assert_eq!(
                    report,
                    text(&fixture.report(), *format, &colours),
                    "{word} must not depend on style"
                );
            }
        }
    }
}

#[test]
fn formats_are_known_by_name() {
    for (format, name) in Format::ALL {
        assert_eq!(name.parse::<Format>().as_ref(), Ok(format));
        assert_eq!(format.to_string(), *name);
    }
    let error = "yaml".parse::<Format>().unwrap_err().to_string();
    assert!(error.contains("`yaml`") && error.contains("terminal, json"), "{error}");
}
