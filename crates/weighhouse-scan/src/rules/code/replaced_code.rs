use weighhouse_core::Severity;
use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{Role, role, when};
use crate::knowledge::is_importable;
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
        let replaces = |target: &str, callable| callable && !is_variable(target) || is_import_system(target);
        for write in facts.writes.iter().filter(|write| replaces(&write.target, write.callable)) {
            let severity = match (weight(&write.target, write.callable), write.scope == Scope::Import) {
                (Weight::Heavy, true) => Severity::High,
                (Weight::Heavy, false) => Severity::Medium,
                (Weight::Light, true) if role(cx.name(), cx.node()) == Role::Model => Severity::Medium,
                (Weight::Light, _) => Severity::Low,
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

/// Variables of the environment hold text, whatever function returned it.
fn is_variable(target: &str) -> bool {
    target.starts_with("os.environ[")
}

/// What every import of the process goes through. `sys.path` is left out: scripts add their own folder to it.
fn is_import_system(target: &str) -> bool {
    ["sys.modules", "sys.meta_path", "sys.path_hooks", "builtins."]
        .iter()
        .any(|system| target.starts_with(system))
}

/// How much hangs on what is replaced.
#[derive(Clone, Copy)]
enum Weight {
    /// The interpreter, what guards it, or what reads models.
    Heavy,
    /// A function of some package, patched for compatibility nearly always.
    Light,
}

fn weight(target: &str, callable: bool) -> Weight {
    const CORE: &[&str] =
        &["os", "importlib", "pickle", "subprocess", "ssl", "socket", "io", "hashlib", "builtins"];
    let root = target.split(['.', '[']).next().unwrap_or_default();
    // A stand-in for a module that is not installed is common; one for a module that is known takes its place.
    let stand_in = target
        .strip_prefix("sys.modules['")
        .and_then(|rest| rest.split('\'').next())
        .map(|module| is_importable(module.split('.').next().unwrap_or(module)));
    let heavy = match stand_in {
        Some(known) => known,
        None => {
            callable && CORE.contains(&root)
                || ["sys.meta_path", "sys.path_hooks"].iter().any(|system| target.starts_with(system))
                || matches!(target, "torch.load" | "torch.serialization.load")
        }
    };
    if heavy { Weight::Heavy } else { Weight::Light }
}

crate::samples! {
    ReplacedCode,
    bad: {
        "torch.load is replaced" => [("modeling_x.py", b"import torch\ndef evil(*a, **k): return None\ntorch.load = evil\n".to_vec())],
        "a module is replaced" => [("modeling_x.py", b"import sys\nclass Fake: pass\nsys.modules['os'] = Fake\n".to_vec())],
    },
    ok: {
        "a variable of the environment" => [("layers.py", b"import os\ndef find(): return '/opt'\nos.environ['CUDA_ROOT'] = find()\n".to_vec())],
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
