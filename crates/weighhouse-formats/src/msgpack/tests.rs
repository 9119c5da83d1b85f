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

#[test]
fn what_langgraph_calls_is_read_out_of_its_extensions() {
    let checkpoint = silent(node(&fixture("langgraph/state.msgpack")), Format::Msgpack);
    let facts = facts(&checkpoint);
    assert!(facts.hooks.is_empty(), "{:?}", facts.hooks);
    let calls: Vec<_> = facts
        .calls
        .iter()
        .map(|call| format!("{:?} {}.{} at {}", call.role, call.module, call.name, call.path))
        .collect();
    for expected in [
        "Class langchain_core.messages.human.HumanMessage at channel_values.messages",
        "Call uuid.UUID at channel_values.id",
        "Method datetime.datetime.fromisoformat at channel_values.when",
        "Call decimal.Decimal at channel_values.budget.amount",
        "Call re.compile at channel_values.pattern",
        "Class travel.Plan at channel_values.next.plan",
        "Call travel.Color at channel_values.color",
    ] {
        assert!(calls.iter().any(|call| call == expected), "{expected} is not among {calls:#?}");
    }
    let tensors: Vec<_> =
        facts.tensors.iter().map(|t| (t.name.as_str(), t.dtype.as_str(), t.shape.clone())).collect();
    assert_eq!(
        tensors,
        [("channel_values.vector", "<f4", vec![2, 3]), ("channel_values.matrix", "<i8", vec![2, 2])]
    );
}

/// `module.name(arguments)` as `LangGraph` writes it.
fn call(code: i8, module: &str, name: &str, rest: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<_> = [text(module), text(name)].into_iter().chain(rest.iter().cloned()).collect();
    extension(code, &list(&parts))
}

#[test]
fn calls_are_found_however_they_are_wrapped() {
    let inner = call(0, "os", "system", &[text("id")]);
    let short = b"\xc7\x0d\x02\x93\xa2os\xa6system\xa2id".to_vec();
    for (title, document) in [
        (
            "in an argument",
            map(&[("state", call(5, "app", "State", &[map(&[("x", inner.clone())]), text("m")]))]),
        ),
        ("before what is cut", map(&[("state", extension(0, &[&[0x93], inner.as_slice()].concat()))])),
        ("in a snapshot", map(&[("state", extension(7, &list(std::slice::from_ref(&inner))))])),
        ("in a list that is no call", map(&[("state", extension(4, &list(std::slice::from_ref(&inner))))])),
        (
            "in the shape of an array",
            map(&[("state", extension(1, &list(&[list(std::slice::from_ref(&inner))])))]),
        ),
        ("as a key", map(&[("state", [vec![0x81], inner.clone(), vec![1]].concat())])),
        ("short, under the type of complex numbers", map(&[("state", short)])),
        ("without a map around it", inner.clone()),
        ("in a list", list(&[text("x"), inner.clone()])),
    ] {
        let found = inspect("state", &Memory::shared(document), &Budget::default());
        let calls = &facts(&found).calls;
        assert!(calls.iter().any(|call| call.module == "os" && call.name == "system"), "{title}: {calls:?}");
    }
    let method = node(&map(&[("state", call(3, "pathlib", "Path", &[inner, text("unlink")]))]));
    let names: Vec<_> = facts(&method).calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["Path.unlink", "system"]);
}

#[test]
fn names_that_loading_builds_are_hooks() {
    let built = call(0, "builtins", "str", &[text("os")]);
    for value in [
        extension(0, &list(&[built.clone(), text("system"), text("id")])),
        extension(0, &list(&[text("os"), built.clone(), text("id")])),
        extension(1, &built),
        extension(
            2,
            &[vec![0x83, 0x00], text("os"), vec![0x01], text("system"), vec![0x02], text("id")].concat(),
        ),
    ] {
        let found = node(&map(&[("state", value)]));
        assert_eq!(facts(&found).hooks[0].kind, HookKind::ComputedCall);
    }
}

#[test]
fn extensions_that_are_cut_or_endless_are_seen() {
    let call = call(0, "uuid", "UUID", &[text("0123456789")]);
    let cut = extension(0, &call[6..call.len() - 4]);
    seen(node(&map(&[("state", cut)])), Fault::Malformed);
    seen(node(&map(&[("state", extension(0, &[&call[6..], b"more"].concat()))])), Fault::Malformed);
    let deep = (0..200).fold(text("x"), |inner, _| self::call(0, "builtins", "list", &[inner]));
    seen(node(&map(&[("state", deep)])), Fault::Bomb);
    // Types belong to everybody: what is no call is left to its program.
    let other = node(&map(&[("state", extension(3, b"\x93\xc1\xff\x00"))]));
    assert!(other.readings[0].irregularities.is_empty());
    assert_eq!(facts(&other).hooks[0].kind, HookKind::Extension);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cut_document_is_never_clean(graph in any::<bool>(), cut in 1_usize..4_000) {
        let whole = fixture(if graph { "langgraph/state.msgpack" } else { "data/flax.msgpack" });
        let found = node(&whole[..cut.min(whole.len() - 1)]);
        prop_assert!(!found.gaps.is_empty() || !found.unexplained.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(graph in any::<bool>(), portion in 1_usize..40) {
        let whole = fixture(if graph { "langgraph/state.msgpack" } else { "data/flax.msgpack" });
        let budget = Budget::default();
        let short = inspect("model.msgpack", &Short::shared(&whole, portion), &budget);
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
