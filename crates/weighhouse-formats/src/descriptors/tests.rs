//! Tests of the reader of descriptions: what `protoc` writes is explained, and whatever else a graph could be remains one.

use std::fs;
use std::path::Path;

use crate::bounded::Budget;
use crate::build::protobuf::Proto;
use crate::format::Format;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::Facts;
use crate::source::Memory;
use crate::testing::silent;

fn formats(bytes: &[u8]) -> Vec<Format> {
    let found = identify("set.bin", &Memory::shared(bytes.to_vec()));
    found.iter().map(|candidate| candidate.format).collect()
}

#[test]
fn what_the_compiler_writes_is_silent_and_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/descriptors");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sets: Vec<_> = names.filter(|path| path.extension().is_some_and(|ending| ending == "bin")).collect();
    assert!(sets.len() >= 4, "{sets:?}");
    for path in sets {
        let bytes = fs::read(&path).unwrap();
        assert_eq!(formats(&bytes), [Format::ProtoDescriptors], "{path:?}");
        let node = inspect("set.bin", &Memory::shared(bytes), &Budget::default());
        let node = silent(node, Format::ProtoDescriptors);
        let Facts::Data(facts) = &node.readings[0].facts else { panic!("{path:?}") };
        assert!(facts.metadata.iter().all(|(name, _)| name.as_bytes().ends_with(b".proto")), "{path:?}");
    }
}

fn file(name: &str, package: &str) -> Proto {
    let message = Proto::new().text(1, "Config");
    Proto::new().text(1, name).text(2, package).text(3, "a/b.proto").message(4, &message).text(12, "proto3")
}

#[test]
fn what_is_no_set_to_the_last_byte_is_a_graph() {
    let set = Proto::new().message(1, &file("a/b.proto", "tensorflow")).message(1, &file("a/c.proto", "x.y"));
    assert_eq!(formats(&set.build()), [Format::ProtoDescriptors]);
    for (what, other) in [
        ("a library of functions", set.clone().message(2, &Proto::new())),
        ("a node", set.clone().message(1, &Proto::new().text(1, "x").text(2, "WriteFile"))),
        (
            "a node with such a name",
            set.clone().message(1, &Proto::new().text(1, "x.proto").text(2, "WriteFile")),
        ),
        ("an internal operator", set.clone().message(1, &file("x.proto", "_Send"))),
        ("an operator in odd case", set.clone().message(1, &Proto::new().text(1, "x").text(2, "pyfunc"))),
        ("a device", set.clone().message(1, &file("x.proto", "noop").text(4, "/device:CPU:0"))),
        ("a type", set.clone().message(1, &file("x.proto", "noop").message(5, &attribute()))),
    ] {
        assert_eq!(formats(&other.build()), [Format::GraphDef], "{what}");
    }
}

/// An attribute of a node: its name, and a type.
fn attribute() -> Proto {
    Proto::new().text(1, "dtype").message(2, &Proto::new().int(6, 7))
}
