use std::collections::BTreeSet;

use weighhouse_formats::format::Family;
use weighhouse_formats::node::{Node, Strength};

use crate::rule::{Context, Rule};

crate::rule! {
    /// A file is valid in more than one format at once.
    ///
    /// # What it detects
    ///
    /// Files whose content certainly has two or more formats that are not built on one another: a pickle that is also a zip
    /// archive, a picture that is also a script. Each reading is inspected.
    ///
    /// # Why it matters
    ///
    /// Which one is loaded depends on the loader. The harmless reading is shown to scanners, the other one runs.
    ///
    /// # Example
    ///
    /// A file that begins with a pickle stream and ends with a zip directory.
    ///
    /// # What to do
    ///
    /// Do not use the file; it was made to be two things.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/436.html>
    pub(crate) Polyglot {
        id: "WH-FMT-007",
        slug: "polyglot",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [436],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for Polyglot {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        let certain: BTreeSet<&str> = node
            .candidates
            .iter()
            .filter(|candidate| candidate.strength == Strength::Certain)
            .filter(|candidate| candidate.format.family() != Family::Text)
            .map(|candidate| candidate.format.base().name())
            .collect();
        if certain.len() > 1 {
            let names = certain.into_iter().collect::<Vec<_>>().join(" and ");
            cx.report(format!("the content is valid as {names} at once")).key(&names).emit();
        }
    }
}

// Samples: `tests/it/hostile/polyglots.rs` covers this rule with pairs of formats.
