//! Tests of the 7z reader: honest archives are silent, lies and what cannot be read are said.

use proptest::prelude::*;

use super::parse;
use crate::bounded::{Budget, Exhausted, Limits};
use crate::build::sevenz::{Folder, archive, archive_of, header, number, packed_header, stored};
use crate::build::short::Short;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Content, Fault, GapReason, Node};
use crate::source::Memory;

const TEXT: &[u8] = b"{\"key\": [1, 2, 3], \"other\": \"text\"}";

fn look(bytes: Vec<u8>) -> Node {
    inspect("sample.7z", &Memory::shared(bytes), &Budget::default())
}

fn faults(node: &Node) -> Vec<Fault> {
    let own = node.readings.iter().flat_map(|reading| &reading.irregularities).map(|fault| fault.kind);
    own.chain(node.children.iter().flat_map(|child| &child.faults).map(|fault| fault.kind)).collect()
}

fn gaps(node: &Node) -> Vec<GapReason> {
    node.gaps.iter().chain(node.children.iter().flat_map(|child| &child.gaps)).map(|gap| gap.reason).collect()
}

fn contents(node: &Node) -> Vec<(&str, u64)> {
    node.children.iter().map(|child| (child.name.as_str(), child.len)).collect()
}

#[track_caller]
fn silent(bytes: Vec<u8>) -> Node {
    let node = look(bytes);
    assert_eq!(node.candidates.first().unwrap().format, Format::SevenZip);
    assert_eq!(faults(&node), []);
    assert_eq!(node.unexplained, []);
    assert_eq!(gaps(&node), []);
    node
}

#[track_caller]
fn seen(bytes: Vec<u8>, kind: Fault) -> Node {
    let node = look(bytes);
    assert!(faults(&node).contains(&kind), "no {kind:?} in {:?}", faults(&node));
    node
}

#[test]
fn honest_archives_are_silent() {
    let files: &[(&str, &[u8])] = &[("a.json", TEXT), ("folder/b.json", TEXT), ("c", b"x")];
    assert_eq!(contents(&silent(stored(files))), [("a.json", 35), ("folder/b.json", 35), ("c", 1)]);
    let several = [Folder::stored(files), Folder::deflated("d.json", TEXT)];
    assert_eq!(silent(archive(&several)).children.len(), 4);
    let folders = [Folder::deflated("a.json", TEXT)];
    let (packed, outer) = packed_header(&header(&folders, 0), folders[0].packed.len() as u64);
    let node = silent(archive_of(&[folders[0].packed.clone(), packed].concat(), &outer));
    assert_eq!(contents(&node), [("a.json", 35)]);
    assert_eq!(silent(archive_of(b"", b"")).children.len(), 0);
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let fixture = |bytes: &[u8]| look(bytes.to_vec());
    let encrypted = fixture(include_bytes!("fixtures/encrypted.7z"));
    assert_eq!((faults(&encrypted), gaps(&encrypted)), (vec![Fault::Encrypted], vec![GapReason::Encrypted]));
    let hidden = fixture(include_bytes!("fixtures/encrypted-header.7z"));
    assert_eq!((faults(&hidden), gaps(&hidden)), (vec![Fault::Encrypted], vec![GapReason::Encrypted]));
    for unread in [&include_bytes!("fixtures/ppmd.7z")[..], include_bytes!("fixtures/deflate64.7z")] {
        let node = fixture(unread);
        assert_eq!((faults(&node), gaps(&node)), (vec![], vec![GapReason::NotInspected]));
    }
    let branches = silent(include_bytes!("fixtures/bcj2.7z").to_vec());
    assert_eq!(contents(&branches), [("a.json", 35)]);
}

#[test]
fn lies_are_seen() {
    let whole = stored(&[("a.json", TEXT)]);
    let with = |change: fn(&mut Folder)| {
        let mut folder = Folder::stored(&[("a.json", TEXT), ("b", b"second")]);
        change(&mut folder);
        archive(&[folder])
    };
    let patched = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    seen(patched(8), Fault::Checksum);
    seen(patched(30), Fault::Checksum);
    seen(patched(40), Fault::Checksum);
    seen(with(|folder| folder.files[1].0 = "../b".to_owned()), Fault::Traversal);
    seen(with(|folder| folder.files[1].0 = "a.json".to_owned()), Fault::Duplicate);
    seen(with(|folder| folder.files[1].0 = "A.JSON".to_owned()), Fault::Unusual);
    seen(with(|folder| folder.files[1].2 = Some(1)), Fault::Checksum);
    seen(with(|folder| folder.sizes[0] = 20), Fault::Malformed);
    seen(with(|folder| folder.sizes[0] = 80), Fault::Contradiction);
    seen(whole[..whole.len() - 1].to_vec(), Fault::Truncated);
    let mut deflated = Folder::deflated("a.json", TEXT);
    deflated.packed.extend(b"behind the end");
    seen(archive(&[deflated.clone()]), Fault::Trailing);
    deflated.sizes[0] = 30;
    deflated.files[0].1 = 30;
    seen(archive(&[deflated]), Fault::Contradiction);
    let folder = Folder::stored(&[("a.json", TEXT)]);
    seen(archive_of(&folder.packed, &header(std::slice::from_ref(&folder), 30)), Fault::Overlap);
    let gap = look(archive_of(&[&folder.packed[..], b"hidden"].concat(), &header(&[folder], 0)));
    assert_eq!(gap.unexplained.len(), 1);
    assert_eq!(look([whole, b"behind".to_vec()].concat()).unexplained.len(), 1);
}

#[test]
fn circles_and_counts_are_refused() {
    let chained = |coders: &[u8], sizes: usize| {
        let stored = Folder::stored(&[("a.json", TEXT)]);
        look(archive(&[Folder { coders: coders.to_vec(), sizes: vec![35; sizes], ..stored }]))
    };
    // One copy behind the other, and one behind itself.
    assert_eq!(contents(&chained(&[2, 1, 0, 1, 0, 0, 1], 2)), [("a.json", 35)]);
    assert_eq!(faults(&chained(&[2, 1, 0, 1, 0, 0, 0], 2)), [Fault::Unusual]);
    // A coder of two outputs that reads itself; three of which two read the same.
    assert_eq!(gaps(&chained(&[1, 0x11, 0, 2, 2, 0, 0], 2)), [GapReason::NotInspected]);
    assert_eq!(gaps(&chained(&[3, 1, 0, 1, 0, 1, 0, 0, 1, 2, 1], 3)), [GapReason::Damaged]);
    for value in [1 << 20, 1 << 40, u64::MAX] {
        let mut counted = vec![0x01, 0x05];
        counted.extend(number(value));
        let node = look(archive_of(b"", &counted));
        assert!(gaps(&node).iter().any(|reason| matches!(reason, GapReason::Limit(_))), "{:?}", node.gaps);
        for property in [&[0x01, 0x04, 0x06, 0x00][..], &[0x01, 0x04, 0x07, 0x0b], &[0x17, 0x06, 0x00]] {
            let node = look(archive_of(b"", &[property, &number(value)].concat()));
            assert_eq!(gaps(&node), [GapReason::Damaged]);
        }
    }
}

#[test]
fn a_bomb_stops_at_the_budget() {
    let bomb = archive(&[Folder::deflated("zeros", &vec![0; 4 << 20])]);
    let limits = Limits { ratio: 10, ratio_floor: 1 << 20, ..Limits::default() };
    let node = inspect("bomb.7z", &Memory::shared(bomb), &Budget::new(limits.into()));
    assert!(faults(&node).contains(&Fault::Bomb));
    assert!(gaps(&node).iter().any(|reason| matches!(reason, GapReason::Limit(_))));
}

#[test]
fn what_came_before_a_break_is_inspected() {
    let mut folder = Folder::deflated("a.txt", &b"0123456789abcdef".repeat(400));
    let cut = folder.packed.len() - 8;
    folder.packed.truncate(cut);
    let node = look(archive(&[folder]));
    assert!(!gaps(&node).is_empty());
    assert!(node.children.first().unwrap().len > 1000);
}

proptest! {
    #[test]
    fn any_change_is_survived_and_any_cut_is_seen(place in 0_usize..1000, bit in 0_u8..8, cut in 0_usize..1000) {
        let whole = archive(&[Folder::stored(&[("a.json", TEXT)]), Folder::deflated("b.json", TEXT)]);
        let mut changed = whole.clone();
        changed[place % whole.len()] ^= 1 << bit;
        let node = look(changed);
        prop_assert!(node.gaps.iter().all(|gap| gap.reason != GapReason::Internal));
        let node = look(whole[..6 + cut % (whole.len() - 6)].to_vec());
        prop_assert!(!faults(&node).is_empty() && !node.gaps.is_empty());
    }

    #[test]
    fn any_chunking_gives_the_same(portion in 1_usize..50) {
        let bytes = archive(&[Folder::stored(&[("a.json", TEXT)]), Folder::deflated("b.json", TEXT)]);
        let node = inspect("sample.7z", &Short::shared(&bytes, portion), &Budget::default());
        prop_assert_eq!(format!("{:?}", look(bytes).readings), format!("{:?}", node.readings));
    }
}

#[test]
fn more_folders_and_parts_than_members_are_refused() {
    let limited = |bytes: Vec<u8>| {
        let limits = Limits { members: 3, ..Limits::default() };
        let node = inspect("sample.7z", &Memory::shared(bytes), &Budget::new(std::sync::Arc::new(limits)));
        gaps(&node)
    };
    let folders: Vec<Folder> = (0..4).map(|number| Folder::deflated(&format!("{number}"), TEXT)).collect();
    assert_eq!(limited(archive(&folders[..3])), []);
    assert_eq!(limited(archive(&folders)), [GapReason::Limit(Exhausted::Members)]);
    let parts: Vec<(String, &[u8])> = (0..4).map(|number| (number.to_string(), TEXT)).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(limited(archive(&[Folder::stored(&parts)])), [GapReason::Limit(Exhausted::Members)]);
}

#[test]
fn a_folder_is_unpacked_when_it_is_opened_and_dropped_with_its_last_file() {
    let bytes = archive(&[Folder::deflated("a", TEXT), Folder::deflated("b", TEXT)]);
    let source = Memory::shared(bytes);
    let parsed = parse(&source, "sample.7z", &Budget::default());
    let wholes: Vec<_> = parsed
        .children
        .iter()
        .map(|child| match &child.content {
            Content::Part { whole, .. } => std::sync::Arc::downgrade(whole),
            other => panic!("{other:?}"),
        })
        .collect();
    let mut children = parsed.children.into_iter();
    drop(children.next());
    assert_eq!(wholes.iter().filter(|whole| whole.upgrade().is_some()).count(), 1);
}

#[test]
fn packed_streams_and_coders_are_refused_beyond_what_members_take() {
    let limited = |header: &[u8], members: u64| {
        let budget = Budget::new(Limits { members, ..Limits::default() }.into());
        let parsed = parse(&Memory::shared(archive_of(b"", header)), "a.7z", &budget);
        parsed.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Members))
    };
    // Two hundred packed streams, with a byte each for their length; forty folders of eight coders each.
    let streams = [&[0x01, 0x04, 0x06, 0x00][..], &number(200), &[0x09], &[0; 210]].concat();
    assert!(limited(&streams, 10) && !limited(&streams, 100));
    let coders = [&[8_u8][..], &[0; 8], &[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]].concat();
    let folders = [&[0x01, 0x04, 0x07, 0x0b][..], &number(40), &[0], &coders.repeat(40)].concat();
    assert!(limited(&folders, 50) && !limited(&folders, 100));
}
