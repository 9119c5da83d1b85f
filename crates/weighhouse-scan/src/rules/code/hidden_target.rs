use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;
use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{Role, is_called_by_loaders, role, when};
use crate::rule::{Context, Rule};

crate::rule! {
    /// Python code hides what it imports, calls or executes.
    ///
    /// # What it detects
    ///
    /// Imports and attributes of computed names on modules, `exec` and `eval` of computed values, walks over the subclasses of
    /// `object`, access to the globals of functions, replaced bytecode, source in an encoding that hides it.
    ///
    /// # Why it matters
    ///
    /// Honest code has no reason to hide the name of what it calls from a reader. Attributes of its own objects by name
    /// (`getattr(self, name)`) are ordinary and not reported.
    ///
    /// # Example
    ///
    /// `getattr(os, ''.join(parts))(command)`
    ///
    /// # What to do
    ///
    /// Read the code. If it cannot be said what is called, do not use it.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/transformers/custom_models>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) HiddenTarget {
        id: "WH-COD-003",
        slug: "hidden-target",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Python, Notebook],
        cwe: [94, 506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for HiddenTarget {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        let role = role(cx.name(), cx.node());
        for dynamic in &facts.dynamic {
            let role = if is_called_by_loaders(&dynamic.scope) { Role::Model } else { role };
            let severity = match (&dynamic.scope, role) {
                // `exec(open('version.py').read())` is how installers read a version.
                _ if dynamic.what.contains("content of a module") => Severity::Low,
                // Training scripts read their settings like this; a file that a loader imports has no such habit.
                (Scope::Import, Role::Script) if dynamic.what.contains("content of a file") => {
                    Severity::Medium
                }
                (_, Role::Script) if dynamic.what.contains("content of a file") => Severity::Low,
                // Lazy imports and plug-ins look like this; what is then called is reported for itself.
                (_, Role::Loaded | Role::Script) if dynamic.what.starts_with("import of") => Severity::Low,
                (_, Role::Model) if dynamic.what.starts_with("import of") => Severity::Medium,
                (Scope::Import, _) => Severity::High,
                // A model computes: it has nothing to execute. Expressions of its configuration are sloppy, but real.
                (_, Role::Model) if dynamic.what.starts_with("exec") || is_handler(cx.name()) => {
                    Severity::High
                }
                (_, Role::Model | Role::Loaded) if dynamic.what.starts_with("a walk") => Severity::High,
                (_, Role::Model | Role::Loaded) => Severity::Medium,
                (_, Role::Script) => Severity::Low,
            };
            cx.report(format!("{}, {}", printable_within(&dynamic.what, 160), when(&dynamic.scope)))
                .severity(severity)
                .at(dynamic.region)
                .line(dynamic.line)
                .key(&dynamic.what)
                .emit();
        }
    }
}

/// Whether a file answers requests, so that what it evaluates comes from outside.
fn is_handler(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|file| file.starts_with("handler"))
}

crate::samples! {
    HiddenTarget,
    bad: {
        "a computed attribute of a module" => [("modeling_x.py", b"import os, sys\ngetattr(os, sys.argv[1])('id')\n".to_vec())],
        "code from the network" => [("modeling_x.py", b"import sys\nexec(sys.stdin.read())\n".to_vec())],
    },
    ok: {
        "an ordinary model" => [("modeling_x.py", super::super::acts::ORDINARY.as_bytes().to_vec())],
    },
}
