//! Bills of any tool, read: CycloneDX (JSON), SPDX 2 (JSON) and SPDX 3 (JSON-LD), as far as bills are compared with bytes and with each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use weighhouse_core::printable::printable_within;

/// Components of one bill that are read.
const MOST: usize = 200_000;
/// Components in components.
const DEPTH: usize = 64;
/// Characters of a value that are kept.
const VALUE: usize = 1000;

/// A bill, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Format and version, such as CycloneDX 1.6.
    pub format: String,
    /// What it is a bill of.
    pub root: Component,
    /// What that is made of, in the order of the document.
    pub components: Vec<Component>,
}

/// One part. All texts are safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// What it is: `file`, `library`, `machine-learning-model`, `data` …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Digests in lower-case hexadecimal, by algorithm in lower case without signs (`sha256`).
    pub hashes: BTreeMap<String, String>,
    /// Licences.
    pub licences: BTreeSet<String>,
    /// Properties by name.
    pub properties: BTreeMap<String, BTreeSet<String>>,
}

/// Why a text is no bill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Broken(String),
    /// It is something else, or a bill in another form.
    #[error("it is no bill of materials in JSON: neither CycloneDX nor SPDX")]
    Unknown,
    /// It has more parts than are read.
    #[error("it has more than {MOST} components, or they are nested too deeply")]
    TooLarge,
}

/// Whether a text says of itself that it is a bill. Cheap; [`read`] knows.
pub fn is_bill(text: &str) -> bool {
    let says = ["\"bomFormat\"", "\"spdxVersion\"", "//spdx.org/rdf/3"];
    text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{')
        && says.iter().any(|word| text.contains(word))
}

/// Reads a bill.
pub fn read(text: &str) -> Result<Bill, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document: Value = serde_json::from_str(text).map_err(|error| Error::Broken(error.to_string()))?;
    if document.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX") {
        return cyclonedx(&document);
    }
    if document.get("spdxVersion").is_some() {
        return spdx2(&document);
    }
    let context = document.get("@context").map(Value::to_string).unwrap_or_default();
    if context.contains("spdx.org/rdf/3") { spdx3(&document) } else { Err(Error::Unknown) }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(|text| printable_within(text, VALUE)).filter(|text| !text.is_empty())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// `SHA-256`, `SHA256` and `sha256` are one algorithm.
fn hashes(value: &Value, list_key: &str, algorithm: &str, content: &str) -> BTreeMap<String, String> {
    let each = list(value, list_key).iter().filter_map(|hash| {
        let name = text(hash, algorithm)?.to_ascii_lowercase().replace(['-', '_'], "");
        Some((name, text(hash, content)?.to_ascii_lowercase()))
    });
    each.collect()
}

fn cyclonedx(document: &Value) -> Result<Bill, Error> {
    let version = text(document, "specVersion").unwrap_or_else(|| "of unknown version".to_owned());
    let mut components = Vec::new();
    let root = document.pointer("/metadata/component").unwrap_or(&Value::Null);
    // Nesting is bounded, and whatever waits to be read was in the text.
    let mut waiting: Vec<(&Value, usize)> = Vec::new();
    waiting.extend(list(document, "components").iter().rev().map(|found| (found, 0)));
    waiting.extend(list(root, "components").iter().rev().map(|found| (found, 0)));
    while let Some((found, depth)) = waiting.pop() {
        if components.len() >= MOST || depth > DEPTH {
            return Err(Error::TooLarge);
        }
        components.push(cyclonedx_component(found));
        waiting.extend(list(found, "components").iter().rev().map(|inner| (inner, depth.saturating_add(1))));
    }
    Ok(Bill { format: format!("CycloneDX {version}"), root: cyclonedx_component(root), components })
}

fn cyclonedx_component(found: &Value) -> Component {
    let name = text(found, "name").unwrap_or_default();
    let licences = list(found, "licenses").iter().filter_map(|choice| {
        let licence = choice.get("license").unwrap_or(&Value::Null);
        text(choice, "expression").or_else(|| text(licence, "id")).or_else(|| text(licence, "name"))
    });
    let mut properties: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for property in list(found, "properties") {
        if let (Some(name), Some(value)) = (text(property, "name"), text(property, "value")) {
            properties.entry(name).or_default().insert(value);
        }
    }
    Component {
        kind: text(found, "type").unwrap_or_default(),
        name: text(found, "group").map_or_else(|| name.clone(), |group| format!("{group}/{name}")),
        version: text(found, "version"),
        purl: text(found, "purl"),
        hashes: hashes(found, "hashes", "alg", "content"),
        licences: licences.collect(),
        properties,
    }
}

fn spdx2(document: &Value) -> Result<Bill, Error> {
    let (packages, files) = (list(document, "packages"), list(document, "files"));
    if packages.len().saturating_add(files.len()) > MOST {
        return Err(Error::TooLarge);
    }
    let component = |found: &Value, kind: &str, name: &str| {
        let licences = ["licenseDeclared", "licenseConcluded"].iter().filter_map(|key| text(found, key));
        let purl = list(found, "externalRefs")
            .iter()
            .find(|reference| text(reference, "referenceType").as_deref() == Some("purl"));
        Component {
            kind: kind.to_owned(),
            name: text(found, name).unwrap_or_default(),
            version: text(found, "versionInfo"),
            purl: purl.and_then(|reference| text(reference, "referenceLocator")),
            hashes: hashes(found, "checksums", "algorithm", "checksumValue"),
            licences: licences.filter(|name| name != "NOASSERTION").collect(),
            properties: BTreeMap::new(),
        }
    };
    let packages = packages.iter().map(|found| component(found, "package", "name"));
    let components = packages.chain(files.iter().map(|found| component(found, "file", "fileName")));
    Ok(Bill {
        format: text(document, "spdxVersion").unwrap_or_default().replace('-', " "),
        root: Component { name: text(document, "name").unwrap_or_default(), ..Component::default() },
        components: components.collect(),
    })
}

fn spdx3(document: &Value) -> Result<Bill, Error> {
    let graph = list(document, "@graph");
    if graph.len() > MOST {
        return Err(Error::TooLarge);
    }
    let by_id: BTreeMap<&str, &Value> =
        graph.iter().filter_map(|element| Some((element.get("spdxId")?.as_str()?, element))).collect();
    let mut licences: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for element in graph {
        let kind = element.get("relationshipType").and_then(Value::as_str);
        if let (Some("hasDeclaredLicense" | "hasConcludedLicense"), Some(from)) =
            (kind, element.get("from").and_then(Value::as_str))
        {
            let to = list(element, "to").iter().filter_map(|to| by_id.get(to.as_str()?));
            let names = to.filter_map(|licence| {
                text(licence, "simplelicensing_licenseExpression").or_else(|| text(licence, "name"))
            });
            licences.entry(from).or_default().extend(names);
        }
    }
    let component = |element: &Value| {
        let kind = match element.get("type").and_then(Value::as_str)? {
            "ai_AIPackage" => "machine-learning-model",
            "dataset_DatasetPackage" => "data",
            "software_File" => "file",
            "software_Package" => "package",
            _ => return None,
        };
        let id = element.get("spdxId").and_then(Value::as_str).unwrap_or_default();
        Some(Component {
            kind: kind.to_owned(),
            name: text(element, "name").unwrap_or_default(),
            version: text(element, "software_packageVersion"),
            purl: text(element, "software_packageUrl"),
            hashes: hashes(element, "verifiedUsing", "algorithm", "hashValue"),
            licences: licences.get(id).cloned().unwrap_or_default(),
            properties: BTreeMap::new(),
        })
    };
    let is_document = |element: &&Value| element.get("type").and_then(Value::as_str) == Some("SpdxDocument");
    let first =
        |found: &Value| list(found, "rootElement").first()?.as_str().and_then(|id| by_id.get_key_value(id));
    let main = graph.iter().find(is_document).and_then(first);
    // A document is mostly about a bill, which is about the artifact.
    let main = main.and_then(|(id, found)| first(found).or(Some((id, found)))).map(|(id, _)| *id);
    let root = main.and_then(|id| by_id.get(id)).and_then(|element| component(element));
    let others = graph.iter().filter(|element| element.get("spdxId").and_then(Value::as_str) != main);
    Ok(Bill {
        format: "SPDX 3".to_owned(),
        root: root.unwrap_or_default(),
        components: others.filter_map(component).collect(),
    })
}
