use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::graph::{CodeKind, GraphFacts};

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A model's graph needs code that is not in it.
    ///
    /// # What it detects
    ///
    /// Python modules and functions, native libraries, and sources of kernels that a graph names and its loader imports, opens or
    /// compiles; and classes that the program around the model must bring under a name that the graph gives.
    ///
    /// # Why it matters
    ///
    /// What the model does is what that code does: the graph alone cannot be judged. A loader that follows the name runs whatever
    /// lies there with the rights of the program.
    ///
    /// # Example
    ///
    /// A `Python` layer of a Caffe network with `module: "os"`; a Core ML custom layer with the class `MyLayer`.
    ///
    /// # What to do
    ///
    /// Ask which code is meant, vet it like any other dependency, and waive the finding by its key; or ask for a model of standard
    /// operators only.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    /// - <https://cwe.mitre.org/data/definitions/94.html>
    pub(crate) NamedCode {
        id: "WH-GRA-005",
        slug: "named-code",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Onnx, OrtModel, CoreMl, Tflite, ExecuTorch, Xnnpack, Paddle, Caffe, CaffeSolver, Caffe2, CntkV2, OpenVino, Pmml, SavedModel, MetaGraph, GraphDef, TritonConfig],
        cwe: [94, 829],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

impl Rule for NamedCode {
    fn graph(&self, facts: &GraphFacts, cx: &mut Context<'_>) {
        let mut seen = BTreeSet::new();
        for code in &facts.code {
            let (severity, what) = match code.kind {
                CodeKind::Python => (Severity::Critical, "Python code, which loading imports"),
                CodeKind::Library => (Severity::High, "a native library, which loading opens"),
                CodeKind::Source => (Severity::High, "source code, which loading compiles or runs"),
                CodeKind::Class => (Severity::High, "a class, which loading looks up and runs"),
                CodeKind::Custom => {
                    (Severity::Medium, "a class that the program around the model must bring")
                }
            };
            if seen.insert((what, &code.name)) {
                cx.report(format!("the graph needs {}: {what}", quote(&code.name)))
                    .severity(severity)
                    .at(code.region)
                    .key(&code.name)
                    .emit();
            }
        }
    }
}

// Samples: tests::each_kind_of_code_is_judged_by_how_it_is_reached
#[cfg(test)]
mod tests {
    use weighhouse_formats::graph::CodeReference;
    use weighhouse_formats::region::Region;

    use super::*;
    use crate::knowledge::Judged;
    use crate::rule::Described;

    #[test]
    fn each_kind_of_code_is_judged_by_how_it_is_reached() {
        let code =
            |kind, name: &str| CodeReference { kind, name: name.to_owned(), region: Region::new(0, 1) };
        let facts = GraphFacts {
            code: vec![
                code(CodeKind::Python, "os"),
                code(CodeKind::Python, "os"),
                code(CodeKind::Library, "libx.so"),
                code(CodeKind::Custom, "MyLayer"),
            ],
            ..GraphFacts::default()
        };
        let mut found = Vec::new();
        let judged = Judged::default();
        NamedCode.graph(&facts, &mut Context::new("model", &[], None, &judged, NamedCode.meta(), &mut found));
        let severities: Vec<Severity> = found.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Critical, Severity::High, Severity::Medium]);
    }
}
