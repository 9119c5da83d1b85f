//! Class 15: a payload in a literal, in every encoding, handed to functions that unpickle and to those that do not.

use base64::Engine as _;
use weighhouse_formats::build::pickle::Assembler;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, npy, tar};

use super::containers::payload;
use crate::attack::{Sample, assert_seen};

fn encodings(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let hex: String = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect();
    let standard = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: String =
        standard.as_bytes().chunks(20).flat_map(|line| [line, b"\n"].concat()).map(char::from).collect();
    vec![
        ("base64", standard),
        ("base64 in lines", lines),
        ("url-safe base64", base64::engine::general_purpose::URL_SAFE.encode(bytes)),
        ("base64 without padding", base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)),
        ("upper-case hex", hex.to_uppercase()),
        ("hex", hex),
        ("latin-1", bytes.iter().map(|byte| char::from(*byte)).collect()),
    ]
}

/// A long enough payload that its encoding cannot be a word.
fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let bad = Assembler::new(2).reduce("os", "system", &["echo inert inert inert"]).finish();
    vec![
        (
            "pickle 4",
            Assembler::new(4).frame(52).reduce("os", "system", &["echo inert inert inert"]).finish(),
        ),
        ("pickle 0", Assembler::new(0).reduce("os", "system", &["echo inert inert inert"]).finish()),
        ("zlib", compress::zlib(&bad)),
        ("gzip", compress::gzip(&bad)),
        ("bz2", compress::bzip2(&bad)),
        ("xz", compress::xz(&bad)),
        ("lz4", compress::lz4(&bad)),
        ("zip", Archive::of([Member::deflated("a/data.pkl", &bad)]).build()),
        ("zlib of zlib", compress::zlib(&compress::zlib(&bad))),
        ("array", npy::array("'|O'", "(1,)", &bad)),
        ("tar in gzip", compress::gzip(&tar::archive(&[tar::file("x", &bad)]))),
        ("pickle 2", bad),
    ]
}

#[test]
fn payloads_in_literals() {
    let mut samples = Vec::new();
    for (what, content) in payloads() {
        for protocol in [2, 3, 4, 5] {
            let at = || Assembler::new(protocol);
            let mut add = |how: &str, bytes: Vec<u8>| {
                samples.push(Sample::new(format!("{what} {how}, protocol {protocol}"), "model.pkl", bytes));
            };
            add(
                "as bytes in a dictionary",
                at().empty_dict().text("weights").bytes(&content).setitem().finish(),
            );
            add("as bytes alone", at().bytes(&content).finish());
            add(
                "as state",
                at().import("collections", "OrderedDict")
                    .empty_tuple()
                    .reduce_opcode()
                    .bytes(&content)
                    .build()
                    .finish(),
            );
            add(
                "to _load_from_bytes",
                at().import("torch.storage", "_load_from_bytes")
                    .bytes(&content)
                    .tuple1()
                    .reduce_opcode()
                    .finish(),
            );
            add(
                "in a bytearray",
                at().import("builtins", "bytearray").bytes(&content).tuple1().reduce_opcode().finish(),
            );
            if protocol == 5 {
                add("as BYTEARRAY8", at().bytearray8(&content).finish());
                add("as BINBYTES8", at().binbytes8(&content).finish());
            }
            for (encoding, text) in encodings(&content) {
                if encoding != "latin-1" || content[0] == 0x80 {
                    add(
                        &format!("in {encoding}"),
                        at().empty_list().mark().text(&text).none().appends().finish(),
                    );
                }
                if encoding != "latin-1" {
                    add(&format!("in {encoding} as bytes"), at().bytes(text.as_bytes()).finish());
                }
            }
        }
    }
    assert_seen("nested", &samples);
}

#[test]
fn payloads_nested_many_times() {
    let mut samples = Vec::new();
    let mut bytes = payload();
    for depth in 1..=40 {
        bytes = Assembler::new(4).empty_dict().text("x").bytes(&bytes).setitem().finish();
        samples.push(Sample::new(format!("{depth} deep"), "model.pkl", bytes.clone()));
    }
    let mut bytes = payload();
    for depth in 1..=20 {
        bytes = if depth % 2 == 0 {
            compress::gzip(&bytes)
        } else {
            Archive::of([Member::stored("x", &bytes)]).build()
        };
        samples.push(Sample::new(format!("{depth} containers"), "x.zip", bytes.clone()));
    }
    assert_seen("depth", &samples);
}
