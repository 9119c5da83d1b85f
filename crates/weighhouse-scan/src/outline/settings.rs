//! Configurations: every value under its path. A list or object of hundreds of entries (a vocabulary) is one item with a digest.

use sha2::{Digest as _, Sha256};
use weighhouse_core::{Digest, ItemKind, Standing};
use weighhouse_formats::json::{JsonFacts, Kind, Value};
use weighhouse_formats::yaml::YamlFacts;

use super::Collector;

/// Entries of a list or object that are told one by one.
const MOST_ENTRIES: usize = 256;

pub(super) fn json(facts: &JsonFacts, len: u64, out: &mut Collector) {
    let Some(value) = &facts.value else { return };
    // The cells of a notebook are members of their own.
    if value.get("cells").is_some() {
        return;
    }
    if facts.left_out > 0 {
        out.add(ItemKind::Setting, "(document)", &format!("{len} bytes, not kept in full"), Standing::Plain);
    }
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        let shown = match &value.kind {
            Kind::Object(members) if few(members.len()) => {
                open.extend(members.iter().map(|(key, member)| (join(&path, key), member)));
                continue;
            }
            Kind::Array(elements) if few(elements.len()) => {
                let numbered = elements.iter().enumerate();
                open.extend(numbered.map(|(at, element)| (join(&path, &at.to_string()), element)));
                continue;
            }
            Kind::Object(members) => format!("{} entries, sha256:{}", members.len(), digest(value).short()),
            Kind::Array(elements) => format!("{} elements, sha256:{}", elements.len(), digest(value).short()),
            Kind::Null => "null".to_owned(),
            Kind::Bool(value) => value.to_string(),
            Kind::Number(number) => number.clone(),
            Kind::Text(text) => text.clone(),
        };
        setting(&path, &shown, out);
    }
}

pub(super) fn yaml(facts: &YamlFacts, out: &mut Collector) {
    for scalar in &facts.scalars {
        setting(&scalar.path, &scalar.value, out);
    }
    for (tag, _, _) in &facts.tags {
        let python = tag.contains("python");
        let kind = if python { ItemKind::CodeReference } else { ItemKind::Setting };
        let standing = if python { Standing::Dangerous } else { Standing::Plain };
        out.add(kind, &format!("tag {tag}"), "", standing);
    }
}

/// An empty list or object is told like a value.
fn few(entries: usize) -> bool {
    (1..=MOST_ENTRIES).contains(&entries)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn setting(path: &str, value: &str, out: &mut Collector) {
    let mut keys = path.split('.');
    if keys.clone().any(|key| key == "auto_map") {
        return out.add(
            ItemKind::CodeReference,
            &format!("{path}: {value}"),
            "imported Python",
            Standing::Unknown,
        );
    }
    let top = keys.next().unwrap_or_default();
    let kind = match top {
        "license" | "license_name" | "license_link" | "licence" => ItemKind::Licence,
        _ => ItemKind::Setting,
    };
    out.add(kind, path, value, Standing::Plain);
}

/// Digest of a value, whatever the white space of its document.
fn digest(value: &Value) -> Digest {
    let mut hasher = Sha256::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let (tag, text): (u8, &str) = match &value.kind {
            Kind::Null => (b'n', ""),
            Kind::Bool(true) => (b't', ""),
            Kind::Bool(false) => (b'f', ""),
            Kind::Number(number) => (b'0', number),
            Kind::Text(text) => (b'"', text),
            Kind::Array(elements) => {
                open.extend(elements.iter().rev());
                hasher.update((elements.len() as u64).to_le_bytes());
                (b'[', "")
            }
            Kind::Object(members) => {
                open.extend(members.iter().rev().map(|(_, member)| member));
                for (key, _) in members {
                    hasher.update((key.len() as u64).to_le_bytes());
                    hasher.update(key);
                }
                (b'{', "")
            }
        };
        hasher.update([tag]);
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    Digest::from_bytes(hasher.finalize().into())
}
