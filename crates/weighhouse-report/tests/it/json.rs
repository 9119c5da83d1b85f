//! JSON v1 against its published schema.

use serde_json::Value;
use weighhouse_report::Format;

use crate::{fixtures, rendered};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../docs/reference/report-v1.schema.json")).unwrap()
}

#[test]
fn every_report_fits_the_published_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (name, fixture) in fixtures::all() {
        let report: Value = serde_json::from_str(&rendered(&fixture, Format::Json)).unwrap();
        let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// Every key that is written is documented and required, at every depth: a changed renderer without a changed schema fails.
#[test]
fn the_schema_is_strict() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report: Value = serde_json::from_str(&rendered(&fixtures::poisoned(), Format::Json)).unwrap();
    let mut pointers = Vec::new();
    objects(&report, String::new(), &mut pointers);
    assert!(pointers.len() > 20, "{pointers:?}");
    for pointer in pointers {
        let mut extra = report.clone();
        let object = extra.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        object.insert("undocumented".to_owned(), Value::Null);
        assert!(!validator.is_valid(&extra), "an extra key is accepted at `{pointer}`");
        let keys: Vec<_> = report.pointer(&pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for key in keys {
            let mut less = report.clone();
            less.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(&key);
            assert!(!validator.is_valid(&less), "`{key}` may be absent at `{pointer}`");
        }
    }
}

fn objects(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| objects(value, format!("{pointer}/{key}"), found));
            // What an assessment lets policies read is a map: its keys are those of the policy schema.
            if !pointer.ends_with("/facts") || pointer == "/decision/facts" {
                found.push(pointer);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| objects(value, format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

#[test]
fn strings_survive_unchanged() {
    let report: Value = serde_json::from_str(&rendered(&fixtures::hostile(), Format::Json)).unwrap();
    let findings = report["findings"].as_array().unwrap();
    for text in fixtures::HOSTILE {
        let found = findings.iter().find(|finding| finding["headline"] == *text).unwrap();
        assert_eq!(found["file"], *text);
        assert_eq!(found["member"], format!("{text}!{text}"));
        assert_eq!(found["evidence"], *text);
        assert_eq!(found["location"]["key"], *text);
    }
    assert!(findings.iter().any(|finding| finding["evidence"].as_str().is_some_and(|e| e.len() > 1 << 20)));
}

#[test]
fn snapshot() {
    insta::assert_snapshot!("json_poisoned", rendered(&fixtures::poisoned(), Format::Json));
    insta::assert_snapshot!("json_empty", rendered(&fixtures::all().remove(0).1, Format::Json));
}
