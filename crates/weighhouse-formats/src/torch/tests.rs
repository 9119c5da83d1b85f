//! PyTorch files: those written by the real library are related without a fault and converted bit for bit; lies are seen.

use std::path::PathBuf;
use std::sync::Arc;

use super::convert::{ConvertError, convert};
use super::*;
use crate::bounded::Budget;
use crate::format::Format;
use crate::inspect::inspect;
use crate::node::{Facts, Node};
use crate::source::{FileSource, SharedSource};

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
