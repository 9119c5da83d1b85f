//! Tests on what XGBoost, LightGBM and CatBoost write: benign models are silent, every lie is seen.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::short::Short;
use crate::data::DataFacts;
use crate::format::Format;
use crate::inspect::inspect;
use crate::json::Value;
use crate::node::{Facts, Fault, Node};
use crate::source::Memory;
use crate::testing::{fixture, seen, silent};

const FILES: [(&str, Format); 9] = [
    ("xgboost-tree.bin", Format::XgBoostBinary),
    ("xgboost-multi.bin", Format::XgBoostBinary),
    ("xgboost-linear.bin", Format::XgBoostBinary),
    ("xgboost-dart.bin", Format::XgBoostBinary),
    ("xgboost.ubj", Format::Ubjson),
    ("lightgbm.txt", Format::LightGbm),
    ("lightgbm-categories.txt", Format::LightGbm),
    ("catboost.cbm", Format::CatBoost),
    ("catboost-categories.cbm", Format::CatBoost),
];

fn node(bytes: &[u8]) -> Node {
    inspect("model", &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn facts(node: &Node) -> &DataFacts {
    let Facts::Data(facts) = &node.readings[0].facts else { panic!() };
    facts
}

fn root(node: &Node) -> &Value {
    facts(node).document.as_ref().and_then(|document| document.value.as_ref()).unwrap()
}

#[test]
fn what_the_libraries_write_is_explained_to_the_last_byte() {
    for (file, format) in FILES {
        silent(node(&fixture(&format!("boosting/{file}"))), format);
    }
}

#[test]
fn texts_become_a_document() {
    let xgboost = node(&fixture("boosting/xgboost.ubj"));
    let learner = root(&xgboost).get("learner").unwrap();
    assert_eq!(
        learner.get("attributes").and_then(|all| all.get("note")).and_then(Value::text),
        Some("a model")
    );
    let names: Vec<_> =
        learner.get("feature_names").unwrap().elements().iter().filter_map(Value::text).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let lightgbm = node(&fixture("boosting/lightgbm.txt"));
    assert_eq!(root(&lightgbm).get("objective").and_then(Value::text), Some("binary"));
    assert_eq!(root(&lightgbm).get("boosting").and_then(Value::text), Some("gbdt"));
    let catboost = node(&fixture("boosting/catboost.cbm"));
    assert!(
        facts(&catboost).metadata.iter().any(|(key, _)| key == "params"),
        "{:?}",
        facts(&catboost).metadata
    );
    assert_eq!(root(&catboost).get("FeatureId").and_then(Value::text), Some("third"));
}

fn ubjson(rest: &[u8]) -> Node {
    node(&[b"{i\x07learner".as_slice(), rest].concat())
}

#[test]
fn lies_in_ubjson_are_seen() {
    silent(ubjson(b"{i\x01aSi\x01b}}"), Format::Ubjson);
    seen(ubjson(b"{i\x01aZi\x01aZ}}"), Fault::Duplicate);
    seen(ubjson(b"[$l#L\x7f\xff\xff\xff\xff\xff\xff\xff"), Fault::Bomb);
    seen(ubjson(b"[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff"), Fault::Bomb);
    seen(ubjson(&[b'['; 10_000]), Fault::Bomb);
    seen(ubjson(b"[$U]"), Fault::Malformed);
    assert!(!ubjson(b"Z}\x80\x04 payload").unexplained.is_empty());
    let pickle = ubjson(b"[$U#i\x19\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.}");
    assert_eq!(pickle.children[0].candidates[0].format, Format::Pickle);
}

#[test]
fn lies_in_lightgbm_are_seen() {
    let whole = String::from_utf8(fixture("boosting/lightgbm.txt")).unwrap();
    let with = |from: &str, to: &str| node(whole.replacen(from, to, 1).as_bytes());
    seen(with("num_leaves=3", "num_leaves=2147483647"), Fault::Contradiction);
    seen(with("Tree=1", "Three=1"), Fault::Contradiction);
    seen(with("shrinkage=", "hook=import os\nshrinkage="), Fault::Malformed);
    seen(with("leaf_value=", "leaf_value=os.system "), Fault::Malformed);
    seen(node(format!("{whole}\nimport os\n").as_bytes()), Fault::Trailing);
}

#[test]
fn what_stands_behind_a_model_of_catboost_is_not_explained() {
    let whole = fixture("boosting/catboost.cbm");
    assert!(!node(&[whole.as_slice(), b"\x80\x04 payload"].concat()).unexplained.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_model_is_never_clean(file in 0_usize..5, cut in 0_usize..1_000) {
        let (name, format) = FILES[file];
        let whole = fixture(&format!("boosting/{name}"));
        // Parameters at the end of a text may be left out.
        let most = if format == Format::LightGbm { 150 } else { 1_000 };
        let found = node(&whole[..(whole.len() * cut.min(most) / 1_000).max(20)]);
        prop_assert!(!found.gaps.is_empty() || !found.unexplained.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(file in 0_usize..5, portion in 1_usize..40) {
        let whole = fixture(&format!("boosting/{}", FILES[file].0));
        let short = inspect("model", &Short::shared(&whole, portion), &Budget::default());
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
