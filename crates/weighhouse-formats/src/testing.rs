//! What tests of containers ask about a node.

use crate::format::Format;
use crate::node::{Fault, Node};

/// The faults of a node and of the members it could not open.
pub(crate) fn faults(node: &Node) -> Vec<(Fault, String)> {
    let own = node.readings.iter().flat_map(|reading| &reading.irregularities);
    let below = node.children.iter().flat_map(|child| &child.faults);
    own.chain(below).map(|fault| (fault.kind, fault.detail.clone())).collect()
}

/// The names of its members.
pub(crate) fn names(node: &Node) -> Vec<&str> {
    node.children.iter().map(|child| child.name.as_str()).collect()
}

/// Checks that a node of this format is explained to the last byte and raises nothing.
#[track_caller]
pub(crate) fn silent(node: Node, format: Format) -> Node {
    assert_eq!(node.candidates[0].format, format);
    assert_eq!(faults(&node), [], "{:?}", names(&node));
    assert_eq!(node.unexplained, []);
    assert_eq!(node.gaps, []);
    node
}

/// Checks that a node has a fault of this kind.
#[track_caller]
pub(crate) fn seen(node: Node, kind: Fault) -> Node {
    assert!(faults(&node).iter().any(|(found, _)| *found == kind), "no {kind:?} in {:?}", faults(&node));
    node
}

/// A file below `tests/fixtures/`.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path)).unwrap()
}
