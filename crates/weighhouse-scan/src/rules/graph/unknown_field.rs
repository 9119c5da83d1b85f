use weighhouse_formats::graph::GraphFacts;

use crate::rule::{Context, Rule};

crate::rule! {
    /// A model's graph has fields that its format does not have.
    ///
    /// # What it detects
    ///
    /// Fields of any message of the model whose number the published description does not define or that are written with another
    /// wire type. Their content is inspected like a file of its own.
    ///
    /// # Why it matters
    ///
    /// Libraries keep unknown fields and show them to nobody: a payload travels in them through every tool that reads and writes
    /// the model. A newer version of the format may also define them; then this version of Weighhouse has not judged all of it.
    ///
    /// # Example
    ///
    /// Field 999 of `ModelProto` holds 4,096 bytes.
    ///
    /// # What to do
    ///
    /// Ask which program wrote the field. Loading and saving the model does not remove it; exporting it anew does.
    ///
    /// # References
    ///
    /// - <https://protobuf.dev/programming-guides/proto3/#unknowns>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) UnknownField {
        id: "WH-GRA-003",
        slug: "unknown-field",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Onnx, OrtModel, CoreMl, SentencePiece, Tflite, ExecuTorch, Xnnpack, Paddle, Caffe, CaffeSolver, Caffe2, CntkV2, OpenVino, Pmml, SavedModel, MetaGraph, GraphDef],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnknownField {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        for field in &facts.unknown {
            cx.report(format!(
                "field {} of `{}` is not one that the format has; it holds {} bytes",
                field.number,
                field.message,
                field.region.len()
            ))
            .at(field.region)
            .key(format!("{}.{}", field.message, field.number))
            .evidence(field.wire)
            .emit();
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, node};
#[cfg(test)]
use weighhouse_formats::build::protobuf::Proto;

crate::samples! {
    UnknownField,
    bad: {
        "a field of the model" => [("model.onnx", Model::of(Graph::new().node(node("", "Relu", &["x"], &["y"])))
            .raw(Proto::new().bytes(999, b"some bytes that nobody reads")).build())],
        "a name that is a number" => [("model.onnx", Model::of(Graph::new().raw(Proto::new().int(2, 7))
            .node(node("", "Relu", &["x"], &["y"]))).build())],
    },
    ok: {
        "known fields only" => [("model.onnx", Model::of(Graph::new().node(node("", "Relu", &["x"], &["y"]))).build())],
    },
}
