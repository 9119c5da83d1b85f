//! Tests on what pyarrow writes: benign files are silent, changed ones never.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::short::Short;
use crate::data::{DataFacts, HookKind};
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, Node};
use crate::source::Memory;
use crate::testing::{faults, fixture, seen, silent};

const FILES: [&str; 5] = ["plain.arrow", "lz4.arrow", "zstd.arrow", "stream.arrow", "table.feather"];

fn node(bytes: &[u8]) -> Node {
    inspect("data.arrow", &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn facts(node: &Node) -> &DataFacts {
    let Facts::Data(facts) = &node.readings[0].facts else { panic!() };
    facts
}

#[test]
fn what_pyarrow_writes_is_explained_to_the_last_byte() {
    for file in FILES {
        let found = silent(node(&fixture(&format!("data/{file}"))), Format::Arrow);
        let keys: Vec<_> = facts(&found).metadata.iter().map(|(key, _)| key.as_str()).collect();
        assert!(keys.contains(&"huggingface"), "{file}: {keys:?}");
        assert!(facts(&found).hooks.is_empty());
    }
}

#[test]
fn a_pickled_type_is_a_hook_and_its_pickle_is_read() {
    let found = node(&fixture("data/hostile-type.feather"));
    assert!(facts(&found).hooks.iter().all(|hook| hook.kind == HookKind::PickledType && hook.name == "a"));
    assert_eq!(facts(&found).hooks.len(), 2, "schema and footer");
    let formats: Vec<_> = found.children.iter().map(|child| child.candidates[0].format).collect();
    assert!(formats.contains(&Format::Pickle));
}

/// Bytes that no offset of the metadata leads to, and bytes between messages, are not explained.
#[test]
fn hidden_bytes_are_not_explained() {
    let whole = fixture("data/plain.arrow");
    let footer =
        whole.len() - 10 - u32::from_le_bytes(*whole[whole.len() - 10..].first_chunk().unwrap()) as usize;
    let wedged = [&whole[..footer], b"\x80\x04 payload here".as_slice(), &whole[footer..]].concat();
    assert!(!node(&wedged).unexplained.is_empty());
    let tail = [whole.as_slice(), b"payload"].concat();
    assert!(!node(&tail).gaps.is_empty() || !node(&tail).unexplained.is_empty());
    let stream = [fixture("data/stream.arrow"), b"payload".to_vec()].concat();
    assert!(!node(&stream).unexplained.is_empty());
}

#[test]
fn a_footer_that_names_another_place_is_a_lie() {
    let whole = fixture("data/plain.arrow");
    let footer =
        whole.len() - 10 - u32::from_le_bytes(*whole[whole.len() - 10..].first_chunk().unwrap()) as usize;
    // The record batches come after the schema; the first block is the first word of the footer that is a message's place.
    let messages: Vec<u64> = (8..footer)
        .step_by(8)
        .filter(|at| whole[*at..].starts_with(&[0xff; 4]))
        .map(|at| at as u64)
        .collect();
    let place = messages[1].to_le_bytes();
    let at = (footer..whole.len() - 8).find(|at| whole[*at..].starts_with(&place)).unwrap();
    let mut moved = whole;
    moved[at] ^= 8;
    seen(node(&moved), Fault::Contradiction);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_cut_file_is_never_clean(file in 0_usize..5, cut in 0_usize..1_000) {
        let whole = fixture(&format!("data/{}", FILES[file]));
        // A few letters alone are a text.
        let cut = (whole.len() * cut / 1_000).max(12);
        let found = node(&whole[..cut]);
        // A stream may end after any message.
        let ends = FILES[file] == "stream.arrow" && faults(&found).is_empty();
        prop_assert!(ends || !found.gaps.is_empty() || !found.unexplained.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(file in 0_usize..5, portion in 1_usize..40) {
        let whole = fixture(&format!("data/{}", FILES[file]));
        let short = inspect("data.arrow", &Short::shared(&whole, portion), &Budget::default());
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
