use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::json::Value;

use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// The index of a sharded model does not match the shards that are there.
    ///
    /// # What it detects
    ///
    /// `*.index.json` files whose `weight_map` names files that are missing, or that lie outside the model's folder.
    ///
    /// # Why it matters
    ///
    /// The model is incomplete, so what was inspected is not all that would be loaded; a name that leads elsewhere makes the loader read
    /// another file.
    ///
    /// # Example
    ///
    /// `model.safetensors.index.json` names `model-00002-of-00002.safetensors`, which is missing.
    ///
    /// # What to do
    ///
    /// Download the missing files and vet again.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/353.html>
    pub(crate) ShardsDiffer {
        id: "WH-WGT-001",
        slug: "shards-differ",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Json],
        cwe: [353],
        owasp: ["LLM03"],
        atlas: [],
    }
}

impl Rule for ShardsDiffer {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        for (path, document) in repository.json.iter().filter(|(path, _)| path.ends_with(".index.json")) {
            let shards: BTreeSet<&str> = document
                .get("weight_map")
                .map(Value::members)
                .unwrap_or_default()
                .iter()
                .filter_map(|(_, shard)| shard.text())
                .collect();
            for shard in shards {
                let leaves = shard.starts_with('/')
                    || shard.contains('\\')
                    || shard.contains("://")
                    || shard.split('/').any(|part| part == "..");
                if leaves {
                    cx.report(format!("the index names {}, outside the model", quote(shard)))
                        .severity(Severity::High)
                        .in_file(path)
                        .key(shard)
                        .emit();
                } else if !repository.files.contains_key(&Repository::beside(path, shard)) {
                    cx.report(format!("the index names {}, which is not here", quote(shard)))
                        .in_file(path)
                        .key(shard)
                        .emit();
                }
            }
        }
    }
}

crate::samples! {
    ShardsDiffer,
    bad: {
        "a missing shard" => [("model.safetensors.index.json", br#"{"weight_map": {"a": "model-00001-of-00001.safetensors"}}"#.to_vec())],
        "a shard elsewhere" => [("model.safetensors.index.json", br#"{"weight_map": {"a": "../other/model.safetensors"}}"#.to_vec())],
    },
    ok: {
        "no index" => [("config.json", br#"{"model_type": "bert"}"#.to_vec())],
    },
}
