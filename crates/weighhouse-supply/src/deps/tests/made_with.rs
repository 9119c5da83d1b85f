//! Versions inside models that the libraries wrote themselves; `tests/fixtures/made_with/generate.py` wrote down what these call themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use weighhouse_formats::bounded::Budget;

use super::*;

type Versions = BTreeMap<String, String>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/made_with")
}

/// What a file is made with, read as `vet` reads it.
fn made_with(name: &str, bytes: &[u8]) -> Vec<Package> {
    let source = Memory::shared(bytes.to_vec());
    let node = weighhouse_formats::inspect::inspect(name, &source, &Budget::default());
    let survey = crate::materials::Survey::default();
    survey.file(name, &node, Some(weighhouse_core::Digest::of(bytes)), &source, None);
    super::super::survey(&survey.finish("model".to_owned(), None)).packages
}

#[test]
fn models_say_what_they_are_made_with() {
    let expected = fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: BTreeMap<String, Versions> = serde_json::from_str(&expected).unwrap();
    assert!(expected.len() > 10);
    for (name, versions) in expected {
        let found = made_with(&name, &fs::read(folder().join(&name)).unwrap());
        assert!(found.iter().all(|package| package.confidence == Confidence::MadeWith), "{name}: {found:?}");
        let found: Versions =
            found.into_iter().map(|package| (package.name, package.wanted.to_string())).collect();
        assert_eq!(found, versions, "{name}");
    }
}

#[test]
fn the_place_inside_a_file_is_told() {
    let keras = made_with("keras.keras", &fs::read(folder().join("keras.keras")).unwrap());
    assert_eq!(keras[0].location.members, ["metadata.json"]);
}

#[test]
fn what_only_looks_like_a_version_is_none() {
    // A dictionary of a pickle: {"_sklearn_version": "nightly", "protocol_version": "3", "x": "_sklearn_version"}.
    let pickle = b"\x80\x04}(\x8c\x10_sklearn_version\x8c\x07nightly\x8c\x10protocol_version\x8c\x013\x8c\x01x\x8c\x10_sklearn_versionu.";
    assert_eq!(made_with("a.pkl", pickle), []);
    // A text of a model is no statement of it.
    let pickle = b"\x80\x04]\x8c\x1a_sklearn_version = '1.0.0'a.";
    assert_eq!(made_with("a.pkl", pickle), []);
    // Keys of GGUF that count the format's own revisions, or name people, are no packages.
    let mut gguf = file("m.gguf", "");
    let keys = [
        ("general.quantization_version", "2"),
        ("general.quantized_by", "somebody"),
        ("version", "3"),
        ("general.version", "1.5"),
    ];
    gguf.declared = keys
        .map(|(key, value)| crate::materials::Declared {
            member: String::new(),
            key: format!("gguf:{key}"),
            value: value.to_owned(),
        })
        .into();
    let mut materials = materials(&[]);
    materials.files.push(gguf);
    assert_eq!(survey(&materials).packages, []);
}
