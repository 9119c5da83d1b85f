//! Any string, in every place a model can write to, in every format.

use proptest::prelude::*;
use weighhouse_core::{Advice, Location};
use weighhouse_report::{Detail, Format, Style};

use crate::{fixtures, html, junit, markdown, rendered, text};

/// Strings made of what matters to some format, and of anything.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        3 => "[`|<>&\"'\\[\\]()*_#@!~:;/.\\\\ {}$=-]{1,6}",
        2 => "[a-zA-Z0-9 ]{1,8}",
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec![
            "\u{1b}[31m", "\u{202e}", "]]>", "<!--", "</details>", "\n", "\r\n\n", "\0", "http://a.example", "www.a.example",
            "<script>", "\u{feff}", "\u{ffff}", "漢", "e\u{301}", "::error::", "deadbeef", "${x}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// A report in which everything that a model can write is `written`.
fn everywhere(written: &str) -> fixtures::Fixture {
    let mut place = Location::file(written);
    place.members = vec![written.to_owned()];
    place.key = Some(written.to_owned());
    let mut fixture = fixtures::poisoned();
    let inspection = &mut fixture.inspection;
    written.clone_into(&mut inspection.artifact.name);
    for finding in &mut inspection.findings {
        finding.location = place.clone();
        written.clone_into(&mut finding.headline);
        written.clone_into(&mut finding.remediation);
        finding.evidence = Some(written.to_owned());
    }
    for gap in &mut inspection.gaps {
        gap.location = place.clone();
        written.clone_into(&mut gap.detail);
    }
    for file in &mut inspection.files {
        written.clone_into(&mut file.path);
    }
    inspection.loading = fixtures::loading(written);
    let command = Some(written.to_owned());
    inspection.advice.push(Advice { location: place, headline: written.to_owned(), command });
    for reason in &mut fixture.decision.as_mut().unwrap().reasons {
        written.clone_into(&mut reason.message);
        written.clone_into(&mut reason.policy);
    }
    fixture
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_string_leaves_its_place(written in hostile()) {
        let fixture = everywhere(&written);
        html::well_formed("any", &rendered(&fixture, Format::Html));
        markdown::contained("any", &rendered(&fixture, Format::Markdown));
        junit::allowed(&rendered(&fixture, Format::Junit));
        let json: serde_json::Value = serde_json::from_str(&rendered(&fixture, Format::Json)).unwrap();
        prop_assert_eq!(&json["findings"][0]["headline"], &serde_json::Value::from(written.as_str()));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&rendered(&fixture, Format::Sarif)).is_ok());
        let style = Style { detail: Detail::Verbose, ..Style::default() };
        let terminal = text(&fixture.report(), Format::Terminal, &style);
        prop_assert!(!terminal.contains(|c: char| c != '\n' && c.is_control()));
    }
}
