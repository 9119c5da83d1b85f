//! Tests on assembled models and on what TensorFlow writes: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::flatbuffer::Table;
use crate::build::short::Short;
use crate::build::tflite::{builtin, custom, file, flex, model, one, operator, tensor};
use crate::graph::GraphFacts;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::Fault;
use crate::region::Region;
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.tflite", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn kinds(table: &Table) -> Vec<Fault> {
    read(&file(table)).reading.irregularities.iter().map(|fault| fault.kind).collect()
}

fn operators(parsed: &Parsed) -> Vec<(&str, &str, u64)> {
    let used = facts(parsed).operators.iter();
    used.map(|used| (used.domain.as_str(), used.name.as_str(), used.count)).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/tflite/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn what_tensorflow_writes_is_explained_without_a_fault() {
    for name in ["dense", "quantized", "loop", "flex", "signatures", "files"] {
        let bytes = fixture(&format!("{name}.tflite"));
        let source = Memory::shared(bytes.clone());
        assert!(identify("x", &source).iter().any(|found| found.format == Format::Tflite), "{name}");
        let parsed = read(&bytes);
        assert_eq!(parsed.reading.irregularities, [], "{name}");
        assert_eq!(parsed.gaps, [], "{name}");
        let node = inspect("model.tflite", &source, &Budget::default());
        assert_eq!(node.unexplained, [], "{name}");
        let formats: Vec<_> = node.candidates.iter().map(|candidate| candidate.format).collect();
        assert_eq!(formats, [Format::Tflite], "{name}");
        let members: Vec<_> = node.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(members.contains(&"labels.txt"), name == "files", "{name}: {members:?}");
    }
}

#[test]
fn operators_and_tensors_are_as_the_library_sees_them() {
    let dense = read(&fixture("dense.tflite"));
    assert_eq!(operators(&dense), [("", "FULLY_CONNECTED", 1), ("", "SOFTMAX", 1)]);
    assert_eq!(facts(&dense).producer, "MLIR Converted.");
    assert!(
        facts(&dense).tensors.iter().any(|t| t.dtype == "float32" && t.shape == [3, 4] && t.data.len() == 48)
    );
    let flex = read(&fixture("flex.tflite"));
    assert_eq!(operators(&flex), [("tensorflow", "AsString", 1)]);
    let metadata = &facts(&read(&fixture("loop.tflite"))).metadata.clone();
    assert!(metadata.iter().any(|(key, value)| key == "min_runtime_version" && !value.is_empty()));
    assert!(operators(&read(&fixture("loop.tflite"))).contains(&("", "WHILE", 1)));
}

#[test]
fn an_operator_of_tensorflow_is_what_its_options_say() {
    let node = |options: &[u8]| one(custom("FlexRelu"), operator().bytes(5, options));
    let parsed = read(&file(&node(&flex("Relu", "PyFunc"))));
    assert_eq!(operators(&parsed), [("tensorflow", "PyFunc", 1), ("tensorflow", "Relu", 1)]);
    assert_eq!(parsed.gaps, []);
    assert_ne!(read(&file(&node(b"no flexbuffer"))).gaps, []);
    assert_ne!(read(&file(&one(custom("FlexRelu"), operator()))).gaps, []);
}

#[test]
fn an_ordinary_model_has_no_fault() {
    let weights = Table::new().bytes(0, &[7; 16]);
    let table =
        model(vec![builtin(9), builtin(150)], vec![operator(), operator().number(0, 1)], vec![weights]);
    assert_eq!(kinds(&table), []);
    assert_eq!(read(&file(&table)).reading.claims.regions(), [Region::new(0, file(&table).len() as u64)]);
}

#[test]
fn an_archive_without_members_is_part_of_the_model() {
    let model = file(&one(builtin(0), operator()));
    let with = |place: usize| {
        let end = [b"PK\x05\x06".as_slice(), &[0; 12], &(place as u32).to_le_bytes(), &[0; 2]].concat();
        [model.clone(), end].concat()
    };
    // Its directory begins nowhere, or where it would begin.
    for bytes in [with(0), with(model.len())] {
        let parsed = read(&bytes);
        assert_eq!(parsed.reading.irregularities, []);
        assert_eq!(parsed.reading.claims.unexplained(bytes.len() as u64), []);
        let more = [bytes, b"more".to_vec()].concat();
        assert_ne!(read(&more).reading.claims.unexplained(more.len() as u64), []);
    }
    let elsewhere = with(4);
    assert_ne!(read(&elsewhere).reading.claims.unexplained(elsewhere.len() as u64), []);
}

#[test]
fn a_layout_may_declare_more_than_the_fields_of_its_table() {
    let mut bytes = file(&one(builtin(0), operator()));
    let number = |bytes: &[u8], at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    let root = number(&bytes, 0) as usize;
    let layout = root - number(&bytes, root) as usize;
    bytes[layout + 2] += 2;
    let parsed = read(&bytes);
    assert_eq!(parsed.reading.irregularities, []);
    assert_eq!(parsed.reading.claims.regions(), [Region::new(0, bytes.len() as u64)]);
}

#[test]
fn lies_are_faults() {
    let loops = |cond: u64, body: u64| {
        let options = Table::new().number(0, cond).number(1, body);
        one(builtin(119), operator().number(3, 93).table(4, options))
    };
    let shaped = |shape: &[i32], data: &[u8]| {
        let graph = Table::new().tables(0, vec![tensor("w", shape, 1)]);
        let buffers = vec![Table::new(), Table::new().bytes(0, data)];
        Table::new().number(0, 3).tables(2, vec![graph]).tables(4, buffers)
    };
    let cases: Vec<(&str, Table, Fault)> = vec![
        ("no version", Table::new(), Fault::Malformed),
        ("missing kind", one(builtin(0), operator().number(0, 7)), Fault::Contradiction),
        ("missing tensor", one(builtin(0), operator().numbers(1, &[99])), Fault::Contradiction),
        ("negative tensor", one(builtin(0), operator().numbers(1, &[-2])), Fault::Contradiction),
        ("two kinds", one(builtin(0).number(0, 5).number(3, 9), operator()), Fault::Contradiction),
        ("vector beyond the end", one(builtin(0), operator().hollow(5, 1 << 30)), Fault::Truncated),
        ("offset beyond the end", one(builtin(0), operator().offset(5, 1 << 30)), Fault::Malformed),
        ("missing subgraph", loops(7, 8), Fault::Contradiction),
        ("a loop without an end", loops(0, 0), Fault::Bomb),
        ("too little data", shaped(&[4, 4], &[0; 8]), Fault::Contradiction),
        ("too much data", shaped(&[1], &[0; 8]), Fault::Contradiction),
        ("a huge tensor", shaped(&[1 << 20, 1 << 20], &[]), Fault::Bomb),
        ("a negative dimension", shaped(&[-7], &[]), Fault::Contradiction),
        (
            "data beyond the end",
            model(vec![], vec![], vec![Table::new().number(1, 1 << 20).number(2, 64)]),
            Fault::Truncated,
        ),
        (
            "data in the model",
            model(vec![], vec![], vec![Table::new().number(1, 16).number(2, 64)]),
            Fault::Overlap,
        ),
    ];
    for (title, table, fault) in cases {
        assert!(kinds(&table).contains(&fault), "{title}: {:?}", kinds(&table));
    }
}

#[test]
fn tables_in_two_places_are_read_once() {
    let mut bytes = file(&one(builtin(0), operator()));
    let graphs = bytes.len();
    // A vector of a thousand offsets that lead to one table, in place of the graphs.
    let parsed = read(&bytes);
    assert_eq!(parsed.reading.irregularities, []);
    bytes.truncate(graphs);
    let mut table = Table::new().number(0, 3).hollow(2, 1000).build(*b"TFL3");
    let start = table.len();
    for index in 0..1000_usize {
        let at = start + 4 * index;
        table.extend((4004 - 4 * index as u32).to_le_bytes());
        assert!(at > 0);
    }
    table.extend([4, 0, 4, 0, 4, 0, 0, 0]);
    let parsed = read(&table);
    assert!(parsed.reading.irregularities.iter().any(|fault| fault.kind == Fault::Overlap));
    assert_ne!(parsed.gaps, []);
}

#[test]
fn a_model_that_is_cut_is_never_clean() {
    let whole = fixture("dense.tflite");
    for len in (8..whole.len()).step_by(7) {
        let parsed = read(&whole[..len]);
        assert!(!parsed.reading.irregularities.is_empty(), "{len}");
    }
}

#[test]
fn any_chunking_gives_the_same_facts() {
    let bytes = fixture("signatures.tflite");
    let whole = format!("{:?}", read(&bytes));
    for most in [1, 3, 17] {
        let parsed = parse(&Short::shared(&bytes, most), "model.tflite", &Budget::default());
        assert_eq!(format!("{parsed:?}"), whole, "{most}");
    }
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(place in 8_usize..1900, byte: u8, len in 0_usize..1944) {
        let mut bytes = fixture("loop.tflite");
        bytes[place] = byte;
        bytes.truncate(len.max(8));
        let _ = read(&bytes);
    }
}
