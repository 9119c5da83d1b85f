//! What a model says it was made from, and under which licence that is.
//!
//! The licence of a parent is known where its files lie in the same target, and otherwise only from its name.

use std::collections::BTreeMap;

use weighhouse_core::Location;

use super::table::{Commercial, Record};
use crate::cards::card::Card;
use crate::materials::{Material, Materials};
use crate::yaml;

/// Licences of well-known models and data sets, by name.
static NAMES: &str = include_str!("../../data/licences/parents.tsv");
/// Parents that are kept.
const MOST: usize = 128;
/// Bytes of a name.
const NAME: usize = 200;

/// What kind of parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A model from which this one was made.
    Model,
    /// Data on which it was trained.
    Data,
}

/// Something from which the model was made.
#[derive(Debug, Clone)]
pub(crate) struct Parent {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// How it was used: `adapter of`, `merged from`, `trained on`.
    pub(crate) how: &'static str,
    pub(crate) location: Location,
    /// Key of its licence, if its name tells.
    pub(crate) licence: Option<&'static str>,
}

/// Parents found so far, each once.
#[derive(Default)]
struct Found(BTreeMap<(Kind, String), Parent>);

impl Found {
    fn add(&mut self, kind: Kind, name: &str, how: &'static str, location: Location) {
        let name = name.trim();
        let is_path = name.starts_with(['/', '.', '~']) || name.contains('\\') || name.contains("://");
        if name.is_empty() || name.len() > NAME || is_path || self.0.len() >= MOST {
            return;
        }
        let licence = by_name(kind, name);
        let parent = Parent { name: name.to_owned(), kind, how, location, licence };
        self.0.entry((kind, name.to_lowercase())).or_insert(parent);
    }
}

/// Everything from which the model says it was made, each once.
pub(crate) fn collect(materials: &Materials) -> Vec<Parent> {
    let mut found = Found::default();
    for file in &materials.files {
        if let (false, Some(text)) = (file.path.contains('/'), &file.text) {
            documents(file, text, &mut found);
        }
        weights(file, &mut found);
    }
    found.0.into_values().collect()
}

/// Card, configuration of an adapter, recipe of a merge.
fn documents(file: &Material, text: &str, found: &mut Found) {
    let at = |key: &str| Location { key: Some(key.to_owned()), ..Location::file(file.path.clone()) };
    match file.path.to_lowercase().as_str() {
        "readme.md" => {
            let front = Card::read(text).front;
            let how = match front.at("base_model_relation") {
                Some("adapter") => "adapter of",
                Some("merge") => "merged from",
                Some("quantized") => "quantised from",
                _ => "made from",
            };
            for name in front.texts("base_model") {
                found.add(Kind::Model, name, how, at("base_model"));
            }
            for name in front.texts("datasets") {
                found.add(Kind::Data, name, "trained on", at("datasets"));
            }
        }
        "adapter_config.json" => {
            let json = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
            if let Some(name) = json.get("base_model_name_or_path").and_then(serde_json::Value::as_str) {
                found.add(Kind::Model, name, "adapter of", at("base_model_name_or_path"));
            }
        }
        "mergekit_config.yml" | "mergekit_config.yaml" => {
            if let Ok(recipe) = yaml::read(text) {
                models(&recipe, &mut |name| found.add(Kind::Model, name, "merged from", at("models")));
            }
        }
        _ => {}
    }
}

/// `general.base_model.N.*` and `general.dataset.N.*` of GGUF.
fn weights(file: &Material, found: &mut Found) {
    let get =
        |key: String| file.declared.iter().find(|known| known.key == key).map(|known| known.value.as_str());
    for number in 0..16 {
        for (prefix, kind, how) in
            [("base_model", Kind::Model, "made from"), ("dataset", Kind::Data, "trained on")]
        {
            let key = format!("general.{prefix}.{number}");
            let address = get(format!("gguf:{key}.repo_url"));
            let repository = address
                .and_then(|url| url.split_once("://")?.1.split_once('/'))
                .map(|(_, path)| path.to_owned());
            let named = || {
                let name = get(format!("gguf:{key}.name"))?;
                let maker = get(format!("gguf:{key}.organization"));
                Some(
                    maker
                        .map_or_else(|| name.to_owned(), |maker| format!("{maker}/{name}").replace(' ', "-")),
                )
            };
            if let Some(name) = repository.or_else(named) {
                found.add(kind, &name, how, Location { key: Some(key), ..Location::file(file.path.clone()) });
            }
        }
    }
}

/// Values of `model` and `base_model` anywhere in a recipe of a merge. The depth of a tree is bounded where it is read.
fn models(node: &yaml::Node, add: &mut impl FnMut(&str)) {
    for (key, value) in node.entries() {
        match (key.as_str(), value.text()) {
            ("model" | "base_model", Some(name)) => add(name),
            _ => models(value, add),
        }
    }
    if let yaml::Value::List(items) = &node.value {
        for item in items {
            models(item, add);
        }
    }
}

/// The licence that the name of a well-known model tells.
fn by_name(kind: Kind, name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let wanted = if kind == Kind::Model { "model" } else { "dataset" };
    NAMES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?, cells.next()?))
        })
        .filter(|(of, start, _)| *of == wanted && lower.starts_with(start))
        .max_by_key(|(_, start, _)| start.len())
        .map(|(_, _, key)| key)
}

/// What a parent's licence asks for that the child's does not: the ways in which the child gives more than it got.
pub(crate) fn lost(parent: &Record, child: &Record) -> Vec<&'static str> {
    if parent.id == child.id {
        return Vec::new();
    }
    let mut lost = Vec::new();
    if parent.commercial == Commercial::No && child.commercial != Commercial::No {
        lost.push("commercial use is not licensed");
    } else if parent.commercial == Commercial::Conditional && child.commercial == Commercial::Yes {
        lost.push("its conditions for companies");
    }
    if !parent.prohibited.is_empty() && child.prohibited.is_empty() {
        lost.push("its restrictions of use");
    }
    if parent.share_alike && !child.share_alike {
        lost.push("the duty to keep the same licence");
    }
    if parent.obligation("name_prefix").is_some() && child.obligation("name_prefix").is_none() {
        lost.push("the duty to carry its name");
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licence::table::table;

    #[test]
    fn names_tell_licences_by_their_longest_beginning() {
        assert_eq!(by_name(Kind::Model, "meta-llama/Llama-3.1-8B-Instruct"), Some("llama3.1"));
        assert_eq!(by_name(Kind::Model, "meta-llama/Meta-Llama-3-8B"), Some("llama3"));
        assert_eq!(by_name(Kind::Model, "Qwen/Qwen2.5-3B-Instruct"), Some("qwen-research"));
        assert_eq!(by_name(Kind::Model, "Qwen/Qwen2.5-32B"), Some("apache-2.0"));
        assert_eq!(by_name(Kind::Data, "meta-llama/Llama-3.1-8B-Instruct"), None);
        assert_eq!(by_name(Kind::Model, "somebody/llama"), None);
    }

    #[test]
    fn every_row_names_a_known_licence() {
        for line in NAMES.lines().filter(|line| !line.starts_with('#')) {
            let key = line.rsplit('\t').next().unwrap();
            assert!(table().record(key).is_some(), "{line}");
            assert_eq!(line.to_lowercase(), line);
        }
    }

    #[test]
    fn what_a_child_loses_is_named() {
        let of = |key| table().record(key).unwrap().into_owned();
        assert_eq!(lost(&of("apache-2.0"), &of("mit")), Vec::<&str>::new());
        assert!(lost(&of("cc-by-nc-4.0"), &of("apache-2.0")).contains(&"commercial use is not licensed"));
        assert!(lost(&of("llama3.1"), &of("apache-2.0")).contains(&"its conditions for companies"));
        assert!(lost(&of("gpl-3.0"), &of("mit")).contains(&"the duty to keep the same licence"));
        assert!(lost(&of("mit"), &of("llama3.1")).is_empty());
    }
}
