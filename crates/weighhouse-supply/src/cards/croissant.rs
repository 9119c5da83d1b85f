//! Croissant: the description of a data set in JSON-LD.

use serde::Serialize;
use serde_json::Value;

use crate::materials::{Material, Materials};

/// Files of one description that are looked at.
const MOST: usize = 10_000;

/// A description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Croissant {
    /// Where it lies.
    pub path: String,
    /// The data set.
    pub name: Option<String>,
    /// Its licence, as written.
    pub licence: Option<String>,
    /// The version of the format.
    pub conforms_to: Option<String>,
    /// Properties that the format demands or recommends and that are not there.
    pub missing: Vec<&'static str>,
    /// Files that it describes.
    pub files: usize,
    /// Of these, with a digest.
    pub digested: usize,
    /// Files here whose bytes have the digest that is described.
    pub matching: usize,
    /// Files here whose bytes have another.
    pub differing: Vec<String>,
}

/// Demanded and recommended by the specification 1.0.
const PROPERTIES: &[&str] = &[
    "name",
    "description",
    "license",
    "url",
    "creator",
    "datePublished",
    "citeAs",
    "distribution",
    "recordSet",
];

/// Reads a description, if the file is one.
pub(crate) fn read(file: &Material, materials: &Materials) -> Option<Croissant> {
    let text = file.text.as_deref().filter(|text| text.contains("mlcommons.org/croissant"))?;
    let json: Value = serde_json::from_str(text).ok()?;
    let conforms = json.get("conformsTo").or_else(|| json.get("dct:conformsTo"));
    json.get("@context")?;
    let text_of = |value: Option<&Value>| match value {
        Some(Value::String(text)) => Some(super::assess::shown(text)),
        Some(Value::Array(items)) => items.iter().find_map(Value::as_str).map(super::assess::shown),
        Some(Value::Object(object)) => {
            object.get("@id").or_else(|| object.get("name")).and_then(Value::as_str).map(super::assess::shown)
        }
        _ => None,
    };
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let has = |name: &str| {
        json.get(name).or_else(|| json.get(format!("sc:{name}"))).is_some_and(|value| !empty(value))
    };
    let mut found = Croissant {
        path: file.path.clone(),
        name: text_of(json.get("name")),
        licence: text_of(json.get("license")),
        conforms_to: text_of(conforms),
        missing: PROPERTIES.iter().copied().filter(|name| !has(name)).collect(),
        files: 0,
        digested: 0,
        matching: 0,
        differing: Vec::new(),
    };
    let listed = json.get("distribution").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for described in listed.iter().take(MOST) {
        if described.get("@type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("FileSet")) {
            continue;
        }
        found.files += 1;
        let Some(digest) = described.get("sha256").and_then(Value::as_str) else { continue };
        found.digested += 1;
        let address = described.get("contentUrl").and_then(Value::as_str).unwrap_or_default();
        let here = materials.file(address.trim_start_matches("./")).and_then(|file| file.sha256);
        match here {
            Some(here) if here.hex().eq_ignore_ascii_case(digest) => found.matching += 1,
            Some(_) => found.differing.push(super::assess::shown(address)),
            None => {}
        }
    }
    Some(found)
}
