//! Tests of the tar reader: honest archives are silent, every kind of lie is seen, and what it hides is inspected.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::short::Short;
use crate::build::tar::{Header, archive, entry, file, pax, put, sealed};
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Fault, GapReason, Node};
use crate::source::{Memory, SharedSource};
use crate::testing::{self, faults, names};

const TEXT: &[u8] = b"{\"key\": [1, 2, 3], \"other\": \"text\"}";

fn look(bytes: Vec<u8>) -> Node {
    inspect("sample.tar", &Memory::shared(bytes), &Budget::default())
}

#[track_caller]
fn silent(bytes: Vec<u8>) -> Node {
    testing::silent(look(bytes), Format::Tar)
}

#[track_caller]
fn seen(bytes: Vec<u8>, kind: Fault) -> Node {
    testing::seen(look(bytes), kind)
}

fn linked(kind: u8, target: &[u8]) -> Vec<u8> {
    Header { link: target.to_vec(), ..Header::new("folder/link", kind, 0) }.block()
}

#[test]
fn honest_archives_of_all_formats_are_silent() {
    let node = silent(archive(&[
        file("a.json", TEXT),
        Header::new("folder/", b'5', 0).block(),
        file("b.json", TEXT),
    ]));
    assert_eq!(names(&node), ["a.json", "b.json"]);
    for magic in [*b"ustar  \0", [0; 8]] {
        silent(archive(&[entry(&Header { magic, ..Header::new("a.json", b'0', TEXT.len() as u64) }, TEXT)]));
    }
    let long = "folder/".repeat(30) + "name.json";
    let cut = Header::new(&long, b'0', TEXT.len() as u64);
    let node = silent(archive(&[pax(b'x', &[("mtime", "1.5"), ("path", &long)]), entry(&cut, TEXT)]));
    assert_eq!(names(&node), [long.as_str()]);
    let mut name = long.clone().into_bytes();
    name.push(0);
    let gnu = Header { magic: *b"ustar  \0", ..Header::new("././@LongLink", b'L', name.len() as u64) };
    assert_eq!(names(&silent(archive(&[entry(&gnu, &name), entry(&cut, TEXT)]))), [long.as_str()]);
    silent(archive(&[pax(b'g', &[("comment", "0123456789abcdef")]), file("a.json", TEXT)]));
    silent(archive(&[pax(b'x', &[("path", "grün.json")]), file("gr?n.json", TEXT)]));
}

#[test]
fn binary_numbers_are_read() {
    let mut block = Header::new("a.json", b'0', 0).block();
    put(&mut block, 124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, TEXT.len() as u8]);
    let mut bytes = sealed(block);
    bytes.extend(TEXT);
    bytes.resize(1024, 0);
    assert_eq!(silent(archive(&[bytes])).children[0].len, TEXT.len() as u64);
}

#[test]
fn links_and_special_files_are_seen() {
    for kind in [b'1', b'2'] {
        seen(archive(&[linked(kind, b"other")]), Fault::Link);
        for target in [b"../../x".as_slice(), b"/etc/passwd", b"a/../../../x"] {
            seen(archive(&[linked(kind, target)]), Fault::Traversal);
        }
    }
    for kind in [b'3', b'4', b'6'] {
        seen(archive(&[Header::new("special", kind, 0).block()]), Fault::Link);
    }
    let outside = pax(b'x', &[("linkpath", "/etc/passwd")]);
    seen(archive(&[outside, linked(b'2', b"harmless")]), Fault::Traversal);
}

#[test]
fn names_that_leave_the_folder_or_clash_are_seen() {
    for name in ["/abs", "../up", "a/../../b", "c:\\x", "a\\b"] {
        seen(archive(&[file(name, TEXT)]), Fault::Traversal);
        seen(archive(&[pax(b'x', &[("path", name)]), file("a.json", TEXT)]), Fault::Traversal);
    }
    let node = seen(archive(&[file("a", TEXT), file("a", b"[]")]), Fault::Duplicate);
    assert_eq!(names(&node), ["a", "a"]);
    seen(archive(&[file("a.json", TEXT), file("A.json", TEXT)]), Fault::Unusual);
}

#[test]
fn headers_and_extensions_that_disagree_are_seen() {
    let hidden = [TEXT.to_vec(), vec![0; 512 - TEXT.len()], file("hidden.json", TEXT)].concat();
    let outer = entry(&Header::new("a.bin", b'0', hidden.len() as u64), &hidden);
    let node = seen(archive(&[pax(b'x', &[("size", "35")]), outer]), Fault::Contradiction);
    assert!(names(&node).contains(&"hidden.json"), "{:?}", names(&node));
    seen(archive(&[pax(b'x', &[("path", "evil.py")]), file("good.json", TEXT)]), Fault::Contradiction);
    seen(archive(&[pax(b'x', &[("path", "a"), ("path", "b")]), file("a", TEXT)]), Fault::Contradiction);
    seen(archive(&[pax(b'x', &[("size", "many")]), file("a", TEXT)]), Fault::Contradiction);
    seen(archive(&[pax(b'g', &[("path", "every")]), file("every", TEXT)]), Fault::Unusual);
    seen(archive(&[file("a.json", TEXT), pax(b'x', &[("path", "no entry")])]), Fault::Malformed);
}

#[test]
fn what_stands_behind_the_end_is_seen() {
    let one = archive(&[file("one.json", TEXT)]);
    let node = seen([one.clone(), archive(&[file("two.json", TEXT)])].concat(), Fault::Trailing);
    assert_eq!(names(&node), ["one.json", "two.json"]);
    let node = look([one.clone(), b"garbage".to_vec()].concat());
    assert!(!node.unexplained.is_empty());
    let node =
        seen(archive(&[file("one.json", TEXT), vec![0; 512], file("two.json", TEXT)]), Fault::Contradiction);
    assert_eq!(names(&node), ["one.json", "two.json"]);
    let node = look([one, vec![7; 512], file("three.json", TEXT)].concat());
    assert!(names(&node).contains(&"three.json"));
}

#[test]
fn bytes_outside_the_structure_are_seen() {
    let mut padded = file("a.json", TEXT);
    padded[512 + TEXT.len()] = 1;
    assert!(!seen(archive(&[padded]), Fault::Unusual).unexplained.is_empty());
    let mut behind_name = file("a.json", TEXT);
    put(&mut behind_name, 20, b"hidden behind the zero");
    let behind_name = [sealed(behind_name[..512].to_vec()), behind_name[512..].to_vec()].concat();
    assert!(!seen(archive(&[behind_name]), Fault::Unusual).unexplained.is_empty());
}

#[test]
fn a_damaged_header_is_a_gap_and_the_next_one_is_found() {
    let mut bad = file("b.json", TEXT);
    bad[3] ^= 1;
    let node = seen(archive(&[file("a.json", TEXT), bad, file("c.json", TEXT)]), Fault::Checksum);
    assert_eq!(names(&node), ["a.json", "c.json"]);
    assert!(node.gaps.iter().any(|gap| gap.reason == GapReason::Damaged));
}

#[test]
fn what_is_not_read_is_a_gap() {
    let sparse = Header { magic: *b"ustar  \0", ..Header::new("sparse", b'S', 0) };
    assert!(!look(archive(&[sparse.block()])).gaps.is_empty());
    let record = [("GNU.sparse.major", "1"), ("GNU.sparse.name", "sparse")];
    assert!(!look(archive(&[pax(b'x', &record), file("GNUSparseFile.1/sparse", TEXT)])).gaps.is_empty());
    let huge = pax(b'x', &[("comment", &"x".repeat(2 << 20))]);
    seen(archive(&[huge, file("a", TEXT)]), Fault::Bomb);
}

#[test]
fn a_cut_archive_is_never_complete() {
    let whole = archive(&[pax(b'x', &[("path", "a.json")]), file("a.json", TEXT), file("b.json", TEXT)]);
    let content = 5 * 512;
    for len in 512..content {
        let node = look(whole[..len].to_vec());
        assert!(!node.gaps.is_empty() && !faults(&node).is_empty(), "cut at {len}");
    }
}

fn dump(source: &SharedSource) -> String {
    let parsed = super::parse(source, "sample", &Budget::default());
    format!("{:?} {:?} {:?}", parsed.reading, parsed.gaps, parsed.children)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_chunking_gives_the_same_facts(size in 1_usize..700, bad in 0_usize..3000) {
        let mut bytes = archive(&[pax(b'x', &[("path", "a.json")]), file("a.json", TEXT), file("b.json", TEXT)]);
        bytes[bad] ^= 1;
        prop_assert_eq!(dump(&Memory::shared(bytes.clone())), dump(&Short::shared(&bytes, size)));
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..600), at in 0_usize..2000) {
        let mut bytes = archive(&[pax(b'x', &[("path", "a.json")]), file("a.json", TEXT)]);
        bytes.splice(at..at + noise.len(), noise);
        look(bytes);
    }
}
