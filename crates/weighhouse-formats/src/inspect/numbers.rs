//! Storages and tensors that their parent declares as such: what their numbers happen to look like means nothing.

use crate::format::Format;
use crate::node::{Candidate, Facts, Fault, GapReason, Node, Reading, Strength};
use crate::pickle::Ending;

/// Explains a child as what its parent says it is: numbers. What they look like is forgotten unless it does something.
pub(crate) fn explain(child: &mut Node, evidence: &'static str) {
    if is_idle(child) {
        child.readings.clear();
        child.children.clear();
        child.unexplained.clear();
        child.gaps.retain(|gap| !matches!(gap.reason, GapReason::UnknownFormat | GapReason::Damaged));
        child.candidates =
            vec![Candidate { format: Format::TensorData, strength: Strength::Certain, evidence }];
    }
}

/// Whether nothing that was read in a node, or in what came out of it, does anything.
fn is_idle(node: &Node) -> bool {
    let opaque = node.gaps.iter().any(|gap| gap.reason == GapReason::NotInspected);
    !opaque && node.readings.iter().all(does_nothing) && node.children.iter().all(is_idle)
}

fn does_nothing(reading: &Reading) -> bool {
    match &reading.facts {
        // A stream that breaks is one by chance, unless it had named or called something before.
        Facts::Pickle(facts) => {
            let ends = facts.streams.iter().any(|stream| stream.ending == Ending::Stop);
            let vague = !facts.unresolved.is_empty() || !facts.extensions.is_empty();
            facts.globals.is_empty() && facts.calls.is_empty() && !(vague && ends)
        }
        // A few small numbers are text by chance; control characters among them mean nothing.
        Facts::Text(facts) => facts.secrets.is_empty() && facts.addresses.is_empty(),
        _ => reading.irregularities.iter().any(|fault| {
            matches!(fault.kind, Fault::Malformed | Fault::Impossible | Fault::Truncated | Fault::Checksum)
        }),
    }
}
