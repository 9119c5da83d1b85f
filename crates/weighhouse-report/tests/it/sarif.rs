//! SARIF against the official schema, and what GitHub asks for beyond it.

use serde_json::Value;
use weighhouse_report::Format;

use crate::{fixtures, rendered};

fn log(fixture: &fixtures::Fixture) -> Value {
    serde_json::from_str(&rendered(fixture, Format::Sarif)).unwrap()
}

#[test]
fn every_report_fits_the_official_schema() {
    let mut schema: Value = serde_json::from_str(include_str!("../schemas/sarif-2.1.0.json")).unwrap();
    // The published pattern for languages is no regular expression (a bracket too many); we write no language.
    for part in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{part}/properties/language")).unwrap();
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})), "the schema checks nothing");
    for (name, fixture) in fixtures::all() {
        let log = log(&fixture);
        let errors: Vec<_> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn rules_are_documented_and_found_by_index() {
    let mut fixture = fixtures::poisoned();
    fixture.rules = &[];
    for log in [log(&fixtures::poisoned()), log(&fixture)] {
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for rule in rules {
            for field in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
                let text = rule.pointer(field).and_then(Value::as_str).unwrap_or_default();
                assert!(!text.is_empty(), "{field} of {}", rule["id"]);
            }
            let number: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
            assert!((0.0..=10.0).contains(&number));
        }
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
    }
}

#[test]
fn offsets_inside_members_are_not_offsets_of_the_file() {
    let log = log(&fixtures::poisoned());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let inner = results.iter().find(|result| result["ruleId"] == "WH-PKL-001").unwrap();
    let place = &inner["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "pytorch_model.bin");
    assert!(place["physicalLocation"].get("region").is_none());
    assert_eq!(place["logicalLocations"][1]["fullyQualifiedName"], "pytorch_model.bin!archive/data.pkl");
    assert_eq!(inner["properties"]["offset"], 1024);
    let text =
        results.iter().find(|result| result["message"]["text"].as_str().unwrap().contains("__class__"));
    let region = |result: &Value| result["locations"][0]["physicalLocation"]["region"].clone();
    assert_eq!(region(text.unwrap()), serde_json::json!({"startLine": 12, "startColumn": 34}));
}

#[test]
fn messages_hold_no_links_and_nothing_invisible() {
    let written = rendered(&fixtures::hostile(), Format::Sarif);
    assert!(!written.contains(['\u{202e}', '\u{200b}', '\u{1b}', '\u{9b}', '\u{0}']));
    let log: Value = serde_json::from_str(&written).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    for result in results {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.chars().count() < 2_000, "{}", text.len());
        let unescaped = text.replace("\\\\", "").replace("\\[", "").replace("\\]", "");
        assert!(!unescaped.contains(['[', ']']), "{text}");
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
    }
    assert_eq!(results.iter().filter(|result| result["suppressions"] != serde_json::json!([])).count(), 1);
}

#[test]
fn snapshot() {
    insta::assert_snapshot!("sarif_poisoned", rendered(&fixtures::poisoned(), Format::Sarif));
}
