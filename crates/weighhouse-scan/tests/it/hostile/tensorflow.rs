//! Graphs of TensorFlow that do more than compute, reach for other files, or hide something.

use weighhouse_core::Severity;
use weighhouse_formats::build::protobuf::Proto;
use weighhouse_formats::build::tensorflow::{Node, function, graph, meta_graph, node, saved_model, text};
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::pbtext::as_texts;
use crate::attack::{Sample, assert_seen, by_folder, inspect};

fn plain() -> Proto {
    graph(&[node("x", "Placeholder", &[]).kind("dtype", 1), node("y", "Relu", &["x"]).kind("T", 1)], &[])
}

fn around(graph: &Proto) -> Proto {
    saved_model(&[meta_graph(graph)])
}

fn named(nodes: &[Node]) -> Vec<u8> {
    around(&graph(nodes, &[])).build()
}

fn sample(title: impl Into<String>, bytes: Vec<u8>) -> Sample {
    Sample::new(title, "saved_model.pb", bytes)
}

#[test]
fn operators_in_every_place() {
    let mut samples = Vec::new();
    for op in [
        "PyFunc",
        "PyFuncStateless",
        "EagerPyFunc",
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "DumpTensor",
        "SaveDatasetV2",
        "SqlDataset",
        "RpcClient",
        "DataServiceDatasetV4",
        "XlaCustomCallV2",
        "LoadLibrary",
        "ShellExecute",
        "PyCall",
        "ExecuteOp",
        "CreateSummaryFileWriter",
        "Abort",
        "DatasetToTFRecord",
        "FileSystemSetConfiguration",
        "pyfunc",
        "READFILE",
        "Py_Func",
        "LoadLibraryV2",
    ] {
        let bad = || node("p", op, &["x"]);
        let body = |name: &str, nodes: &[Node]| function(name, &["a"], nodes);
        let caller = |name: &str, callee: &str| node(name, "PartitionedCall", &["x"]).function("f", callee);
        let nested = graph(
            &[caller("c", "outer")],
            &[body("outer", &[caller("d", "inner")]), body("inner", &[bad()])],
        );
        let mut add = |place: &str, name: &str, bytes: Vec<u8>| {
            samples.push(Sample::new(format!("{op} {place}"), name, bytes));
        };
        add("in the graph", "saved_model.pb", named(&[bad()]));
        add("in a graph by itself", "model.pb", graph(&[bad()], &[]).build());
        add("in a meta graph", "model.ckpt.meta", meta_graph(&graph(&[bad()], &[])).build());
        add("under a wrong name", "weights.bin", named(&[bad()]));
        add("in a function", "saved_model.pb", around(&graph(&[], &[body("f", &[bad()])])).build());
        add("in a function of a function", "saved_model.pb", around(&nested).build());
        add(
            "in a second meta graph",
            "saved_model.pb",
            saved_model(&[meta_graph(&plain()), meta_graph(&graph(&[bad()], &[]))]).build(),
        );
        add(
            "in a second graph",
            "saved_model.pb",
            saved_model(&[meta_graph(&plain()).message(2, &graph(&[bad()], &[]))]).build(),
        );
        add(
            "without a version",
            "saved_model.pb",
            Proto::new().message(2, &meta_graph(&graph(&[bad()], &[]))).build(),
        );
        add(
            "in a graph in a text",
            "saved_model.pb",
            named(&[
                text("c", "").raw(&Proto::new()),
                node("d", "Const", &[]).attribute(
                    "value",
                    &Proto::new().message(
                        8,
                        &Proto::new()
                            .int(1, 7)
                            .bytes(8, &graph(&[bad(), node("r", "NoOp", &[])], &[]).build()),
                    ),
                ),
            ]),
        );
        add(
            "as the last of two operators",
            "saved_model.pb",
            named(&[node("p", "Relu", &[]).raw(&Proto::new().text(2, op))]),
        );
        add(
            "as the first of two operators",
            "saved_model.pb",
            named(&[bad().raw(&Proto::new().text(2, "Relu"))]),
        );
        add("cut behind", "saved_model.pb", {
            let mut bytes = named(&[bad(), text("t", &"filler ".repeat(20))]);
            bytes.truncate(bytes.len() - 40);
            bytes
        });
        add(
            "in an archive",
            "model.zip",
            Archive::of([Member::stored("m/saved_model.pb", &named(&[bad()]))]).build(),
        );
        add("with a padded tag", "saved_model.pb", {
            let tag = Proto::new().text(1, "p").raw(&[0x92, 0x80, 0x00, op.len() as u8]).raw(op.as_bytes());
            around(&Proto::new().message(1, &tag)).build()
        });
        add(
            "behind a group",
            "saved_model.pb",
            around(&Proto::new().tag(90, 3).int(1, 1).tag(90, 4).then(&graph(&[bad()], &[]))).build(),
        );
    }
    // Of an operator that is only like a dangerous one nothing but its name speaks.
    assert_seen("tensorflow", &samples);
    assert_seen("tensorflow as text", &as_texts(&samples));
}

#[test]
fn files_that_the_model_chooses() {
    let mut samples = Vec::new();
    for place in [
        "/etc/passwd",
        "../../x",
        "~/.ssh/id_rsa",
        "gs://bucket/x",
        "C:\\x",
        "file:///etc/passwd",
        "\\\\host\\x",
    ] {
        for (op, input) in [
            ("RestoreV2", 0),
            ("SaveV2", 0),
            ("MergeV2Checkpoints", 1),
            ("InitializeTableFromTextFileV2", 1),
            ("TextLineDataset", 0),
            ("TFRecordDataset", 0),
            ("CacheDataset", 1),
            ("Restore", 0),
        ] {
            let inputs: Vec<&str> = (0..3).map(|at| if at == input { "c" } else { "o" }).collect();
            samples.push(sample(
                format!("{op} of {}", place.escape_debug()),
                named(&[text("c", place), text("o", ""), node("r", op, &inputs)]),
            ));
        }
        let default = [
            text("c", place),
            node("p", "PlaceholderWithDefault", &["c"]).kind("dtype", 7),
            node("s", "SaveV2", &["p", "o", "o"]),
        ];
        samples.push(sample(format!("default of a saver {}", place.escape_debug()), named(&default)));
        let body = function("f", &["prefix"], &[node("s", "RestoreV2", &["prefix"])]);
        let called = graph(
            &[text("c", place), node("y", "StatefulPartitionedCall", &["c"]).function("f", "f")],
            &[body],
        );
        samples.push(sample(
            format!("argument of a function {}", place.escape_debug()),
            around(&called).build(),
        ));
        let asset = meta_graph(&plain())
            .message(6, &Proto::new().message(1, &Proto::new().text(1, "a:0")).text(2, place));
        samples.push(sample(format!("asset {}", place.escape_debug()), saved_model(&[asset]).build()));
    }
    for (op, key, value) in [
        ("PrintV2", "output_stream", "file:///tmp/x"),
        ("ImmutableConst", "memory_region_name", "/etc/passwd"),
        ("DecodeProtoV2", "descriptor_source", "/etc/passwd"),
    ] {
        samples.push(sample(op, named(&[node("x", op, &[]).bytes(key, value.as_bytes())])));
    }
    for url in ["grpc://example.com:1", "file:///tmp/x"] {
        samples.push(sample(
            format!("debugger {url}"),
            named(&[node("x", "DebugIdentityV3", &["y"]).texts("debug_urls", &[url])]),
        ));
    }
    assert_seen("tensorflow files", &samples);
    assert_seen("tensorflow files as text", &as_texts(&samples));
}

#[test]
fn payloads_in_every_place() {
    let bad = payload();
    let constant =
        |tensor: Proto| node("c", "Const", &[]).attribute("value", &Proto::new().message(8, &tensor));
    let collection =
        |value: &Proto| meta_graph(&plain()).message(4, &Proto::new().text(1, "hooks").message(2, value));
    let lambda = r#"{"class_name": "Lambda", "config": {"function": ["4wEAAAAAAAAAAAAAAAEAAAADAAAA", null, null], "function_type": "lambda", "module": "__main__"}}"#;
    let object = |fields: Proto| {
        saved_model(&[meta_graph(&plain()).message(7, &Proto::new().message(1, &fields))]).build()
    };
    let samples = [
        ("pickle in an attribute", named(&[node("x", "NoOp", &[]).bytes("b", &bad)])),
        (
            "pickle in a list of texts",
            named(&[constant(Proto::new().int(1, 7).bytes(8, b"a").bytes(8, &bad))]),
        ),
        (
            "pickle in a tensor of bytes",
            named(&[constant({
                let shape = Proto::new().message(2, &Proto::new().int(1, bad.len() as u64));
                Proto::new().int(1, 4).message(2, &shape).bytes(4, &bad)
            })]),
        ),
        (
            "pickle in a collection",
            saved_model(&[collection(&Proto::new().message(2, &Proto::new().bytes(1, &bad)))]).build(),
        ),
        (
            "pickle in a message of a collection",
            saved_model(&[collection(
                &Proto::new()
                    .message(5, &Proto::new().message(1, &Proto::new().text(1, "x/y").bytes(2, &bad))),
            )])
            .build(),
        ),
        (
            "pickle in a message that nobody describes",
            named(&[node("x", "NoOp", &[]).bytes(
                "config_proto",
                &Proto::new()
                    .text(1, "configuration of the session")
                    .message(2, &Proto::new().int(1, 3).bytes(7, &bad))
                    .build(),
            )]),
        ),
        ("pickle in an unknown field", around(&plain()).bytes(99, &bad).build()),
        ("pickle behind the model", [around(&plain()).build(), bad.clone()].concat()),
        (
            "pickle in metadata of an object",
            object(Proto::new().message(4, &Proto::new().text(1, "_tf_keras_layer").bytes(3, &bad))),
        ),
        (
            "lambda in metadata of an object",
            object(Proto::new().message(4, &Proto::new().text(1, "_tf_keras_layer").text(3, lambda))),
        ),
        (
            "lambda in metadata of Keras",
            Proto::new()
                .message(
                    1,
                    &Proto::new().int(2, 1).text(3, "root").text(4, "_tf_keras_layer").text(5, lambda),
                )
                .build(),
        ),
        (
            "constant of a terabyte",
            named(&[constant({
                let shape = Proto::new().message(2, &Proto::new().int(1, 1 << 40));
                Proto::new().int(1, 1).message(2, &shape).tag(5, 5).raw(&[0; 4])
            })]),
        ),
        (
            "zip behind the model",
            [around(&plain()).build(), Archive::of([Member::stored("a/data.pkl", &bad)]).build()].concat(),
        ),
    ];
    let samples: Vec<Sample> = samples.into_iter().map(|(title, bytes)| sample(title, bytes)).collect();
    assert_seen("tensorflow payloads", &samples);
    assert_seen("tensorflow payloads as text", &as_texts(&samples));
}

/// What is not dangerous in itself must still never pass as if nothing were there.
#[test]
fn what_cannot_be_judged_is_at_least_medium() {
    let noise: Vec<u8> = (0..997_u32).map(|i| (i * i % 251) as u8 ^ 0xa5).collect();
    let samples = [
        ("custom operator", named(&[node("x", "MyCompanyDecode", &[])])),
        ("compiled program", named(&[node("x", "TRTEngineOp", &[])])),
        ("random bytes in an attribute", named(&[node("x", "NoOp", &[]).bytes("b", &noise)])),
        ("unknown field", around(&plain()).int(99, 1).build()),
        (
            "data set from files",
            named(&[node("x", "TextLineDataset", &["p"]), node("p", "Placeholder", &[])]),
        ),
    ];
    let inspection =
        inspect(samples.iter().map(|(title, bytes)| (format!("{title}/saved_model.pb"), bytes.clone())));
    let seen = by_folder(&inspection);
    for (title, _) in &samples {
        assert!(
            seen.get(*title).is_some_and(|seen| seen.worst >= Some(Severity::Medium)),
            "{title}: {seen:#?}"
        );
    }
}
