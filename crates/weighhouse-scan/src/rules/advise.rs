//! Advice: what would be better than a finding.

use weighhouse_core::{Advice, Finding, Location, Severity};
use weighhouse_formats::node::{Facts, Node};

/// Suggests conversion of checkpoints that hold only tensors.
pub(super) fn advise(file: &str, node: &Node, findings: &[Finding]) -> Vec<Advice> {
    let dangerous = findings.iter().any(|finding| finding.severity >= Severity::High);
    let tensors_only = node
        .readings
        .iter()
        .any(|reading| matches!(&reading.facts, Facts::Torch(torch) if torch.tensors_only && !torch.storages.is_empty()));
    if dangerous || !tensors_only {
        return Vec::new();
    }
    vec![Advice {
        location: Location::file(file),
        headline: "this checkpoint holds only tensors: as safetensors it could not run code at all"
            .to_owned(),
        command: Some("weighhouse convert".to_owned()),
    }]
}
