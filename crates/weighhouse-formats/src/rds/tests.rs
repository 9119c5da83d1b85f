//! Tests on what R writes: benign files are silent, code is told with its place, changed files are never clean.

use proptest::prelude::*;

use super::{RFacts, RPlace, RRole};
use crate::bounded::Budget;
use crate::build::short::Short;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, Node};
use crate::source::Memory;
use crate::testing::{faults, fixture, seen, silent};

const FILES: [&str; 9] = [
    "lm.rds",
    "frame-2.rds",
    "frame-text.rds",
    "frame-native.rds",
    "kinds.rds",
    "functions.rds",
    "workspace.RData",
    "workspace-text.RData",
    "hostile-compiled.rds",
];

fn node(bytes: &[u8]) -> Node {
    inspect("model.rds", &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn facts(file: &str) -> RFacts {
    let mut found = node(&fixture(&format!("r/{file}")));
    let Facts::R(facts) = found.readings.remove(0).facts else { panic!("{file}") };
    *facts
}

fn has(file: &str, name: &str, called: bool, place: RPlace) -> bool {
    facts(file)
        .names
        .iter()
        .any(|found| (found.name.as_str(), found.role == RRole::Called, found.place) == (name, called, place))
}

#[test]
fn what_r_writes_is_explained_to_the_last_byte() {
    for file in FILES {
        let found = silent(node(&fixture(&format!("r/{file}"))), Format::Rds);
        let Facts::R(facts) = &found.readings[0].facts else { panic!() };
        assert_eq!((facts.writer.as_str(), facts.promises.len()), ("4.2.2", 0), "{file}");
    }
    assert_eq!(facts("frame-2.rds").version, 2);
    assert_eq!(facts("workspace.RData").objects, ["model", "square"]);
    assert!(facts("kinds.rds").compact.iter().any(|(class, _)| class == "base::compact_intseq"));
    assert_eq!(facts("functions.rds").namespaces, ["stats"]);
}

#[test]
fn names_are_told_with_their_place() {
    assert!(has("lm.rds", "lm", true, RPlace::Data));
    assert!(has("functions.rds", "stop", true, RPlace::Function));
    assert!(has("functions.rds", "length", true, RPlace::ActiveBinding));
    assert!(has("functions.rds", "mean", true, RPlace::Argument));
    assert!(has("hostile-function.rds", "system", true, RPlace::Function));
    assert!(has("hostile-compiled.rds", "system2", true, RPlace::Function));
    assert!(has("hostile-by-name.rds", "system", false, RPlace::Function));
    assert!(has("hostile-qualified.rds", "system", false, RPlace::Function));
    assert!(has("hostile-call.rds", "system", true, RPlace::Data));
    assert!(has("hostile-formula.rds", "download.file", true, RPlace::Data));
    assert!(has("hostile-active.rds", "system", true, RPlace::ActiveBinding));
    assert!(has("hostile-lazy.rds", "system", true, RPlace::Argument));
}

#[test]
fn promises_among_data_are_told() {
    for file in [
        "hostile-promise.rds",
        "hostile-promise-any.rds",
        "hostile-promise-in-list.rds",
        "hostile-promise.RData",
    ] {
        let facts = facts(file);
        assert_eq!(facts.promises.len(), 1, "{file}");
        assert!(facts.names.iter().all(|name| name.place == RPlace::Promise), "{file}");
    }
}

#[test]
fn lies_are_seen() {
    let head = &fixture("r/kinds.rds")[..23];
    let with = |rest: &[u8]| node(&[head, rest].concat());
    seen(with(&[0, 0, 0, 99]), Fault::Malformed);
    seen(with(&[0, 0, 9, 255]), Fault::Malformed);
    seen(with(&[0, 0, 0, 14, 127, 255, 255, 255]), Fault::Truncated);
    let deep: Vec<u8> = (0..100_000).flat_map(|_| [0, 0, 0, 19, 0, 0, 0, 1]).collect();
    seen(with(&deep), Fault::Bomb);
    assert!(!with(b"\0\0\0\xfe\x80\x04 behind").unexplained.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_cut_file_is_never_clean(file in 0_usize..9, cut in 0_usize..1_000) {
        let whole = fixture(&format!("r/{}", FILES[file]));
        let found = node(&whole[..(whole.len() * cut / 1_000).max(16)]);
        // Without its last line feed a text says the same.
        let text = FILES[file].contains("text") && faults(&found).is_empty() && cut > 900;
        prop_assert!(text || !found.gaps.is_empty() || !found.unexplained.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(file in 0_usize..9, portion in 1_usize..40) {
        let whole = fixture(&format!("r/{}", FILES[file]));
        let short = inspect("model.rds", &Short::shared(&whole, portion), &Budget::default());
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
