//! What cannot all be true.
//!
//! Only what excludes each other counts. A card names the parent and the weights may name its parent in turn; a mirror has another
//! organisation; a training run loads a checkpoint. None of these is a contradiction.

use serde_json::Value;
use weighhouse_core::Location;
use weighhouse_core::printable::printable_within;

use super::{Claim, NAME, Place, Relation, names};
use crate::materials::Materials;

/// How much hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// Two names that may still mean one thing.
    Unclear,
    /// Other families, other sizes, another architecture.
    Excluded,
}

/// Two statements that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// How much hangs on it.
    pub gravity: Gravity,
    /// In one line, fit to be shown.
    pub text: String,
    /// Where the one that is more likely wrong stands.
    pub location: Location,
}

/// Names of an architecture's family that a base must tell, if it tells any.
const ARCHITECTURES: &[(&str, &str)] = &[
    ("qwen", "qwen"),
    ("gemma", "gemma"),
    ("phi", "phi"),
    ("falcon", "falcon"),
    ("bloom", "bloom"),
    ("gpt2", "gpt2"),
    ("bert", "bert"),
    ("t5", "t5"),
    ("whisper", "whisper"),
    ("mamba", "mamba"),
];
/// Families that no model of Llama's architecture comes from; many others took that architecture over.
const NOT_LLAMA: &[&str] = &["gemma", "bert", "gpt2", "t5", "bloom", "whisper", "mamba", "falcon"];

/// Finds them.
pub(super) fn find(materials: &Materials, claims: &[Claim]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let of = |place: Place| {
        claims.iter().filter(move |claim| claim.place == place && claim.relation != Relation::DataSet)
    };
    let card: Vec<&Claim> = of(Place::Card).collect();
    for place in [Place::Adapter, Place::Merge, Place::Recipe, Place::Weights, Place::Memory] {
        against_card(&card, of(place), &mut found);
    }
    architecture(materials, claims, &mut found);
    adapter_without_one(materials, &card, &mut found);
    found
}

fn quoted(name: &str) -> String {
    format!("`{}`", printable_within(name, NAME))
}

/// What another place says that nothing in the card agrees with.
fn against_card<'c>(
    card: &[&Claim],
    others: impl Iterator<Item = &'c Claim>,
    found: &mut Vec<Contradiction>,
) {
    if card.is_empty() {
        return;
    }
    let all: Vec<String> = card.iter().take(5).map(|claim| quoted(&claim.name)).collect();
    for other in others.filter(|claim| !claim.is_local()) {
        // One merged model of several need not be in the card; one of another kind than all of them must not be missing.
        let agrees = card.iter().any(|claim| names::akin(&claim.name, &other.name));
        let excluded = card.iter().all(|claim| names::exclude(&claim.name, &other.name));
        let gravity = match (agrees, excluded) {
            (true, _) => continue,
            (false, true) => Gravity::Excluded,
            // Only a place that loaders follow makes another name worth a word.
            (false, false) if other.place == Place::Adapter => Gravity::Unclear,
            (false, false) => continue,
        };
        let text = format!(
            "the card says {}, but `{}` says {}",
            all.join(", "),
            printable_within(&other.location.to_string(), NAME),
            quoted(&other.name)
        );
        found.push(Contradiction { gravity, text, location: other.location.clone() });
    }
}

/// A base of one family under the architecture of another.
fn architecture(materials: &Materials, claims: &[Claim], found: &mut Vec<Contradiction>) {
    let bases: Vec<&Claim> = claims
        .iter()
        .filter(|claim| claim.relation != Relation::DataSet && claim.place == Place::Card)
        .collect();
    let told: Vec<_> = bases.iter().map(|claim| names::families(&claim.name)).collect();
    if told.is_empty() || told.iter().any(std::collections::BTreeSet::is_empty) {
        return;
    }
    for (architecture, location) in architectures(materials) {
        let lower = architecture.to_lowercase();
        let fits = match ARCHITECTURES.iter().find(|(beginning, _)| lower.starts_with(beginning)) {
            Some((_, family)) => told.iter().any(|families| families.contains(family)),
            None if lower == "llama" => {
                told.iter().any(|families| !families.iter().all(|family| NOT_LLAMA.contains(family)))
            }
            None => true,
        };
        if !fits {
            let names: Vec<String> = bases.iter().take(5).map(|claim| quoted(&claim.name)).collect();
            let text = format!(
                "the card says it comes from {}, but its architecture is {}",
                names.join(", "),
                quoted(&architecture)
            );
            found.push(Contradiction { gravity: Gravity::Excluded, text, location });
            return;
        }
    }
}

/// What configurations and weights call the architecture. Models made of several parts have several, and are left alone.
fn architectures(materials: &Materials) -> Vec<(String, Location)> {
    let mut all = Vec::new();
    for (file, declared) in materials.declared("gguf:general.architecture") {
        all.push((declared.value.clone(), Location::file(file.path.clone())));
    }
    if let Some(file) = materials.file("config.json") {
        let config: Option<Value> = file.text.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let config = config
            .filter(|config| config.get("text_config").is_none() && config.get("vision_config").is_none());
        let name = config.as_ref().and_then(|config| config.get("model_type")?.as_str());
        all.extend(name.map(|name| (name.to_owned(), Location::file(file.path.clone()))));
    }
    all
}

/// A card that calls itself an adapter's, where there is a whole model and no adapter.
fn adapter_without_one(materials: &Materials, card: &[&Claim], found: &mut Vec<Contradiction>) {
    let Some(claim) = card.iter().find(|claim| claim.relation == Relation::Adapter) else { return };
    let names = materials.files.iter().map(|file| file.path.rsplit('/').next().unwrap_or_default());
    let adapters = names.clone().any(|name| name.starts_with("adapter_"));
    let tensors = materials.files.iter().flat_map(|file| &file.tensors);
    let lora = tensors.clone().any(|tensor| super::super::roles::Role::is_adapter(&tensor.name));
    if !adapters && !lora && tensors.clone().count() > 0 {
        let text =
            format!("the card calls it an adapter for {}, but it holds a whole model", quoted(&claim.name));
        found.push(Contradiction { gravity: Gravity::Unclear, text, location: claim.location.clone() });
    }
}
