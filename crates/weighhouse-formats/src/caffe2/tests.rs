//! Tests on what the real library writes, and on nets that lie.

use super::*;
use crate::build::caffe2::{bytes, fill, inner, net, operator};
use crate::build::protobuf::Proto;
use crate::graph::GraphFacts;
use crate::identify::identify;
use crate::node::{Facts, Fault};
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/caffe2/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read_net(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "predict_net.pb", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn used(parsed: &Parsed) -> Vec<&str> {
    facts(parsed).operators.iter().map(|used| used.name.as_str()).collect()
}

fn kinds(parsed: &Parsed) -> Vec<Fault> {
    parsed.reading.irregularities.iter().map(|fault| fault.kind).collect()
}

#[test]
fn what_the_library_writes_is_explained_without_a_fault() {
    for (name, wanted) in [
        ("init_net.pb", vec!["GivenTensorFill"]),
        ("predict_net.pb", vec!["Conv", "FC", "Relu", "Softmax"]),
        ("param_init_net.pb", vec!["ConstantFill", "XavierFill"]),
        ("branch_net.pb", vec!["If", "Negative", "Relu"]),
        ("hostile-python_net.pb", vec!["Python"]),
    ] {
        let file = fixture(name);
        let found: Vec<_> = identify("x", &Memory::shared(file.clone())).iter().map(|c| c.format).collect();
        assert_eq!(found, [Format::Caffe2], "{name}");
        let parsed = read_net(&file);
        let (faults, gaps) = (parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice());
        assert_eq!((faults, gaps), (&[][..], &[][..]), "{name}");
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        assert_eq!(used(&parsed), wanted, "{name}");
        assert_eq!(facts(&parsed).tensor_count, if name == "init_net.pb" { 5 } else { 0 }, "{name}");
    }
    // The pickle of what builds the operator is handed on, and the texts.
    let parsed = read_net(&fixture("hostile-python_net.pb"));
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["s", "texts"]);
}

#[test]
fn files_and_nets_in_nets_are_facts() {
    let save = operator("Save", &[bytes("db", b"/etc/x")]);
    let parsed = read_net(&net(&[operator("If", &[inner("then_net", &net(&[save]))])]).build());
    assert_eq!((kinds(&parsed), used(&parsed)), (vec![], vec!["If", "Save"]));
    let file = &facts(&parsed).files[0];
    assert_eq!((file.path.as_str(), file.written), ("/etc/x", true));
    let foreign = read_net(&net(&[operator("add", &[]).text(11, "aten")]).build());
    assert_eq!(facts(&foreign).operators[0].domain, "aten");
}

#[test]
fn tensors_that_are_not_of_their_shape_are_faults() {
    let found = |operator: Proto| kinds(&read_net(&net(&[operator]).build()));
    assert_eq!(found(fill(&[2, 3], 6)), []);
    assert_eq!(found(fill(&[2, 3], 5)), [Fault::Contradiction]);
    assert_eq!(found(fill(&[1 << 40, 1 << 40], 0)), [Fault::Bomb]);
    let packed = Proto::new().text(1, "shape").packed(6, &[1 << 20, 1 << 20]);
    assert_eq!(found(operator("ConstantFill", &[packed])), [Fault::Bomb]);
    assert_eq!(found(operator("Reshape", &[Proto::new().text(1, "shape").int(6, u64::MAX)])), []);
    let whole = net(&[operator("Relu", &[bytes("a", b"b")]), fill(&[2], 2)]).build();
    for len in 1..whole.len() {
        let cut = read_net(&whole[..len]);
        // A net may end behind any of its operators.
        assert!(!kinds(&cut).is_empty() || used(&cut) == ["Relu"], "cut at {len}");
    }
}
