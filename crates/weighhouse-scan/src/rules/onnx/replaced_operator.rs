use weighhouse_formats::onnx::OnnxFacts;

use crate::knowledge::operators::{Operator, operator};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An ONNX model brings along a function with the name of a public operator.
    ///
    /// # What it detects
    ///
    /// Local functions whose domain and name are those of an operator of the standard or of a runtime.
    ///
    /// # Why it matters
    ///
    /// A runtime may take the function in place of the operator. The graph then reads like an ordinary model and computes something
    /// else: a place for a back door, and two runtimes give two results.
    ///
    /// # Example
    ///
    /// A function `Softmax` of the domain `ai.onnx`.
    ///
    /// # What to do
    ///
    /// Compare the body of the function with the definition of the operator, or ask for an export without it.
    ///
    /// # References
    ///
    /// - <https://onnx.ai/onnx/repo-docs/IR.html#functions>
    /// - <https://cwe.mitre.org/data/definitions/694.html>
    pub(crate) ReplacedOperator {
        id: "WH-ONX-007",
        slug: "replaced-operator",
        since: "0.1.0",
        severity: Medium,
        confidence: Medium,
        formats: [Onnx],
        cwe: [694],
        owasp: ["LLM04"],
        atlas: ["AML.T0018"],
    }
}

impl Rule for ReplacedOperator {
    fn onnx(&self, facts: &OnnxFacts, cx: &mut Context<'_>) {
        for function in &facts.graph.functions {
            if matches!(
                operator(facts.graph.framework, &function.domain, &function.name),
                Operator::Known | Operator::Dangerous(..)
            ) {
                let domain = if function.domain.is_empty() { "ai.onnx" } else { function.domain.as_str() };
                cx.report(format!(
                    "a function replaces the operator {} of {}",
                    quote(&function.name),
                    quote(domain)
                ))
                .at(function.region)
                .key(format!("{domain}::{}", function.name))
                .emit();
            }
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, function, node};

crate::samples! {
    ReplacedOperator,
    bad: {
        "another softmax" => [("model.onnx", Model::of(Graph::new().node(node("", "Softmax", &["x"], &["y"])))
            .function(&function("", "Softmax", &[node("", "Relu", &["x"], &["y"])])).build())],
    },
    ok: {
        "a function of its own domain" => [("model.onnx", Model::of(Graph::new().node(node("local", "Softmax", &["x"], &["y"]))).import("local", 1)
            .function(&function("local", "Softmax", &[node("", "Relu", &["x"], &["y"])])).build())],
    },
}
