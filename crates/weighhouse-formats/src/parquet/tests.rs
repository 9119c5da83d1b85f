//! Tests on what pyarrow and pandas write: benign files are silent, changed ones never.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::short::Short;
use crate::data::{DataFacts, HookKind};
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, GapReason, Node};
use crate::source::Memory;
use crate::testing::{fixture, silent};

const FILES: [&str; 5] =
    ["snappy.parquet", "groups.parquet", "bare.parquet", "pandas.parquet", "pyarrow-12.parquet"];

fn node(bytes: &[u8]) -> Node {
    inspect("data.parquet", &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn facts(node: &Node) -> &DataFacts {
    let Facts::Data(facts) = &node.readings[0].facts else { panic!() };
    facts
}

#[test]
fn what_pyarrow_and_pandas_write_is_explained_to_the_last_byte() {
    for file in FILES {
        let found = silent(node(&fixture(&format!("data/{file}"))), Format::Parquet);
        let arrow = found.children.iter().find(|child| child.name == "ARROW:schema");
        assert_eq!(arrow.is_some(), file != "bare.parquet", "{file}");
        assert!(
            arrow.is_none_or(|child| child.candidates[0].format == Format::Arrow && child.gaps.is_empty())
        );
    }
    let pandas = node(&fixture("data/pandas.parquet"));
    assert!(facts(&pandas).metadata.iter().any(|(key, _)| key == "pandas"));
}

#[test]
fn a_pickled_type_is_found_in_the_schema_of_arrow() {
    let found = node(&fixture("data/hostile-type.parquet"));
    let arrow = found.children.iter().find(|child| child.name == "ARROW:schema").unwrap();
    assert_eq!(facts(arrow).hooks[0].kind, HookKind::PickledType);
}

#[test]
fn hidden_bytes_are_not_explained() {
    let whole = fixture("data/snappy.parquet");
    let footer =
        whole.len() - 8 - u32::from_le_bytes(*whole[whole.len() - 8..].first_chunk().unwrap()) as usize;
    let wedged = [&whole[..footer], b"\x80\x04 payload here".as_slice(), &whole[footer..]].concat();
    assert!(!node(&wedged).unexplained.is_empty());
    let tail = [whole.as_slice(), b"payload"].concat();
    assert!(!node(&tail).gaps.is_empty());
}

#[test]
fn a_second_description_must_be_that_of_its_column() {
    let mut bytes = fixture("data/pyarrow-12.parquet");
    // The size of the pages (110, as a zigzag number) in the description behind the first column.
    let size = bytes[114..].windows(2).position(|pair| pair == [0xdc, 0x01]).unwrap() + 114;
    bytes[size] ^= 2;
    assert!(!node(&bytes).unexplained.is_empty());
}

#[test]
fn an_encrypted_footer_is_a_gap() {
    let found = node(b"PARE\x01\x02\x03\x04\x04\0\0\0PARE");
    assert_eq!(found.gaps[0].reason, GapReason::Encrypted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_cut_file_is_never_clean(file in 0_usize..5, cut in 0_usize..1_000) {
        let whole = fixture(&format!("data/{}", FILES[file]));
        // A few letters alone are a text.
        let cut = (whole.len() * cut / 1_000).max(12);
        let found = node(&whole[..cut]);
        prop_assert!(!found.gaps.is_empty() || !found.unexplained.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(file in 0_usize..5, portion in 1_usize..40) {
        let whole = fixture(&format!("data/{}", FILES[file]));
        let short = inspect("data.parquet", &Short::shared(&whole, portion), &Budget::default());
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
