//! The log in `examples/audit-log`: made here, from keys that everybody knows.
//!
//! `UPDATE_EXAMPLE=1 cargo test -p weighhouse-log example` writes it anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weighhouse_core::Digest;
use weighhouse_log::record::{Actor, Decision, Pseudonym, Record, Salt};
use weighhouse_log::testkit::{self, MemoryLog, known_key};
use weighhouse_log::{Algorithm, Policy, SignerKey, TlogProof, proof};

const SUBJECT: &str = "org/classifier@4bc1f1a70e3b5f5a6c0c0f1d2e3a4b5c6d7e8f90";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/audit-log")
}

fn log_key() -> SignerKey {
    known_key("gate.example/audit", Algorithm::Ed25519, 1).unwrap()
}

fn witnesses() -> [SignerKey; 2] {
    [("security", 2), ("auditor.example", 3)].map(|(name, seed)| {
        known_key(&format!("witness.example/{name}"), Algorithm::Cosignature, seed).unwrap()
    })
}

fn person(name: &str, salt: u8) -> Actor {
    Actor::Person(Pseudonym::of(&Salt::from_bytes([salt; 32]), name))
}

/// Action, actor, state before, state after, outcome of the policy.
type Step = (&'static str, Actor, Option<&'static str>, &'static str, Option<&'static str>);

/// A model on its way through the gate.
fn records() -> Vec<Record> {
    let service = |name: &str| Actor::Service(name.parse().unwrap());
    let (ada, grace, alan) =
        (person("ada@gate.example", 1), person("grace@gate.example", 2), person("alan@gate.example", 3));
    let steps = [
        ("revision.request", ada, None, "requested", None),
        ("revision.fetch", service("worker"), Some("requested"), "quarantined", None),
        ("revision.inspect", service("worker"), Some("quarantined"), "reviewable", Some("needs-approval")),
        ("revision.approve", grace.clone(), Some("reviewable"), "reviewable", None),
        ("revision.approve", alan, Some("reviewable"), "approved(production)", Some("allow")),
        ("revision.canary", service("gate"), Some("approved(production)"), "canary(production,10)", None),
        ("revision.release", grace, Some("canary(production,10)"), "released(production)", Some("allow")),
    ];
    let record = |(seq, (action, actor, previous, next, outcome)): (u64, Step)| Record {
        at: format!("2026-11-{:02}T09:30:00Z", 16 + seq).parse().unwrap(),
        action: action.parse().unwrap(),
        actor,
        objects: vec![Digest::of(b"the bytes of the model")],
        decision: outcome.map(|outcome| Decision {
            outcome: outcome.parse().unwrap(),
            policy: Digest::of(b"the policies"),
            facts: Digest::of(format!("the facts of step {seq}").as_bytes()),
        }),
        evidence: if action == "revision.inspect" { vec![Digest::of(b"the report")] } else { Vec::new() },
        detail: if seq == 0 {
            BTreeMap::from([("reason".parse().unwrap(), "intent detection in support tickets".to_owned())])
        } else {
            BTreeMap::new()
        },
        ..testkit::record(seq, SUBJECT, previous, Some(next)).unwrap()
    };
    (0..).zip(steps).map(record).collect()
}

fn files() -> BTreeMap<String, Vec<u8>> {
    let mut log = MemoryLog::default();
    log.append(records().iter().map(|record| record.to_bytes().unwrap())).unwrap();
    let mut checkpoint = log.signed(&log_key()).unwrap();
    for witness in witnesses() {
        checkpoint.add(witness.cosign(checkpoint.note().text(), 1_795_339_860).unwrap());
    }
    let [security, auditor] = witnesses().map(|key| key.verifier().to_string());
    let policy = format!(
        "# The log of the gate, and who watches it: either of two parties must have seen a checkpoint.\nlog {}\n\
         witness security {security}\nwitness auditor {auditor}\ngroup watchers any security auditor\nquorum watchers\n",
        log_key().verifier()
    );
    let tiles = log.read(&proof::inclusion_tiles(6, 7).unwrap()).unwrap();
    let path = proof::inclusion(6, 7, &tiles).unwrap();
    let proof = TlogProof { extra: None, index: 6, path, checkpoint: checkpoint.clone() };
    let trusted: Policy = policy.parse().unwrap();
    assert_eq!(proof.verify(&log.entries[6], &trusted).unwrap().witnesses.len(), 2);
    let mut files: BTreeMap<String, Vec<u8>> =
        log.files().into_iter().map(|(path, bytes)| (format!("log/{path}"), bytes)).collect();
    files.insert("log/checkpoint".to_owned(), checkpoint.to_string().into_bytes());
    files.insert("policy".to_owned(), policy.into_bytes());
    files.insert("release.tlog-proof".to_owned(), proof.to_string().into_bytes());
    files.insert("release.json".to_owned(), log.entries[6].clone());
    files
}

#[test]
fn the_example_is_what_this_crate_writes() {
    crate::kept(&folder(), &files(), "UPDATE_EXAMPLE");
}
