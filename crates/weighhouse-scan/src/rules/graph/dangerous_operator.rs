use weighhouse_core::Severity;
use weighhouse_formats::graph::GraphFacts;

use crate::knowledge::operators::{Operator, OperatorEffect, operator};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model's graph uses an operator that does more than compute.
    ///
    /// # What it detects
    ///
    /// Operators that run Python (`PyOp` of ONNX, `PyFunc` of TensorFlow), call native operators by name (`ATen`), open files or
    /// connections (`torch.save` and `torch.from_file` of TorchScript), or hold a program compiled for one device that nobody can read. All graphs are searched: the main one, graphs
    /// in attributes of control-flow operators, training graphs, and the bodies of functions; for TorchScript all sources, and the
    /// bytecode of the mobile form.
    ///
    /// # Why it matters
    ///
    /// Such models are taken for data. A runtime that has these operators runs code that the model chooses, with the rights of the
    /// program that loads it.
    ///
    /// # Example
    ///
    /// A node `PyOp` whose attributes `module` and `class_name` say which Python class to run.
    ///
    /// # What to do
    ///
    /// Do not load the model. Ask for one that is exported to standard operators only.
    ///
    /// # References
    ///
    /// - <https://onnxruntime.ai/docs/extensions/add-op.html>
    /// - <https://cwe.mitre.org/data/definitions/94.html>
    pub(crate) DangerousOperator {
        id: "WH-GRA-001",
        slug: "dangerous-operator",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [Onnx, OrtModel, CoreMl, Tflite, ExecuTorch, Xnnpack, Paddle, Caffe, CaffeSolver, Caffe2, CntkV2, OpenVino, Pmml, SavedModel, MetaGraph, GraphDef, TorchScript, TorchBytecode],
        cwe: [94, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for DangerousOperator {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        for used in &facts.operators {
            let Operator::Dangerous(effect, what) = operator(facts.framework, &used.domain, &used.name)
            else {
                continue;
            };
            let severity = match effect {
                OperatorEffect::Python => Severity::Critical,
                OperatorEffect::Native
                | OperatorEffect::File
                | OperatorEffect::Network
                | OperatorEffect::Abort => Severity::High,
                OperatorEffect::Program | OperatorEffect::Input => Severity::Medium,
            };
            cx.report(format!("the operator {} {what}", quote(&used.name)))
                .severity(severity)
                .at(used.region)
                .key(format!("{}::{}", used.domain, used.name))
                .emit();
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, node};

crate::samples! {
    DangerousOperator,
    bad: {
        "a Python operator" => [("model.onnx", Model::of(Graph::new().node(node("", "PyOp", &["x"], &["y"]))).build())],
        "a Python operator in a branch" => [("model.onnx", Model::of(Graph::new().node(
            node("", "If", &["x"], &["y"]).graph("then_branch", &Graph::new().node(node("com.microsoft", "PythonOp", &[], &["z"]))),
        )).import("com.microsoft", 1).build())],
    },
    ok: {
        "standard operators" => [("model.onnx", Model::of(Graph::new().node(node("", "Relu", &["x"], &["y"]))).build())],
    },
}
