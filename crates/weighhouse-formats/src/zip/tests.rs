//! Tests of the zip reader.

use std::io::Write;

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::bounded::Budget;
use crate::inspect::inspect;
use crate::node::Node;
use crate::source::Memory;

fn archive(method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in [("a/b", b"one".as_slice()), ("c", &[7; 5000]), ("empty", b"")] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.add_directory("folder", options).unwrap();
    writer.finish().unwrap().into_inner()
}

fn look(bytes: Vec<u8>) -> Node {
    inspect("sample", &Memory::shared(bytes), &Budget::default())
}

#[test]
fn an_honest_archive_has_no_fault_and_no_unexplained_byte() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let node = look(archive(method));
        assert!(node.readings[0].irregularities.is_empty(), "{:?}", node.readings[0].irregularities);
        assert!(node.unexplained.is_empty(), "{:?}", node.unexplained);
        assert!(node.gaps.is_empty());
        let names: Vec<&str> = node.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(names, ["a/b", "c", "empty"]);
        assert!(node.children.iter().all(|child| child.faults.is_empty()));
    }
}

#[test]
fn a_cut_archive_is_never_complete() {
    let whole = archive(CompressionMethod::Deflated);
    for len in 4..whole.len() {
        let node = look(whole[..len].to_vec());
        assert!(!node.gaps.is_empty(), "cut at {len}");
    }
}
