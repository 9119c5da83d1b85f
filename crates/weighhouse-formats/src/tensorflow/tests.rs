//! Tests on what the library writes and on assembled messages: ordinary ones are silent and explained to the last byte.

use proptest::prelude::*;

use super::*;
use crate::build::protobuf::Proto;
use crate::build::short::Short;
use crate::build::tensorflow::{Node, function, graph, meta_graph, node, saved_model, text};
use crate::graph::GraphFacts;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::{Fault, Strength};
use crate::region::Region;
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/tensorflow/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    parsed.reading.facts.graph().unwrap()
}

fn read(graph: &Proto) -> Parsed {
    parse_graph_def(&Memory::shared(graph.build()), "graph.pb", &Budget::default())
}

/// Paths of the files that a graph opens.
fn files(nodes: &[Node], functions: &[Proto]) -> Vec<String> {
    let parsed = read(&graph(nodes, functions));
    facts(&parsed).files.iter().map(|file| file.path.clone()).collect()
}

fn silent(node: &crate::node::Node) -> bool {
    node.gaps.is_empty() && node.children.iter().all(silent)
}

const FIXTURES: [(&str, Format); 7] = [
    ("module/saved_model.pb", Format::SavedModel),
    ("keras/saved_model.pb", Format::SavedModel),
    ("keras/keras_metadata.pb", Format::KerasMetadata),
    ("keras/fingerprint.pb", Format::Fingerprint),
    ("module/fingerprint.pb", Format::Fingerprint),
    ("checkpoint/model.ckpt-7.meta", Format::MetaGraph),
    ("frozen.pb", Format::GraphDef),
];

#[test]
fn what_the_library_writes_is_known_by_content_and_explained_without_a_fault() {
    for (name, format) in FIXTURES {
        let file = fixture(name);
        let source = Memory::shared(file.clone());
        let candidates = identify("x", &source);
        let found: Vec<_> = candidates.iter().map(|found| (found.format, found.strength)).collect();
        assert_eq!(found, [(format, Strength::Certain)], "{name}");
        let node = inspect("x", &source, &Budget::default());
        let parsed = &node.readings[0];
        assert_eq!(parsed.irregularities, [], "{name}");
        assert_eq!(node.gaps, [], "{name}");
        assert_eq!(parsed.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        assert!(silent(&node), "{name}: {:#?}", node.children);
    }
}

#[test]
fn the_index_of_a_checkpoint_says_where_its_tensors_lie() {
    for (name, tensors) in [("module/variables/variables.index", 2), ("checkpoint/model.ckpt-7.index", 2)] {
        let file = fixture(name);
        let node = inspect(name, &Memory::shared(file.clone()), &Budget::default());
        assert_eq!((node.candidates[0].format, node.gaps.len()), (Format::Checkpoint, 0), "{name}");
        let reading = &node.readings[0];
        assert_eq!(reading.irregularities, [], "{name}");
        assert_eq!(reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        assert_eq!(reading.facts.graph().unwrap().external.len(), tensors, "{name}");
    }
    let file = fixture("module/variables/variables.index");
    let parsed = parse_checkpoint(&Memory::shared(file.clone()), "a/variables.index", &Budget::default());
    let data = &facts(&parsed).external[1];
    assert_eq!(
        (data.tensor.as_str(), data.location.as_str(), data.offset, data.length),
        ("w/.ATTRIBUTES/VARIABLE_VALUE", "variables.data-00000-of-00001", 0, Some(16))
    );
    // One wrong bit anywhere is seen: every byte but padding is under a checksum or leads to one.
    for at in 0..file.len() - 48 {
        let mut bad = file.clone();
        bad[at] ^= 0x10;
        let parsed = parse_checkpoint(&Memory::shared(bad), "variables.index", &Budget::default());
        assert!(!parsed.reading.irregularities.is_empty(), "byte {at}");
    }
}

#[test]
fn facts_of_what_the_library_writes_are_as_it_shows_them() {
    let parsed =
        parse_saved_model(&Memory::shared(fixture("module/saved_model.pb")), "x", &Budget::default());
    let found = facts(&parsed);
    assert_eq!((found.producer_version.as_str(), found.functions.len()), ("2.21.0", 16));
    let uses = |name: &str| -> u64 {
        found.operators.iter().filter(|used| used.name == name).map(|used| used.count).sum()
    };
    assert_eq!((uses("SaveV2"), uses("RestoreV2"), uses("MatMul"), uses("ReduceDataset")), (1, 1, 1, 1));
    let files: Vec<_> = found.files.iter().map(|file| (file.path.as_str(), file.purpose)).collect();
    assert_eq!(files, [("assets/vocabulary.txt", "asset")]);
    let parsed =
        parse_keras_metadata(&Memory::shared(fixture("keras/keras_metadata.pb")), "x", &Budget::default());
    assert!(
        parsed.children.len() >= 3 && parsed.children.iter().all(|child| child.known == Some(Format::Json))
    );
}

fn identity(name: &str, input: &str) -> Node {
    node(name, "Identity", &[input]).kind("T", 7)
}

fn call(name: &str, op: &str, inputs: &[&str], callee: &str) -> Node {
    node(name, op, inputs).function("f", callee)
}

#[test]
fn names_of_files_are_followed_to_where_they_stand() {
    let restore = |input: &str| node("r", "RestoreV2", &[input, "names", "slices"]);
    let place = || text("c", "/etc/passwd");
    let expected = ["/etc/passwd"];
    assert_eq!(files(&[place(), restore("c")], &[]), expected);
    assert_eq!(files(&[restore("i:0"), identity("i", "c"), place()], &[]), expected, "in any order");
    let joined = [place(), text("d", "x"), node("j", "StringJoin", &["d", "c"]), restore("j")];
    assert_eq!(files(&joined, &[]), ["/etc/passwd", "x"]);
    let default = [place(), node("p", "PlaceholderWithDefault", &["c"]).kind("dtype", 7), restore("p")];
    assert_eq!(files(&default, &[]), expected, "a default that leaves is the model's choice");
    // Through functions, whatever calls them.
    let body = || function("body", &["a", "prefix"], &[restore("prefix")]);
    let called = [place(), text("n", ""), call("y", "StatefulPartitionedCall", &["n", "c"], "body")];
    assert_eq!(files(&called, &[body()]), expected);
    let outer = function("outer", &["q"], &[call("y", "PartitionedCall", &["n", "q"], "body")]);
    assert_eq!(files(&[place(), call("z", "PartitionedCall", &["c"], "outer")], &[body(), outer]), expected);
    assert_eq!(files(&[place(), call("m", "MapDataset", &["c"], "body")], &[body()]), expected);
    assert_eq!(
        files(
            &[place(), node("y", "__inference_body", &["n", "c"])],
            &[function("__inference_body", &["a", "prefix"], &[restore("prefix")])]
        ),
        expected
    );
}

#[test]
fn what_is_fed_is_not_the_choice_of_the_model() {
    let save = |input: &str| node("s", "SaveV2", &[input, "names", "slices", "x"]);
    let fed = || node("p", "Placeholder", &[]).kind("dtype", 7);
    assert_eq!(files(&[fed(), save("p")], &[]), [""; 0]);
    assert_eq!(files(&[text("d", "model"), save("d")], &[]), [""; 0], "the default of old savers");
    let parts = [fed(), text("t", "_temp/part"), node("j", "StringJoin", &["p", "t"]), save("j")];
    assert_eq!(files(&parts, &[]), [""; 0]);
    assert_eq!(files(&[text("d", "out"), save("d")], &[]), ["out"]);
    let body = function("body", &["prefix"], &[save("prefix")]);
    assert_eq!(files(&[fed(), call("y", "PartitionedCall", &["p"], "body")], &[body]), [""; 0]);
}

#[test]
fn texts_of_a_tensor_in_one_piece_are_read_as_the_library_reads_them() {
    let content = [&[11][..], b"/etc/passwd"].concat();
    let tensor = Proto::new().int(1, 7).message(2, &Proto::new()).bytes(4, &content);
    let constant = node("c", "Const", &[]).attribute("value", &Proto::new().message(8, &tensor));
    assert_eq!(files(&[constant, node("r", "ReadFile", &["c"])], &[]), ["/etc/passwd"]);
}

#[test]
fn attributes_that_are_names_are_files() {
    let print = node("p", "PrintV2", &["x"]).bytes("output_stream", b"file:///tmp/x");
    assert_eq!(files(&[print], &[]), ["file:///tmp/x"]);
    assert_eq!(files(&[node("p", "PrintV2", &["x"]).bytes("output_stream", b"stderr")], &[]), [""; 0]);
    let debug = node("d", "DebugIdentityV3", &["x"]).texts("debug_urls", &["grpc://host:1", "file:///tmp"]);
    assert_eq!(files(&[debug], &[]), ["grpc://host:1", "file:///tmp"]);
}

#[test]
fn operators_of_every_place_are_seen() {
    let python = || node("p", "PyFunc", &[]);
    let plain = || graph(&[node("x", "NoOp", &[])], &[]);
    let models = [
        saved_model(&[meta_graph(&graph(&[python()], &[]))]),
        saved_model(&[meta_graph(&plain()), meta_graph(&graph(&[python()], &[]))]),
        saved_model(&[meta_graph(&graph(&[], &[function("f", &[], &[python()])]))]),
        saved_model(&[meta_graph(&plain()).message(2, &graph(&[python()], &[]))]),
        saved_model(&[meta_graph(&plain()).message(
            2,
            &Proto::new().message(2, &{ Proto::new().message(1, &function("f", &[], &[python()])) }),
        )]),
    ];
    for model in models {
        let parsed = parse_saved_model(&Memory::shared(model.build()), "x", &Budget::default());
        assert!(facts(&parsed).operators.iter().any(|used| used.name == "PyFunc"), "{model:?}");
        let candidates = identify("x", &Memory::shared(model.build()));
        assert!(candidates.iter().any(|found| found.format == Format::SavedModel), "{candidates:?}");
    }
}

#[test]
fn tensors_that_contradict_themselves_or_fill_the_memory_are_seen() {
    let shape = |sizes: &[u64]| {
        sizes.iter().fold(Proto::new(), |shape, size| shape.message(2, &Proto::new().int(1, *size)))
    };
    let faults = |tensor: Proto| -> Vec<Fault> {
        let constant = node("c", "Const", &[]).attribute("value", &Proto::new().message(8, &tensor));
        let parsed = read(&graph(&[constant], &[]));
        parsed.reading.irregularities.iter().map(|fault| fault.kind).collect()
    };
    let tensor = |sizes: &[u64]| Proto::new().int(1, 1).message(2, &shape(sizes));
    assert_eq!(faults(tensor(&[2, 2]).bytes(4, &[0; 16])), []);
    assert_eq!(faults(tensor(&[2, 2]).bytes(4, &[0; 12])), [Fault::Contradiction]);
    assert_eq!(faults(tensor(&[1000, 1000]).tag(5, 5).raw(&[0; 4])), []);
    assert_eq!(faults(tensor(&[1 << 20, 1 << 20]).tag(5, 5).raw(&[0; 4])), [Fault::Bomb]);
    assert_eq!(faults(tensor(&[1 << 40, 1 << 40])), [Fault::Bomb]);
    assert_eq!(faults(tensor(&[u64::MAX])), [Fault::Malformed]);
    assert_eq!(faults(Proto::new().int(1, 99)), [Fault::Malformed]);
}

#[test]
fn a_graph_cut_anywhere_is_never_clean() {
    let file = fixture("frozen.pb");
    let clean = (0..file.len()).filter(|len| {
        let parsed = parse_graph_def(&Memory::shared(file[..*len].to_vec()), "x", &Budget::default());
        parsed.reading.irregularities.is_empty() && parsed.gaps.is_empty()
    });
    assert_eq!(clean.count(), 0);
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..64) {
        let file = fixture("keras/keras_metadata.pb");
        let whole = parse_keras_metadata(&Memory::shared(file.clone()), "x", &Budget::default());
        let short = parse_keras_metadata(&Short::shared(&file, most), "x", &Budget::default());
        prop_assert_eq!(format!("{:?}", facts(&whole)), format!("{:?}", facts(&short)));
    }
}

#[test]
fn a_pipeline_of_calculators_without_names_is_no_graph() {
    let calculator = |name: &str| Proto::new().text(2, name).text(3, "IMAGE:input").text(4, "IMAGE:output");
    let pipeline = Proto::new().message(1, &calculator("ImageTransformationCalculator"));
    let pipeline = pipeline.message(1, &calculator("TfLiteInferenceCalculator")).build();
    let found = identify("graph.binarypb", &Memory::shared(pipeline));
    assert!(found.iter().all(|candidate| candidate.format != Format::GraphDef), "{found:?}");
}
