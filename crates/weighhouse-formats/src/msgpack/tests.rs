//! Tests on assembled documents and on what Flax writes: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::msgpack::{array, bytes, extension, list, map, text};
use crate::build::short::Short;
use crate::data::{DataFacts, HookKind};
use crate::format::Format;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, Node, Strength};
use crate::source::Memory;
use crate::testing::{fixture, seen, silent};

fn node(document: &[u8]) -> Node {
    inspect("model.msgpack", &Memory::shared(document.to_vec()), &Budget::default())
}

fn facts(node: &Node) -> &DataFacts {
    let Facts::Data(facts) = &node.readings[0].facts else { panic!() };
    facts
}

#[test]
fn what_flax_and_msgpack_numpy_write_is_explained_to_the_last_byte() {
    let flax = silent(node(&fixture("data/flax.msgpack")), Format::Msgpack);
    let tensors: Vec<_> = facts(&flax)
        .tensors
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor.dtype.as_str(), tensor.shape.clone()))
        .collect();
    assert!(tensors.contains(&("params.dense.kernel", "float32", vec![2, 3])), "{tensors:?}");
    assert!(tensors.contains(&("params.half", "bfloat16", vec![2, 2])), "{tensors:?}");
    assert!(facts(&flax).hooks.is_empty());
    let numpy = silent(node(&fixture("data/numpy.msgpack")), Format::Msgpack);
    assert!(facts(&numpy).hooks.is_empty());
}

#[test]
fn documents_are_recognised_without_their_name() {
    for name in ["model", "model.bin", "checkpoint"] {
        let found = identify(name, &Memory::shared(fixture("data/flax.msgpack")));
        assert_eq!((found[0].format, found[0].strength), (Format::Msgpack, Strength::Certain));
    }
    let prose = identify("notes", &Memory::shared(b"an ordinary text of some length\n".to_vec()));
    assert_ne!(prose[0].format, Format::Msgpack);
}

#[test]
fn arrays_of_objects_are_pickles() {
    let hostile = node(&fixture("data/hostile-objects.msgpack"));
    let hooks = &facts(&hostile).hooks;
    assert_eq!((hooks.len(), hooks[0].kind, hooks[0].name.as_str()), (1, HookKind::ObjectArray, "w"));
    assert!(hostile.children.iter().any(|child| child.candidates[0].format == Format::Pickle));
    let flax = node(&map(&[("w", array(&[1], "object", b"\x80\x04N."))]));
    assert_eq!(facts(&flax).hooks[0].kind, HookKind::ObjectArray);
}

#[test]
fn bytes_with_a_structure_are_inspected() {
    let pickle = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.";
    for value in [bytes(pickle), extension(42, pickle), array(&[pickle.len() as u64], "uint8", pickle)] {
        let found = node(&map(&[("params", map(&[("w", value)]))]));
        assert_eq!(found.children[0].candidates[0].format, Format::Pickle);
    }
}

#[test]
fn lies_are_seen() {
    seen(node(&map(&[("a", text("x")), ("a", text("y"))])), Fault::Duplicate);
    seen(node(&map(&[("w", array(&[4], "float32", &[0; 12]))])), Fault::Contradiction);
    seen(node(&map(&[("w", array(&[u64::MAX, 4], "float32", &[0; 16]))])), Fault::Contradiction);
    seen(node(&map(&[("w", extension(1, b"\x92\x91\x01\xa3abc"))])), Fault::Malformed);
    seen(node(&map(&[("abcdefgh", vec![0xc1])])), Fault::Malformed);
    seen(node(&map(&[("abcdefgh", vec![0xdd, 0xff, 0xff, 0xff, 0xff])])), Fault::Bomb);
    let deep = (0..100_000).fold(Vec::new(), |mut all, _| {
        all.push(0x91);
        all
    });
    seen(node(&map(&[("abcdefgh", deep)])), Fault::Bomb);
    let tail = [map(&[("abcdefgh", text("x"))]), b"\xfe\xff junk \x80".to_vec()].concat();
    assert!(!node(&tail).unexplained.is_empty());
}

#[test]
fn names_that_rebuild_objects_are_hooks() {
    let found = node(&map(&[("layer", map(&[("__reduce__", list(&[text("model"), list(&[])]))]))]));
    assert_eq!(facts(&found).hooks[0].kind, HookKind::Protocol);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cut_document_is_never_clean(cut in 1_usize..258) {
        let whole = fixture("data/flax.msgpack");
        let found = node(&whole[..cut.min(whole.len() - 1)]);
        prop_assert!(!found.gaps.is_empty() || !found.unexplained.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(portion in 1_usize..40) {
        let whole = fixture("data/flax.msgpack");
        let budget = Budget::default();
        let short = inspect("model.msgpack", &Short::shared(&whole, portion), &budget);
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
