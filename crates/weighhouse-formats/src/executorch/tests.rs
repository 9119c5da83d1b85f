//! Tests on assembled programs and on what `ExecuTorch` writes: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::executorch::{bare, call, declared, delegate, file, plain, program, tensor, value};
use crate::build::flatbuffer::Table;
use crate::build::short::Short;
use crate::graph::GraphFacts;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::{Facts, Fault};
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.pte", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn kinds(bytes: &[u8]) -> Vec<Fault> {
    read(bytes).reading.irregularities.iter().map(|fault| fault.kind).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/executorch/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const PROGRAMS: [&str; 6] = ["dense", "counter", "branch", "xnnpack", "inline", "apart"];

#[test]
fn what_executorch_writes_is_explained_without_a_fault() {
    let others = ["dense.bpte".to_owned(), "_default_external_constant.ptd".to_owned()];
    for name in PROGRAMS.iter().map(|name| format!("{name}.pte")).chain(others) {
        let node = inspect(&name, &Memory::shared(fixture(&name)), &Budget::default());
        let formats: Vec<Format> = node.candidates.iter().map(|candidate| candidate.format).collect();
        assert_eq!(formats, [Format::ExecuTorch], "{name}");
        let mut nodes = vec![&node];
        while let Some(node) = nodes.pop() {
            assert_eq!(node.gaps, [], "{name}: {}", node.name);
            assert_eq!(node.unexplained, [], "{name}: {}", node.name);
            let faults = node.readings.iter().flat_map(|reading| &reading.irregularities);
            assert_eq!(
                faults.collect::<Vec<_>>(),
                Vec::<&crate::node::Irregularity>::new(),
                "{name}: {}",
                node.name
            );
            nodes.extend(&node.children);
        }
    }
}

#[test]
fn operators_and_delegates_are_as_the_library_sees_them() {
    let expected = String::from_utf8(fixture("facts.tsv")).unwrap();
    let mut found = Vec::new();
    for name in PROGRAMS {
        let parsed = read(&fixture(&format!("{name}.pte")));
        for used in &facts(&parsed).operators {
            let dot = if used.overload.is_empty() { "" } else { "." };
            found.push(format!(
                "{name}\t{}::{}{dot}{}\t{}",
                used.domain, used.name, used.overload, used.count
            ));
        }
    }
    assert_eq!(found, expected.lines().collect::<Vec<_>>());
}

#[test]
fn tensors_take_their_data_from_segments_and_other_files() {
    let dense = read(&fixture("dense.pte"));
    let shapes: Vec<_> =
        facts(&dense).tensors.iter().map(|t| (t.dtype.as_str(), t.shape.clone(), t.data.len())).collect();
    assert!(
        shapes.contains(&("float", vec![3, 4], 48)) && shapes.contains(&("float", vec![3], 12)),
        "{shapes:?}"
    );
    let counter = read(&fixture("counter.pte"));
    assert!(facts(&counter).tensors.iter().any(|t| t.dtype == "float" && t.data.len() == 8));
    let apart = read(&fixture("_default_external_constant.ptd"));
    assert!(facts(&apart).tensors.iter().any(|t| t.name == "linear.weight" && t.shape == [3, 4]));
}

#[test]
fn a_delegate_is_read_in_turn() {
    for name in ["xnnpack.pte", "inline.pte"] {
        let node = inspect(name, &Memory::shared(fixture(name)), &Budget::default());
        let child = node.children.iter().find(|child| child.name == "XnnpackBackend").unwrap();
        let graph = child.readings.iter().find_map(|reading| reading.facts.graph()).unwrap();
        let names: Vec<&str> = graph.operators.iter().map(|used| used.name.as_str()).collect();
        assert_eq!(names, ["XNNFullyConnected", "XNNSoftmax"], "{name}");
    }
}

#[test]
fn an_assembled_program_has_no_fault() {
    for bytes in [bare(&plain()), file(&plain().table(5, Table::new().longs(1, &[0])), &[vec![1; 40]])] {
        assert_eq!(kinds(&bytes), []);
        assert_eq!(read(&bytes).reading.claims.unexplained(bytes.len() as u64), []);
    }
}

#[test]
fn lies_are_faults() {
    let values = |values: Vec<Table>| bare(&program(&["aten::relu"], values, vec![], vec![call(0, &[0])]));
    let steps = |steps: Vec<Table>| bare(&program(&["aten::relu"], vec![value(tensor(&[2]))], vec![], steps));
    let segment = |offset: u64, size: u64| {
        let list = vec![Table::new().number(0, offset).number(1, size)];
        declared(&plain().tables(4, list), &[7; 64], 64)
    };
    let placed = |memory: u64, offset: u64| {
        value(tensor(&[2]).table(6, Table::new().number(0, memory).number(1, offset)))
    };
    let constant = |sizes: &[i32], data: u64, segment: u64| {
        let table =
            program(&["aten::relu"], vec![value(tensor(sizes).number(5, data))], vec![], vec![call(0, &[0])]);
        file(&table.table(5, Table::new().number(0, segment).longs(1, &[0, 0])), &[vec![0; 64]])
    };
    let jump = |to: u64| Table::new().number(0, 4).table(1, Table::new().number(0, 0).number(1, to));
    let named = |names: &[(&str, u64)]| {
        let entry = |(name, segment): &(&str, u64)| Table::new().text(0, name).number(1, *segment);
        file(&plain().tables(7, names.iter().map(entry).collect()), &[vec![1; 64]])
    };
    let cases: Vec<(&str, Vec<u8>, Fault)> = vec![
        ("missing operator", steps(vec![call(9, &[0])]), Fault::Contradiction),
        ("missing value", steps(vec![call(0, &[9])]), Fault::Contradiction),
        ("negative value", steps(vec![call(0, &[-1])]), Fault::Contradiction),
        (
            "missing delegate",
            steps(vec![Table::new().number(0, 2).table(1, Table::new())]),
            Fault::Contradiction,
        ),
        ("jump out of the chain", steps(vec![jump(7)]), Fault::Contradiction),
        ("jump to itself", steps(vec![jump(0)]), Fault::Bomb),
        ("negative dimension", values(vec![value(tensor(&[-3]))]), Fault::Contradiction),
        ("huge tensor", values(vec![value(tensor(&[i32::MAX, i32::MAX]))]), Fault::Bomb),
        ("many dimensions", values(vec![value(tensor(&[1; 100]))]), Fault::Contradiction),
        ("unknown type", values(vec![value(tensor(&[1]).number(0, 99))]), Fault::Contradiction),
        ("order of other dimensions", values(vec![value(tensor(&[1]).bytes(3, &[4]))]), Fault::Contradiction),
        ("missing memory", values(vec![placed(9, 0)]), Fault::Contradiction),
        ("behind its memory", values(vec![placed(1, 1020)]), Fault::Contradiction),
        ("missing data", constant(&[2], 9, 0), Fault::Contradiction),
        ("too little data", constant(&[64], 1, 0), Fault::Contradiction),
        ("missing segment", constant(&[2], 1, 3), Fault::Contradiction),
        ("segment behind all", segment(32, 64), Fault::Contradiction),
        ("segment behind all numbers", segment(u64::MAX, 1), Fault::Contradiction),
        (
            "segments without a header",
            bare(&plain().tables(4, vec![Table::new().number(1, 8)])),
            Fault::Contradiction,
        ),
        ("header that lies", declared(&plain(), &[], 1 << 40), Fault::Truncated),
        ("named data that is missing", named(&[("w", 4)]), Fault::Contradiction),
        ("named twice", named(&[("w", 0), ("w", 0)]), Fault::Duplicate),
        (
            "delegate without data",
            {
                file(
                    &program(&[], vec![value(tensor(&[2]))], vec![delegate("XnnpackBackend", 5)], vec![]),
                    &[],
                )
            },
            Fault::Contradiction,
        ),
    ];
    for (title, bytes, fault) in cases {
        assert!(kinds(&bytes).contains(&fault), "{title}: {:?}", read(&bytes).reading.irregularities);
    }
}

#[test]
fn a_vector_that_thousands_share_is_not_read_thousands_of_times() {
    // Methods, all of whose inputs are one vector of numbers.
    let count = 20_000_u32;
    let mut bytes = Table::new().hollow(1, count as usize).build(*b"ET12");
    let (list, tables) = (bytes.len() as u32, count * 4);
    (0..count).for_each(|index| bytes.extend((tables - index * 4 + index * 12 + 12).to_le_bytes()));
    bytes.extend([12, 0, 12, 0, 0, 0, 0, 0, 0, 0, 4, 0]);
    let vector = list + tables + 12 + count * 12;
    for index in 0..count {
        let at = list + tables + 12 + index * 12;
        bytes.extend((at - (list + tables)).to_le_bytes());
        bytes.extend((vector - (at + 4)).to_le_bytes());
        bytes.extend([0; 4]);
    }
    bytes.extend(100_000_u32.to_le_bytes());
    bytes.resize(bytes.len() + 400_000, 0);
    let budget = Budget::default();
    let parsed = parse(&Memory::shared(bytes), "x.pte", &budget);
    assert!(parsed.gaps.iter().any(|gap| gap.detail.contains("shared so often")), "{:?}", parsed.gaps);
}

#[test]
fn a_program_that_is_cut_is_never_clean() {
    for name in ["dense.pte", "xnnpack.pte", "dense.bpte", "_default_external_constant.ptd"] {
        let whole = fixture(name);
        for len in (64..whole.len()).step_by(7) {
            let parsed = read(&whole[..len]);
            assert!(!parsed.reading.irregularities.is_empty(), "{name} {len}");
        }
    }
}

#[test]
fn any_chunking_gives_the_same_facts() {
    let bytes = fixture("xnnpack.pte");
    let whole = format!("{:?}", read(&bytes));
    for most in [1, 3, 17] {
        let parsed = parse(&Short::shared(&bytes, most), "model.pte", &Budget::default());
        assert_eq!(format!("{parsed:?}"), whole, "{most}");
    }
}

#[test]
fn four_letters_are_no_program() {
    let format = |bytes: &[u8]| identify("x", &Memory::shared(bytes.to_vec()))[0].format;
    assert_eq!(format(b"\x08\x00\x00\x00ET12 and more text"), Format::Unknown);
    assert_ne!(format(b"the ET12 model"), Format::ExecuTorch);
    assert_eq!(format(&bare(&plain())), Format::ExecuTorch);
}

proptest! {
    #[test]
    fn changed_bytes_never_panic(place in 8_usize..2300, byte: u8, len in 0_usize..2316) {
        let mut bytes = fixture("xnnpack.pte");
        bytes[place] = byte;
        bytes.truncate(len.max(8));
        let _ = inspect("x.pte", &Memory::shared(bytes), &Budget::default());
    }
}
