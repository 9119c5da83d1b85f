//! Tests of the HDF5 reader: what h5py and Keras write is explained, what leads out of the file is seen.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Hdf5Facts, parse};
use crate::bounded::{Budget, Exhausted, Limits};
use crate::build::short::Short;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, GapReason, Node};
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

#[test]
fn what_the_libraries_write_is_silent_and_explained() {
    for name in ["default.h5", "v108.h5", "user-block.h5", "strategy.h5", "keras.h5", "keras.weights.h5"] {
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
fn a_virtual_data_set_leads_out_too() {
    let node = look(fixture("virtual.h5"));
    assert_eq!(faults(&node), [Fault::Link, Fault::Traversal]);
    assert_eq!(facts(&node).external[0].file, "/root/other.h5");
    assert_eq!(node.gaps[0].reason, GapReason::NotInspected);
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
fn the_newest_forms_are_gaps() {
    let node = look(fixture("latest.h5"));
    assert_eq!(faults(&node), []);
    assert_eq!(node.gaps.iter().map(|gap| gap.reason).collect::<Vec<_>>(), [GapReason::NotInspected; 2]);
    assert_eq!(node.unexplained, []);
    assert_eq!(child(&node, "@model_config").candidates.first().unwrap().format, Format::Json);
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
    fn any_chunking_gives_the_same(portion in 1_usize..200) {
        let bytes = fixture("keras.h5");
        let node = inspect("model.h5", &Short::shared(&bytes, portion), &Budget::default());
        let whole = look(bytes);
        prop_assert_eq!(facts(&whole), facts(&node));
    }
}
