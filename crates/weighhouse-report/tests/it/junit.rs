//! `JUnit` XML: structure, numbers, and that nothing hostile breaks out.

use std::path::Path;

use quick_xml::events::Event;
use weighhouse_core::Outcome;
use weighhouse_report::Format;

use crate::{fixtures, rendered};

/// Element names with their attributes, in order.
pub(crate) fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut all = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return all,
            Event::Start(start) | Event::Empty(start) => {
                let attributes = start.attributes().map(Result::unwrap).map(|attribute| {
                    let key = String::from_utf8_lossy(attribute.key.as_ref().as_ref()).into_owned();
                    let value = String::from_utf8_lossy(attribute.value.as_ref().as_ref()).into_owned();
                    (key, value)
                });
                all.push((
                    String::from_utf8_lossy(start.name().as_ref().as_ref()).into_owned(),
                    attributes.collect(),
                ));
            }
            _ => {}
        }
    }
}

pub(crate) fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> &'a str {
    attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[test]
fn numbers_are_those_of_the_elements() {
    for (name, fixture) in fixtures::all() {
        let xml = rendered(&fixture, Format::Junit);
        let elements = elements(&xml);
        let count =
            |wanted: &str| elements.iter().filter(|(element, _)| element == wanted).count().to_string();
        for suite in ["testsuites", "testsuite"] {
            let (_, attributes) = elements.iter().find(|(element, _)| element == suite).unwrap();
            assert_eq!(attribute(attributes, "tests"), count("testcase"), "{name}");
            assert_eq!(attribute(attributes, "failures"), count("failure"), "{name}");
            assert_eq!(attribute(attributes, "errors"), count("error"), "{name}");
        }
        let red = count("failure") != "0" || count("error") != "0";
        assert_eq!(red, fixture.report().outcome() != Outcome::Allow, "{name}: red exactly if not pass");
    }
}

#[test]
fn only_characters_that_xml_allows() {
    allowed(&rendered(&fixtures::hostile(), Format::Junit));
}

/// Only characters of XML 1.0, none invisible, and only elements of ours.
pub(crate) fn allowed(xml: &str) {
    let allowed = |c: char| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed));
    assert!(!xml.contains(['\u{202e}', '\u{200b}', '\u{7f}', '\u{9b}']));
    let known = [
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
    ];
    for (element, _) in elements(xml) {
        assert!(known.contains(&element.as_str()), "{element} broke out");
    }
}

/// The schema is checked by `xmllint` where it is installed; elsewhere the structure is checked by the tests above.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test runs the independent validator")]
fn fits_the_schema_of_jenkins() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/junit-10.xsd");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("junit");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, fixture) in fixtures::all() {
        let file = folder.join(format!("{name}.xml"));
        std::fs::write(&file, rendered(&fixture, Format::Junit)).unwrap();
        let run = std::process::Command::new("xmllint")
            .arg("--huge")
            .arg("--noout")
            .arg("--schema")
            .arg(&schema)
            .arg(&file)
            .output();
        let Ok(run) = run else {
            eprintln!("xmllint is not installed; schema not checked");
            return;
        };
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn snapshot() {
    insta::assert_snapshot!("junit_poisoned", rendered(&fixtures::poisoned(), Format::Junit));
    insta::assert_snapshot!("junit_clean", rendered(&fixtures::clean(), Format::Junit));
}
