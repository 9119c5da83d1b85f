//! Documents of each kind, and what is found in them.

use std::sync::Arc;

use super::{BundleFacts, Kind, Role};
use crate::bounded::{Budget, Limits};
use crate::node::Facts;
use crate::source::Memory;

fn read(name: &str, text: &str) -> Option<BundleFacts> {
    let budget = Budget::new(Arc::new(Limits::default()));
    let node = crate::inspect::inspect(name, &Memory::shared(text.as_bytes().to_vec()), &budget);
    node.readings.into_iter().find_map(|reading| match reading.facts {
        Facts::Bundle(facts) => Some(*facts),
        _ => None,
    })
}

fn pairs(name: &str, text: &str) -> (Kind, Vec<(Role, String)>) {
    let facts = read(name, text).unwrap_or_else(|| panic!("{name} describes no bundle"));
    let found = facts.references.into_iter().map(|found| (found.role, found.value));
    (facts.kind, found.collect())
}

fn owned(pairs: &[(Role, &str)]) -> Vec<(Role, String)> {
    pairs.iter().map(|(role, value)| (*role, (*value).to_owned())).collect()
}

#[test]
fn manifests_of_torchserve() {
    let text = r#"{"createdOn": "x", "runtime": "python", "model": {"modelName": "m", "serializedFile": "m.pt", "handler": "h.py:run", "extraFiles": "a.json, b.txt", "requirementsFile": "r.txt"}, "archiverVersion": "1"}"#;
    let (kind, found) = pairs("MAR-INF/MANIFEST.json", text);
    assert_eq!(kind, Kind::TorchServe);
    let expected = [
        (Role::File, "m.pt"),
        (Role::Code, "h.py:run"),
        (Role::File, "a.json"),
        (Role::File, "b.txt"),
        (Role::File, "r.txt"),
    ];
    assert_eq!(found, owned(&expected));
}

#[test]
fn configurations_of_nemo_with_what_their_interpolations_come_to() {
    let text = "target: nemo.X\nfirst: o\nvocab: nemo:v.txt\nkey: ${oc.env:TOKEN,none}\nb:\n  _target_: ${model.first}s.system\nc:\n  _target_: ${unknown.x}\nloop: ${loop}\nd:\n  _target_: ${loop}\n";
    let (kind, found) = pairs("m/model_config.yaml", text);
    assert_eq!(kind, Kind::Nemo);
    let expected = [
        (Role::Class, "nemo.X"),
        (Role::File, "v.txt"),
        (Role::Variable, "TOKEN"),
        (Role::Resolved, "os.system"),
        (Role::Computed, "${unknown.x}"),
        (Role::Computed, "${loop}"),
    ];
    assert_eq!(found, owned(&expected));
    assert_eq!(pairs("x.yaml", text).0, Kind::Hydra);
}

#[test]
fn configurations_of_spacy_with_values_of_several_lines() {
    let text = "[nlp]\nlang = \"en\"\nbefore_creation = {\"@callbacks\":\"x.v1\"}\n\n[components.ner.model]\n@architectures = \"spacy.\n  X.v2\"\n[paths]\ntrain = \"../../x\"\n";
    let (kind, found) = pairs("config.cfg", text);
    assert_eq!(kind, Kind::Spacy);
    assert_eq!(found[0], (Role::Class, "x.v1".to_owned()));
    assert_eq!(found.last(), Some(&(Role::File, "../../x".to_owned())));
    assert!(read("setup.cfg", "[metadata]\nname = x\n").is_none());
}

#[test]
fn other_documents() {
    let mlflow = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: m.pkl\n    code: null\n    env:\n      conda: conda.yaml\n";
    let expected = [(Role::Code, "mlflow.sklearn"), (Role::File, "m.pkl"), (Role::File, "conda.yaml")];
    assert_eq!(pairs("MLmodel", mlflow), (Kind::Mlflow, owned(&expected)));
    let kit = "manifestVersion: 1.0.0\npackage:\n  name: m\nmodel:\n  path: ./m\ncode:\n- path: ./src\n";
    assert_eq!(pairs("Kitfile", kit), (Kind::KitOps, owned(&[(Role::File, "./m"), (Role::File, "./src")])));
    let image = r#"[{"Config": "c.json", "RepoTags": ["x"], "Layers": ["0/layer.tar"]}]"#;
    let expected = [(Role::Part, "c.json"), (Role::Part, "0/layer.tar")];
    assert_eq!(pairs("manifest.json", image), (Kind::Docker, owned(&expected)));
    let server = r#"{"name": "m", "implementation": "a.B", "parameters": {"uri": "./m"}}"#;
    let expected = [(Role::Class, "a.B"), (Role::File, "./m")];
    assert_eq!(pairs("model-settings.json", server), (Kind::MlServer, owned(&expected)));
    let graph = r#"{"3": {"class_type": "KSampler", "inputs": {"ckpt_name": "../x", "text": "a/b"}}}"#;
    let expected = [(Role::Class, "KSampler"), (Role::File, "../x")];
    assert_eq!(pairs("w.json", graph), (Kind::ComfyUi, owned(&expected)));
    for (name, other) in
        [("config.json", r#"{"model_type": "bert"}"#), ("x.yaml", "a: b\n"), ("x.cfg", "a = 1\n")]
    {
        assert!(read(name, other).is_none(), "{name}");
    }
}
