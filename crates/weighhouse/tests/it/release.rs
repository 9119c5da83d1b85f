//! `verify --bundle`: a folder is what a gate released, or it is not. In builds without the gate, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use weighhouse_core::Digest;
use weighhouse_core::digest::model_digest;
use weighhouse_log::record::Decision;
use weighhouse_log::release::{ACTION, FileStatement, ReleaseBundle, ReleaseStatement, SCHEMA};
use weighhouse_log::testkit::{MemoryLog, known_key, record};
use weighhouse_log::{Algorithm, Record, TlogProof, proof};

use crate::{code, program, text};

const FILES: [(&str, &[u8]); 2] = [("config.json", b"{}"), ("sub/model.bin", b"weights")];
const GATE: &str = "gate.example/log";

fn statement() -> ReleaseStatement {
    let stated = |(path, content): &(&str, &[u8])| {
        let file = FileStatement { size: content.len() as u64, sha256: Digest::of(content).hex() };
        ((*path).to_owned(), file)
    };
    let digests = FILES.iter().map(|(path, content)| (*path, Digest::of(content)));
    ReleaseStatement {
        id: "b1".to_owned(),
        gate: GATE.to_owned(),
        kind: "models".to_owned(),
        model: "org/m".to_owned(),
        commit: "c0ffee".to_owned(),
        digest: model_digest(digests).to_string(),
        stage: "production".to_owned(),
        release: "r1".to_owned(),
        outcome: "allow".to_owned(),
        policy: Digest::of(b"policy").to_string(),
        facts: Digest::of(b"facts").to_string(),
        issued: "2026-11-22T01:02:03Z".to_owned(),
        expires: "2026-11-22T13:02:03Z".to_owned(),
        files: FILES.iter().map(stated).collect::<BTreeMap<_, _>>(),
    }
}

/// The bundle of a gate whose log has other records before and behind.
fn bundle(statement: ReleaseStatement) -> ReleaseBundle {
    let digest = |text: &str| text.parse::<Digest>().unwrap();
    let told = Record {
        action: ACTION.parse().unwrap(),
        objects: vec![digest(&statement.digest)],
        evidence: vec![statement.identity().unwrap()],
        decision: Some(Decision {
            outcome: statement.outcome.parse().unwrap(),
            policy: digest(&statement.policy),
            facts: digest(&statement.facts),
        }),
        ..record(1, &format!("bundle/{}", statement.id), None, Some("issued")).unwrap()
    };
    let entry = told.to_bytes().unwrap();
    let mut log = MemoryLog::default();
    let other = |seq: u64| record(seq, &format!("x/{seq}"), None, Some("y")).unwrap().to_bytes().unwrap();
    log.append([other(0), entry.clone(), other(2)]).unwrap();
    let tiles = log.read(&proof::inclusion_tiles(1, 3).unwrap()).unwrap();
    let path = proof::inclusion(1, 3, &tiles).unwrap();
    let checkpoint = log.signed(&known_key(GATE, Algorithm::Ed25519, 1).unwrap()).unwrap();
    ReleaseBundle {
        schema: SCHEMA.to_owned(),
        statement,
        record: String::from_utf8(entry).unwrap(),
        proof: TlogProof { extra: None, index: 1, path, checkpoint }.to_string(),
    }
}

/// A folder with the model, the bundle and the key of the gate.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in FILES {
        let place = folder.path().join("model").join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }
    let key = known_key(GATE, Algorithm::Ed25519, 1).unwrap().verifier().to_string();
    fs::write(folder.path().join("gate.pub"), key + "\n").unwrap();
    write(folder.path(), &bundle(statement()));
    folder
}

fn write(folder: &Path, bundle: &ReleaseBundle) {
    fs::write(folder.join("release.bundle"), serde_json::to_string_pretty(bundle).unwrap()).unwrap();
}

const AT: &str = "2026-11-22T12:00:00Z";

fn run(folder: &Path, more: &[&str]) -> (i32, String) {
    let mut command = program(folder);
    command.args(["verify", "--bundle", "release.bundle", "model", "--log-key", "gate.pub"]).args(more);
    let output = command.output().unwrap();
    (code(&output), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn what_was_released_passes_and_says_until_when() {
    let folder = folder();
    let (code, said) = run(folder.path(), &["--at", AT, "--stage", "production", "--name", "org/m"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with(
            "PASS  model is `org/m` as released to `production`, good until 2026-11-22T13:02:03Z\n"
        ),
        "{said}"
    );
    assert!(said.contains("no witness was asked for"), "{said}");
    let (code, said) = run(folder.path(), &["--at", AT, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, json["verdict"].as_str(), json["stage"].as_str()),
        (0, Some("pass"), Some("production"))
    );
    assert_eq!(run(folder.path(), &["--at", AT, "--quiet"]), (0, String::new()));
    // The bundle may lie with the model, and what a download tool left can be left out by name only.
    fs::copy(folder.path().join("release.bundle"), folder.path().join("model/release.bundle")).unwrap();
    let inside = ["verify", "--bundle", "model/release.bundle", "model", "--log-key", "gate.pub", "--at", AT];
    let output = program(folder.path()).args(inside).output().unwrap();
    assert_eq!(crate::code(&output), 0, "{}", text(&output.stdout));
    fs::create_dir_all(folder.path().join("model/.cache/huggingface")).unwrap();
    fs::write(folder.path().join("model/.cache/huggingface/x"), "x").unwrap();
    let output = program(folder.path()).args(inside).output().unwrap();
    assert_eq!(crate::code(&output), 1);
    let output = program(folder.path()).args(inside).args(["--ignore-path", ".cache"]).output().unwrap();
    assert_eq!(crate::code(&output), 0, "{}", text(&output.stdout));
}

#[test]
fn what_is_over_old_of_another_stage_or_of_another_gate_fails() {
    let folder = folder();
    for (arguments, expected) in [
        (&["--at", "2026-11-22T13:02:03Z"][..], "was good until"),
        // The end of a day.
        (&["--at", "2026-11-22"], "was good until"),
        (&["--at", "2026-11-22T01:02:02Z"], "one of the clocks is wrong"),
        (&["--at", AT, "--max-age", "10"], "longer ago than is accepted"),
        (&["--at", AT, "--stage", "research"], "not of `research`"),
        (&["--at", AT, "--name", "org/n"], "not of `org/n`"),
    ] {
        let (code, said) = run(folder.path(), arguments);
        assert_eq!(code, 1, "{arguments:?}: {said}");
        assert!(said.contains(expected) && said.starts_with("FAIL  "), "{said}");
    }
    assert_eq!(run(folder.path(), &["--at", AT, "--max-age", "11"]).0, 0);
    let eve = known_key(GATE, Algorithm::Ed25519, 9).unwrap().verifier().to_string();
    fs::write(folder.path().join("gate.pub"), eve).unwrap();
    let (code, said) = run(folder.path(), &["--at", AT]);
    assert!(code == 1 && said.contains("not signed by a log that the policy trusts"), "{said}");
    // Nobody to trust, nothing to check: mistakes.
    for arguments in [
        &["verify", "--bundle", "release.bundle", "model"][..],
        &["verify", "model", "--log-key", "gate.pub"],
        &["verify", "--bundle", "none", "model", "--log-key", "gate.pub"],
        &["verify", "--bundle", "release.bundle", "none", "--log-key", "gate.pub", "--at", AT],
        &["verify", "--bundle", "release.bundle", "model", "--log-key", "gate.pub", "--at", "soon"],
    ] {
        let output = program(folder.path()).args(arguments).output().unwrap();
        let code = crate::code(&output);
        let said = text(&output.stdout) + &text(&output.stderr);
        // A gate's key that is another comes first where both are wrong.
        assert!(code == 2 || (code == 1 && said.contains("policy trusts")), "{arguments:?}: {code} {said}");
    }
}

#[test]
fn every_difference_of_the_folder_is_told() {
    let folder = folder();
    let model = folder.path().join("model");
    fs::write(model.join("config.json"), "{ }").unwrap();
    fs::remove_file(model.join("sub/model.bin")).unwrap();
    fs::write(model.join("run.py"), "import os").unwrap();
    let (code, said) = run(folder.path(), &["--at", AT]);
    assert_eq!(code, 1);
    for line in ["changed: `config.json`", "missing: `sub/model.bin`", "added: `run.py`"] {
        assert!(said.contains(line), "{said}");
    }
    #[cfg(unix)]
    {
        let folder = self::folder();
        let secret = folder.path().join("elsewhere");
        fs::write(&secret, "weights").unwrap();
        let place = folder.path().join("model/sub/model.bin");
        fs::remove_file(&place).unwrap();
        std::os::unix::fs::symlink(&secret, &place).unwrap();
        // Good bytes in another place today may be others tomorrow.
        let (code, said) = run(folder.path(), &["--at", AT]);
        assert_eq!(code, 1, "{said}");
    }
}

#[test]
fn bundles_that_are_none_are_refused_and_not_called_mistakes() {
    let folder = folder();
    let good = fs::read_to_string(folder.path().join("release.bundle")).unwrap();
    let cut = good.get(..good.len() / 2).unwrap();
    for text in [
        "",
        "{}",
        "[1]",
        cut,
        &good.replace("\"allow\"", "\"deny\""),
        &good.replace("config.json", "config.jsom"),
    ] {
        fs::write(folder.path().join("release.bundle"), text).unwrap();
        let (code, said) = run(folder.path(), &["--at", AT]);
        assert!(code == 1 && said.starts_with("FAIL  "), "{code} {said}");
    }
    // What policy did not allow, truly logged.
    write(folder.path(), &bundle(ReleaseStatement { outcome: "deny".to_owned(), ..statement() }));
    let (code, said) = run(folder.path(), &["--at", AT]);
    assert!(code == 1 && said.contains("policy did not allow"), "{said}");
}
