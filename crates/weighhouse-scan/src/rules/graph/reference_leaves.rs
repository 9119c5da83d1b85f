use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::graph::{GraphFacts, TRAINING_DATA};

use crate::repository::external::{Target, target};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model's graph names a file outside its folder.
    ///
    /// # What it detects
    ///
    /// Places that data of tensors is taken from, and other files that the graph opens, which are absolute, climb out of the model's
    /// folder, are network addresses, hold control characters, or are the mark by which onnxruntime means an address of its own
    /// memory; also the folder that ONNX may name beside a location (low where it is somebody's workplace). Files that are written are reported wherever they are. The places that a training noted of its own machine are low. Links among the files of the artifact
    /// that lead elsewhere are reported by another rule.
    ///
    /// # Why it matters
    ///
    /// Loading the model reads any file that the loader may read, as numbers that the model can put out again; saving it with an
    /// older library overwrites one. The `onnx` library was open to this again and again (CVE-2022-25882, CVE-2024-27318,
    /// CVE-2025-51480, CVE-2026-34447): each fix found another spelling.
    ///
    /// # Example
    ///
    /// `location` is `../../../etc/passwd`.
    ///
    /// # What to do
    ///
    /// Do not load the model. No exporter writes such a location.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2022-25882>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2024-27318>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2025-51480>
    /// - <https://cwe.mitre.org/data/definitions/22.html>
    pub(crate) ReferenceLeaves {
        id: "WH-GRA-004",
        slug: "reference-leaves",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Onnx, OrtModel, CoreMl, Tflite, ExecuTorch, Xnnpack, Paddle, Caffe, CaffeSolver, Caffe2, CntkV2, OpenVino, Pmml, SavedModel, MetaGraph, GraphDef, CheckpointState, TritonConfig],
        cwe: [22, 59],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// Whether a path is where somebody keeps data on a machine or in a store of their own, not a part of the system or something hidden.
fn is_workplace(path: &str) -> bool {
    const STORES: [&str; 4] = ["gs://", "s3://", "hdfs://", "abfss://"];
    const SYSTEM: [&str; 12] =
        ["bin", "boot", "dev", "etc", "lib", "proc", "run", "sbin", "sys", "usr", "var", "windows"];
    let slashes = path.replace('\\', "/").to_ascii_lowercase();
    let drive = slashes.get(1..3) == Some(":/");
    let stored = STORES.iter().find_map(|store| slashes.strip_prefix(store));
    let rest = if drive { slashes.get(3..) } else { stored.or_else(|| slashes.strip_prefix('/')) };
    rest.is_some_and(|rest| {
        let mut parts = rest.split('/');
        let ordinary = |part: &str| {
            !part.is_empty() && !part.starts_with(['.', '~']) && !part.contains(char::is_control)
        };
        parts.next().is_some_and(|first| ordinary(first) && (stored.is_some() || !SYSTEM.contains(&first)))
            && parts.all(|part| part.is_empty() || part == "." || ordinary(part))
            && !rest.contains("//")
    })
}

impl Rule for ReferenceLeaves {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        let mut seen = BTreeSet::new();
        for data in &facts.external {
            if let Target::Leaves(why) = target(&data.base)
                && seen.insert(&data.base)
            {
                // An early helper wrote down where the model lay.
                let severity = if is_workplace(&data.base) { Severity::Low } else { Severity::High };
                cx.report(format!("the data of a tensor lie below {}, {why}", quote(&data.base)))
                    .severity(severity)
                    .at(data.region)
                    .key(&data.base)
                    .evidence(format!("tensor {}", data.tensor))
                    .emit();
            }
            let Target::Leaves(why) = target(&data.location) else { continue };
            if seen.insert(&data.location) {
                cx.report(format!("the data of a tensor is taken from {}, {why}", quote(&data.location)))
                    .at(data.region)
                    .key(&data.location)
                    .evidence(format!("tensor {}", data.tensor))
                    .emit();
            }
        }
        for file in &facts.files {
            let verb = if file.written { "writes" } else { "opens" };
            let (severity, why) = match target(&file.path) {
                // Who takes the numbers out of the file does not go there.
                Target::Leaves(_) if file.purpose == TRAINING_DATA && is_workplace(&file.path) => {
                    (Severity::Low, "a place on the machine that trained it")
                }
                Target::Leaves(why) => (Severity::High, why),
                Target::Inside(_) if file.purpose == TRAINING_DATA => continue,
                Target::Inside(_) if file.written => (Severity::Medium, "in its own folder"),
                Target::Inside(_) => continue,
            };
            if seen.insert(&file.path) {
                cx.report(format!("the graph {verb} {} ({}), {why}", quote(&file.path), file.purpose))
                    .severity(severity)
                    .at(file.region)
                    .key(&file.path)
                    .emit();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_the_system_are_no_workplaces() {
        for path in [
            "/home/u/data/train_lmdb",
            "/data/",
            "/mnt/a/b.txt",
            "D:\\data\\x",
            "/Users/u/x",
            "/a/./b",
            "gs://b/x",
        ] {
            assert!(is_workplace(path), "{path}");
        }
        for path in [
            "/etc/passwd",
            "/home/u/.ssh/id_rsa",
            "//host/x",
            "\\\\host\\x",
            "/",
            "x",
            "/proc/self/mem",
            "C:\\Windows\\x",
            "gs://b/../x",
            "gs://b\\..\\x",
            "gs:///x",
            "https://host/x",
            "/home/u/../../etc/passwd",
        ] {
            assert!(!is_workplace(path), "{path}");
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, external};

crate::samples! {
    ReferenceLeaves,
    bad: {
        "a parent folder" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "../../etc/passwd")]))).build())],
        "an absolute path" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "/etc/passwd")]))).build())],
        "a folder beside an honest location" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "passwd"), ("basepath", "/etc")]))).build())],
        "an address" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "https://example.com/w")]))).build())],
        "a checkpoint in a folder of the system" => [("checkpoint", b"model_checkpoint_path: \"/etc/passwd\"".to_vec())],
        "a checkpoint at an address" => [("checkpoint", b"model_checkpoint_path: \"https://example.com/m\"".to_vec())],
        "memory of the runtime" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "*/_ORT_MEM_ADDR_/*")]))).build())],
    },
    ok: {
        "a checkpoint of a training" => [("checkpoint", b"model_checkpoint_path: \"model.ckpt-7\"\nall_model_checkpoint_paths: \"model.ckpt-6\"".to_vec())],
        "a file beside the model" => [
            ("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "model.onnx.data"), ("length", "8")]))).build()),
            ("model.onnx.data", vec![0x81, 0xfe, 3, 4, 5, 6, 7, 8]),
        ],
    },
}
