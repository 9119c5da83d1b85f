//! Class 4: what a file is called decides nothing. The same payloads under every kind of name.

use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::build::{compress, npy, tar};

use super::containers::payload;
use crate::attack::{Sample, assert_seen};

const NAMES: &[&str] = &[
    "model",
    "model.pkl",
    "model.PKL",
    "model.safetensors",
    "model.safetensors.pkl",
    "model.pkl.safetensors",
    "model.gguf",
    "model.npy",
    "model.npz",
    "model.onnx",
    "model.h5",
    "model.pb",
    "model.txt",
    "model.json",
    "config.json",
    "README.md",
    "LICENSE",
    ".gitattributes",
    ".hidden",
    "weights.bin",
    "weights.dat",
    "x.png",
    "x.jpg",
    "x.mp3",
    "x.pdf",
    "x.csv",
    "x.yaml",
    "x.py",
    "x.html",
    "x.exe",
    "x.log",
    "x.tmp",
    "x.bak",
    "x.pkl.txt",
    "x.pkl ",
    "x.",
    "x.pkl\u{202e}gpj",
    "\u{430}.p\u{43a}l",
    "a b/c d.bin",
    "data.pkl/../../x",
    "..",
    "\n.txt",
    "__pycache__/x.pyc",
    "tokenizer.model",
    "events.out.tfevents.1",
    "optimizer.pt.lock",
];

#[test]
fn any_name() {
    let bad = payload();
    let contents = [
        ("protocol 2", bad.clone()),
        ("protocol 0", b"cos\nsystem\n(Vid\ntR.".to_vec()),
        ("protocol 1", b"cos\nsystem\nq\0(U\x02idtR.".to_vec()),
        ("INST first", b"(Vid\nios\nsystem\n.".to_vec()),
        ("MARK and OBJ", b"(cos\nsystem\nVid\no.".to_vec()),
        ("white space in front", b"]cos\nsystem\n(Vid\ntR.".to_vec()),
        ("zip", Archive::of([Member::stored("a/data.pkl", &bad)]).build()),
        ("deflated", Archive::of([Member::deflated("x", &bad)]).build()),
        ("gz", compress::gzip(&bad)),
        ("tar", tar::archive(&[tar::file("x", &bad)])),
        ("array of objects", npy::array("'|O'", "(1,)", &bad)),
    ];
    let mut samples = Vec::new();
    for (what, content) in &contents {
        for name in NAMES {
            samples.push(Sample::new(format!("{what} called {name:?}"), *name, content.clone()));
        }
    }
    assert_seen("names", &samples);
}

#[test]
fn any_member_name() {
    let mut samples = Vec::new();
    for name in NAMES.iter().filter(|name| !name.contains("..")) {
        let bad = payload();
        samples.push(Sample::new(
            format!("{name:?} in a zip"),
            "model.pt",
            Archive::of([Member::stored(name, &bad)]).build(),
        ));
        samples.push(Sample::new(
            format!("{name:?} in a tar"),
            "model.tar",
            tar::archive(&[tar::file(name, &bad)]),
        ));
    }
    assert_seen("member names", &samples);
}
