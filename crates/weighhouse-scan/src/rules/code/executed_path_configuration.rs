use weighhouse_core::Severity;
use weighhouse_formats::format::Format;
use weighhouse_formats::python::PythonFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A `.pth` file runs code whenever Python starts.
    ///
    /// # What it detects
    ///
    /// Lines of path-configuration files that begin with `import`: Python's `site` module executes them at every start.
    ///
    /// # Why it matters
    ///
    /// Copied to a `site-packages` folder, the file makes every Python program on the machine run its line.
    ///
    /// # Example
    ///
    /// `import os; os.system('id')` in `zz.pth`.
    ///
    /// # What to do
    ///
    /// Delete the file. Models do not need it.
    ///
    /// # References
    ///
    /// - <https://docs.python.org/3/library/site.html>
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) ExecutedPathConfiguration {
        id: "WH-COD-006",
        slug: "executed-path-configuration",
        since: "0.1.0",
        severity: Critical,
        confidence: High,
        formats: [PathConfiguration],
        cwe: [506],
        owasp: ["LLM03", "LLM04"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ExecutedPathConfiguration {
    fn python(&self, facts: &PythonFacts, cx: &mut Context<'_>) {
        let path_configuration = cx.node().is_some_and(|node| {
            node.readings.iter().any(|reading| reading.format == Format::PathConfiguration)
        });
        if !path_configuration {
            return;
        }
        let known = is_known(facts);
        let mut seen: Vec<&str> = Vec::new();
        for import in &facts.imports {
            if seen.contains(&import.module.as_str()) {
                continue;
            }
            seen.push(&import.module);
            cx.report(format!(
                "every start of Python imports {} and runs what follows",
                quote(&import.module)
            ))
            .severity(if known { Severity::Low } else { Severity::Critical })
            .at(import.region)
            .key(&import.module)
            .emit();
        }
    }
}

/// Lines that packaging tools put into every environment: they import the tool's own module, which is judged as code where it
/// lies, and do nothing that acts.
fn is_known(facts: &PythonFacts) -> bool {
    const TOOLS: &[&str] = &["_distutils_hack", "_virtualenv"];
    let tools =
        facts.imports.iter().all(|import| import.module == "os" || TOOLS.contains(&import.module.as_str()));
    let harmless = |callee: &str| {
        matches!(callee, "os.environ.get" | "builtins.__import__")
            || TOOLS.iter().any(|tool| callee.starts_with(tool))
    };
    tools
        && facts.syntax_errors.is_empty()
        && facts.calls.iter().all(|call| harmless(&call.callee))
        && facts.dynamic.is_empty()
        && facts.writes.is_empty()
}

crate::samples! {
    ExecutedPathConfiguration,
    bad: {
        "a line that imports the module of a tool and acts" => [("distutils-precedence.pth", b"import os; __import__('_distutils_hack').add_shim(); os.system('id')\n".to_vec())],
        "an import of any other module" => [("zz.pth", b"import helper\n".to_vec())],
        "an import line" => [("zz.pth", b"import os; os.system('id')\n".to_vec())],
    },
    ok: {
        "paths only" => [("zz.pth", b"/opt/packages\n../lib\n".to_vec())],
    },
}
