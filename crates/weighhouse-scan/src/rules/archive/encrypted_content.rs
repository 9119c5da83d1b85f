use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// Content is encrypted, so that nobody without the key can inspect it.
    ///
    /// # What it detects
    ///
    /// Members that an archive declares encrypted, and that really are.
    ///
    /// # Why it matters
    ///
    /// Encryption hides a payload from every scanner on the way while the victim is told the password. Loaders of models do
    /// not ask for passwords, so there is no good reason for it.
    ///
    /// # Example
    ///
    /// `model.zip` with an encrypted `setup.py`, and the password in the README.
    ///
    /// # What to do
    ///
    /// Ask for the content in the open.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) EncryptedContent {
        id: "WH-ARC-005",
        slug: "encrypted-content",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for EncryptedContent {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node).filter(|fault| matches!(fault.kind, Fault::Encrypted)) {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

// Samples: `tests/it/hostile/containers.rs` covers this rule with encrypted archives.
