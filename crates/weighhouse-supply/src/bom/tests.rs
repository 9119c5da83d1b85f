//! Bills: what is in them, that they are what their schemas say, and that nothing but their input changes them.

mod content;
mod formats;
mod others;
mod software;

use std::collections::BTreeSet;

use weighhouse_core::{Assessment, Date, Digest, Thread};
use weighhouse_formats::region::Region;

use super::*;
use crate::materials::{Declared, Material, Materials, Tensor, samples};

const README: &str = "\
---
license: apache-2.0
language:
- en
- de
pipeline_tag: text-classification
library_name: transformers
base_model: org/base
base_model_relation: finetune
datasets:
- org/data
- squad
model-index:
- name: m
  results:
  - task:
      type: text-classification
    dataset:
      name: GLUE
      type: glue
    metrics:
    - type: accuracy
      value: 0.91
    - type: f1
      value: 0.9
co2_eq_emissions: 12.5
---

# A model

## Intended uses

Sorting mail.

## Limitations and bias

Only English. See https://arxiv.org/abs/1810.04805.

### Known issues

Short texts.

## Training data

A crawl.

## Evaluation

[More Information Needed]
";

const CONFIG: &str = r#"{"architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_size": 4,
 "num_hidden_layers": 2, "max_position_embeddings": 8, "vocab_size": 11, "num_attention_heads": 2}"#;

fn material(path: &str, format: &'static str, bytes: &[u8]) -> Material {
    Material {
        format,
        text: String::from_utf8(bytes.to_vec()).ok(),
        sha256: Some(Digest::of(bytes)),
        len: bytes.len() as u64,
        ..samples::text(path, "")
    }
}

fn tensor(name: &str, dtype: &str, shape: &[u64], bytes: u64) -> Tensor {
    Tensor {
        member: String::new(),
        name: name.to_owned(),
        dtype: dtype.to_owned(),
        shape: shape.to_vec(),
        data: Some(Region::new(0, bytes)),
    }
}

fn with(files: Vec<Material>) -> Materials {
    Materials { name: "models/mail-sorter".to_owned(), ..samples::of(files) }
}

/// A small model with card, configuration and weights.
fn model() -> Materials {
    let mut weights = material("model.safetensors", "safetensors", b"weights");
    weights.tensors = vec![
        tensor("bert.embeddings.word_embeddings.weight", "F32", &[11, 4], 176),
        tensor("bert.embeddings.position_embeddings.weight", "F32", &[8, 4], 128),
        tensor("bert.embeddings.position_ids", "I64", &[1, 8], 64),
        tensor("bert.encoder.layer.0.output.dense.weight", "F16", &[4, 4], 32),
        tensor("bert.encoder.layer.1.output.dense.weight", "F16", &[4, 4], 32),
    ];
    with(vec![
        weights,
        material("README.md", "text", README.as_bytes()),
        material("config.json", "json", CONFIG.as_bytes()),
    ])
}

/// The bill of what nobody has asked the other threads about, but for these assessments.
fn graph(materials: &Materials, assessments: &[Assessment], settings: &Settings) -> Graph {
    super::graph(materials, Threads { assessments, ..Threads::default() }, settings)
}

fn settings() -> Settings {
    Settings { tool: ("weighhouse".to_owned(), "0.0.0".to_owned()), ..Settings::default() }
}

fn declare(file: &mut Material, values: &[(&str, &str)]) {
    file.declared.extend(values.iter().map(|(key, value)| Declared {
        member: String::new(),
        key: (*key).to_owned(),
        value: (*value).to_owned(),
    }));
}

/// A model with everything that a bill can hold.
fn everything() -> Graph {
    let mut materials = model();
    let mut gguf = material("model.gguf", "gguf", b"gguf");
    gguf.tensors = vec![tensor("token_embd.weight", "Q4_K", &[4, 11], 28)];
    declare(
        &mut gguf,
        &[
            ("gguf:general.architecture", "bert"),
            ("gguf:bert.context_length", "8"),
            ("gguf:general.license", "other"),
            ("gguf:general.license.name", "house licence"),
            ("gguf:general.license.link", "https://example.com/licence"),
            ("gguf:general.base_model.0.name", "base"),
            ("gguf:general.base_model.0.organization", "org"),
            ("gguf:general.dataset.0.name", "Data"),
            ("gguf:general.url", "https://example.com/model"),
            ("gguf:tokenizer.ggml.tokens", "[11 × text]"),
        ],
    );
    materials.files.push(gguf);
    materials.files.push(material(
        "adapter_config.json",
        "json",
        br#"{"peft_type": "LORA", "base_model_name_or_path": "org/base", "revision": "abc"}"#,
    ));
    let bill = write(&graph(&model(), &[], &settings()), Format::CycloneDx16).unwrap();
    materials.files.push(material("sbom.cdx.json", "json", bill.as_bytes()));
    let mut unread = material("unread.bin", "unknown", b"");
    unread.sha256 = None;
    materials.files.push(unread);
    let mut assessment = Assessment::new(Thread::Licence, "`Apache-2.0`");
    assessment.as_of = Date::new(2026, 11, 21);
    assessment.data = Some(Digest::of(b"table"));
    let missing = Assessment::not_assessed(Thread::Vulnerabilities, "no advisories");
    let settings = Settings {
        at: Some("2026-11-21T10:00:00Z".to_owned()),
        author: Some("Ada".to_owned()),
        version: Some("1.0".to_owned()),
        supplier: Some("House".to_owned()),
        ..settings()
    };
    let mut graph = graph(&with(materials.files), &[assessment, missing], &settings);
    software::give(&mut graph);
    graph
}
