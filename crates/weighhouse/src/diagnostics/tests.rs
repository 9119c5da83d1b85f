use std::ops::Range;

use weighhouse_core::Diagnostic;
use weighhouse_core::diagnostic::{Level, SourceText};

use super::render;

fn about(text: &str, span: Range<usize>) -> Diagnostic {
    let source = SourceText { name: "weighhouse.toml".to_owned(), text: text.into() };
    Diagnostic::new(Level::Error, "WH-CFG-002", "unknown key `profil`")
        .at(&source, span, "here")
        .help("did you mean `profile`?")
}

#[test]
fn headline_place_and_help_in_plain_text() {
    insta::assert_snapshot!(render(&about("a = 1\nprofil = \"x\"\n", 6..12), false));
    insta::assert_snapshot!(render(&Diagnostic::new(Level::Warning, "WH-CFG-014", "no place"), false));
}

#[test]
fn colour_is_only_written_when_asked_for() {
    assert!(!render(&about("a = 1", 0..1), false).contains('\u{1b}'));
    assert!(render(&about("a = 1", 0..1), true).contains('\u{1b}'));
}

#[test]
fn no_span_and_no_text_breaks_the_renderer() {
    for text in ["", "\n", "é", "a\r\nb\r\n", "\u{1b}[31m\u{202e}\t\0", "日本語 = 1"] {
        for start in 0..8 {
            for end in 0..8 {
                let shown = render(&about(text, start..end), false);
                assert!(shown.contains("unknown key"));
                assert!(!shown.contains('\u{1b}'));
            }
        }
    }
}
