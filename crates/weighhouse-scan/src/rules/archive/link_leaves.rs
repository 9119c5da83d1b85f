use weighhouse_core::printable::printable;
use weighhouse_core::{Finding, Fingerprint, Location, Severity};

use crate::rule::{Described, Rule};
use crate::source::{Obstacle, ObstacleKind};

crate::rule! {
    /// A file of the artifact is a link to a file outside it.
    ///
    /// # What it detects
    ///
    /// Symbolic links in a folder target that lead outside the folder; high where they lead to files of the system or to keys. The snapshot links of a Hub cache, which lead to
    /// the cache's own blobs, are ordinary and not reported.
    ///
    /// # Why it matters
    ///
    /// What a loader reads through the link is not part of the model: it can change without the model changing, and a
    /// downloaded link can point at private files of the machine it is unpacked on.
    ///
    /// # Example
    ///
    /// `tokenizer.json -> /home/ann/.ssh/id_ed25519`
    ///
    /// # What to do
    ///
    /// Replace the link by the file it should be, or remove it.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/59.html>
    pub(crate) LinkLeaves {
        id: "WH-ARC-001",
        slug: "link-leaves-artifact",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [],
        cwe: [59],
        owasp: ["LLM03"],
        atlas: [],
    }
}

impl Rule for LinkLeaves {}

/// The finding for a link found while listing files.
pub(crate) fn finding(link: &Obstacle) -> Finding {
    let meta = LinkLeaves.meta();
    let location = Location::file(link.path.clone());
    Finding {
        rule: meta,
        severity: if link.kind == ObstacleKind::LinkToSystem { Severity::High } else { meta.severity },
        confidence: meta.confidence,
        headline: printable(&link.detail),
        fingerprint: Fingerprint::new(meta.id, &location, Some(&link.detail)),
        location,
        evidence: None,
        remediation: meta.section("What to do").unwrap_or_default(),
        waived: None,
    }
}

// Samples: links exist only on disk; `tests/it/targets.rs` covers this rule.
