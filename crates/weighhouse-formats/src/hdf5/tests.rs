//! Tests of the HDF5 reader: what h5py and Keras write is explained, what leads out of the file is seen.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Hdf5Facts, parse};
use crate::bounded::{Budget, Exhausted, Limits};
use crate::build::short::Short;
use crate::build::zip::{Archive, Member};
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, GapReason, Node, Unexplained, UnexplainedPlace};
use crate::region::Region;
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hdf5").join(name)).unwrap()
}

fn look(bytes: Vec<u8>) -> Node {
    inspect("model.h5", &Memory::shared(bytes), &Budget::default())
}

fn facts(node: &Node) -> &Hdf5Facts {
    let found = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Hdf5(facts) => Some(facts.as_ref()),
        _ => None,
    });
    found.expect("a reading as HDF5")
}

fn faults(node: &Node) -> Vec<Fault> {
    node.readings.iter().flat_map(|reading| &reading.irregularities).map(|fault| fault.kind).collect()
}

fn child<'n>(node: &'n Node, name: &str) -> &'n Node {
    node.children.iter().find(|child| child.name == name).unwrap_or_else(|| panic!("no child `{name}`"))
}

/// What libraries wrote and every byte of which is reached from the root.
const WRITTEN: &[&str] = &[
    "anndata.h5ad",
    "chunks.h5",
    "default.h5",
    "filtered-heap.h5",
    "keras-cnn.h5",
    "keras.h5",
    "keras.weights.h5",
    "latest.h5",
    "matlab.mat",
    "pandas.h5",
    "pytables.h5",
    "shared-list.h5",
    "shared-tree.h5",
    "strategy.h5",
    "types.h5",
    "user-block-matlab-old.mat",
    "user-block-matlab.mat",
    "user-block-text.h5",
    "user-block.h5",
    "v108.h5",
];

/// What libraries deleted something from.
const HOLES: &[&str] = &[
    "holes-arrays-behind-a-block.h5",
    "holes-arrays-tracked.h5",
    "holes-arrays.h5",
    "holes-attributes.h5",
    "holes-chunks-new.h5",
    "holes-chunks.h5",
    "holes-deleted.h5",
    "holes-groups.h5",
    "holes-keras.h5",
    "holes-netcdf4.nc",
];

#[test]
fn what_the_libraries_write_is_silent_and_explained() {
    for name in WRITTEN {
        let node = look(fixture(name));
        assert_eq!(node.candidates.first().unwrap().format, Format::Hdf5, "{name}");
        assert_eq!(faults(&node), [], "{name}");
        assert_eq!((&node.gaps, &node.unexplained), (&vec![], &vec![]), "{name}");
        let silent =
            |child: &Node| faults(child).is_empty() && child.gaps.is_empty() && child.unexplained.is_empty();
        assert!(node.children.iter().all(silent), "{name}: {:?}", node.children);
    }
}

#[test]
fn what_was_deleted_leaves_holes_and_no_more() {
    for name in HOLES {
        let node = look(fixture(name));
        assert_eq!((faults(&node), &node.gaps), (vec![], &vec![]), "{name}");
        let hole = |part: &Unexplained| part.place == UnexplainedPlace::Gap && part.looks_like.is_empty();
        assert!(node.unexplained.iter().all(hole), "{name}: {:?}", node.unexplained);
        let silent =
            |child: &Node| faults(child).is_empty() && child.gaps.is_empty() && child.unexplained.is_empty();
        assert!(node.children.iter().all(silent), "{name}: {:?}", node.children);
    }
    for name in ["holes-deleted.h5", "holes-arrays.h5"] {
        assert!(!look(fixture(name)).unexplained.is_empty(), "{name}");
    }
    // The last array is a hole that reaches to the end of the file.
    let arrays = look(fixture("holes-arrays.h5"));
    assert_eq!(arrays.unexplained.last().unwrap().region.end, arrays.len);
}

#[test]
fn only_what_lies_before_the_end_that_the_file_declares_is_a_hole() {
    let bytes = fixture("holes-arrays.h5");
    let end = bytes.len() as u64;
    assert_eq!(facts(&look(bytes.clone())).end, end);
    let zip = Archive::of([Member::stored("a.txt", b"text")]).build();
    for (behind, looks_like) in [(b"\x01\xfe\xff\x00junk".to_vec(), None), (zip, Some(Format::Zip))] {
        let node = look([bytes.as_slice(), &behind].concat());
        let tail = node.unexplained.last().unwrap();
        assert_eq!((tail.place, tail.region.start), (UnexplainedPlace::Tail, end));
        assert_eq!(tail.looks_like.first().copied(), looks_like);
    }
}

#[test]
fn what_a_deleted_chunk_held_is_inspected() {
    let node = look(fixture("hostile-hole-chunk.h5"));
    let chunk = node.children.iter().find(|child| child.name.starts_with("chunk@")).unwrap();
    assert_eq!(chunk.candidates.first().unwrap().format, Format::Pickle);
    let texts = look(fixture("holes-chunks.h5"));
    let texts: Vec<_> = texts.children.iter().filter(|child| child.name.starts_with("chunk@")).collect();
    let text = |chunk: &&Node| chunk.readings.iter().any(|reading| reading.format == Format::Text);
    // Three chunks of twenty texts, of which 32 bytes each.
    assert_eq!(texts.into_iter().filter(text).filter(|chunk| chunk.len == 20 * 32).count(), 3);
}

#[test]
fn a_user_block_is_text_or_unexplained() {
    let whole = fixture("user-block-matlab.mat");
    let child_of = |bytes: Vec<u8>| {
        let node = look(bytes);
        let block = node.children.iter().find(|child| child.name == "user block");
        (block.map(|block| block.len), node.unexplained.first().map(|part| part.region))
    };
    let (text, unexplained) = child_of(whole.clone());
    assert_eq!((text, unexplained), (Some(116), None));
    for place in [120, 126, 300] {
        let mut changed = whole.clone();
        changed[place] = 0x80;
        assert_eq!(child_of(changed).1, Some(Region::new(0, 512)), "{place}");
    }
}

#[test]
fn a_pickle_in_a_hole_is_found() {
    let mut bytes = fixture("holes-deleted.h5");
    let hole = look(bytes.clone()).unexplained.iter().map(|part| part.region).max_by_key(|hole| hole.len());
    let at = hole.unwrap().start as usize + 11;
    let payload = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00echo\x85R.";
    bytes[at..at + payload.len()].copy_from_slice(payload);
    let node = look(bytes);
    assert_eq!(child(&node, &format!("pickle@{at}")).candidates.first().unwrap().format, Format::Pickle);
}

#[test]
fn attributes_and_links_are_found_in_every_kind_of_heap() {
    for (name, attributes, objects) in [
        ("latest.h5", 4, 46),
        ("filtered-heap.h5", 1, 61),
        ("shared-list.h5", 21, 4),
        ("shared-tree.h5", 21, 4),
    ] {
        let node = look(fixture(name));
        let facts = facts(&node);
        assert_eq!((facts.attributes.len(), facts.objects.len()), (attributes, objects), "{name}");
        assert_eq!(child(&node, "@model_config").candidates.first().unwrap().format, Format::Json);
    }
}

#[test]
fn texts_are_found_in_every_kind_of_chunk_and_type() {
    let node = look(fixture("chunks.h5"));
    for name in ["/texts", "/fixed texts"] {
        let len: usize = (0..30).map(|number| format!("a text in a chunk, number {number}\n").len()).sum();
        assert_eq!(child(&node, name).len, len as u64 - 1, "{name}");
    }
    assert_eq!(child(&node, "/table of texts").len, 2 * 859 + 1);
    let node = look(fixture("types.h5"));
    assert_eq!(
        child(&node, "/compound").len,
        "a text in a compound, long enough\na fixed text in it, long too\nz".len() as u64
    );
    let facts = facts(&node);
    let data = |path: &str| facts.objects.iter().find(|object| object.path == path).unwrap().data.clone();
    assert_eq!(data("/of a named type"), Some(("float32".to_owned(), vec![3])));
    assert_eq!(data("/rows"), Some(("sequence".to_owned(), vec![3])));
}

#[test]
fn a_checksum_that_does_not_match_is_seen_and_what_stands_there_counts() {
    let mut bytes = fixture("filtered-heap.h5");
    let header = bytes.windows(4).position(|window| window == b"BTHD").unwrap();
    // How full a node has to be before it is split: nobody needs it.
    bytes[header + 14] ^= 1;
    let node = look(bytes);
    assert_eq!(faults(&node), [Fault::Checksum]);
    assert_eq!(facts(&node).objects.len(), 61);
}

#[test]
fn groups_data_sets_attributes_and_links_are_facts() {
    let node = look(fixture("default.h5"));
    let facts = facts(&node);
    let data = |path: &str| facts.objects.iter().find(|object| object.path == path).unwrap();
    assert_eq!(data("/again/layer_7/kernel:0").data, Some(("float64".to_owned(), vec![3, 4])));
    assert_eq!(data("/chunked").filters, [1]);
    assert_eq!(data("/words").data, Some(("text".to_owned(), vec![3])));
    assert_eq!(data("/scalar").data, Some(("int64".to_owned(), vec![])));
    assert_eq!(facts.links.len(), 1);
    assert_eq!((facts.links[0].path.as_str(), facts.links[0].target.as_str()), ("/soft", "/model_weights"));
    let texts: Vec<_> = facts.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(texts, ["model_config", "backend", "fixed", "layer_names"]);
    for name in ["@model_config", "@fixed"] {
        assert_eq!(child(&node, name).candidates.first().unwrap().format, Format::Json);
    }
    assert_eq!(child(&node, "/words").len, "first\nsecond\nthird".len() as u64);
    let keras = look(fixture("keras.h5"));
    assert!(child(&keras, "@model_config").len > 1000);
}

#[test]
fn what_leads_out_of_the_file_is_seen() {
    let node = look(fixture("leads-out.h5"));
    assert_eq!(faults(&node), [Fault::Link, Fault::Traversal, Fault::Link, Fault::Traversal]);
    let facts = facts(&node);
    assert_eq!(facts.links[0].file.as_deref(), Some("/etc/passwd"));
    assert_eq!(facts.external[0].file, "../../secret");
}

#[test]
fn a_virtual_data_set_leads_out_too_with_every_file_it_names() {
    let node = look(fixture("virtual.h5"));
    assert_eq!(faults(&node), [Fault::Link, Fault::Link, Fault::Traversal]);
    let files: Vec<_> = facts(&node).external.iter().map(|external| external.file.as_str()).collect();
    assert_eq!(files, ["beside.h5", "/root/other.h5"]);
    assert_eq!(node.gaps, []);
}

#[test]
fn payloads_in_texts_and_bytes_are_inspected() {
    let node = look(fixture("payloads.h5"));
    for name in ["@opaque", "@bytes", "@text", "/opaque", "/bytes"] {
        let formats: Vec<_> =
            child(&node, name).candidates.iter().map(|candidate| candidate.format).collect();
        assert!(formats.contains(&Format::Pickle), "{name}: {formats:?}");
    }
}

#[test]
fn pickles_are_found_wherever_a_library_keeps_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hdf5");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<_> = names
        .filter(|name| name.starts_with("hostile-") && !name.contains("lambda") && !name.contains("bomb"))
        .collect();
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        let node = look(fixture(&name));
        let pickle =
            |child: &Node| child.candidates.iter().any(|candidate| candidate.format == Format::Pickle);
        assert!(node.children.iter().any(pickle), "{name}: {:?}", node.children);
    }
}

#[test]
fn data_sets_far_larger_than_what_the_file_holds_of_them_are_bombs() {
    assert_eq!(faults(&look(fixture("hostile-bomb.h5"))), [Fault::Bomb; 2]);
}

#[test]
fn circles_end() {
    // The tree of the root group refers to itself.
    let mut bytes = fixture("keras.weights.h5");
    let tree = bytes.windows(4).position(|window| window == b"TREE").unwrap();
    bytes[tree + 5] = 1;
    bytes[tree + 32..tree + 40].copy_from_slice(&(tree as u64).to_le_bytes());
    assert!(faults(&look(bytes)).contains(&Fault::Malformed));
}

#[test]
fn bounds_are_gaps() {
    let limits = Limits { facts: 5, ..Limits::default() };
    let parsed = parse(&Memory::shared(fixture("default.h5")), "a.h5", &Budget::new(limits.into()));
    assert!(parsed.gaps.iter().any(|gap| matches!(gap.reason, GapReason::Limit(_))));
}

#[test]
fn a_group_that_lists_one_table_again_and_again_is_bounded_and_its_first_links_are_followed() {
    let mut bytes = fixture("default.h5");
    let tree = bytes.windows(4).position(|window| window == b"TREE").unwrap();
    let entry = |bytes: &[u8], at: usize| -> [u8; 16] { bytes[at..at + 16].try_into().unwrap() };
    // Key and address of the first table, in the place of all others.
    let first = entry(&bytes, tree + 24);
    bytes[tree + 6..tree + 8].copy_from_slice(&16_u16.to_le_bytes());
    for number in 1..16 {
        let at = tree + 24 + 16 * number;
        bytes[at..at + 16].copy_from_slice(&first);
    }
    let limits = Limits { facts: 20, ..Limits::default() };
    let parsed = parse(&Memory::shared(bytes), "a.h5", &Budget::new(limits.into()));
    assert!(
        parsed.gaps.iter().any(|gap| gap.reason == GapReason::Limit(Exhausted::Facts)),
        "{:?}",
        parsed.gaps
    );
    let Facts::Hdf5(facts) = &parsed.reading.facts else { panic!("no facts") };
    assert!(facts.objects.len() > 3, "{:?}", facts.objects);
}

#[test]
fn a_name_without_end_is_malformed() {
    let mut bytes = fixture("default.h5");
    let heap = bytes.windows(4).position(|window| window == b"HEAP").unwrap();
    let place = bytes.len() as u64;
    bytes[heap + 8..heap + 16].copy_from_slice(&8192_u64.to_le_bytes());
    bytes[heap + 24..heap + 32].copy_from_slice(&place.to_le_bytes());
    bytes.extend([b'a'; 8192]);
    assert!(faults(&look(bytes)).contains(&Fault::Malformed));
}

proptest! {
    #[test]
    fn any_change_is_survived_and_any_cut_is_seen(place in 0_usize..17_000, byte in any::<u8>(), cut in 8_usize..17_000) {
        let whole = fixture("keras.h5");
        let mut changed = whole.clone();
        changed[place] = byte;
        prop_assert!(look(changed).gaps.iter().all(|gap| gap.reason != GapReason::Internal));
        let node = look(whole[..cut].to_vec());
        prop_assert!(!faults(&node).is_empty() && !node.gaps.is_empty());
    }

    #[test]
    fn any_change_to_the_newer_forms_is_survived(which in 0_usize..5, place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let names = ["latest.h5", "chunks.h5", "filtered-heap.h5", "shared-list.h5", "shared-tree.h5"];
        let mut bytes = fixture(names[which]);
        let place = place.index(bytes.len().min(20_000));
        bytes[place] = byte;
        prop_assert!(look(bytes).gaps.iter().all(|gap| gap.reason != GapReason::Internal));
    }

    #[test]
    fn any_chunking_gives_the_same(portion in 1_usize..200) {
        let bytes = fixture("keras.h5");
        let node = inspect("model.h5", &Short::shared(&bytes, portion), &Budget::default());
        let whole = look(bytes);
        prop_assert_eq!(facts(&whole), facts(&node));
    }
}
