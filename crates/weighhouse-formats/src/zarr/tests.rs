//! Arrays as zarr 2 and 3 write them, and references as kerchunk does.

use crate::bounded::Budget;
use crate::inspect::inspect;
use crate::node::{Facts, Node};
use crate::source::Memory;
use crate::testing::fixture;
use crate::zarr::ZarrFacts;

fn node(name: &str, bytes: &[u8]) -> Node {
    inspect(name, &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn facts(node: &Node) -> ZarrFacts {
    let found = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Zarr(facts) => Some(facts.as_ref().clone()),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn both_versions_say_how_chunks_are_called() {
    let second = facts(&node(".zarray", &fixture("arrays/v2.zarr/a/x/.zarray")));
    let [array] = second.arrays.as_slice() else { panic!() };
    assert_eq!((array.version, array.dtype.as_str(), array.codecs[0].name.as_str()), (2, "<f4", "blosc"));
    assert!(array.has_chunk("0.0") && array.has_chunk("1.1"));
    for other in ["2.0", "0.2", "0", "0.0.0", "00.0", "c/0/0", "0/0", ".zattrs", ""] {
        assert!(!array.has_chunk(other), "{other}");
    }
    let third = facts(&node("zarr.json", &fixture("arrays/v3.zarr/s/zarr.json")));
    let [array] = third.arrays.as_slice() else { panic!() };
    let names: Vec<&str> = array.codecs.iter().map(|codec| codec.name.as_str()).collect();
    assert_eq!(names, ["sharding_indexed", "bytes", "zstd", "bytes", "crc32c"]);
    assert!(
        array.has_chunk("c/0") && array.has_chunk("c/1") && !array.has_chunk("c/2") && !array.has_chunk("0")
    );
}

#[test]
fn collected_descriptions_are_those_of_their_arrays() {
    for file in ["arrays/v2.zarr/.zmetadata", "arrays/v3.zarr/zarr.json"] {
        let found = facts(&node("metadata.json", &fixture(file)));
        let paths: Vec<&str> = found.arrays.iter().map(|array| array.path.as_str()).collect();
        assert!(paths.contains(&"a/x") || paths == ["s", "x"], "{paths:?}");
    }
}

/// The sum over a node and all that is in it.
fn all(node: &Node, of: &dyn Fn(&Node) -> usize) -> usize {
    node.children.iter().fold(of(node), |sum, child| sum + all(child, of))
}

#[test]
fn an_archive_of_an_array_is_explained() {
    for file in ["arrays/v2.zip", "arrays/v3.zip"] {
        let found = node("data.zip", &fixture(file));
        let gaps = |node: &Node| node.gaps.len();
        assert_eq!(all(&found, &gaps), 0, "{file}");
        assert_eq!(all(&found, &|node| node.unexplained.len()), 0, "{file}");
    }
}

#[test]
fn references_are_kept_once_and_descriptions_in_texts_are_read() {
    let text = r#"{"version": 1, "templates": {"u": "s3://b"}, "gen": [{"key": "k", "url": "{{u}}/x"}],
        "refs": {"x/.zarray": "{\"zarr_format\":2,\"shape\":[2],\"chunks\":[1],\"dtype\":\"|O\",\"filters\":[{\"id\":\"pickle\"}]}",
        "x/0": ["a.nc", 0, 1], "x/1": ["a.nc", 1, 1], "x/2": "base64:AAAA"}}"#;
    let found = facts(&node("refs.json", text.as_bytes()));
    let targets: Vec<&str> = found.references.iter().map(|reference| reference.target.as_str()).collect();
    assert_eq!(targets, ["a.nc", "s3://b", "{{u}}/x"]);
    assert_eq!((found.arrays[0].path.as_str(), found.arrays[0].is_numbers()), ("x", false));
}

#[test]
fn other_documents_are_none() {
    for text in [r#"{"version": 1, "shape": [1]}"#, r#"{"refs": {"a": ["/etc/passwd"]}}"#, "[]"] {
        let found = node("x.json", text.as_bytes());
        assert!(!found.readings.iter().any(|reading| matches!(reading.facts, Facts::Zarr(_))), "{text}");
    }
}
