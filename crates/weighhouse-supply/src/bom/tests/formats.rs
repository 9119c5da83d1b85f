//! What is written is what the schemas of the formats say. Where they come from: `tests/schemas/README.md`.

use jsonschema::{Registry, Validator};
use serde_json::Value;

use super::*;

const CYCLONEDX_16: &str = include_str!("../../../tests/schemas/bom-1.6.schema.json");
const CYCLONEDX_17: &str = include_str!("../../../tests/schemas/bom-1.7.schema.json");
const CRYPTOGRAPHY: &str = include_str!("../../../tests/schemas/cryptography-defs.schema.json");
const SIGNATURES: &str = include_str!("../../../tests/schemas/jsf-0.82.schema.json");
const LICENCES: &str = include_str!("../../../tests/schemas/spdx.schema.json");
const SPDX: &str = include_str!("../../../tests/schemas/spdx-3.0.1.schema.json");

const FORMATS: [Format; 3] = [Format::CycloneDx16, Format::CycloneDx17, Format::Spdx3];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The faults that a schema finds.
fn faults(schema: &str, document: &str) -> Vec<String> {
    let mut registry = Registry::new();
    for (name, text) in [("cryptography-defs", CRYPTOGRAPHY), ("jsf-0.82", SIGNATURES), ("spdx", LICENCES)] {
        let place = format!("http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json");
        registry = registry.add(place, json(text)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let options = jsonschema::options().with_registry(&registry).should_validate_formats(true);
    let validator: Validator = options.build(&json(schema)).unwrap();
    let document = json(document);
    validator.iter_errors(&document).map(|error| format!("{}: {error:.300}", error.instance_path())).collect()
}

fn schema(format: Format) -> &'static str {
    match format {
        Format::CycloneDx16 => CYCLONEDX_16,
        Format::CycloneDx17 => CYCLONEDX_17,
        Format::Spdx3 => SPDX,
    }
}

fn bills() -> Vec<Graph> {
    let nothing = graph(&with(Vec::new()), &[], &settings());
    let text = graph(&with(vec![material("a.txt", "text", b"a")]), &[], &settings());
    vec![nothing, text, graph(&model(), &[], &settings()), everything(), hostile()]
}

/// Names and texts that would break out of where they stand.
fn hostile() -> Graph {
    let evil = "\u{202e}\"}],<x>\u{0}\u{1b}[31m %zz #/?@ é 模型";
    let card = format!(
        "---\nlicense: {q}\nlicense_link: https://evil.example/%zz\nbase_model: {q}\ndatasets: [{q}, {q}]\n\
         pipeline_tag: {q}\nlibrary_name: {q}\n---\n# {evil}\n## Uses\n{evil}\n",
        q = "\"\\u202e \\\"evil\\\" #/?@ \\x1b\""
    );
    let mut weights = material(&format!("{evil}.safetensors"), "safetensors", b"w");
    weights.tensors = vec![
        tensor(evil, evil, &[u64::MAX, u64::MAX], u64::MAX),
        tensor("layers.99999999999999999999.x", "F32", &[0], 0),
    ];
    declare(
        &mut weights,
        &[
            ("gguf:general.architecture", evil),
            ("gguf:general.url", "javascript:alert(1)"),
            ("gguf:general.base_model.0.name", evil),
            ("safetensors:license", evil),
        ],
    );
    let files = vec![weights, material("README.md", "text", card.as_bytes()), material(evil, "text", b"")];
    graph(&with(files), &[], &settings())
}

#[test]
fn bills_are_what_the_schemas_say() {
    for format in FORMATS {
        for graph in bills() {
            let bill = write(&graph, format).unwrap();
            assert_eq!(faults(schema(format), &bill), Vec::<String>::new(), "{format:?}\n{bill}");
        }
    }
}

#[test]
fn the_schemas_find_faults() {
    for format in FORMATS {
        let bill = write(&everything(), format).unwrap();
        for (part, broken) in
            [("\"sha256\"", "\"sha257\""), ("\"SHA-256\"", "\"SHA-257\""), ("urn:uuid:", "urn:uuix:")]
        {
            let changed = bill.replace(part, broken);
            let relevant = changed != bill && !(format == Format::Spdx3 && part.starts_with("urn"));
            assert!(!relevant || !faults(schema(format), &changed).is_empty(), "{format:?} {broken}");
        }
        let name = if format == Format::Spdx3 { "\"spdxId\"" } else { "\"components\"" };
        assert!(!faults(schema(format), &bill.replacen(name, "\"other\"", 1)).is_empty(), "{format:?}");
    }
}

#[test]
fn references_lead_somewhere_and_are_unique() {
    for graph in bills() {
        let bill = json(&write(&graph, Format::CycloneDx17).unwrap());
        let mut defined = vec![bill["metadata"]["component"]["bom-ref"].as_str().unwrap().to_owned()];
        let components = bill["components"].as_array().unwrap();
        defined.extend(components.iter().map(|component| component["bom-ref"].as_str().unwrap().to_owned()));
        let unique: BTreeSet<&String> = defined.iter().collect();
        assert_eq!(unique.len(), defined.len(), "{defined:?}");
        let depends = bill["dependencies"].as_array().unwrap();
        for dependency in depends {
            let on = dependency["dependsOn"].as_array().into_iter().flatten();
            for reference in on.chain([&dependency["ref"]]) {
                assert!(unique.contains(&reference.as_str().unwrap().to_owned()), "{reference}");
            }
        }
        assert_eq!(depends.len(), defined.len());

        let bill = json(&write(&graph, Format::Spdx3).unwrap());
        let nodes = bill["@graph"].as_array().unwrap();
        let ids: Vec<&str> = nodes.iter().filter_map(|node| node["spdxId"].as_str()).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());
        for node in nodes {
            for key in
                ["from", "to", "element", "rootElement", "suppliedBy", "createdBy", "createdUsing", "subject"]
            {
                let one = node[key].as_str().into_iter();
                let many = node[key].as_array().into_iter().flatten().filter_map(Value::as_str);
                for reference in one.chain(many) {
                    assert!(unique.contains(reference), "{key}: {reference}");
                }
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_other_input_another_number() {
    let mut numbers = BTreeSet::new();
    for format in FORMATS {
        let bill = write(&everything(), format).unwrap();
        assert_eq!(bill, write(&everything(), format).unwrap());
        let mut changed = everything();
        changed.files[0].sha256 = Some(Digest::of(b"other"));
        for bill in [bill, write(&changed, format).unwrap()] {
            let (_, rest) = bill.split_once("urn:uuid:").unwrap();
            numbers.insert(rest.chars().take(36).collect::<String>());
        }
    }
    assert_eq!(numbers.len(), 6);
}

#[test]
fn a_bill_has_a_time_only_if_one_is_given() {
    let timeless = graph(&model(), &[], &settings());
    assert!(!write(&timeless, Format::CycloneDx16).unwrap().contains("timestamp"));
    let spdx = write(&timeless, Format::Spdx3).unwrap();
    assert!(spdx.contains("\"created\": \"1970-01-01T00:00:00Z\"") && spdx.contains("The time was left out"));
    let spdx = write(&everything(), Format::Spdx3).unwrap();
    assert!(
        spdx.contains("\"created\": \"2026-11-21T10:00:00Z\"") && !spdx.contains("The time was left out")
    );
}

#[test]
fn every_licence_is_one_that_the_schema_knows_or_a_name() {
    let known: Value = json(LICENCES);
    let known: BTreeSet<&str> = known["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let newer: Vec<&str> = ::spdx::identifiers::LICENSES
        .iter()
        .map(|licence| licence.name)
        .filter(|name| !known.contains(name) && crate::licence::spdx(name).is_some())
        .collect();
    assert_eq!(newer, crate::bom::cyclonedx::NEWER);
}
