use std::collections::BTreeSet;

use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model takes the data of a tensor from a part of a file that the file does not have.
    ///
    /// # What it detects
    ///
    /// External data whose offset and length go beyond the end of the file beside the model. A file that is not there at all is
    /// reported as not inspected.
    ///
    /// # Why it matters
    ///
    /// The file is cut off or belongs to another version of the model. Loaders that trust the numbers allocate or read what is
    /// not there.
    ///
    /// # Example
    ///
    /// `offset` is 4096 in `model.onnx.data`, which has 1,024 bytes.
    ///
    /// # What to do
    ///
    /// Download the file again and compare digests.
    ///
    /// # References
    ///
    /// - <https://onnx.ai/onnx/repo-docs/ExternalData.html>
    /// - <https://cwe.mitre.org/data/definitions/125.html>
    pub(crate) ExternalDataShort {
        id: "WH-GRA-006",
        slug: "external-data-short",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Onnx, OrtModel, CoreMl, Tflite, ExecuTorch, Xnnpack, Paddle, Caffe, CaffeSolver, Caffe2, CntkV2, OpenVino, Pmml, SavedModel, MetaGraph, GraphDef],
        cwe: [125, 353],
        owasp: ["LLM03"],
        atlas: [],
    }
}

impl Rule for ExternalDataShort {
    fn repository(&self, repository: &Repository, cx: &mut Context<'_>) {
        let mut seen = BTreeSet::new();
        for (model, data, found) in repository.external.found() {
            let end = data.offset.checked_add(data.length.unwrap_or(0));
            if end.is_none_or(|end| end > found.len) && seen.insert((model, &data.location)) {
                cx.report(format!(
                    "the data of the tensor {} is beyond the end of {}, which has {} bytes",
                    quote(&data.tensor),
                    quote(&data.location),
                    found.len
                ))
                .in_member(&model.file, &model.members)
                .at(data.region)
                .key(&data.tensor)
                .emit();
            }
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, external};

crate::samples! {
    ExternalDataShort,
    bad: {
        "a file that is cut off" => [
            ("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "w.data"), ("length", "8")]))).build()),
            ("w.data", vec![0x81, 0xfe, 3, 4]),
        ],
        "an offset past all numbers" => [
            ("model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "w.data"), ("offset", "18446744073709551615")]))).build()),
            ("w.data", vec![0x81, 0xfe, 3, 4, 5, 6, 7, 8]),
        ],
    },
    ok: {
        "a file that has it" => [
            ("a/model.onnx", Model::of(Graph::new().tensor(external("w", &[("location", "./w.data"), ("offset", "4")]))).build()),
            ("a/w.data", vec![0x81, 0xfe, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ],
    },
}
