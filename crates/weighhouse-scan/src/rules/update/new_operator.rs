use weighhouse_core::ItemKind;

use super::appeared::report;
use crate::diff::Update;
use crate::rule::{Context, Rule};

crate::rule! {
    /// The graph of an update uses an operator that the revision before it does not.
    ///
    /// # What it detects
    ///
    /// Only with a baseline: operators of any framework that no graph of the old revision uses. Those on the framework's list are
    /// told together (info), those on no list one by one (medium), those that do more than compute too (high).
    ///
    /// # Why it matters
    ///
    /// Operators are the code of a graph. One that reads files, runs Python or needs a library of its own changes what loading the
    /// model means, and an update is where nobody looks.
    ///
    /// # Example
    ///
    /// A saved model of convolutions whose update has a `ReadFile` node.
    ///
    /// # What to do
    ///
    /// Ask the publisher what the operator is for; compare the graphs with a viewer. A new harmless operator is ordinary after an
    /// export with a newer program.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/494.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) NewOperator {
        id: "WH-DIF-002",
        slug: "new-operator",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [494],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NewOperator {
    fn update(&self, update: &Update<'_>, cx: &mut Context<'_>) {
        report(&update.appeared(ItemKind::Operator), "uses", "operator", cx);
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, node};

#[cfg(test)]
fn model(domain: &str, operator: &str) -> Vec<u8> {
    Model::of(Graph::new().node(node(domain, operator, &["x"], &["y"]))).build()
}

crate::samples! {
    NewOperator,
    bad: {
        "an operator of a custom domain" => [("old/m.onnx", model("", "Relu")), ("new/m.onnx", model("evil", "Relu"))],
        "an operator of the standard" => [("old/m.onnx", model("", "Relu")), ("new/m.onnx", model("", "Sin"))],
    },
    ok: {
        "the same operators" => [("old/m.onnx", model("", "Relu")), ("new/other.onnx", model("", "Relu"))],
    },
}
