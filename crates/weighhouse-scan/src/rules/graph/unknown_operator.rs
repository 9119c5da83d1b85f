use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::graph::GraphFacts;

use crate::knowledge::acts;
use crate::knowledge::operators::{Operator, operator, resembled};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model's graph uses an operator that no public definition knows.
    ///
    /// # What it detects
    ///
    /// Operators of custom domains, and names that are not among the operators of a known domain. Functions that the model brings
    /// along are known: their bodies are inspected. High are operators of a domain that no public library defines, since they need
    /// code of the model's own maker; those that say that they act (`save`, `load`, `run`) in a domain of PyTorch that has no such
    /// operator; those spelled like a dangerous operator; and those of the domain in which functions of Python can be registered. Medium
    /// is what a newer version of a known library may define.
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

/// Domains that anybody registers operators in, beside those that are listed: functions of Python with `onnxruntime-extensions`, native
/// code beside `TFLite`.
const OPEN: &[&str] = &["ai.onnx.contrib", "com.microsoft.extensions", "tflite.custom"];

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
            let known = operator(facts.framework, &used.domain, &used.name);
            let headline = match known {
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
            let acting = facts.framework == "torchscript" && acts(&used.name);
            let high = known == Operator::Foreign || acting || resembled.is_some() || OPEN.contains(&domain);
            cx.report(headline)
                .severity(if high { Severity::High } else { Severity::Medium })
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
