use weighhouse_core::printable::printable_within;
use weighhouse_core::{CoverageGap, Finding, Fingerprint, RuleMeta, Severity};

use crate::rule::{Described, Rule};

crate::rule! {
    /// Something in the artifact was not looked at.
    ///
    /// # What it detects
    ///
    /// Every coverage gap: a file or member in a format that is not known or not read, encrypted or damaged content, a
    /// file that could not be opened, and everything beyond a limit (members, depth, unpacked bytes, steps).
    ///
    /// # Why it matters
    ///
    /// A result is only as good as what it rests on. An attacker who can make a scanner skip a file has won; so what was
    /// skipped is said, and an inspection with gaps never passes by itself.
    ///
    /// # Example
    ///
    /// `weights.enc` holds random-looking bytes: no known format explains them.
    ///
    /// # What to do
    ///
    /// Get the artifact in a format that can be inspected, raise the limit that was hit in `weighhouse.toml`, or record a
    /// waiver with an owner and an expiry date for content you know.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/1059.html>
    pub(crate) NotInspected {
        id: "WH-INP-001",
        slug: "not-inspected",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [1059],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for NotInspected {}

/// The finding that stands for a gap. The engine makes it, because gaps also arise where no parser ever ran; its key is
/// the gap's reason, by which a waiver for the finding accepts the gap.
pub(crate) fn finding(gap: &CoverageGap) -> Finding {
    let meta = NotInspected.meta();
    let mut location = gap.location.clone();
    location.key = Some(gap.reason.to_owned());
    Finding {
        rule: meta,
        severity: if gap.reason == "internal" { Severity::High } else { meta.severity },
        confidence: meta.confidence,
        headline: format!("not inspected: {}", printable_within(&gap.detail, 200)),
        fingerprint: Fingerprint::new(meta.id, &location, None),
        location,
        evidence: None,
        remediation: remedy(gap.reason).map_or_else(|| usual(meta), str::to_owned),
        waived: None,
    }
}

/// What helps against gaps that no other format and no waiver would close.
fn remedy(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "unreadable" | "broken-link" | "linked-folder" | "special-file" => {
            "Make everything readable from here: permissions, a complete download, files in place of links and pipes. \
             Then vet again."
        }
        "not-downloaded" => "Download the missing files, without `--offline`, and vet again.",
        "changed" | "cancelled" => "Vet again, to the end, while nothing writes to the files.",
        "internal" => "Report this as a bug of Weighhouse, with the file if you may share it.",
        _ => return None,
    })
}

fn usual(meta: &RuleMeta) -> String {
    let section = meta.section("What to do").unwrap_or_default();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

crate::samples! {
    NotInspected,
    bad: {
        "bytes of no known format" => [("weights.enc", (0..997_u32).map(|i| (i * i % 251) as u8 ^ 0xa5).collect::<Vec<u8>>())],
    },
    ok: {
        "an empty file" => [("empty.txt", Vec::new())],
        "plain text" => [("README.md", b"# A model\n\nIt classifies sentences.\n".to_vec())],
    },
}
