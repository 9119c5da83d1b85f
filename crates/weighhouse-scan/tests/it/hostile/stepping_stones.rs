//! Names that are listed, made to run what is not: by what they unpickle, by attributes that the loader looks up on the
//! object itself, by conversions that call methods of their argument, and by calls hidden among many like them.

use weighhouse_formats::build::pickle::Assembler;

use super::containers::payload;
use crate::attack::{Sample, assert_seen};

fn samples(made: Vec<(String, Vec<u8>)>) -> Vec<Sample> {
    made.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect()
}

/// Opcodes that leave nothing behind: a pickle may begin with any of them.
const IDLE: &[(&str, &[u8])] = &[
    ("nothing", b""),
    ("NONE", b"N0"),
    ("INT", b"I1\n0"),
    ("FLOAT", b"F1.5\n0"),
    ("LONG", b"L1L\n0"),
    ("STRING", b"S'x'\n0"),
    ("UNICODE", b"Vx\n0"),
    ("PERSID", b"Pabc\n0"),
    ("BININT1", b"K\x010"),
    ("NEWTRUE", b"\x880"),
    ("EMPTY_SET", b"\x8f0"),
    ("PUT", b"Np0\n0"),
    ("PROTO 0", b"\x80\x00"),
    ("bytes", b"C\x01a0"),
    ("a mark", b"(1"),
];

#[test]
fn what_is_unpickled_is_read_whatever_it_begins_with() {
    let mut made = Vec::new();
    for (what, idle) in IDLE {
        let inner = [*idle, b"cos\nsystem\n(S'id'\ntR."].concat();
        for protocol in [3, 4] {
            let at = || Assembler::new(protocol);
            let load =
                at().import("torch.storage", "_load_from_bytes").bytes(&inner).tuple1().reduce_opcode();
            made.push((format!("unpickled, after {what}"), load.finish()));
            made.push((format!("a value, after {what}"), at().bytes(&inner).finish()));
            let rebuilt = at()
                .import("torch._tensor", "_rebuild_from_type_v2")
                .mark()
                .import("torch.storage", "_load_from_bytes")
                .import("torch", "Tensor")
                .bytes(&inner)
                .tuple1()
                .none()
                .tuple()
                .reduce_opcode();
            made.push((format!("by a rebuilder, after {what}"), rebuilt.finish()));
        }
        let text: String = inner.iter().map(|byte| char::from(*byte)).collect();
        let old = Assembler::new(2).global("torch.storage", "_load_from_bytes").global("_codecs", "encode");
        let old = old.text(&text).text("latin1").tuple2().reduce_opcode().tuple1().reduce_opcode();
        made.push((format!("written as text, after {what}"), old.finish()));
    }
    assert_seen("unpickled", &samples(made));
}

#[test]
fn bytes_that_are_unpickled_and_cannot_be_followed() {
    let mut made = Vec::new();
    for codec in ["utf-8", "utf-16", "utf-32", "raw_unicode_escape", "latin1", "ascii"] {
        // A character that no byte stands for: each encoding makes something else of it.
        let text = "cos\nsystem\n(S'id #\u{100}'\ntR.";
        let stream =
            Assembler::new(2).global("torch.storage", "_load_from_bytes").global("_codecs", "encode");
        let stream = stream.text(text).text(codec).tuple2().reduce_opcode().tuple1().reduce_opcode();
        made.push((format!("text in {codec}"), stream.finish()));
    }
    let mut many = Assembler::new(4);
    for number in 0..300 {
        let harmless = Assembler::new(2).int(number).finish();
        many =
            many.import("torch.storage", "_load_from_bytes").bytes(&harmless).tuple1().reduce_opcode().pop();
    }
    let many = many.import("torch.storage", "_load_from_bytes").bytes(&payload()).tuple1().reduce_opcode();
    made.push(("behind many harmless ones".to_owned(), many.finish()));
    assert_seen("followed", &samples(made));
}

#[test]
fn an_odd_call_among_many_like_it() {
    let mut codecs = Assembler::new(2);
    for number in 0..300 {
        codecs = codecs.reduce("_codecs", "encode", &[&format!("x{number}"), "latin1"]).pop();
    }
    let mut lengths = Assembler::new(2);
    for number in 0..300 {
        lengths = lengths.global("__builtin__", "bytearray").int(number).tuple1().reduce_opcode().pop();
    }
    let made = vec![
        ("a codec".to_owned(), codecs.reduce("_codecs", "encode", &["YQ==", "base64_codec"]).finish()),
        (
            "a length".to_owned(),
            lengths.global("__builtin__", "bytearray").int(i32::MAX).tuple1().reduce_opcode().finish(),
        ),
    ];
    assert_seen("among many", &samples(made));
}

#[test]
fn attributes_that_the_loader_calls() {
    type Fill = fn(Assembler) -> Assembler;
    const FILLS: &[(&str, &str, Fill)] = &[
        ("BUILD", "__setstate__", |a| a.text("cpu").build()),
        ("APPEND", "append", |a| a.text("cpu").append()),
        ("APPENDS", "extend", |a| a.mark().text("cpu").appends()),
        ("ADDITEMS", "add", |a| a.mark().text("cpu").additems()),
    ];
    const OBJECTS: &[(&str, &str)] =
        &[("collections", "OrderedDict"), ("types", "SimpleNamespace"), ("argparse", "Namespace")];
    let mut made = Vec::new();
    for (opcode, attribute, fill) in FILLS {
        for (module, name) in OBJECTS {
            for protocol in [0, 2, 4] {
                let object = Assembler::new(protocol).import(module, name).mark().tuple().reduce_opcode();
                let state = object.mark().text(attribute).import("torch", "device").raw(b"d").build();
                made.push((format!("{opcode} on {module}.{name}, {protocol}"), fill(state).finish()));
            }
        }
    }
    let class = |a: Assembler| a.text("__class__").import("collections", "Counter");
    let object = || Assembler::new(4).import("collections", "OrderedDict").empty_tuple().reduce_opcode();
    made.push((
        "another class by slots".to_owned(),
        class(object().none().empty_dict()).setitem().tuple2().build().finish(),
    ));
    made.push(("another class by a pair".to_owned(), {
        let pair = class(object().import("builtins", "dict").empty_list()).tuple2().append();
        pair.tuple1().reduce_opcode().build().finish()
    }));
    let namespace = Assembler::new(4).import("types", "SimpleNamespace").empty_tuple().reduce_opcode();
    let namespace = namespace.empty_dict().text("append").import("torch", "device").setitem().build();
    let list = |inner: Assembler| {
        let wrapped = inner.raw(b"q\x010").import("collections", "UserList").empty_tuple().reduce_opcode();
        wrapped.empty_dict().text("data").raw(b"h\x01").setitem().build().text("cpu").append().finish()
    };
    made.push(("an element for a list whose data is an object".to_owned(), list(namespace)));
    assert_seen("attributes", &samples(made));
}

#[test]
fn conversions_of_objects() {
    let mut made = Vec::new();
    let types = [
        "str",
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "bytes",
        "bytearray",
        "float",
        "int",
        "bool",
        "type",
    ];
    for name in types {
        for (how, call) in [
            ("REDUCE", Assembler::reduce_opcode as fn(Assembler) -> Assembler),
            ("NEWOBJ", Assembler::newobj),
        ] {
            let object = Assembler::new(2).global("__builtin__", name).global("argparse", "Namespace");
            made.push((
                format!("{how} of {name}"),
                call(object.empty_tuple().reduce_opcode().tuple1()).finish(),
            ));
        }
    }
    for name in ["float64", "void", "str_", "object_"] {
        let object = Assembler::new(2).global("numpy", name).global("types", "SimpleNamespace");
        made.push((
            format!("numpy.{name}"),
            object.empty_tuple().reduce_opcode().tuple1().reduce_opcode().finish(),
        ));
    }
    let of_instance = Assembler::new(2).global("collections", "OrderedDict").empty_tuple().reduce_opcode();
    made.push(("NEWOBJ of an instance".to_owned(), of_instance.empty_tuple().newobj().finish()));
    assert_seen("conversions", &samples(made));
}

#[test]
fn packages_that_nobody_knows() {
    const CALLS: &[(&str, &str, &str)] = &[
        ("acme", "run", "id"),
        ("acme.io", "load_model", "x"),
        ("acme.io", "loadModel", "x"),
        ("acme.web", "fetch", "x"),
        ("acme.text", "translate", "id"),
        ("acme.files", "Reader", "/etc/passwd"),
        ("acme.files", "Reader", "https://example.org/x"),
        ("acme.files", "Engine", "C:\\x.dll"),
        ("acme.code", "Expression", "__import__('os').system('id')"),
    ];
    let made = CALLS.iter().flat_map(|(module, name, text)| {
        [0, 2, 4].map(|protocol| {
            (
                format!("{module}.{name}({text})"),
                Assembler::new(protocol).reduce(module, name, &[text]).finish(),
            )
        })
    });
    assert_seen("unknown packages", &samples(made.collect()));
}

#[test]
fn a_stream_cut_within_its_call_under_any_name() {
    let cut = Assembler::new(0).import("os", "system").mark().text("id").truncated_after();
    let names = [
        "a.txt",
        "a.json",
        "x.png",
        "weights.safetensors",
        "m.gguf",
        "m.onnx",
        "README.md",
        "m",
        "a.csv",
        "x.zip",
    ];
    let samples: Vec<Sample> = names.iter().map(|name| Sample::new("cut", *name, cut.clone())).collect();
    assert_seen("cut", &samples);
}
