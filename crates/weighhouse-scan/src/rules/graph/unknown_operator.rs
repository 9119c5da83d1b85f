use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::graph::GraphFacts;

use crate::knowledge::operators::{Operator, operator, resembled};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model's graph uses an operator that no public definition knows.
    ///
    /// # What it detects
    ///
    /// Operators of custom domains, and names that are not among the operators of a known domain. Functions that the model brings
    /// along are known: their bodies are inspected. A name that is spelled like that of a dangerous operator is high, and so is one of the
    /// domain in which functions of Python can be registered, if it is not one of the library that owns the domain.
    ///
    /// # Why it matters
    ///
    /// A runtime can only run such an operator with a library registered beside it. The library is native or Python code, and what
    /// the operator does is whatever that library does: the model cannot be judged without it.
    ///
    /// # Example
    ///
    /// A node `Decode` of the domain `com.example`.
    ///
    /// # What to do
    ///
    /// Ask which library defines the operator, vet that library, and waive the finding for the operator by its key.
    ///
    /// # References
    ///
    /// - <https://onnxruntime.ai/docs/reference/operators/add-custom-op.html>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    pub(crate) UnknownOperator {
        id: "WH-GRA-002",
        slug: "unknown-operator",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Onnx, OrtModel, CoreMl, Tflite, ExecuTorch, Xnnpack, Paddle, Caffe, CaffeSolver, Caffe2, CntkV2, OpenVino, Pmml, SavedModel, MetaGraph, GraphDef, TorchScript, TorchBytecode],
        cwe: [829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// The domain in which `onnxruntime-extensions` registers functions of Python: its own operators are listed.
const PYTHON: &str = "ai.onnx.contrib";

impl Rule for UnknownOperator {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        let local: BTreeSet<[&str; 3]> = facts
            .functions
            .iter()
            .map(|function| [written(facts, &function.domain), &function.name, &function.overload])
            .collect();
        for used in &facts.operators {
            let domain = written(facts, &used.domain);
            if local.contains(&[domain, &used.name, &used.overload]) {
                continue;
            }
            let headline = match operator(facts.framework, &used.domain, &used.name) {
                Operator::Known | Operator::Dangerous(..) => continue,
                Operator::Unlisted(owner) => {
                    format!("the operator {} is not one of {} ({owner})", quote(&used.name), quote(domain))
                }
                Operator::Foreign => {
                    format!("the operator {} is of the custom domain {}", quote(&used.name), quote(domain))
                }
            };
            let resembled = resembled(facts.framework, &used.domain, &used.name);
            let headline = match resembled {
                Some(listed) => format!("{headline}, but spelled like the dangerous {}", quote(listed)),
                None => headline,
            };
            cx.report(headline)
                .severity(if resembled.is_some() || domain == PYTHON {
                    Severity::High
                } else {
                    Severity::Medium
                })
                .at(used.region)
                .key(format!("{domain}::{}", used.name))
                .evidence(format!("{} uses", used.count))
                .emit();
        }
    }
}

/// The domain, under the name that the empty one stands for.
fn written<'a>(facts: &GraphFacts, domain: &'a str) -> &'a str {
    if domain.is_empty() { facts.framework } else { domain }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, function, node};

crate::samples! {
    UnknownOperator,
    bad: {
        "a custom domain" => [("model.onnx", Model::of(Graph::new().node(node("com.example", "Decode", &["x"], &["y"])))
            .import("com.example", 1).build())],
        "no standard operator" => [("model.onnx", Model::of(Graph::new().node(node("", "Decode", &["x"], &["y"]))).build())],
        "inside a function" => [("model.onnx", Model::of(Graph::new().node(node("local", "F", &["x"], &["y"]))).import("local", 1)
            .function(&function("local", "F", &[node("com.example", "Decode", &["x"], &["y"])])).build())],
    },
    ok: {
        "a function of the model" => [("model.onnx", Model::of(Graph::new().node(node("local", "F", &["x"], &["y"]))).import("local", 1)
            .function(&function("local", "F", &[node("", "Relu", &["x"], &["y"])])).build())],
        "an operator of onnxruntime" => [("model.onnx", Model::of(Graph::new().node(node("com.microsoft", "FusedGemm", &["x"], &["y"])))
            .import("com.microsoft", 1).build())],
    },
}
