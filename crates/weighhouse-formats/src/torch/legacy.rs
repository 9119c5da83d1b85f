//! The legacy form: stacked pickles, then raw storages in the same file. The pickle parser walks it; here it is related.

use super::zip::{pickle, rebuilds_only};
use super::{TorchFacts, TorchForm, declared};
use crate::format::Format;
use crate::node::{Candidate, Facts, Node, Reading, Strength};
use crate::region::{Claims, Region};

/// Adds the reading if the pickles of a file form a legacy checkpoint.
pub(super) fn relate(node: &mut Node) {
    let Some(facts) = pickle(node) else { return };
    let Some(legacy) = &facts.legacy else { return };
    let mut faults = Vec::new();
    let (mut storages, mut complete) = declared(facts, &mut faults);
    let mut orphans = Vec::new();
    for storage in &mut storages {
        let found = legacy.storages.iter().find(|found| found.key == storage.key);
        complete &= found.is_some_and(|found| found.elements == storage.declared_elements);
        let numbers = found.map(|found| Region::new(found.region.start.saturating_add(8), found.region.end));
        storage.found = numbers;
        storage.found_len = numbers.map(Region::len);
    }
    for key in &legacy.keys {
        if !storages.iter().any(|storage| storage.key == *key) {
            orphans.push(key.clone());
        }
    }
    let tensors_only = complete && rebuilds_only(facts);
    let facts = TorchFacts {
        form: TorchForm::Legacy,
        root: String::new(),
        records: Vec::new(),
        storages,
        orphans,
        script: false,
        tensors_only,
    };
    if !node.candidates.iter().any(|candidate| candidate.format == Format::TorchLegacy) {
        node.candidates.insert(
            0,
            Candidate {
                format: Format::TorchLegacy,
                strength: Strength::Certain,
                evidence: "magic number of the legacy PyTorch form",
            },
        );
    }
    node.readings.push(Reading {
        format: Format::TorchLegacy,
        facts: Facts::Torch(Box::new(facts)),
        claims: Claims::new(),
        irregularities: faults,
    });
}
