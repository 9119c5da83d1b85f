use std::sync::Arc;

use weighhouse_core::diff::Change;

use super::*;
use crate::engine::Engine;
use crate::samples::listing;

fn revision(files: &[(&'static str, Vec<u8>)]) -> (Revision, Listing) {
    let listing = listing(files);
    (Engine::new(Arc::default(), Arc::default()).with_outlines().examine(&listing), listing)
}

fn diff(old: &[(&'static str, Vec<u8>)], new: &[(&'static str, Vec<u8>)]) -> Diff {
    let ((old, old_files), (mut new, new_files)) = (revision(old), revision(new));
    judge(&old, &mut new);
    compare(
        Decided { revision: &old, listing: &old_files, outcome: Outcome::Allow },
        Decided { revision: &new, listing: &new_files, outcome: Outcome::Deny },
        &AtomicBool::new(false),
    )
}

/// A safetensors file of F32 tensors.
fn weights(tensors: &[(&str, &[f32])]) -> Vec<u8> {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for (name, values) in tensors {
        let start = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let end = data.len();
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}}",
            values.len()
        ));
    }
    let mut header = format!("{{{}}}", header.join(","));
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

fn items(diff: &Diff) -> Vec<String> {
    let line = |item: &weighhouse_core::diff::ItemChange| {
        format!("{} {} {} {:?} {:?}", item.change.as_str(), item.kind, item.name, item.old, item.new)
    };
    diff.items.iter().map(line).collect()
}

#[test]
fn the_same_files_have_no_difference() {
    let files = [("config.json", b"{\"a\": 1}".to_vec()), ("m.pkl", b"cos\nsystem\n.".to_vec())];
    let diff = diff(&files, &files);
    assert!(diff.is_same());
    assert!(diff.items.is_empty() && diff.gained.is_empty() && diff.lost.is_empty());
}

#[test]
fn files_are_paired_by_path_then_by_digest() {
    let diff = diff(
        &[
            ("a.json", b"{}".to_vec()),
            ("b.json", b"[1]".to_vec()),
            ("c.json", b"[2]".to_vec()),
            ("same.json", b"[9]".to_vec()),
        ],
        &[
            ("a.json", b"[7]".to_vec()),
            ("d/b.json", b"[1]".to_vec()),
            ("e.json", b"[3]".to_vec()),
            ("same.json", b"[9]".to_vec()),
        ],
    );
    let files: Vec<_> =
        diff.files.iter().map(|file| (file.change, file.path.as_str(), file.from.as_deref())).collect();
    assert_eq!(
        files,
        [
            (Change::Changed, "a.json", None),
            (Change::Removed, "c.json", None),
            (Change::Renamed, "d/b.json", Some("b.json")),
            (Change::Added, "e.json", None),
        ]
    );
    assert!(!diff.is_same());
}

#[test]
fn copies_are_renamed_once_each_and_in_order() {
    let diff = diff(
        &[("a", b"[1]".to_vec()), ("b", b"[1]".to_vec())],
        &[("x", b"[1]".to_vec()), ("y", b"[1]".to_vec()), ("z", b"[1]".to_vec())],
    );
    let files: Vec<_> = diff.files.iter().map(|file| (file.path.as_str(), file.from.as_deref())).collect();
    assert_eq!(files, [("x", Some("a")), ("y", Some("b")), ("z", None)]);
}

#[test]
fn numbers_are_measured_tensor_by_tensor() {
    let diff = diff(
        &[("m.safetensors", weights(&[("a", &[1.0, 2.0]), ("b", &[3.0]), ("c", &[1.0])]))],
        &[(
            "m.safetensors",
            weights(&[("a", &[1.0, 2.5]), ("b", &[3.0]), ("c", &[1.0, 1.0]), ("d", &[0.0])]),
        )],
    );
    let [change] = diff.numbers.as_slice() else { panic!("{:?}", diff.numbers) };
    assert_eq!((change.name.as_str(), change.measure.changed, change.measure.elements), ("a", 1, 2));
    assert!((change.measure.largest.unwrap().get() - 0.5).abs() < 1e-12);
    let items = items(&diff);
    assert!(items.contains(&"added tensor d None Some(\"F32 [1]\")".to_owned()), "{items:?}");
    assert!(items.iter().any(|item| item.contains("tensor c")), "{items:?}");
    assert!(diff.not_compared.is_empty(), "{:?}", diff.not_compared);
}

#[test]
fn tensors_in_other_shards_are_the_same_tensors() {
    let diff = diff(
        &[("1.safetensors", weights(&[("a", &[1.0]), ("b", &[2.0])]))],
        &[("1.safetensors", weights(&[("a", &[1.0])])), ("2.safetensors", weights(&[("b", &[4.0])]))],
    );
    assert!(diff.items.is_empty(), "{:?}", items(&diff));
    let [change] = diff.numbers.as_slice() else { panic!("{:?}", diff.numbers) };
    assert_eq!((change.file.as_str(), change.name.as_str()), ("2.safetensors", "b"));
}

#[test]
fn findings_that_only_moved_are_neither_gained_nor_lost() {
    let diff = diff(&[("m.pkl", b"cos\nsystem\n.".to_vec())], &[("m.pkl", b"}0}0}0cos\nsystem\n.".to_vec())]);
    assert!(diff.gained.is_empty() && diff.lost.is_empty(), "{:?}", diff.gained);
    assert!(diff.items.is_empty());
}

#[test]
fn findings_of_a_file_that_was_renamed_stay() {
    let diff = diff(&[("a.pkl", b"cos\nsystem\n.".to_vec())], &[("b.pkl", b"cos\nsystem\n.".to_vec())]);
    assert!(diff.gained.is_empty() && diff.lost.is_empty(), "{:?}", diff.gained);
}

#[test]
fn what_an_update_brings_is_gained_and_stands_first() {
    let diff = diff(
        &[("m.pkl", b"}.".to_vec()), ("config.json", br#"{"b": 1, "license": "mit"}"#.to_vec())],
        &[
            ("m.pkl", b"cos\nsystem\n(S'id'\ntR.".to_vec()),
            ("config.json", br#"{"b": 2, "license": "other"}"#.to_vec()),
        ],
    );
    let rules: Vec<_> = diff.gained.iter().map(|finding| finding.rule.id).collect();
    assert!(rules.contains(&"WH-PKL-001") && rules.contains(&"WH-DIF-001"), "{rules:?}");
    assert_eq!(
        items(&diff),
        [
            "added global os.system None Some(\"called\")",
            "changed licence license Some(\"mit\") Some(\"other\")",
            "changed setting b Some(\"1\") Some(\"2\")",
        ]
    );
    assert_eq!(diff.items[0].standing, Standing::Dangerous);
}

#[test]
fn gaps_come_and_go() {
    let unknown: Vec<u8> =
        (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
    let diff = diff(&[("a.json", b"{}".to_vec())], &[("a.json", b"{}".to_vec()), ("w.enc", unknown)]);
    assert_eq!((diff.gaps_gained.len(), diff.gaps_lost.len()), (1, 0));
}
