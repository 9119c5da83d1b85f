//! What configuration and metadata declare of a model: `config.json` as `transformers` writes it, keys of GGUF, adapters.

use std::collections::BTreeSet;

use serde_json::Value;
use weighhouse_core::printable::printable_within;

use super::graph::{Graph, Known, Reference, ReferenceKind, Trait};
use super::weights::Packing;
use crate::materials::{Material, Materials};

/// Characters of a value that are kept.
pub(super) const VALUE: usize = 500;
/// Architectures of one configuration.
const LISTED: usize = 64;

/// Keys of `config.json`, by what they say. The first that is there counts.
const KEYS: &[(Trait, &[&str])] = &[
    (Trait::Family, &["model_type"]),
    (
        Trait::ContextLength,
        &["max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length"],
    ),
    (Trait::Vocabulary, &["vocab_size"]),
    (Trait::HiddenSize, &["hidden_size", "n_embd", "d_model", "dim"]),
    (Trait::Layers, &["num_hidden_layers", "n_layer", "num_layers", "n_layers"]),
    (Trait::AttentionHeads, &["num_attention_heads", "n_head", "n_heads"]),
];

/// The same of GGUF, where keys begin with the architecture.
const GGUF: &[(Trait, &str)] = &[
    (Trait::ContextLength, "context_length"),
    (Trait::HiddenSize, "embedding_length"),
    (Trait::Layers, "block_count"),
    (Trait::AttentionHeads, "attention.head_count"),
];

/// Text from an artifact, fit for a bill.
pub(super) fn shown(text: &str) -> String {
    printable_within(text.trim(), VALUE)
}

/// The folder that holds the model, with `/` at its end: the target itself, unless card and configuration lie deeper, beside all weights.
pub(super) fn home(materials: &Materials) -> String {
    if ["README.md", "config.json", "adapter_config.json"].iter().any(|name| materials.file(name).is_some()) {
        return String::new();
    }
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let weights = materials.files.iter().filter(|file| !file.tensors.is_empty());
    let folders: BTreeSet<String> = weights.map(|file| folder(&file.path)).collect();
    folders.first().filter(|_| folders.len() == 1).cloned().unwrap_or_default()
}

/// The document in a file, if it is one.
fn json(materials: &Materials, path: &str) -> Option<Value> {
    serde_json::from_str(materials.file(path)?.text.as_deref()?).ok()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(shown(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads `config.json`; the result says how numbers are packed.
pub(super) fn transformers(materials: &Materials, home: &str, graph: &mut Graph) -> Packing {
    let path = format!("{home}config.json");
    let place = shown(&path);
    let place = place.as_str();
    let Some(config) = json(materials, &path) else { return Packing::default() };
    let architectures = config.get("architectures").and_then(Value::as_array);
    for name in architectures.into_iter().flatten().take(LISTED).filter_map(scalar) {
        graph.note(Trait::Architecture, Known::declared(name, place));
    }
    // Models of several modalities keep the language model apart.
    let text = config.get("text_config").unwrap_or(&Value::Null);
    for (kind, keys) in KEYS {
        let found = keys.iter().find_map(|key| config.get(*key).or_else(|| text.get(*key)).and_then(scalar));
        if let Some(value) = found {
            graph.note(*kind, Known::declared(value, place));
        }
    }
    let quantisation = config.get("quantization_config").unwrap_or(&Value::Null);
    let method = quantisation.get("quant_method").and_then(scalar);
    let flag = |key: &str| quantisation.get(key).and_then(Value::as_bool) == Some(true);
    let bits = quantisation.get("bits").and_then(Value::as_u64);
    let bits = bits.or(flag("load_in_4bit").then_some(4)).or(flag("load_in_8bit").then_some(8));
    if method.is_some() || bits.is_some() {
        let bits = bits.map(|bits| format!("{bits} bits"));
        let words: Vec<String> = [method, bits].into_iter().flatten().collect();
        graph.note(Trait::Quantisation, Known::declared(words.join(", "), place));
    }
    Packing { bits }
}

/// Reads the configuration of an adapter; the result is the revision of its base.
pub(super) fn adapter(materials: &Materials, home: &str, graph: &mut Graph) -> Option<String> {
    let path = format!("{home}adapter_config.json");
    let config = json(materials, &path)?;
    if let Some(kind) = config.get("peft_type").and_then(scalar) {
        graph.note(Trait::Architecture, Known::declared(format!("adapter ({kind})"), shown(&path)));
    }
    config.get("revision").and_then(scalar)
}

/// Reads the metadata of GGUF files.
pub(super) fn gguf(materials: &Materials, graph: &mut Graph) {
    for file in &materials.files {
        let place = |key: &str| format!("{}, `{key}`", shown(&file.path));
        let value =
            |key: &str| declared(file, &format!("gguf:{key}")).map(shown).filter(|text| !text.is_empty());
        let known = |key: &str| value(key).map(|text| Known::declared(text, place(key)));
        let Some(architecture) = known("general.architecture") else { continue };
        for (kind, key) in GGUF {
            if let Some(found) = known(&format!("{}.{key}", architecture.value)) {
                graph.note(*kind, found);
            }
        }
        graph.note(Trait::Family, architecture);
        // `[32000 × text]`: the tokens are in the file, and were counted there.
        let tokens = value("tokenizer.ggml.tokens");
        let tokens =
            tokens.and_then(|list| list.trim_start_matches('[').split(' ').next().map(str::to_owned));
        if let Some(tokens) = tokens.filter(|count| count.parse::<u64>().is_ok()) {
            graph.note(Trait::Vocabulary, Known::measured(tokens, place("tokenizer.ggml.tokens")));
        }
        if let Some(code) = known("general.file_type") {
            let value = format!("file type {}", code.value);
            graph.note(Trait::Quantisation, Known { value, ..code });
        }
        graph.version = graph.version.take().or_else(|| known("general.version"));
        graph.description = graph.description.take().or_else(|| known("general.description"));
        let maker = known("general.organization").or_else(|| known("general.author"));
        graph.supplier = graph.supplier.take().or(maker);
        for (key, kind) in [
            ("general.url", ReferenceKind::Website),
            ("general.repo_url", ReferenceKind::Repository),
            ("general.source.url", ReferenceKind::Website),
            ("general.source.repo_url", ReferenceKind::Repository),
        ] {
            if let Some(url) = value(key).filter(|url| is_address(url)) {
                graph.references.insert(Known::declared(Reference { kind, url }, place(key)));
            }
        }
    }
}

fn declared<'a>(file: &'a Material, key: &str) -> Option<&'a str> {
    file.declared.iter().find(|found| found.key == key).map(|found| found.value.as_str())
}

/// Whether a text can stand where a bill wants an address.
pub(super) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    let encoded = text.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    encoded
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain) && !rest.contains(['[', ']']))
}
