//! Tests of the compressed formats.

use std::io::Write;

use crate::bounded::Budget;
use crate::inspect::inspect;
use crate::node::{Fault, Node};
use crate::source::Memory;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn look(bytes: Vec<u8>) -> Node {
    inspect("sample", &Memory::shared(bytes), &Budget::default())
}

#[test]
fn members_of_a_gzip_file_are_one_content() {
    let node = look([gzip(b"one"), gzip(b""), gzip(b"two")].concat());
    assert_eq!(node.children.len(), 1);
    assert_eq!(node.children[0].len, 6);
    assert!(node.unexplained.is_empty() && node.gaps.is_empty());
}

#[test]
fn a_cut_stream_is_never_complete_and_keeps_what_came_before() {
    let content: Vec<u8> = (0_u32..3000).flat_map(u32::to_le_bytes).collect();
    let whole = gzip(&content);
    for len in 3..whole.len() {
        let node = look(whole[..len].to_vec());
        assert!(!node.gaps.is_empty(), "cut at {len}");
        assert!(
            node.readings[0].irregularities.iter().any(|fault| fault.kind == Fault::Truncated),
            "cut at {len}"
        );
    }
    let node = look(whole[..whole.len() / 2].to_vec());
    assert!(node.children[0].len > 1000);
}

#[test]
fn a_wrong_checksum_is_a_fault_and_the_content_is_inspected() {
    let mut bytes = gzip(b"content");
    let at = bytes.len() - 6;
    bytes[at] ^= 1;
    let node = look(bytes);
    assert_eq!(node.readings[0].irregularities[0].kind, Fault::Checksum);
    assert_eq!(node.children[0].len, 7);
}
