use weighhouse_core::Severity;
use weighhouse_core::printable::printable_within;
use weighhouse_formats::node::{Fault, Node};

use crate::rule::{Context, Rule, faults};

crate::rule! {
    /// A file breaks the grammar of its own format, or ends too early.
    ///
    /// # What it detects
    ///
    /// Truncated files, broken headers, impossible lengths and counts: everything a parser had to stop at or step over.
    ///
    /// # Why it matters
    ///
    /// A loader runs what stands before the break. Breaking a file on purpose makes scanners give up that treat an error as
    /// the end of their work; here what was read before and after the break is judged, and the break itself is reported.
    /// What no damage by chance leaves behind is high: negative places, counts beyond any file, an alignment that readers
    /// divide by, a call in the header of an array, which old readers evaluate, a tensor that reaches beyond its storage.
    ///
    /// # Example
    ///
    /// A pickle whose stream is cut after the opcode that calls `os.system`.
    ///
    /// # What to do
    ///
    /// Download it again and compare digests. If the file is broken at its source, do not use it.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/1286.html>
    /// - <https://atlas.mitre.org/techniques/AML.T0010>
    pub(crate) MalformedStructure {
        id: "WH-FMT-003",
        slug: "malformed-structure",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [1286],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for MalformedStructure {
    fn node(&self, node: &Node, cx: &mut Context<'_>) {
        for fault in faults(node) {
            let severity = match fault.kind {
                Fault::Truncated | Fault::Malformed | Fault::Trailing => Severity::Medium,
                Fault::Impossible => Severity::High,
                _ => continue,
            };
            let report = cx.report(printable_within(&fault.detail, 200)).severity(severity);
            report.at(fault.region).key(&fault.detail).emit();
        }
    }
}

crate::samples! {
    MalformedStructure,
    bad: {
        "a safetensors file cut in its header" => [("model.safetensors", {
            let mut bytes = 64_u64.to_le_bytes().to_vec();
            bytes.extend_from_slice(b"{\"a\":{\"dtype\":\"F32\"");
            bytes
        })],
        "a safetensors file with a tensor before its data" => [("model.safetensors", {
            let header = b"{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[-8,0]}}";
            [&(header.len() as u64).to_le_bytes(), header.as_slice(), &[0; 8]].concat()
        })],
    },
    ok: {
        "a whole pickle" => [("model.pkl", b"\x80\x04}.".to_vec())],
    },
}
