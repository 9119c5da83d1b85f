use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// A file uses its format in a legal way that no ordinary writer uses.
    ///
    /// # What it detects
    ///
    /// Odd flags, needless opcodes, text hidden in comments and padding, and the like.
    ///
    /// # Why it matters
    ///
    /// By itself harmless. It tells that the file was made or changed by a special tool, which is worth a look when something
    /// else is found as well.
    ///
    /// # Example
    ///
    /// A zip archive with a comment that holds binary data.
    ///
    /// # What to do
    ///
    /// Ask which tool wrote the file.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/1059.html>
    pub(crate) UnusualStructure {
        id: "WH-FMT-006",
        slug: "unusual-structure",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [],
        cwe: [1059],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for UnusualStructure {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node).filter(|fault| matches!(fault.kind, Fault::Unusual)) {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

// Samples: what is unusual is defined by each parser and tested there; `tests/it/hostile/containers.rs` covers this rule.
