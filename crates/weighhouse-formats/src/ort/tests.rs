//! Tests on assembled models and on what onnxruntime writes: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::flatbuffer::Table;
use crate::build::ort::{file, graph, model, node, tensor};
use crate::build::short::Short;
use crate::graph::GraphFacts;
use crate::inspect::inspect;
use crate::node::{Facts, Fault};
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.ort", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn kinds(table: &Table) -> Vec<Fault> {
    read(&file(table)).reading.irregularities.iter().map(|fault| fault.kind).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/ort/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const MODELS: [&str; 4] = ["branch", "dense", "optimised", "texts"];

#[test]
fn what_onnxruntime_writes_is_explained_without_a_fault() {
    for name in MODELS.map(|name| format!("{name}.ort")) {
        let node = inspect(&name, &Memory::shared(fixture(&name)), &Budget::default());
        let formats: Vec<Format> = node.candidates.iter().map(|candidate| candidate.format).collect();
        assert_eq!(formats, [Format::OrtModel], "{name}");
        assert_eq!(node.gaps, [], "{name}");
        assert_eq!(node.unexplained, [], "{name}");
        let parsed = read(&fixture(&name));
        assert_eq!(parsed.reading.irregularities, [], "{name}");
    }
}

#[test]
fn operators_are_as_the_library_sees_them() {
    let expected = String::from_utf8(fixture("facts.tsv")).unwrap();
    let mut found = Vec::new();
    for name in MODELS {
        let parsed = read(&fixture(&format!("{name}.ort")));
        let used = facts(&parsed).operators.iter();
        found.extend(used.map(|used| format!("{name}\t{}\t{}\t{}", used.domain, used.name, used.count)));
    }
    assert_eq!(found, expected.lines().collect::<Vec<_>>());
}

#[test]
fn tensors_and_metadata_are_as_they_were_written() {
    let parsed = read(&fixture("dense.ort"));
    let dense = facts(&parsed);
    assert_eq!((dense.framework, dense.producer.as_str()), ("ai.onnx", "weighhouse-fixtures"));
    assert!(
        dense
            .tensors
            .iter()
            .any(|t| t.name == "w" && t.dtype == "float" && t.shape == [4, 3] && t.data.len() == 48)
    );
    assert!(dense.metadata.contains(&("author".to_owned(), "somebody".to_owned())));
}

#[test]
fn an_ordinary_model_has_no_fault() {
    let table = model(graph(vec![node("", "Relu", 0)], vec![tensor("w", 1, &[2], &[0; 8])]));
    assert_eq!(kinds(&table), []);
    let bytes = file(&table);
    assert_eq!(read(&bytes).reading.claims.unexplained(bytes.len() as u64), []);
}

#[test]
fn what_an_optimisation_puts_in_place_is_an_operator() {
    let record = Table::new().texts(3, &["com.microsoft:FusedConv:1", ":Relu:14"]);
    let optimisations = Table::new().tables(0, vec![Table::new().tables(1, vec![record])]);
    let table = model(graph(vec![], vec![]).table(8, optimisations));
    let parsed = read(&file(&table));
    let names: Vec<_> =
        facts(&parsed).operators.iter().map(|used| (used.domain.as_str(), used.name.as_str())).collect();
    assert_eq!(names, [("", "Relu"), ("com.microsoft", "FusedConv")]);
}

#[test]
fn lies_are_faults() {
    let with = |tensor: Table| model(graph(vec![node("", "Relu", 0)], vec![tensor]));
    let edge = |number: u64| {
        let edge = Table::new().number(0, number);
        model(graph(vec![node("", "Relu", 0)], vec![]).tables(4, vec![edge]))
    };
    let cases: Vec<(&str, Table, Fault)> = vec![
        ("no graph", Table::new().text(0, "1.0"), Fault::Malformed),
        ("a node beyond the room", model(graph(vec![node("", "Relu", 9)], vec![])), Fault::Contradiction),
        ("an edge beyond the room", edge(77), Fault::Contradiction),
        (
            "an edge into nothing",
            model(graph(vec![], vec![]).tables(4, vec![Table::new().numbers(1, &[5, 0, 0])])),
            Fault::Contradiction,
        ),
        ("room for billions", model(graph(vec![], vec![]).number(3, 4_000_000_000)), Fault::Bomb),
        ("more shape than data", with(tensor("w", 1, &[4, 4], &[0; 8])), Fault::Contradiction),
        ("less shape than data", with(tensor("w", 1, &[1], &[0; 8])), Fault::Contradiction),
        ("a huge tensor", with(tensor("w", 1, &[1 << 40, 1 << 40], &[])), Fault::Bomb),
        ("a negative dimension", with(tensor("w", 1, &[-7], &[])), Fault::Contradiction),
        ("data elsewhere", with(tensor("w", 1, &[2], &[]).number(6, 4096)), Fault::Contradiction),
        ("texts that are missing", with(tensor("w", 8, &[3], &[])), Fault::Contradiction),
    ];
    for (title, table, fault) in cases {
        assert!(kinds(&table).contains(&fault), "{title}: {:?}", kinds(&table));
    }
}

#[test]
fn a_model_that_is_cut_is_never_clean() {
    let whole = fixture("dense.ort");
    for len in (8..whole.len()).step_by(7) {
        assert!(!read(&whole[..len]).reading.irregularities.is_empty(), "{len}");
    }
}

#[test]
fn any_chunking_gives_the_same_facts() {
    let bytes = fixture("branch.ort");
    let whole = format!("{:?}", read(&bytes));
    for most in [1, 3, 17] {
        let parsed = parse(&Short::shared(&bytes, most), "model.ort", &Budget::default());
        assert_eq!(format!("{parsed:?}"), whole, "{most}");
    }
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(place in 8_usize..1400, byte: u8, len in 0_usize..1400) {
        let mut bytes = fixture("branch.ort");
        let place = place.min(bytes.len() - 1);
        bytes[place] = byte;
        bytes.truncate(len.max(8));
        let _ = read(&bytes);
    }
}
