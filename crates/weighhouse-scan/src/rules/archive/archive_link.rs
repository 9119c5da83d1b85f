use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// An archive holds a link or a special file.
    ///
    /// # What it detects
    ///
    /// Symbolic and hard links, devices and named pipes as members of tar and zip archives.
    ///
    /// # Why it matters
    ///
    /// A link that is unpacked first redirects members that are written after it; a device or pipe makes a reader hang or
    /// read something else than the model.
    ///
    /// # Example
    ///
    /// A symbolic link `weights -> /etc` followed by a member `weights/cron.d/job`.
    ///
    /// # What to do
    ///
    /// Unpack only with tools that refuse links out of the folder; better, ask for an archive without links.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/59.html>
    pub(crate) ArchiveLink {
        id: "WH-ARC-003",
        slug: "archive-link",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [59],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ArchiveLink {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node).filter(|fault| matches!(fault.kind, Fault::Link)) {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

// Samples: `tests/it/hostile/containers.rs` covers this rule with archives of every kind.
