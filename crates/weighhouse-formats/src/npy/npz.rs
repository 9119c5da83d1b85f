//! A zip whose members are all arrays: what `numpy.savez` writes.

use crate::format::Format;
use crate::node::{Candidate, Facts, Node, Strength};

/// Names a zip of arrays for what it is. Its members are inspected as arrays whatever it is called.
pub(crate) fn relate(node: &mut Node) {
    let zip = node.readings.iter().any(|reading| matches!(reading.facts, Facts::Zip(_)));
    let array = |child: &Node| {
        std::path::Path::new(&child.name).extension().is_some_and(|ending| ending == "npy")
            && child.candidates.iter().any(|candidate| candidate.format == Format::Npy)
    };
    if zip && !node.children.is_empty() && node.children.iter().all(array) {
        let evidence = "a zip whose members are all arrays";
        node.candidates.insert(0, Candidate { format: Format::Npz, strength: Strength::Certain, evidence });
    }
}
