//! Tests on what the messages of the real library write, and on networks that lie.

use super::*;
use crate::build::caffe::{blob, layer, network, old_blob, python};
use crate::build::protobuf::Proto;
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::identify::identify;
use crate::node::{Facts, Fault};
use crate::region::Region;
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/caffe/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "net.caffemodel", &Budget::default())
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
fn networks_of_all_generations_are_explained_without_a_fault() {
    for (name, wanted) in [
        ("net.caffemodel", vec!["Convolution", "Data", "InnerProduct", "ReLU", "SoftmaxWithLoss"]),
        ("second.caffemodel", vec!["Convolution", "Data", "SoftmaxWithLoss"]),
        ("first.caffemodel", vec!["Convolution", "Data"]),
    ] {
        let file = fixture(name);
        let found: Vec<_> = identify("x", &Memory::shared(file.clone())).iter().map(|c| c.format).collect();
        assert_eq!(found, [Format::Caffe], "{name}");
        let parsed = read(&file);
        let (faults, gaps) = (parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice());
        assert_eq!((faults, gaps), (&[][..], &[][..]), "{name}");
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        assert_eq!(used(&parsed), wanted, "{name}");
        assert_eq!(facts(&parsed).files[0].path, "train_lmdb", "{name}");
        assert_eq!(facts(&parsed).tensor_count, if name == "net.caffemodel" { 4 } else { 2 }, "{name}");
    }
}

#[test]
fn models_of_others_are_no_networks() {
    let input = Proto::new().text(1, "image").text(2, "Input image");
    let described = Proto::new().int(1, 7).message(2, &Proto::new().message(1, &input)).build();
    let found = identify("x", &Memory::shared(described));
    assert!(found.iter().all(|candidate| candidate.format != Format::Caffe), "{found:?}");
}

#[test]
fn code_and_files_that_layers_name_are_facts() {
    let output = layer("out", "HDF5Output").message(113, &Proto::new().text(1, "/etc/x"));
    let parsed = read(&network(&[python("os", "system"), output]).build());
    let code = &facts(&parsed).code[0];
    assert_eq!((code.name.as_str(), used(&parsed)), ("os.system", vec!["HDF5Output", "Python"]));
    let file = &facts(&parsed).files[0];
    assert_eq!((file.path.as_str(), file.written), ("/etc/x", true));
    let twice = read(&network(&[layer("a", "Python").text(2, "ReLU")]).build());
    assert_eq!((used(&twice), kinds(&twice)), (vec!["Python", "ReLU"], vec![Fault::Duplicate]));
    let number = Proto::new().message(2, &Proto::new().text(4, "a").int(5, 10));
    assert_eq!(used(&read(&number.build())), ["HDF5Output"]);
    let number = Proto::new().message(2, &Proto::new().text(4, "a").int(5, 777));
    assert_eq!(used(&read(&number.build())), ["type 777"]);
}

#[test]
fn numbers_that_are_not_those_of_their_shape_are_faults() {
    let found = |blob: Proto| kinds(&read(&network(&[layer("a", "ReLU").message(7, &blob)]).build()));
    assert_eq!(found(blob(&[2, 3], 6)), []);
    assert_eq!(found(old_blob([1, 1, 2, 3], 6)), []);
    assert_eq!(found(blob(&[2, 3], 5)), [Fault::Contradiction]);
    assert_eq!(found(blob(&[2, 3], 0)), [Fault::Contradiction]);
    assert_eq!(found(old_blob([1, 1, 2, 3], 7)), [Fault::Contradiction]);
    assert_eq!(found(blob(&[1 << 40, 1 << 40], 1)), [Fault::Bomb]);
    assert_eq!(found(blob(&[u64::MAX], 1)), [Fault::Bomb]);
    let whole = network(&[layer("a", "ReLU").message(7, &blob(&[2, 3], 6)), layer("b", "ReLU")]).build();
    for len in 1..whole.len() {
        let cut = read(&whole[..len]);
        // A network may end behind any of its layers.
        assert!(!kinds(&cut).is_empty() || used(&cut) == ["ReLU"], "cut at {len}");
    }
}
