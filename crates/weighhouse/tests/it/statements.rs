//! Statements as their users meet them: written by `vet` and `convert`, checked by `verify`, told by `vet`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{code, example, program, root, text};

fn fixture(name: &str) -> String {
    root().join("crates/weighhouse-supply/src/signing/fixtures").join(name).display().to_string()
}

fn copy(from: &str, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(example(from)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().unwrap()
}

#[test]
fn a_decision_is_stated_and_holds_until_the_model_changes() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    copy("clean-classifier", &model);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let (private, public) = (fixture("p256.pem"), fixture("p256.pub"));
    // Inside the model: the statement is no part of what it speaks of.
    let statement = "model/model.intoto.jsonl";
    let vetted =
        run(&["vet", "model", "--attestation", statement, "--private-key", &private, "--at", "2026-11-21"]);
    assert_eq!(code(&vetted), 0, "{}", text(&vetted.stderr));
    let verify = ["verify", "model", "--statement", statement, "--public-key", &public];
    let verified = run(&verify);
    let said = text(&verified.stdout);
    assert_eq!(code(&verified), 0, "{said}");
    assert!(
        said.starts_with("PASS  model is what is stated\n      `PASSED` by `urn:weighhouse:verifier`"),
        "{said}"
    );
    assert!(said.contains("about all of it"), "{said}");
    let document: Value = serde_json::from_slice(&run(&[&verify[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!((&document["verdict"], &document["statements"][0]["signed"]), (&"pass".into(), &true.into()));
    assert_eq!(text(&run(&[&verify[..], &["--quiet"]].concat()).stdout), "");

    fs::write(model.join("added.txt"), "x").unwrap();
    assert_eq!(code(&run(&verify)), 1);
    fs::remove_file(model.join("added.txt")).unwrap();
    assert_eq!(code(&run(&verify)), 0);
    let stranger = folder.path().join("other.pub");
    fs::write(&stranger, fs::read(fixture("p256.pub")).unwrap()).unwrap();
    fs::write(model.join("config.json"), "{}").unwrap();
    assert_eq!(code(&run(&verify)), 1);
}

#[test]
fn a_rejection_is_stated_too_and_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    copy("poisoned-classifier", &folder.path().join("model"));
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let (private, public) = (fixture("p256.pem"), fixture("p256.pub"));
    let vetted = run(&["vet", "model", "--attestation", "vsa.json", "--private-key", &private, "--quiet"]);
    assert_eq!(code(&vetted), 1);
    let verified = run(&["verify", "model", "--statement", "vsa.json", "--public-key", &public]);
    assert_eq!(code(&verified), 1);
    let said = text(&verified.stdout);
    assert!(said.starts_with("FAIL  model is stated to have failed verification"), "{said}");
}

#[test]
fn a_statement_without_a_signature_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    copy("clean-classifier", &folder.path().join("model"));
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    assert_eq!(code(&run(&["vet", "model", "--attestation", "vsa.json", "--quiet"])), 0);
    let bare: Value = serde_json::from_slice(&fs::read(folder.path().join("vsa.json")).unwrap()).unwrap();
    assert_eq!(bare["predicateType"], "https://slsa.dev/verification_summary/v1");
    let verify =
        |file: &str| run(&["verify", "model", "--statement", file, "--public-key", &fixture("p256.pub")]);
    let verified = verify("vsa.json");
    assert_eq!(code(&verified), 1);
    assert!(text(&verified.stdout).starts_with("FAIL  nothing is signed with this key"));
    fs::write(folder.path().join("broken.json"), "{").unwrap();
    assert_eq!(code(&verify("broken.json")), 1);
    assert_eq!(code(&verify("none.json")), 2);
    // A key without a statement would be ignored in silence.
    assert_eq!(code(&run(&["vet", "model", "--private-key", &fixture("p256.pem")])), 2);
}

#[test]
fn a_conversion_says_what_became_what() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join("examples/clean-classifier/pytorch_model.bin"), folder.path().join("model.bin"))
        .unwrap();
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let (private, public) = (fixture("p256.pem"), fixture("p256.pub"));
    let arguments = ["convert", "model.bin", "--provenance", "p.intoto.jsonl", "--private-key", &private];
    let converted = run(&arguments);
    assert_eq!(code(&converted), 0, "{}", text(&converted.stderr));
    let verify =
        |file: &str| run(&["verify", file, "--statement", "p.intoto.jsonl", "--public-key", &public]);
    let verified = verify("model.safetensors");
    let said = text(&verified.stdout);
    assert_eq!(code(&verified), 0, "{said}");
    assert!(
        said.contains("built by `urn:weighhouse:builder` as `urn:weighhouse:build:convert:v1`"),
        "{said}"
    );
    assert_eq!(code(&verify("model.bin")), 1, "it is about the result");
}

#[test]
fn vet_tells_of_statements_that_lie_with_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    copy("clean-classifier", &model);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let arguments =
        ["vet", "model", "--attestation", "model/v.intoto.jsonl", "--private-key", &fixture("p256.pem")];
    assert_eq!(code(&run(&[&arguments[..], &["--quiet"]].concat())), 0);
    let report =
        || -> Value { serde_json::from_slice(&run(&["vet", "model", "--format", "json"]).stdout).unwrap() };
    let signature = |report: &Value| {
        let threads = report["assessments"].as_array().unwrap();
        threads.iter().find(|thread| thread["thread"] == "signature").unwrap().to_string()
    };
    let stranger = signature(&report());
    assert!(
        stranger.contains("signed by nobody known to be trusted, states about all of this artifact"),
        "{stranger}"
    );
    let config = format!("[signature]\npublic-keys = [\"{}\"]\n", fixture("p256.pub"));
    fs::write(folder.path().join("weighhouse.toml"), config).unwrap();
    let known = signature(&report());
    assert!(
        known.contains("signed by the key `") && known.contains("`PASSED` by `urn:weighhouse:verifier`"),
        "{known}"
    );
}
