//! The published JSON Schema, the example and the code say the same.

use serde_json::Value;

use super::RULES;
use crate::config::{sections, waivers};

const SCHEMA: &str = include_str!("../../../../../docs/reference/weighhouse.schema.json");
const EXAMPLE: &str = include_str!("../../../../../examples/weighhouse.toml");

/// A configuration file beside the example: policy files are relative to it.
fn examples() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/weighhouse.toml")
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn keys(of: &Value) -> Vec<String> {
    let mut keys: Vec<_> = of["properties"].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(of["additionalProperties"], Value::Bool(false));
    keys
}

fn sorted<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut keys: Vec<_> = keys.into_iter().map(str::to_owned).collect();
    keys.sort();
    keys
}

#[test]
fn the_schema_knows_exactly_the_keys_that_are_read() {
    let schema = schema();
    for (section, known) in sections::ALL_KEYS {
        let part = match *section {
            "" => &schema,
            "profiles" => &schema["properties"]["profiles"]["additionalProperties"],
            "stages" => &schema["properties"]["gate"]["properties"]["stages"]["additionalProperties"],
            "directory" => &schema["properties"]["gate"]["properties"]["directory"],
            "workloads" => &schema["properties"]["gate"]["properties"]["workloads"]["additionalProperties"],
            named @ ("attesters" | "witnesses") => {
                &schema["properties"]["gate"]["properties"][named]["additionalProperties"]
            }
            "mail" | "webhooks" | "traces" => &schema["properties"]["gate"]["properties"][*section],
            other => &schema["properties"][other],
        };
        assert_eq!(keys(part), sorted(known.iter().copied()), "{section}");
    }
    let waiver = &schema["properties"]["waiver"]["items"];
    assert_eq!(keys(waiver), sorted(waivers::KEYS.iter().copied()));
    for (place, known) in sections::BOUNDS {
        let bounds = place.iter().fold(&schema, |part, name| &part["properties"][name]);
        assert_eq!(keys(bounds), sorted(known.iter().map(|(key, ..)| *key)), "{place:?}");
        for (key, bytes, most) in *known {
            let property = &bounds["properties"][key];
            let bound = property["maximum"].as_u64().or_else(|| property["anyOf"][0]["maximum"].as_u64());
            assert_eq!(bound, Some(*most), "{place:?} {key}");
            assert_eq!(property["anyOf"].is_array(), *bytes, "{place:?} {key}");
        }
    }
}

#[test]
fn the_example_is_accepted() {
    // Its rules are those of the real registry, which this crate's tests do not need: any rule it names is known here.
    let document: toml::Table = EXAMPLE.parse().unwrap();
    let named: Vec<&str> = document["waiver"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|waiver| waiver["rules"].as_array().unwrap())
        .map(|rule| rule.as_str().unwrap())
        .collect();
    let rules: Vec<(&str, &str)> =
        named.iter().map(|rule| (*rule, *rule)).chain(RULES.iter().copied()).collect();
    let source = weighhouse_core::diagnostic::SourceText { name: "example".to_owned(), text: EXAMPLE.into() };
    let request = crate::config::Request { rules: &rules, ..super::request() };
    let config = crate::config::parse(source, Some(&examples()), &request).unwrap();
    assert_eq!((config.warnings.len(), config.waivers.len()), (0, 2));
}

#[test]
fn the_blocks_of_the_reference_are_accepted() {
    let reference = include_str!("../../../../../docs/reference/configuration.md");
    let guides = [
        include_str!("../../../../../docs/guides/policy.md"),
        include_str!("../../../../../docs/guides/waivers.md"),
    ];
    let blocks: Vec<&str> = std::iter::once(reference)
        .chain(guides)
        .flat_map(|text| text.split("```toml\n").skip(1))
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 4);
    for block in blocks.iter().filter(|block| !block.contains("[[case]]")) {
        let source =
            weighhouse_core::diagnostic::SourceText { name: "docs".to_owned(), text: (*block).into() };
        if let Err(problems) = crate::config::parse(source, Some(&examples()), &super::request()) {
            panic!("{block}\n{}", super::shown(&problems));
        }
    }
}
