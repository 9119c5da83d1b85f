use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// Content expands out of all proportion to what is there.
    ///
    /// # What it detects
    ///
    /// Members and streams whose unpacked size exceeds the limits on ratio, bytes, members or nesting. Also opcodes of pickles that
    /// make a loader reserve gigabytes for a few bytes, or work for minutes: numbers of the memo far beyond what was stored, lengths
    /// far beyond the file, integers of a hundred thousand digits; containers that hold one another through the memo, so that a few opcodes
    /// stand for millions of elements.
    ///
    /// # Why it matters
    ///
    /// Loading it fills memory or disk, of the loader and of every tool on the way.
    ///
    /// # Example
    ///
    /// A 40 KB member that unpacks to 40 GB of zeros.
    ///
    /// # What to do
    ///
    /// If the size is real (a very sparse array), raise the limit in `weighhouse.toml`; otherwise do not use the file.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/409.html>
    pub(crate) DecompressionBomb {
        id: "WH-ARC-004",
        slug: "decompression-bomb",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [409],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for DecompressionBomb {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node).filter(|fault| matches!(fault.kind, Fault::Bomb)) {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

// Samples: `tests/it/hostile/containers.rs` covers this rule with bombs of several kinds.
