//! Tests on assembled models and on what the real library writes: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::coreml::{constant, model, network, operation, program, weights};
use crate::build::protobuf::Proto;
use crate::build::short::Short;
use crate::format::Format;
use crate::graph::{CodeKind, GraphFacts};
use crate::identify::identify;
use crate::node::{Facts, Fault, Strength};
use crate::region::Region;
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.mlmodel", &Budget::default())
}

fn read_weights(bytes: &[u8]) -> Parsed {
    parse_weights(&Memory::shared(bytes.to_vec()), "weight.bin", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn kinds(parsed: &Parsed) -> Vec<Fault> {
    parsed.reading.irregularities.iter().map(|fault| fault.kind).collect()
}

fn operators(parsed: &Parsed) -> Vec<(&str, &str, u64)> {
    let used = facts(parsed).operators.iter();
    used.map(|used| (used.domain.as_str(), used.name.as_str(), used.count)).collect()
}

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/coreml/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const PROGRAM: &str = "program.mlpackage/Data/com.apple.CoreML/model.mlmodel";
const WEIGHTS: &str = "program.mlpackage/Data/com.apple.CoreML/weights/weight.bin";

#[test]
fn what_the_library_writes_is_explained_without_a_fault() {
    let names =
        ["network.mlmodel", "tree.mlmodel", "pipeline.mlmodel", "quantized.mlmodel", PROGRAM, WEIGHTS];
    for name in names {
        let file = fixture(name);
        let source = Memory::shared(file.clone());
        let format = if name == WEIGHTS { Format::CoreMlWeights } else { Format::CoreMl };
        let found: Vec<_> = identify("x", &source).iter().map(|c| (c.format, c.strength)).collect();
        assert_eq!(found, [(format, Strength::Certain)], "{name}");
        let parsed = if name == WEIGHTS { read_weights(&file) } else { read(&file) };
        assert_eq!(parsed.reading.irregularities, [], "{name}");
        assert_eq!(parsed.gaps, [], "{name}");
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
    }
}

#[test]
fn what_models_compute_with_is_counted() {
    let network = read(&fixture("network.mlmodel"));
    let layers = ["activation", "convolution", "innerProduct", "neuralNetwork", "reshapeStatic", "softmaxND"];
    assert_eq!(operators(&network), layers.map(|name| ("", name, 1)));
    assert_eq!(facts(&network).tensor_count, 4);
    assert!(facts(&network).metadata.contains(&("labels".to_owned(), "cat,dog,other".to_owned())));
    let pipeline = read(&fixture("pipeline.mlmodel"));
    assert!(operators(&pipeline).contains(&("", "neuralNetwork", 2)));
    assert!(operators(&pipeline).contains(&("", "pipeline", 1)));
    let program = read(&fixture(PROGRAM));
    assert!(operators(&program).contains(&("mil", "linear", 1)));
    let external: Vec<_> = facts(&program).external.iter().map(|e| (e.location.as_str(), e.offset)).collect();
    assert_eq!(external, [("weights/weight.bin", 64), ("weights/weight.bin", 384)]);
}

#[test]
fn weights_are_those_that_the_program_refers_to() {
    let parsed = read_weights(&fixture(WEIGHTS));
    let tensors: Vec<_> = facts(&parsed).tensors.iter().map(|t| (t.dtype.as_str(), t.data.start)).collect();
    assert_eq!(tensors, [("float16", 128), ("float16", 448)]);
}

#[test]
fn code_and_files_that_a_model_names_are_facts() {
    let custom = read(&network(500, &Proto::new().text(10, "EvilLayer")).build());
    assert_eq!(
        (facts(&custom).code[0].kind, facts(&custom).code[0].name.as_str()),
        (CodeKind::Class, "EvilLayer")
    );
    assert!(operators(&custom).contains(&("", "custom", 1)));
    let inner = model(555, &Proto::new().text(10, "EvilModel"));
    let pipeline = read(&model(202, &Proto::new().message(1, &inner)).build());
    assert_eq!(facts(&pipeline).code[0].name, "EvilModel");
    let parameter = |text: &str| Proto::new().text(1, text);
    let linked = Proto::new().message(1, &parameter("../x")).message(2, &parameter("$BUNDLE_MAIN:/tmp"));
    let linked = read(&model(556, &Proto::new().message(1, &linked)).build());
    let paths: Vec<_> = facts(&linked).files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["../x", "/tmp"]);
    let blob = read(&program(&[constant("@model_path/../../w.bin", 64), operation("relu")]).build());
    assert_eq!(facts(&blob).external[0].location, "../../w.bin");
    assert!(operators(&blob).contains(&("mil", "relu", 1)));
}

#[test]
fn models_that_contradict_themselves_are_faults() {
    let relu = Proto::new().message(10, &Proto::new());
    let good = network(130, &relu);
    assert_eq!(kinds(&read(&good.build())), []);
    let two = good.clone().message(502, &Proto::new().int(1, 1));
    assert_eq!(kinds(&read(&two.build())), [Fault::Duplicate]);
    assert_eq!(kinds(&read(&Proto::new().int(1, 6).build())), [Fault::Truncated]);
    assert_eq!(kinds(&read(&Proto::new().message(500, &Proto::new()).build())), [Fault::Malformed]);
    let unknown = good.bytes(777, b"some bytes that nobody reads");
    assert_eq!(facts(&read(&unknown.build())).unknown[0].number, 777);
}

#[test]
fn weights_that_lie_are_faults() {
    let good = weights(&[(2, &[1; 8]), (4, b"abc")]);
    let parsed = read_weights(&good);
    assert_eq!((kinds(&parsed), parsed.gaps.len()), (vec![], 0));
    assert_eq!(parsed.reading.claims.regions(), [Region::new(0, good.len() as u64)]);
    let change = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    assert_eq!(kinds(&read_weights(&change(80, 0))), [Fault::Contradiction]);
    assert_eq!(kinds(&read_weights(&change(64, 0))), [Fault::Malformed]);
    assert_eq!(kinds(&read_weights(&change(68, 99))), [Fault::Malformed]);
    assert_eq!(kinds(&read_weights(&change(100, 1))), [Fault::Unusual]);
    assert_eq!(kinds(&read_weights(&change(74, 255))), [Fault::Truncated]);
    let hidden = read_weights(&change(140, 1));
    assert_eq!(hidden.reading.claims.unexplained(good.len() as u64), [Region::new(136, 192)]);
    let longer = [good.as_slice(), b"tail"].concat();
    assert_eq!(read_weights(&longer).reading.claims.unexplained(longer.len() as u64).len(), 1);
}

#[test]
fn a_file_that_is_cut_is_never_clean() {
    for name in ["network.mlmodel", PROGRAM, WEIGHTS] {
        let file = fixture(name);
        for len in (1..file.len()).step_by(37) {
            let part = &file[..len];
            let parsed = if name == WEIGHTS { read_weights(part) } else { read(part) };
            assert!(!parsed.reading.irregularities.is_empty(), "{name} cut at {len}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_and_any_chunks_are_read_alike(mut file in Just(fixture(PROGRAM)), at in any::<prop::sample::Index>(), byte: u8, chunk in 1_usize..9) {
        let at = at.index(file.len());
        file[at] = byte;
        let whole = read(&file);
        let short = parse(&Short::shared(&file, chunk), "model.mlmodel", &Budget::default());
        prop_assert_eq!(whole.reading.irregularities, short.reading.irregularities);
        prop_assert_eq!(whole.reading.claims, short.reading.claims);
    }
}
