use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;
use weighhouse_formats::python::{PythonFacts, Scope};

use super::acts::{Role, role, when};
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
            let severity = match (&dynamic.scope, role) {
                // `exec(open('version.py').read())` is how installers read a version.
                _ if dynamic.what.contains("content of a file") => Severity::Low,
                // Lazy imports and plug-ins look like this; what is then called is reported for itself.
                (Scope::Import, _) if dynamic.what.starts_with("import of") => Severity::Medium,
                (Scope::Import, _) => Severity::High,
                (_, Role::Loaded) => Severity::Medium,
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
