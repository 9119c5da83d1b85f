use weighhouse_formats::graph::GraphFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model describes the data of a tensor with keys that the format does not have.
    ///
    /// # What it detects
    ///
    /// Entries of `external_data` other than `location`, `offset`, `length`, `checksum` and `basepath`.
    ///
    /// # Why it matters
    ///
    /// The `onnx` library up to 1.20 sets an attribute of its own object for every entry, whatever its name: a model can replace
    /// what later checks rely on, or the class of the object (CVE-2026-34445).
    ///
    /// # Example
    ///
    /// An entry with the key `__class__`.
    ///
    /// # What to do
    ///
    /// Do not load the model. No exporter writes other keys.
    ///
    /// # References
    ///
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2026-34445>
    /// - <https://cwe.mitre.org/data/definitions/915.html>
    pub(crate) ExternalDataAttribute {
        id: "WH-ONX-008",
        slug: "external-data-attribute",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Onnx],
        cwe: [915],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ExternalDataAttribute {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        for data in &facts.external {
            for key in &data.foreign {
                cx.report(format!(
                    "the external data of the tensor {} sets {}, which is no key of the format",
                    quote(&data.tensor),
                    quote(key)
                ))
                .at(data.region)
                .key(format!("{}.{key}", data.tensor))
                .emit();
            }
        }
    }
}

#[cfg(test)]
use weighhouse_formats::build::onnx::{Graph, Model, external};

crate::samples! {
    ExternalDataAttribute,
    bad: {
        "the class of the loader's object" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[
            ("location", "w.data"), ("__class__", "x"),
        ]))).build())],
    },
    ok: {
        "keys of the format" => [("model.onnx", Model::of(Graph::new().tensor(external("w", &[
            ("location", "w.data"), ("offset", "0"), ("length", "8"),
        ]))).build())],
    },
}
