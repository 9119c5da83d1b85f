//! Records as the tfrecord package and `TensorBoard`'s writer write them: benign files are silent, changed ones never.

use proptest::prelude::*;

use crate::bounded::Budget;
use crate::build::pickle::Assembler;
use crate::build::protobuf::Proto;
use crate::build::short::Short;
use crate::build::tfrecord::file;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Fault, Node};
use crate::source::Memory;
use crate::testing::{fixture, seen, silent};

fn node(bytes: &[u8]) -> Node {
    inspect("train.tfrecord", &Memory::shared(bytes.to_vec()), &Budget::default())
}

fn metadata(node: &Node) -> Vec<String> {
    let Facts::Data(facts) = &node.readings[0].facts else { panic!() };
    facts.metadata.iter().map(|(key, value)| format!("{key}: {value}")).collect()
}

#[test]
fn what_the_library_writes_is_explained_and_named() {
    let found = silent(node(&fixture("arrays/train.tfrecord")), Format::TfRecord);
    assert_eq!(
        metadata(&found),
        [
            "records: 3",
            "feature image: bytes in 3 records",
            "feature label: int64 in 3 records",
            "feature score: float in 3 records",
        ]
    );
    let packed = node(&fixture("arrays/train.tfrecord.gz"));
    assert_eq!(packed.children[0].candidates[0].format, Format::TfRecord);
    assert_eq!((packed.gaps.len(), packed.children[0].gaps.len()), (0, 0));
}

#[test]
fn records_of_other_messages_are_explained() {
    silent(node(&file(&[b"", b"anything at all", &[0xff; 100]])), Format::TfRecord);
}

#[test]
fn programs_and_pickles_are_handed_on() {
    let pickle = Assembler::new(4).reduce("os", "system", &["id"]).finish();
    let feature = Proto::new().message(1, &Proto::new().bytes(1, &pickle));
    let entry = Proto::new().text(1, "image").message(2, &feature);
    let example = Proto::new().message(1, &Proto::new().message(1, &entry)).build();
    for record in [pickle.as_slice(), &example] {
        let found = node(&file(&[b"first", record]));
        assert_eq!(found.children.len(), 1);
        assert_eq!(found.children[0].candidates[0].format, Format::Pickle);
    }
}

#[test]
fn wrong_checksums_and_what_stands_behind_are_seen() {
    let whole = file(&[b"one", b"two"]);
    for at in [0, 9, 12, 15] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        if at >= 12 {
            seen(node(&changed), Fault::Checksum);
        }
        let found = node(&changed);
        assert!(!found.gaps.is_empty() || !found.readings[0].irregularities.is_empty(), "{at}");
    }
    let tail = [whole.as_slice(), b"payload behind the records"].concat();
    assert!(!node(&tail).unexplained.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_cut_file_is_never_clean(cut in 13_usize..200) {
        let whole = fixture("arrays/train.tfrecord");
        let found = node(&whole[..cut.min(whole.len() - 1)]);
        let ends = matches!(&found.readings[0].facts, Facts::Data(facts) if facts.metadata[0].1 != "0");
        let clean = found.gaps.is_empty() && found.unexplained.is_empty();
        // A cut between two records leaves a whole file.
        prop_assert!(!clean || ends && found.readings[0].irregularities.is_empty());
    }

    #[test]
    fn any_portions_give_the_same_facts(portion in 1_usize..40) {
        let whole = fixture("arrays/train.tfrecord");
        let short = inspect("train.tfrecord", &Short::shared(&whole, portion), &Budget::default());
        prop_assert_eq!(format!("{short:?}"), format!("{:?}", node(&whole)));
    }
}
