//! Texts that the libraries write are the messages that they write, and what no reader takes is told.

use super::*;
use crate::build::short::Short;
use crate::graph::{CodeKind, GraphFacts};
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::Node;
use crate::source::Memory;

fn formats(name: &str, text: &[u8]) -> Vec<Format> {
    identify(name, &Memory::shared(text.to_vec())).iter().map(|candidate| candidate.format).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn look(name: &str, text: &[u8]) -> Node {
    inspect(name, &Memory::shared(text.to_vec()), &Budget::default())
}

/// The message that a text is.
fn child(node: &Node, format: Format) -> &Node {
    let is = |child: &&Node| child.readings.iter().any(|reading| reading.format == format);
    node.children.iter().find(is).unwrap_or_else(|| panic!("{format:?} in {node:#?}"))
}

fn graph(node: &Node, format: Format) -> &GraphFacts {
    let child = child(node, format);
    child.readings.iter().find(|reading| reading.format == format).unwrap().facts.graph().unwrap()
}

fn silent(node: &Node) {
    assert_eq!(node.gaps, [], "{}", node.name);
    assert_eq!(node.faults, [], "{}", node.name);
    for reading in &node.readings {
        assert_eq!(reading.irregularities, [], "{} as {:?}", node.name, reading.format);
    }
    node.children.iter().for_each(silent);
}

#[test]
fn graphs_in_text_are_recognised_and_other_texts_are_not() {
    for graph in [
        "node {\n  name: \"a\"\n}\n",
        "# a\nsaved_model_schema_version: 1\nmeta_graphs {\n}\n",
        "model_checkpoint_path: \"m\"",
        "ir_version: 8\ngraph < node <> >",
        "versions { producer: 1 } # é\n",
        "backend: 'python'",
        "layer { name: 'a' type: 'ReLU' }",
        "net: \"train_val.prototxt\"\nbase_lr: 0.01\nlr_policy: \"step\"",
        "op { output: 'x' type: 'Relu' }",
    ] {
        assert!(formats("model.meta", graph.as_bytes()).contains(&Format::TextProto), "{graph}");
        let long = format!("{graph}\n{}", "#\n".repeat(20_000));
        assert!(formats("x", long.as_bytes()).contains(&Format::TextProto), "{graph}");
    }
    assert!(formats("config.pbtxt", b"name: \"x\"\n").contains(&Format::TextProto));
    for other in [
        "node is a runtime\n",
        "library: all of it\n",
        "versions: 1.2.3\n",
        "layer\n",
        "{\"node\": {}}",
        "graph: {a: b",
        "backend { x",
        "node { color: red; width: 1; }",
        "node { color",
        // Settings of another program: a text stands in quotes.
        "net: resnet\nbase_lr: 0.01\nmax_iter: 100\nstepsize: 10\nsteps: [1 2]",
        "backend: python",
        "",
    ] {
        assert!(!formats("notes.txt", other.as_bytes()).contains(&Format::TextProto), "{other}");
    }
}

/// What a graph declares, without places: entries of maps may stand in another order, and numbers in one piece.
fn declared(facts: &GraphFacts) -> Vec<String> {
    let operators =
        facts.operators.iter().map(|used| format!("{} {} {:?}", used.name, used.count, used.function));
    // Some formats name numbers by their place.
    let name = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    let tensors =
        facts.tensors.iter().map(|one| format!("{} {} {:?}", name(&one.name), one.dtype, one.shape));
    let files = facts.files.iter().map(|file| format!("{} {}", file.purpose, file.path));
    let notes = facts.metadata.iter().map(|(key, value)| format!("{key} = {value}"));
    let code = facts.code.iter().map(|code| code.name.clone());
    let functions = facts.functions.iter().map(|function| function.name.clone());
    let mut all: Vec<String> =
        operators.chain(tensors).chain(files).chain(notes).chain(code).chain(functions).collect();
    all.sort();
    all
}

#[test]
fn what_the_library_writes_in_both_forms_is_one_message() {
    for (text, wire, format) in [
        ("tensorflow/frozen.pbtxt", "tensorflow/frozen.pb", Format::GraphDef),
        ("pbtext/saved_model.pbtxt", "pbtext/saved_model.pb", Format::SavedModel),
        ("pbtext/model.onnxtxt", "pbtext/model.onnx", Format::Onnx),
    ] {
        let parse = crate::inspect::parser(format).unwrap();
        let parsed = parse(&Memory::shared(fixture(wire)), "x", &Budget::default());
        let expected = declared(parsed.reading.facts.graph().unwrap());
        assert!(!expected.is_empty(), "{text}");
        for source in [Memory::shared(fixture(text)), Short::shared(&fixture(text), 11)] {
            let node = inspect("x", &source, &Budget::default());
            silent(&node);
            assert_eq!(node.unexplained, [], "{text}");
            assert_eq!(declared(graph(&node, format)), expected, "{text}");
        }
        assert!(formats("x", &fixture(text)).contains(&Format::TextProto), "{text}");
    }
}

#[test]
fn what_is_printed_is_read_as_what_was_printed() {
    for (name, format) in [
        ("tensorflow/module/saved_model.pb", Format::SavedModel),
        ("tensorflow/checkpoint/model.ckpt-7.meta", Format::MetaGraph),
        ("tensorflow/frozen.pb", Format::GraphDef),
        ("onnx/branches.onnx", Format::Onnx),
        ("onnx/types.onnx", Format::Onnx),
        ("caffe/net.caffemodel", Format::Caffe),
        ("caffe/second.caffemodel", Format::Caffe),
        ("caffe/first.caffemodel", Format::Caffe),
        ("caffe2/predict_net.pb", Format::Caffe2),
        ("caffe2/branch_net.pb", Format::Caffe2),
        ("caffe2/init_net.pb", Format::Caffe2),
    ] {
        let text = crate::build::pbtext::text(format, &fixture(name)).unwrap();
        let node = look("x", text.as_bytes());
        silent(&node);
        let parsed =
            crate::inspect::parser(format).unwrap()(&Memory::shared(fixture(name)), "x", &Budget::default());
        assert_eq!(declared(graph(&node, format)), declared(parsed.reading.facts.graph().unwrap()), "{name}");
    }
}

#[test]
fn all_that_a_text_may_be_is_read() {
    let both = "node { name: 'a' op: 'WriteFile' } graph { node { op_type: 'PyOp' } } ir_version: 8";
    let node = look("x", both.as_bytes());
    assert_eq!(graph(&node, Format::GraphDef).operators[0].name, "WriteFile");
    let Facts::Onnx(onnx) = &child(&node, Format::Onnx).readings[0].facts else { panic!() };
    assert_eq!(onnx.graph.operators[0].name, "PyOp");
    // Fields that one of the two descriptions does not have.
    assert!(node.readings[0].irregularities.iter().all(|fault| fault.kind == Fault::Unusual));
    assert_eq!(node.readings[0].irregularities.len(), 3);
}

#[test]
fn texts_without_a_description_are_looked_at_and_are_no_gap() {
    let labels = "item {\n  name: '/m/01g317'\n  id: 1\n  display_name: \"person\"\n}\n";
    let node = look("labels.pbtxt", labels.as_bytes());
    silent(&node);
    let pickle = "\\200\\004cos\\nsystem\\n(S'touch /tmp/x'\\ntR.";
    let hidden = format!("item {{ blob: \"{pickle}\" }} other [{{ a: '{pickle}' }}]");
    let node = look("labels.pbtxt", hidden.as_bytes());
    let found = |node: &Node| node.children.iter().any(|child| child.candidates[0].format == Format::Pickle);
    assert!(found(&node), "{node:#?}");
    let hidden = format!("node {{ name: 'a' op: 'Const' unheard_of: \"{pickle}\" }}");
    assert!(found(&look("graph.pbtxt", hidden.as_bytes())));
}

#[test]
fn wide_texts_are_decoded_and_read() {
    let text = "node { name: 'a' op: 'WriteFile' }";
    let units = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for wide in [
        [b"\xff\xfe".to_vec(), units(u16::to_le_bytes)].concat(),
        [b"\xfe\xff".to_vec(), units(u16::to_be_bytes)].concat(),
        units(u16::to_le_bytes),
    ] {
        let node = look("saved_model.pbtxt", &wide);
        let decoded = child(&node, Format::TextProto);
        assert_eq!(graph(decoded, Format::GraphDef).operators[0].name, "WriteFile");
    }
}

#[test]
fn a_text_that_is_cut_is_never_clean_and_its_beginning_counts() {
    let text = "node { name: \"a\" op: \"WriteFile\" input: \"b\" } versions { producer: 1 }";
    for cut in 1..text.len() {
        let node = look("graph.pbtxt", text.get(..cut).unwrap().as_bytes());
        let whole = matches!(text.get(..cut).unwrap().trim_end().chars().last(), Some('}'))
            && text.get(..cut).unwrap().matches('{').count() == text.get(..cut).unwrap().matches('}').count();
        let gaps = node.gaps.len();
        assert_eq!(gaps == 0, whole, "{cut}: {:?}", node.gaps);
        if cut > 32 {
            assert_eq!(graph(&node, Format::GraphDef).operators[0].name, "WriteFile", "{cut}");
        }
    }
    // A graph that says nothing of versions is whole if its text is.
    silent(&look("graph.pbtxt", b"node { name: 'a' op: 'Relu' }"));
}

#[test]
fn the_state_of_checkpoints_names_files() {
    let text = "model_checkpoint_path: \"/home/me/model.ckpt-7\"\nall_model_checkpoint_paths: \"../m-1\"\n";
    let node = look("checkpoint", text.as_bytes());
    let files = &graph(&node, Format::CheckpointState).files;
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["/home/me/model.ckpt-7", "../m-1"]);
}

#[test]
fn settings_of_a_training_name_networks_and_files() {
    let text = "net: 'a.prototxt' train_net: 'b' test_net: ['c', 'd'] weights: 'e, f' snapshot_prefix: 'g/h' base_lr: 1e-3\n\
        solver_mode: GPU net_param { layers { name: 'x' type: SOFTMAX_LOSS } layers { name: 'y' type: HDF5_OUTPUT } }";
    let node = look("solver.prototxt", text.as_bytes());
    silent(&node);
    let facts = graph(&node, Format::CaffeSolver);
    let files: Vec<_> = facts.files.iter().map(|file| (file.path.as_str(), file.written)).collect();
    let read = ["a.prototxt", "b", "c", "d", "e", "f"].map(|path| (path, false));
    assert_eq!(files, [&read[..], &[("g/h", true)]].concat());
    let kinds: Vec<_> = facts.operators.iter().map(|used| used.name.as_str()).collect();
    assert_eq!(kinds, ["HDF5Output", "SoftmaxWithLoss"]);
    // Without a network it is whole, too.
    silent(&look("solver.prototxt", b"net: 'a' solver_mode: CPU"));
}

#[test]
fn settings_of_triton_name_programs_and_files() {
    let node = look("config.pbtxt", &fixture("pbtext/config.pbtxt"));
    silent(&node);
    let expected = [
        "FORCE_CPU_ONLY_INPUT_TENSORS = no",
        "labels labels.txt",
        "name = classifier",
        "platform = onnxruntime_onnx",
    ];
    assert_eq!(declared(graph(&node, Format::TritonConfig)), expected);
    let read = |text: &str| {
        let node = look("config.pbtxt", text.as_bytes());
        let facts = graph(&node, Format::TritonConfig);
        let code: Vec<_> = facts.code.iter().map(|code| (code.kind, code.name.clone())).collect();
        let files: Vec<_> = facts.files.iter().map(|file| file.path.clone()).collect();
        (code, files)
    };
    let environment = |path: &str| {
        read(&format!(
            "backend: 'python' parameters {{ value {{ string_value: '{path}' }} key: 'EXECUTION_ENV_PATH' }} parameters {{ key: 'a' }}"
        ))
    };
    assert_eq!(environment("$$TRITON_MODEL_DIRECTORY/e.tar.gz"), (vec![], vec!["e.tar.gz".to_owned()]));
    assert_eq!(environment("/tmp/e.tar.gz").1, ["/tmp/e.tar.gz"]);
    let library = |name: &str| (CodeKind::Library, name.to_owned());
    let custom = |name: &str| (CodeKind::Custom, name.to_owned());
    for (text, code) in [
        ("backend: 'python'", vec![]),
        ("backend: 'mine'", vec![custom("mine")]),
        ("backend: '../../tmp/mine'", vec![library("../../tmp/mine")]),
        ("platform: 'onnxruntime_onnx' default_model_filename: 'model.onnx'", vec![]),
        ("platform: 'custom'", vec![library("libcustom.so")]),
        ("platform: 'custom' default_model_filename: 'x'", vec![library("x")]),
        ("backend: 'mine' default_model_filename: 'x.so'", vec![custom("mine"), library("x.so")]),
        (
            "runtime: 'libtriton_onnxruntime.so' runtime: 'model.py' runtime: 'libevil.so'",
            vec![library("libevil.so")],
        ),
        ("model_operations { op_library_filename: ['libop.so'] }", vec![library("libop.so")]),
        (
            "model_repository_agents { agents [{ name: 'checksum' }, { name: 'other' }] }",
            vec![library("other")],
        ),
    ] {
        assert_eq!(read(text).0, code, "{text}");
    }
    let files = "default_model_filename: 'a' cc_model_filenames { key: '7.5' value: 'b' } output { label_filename: 'c' }\n\
        model_warmup { inputs { key: 'x' value { input_data_file: 'd' } } } sequence_batching { state { initial_state { data_file: 'e' } } }";
    let mut found = read(files).1;
    found.sort();
    assert_eq!(found, ["a", "b", "c", "d", "e"]);
}
