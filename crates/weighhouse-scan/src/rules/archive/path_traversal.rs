use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// A member's name leads out of the folder it would be unpacked to.
    ///
    /// # What it detects
    ///
    /// Members of archives with absolute names, drive letters, `..` parts, or control characters that cut a name short.
    ///
    /// # Why it matters
    ///
    /// Unpacked by a careless loader, the member overwrites files elsewhere: start-up files, keys, installed packages.
    ///
    /// # Example
    ///
    /// `../../.ssh/authorized_keys` in a tar archive.
    ///
    /// # What to do
    ///
    /// Do not unpack it. No tool writes such names by accident.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/22.html>
    pub(crate) PathTraversal {
        id: "WH-ARC-002",
        slug: "path-traversal",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [22],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for PathTraversal {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node).filter(|fault| matches!(fault.kind, Fault::Traversal)) {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

// Samples: `tests/it/hostile/containers.rs` covers this rule with archives of every kind.
