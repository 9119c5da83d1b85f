//! Signatures as `vet` tells them.

use std::fs;
use std::path::Path;

use weighhouse_core::{Assessment, Date, Finding, State};

use super::*;
use crate::materials::samples;

fn key() -> PrivateKey {
    PrivateKey::from_pem(include_str!("fixtures/p256.pem"), None).unwrap()
}

fn other() -> PrivateKey {
    PrivateKey::from_pem(include_str!("fixtures/p384.pem"), None).unwrap()
}

/// A signed model; the signature lies in it.
fn signed_by(key: PrivateKey) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("weights"), "w").unwrap();
    let signature = sign(folder.path(), "model", &Signer::Key(key), &SigningOptions::default()).unwrap();
    fs::write(folder.path().join("model.sig"), signature).unwrap();
    folder
}

fn asked(folder: &Path, keys: &[&PrivateKey]) -> (Assessment, Vec<Finding>) {
    let settings = Settings { keys: keys.iter().map(|key| key.public()).collect(), ..Settings::default() };
    assessed(folder, &settings)
}

/// What `vet` tells of the signatures in a folder.
pub(super) fn assessed(folder: &Path, settings: &Settings) -> (Assessment, Vec<Finding>) {
    let materials = samples::folder(folder);
    assess(&materials, settings, Date::new(2026, 11, 21).unwrap())
}

#[test]
fn a_model_without_signature_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("weights"), "w").unwrap();
    fs::write(folder.path().join("note.json"), r#"{"mediaType": "application/json"}"#).unwrap();
    let (assessment, findings) = asked(folder.path(), &[&key()]);
    assert_eq!(
        (assessment.headline.as_str(), assessment.state, findings.len()),
        ("not signed", State::Assessed, 0)
    );
}

#[test]
fn a_trusted_signature_is_told_with_its_signer() {
    let (assessment, findings) = asked(signed_by(key()).path(), &[&other(), &key()]);
    assert_eq!(findings, []);
    assert!(assessment.headline.starts_with("signed by key "), "{}", assessment.headline);
    assert_eq!(assessment.state, State::Assessed);
}

#[test]
fn nobody_to_trust_is_not_assessed() {
    let (assessment, findings) = asked(signed_by(key()).path(), &[]);
    assert_eq!((assessment.state, findings.len()), (State::Partly, 0));
    assert!(assessment.headline.contains("nobody known to be trusted"));
}

#[test]
fn a_change_after_signing_is_critical() {
    for (name, content) in [("weights", "x"), ("evil.py", "import os")] {
        let folder = signed_by(key());
        fs::write(folder.path().join(name), content).unwrap();
        let (assessment, findings) = asked(folder.path(), &[&other(), &key()]);
        let ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
        assert_eq!(ids, ["WH-PRV-001"], "{name}");
        assert!(findings[0].headline.contains(name), "{}", findings[0].headline);
        assert_eq!(assessment.headline, "the signature does not hold");
    }
}

#[test]
fn a_stranger_is_no_signer() {
    let (_, findings) = asked(signed_by(other()).path(), &[&key()]);
    let ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["WH-PRV-002"]);
}

#[test]
fn a_forged_statement_of_a_trusted_key_is_critical() {
    let folder = signed_by(key());
    let path = folder.path().join("model.sig");
    let mut bundle: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let strange = sign(folder.path(), "model", &Signer::Key(other()), &SigningOptions::default()).unwrap();
    let strange: serde_json::Value = serde_json::from_slice(&strange).unwrap();
    bundle["dsseEnvelope"] = strange["dsseEnvelope"].clone();
    fs::write(&path, bundle.to_string()).unwrap();
    let (_, findings) = asked(folder.path(), &[&other(), &key()]);
    let ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["WH-PRV-001"]);
}
