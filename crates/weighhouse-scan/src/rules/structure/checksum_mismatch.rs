use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// Content does not match the checksum that its container declares for it.
    ///
    /// # What it detects
    ///
    /// CRC-32 of archive members, checksums of compressed streams and of picture chunks.
    ///
    /// # Why it matters
    ///
    /// The content was damaged or changed after it was written. Some loaders check and refuse, others (PyTorch among them) do
    /// not look: a scanner that stops at a wrong checksum misses what they load.
    ///
    /// # Example
    ///
    /// A member `archive/data.pkl` whose bytes were edited in place.
    ///
    /// # What to do
    ///
    /// Download it again; if the checksum is still wrong, the publisher's file was altered.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/354.html>
    pub(crate) ChecksumMismatch {
        id: "WH-FMT-005",
        slug: "checksum-mismatch",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [354],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ChecksumMismatch {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node).filter(|fault| matches!(fault.kind, Fault::Checksum)) {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

// Samples: the archive builders' tests hold wrong checksums; `tests/it/hostile/containers.rs` covers this rule.
