//! What MXNet wrote, and what it would not.

use std::sync::Arc;

use crate::bounded::{Budget, Limits};
use crate::data::DataFacts;
use crate::graph::GraphFacts;
use crate::node::{Facts, Node};
use crate::source::Memory;

fn inspect(name: &str, bytes: &[u8]) -> Node {
    let budget = Budget::new(Arc::new(Limits::default()));
    crate::inspect::inspect(name, &Memory::shared(bytes.to_vec()), &budget)
}

fn arrays(node: &Node) -> &DataFacts {
    let facts = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Data(facts) => Some(facts),
        _ => None,
    });
    facts.expect("arrays")
}

fn graph(node: &Node) -> &GraphFacts {
    node.readings.iter().find_map(|reading| reading.facts.graph()).expect("a graph")
}

const NETWORK: &[u8] = include_bytes!("../../tests/fixtures/mxnet/network-0001.params");
const SPARSE: &[u8] = include_bytes!("../../tests/fixtures/mxnet/sparse.params");
const KINDS: &[u8] = include_bytes!("../../tests/fixtures/mxnet/kinds.params");
const LIST: &[u8] = include_bytes!("../../tests/fixtures/mxnet/list.params");
const SYMBOL: &[u8] = include_bytes!("../../tests/fixtures/mxnet/network-symbol.json");

#[test]
fn arrays_are_read_as_mxnet_wrote_them() {
    let shapes = |bytes: &[u8]| -> Vec<(String, String, Vec<u64>)> {
        let node = inspect("x.params", bytes);
        assert!(node.gaps.is_empty() && node.unexplained.is_empty(), "{node:#?}");
        let tensors = arrays(&node).tensors.iter();
        tensors.map(|tensor| (tensor.name.clone(), tensor.dtype.clone(), tensor.shape.clone())).collect()
    };
    let network = shapes(NETWORK);
    assert_eq!(network.len(), 6);
    assert!(
        network.contains(&("arg:fc1_weight".to_owned(), "float32".to_owned(), vec![3, 4])),
        "{network:?}"
    );
    let sparse = shapes(SPARSE);
    assert_eq!(sparse[0].2, [4, 2]);
    assert_eq!(sparse[1].2, [2, 2]);
    assert_eq!(shapes(LIST).iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["", ""]);
    for (name, dtype, _) in shapes(KINDS) {
        assert_eq!(name, dtype);
    }
}

#[test]
fn arrays_that_are_cut_or_too_large_are_never_clean() {
    for file in [NETWORK, SPARSE, KINDS, LIST] {
        for cut in 0..file.len() {
            let node = inspect("x.params", &file[..cut]);
            let empty = cut == 0;
            assert!(empty || !node.gaps.is_empty() || !node.unexplained.is_empty(), "cut at {cut}");
        }
    }
    let mut huge = NETWORK.to_vec();
    huge[36..44].copy_from_slice(&(1_u64 << 62).to_le_bytes());
    let node = inspect("x.params", &huge);
    assert!(!node.readings[0].irregularities.is_empty());
    let tail = inspect("x.params", &[NETWORK, b"more"].concat());
    assert_eq!(tail.unexplained.len(), 1);
}

#[test]
fn graphs_tell_their_operators_and_their_code() {
    let node = inspect("network-symbol.json", SYMBOL);
    let names: Vec<_> = graph(&node).operators.iter().map(|operator| operator.name.as_str()).collect();
    assert_eq!(names, ["Activation", "BatchNorm", "FullyConnected", "SoftmaxOutput"]);
    assert!(graph(&node).code.is_empty() && node.gaps.is_empty());
    let custom = br#"{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "_foreach", "name": "l", "inputs": [[0, 0, 0]], "subgraphs": [{"nodes": [{"op": "Custom", "name": "c", "attrs": {"op_type": "mine"}, "inputs": []}], "heads": []}]}], "arg_nodes": [0], "heads": [[1, 0, 0]]}"#;
    let node = inspect("x.json", custom);
    assert_eq!(graph(&node).code[0].name, "mine");
    assert!(graph(&node).operators.iter().any(|operator| operator.name == "Custom"));
}
