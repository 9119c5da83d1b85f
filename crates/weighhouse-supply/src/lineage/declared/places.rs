//! The places.

use serde_json::Value;
use weighhouse_core::{Location, TextPosition};
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::node::Facts;
use weighhouse_formats::source::Memory;
use weighhouse_formats::yaml::Scalar;

use super::{Claim, Place, Relation, names};
use crate::cards::card::Card;
use crate::materials::{Declared, Material};
use crate::yaml::Node;

/// Keys of trainers' and convertors' metadata that name a base.
const METADATA: &[&str] = &[
    "base_model",
    "base_model_name_or_path",
    "_name_or_path",
    "ss_sd_model_name",
    "parent_model",
    "source_model",
    "finetuned_from",
];

/// Takes what one file says.
pub(super) fn collect(file: &Material, claims: &mut Vec<Claim>) {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if let Some(text) = &file.text {
        match lower.as_str() {
            "readme.md" => card(file, text, claims),
            "adapter_config.json" => adapter(file, text, claims),
            "mergekit_config.yml" | "mergekit_config.yaml" => merge(file, text, claims),
            "modelfile" => modelfile(file, text, claims),
            "config.json" | "generation_config.json" => memory(file, text, claims),
            _ if matches!(lower.rsplit_once('.'), Some((_, "yml" | "yaml"))) => training(file, text, claims),
            _ => {}
        }
    }
    metadata(file, claims);
}

fn claim(relation: Relation, name: &str, place: Place, location: Location) -> Option<Claim> {
    let name = names::tidy(name)?;
    Some(Claim { relation, name, place, location })
}

fn at(file: &Material, key: &str, line: Option<u32>) -> Location {
    let text = line.map(|line| TextPosition { line, column: 1 });
    Location { text, key: Some(key.to_owned()), ..Location::file(file.path.clone()) }
}

/// Scalars of a YAML text.
fn scalars(text: &str) -> Vec<Scalar> {
    let source = Memory::shared(text.as_bytes());
    let parsed = weighhouse_formats::yaml::parse(&source, "", &Budget::default());
    let Facts::Yaml(facts) = parsed.reading.facts else { return Vec::new() };
    facts.scalars
}

/// Whether a dotted path is `key` or an entry of the list `key`.
fn is_of(path: &str, key: &str) -> bool {
    let rest = path.strip_prefix(key);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('.').is_some_and(is_number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The metadata in front of a card.
fn card(file: &Material, text: &str, claims: &mut Vec<Claim>) {
    let front = Card::read(text).front;
    let relation = match front.at("base_model_relation") {
        Some("adapter") => Relation::Adapter,
        Some("merge") => Relation::Merge,
        Some("quantized") => Relation::Quantised,
        Some("finetune") => Relation::FineTune,
        _ => Relation::Base,
    };
    for (key, relation) in [("base_model", relation), ("datasets", Relation::DataSet)] {
        for node in front.get(key).map(Node::items).unwrap_or_default() {
            let name = node.text().unwrap_or_default();
            claims.extend(claim(relation, name, Place::Card, at(file, key, Some(node.line))));
        }
    }
}

fn adapter(file: &Material, text: &str, claims: &mut Vec<Claim>) {
    let Ok(config) = serde_json::from_str::<Value>(text) else { return };
    let key = "base_model_name_or_path";
    let base = config.get(key).and_then(Value::as_str);
    claims.extend(base.and_then(|base| claim(Relation::Adapter, base, Place::Adapter, at(file, key, None))));
}

fn merge(file: &Material, text: &str, claims: &mut Vec<Claim>) {
    for scalar in scalars(text) {
        let last = scalar.path.rsplit('.').next().unwrap_or_default();
        if !matches!(last, "model" | "base_model") && !is_of(&scalar.path, "base_model") {
            continue;
        }
        // `model+adapter` merges an adapter first.
        let base = scalar.value.split('+').next().unwrap_or_default();
        let location = at(file, last, Some(scalar.line));
        let known =
            claims.iter().any(|claim| claim.location.file == file.path && names::same(&claim.name, base));
        if !known {
            claims.extend(claim(Relation::Merge, base, Place::Merge, location));
        }
    }
}

/// Recipes of trainers (axolotl, LLaMA-Factory, torchtune) name the model they begin with.
fn training(file: &Material, text: &str, claims: &mut Vec<Claim>) {
    let scalars = scalars(text);
    let has = |key: &str| scalars.iter().any(|scalar| scalar.path.split('.').any(|part| part == key));
    let key = if has("base_model") {
        "base_model"
    } else if has("model_name_or_path") && (has("dataset") || has("output_dir")) {
        "model_name_or_path"
    } else {
        return;
    };
    for scalar in scalars.iter().filter(|scalar| is_of(&scalar.path, key)) {
        let location = at(file, key, Some(scalar.line));
        claims.extend(claim(Relation::FineTune, &scalar.value, Place::Recipe, location));
    }
}

fn modelfile(file: &Material, text: &str, claims: &mut Vec<Claim>) {
    for (line, number) in text.lines().zip(1_u32..) {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default();
        let Some(value) = words.next().filter(|_| instruction.eq_ignore_ascii_case("from")) else { continue };
        claims.extend(claim(Relation::Base, value, Place::Recipe, at(file, "FROM", Some(number))));
    }
}

/// What a configuration remembers of where it was loaded from.
fn memory(file: &Material, text: &str, claims: &mut Vec<Claim>) {
    let Ok(config) = serde_json::from_str::<Value>(text) else { return };
    let key = "_name_or_path";
    let base = config.get(key).and_then(Value::as_str);
    claims.extend(base.and_then(|base| claim(Relation::Base, base, Place::Memory, at(file, key, None))));
}

/// Metadata inside weights.
fn metadata(file: &Material, claims: &mut Vec<Claim>) {
    let value = |key: &str| file.declared.iter().find(|declared| declared.key == key);
    for declared in &file.declared {
        let Some((format, key)) = declared.key.split_once(':') else { continue };
        let key = key.strip_prefix("metadata:").unwrap_or(key);
        let found =
            match (format, key.strip_prefix("general.base_model."), key.strip_prefix("general.dataset.")) {
                ("gguf", Some(rest), _) => named(rest, declared, "gguf:general.base_model", &value)
                    .map(|name| (Relation::Base, name)),
                ("gguf", _, Some(rest)) => named(rest, declared, "gguf:general.dataset", &value)
                    .map(|name| (Relation::DataSet, name)),
                _ if METADATA.contains(&key) => Some((Relation::Base, declared.value.clone())),
                _ => None,
            };
        let Some((relation, name)) = found else { continue };
        let mut location = at(file, key, None);
        location.members =
            declared.member.split('!').filter(|member| !member.is_empty()).map(str::to_owned).collect();
        claims.extend(claim(relation, &name, Place::Weights, location));
    }
}

/// `0.name` with `0.repo_url` or `0.organization` beside it: the best name there is, told once for each number.
fn named<'f>(
    rest: &str,
    declared: &Declared,
    family: &str,
    value: &impl Fn(&str) -> Option<&'f Declared>,
) -> Option<String> {
    let (number, field) = rest.split_once('.').filter(|(number, _)| is_number(number))?;
    let beside = |field: &str| value(&format!("{family}.{number}.{field}"));
    let (url, name) = (beside("repo_url"), beside("name"));
    match (field, url, name) {
        ("repo_url", ..) => Some(declared.value.clone()),
        ("name", None, _) => {
            let organisation = beside("organization").map(|found| format!("{}/", found.value));
            Some(format!("{}{}", organisation.unwrap_or_default(), declared.value).replace(' ', "-"))
        }
        _ => None,
    }
}
