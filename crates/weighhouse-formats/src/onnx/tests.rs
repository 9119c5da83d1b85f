//! Tests on assembled models and on what the reference library writes: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::onnx::{Graph, Model, entry, external, function, node, tensor};
use crate::build::protobuf::Proto;
use crate::build::short::Short;
use crate::format::Format;
use crate::identify::identify;
use crate::node::Node;
use crate::node::{Facts, Fault, GapReason, Strength};
use crate::region::Region;
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.onnx", &Budget::default())
}

fn facts(parsed: &Parsed) -> &OnnxFacts {
    let Facts::Onnx(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn kinds(bytes: &[u8]) -> Vec<Fault> {
    read(bytes).reading.irregularities.into_iter().map(|fault| fault.kind).collect()
}

fn faults(graph: Graph) -> Vec<Fault> {
    kinds(&Model::of(graph).build())
}

fn benign() -> Model {
    let branch = Graph::new().node(node("", "Relu", &["x"], &["t"]));
    let nodes = Graph::new()
        .node(
            node("", "If", &["c"], &["b"])
                .graph("then_branch", &branch)
                .graph("else_branch", &branch)
                .doc("picks a branch of two"),
        )
        .node(node("local", "F", &["b"], &["y"]).int("axis", 1).bytes("mode", b"nearest"))
        .tensor(tensor("w", 1, &[2, 2], &[1; 16]))
        .tensor(tensor("idx", 7, &[1], &[2; 8]))
        .tensor(external("e", &[("location", "w.data"), ("offset", "4096"), ("length", "8")]));
    Model::of(nodes)
        .import("local", 1)
        .metadata("author", "somebody who trains small models")
        .function(&function("local", "F", &[node("", "Add", &["x", "x"], &["y"])]))
}

#[test]
fn a_benign_model_is_explained_to_the_last_byte() {
    let file = benign().build();
    let parsed = read(&file);
    assert_eq!((parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice()), (&[][..], &[][..]));
    assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)]);
    let facts = facts(&parsed);
    assert_eq!(
        (facts.ir_version, facts.graph.producer.as_str(), facts.graph.producer_version.as_str()),
        (Some(10), "pytorch", "2.0")
    );
    assert_eq!(facts.imports, [(String::new(), 17), ("local".to_owned(), 1)]);
    let uses: Vec<_> = facts
        .graph
        .operators
        .iter()
        .map(|used| (used.function, used.domain.as_str(), used.name.as_str(), used.count))
        .collect();
    assert_eq!(
        uses,
        [(None, "", "If", 1), (None, "", "Relu", 2), (None, "local", "F", 1), (Some(0), "", "Add", 1)]
    );
    assert_eq!(
        (facts.graph.functions[0].name.as_str(), facts.graph.functions[0].domain.as_str()),
        ("F", "local")
    );
    assert_eq!((facts.graphs, facts.graph_depth, facts.graph.tensor_count), (3, 2, 3));
    assert_eq!(
        (facts.graph.tensors[0].dtype.as_str(), facts.graph.tensors[0].shape.as_slice()),
        ("FLOAT", &[2, 2][..])
    );
    let data = &facts.graph.external[0];
    assert_eq!(
        (data.tensor.as_str(), data.location.as_str(), data.offset, data.length),
        ("e", "w.data", 4096, Some(8))
    );
    assert_eq!(facts.graph.metadata, [("author".to_owned(), "somebody who trains small models".to_owned())]);
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["texts"]);
}

#[test]
fn what_the_reference_writes_is_explained_without_a_fault() {
    for (name, graphs, tensors, operators) in
        [("branches", 3, 1, 5), ("types", 1, 59, 1), ("external", 1, 2, 1), ("attributes", 2, 3, 4)]
    {
        let path = format!("{}/tests/fixtures/onnx/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::read(path).unwrap();
        let source = Memory::shared(file.clone());
        let candidates = identify("x", &source);
        assert_eq!(
            (candidates[0].format, candidates[0].strength),
            (Format::Onnx, Strength::Certain),
            "{name}"
        );
        let parsed = read(&file);
        assert_eq!(parsed.reading.irregularities, [], "{name}");
        assert_eq!(parsed.gaps, [], "{name}");
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        let facts = facts(&parsed);
        assert_eq!(
            (facts.graphs, facts.graph.tensor_count, facts.graph.operators.len()),
            (graphs, tensors, operators),
            "{name}"
        );
        assert_eq!(facts.graph.producer.is_empty(), name == "attributes");
        assert_eq!(facts.graph.external.len(), if name == "external" { 2 } else { 0 });
    }
}

#[test]
fn facts_of_what_the_reference_writes_are_as_recorded() {
    for name in ["branches", "external", "attributes"] {
        let path = format!("{}/tests/fixtures/onnx/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
        let parsed = read(&std::fs::read(path).unwrap());
        insta::assert_debug_snapshot!(name, facts(&parsed));
    }
}

/// A model whose last tensor is a terabyte of zeros; counts the bytes that are read.
#[derive(Debug)]
struct Huge {
    head: Vec<u8>,
    len: u64,
    read: std::sync::atomic::AtomicU64,
}

impl crate::source::Source for Huge {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        for (at, byte) in buffer[..room].iter_mut().enumerate() {
            let place = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(at));
            *byte = place.and_then(|place| self.head.get(place)).copied().unwrap_or(0);
        }
        self.read.fetch_add(room as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(room)
    }
}

#[test]
fn a_tensor_of_a_terabyte_is_passed_over() {
    const DATA: u64 = 1 << 40;
    let length = crate::build::protobuf::varint;
    let tensor =
        Proto::new().packed(1, &[DATA / 4]).int(2, 1).text(8, "w").tag(9, 2).raw(&length(DATA)).build();
    let graph =
        Proto::new().text(2, "g").tag(5, 2).raw(&length(tensor.len() as u64 + DATA)).raw(&tensor).build();
    let head = Proto::new().int(1, 10).message(8, &Proto::new().text(1, "").int(2, 17));
    let head = head.tag(7, 2).raw(&length(graph.len() as u64 + DATA)).raw(&graph).build();
    let len = head.len() as u64 + DATA;
    let huge = std::sync::Arc::new(Huge { head, len, read: 0.into() });
    let source: SharedSource = huge.clone();
    assert_eq!(identify("x", &source)[0].format, Format::Onnx);
    let parsed = parse(&source, "model.onnx", &Budget::default());
    assert_eq!((parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice()), (&[][..], &[][..]));
    assert_eq!(parsed.reading.claims.regions(), [Region::new(0, len)]);
    assert!(huge.read.load(std::sync::atomic::Ordering::Relaxed) < 1 << 20);
}

#[test]
fn operators_of_all_graphs_and_functions_are_seen() {
    let hidden = || Graph::new().node(node("", "PyOp", &[], &[]));
    let deep = (0..10)
        .fold(hidden(), |inner, _| Graph::new().node(node("", "Loop", &[], &[]).graph("body", &inner)));
    let training = Proto::new().bytes(2, &{
        let node = Proto::new().text(4, "PyOp");
        Proto::new().message(1, &node).build()
    });
    let empty = || Model::of(Graph::new().node(node("", "Relu", &["x"], &["y"])));
    let models = [
        Model::of(hidden()),
        Model::of(deep),
        empty().function(&function("a", "f", &[node("", "PyOp", &[], &[])])),
        empty().raw(Proto::new().message(20, &training)),
        // A graph twice is merged by most readers.
        empty().raw(Proto::new().message(7, &Proto::new().message(1, &Proto::new().text(4, "PyOp")))),
    ];
    for model in models {
        let parsed = read(&model.build());
        assert!(facts(&parsed).graph.operators.iter().any(|used| used.name == "PyOp"), "{model:?}");
    }
}

#[test]
fn tensors_that_contradict_themselves_are_seen() {
    let of = |fields: Proto| faults(Graph::new().tensor(fields));
    assert_eq!(of(tensor("w", 1, &[2], &[0; 8])), []);
    assert_eq!(of(tensor("w", 1, &[2], &[0; 9])), [Fault::Contradiction]);
    assert_eq!(of(tensor("w", 1, &[3], &[0; 8])), [Fault::Contradiction]);
    assert_eq!(of(tensor("w", 1, &[u64::MAX], &[0; 8])), [Fault::Contradiction; 2]);
    assert_eq!(of(tensor("w", 1, &[u64::MAX, 3], &[0; 8])), [Fault::Contradiction]);
    assert_eq!(of(tensor("w", 77, &[2], &[0; 8])), [Fault::Malformed]);
    assert_eq!(of(tensor("w", 8, &[1], b"text in one piece")), [Fault::Contradiction]);
    assert_eq!(of(tensor("w", 1, &[1; 65], &[0; 4])), [Fault::Malformed]);
    assert_eq!(of(tensor("w", 22, &[3], &[0; 2])), []);
    let typed = |dtype: u64, dims: &[u64]| Proto::new().packed(1, dims).int(2, dtype).text(8, "w");
    assert_eq!(of(typed(6, &[3]).packed(5, &[1, 2, 3])), []);
    assert_eq!(of(typed(6, &[3]).int(5, 1).int(5, 2).int(5, 3)), []);
    assert_eq!(of(typed(6, &[3]).packed(5, &[1, 2])), [Fault::Contradiction]);
    assert_eq!(of(typed(6, &[3]).packed(7, &[1, 2, 3])), [Fault::Contradiction; 2]);
    assert_eq!(of(typed(1, &[1]).bytes(4, &[0; 4])), []);
    assert_eq!(of(typed(1, &[1]).bytes(4, &[0; 5])), [Fault::Malformed]);
    assert_eq!(of(typed(1, &[1])), [Fault::Contradiction]);
    assert_eq!(of(typed(1, &[0])), []);
    assert_eq!(of(typed(1, &[1]).bytes(4, &[0; 4]).bytes(9, &[0; 4])), [Fault::Contradiction]);
}

#[test]
fn external_data_is_read_and_checked() {
    let one = |entries: &[(&str, &str)]| {
        let parsed = read(&Model::of(Graph::new().tensor(external("w", entries))).build());
        let kinds: Vec<Fault> = parsed.reading.irregularities.iter().map(|fault| fault.kind).collect();
        (facts(&parsed).graph.external[0].clone(), kinds)
    };
    let (data, kinds) = one(&[("location", "a"), ("checksum", "00ff"), ("basepath", "/x")]);
    assert_eq!(
        (data.offset, data.length, data.checksum.as_deref(), kinds.as_slice()),
        (0, Some(8), Some("00ff"), &[][..])
    );
    assert_eq!(data.base, "/x");
    assert_eq!(one(&[("location", "a"), ("length", "9")]).1, [Fault::Contradiction]);
    assert_eq!(one(&[("location", "a"), ("location", "b")]).1, [Fault::Duplicate]);
    assert_eq!(one(&[("location", "a"), ("__class__", "b")]).0.foreign, ["__class__"]);
    let (data, kinds) = one(&[("location", "a"), ("offset", "-1")]);
    assert_eq!((data.offset, kinds.as_slice()), (u64::MAX, &[Fault::Impossible][..]));
    // Data in both places, and a location that is not declared to count.
    let both = external("w", &[("location", "a")]).bytes(9, &[0; 8]);
    assert_eq!(faults(Graph::new().tensor(both)), [Fault::Contradiction]);
    let idle = tensor("w", 1, &[2], &[0; 8]).message(13, &entry("location", "../x"));
    let parsed = read(&Model::of(Graph::new().tensor(idle)).build());
    assert_eq!(parsed.reading.irregularities[0].kind, Fault::Unusual);
    assert_eq!(facts(&parsed).graph.external[0].location, "../x");
    let many = vec![("location", "a"); 40];
    assert!(one(&many).1.contains(&Fault::Malformed));
}

#[test]
fn what_is_there_twice_is_seen() {
    let graph = || Graph::new().node(node("", "Relu", &["x"], &["y"]));
    let twice = graph().tensor(tensor("w", 1, &[1], &[0; 4])).tensor(tensor("w", 1, &[1], &[1; 4]));
    assert_eq!(faults(twice), [Fault::Duplicate]);
    assert_eq!(
        faults(Graph::new().node(node("", "Relu", &[], &[]).int("a", 1).int("a", 2))),
        [Fault::Duplicate]
    );
    let body = function("l", "F", &[]);
    for model in [
        Model::of(graph()).function(&body).function(&body),
        Model::of(graph()).metadata("a", "b").metadata("a", "c"),
        Model::of(graph()).import("", 18),
        Model::of(graph()).raw(Proto::new().text(2, "other")),
    ] {
        assert_eq!(kinds(&model.build()), [Fault::Duplicate], "{model:?}");
    }
    let two = Proto::new().text(1, "a").int(3, 1).bytes(4, b"x").int(20, 2);
    assert_eq!(faults(Graph::new().node(node("", "Relu", &[], &[]).attribute(&two))), [Fault::Contradiction]);
}

#[test]
fn texts_and_bytes_that_hide_something_are_children() {
    let pickle = b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.";
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pickle);
    let graph = Graph::new()
        .node(node("", "A", &[], &[]).bytes("blob", pickle))
        .node(node("", "B", &[], &[]).bytes("packed", encoded.as_bytes()))
        .node(node("", "C", &[], &[]).bytes("raw", &[0xff; 100]))
        .node(node("", "D", &[], &[]).bytes("plain", b"a text of some length"))
        .node(node("", "E", &[], &[]).tensor("t", &tensor("", 2, &[21], pickle)))
        .node(node("", "F", &[], &[]).bytes("code", b"import os\nos.system('true')\n"));
    let model = Model::of(graph)
        .metadata("x", "cos\nsystem\n(Vecho inert\ntR.")
        .raw(Proto::new().bytes(99, b"hidden"));
    let parsed = read(&model.build());
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    let expected = ["blob", "packed (base64)", "raw", "tensor t", "code", "x", "ModelProto.99", "texts"];
    assert_eq!(names, expected);
    assert_eq!(
        (facts(&parsed).graph.unknown[0].number, facts(&parsed).graph.unknown[0].message),
        (99, "ModelProto")
    );
    assert_eq!(parsed.reading.irregularities, []);
}

#[test]
fn bytes_that_look_like_a_file_by_chance_are_numbers() {
    let inspect = |data: &[u8]| {
        let model = Model::of(Graph::new().tensor(tensor("w", 2, &[data.len() as u64], data))).build();
        crate::inspect::inspect("m.onnx", &Memory::shared(model), &Budget::default())
    };
    // The beginning of a zlib stream, of a pickle that does nothing, and of one that is cut.
    for chance in [b"\x78\x9c".as_slice(), b"\x80\x04}.", b"\x80\x04\x95"] {
        let node = inspect(&[chance, &[0xa5; 60]].concat());
        let quiet =
            |node: &Node| node.gaps.is_empty() && node.readings.is_empty() && node.unexplained.is_empty();
        assert!(node.children.iter().all(quiet), "{chance:?}: {:?}", node.children);
        assert!(node.gaps.is_empty());
    }
    let broken = crate::build::zip::Archive {
        entries: Some(900),
        ..crate::build::zip::Archive::of([crate::build::zip::Member::stored(
            "a",
            b"cos\nsystem\n(Vecho inert\ntR.",
        )])
    };
    let node = inspect(&broken.build());
    assert!(node.children.iter().any(|child| !child.readings.is_empty()), "what does something stays");
}

#[test]
fn ten_thousand_doc_strings_are_a_few_children() {
    let doc = |index: usize| format!("node {index}: {}", "a line of a stack trace ".repeat(10));
    let graph = (0..10_000)
        .fold(Graph::new(), |graph, index| graph.node(node("", "Relu", &["x"], &["y"]).doc(&doc(index))));
    let parsed = read(&Model::of(graph).build());
    assert_eq!((parsed.gaps.len(), parsed.reading.irregularities.len()), (0, 0));
    assert!((2..5).contains(&parsed.children.len()), "{}", parsed.children.len());
}

#[test]
fn names_that_differ_behind_the_cut_and_numbers_of_too_many_bits() {
    let name = |end: &str| format!("{}{end}", "a".repeat(600));
    let graph = Graph::new().node(node("l", &name("x"), &["x"], &["y"]));
    let model = Model::of(graph).import("l", 1).function(&function(
        "l",
        &name("y"),
        &[node("", "Relu", &["x"], &["y"])],
    ));
    let parsed = read(&model.build());
    let facts = facts(&parsed);
    let used = facts.graph.operators.iter().find(|used| used.function.is_none()).unwrap();
    assert_ne!(used.name, facts.graph.functions[0].name);
    let wide = Proto::new().packed(1, &[2]).int(2, 1 << 32 | 1).text(8, "w").bytes(9, &[0; 8]);
    assert_eq!(faults(Graph::new().tensor(wide)), []);
    let elsewhere = Proto::new()
        .packed(1, &[2])
        .int(2, 1)
        .text(8, "w")
        .message(13, &entry("location", "w"))
        .int(14, 1 << 32 | 1);
    assert_eq!(faults(Graph::new().tensor(elsewhere)), []);
}

#[test]
fn a_model_that_is_not_whole_says_so() {
    assert_eq!(kinds(b""), [Fault::Malformed, Fault::Truncated, Fault::Truncated]);
    assert_eq!(kinds(&Proto::new().int(1, 8).build()), [Fault::Truncated; 2]);
    let graphs = (0..18)
        .fold(Graph::new(), |inner, _| Graph::new().node(node("", "Loop", &[], &[]).graph("body", &inner)));
    assert_eq!(faults(graphs), [Fault::Unusual]);
}

#[test]
fn bounds_are_gaps() {
    let limits = crate::bounded::Limits { facts: 10, ..crate::bounded::Limits::default() };
    let budget = Budget::new(std::sync::Arc::new(limits));
    let graph =
        (0..20).fold(Graph::new(), |graph, index| graph.node(node("", &format!("Op{index}"), &[], &[])));
    let parsed = parse(&Memory::shared(Model::of(graph).build()), "m", &budget);
    assert_eq!(parsed.gaps.len(), 1);
    assert!(matches!(parsed.gaps[0].reason, GapReason::Limit(_)));
    let limits = crate::bounded::Limits { steps: 4096, ..crate::bounded::Limits::default() };
    let budget = Budget::new(std::sync::Arc::new(limits));
    let graph = (0..5_000).fold(Graph::new(), |graph, _| graph.node(node("", "Relu", &["x"], &["y"])));
    let parsed = parse(&Memory::shared(Model::of(graph).build()), "m", &budget);
    assert!(matches!(parsed.gaps[0].reason, GapReason::Limit(_)));
}

#[test]
fn the_probe_goes_by_structure() {
    let certain = |bytes: &[u8]| {
        let found = identify("x", &Memory::shared(bytes.to_vec()));
        found.iter().any(|found| found.format == Format::Onnx && found.strength == Strength::Certain)
    };
    let graph = Proto::new().message(1, &Proto::new().text(1, "x").text(4, "Relu")).text(2, "g");
    let import = Proto::new().text(1, "").int(2, 17);
    assert!(certain(&benign().build()));
    // Any order, and unknown fields among the known.
    assert!(certain(&Proto::new().message(7, &graph).message(8, &import).int(1, 8).build()));
    assert!(certain(&Proto::new().bytes(999, &[7; 50]).int(1, 8).message(7, &graph).build()));
    let crowd =
        (0..500).fold(Proto::new(), |model, index| model.message(14, &entry(&format!("key {index}"), "v")));
    assert!(certain(&crowd.message(7, &graph).int(1, 8).message(8, &import).build()));
    let group = Proto::new().tag(40, 3).bytes(1, b"x").tag(40, 4);
    assert!(certain(&group.int(1, 8).message(7, &graph).build()));
    // Other protocol buffers, text, pickles, zeros.
    let tensorflow = Proto::new()
        .message(1, &Proto::new().text(1, "x").text(2, "Const"))
        .message(1, &Proto::new().text(1, "y").text(2, "Add"));
    let saved = Proto::new().int(1, 1).message(2, &Proto::new().message(1, &Proto::new().text(4, "ab")));
    for other in [
        tensorflow.build(),
        saved.build(),
        b":\x20 this is a list, and more text".to_vec(),
        vec![0; 64],
        b"\x80\x04}.".to_vec(),
    ] {
        assert!(!certain(&other), "{other:?}");
    }
    // A name alone makes it worth a try when it is a message at all.
    let named = |bytes: &[u8]| identify("m.onnx", &Memory::shared(bytes.to_vec()))[0].format;
    assert_eq!(named(&Proto::new().int(1, 8).text(2, "pytorch").build()), Format::Onnx);
    assert_eq!(named(&[0xff; 40]), Format::Unknown);
}

#[test]
fn a_cut_model_is_never_clean_before_its_operator_sets() {
    let file = benign().build();
    let imports = file.windows(5).position(|bytes| bytes == b"local").unwrap();
    let mut whole = Vec::new();
    for cut in 0..file.len() {
        let parsed = read(&file[..cut]);
        if parsed.reading.irregularities.is_empty() && parsed.gaps.is_empty() {
            whole.push(cut);
        }
    }
    // Between two entries a shorter model ends, which is one: nothing in the format tells.
    assert!(whole.len() <= 3 && whole.iter().all(|cut| *cut > imports), "{whole:?} of {}", file.len());
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..40, damage in 0_usize..900, byte in any::<u8>()) {
        let mut file = benign().build();
        if let Some(place) = file.get_mut(damage) {
            *place = byte;
        }
        let whole = parse(&Memory::shared(file.clone()), "m", &Budget::default());
        let short = parse(&Short::shared(&file, most), "m", &Budget::default());
        prop_assert_eq!(format!("{whole:?}"), format!("{short:?}"));
    }
}
