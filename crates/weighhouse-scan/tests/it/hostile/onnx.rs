//! ONNX models that do more than compute, reach for other files, or hide something.

use std::collections::BTreeMap;

use weighhouse_core::Severity;
use weighhouse_formats::build::onnx::{Graph, Model, Node, entry, external, function, node, tensor};
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::pbtext::as_texts;
use crate::attack::{Sample, assert_seen, by_folder, inspect};

fn relu() -> Graph {
    Graph::new().node(node("", "Relu", &["x"], &["y"]))
}

fn python() -> Node {
    node("com.example", "PyOp", &["x"], &["y"]).bytes("module", b"payload").bytes("class_name", b"Payload")
}

fn outside(location: &str) -> Vec<u8> {
    Model::of(relu().tensor(external("w", &[("location", location)]))).build()
}

#[test]
fn operators_and_places() {
    let attribute = |graph: &Graph| node("", "Loop", &["n"], &["y"]).graph("body", graph);
    let nested = (0..20).fold(Graph::new().node(python()), |inner, _| Graph::new().node(attribute(&inner)));
    let training = Proto::new()
        .message(1, &Proto::new().message(1, &Proto::new().text(4, "PythonOp").text(7, "com.microsoft")));
    let hidden_group = Proto::new().tag(40, 3).bytes(1, &payload()).tag(40, 4);
    let mut samples: Vec<(String, Vec<u8>)> = vec![
        ("python operator", Model::of(Graph::new().node(python())).build()),
        (
            "operator of a domain that nobody knows",
            Model::of(Graph::new().node(node("com.example", "Decode", &["x"], &["y"]))).build(),
        ),
        ("a program behind", [Model::of(relu()).build(), super::programs::elf()].concat()),
        ("what is no field behind", [Model::of(relu()).build(), b"\x7f\x7f\x7fpayload".to_vec()].concat()),
        (
            "python operator in a branch",
            Model::of(Graph::new().node(attribute(&Graph::new().node(python())))).build(),
        ),
        ("python operator twenty graphs deep", Model::of(nested).build()),
        (
            "python operator in a list of graphs",
            Model::of(Graph::new().node(node("", "Choose", &[], &[]).attribute(&{
                let graph = Proto::new().message(1, &Proto::new().text(4, "PyOp"));
                Proto::new().text(1, "branches").message(11, &graph)
            })))
            .build(),
        ),
        (
            "python operator in a function",
            Model::of(relu()).function(&function("l", "F", &[python()])).build(),
        ),
        ("python operator in training", Model::of(relu()).raw(Proto::new().message(20, &training)).build()),
        (
            "python operator in a second graph",
            Model::of(relu())
                .raw(Proto::new().message(7, &Proto::new().message(1, &Proto::new().text(4, "PyOp"))))
                .build(),
        ),
        (
            "python operator as the last of two names",
            Model::of(
                Graph::new().raw(Proto::new().message(1, &Proto::new().text(4, "Relu").text(4, "PyOp"))),
            )
            .build(),
        ),
        (
            "a name twice, harmless last",
            Model::of(
                Graph::new().raw(Proto::new().message(1, &Proto::new().text(4, "PyOp").text(4, "Relu"))),
            )
            .build(),
        ),
        (
            "python operator with a padded tag",
            Model::of(
                Graph::new()
                    .raw(Proto::new().message(1, &Proto::new().raw(&[0xa2, 0x80, 0x00]).raw(b"\x04PyOp"))),
            )
            .build(),
        ),
        ("python operator behind a group", {
            let group = Proto::new().tag(40, 3).int(1, 1).tag(40, 4).build();
            [group, Model::of(Graph::new().node(python())).build()].concat()
        }),
        (
            "pytorch operator by name",
            Model::of(Graph::new().node(node("org.pytorch.aten", "ATen", &[], &[]))).build(),
        ),
        (
            "operator that opens files",
            Model::of(Graph::new().node(node("ai.onnx.contrib", "ImageReader", &[], &[]))).build(),
        ),
        (
            "the same under the other name",
            Model::of(Graph::new().node(node("com.microsoft.extensions", "ImageReader", &[], &[]))).build(),
        ),
        (
            "function that uses itself",
            Model::of(relu()).function(&function("l", "F", &[node("l", "F", &[], &[])])).build(),
        ),
        (
            "initialiser twice",
            Model::of(relu().tensor(tensor("w", 1, &[1], &[0; 4])).tensor(tensor("w", 1, &[1], &[1; 4])))
                .build(),
        ),
        ("tensor of another size", Model::of(relu().tensor(tensor("w", 1, &[1], &payload()))).build()),
        (
            "tensor in two places",
            Model::of(relu().tensor(external("w", &[("location", "w")]).bytes(9, &[0; 8]))).build(),
        ),
        (
            "pickle in bytes of a tensor",
            Model::of(relu().tensor(tensor("w", 2, &[payload().len() as u64], &payload()))).build(),
        ),
        (
            "pickle in an attribute",
            Model::of(Graph::new().node(node("", "Relu", &[], &[]).bytes("blob", &payload()))).build(),
        ),
        ("pickle in an unknown field", Model::of(relu()).raw(Proto::new().bytes(999, &payload())).build()),
        (
            "pickle in a reserved field of a graph",
            Model::of(relu().raw(Proto::new().bytes(9, &payload()))).build(),
        ),
        ("pickle in a group", Model::of(relu()).raw(hidden_group).build()),
        ("pickle in place of a number", Model::of(relu()).raw(Proto::new().bytes(5, &payload())).build()),
        ("pickle behind the model", [Model::of(relu()).build(), payload()].concat()),
        (
            "pickle in metadata of a node",
            Model::of(Graph::new().raw(Proto::new().message(1, &{
                Proto::new().text(4, "Relu").message(9, &entry("note", "cos\nsystem\n(Vecho inert\ntR."))
            })))
            .build(),
        ),
        ("pickle in a text of a tensor", {
            let texts = Proto::new()
                .packed(1, &[1])
                .int(2, 8)
                .text(8, "t")
                .bytes(6, b"cos\nsystem\n(Vecho inert\ntR.");
            Model::of(relu().tensor(texts)).build()
        }),
        (
            "zip behind the model",
            [Model::of(relu()).build(), Archive::of([Member::stored("a/data.pkl", &payload())]).build()]
                .concat(),
        ),
    ]
    .into_iter()
    .map(|(title, bytes)| (title.to_owned(), bytes))
    .collect();
    for location in [
        "../w",
        "/etc/passwd",
        "a/../../w",
        "..\\w",
        "C:\\w",
        "\\\\host\\w",
        "file:///w",
        "*/_ORT_MEM_ADDR_/*",
        "w\0x",
    ] {
        samples.push((format!("data from {}", location.escape_debug()), outside(location)));
    }
    let in_attribute =
        node("", "Constant", &[], &["c"]).tensor("value", &external("", &[("location", "../w")]));
    samples.push((
        "data of a constant from elsewhere".to_owned(),
        Model::of(Graph::new().node(in_attribute)).build(),
    ));
    let all: Vec<Sample> =
        samples.into_iter().map(|(title, bytes)| Sample::new(title, "model.onnx", bytes)).collect();
    assert_seen("onnx", &all);
    assert_seen("onnx as text", &as_texts(&all));
}

/// What is not dangerous in itself must still never pass as if nothing were there.
#[test]
fn what_cannot_be_judged_is_at_least_medium() {
    let samples: Vec<(&str, Vec<u8>)> = vec![
        (
            "custom domain of a known library",
            Model::of(Graph::new().node(node("mmdeploy", "Decode", &[], &[]))).build(),
        ),
        ("unknown operator", Model::of(Graph::new().node(node("", "Decode", &[], &[]))).build()),
        (
            "compiled program",
            Model::of(Graph::new().node(node("com.microsoft", "EPContext", &[], &[]))).build(),
        ),
        (
            "random bytes in an attribute",
            Model::of(Graph::new().node(node("", "Relu", &[], &[]).bytes("b", &noise()))).build(),
        ),
        ("unknown field", Model::of(relu()).raw(Proto::new().int(99, 1)).build()),
        (
            "function in place of an operator",
            Model::of(relu()).function(&function("", "Relu", &[node("", "Neg", &[], &[])])).build(),
        ),
        (
            "data that is not there",
            Model::of(relu().tensor(external("w", &[("location", "w.data")]))).build(),
        ),
        ("flatbuffer of onnxruntime", [b"\x10\0\0\0ORTM".as_slice(), &noise()].concat()),
        ("deep messages", {
            let deep = (0..200)
                .fold(Proto::new(), |inner, _| Proto::new().message(4, &Proto::new().message(1, &inner)));
            let info = Proto::new().text(1, "x").message(2, &deep);
            Model::of(relu().raw(Proto::new().message(11, &info))).build()
        }),
    ];
    let files = samples.iter().map(|(title, bytes)| (format!("{title}/model.onnx"), bytes.clone()));
    let inspection = inspect(files);
    let seen = by_folder(&inspection);
    for (title, _) in &samples {
        assert!(
            seen.get(*title).is_some_and(|seen| seen.worst >= Some(Severity::Medium)),
            "{title}: {seen:#?}"
        );
    }
}

fn noise() -> Vec<u8> {
    (0..997_u32).map(|i| (i * i % 251) as u8 ^ 0xa5).collect()
}

/// Gaps of some files, by path and members.
fn gaps(files: &[(&str, Vec<u8>)]) -> BTreeMap<String, Vec<String>> {
    let inspection = inspect(files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())));
    let mut gaps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for gap in &inspection.gaps {
        let detail = format!("{} {:?} {}", gap.reason, gap.location.bytes, gap.detail);
        gaps.entry(
            [std::slice::from_ref(&gap.location.file), gap.location.members.as_slice()].concat().join("!"),
        )
        .or_default()
        .push(detail);
    }
    let findings = inspection.findings.iter().filter(|finding| finding.rule.id == "WH-INP-001").count();
    assert_eq!(findings, inspection.gaps.len(), "a gap and the finding that stands for it go together");
    gaps
}

fn two_tensors(first: &[(&str, &str)], second: &[(&str, &str)]) -> Vec<u8> {
    Model::of(relu().tensor(external("a", first)).tensor(external("b", second))).build()
}

#[test]
fn files_of_tensor_data_are_explained_by_the_model_that_refers_to_them() {
    let data = [noise()[..8].to_vec(), vec![0; 56], noise()[8..16].to_vec()].concat();
    let model =
        two_tensors(&[("location", "w.data")], &[("location", "w.data"), ("offset", "64"), ("length", "8")]);
    assert_eq!(gaps(&[("m/model.onnx", model.clone()), ("m/w.data", data.clone())]), BTreeMap::new());
    // Beside another model it is explained by nobody.
    assert_eq!(gaps(&[("model.onnx", model.clone()), ("m/w.data", data.clone())]).len(), 2);
    // What lies between, if it is no padding, and what lies behind.
    let mut odd = [data.clone(), noise()[..20].to_vec()].concat();
    odd[20] = 7;
    let found = gaps(&[("m/model.onnx", model.clone()), ("m/w.data", odd)]);
    let expected = [
        "unknown-format Some((8, 64)) 56 bytes that no tensor of a model refers to",
        "unknown-format Some((72, 92)) 20 bytes that no tensor of a model refers to",
    ];
    assert_eq!(found, BTreeMap::from([("m/w.data".to_owned(), expected.map(str::to_owned).to_vec())]));
    // A file that is not there is one gap, however many tensors lie in it.
    let found = gaps(&[("m/model.onnx", model.clone())]);
    assert_eq!(found["m/model.onnx"].len(), 1);
    assert!(
        found["m/model.onnx"][0].ends_with("the external data `w.data` is not among the files inspected")
    );
    // Members of an archive explain each other; of two with one name nobody knows which is meant.
    let plain = [noise()[..8].to_vec(), noise()[8..16].to_vec()].concat();
    let inner = two_tensors(&[("location", "w.data")], &[("location", "w.data"), ("offset", "8")]);
    let zip = |times: usize| {
        let mut members = vec![Member::stored("d/model.onnx", &inner)];
        members.extend(vec![Member::stored("d/w.data", &plain); times]);
        Archive::of(members).build()
    };
    assert_eq!(gaps(&[("model.zip", zip(1))]), BTreeMap::new());
    assert!(gaps(&[("model.zip", zip(2))]).keys().any(|place| place.ends_with("w.data")));
}

#[test]
fn a_pickle_in_a_file_of_tensor_data_stays_one() {
    let bad = payload();
    let model = Model::of(relu().tensor({
        let tensor = Proto::new().packed(1, &[bad.len() as u64]).int(2, 2).text(8, "w");
        tensor.message(13, &entry("location", "w.data")).int(14, 1)
    }));
    let inspection = inspect([("model.onnx".to_owned(), model.build()), ("w.data".to_owned(), bad)]);
    assert!(inspection.findings.iter().any(|finding| finding.severity == Severity::Critical));
}
