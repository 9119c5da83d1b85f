//! Markdown that no model can write into.

use weighhouse_report::Format;

use crate::{fixtures, rendered};

/// The text outside code spans: a span ends at the next run of as many backticks as opened it.
fn outside_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let (before, ticks) = rest.split_at(start);
        out.push_str(before);
        let run = |text: &str| text.len() - text.trim_start_matches('`').len();
        let fence = run(ticks);
        let mut inside = ticks.split_at(fence).1;
        loop {
            let end = inside.find('`').unwrap_or_else(|| panic!("an open code span: {line}"));
            let ticks = inside.split_at(end).1;
            let length = run(ticks);
            inside = ticks.split_at(length).1;
            if length == fence {
                break;
            }
        }
        rest = inside;
    }
    out + rest
}

#[test]
fn outside_code_there_are_only_words_and_markup_of_ours() {
    for (name, fixture) in fixtures::all() {
        contained(name, &rendered(&fixture, Format::Markdown));
    }
}

/// Outside code spans there is no character that makes markup, but in markup of ours.
pub(crate) fn contained(name: &str, page: &str) {
    for line in page.lines() {
        let outside = outside_code(line);
        let ours = [
            "<details>",
            "</details>",
            "<summary>",
            "</summary>",
            "<sub>",
            "</sub>",
            "### ",
            "## ",
            "| --- | ---: |",
        ];
        let ours = ours.iter().fold(outside.clone(), |text, markup| text.replace(markup, ""));
        let bold = ours.replace("**", "");
        assert!(!bold.contains(['<', '>', '[', ']', '@', '#', '*', '_', '~', '$', '&']), "{name}: {line}");
        assert!(!bold.contains("://") && !bold.contains("www."), "{name}: {line}");
        assert!(!bold.contains('|') || line.starts_with("| "), "{name}: {line}");
        assert!(
            !line.contains(|c: char| c.is_control() || c == '\u{202e}' || c == '\u{200b}'),
            "{name}: {line:?}"
        );
    }
    assert_eq!(page.matches("\n<details>\n").count(), page.matches("\n</details>\n").count(), "{name}");
}

#[test]
fn fits_into_a_comment() {
    for (name, fixture) in fixtures::all() {
        let page = rendered(&fixture, Format::Markdown);
        assert!(page.chars().count() < 65_536, "{name}: {}", page.len());
    }
    let page = rendered(&fixtures::large(2_000), Format::Markdown);
    assert!(page.contains("more findings not shown."));
}

#[test]
fn snapshot() {
    insta::assert_snapshot!("markdown_poisoned", rendered(&fixtures::poisoned(), Format::Markdown));
    insta::assert_snapshot!("markdown_clean", rendered(&fixtures::clean(), Format::Markdown));
    insta::assert_snapshot!("markdown_hostile", rendered(&fixtures::hostile(), Format::Markdown));
}
