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
        for import in &facts.imports {
            cx.report(format!(
                "every start of Python imports {} and runs what follows",
                quote(&import.module)
            ))
            .at(import.region)
            .key(&import.module)
            .emit();
        }
    }
}

crate::samples! {
    ExecutedPathConfiguration,
    bad: {
        "an import line" => [("zz.pth", b"import os; os.system('id')\n".to_vec())],
    },
    ok: {
        "paths only" => [("zz.pth", b"/opt/packages\n../lib\n".to_vec())],
    },
}
