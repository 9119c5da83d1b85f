//! PyTorch files: those written by the real library are related without a fault and converted bit for bit; lies are seen.

use std::path::PathBuf;
use std::sync::Arc;

use super::convert::{ConvertError, convert, locate};
use super::*;
use crate::bounded::Budget;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Node};
use crate::source::{FileSource, Memory, SharedSource, read_up_to};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch").join(name)
}

fn open(name: &str) -> SharedSource {
    Arc::new(FileSource::new(std::fs::File::open(path(name)).unwrap()).unwrap())
}

fn look(name: &str) -> Node {
    inspect(name, &open(name), &Budget::default())
}

fn torch(node: &Node) -> &TorchFacts {
    node.readings
        .iter()
        .find_map(|reading| match &reading.facts {
            Facts::Torch(facts) => Some(facts.as_ref()),
            _ => None,
        })
        .unwrap()
}

fn assert_clean(node: &Node) {
    assert_eq!(node.gaps, [], "{}", node.name);
    assert_eq!(node.faults, [], "{}", node.name);
    assert_eq!(node.unexplained, [], "{}", node.name);
    for reading in &node.readings {
        assert_eq!(reading.irregularities, [], "{} as {:?}", node.name, reading.format);
    }
    node.children.iter().for_each(assert_clean);
}

#[test]
fn checkpoints_in_every_form_are_related_without_a_fault() {
    for name in ["every_type", "state_dict", "checkpoint"] {
        for (ending, form) in
            [("pt", TorchForm::Zip), ("proto4.pt", TorchForm::Zip), ("legacy.pt", TorchForm::Legacy)]
        {
            let node = look(&format!("{name}.{ending}"));
            assert_clean(&node);
            let facts = torch(&node);
            assert_eq!(facts.form, form, "{name}.{ending}");
            assert!(facts.tensors_only && !facts.script && facts.orphans.is_empty(), "{name}.{ending}");
            assert!(!facts.storages.is_empty());
            assert!(facts.storages.iter().all(|storage| storage.found.is_some()));
        }
    }
}

#[test]
fn code_and_whole_modules_are_told_apart_from_tensors() {
    let module = look("whole_module.pt");
    assert_clean(&module);
    assert!(!torch(&module).tensors_only);
    let script = look("script.pt");
    assert!(torch(&script).script && !torch(&script).tensors_only);
    let code = script
        .children
        .iter()
        .find(|child| child.name.contains("/code/") && !child.name.ends_with("_pkl"))
        .unwrap();
    assert!(
        code.candidates.iter().any(|candidate| candidate.format == Format::Python),
        "{:?}",
        code.candidates
    );
}

#[test]
fn the_old_tar_form_is_walked_to_its_end() {
    let node = look("tar_form.pt");
    assert_clean(&node);
    let facts = torch(&node);
    assert_eq!(facts.form, TorchForm::Tar);
    assert_eq!((facts.storages[0].class.as_str(), facts.storages[0].declared_elements), ("FloatStorage", 6));
    assert!(matches!(
        convert(&open("tar_form.pt"), &mut Vec::new(), &Budget::default()),
        Err(ConvertError::NoCheckpoint)
    ));
}

#[test]
fn the_conversion_is_what_the_reference_writes() {
    for name in ["every_type", "state_dict", "checkpoint"] {
        let expected = std::fs::read(path(&format!("{name}.safetensors"))).unwrap();
        for ending in ["pt", "proto4.pt", "legacy.pt"] {
            let mut out = Vec::new();
            let converted =
                convert(&open(&format!("{name}.{ending}")), &mut out, &Budget::default()).unwrap();
            assert_eq!(converted.bytes, out.len() as u64);
            assert!(out == expected, "{name}.{ending} differs");
            match name {
                "every_type" => assert_eq!(converted.copied, ["slice", "strided", "transposed"]),
                "checkpoint" => assert!(converted.left_out.contains(&"epoch: an integer".to_owned())),
                _ => assert!(converted.left_out.is_empty() && converted.copied.is_empty()),
            }
        }
    }
}

/// What is located is what is written, but for views that lie scattered.
#[test]
fn tensors_are_located_where_the_conversion_reads_them() {
    for name in ["every_type", "state_dict", "checkpoint"] {
        for ending in ["pt", "proto4.pt", "legacy.pt"] {
            let source = open(&format!("{name}.{ending}"));
            let located = locate(&source, &Budget::default()).unwrap();
            let mut out = Vec::new();
            let converted = convert(&source, &mut out, &Budget::default()).unwrap();
            assert_eq!(located.len() as u64, converted.tensors);
            let header = 8 + u64::from_le_bytes(*out.first_chunk().unwrap());
            let mut rest = &out[usize::try_from(header).unwrap()..];
            let parsed = crate::safetensors::parse(&Memory::shared(out.clone()), "", &Budget::default());
            let Facts::Safetensors(facts) = &parsed.reading.facts else { panic!() };
            for (tensor, info) in located.iter().zip(&facts.tensors) {
                assert_eq!((tensor.name.as_str(), tensor.dtype), (info.name.as_str(), info.dtype.as_str()));
                assert_eq!(tensor.shape, info.shape);
                let (bytes, behind) = rest.split_at(usize::try_from(info.data.len()).unwrap());
                rest = behind;
                let scattered = matches!(tensor.name.as_str(), "strided" | "transposed" | "expanded");
                assert!(tensor.data.is_none() || !scattered, "{}", tensor.name);
                assert!(tensor.data.is_some() || name == "every_type", "{}", tensor.name);
                if let Some(data) = &tensor.data {
                    assert_eq!(read_up_to(data.as_ref(), 0, usize::MAX).unwrap(), bytes, "{}", tensor.name);
                }
            }
        }
    }
    assert!(matches!(locate(&open("script.pt"), &Budget::default()), Err(ConvertError::Script)));
}

#[test]
fn what_is_more_than_tensors_is_refused_by_name() {
    let refused = |name: &str| convert(&open(name), &mut Vec::new(), &Budget::default()).unwrap_err();
    let ConvertError::Refused(names) = refused("whole_module.pt") else { panic!() };
    assert!(names.contains(&"torch.nn.modules.linear.Linear".to_owned()), "{names:?}");
    assert!(matches!(refused("conjugate.pt"), ConvertError::Refused(_)));
    assert!(matches!(refused("complex128.pt"), ConvertError::NotRepresentable(_)));
    assert!(matches!(refused("script.pt"), ConvertError::Script));
    assert!(matches!(refused("state_dict.safetensors"), ConvertError::NoCheckpoint));
}

mod hostile {
    //! Archives that lie about their storages, assembled member by member.

    use super::*;
    use crate::build::pickle::Assembler;
    use crate::build::zip::{Archive, Member};
    use crate::node::GapReason;

    /// Two storages: `0` with 3 elements and `1` with 2, of four bytes each.
    fn pickle() -> Vec<u8> {
        Assembler::new(2).torch_state_dict(&[("a", &[3]), ("b", &[2])]).finish()
    }

    fn members() -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("m/data.pkl", pickle()),
            ("m/byteorder", b"little".to_vec()),
            ("m/data/0", vec![0; 12]),
            ("m/data/1", vec![0; 8]),
            ("m/version", b"3\n".to_vec()),
        ]
    }

    fn source(members: &[(&str, Vec<u8>)]) -> SharedSource {
        Memory::shared(
            Archive::of(members.iter().map(|(name, content)| Member::stored(name, content))).build(),
        )
    }

    fn read(members: &[(&str, Vec<u8>)]) -> (Node, Vec<Fault>) {
        let node = inspect("m.pt", &source(members), &Budget::default());
        let faults = node
            .readings
            .iter()
            .filter(|reading| reading.format == Format::TorchZip)
            .flat_map(|reading| reading.irregularities.iter().map(|fault| fault.kind))
            .collect();
        (node, faults)
    }

    fn refused(members: &[(&str, Vec<u8>)]) -> bool {
        convert(&source(members), &mut Vec::new(), &Budget::default()).is_err()
    }

    #[test]
    fn the_unchanged_archive_is_clean() {
        let (node, faults) = read(&members());
        assert_clean(&node);
        assert_eq!(faults, []);
        assert_eq!(torch(&node).records[1], ("byteorder".to_owned(), "little".to_owned()));
        assert!(node.children.iter().any(|child| child.candidates[0].format == Format::TensorData));
        assert!(!refused(&members()));
    }

    #[test]
    fn storages_that_are_short_long_missing_or_left_over_are_seen() {
        for len in [0, 11, 13] {
            let mut changed = members();
            changed[2].1 = vec![0; len];
            assert_eq!(read(&changed).1, [Fault::Contradiction]);
            assert!(refused(&changed));
        }
        let mut missing = members();
        missing.remove(2);
        let (node, faults) = read(&missing);
        assert_eq!(faults, [Fault::Truncated]);
        assert!(!torch(&node).tensors_only);
        assert!(refused(&missing));
        let mut orphan = members();
        orphan.push(("m/data/2", vec![0; 4]));
        let (node, _) = read(&orphan);
        assert_eq!(torch(&node).orphans, ["m/data/2"]);
        assert!(
            node.children
                .iter()
                .any(|child| child.gaps.iter().any(|gap| gap.reason == GapReason::UnknownFormat))
        );
    }

    #[test]
    fn a_storage_that_does_something_is_not_explained_away() {
        let mut changed = members();
        changed[3].1 = b"cos\nx\n)R".to_vec();
        let (node, faults) = read(&changed);
        assert_eq!(faults, []);
        let storage = node.children.iter().find(|child| child.name == "m/data/1").unwrap();
        assert!(storage.candidates.iter().any(|candidate| candidate.format == Format::Pickle), "{storage:?}");
        assert!(!storage.readings.is_empty());
    }

    #[test]
    fn numbers_that_look_like_something_by_chance_are_numbers() {
        for content in [b"{ab\x1bcdef", b"\x80\x02N.abcd", b"[1, 2, 3", b"\x1f\x8b\x08\0\0\0\0\0"] {
            let mut changed = members();
            changed[3].1 = content.to_vec();
            let (node, _) = read(&changed);
            assert_clean(&node);
            let storage = node.children.iter().find(|child| child.name == "m/data/1").unwrap();
            assert_eq!(storage.candidates[0].format, Format::TensorData, "{content:?}");
        }
    }

    #[test]
    fn two_roots_and_two_declarations_contradict() {
        let mut roots = members();
        roots.push(("n/data.pkl", pickle()));
        roots.push(("n/version", b"3\n".to_vec()));
        assert!(read(&roots).1.contains(&Fault::Contradiction));
        assert!(refused(&roots));
        let mut upper = members();
        upper[0].0 = "m/DATA.PKL";
        assert_eq!(read(&upper).1, []);
    }

    #[test]
    fn big_endian_numbers_are_not_converted() {
        let mut big = members();
        big[1].1 = b"big".to_vec();
        assert!(refused(&big));
    }

    #[test]
    fn a_cut_archive_is_never_converted() {
        let whole =
            Archive::of(members().iter().map(|(name, content)| Member::stored(name, content))).build();
        for cut in (0..whole.len()).step_by(7) {
            let source = Memory::shared(whole[..cut].to_vec());
            assert!(convert(&source, &mut Vec::new(), &Budget::default()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn views_outside_their_storage_and_cycles_are_refused() {
        let storage = |elements: i32| {
            Assembler::new(2)
                .empty_dict()
                .text("x")
                .import("torch._utils", "_rebuild_tensor_v2")
                .mark()
                .mark()
                .text("storage")
                .import("torch", "FloatStorage")
                .text("0")
                .text("cpu")
                .int(3)
                .tuple()
                .binpersid()
                .int(0)
                .int(elements)
                .tuple1()
                .int(1)
                .tuple1()
                .new_false()
                .none()
                .tuple()
                .reduce_opcode()
                .setitem()
                .finish()
        };
        let with = |pickle: Vec<u8>| {
            let mut changed = members();
            changed[0].1 = pickle;
            changed.remove(3);
            refused(&changed)
        };
        assert!(!with(storage(3)));
        assert!(with(storage(4)));
        assert!(with(storage(-1)));
        let cycle = Assembler::new(2).empty_list().put(0).get(0).append().finish();
        assert!(with(cycle));
        assert!(with(Assembler::new(2).nested(100_000).finish()));
    }
}
