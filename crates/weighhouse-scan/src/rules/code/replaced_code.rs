use weighhouse_core::Severity;
use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::when;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Python code replaces functions of other packages.
    ///
    /// # What it detects
    ///
    /// Assignments of functions and classes to attributes of modules from outside the file, and changes of the import system
    /// (`sys.modules`, `sys.meta_path`, `builtins`).
    ///
    /// # Why it matters
    ///
    /// Whatever the process does afterwards goes through the replacement: a patched `torch.load` sees every model, a patched `open` every
    /// file.
    ///
    /// # Example
    ///
    /// `torch.load = my_load`
    ///
    /// # What to do
    ///
    /// Ask why. A patch of one framework function for compatibility can be waived; one of the interpreter cannot.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) ReplacedCode {
        id: "WH-COD-005",
        slug: "replaced-code",
        since: "0.1.0",
        severity: Medium,
        confidence: Medium,
        formats: [Python, Notebook],
        cwe: [94, 506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ReplacedCode {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        for write in facts.writes.iter().filter(|write| write.callable || is_import_system(&write.target)) {
            let root = write.target.split(['.', '[']).next().unwrap_or_default();
            let core = matches!(
                root,
                "builtins"
                    | "sys"
                    | "os"
                    | "importlib"
                    | "pickle"
                    | "subprocess"
                    | "ssl"
                    | "socket"
                    | "io"
                    | "hashlib"
            ) || matches!(write.target.as_str(), "torch.load" | "torch.serialization.load");
            let severity = match (core, write.scope == Scope::Import) {
                (true, true) => Severity::High,
                (true, false) | (false, true) => Severity::Medium,
                (false, false) => Severity::Low,
            };
            cx.report(format!("{} is replaced, {}", quote(&write.target), when(&write.scope)))
                .severity(severity)
                .at(write.region)
                .line(write.line)
                .key(&write.target)
                .emit();
        }
    }
}

/// What every import of the process goes through. `sys.path` is left out: scripts add their own folder to it.
fn is_import_system(target: &str) -> bool {
    ["sys.modules", "sys.meta_path", "sys.path_hooks", "builtins."]
        .iter()
        .any(|system| target.starts_with(system))
}

crate::samples! {
    ReplacedCode,
    bad: {
        "torch.load is replaced" => [("modeling_x.py", b"import torch\ndef evil(*a, **k): return None\ntorch.load = evil\n".to_vec())],
        "a module is replaced" => [("modeling_x.py", b"import sys\nclass Fake: pass\nsys.modules['os'] = Fake\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
