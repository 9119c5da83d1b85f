use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// Two parts of a file say different things, so that two readers see two different files.
    ///
    /// # What it detects
    ///
    /// Local against central zip headers, declared against real sizes, the same name or key twice, structures that share
    /// bytes they must not share.
    ///
    /// # Why it matters
    ///
    /// What is inspected must be what is loaded. Where a file can be read in two ways, an attacker shows one to the scanner
    /// and the other to the loader. Every reading is inspected, and the disagreement is reported in itself.
    ///
    /// # Example
    ///
    /// A zip archive whose local header calls a member `data.pkl` and whose central directory calls it `notes.txt`.
    ///
    /// # What to do
    ///
    /// Do not use the file. Honest writers do not produce contradictions.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/436.html>
    pub(crate) SelfContradiction {
        id: "WH-FMT-004",
        slug: "self-contradiction",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [],
        cwe: [436, 694],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for SelfContradiction {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node)
            .filter(|fault| matches!(fault.kind, Fault::Contradiction | Fault::Duplicate | Fault::Overlap))
        {
            cx.report(printable_within(&fault.detail, 200)).at(fault.region).key(&fault.detail).emit();
        }
    }
}

crate::samples! {
    SelfContradiction,
    bad: {
        "a safetensors header with a name twice" => [("model.safetensors", {
            let entry = r#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
            let header = format!("{{{entry},{entry}}}");
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend_from_slice(header.as_bytes());
            bytes.push(7);
            bytes
        })],
    },
    ok: {
        "a safetensors header that agrees with itself" => [("model.safetensors", {
            let header = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend_from_slice(header.as_bytes());
            bytes.push(7);
            bytes
        })],
    },
}
