//! Statements, written, read, compared and believed.

use serde_json::{Value, json};
use weighhouse_core::{
    Artifact, Basis, Date, Decision, Digest, FileCoverage, FileRecord, Inspection, Outcome, Severity, Tool,
};

use super::*;
use crate::materials::samples::texts as materials;
use crate::signing::{PrivateKey, PublicKey};

const KEY: &str = include_str!("../signing/fixtures/p256.pem");
const PUBLIC: &str = include_str!("../signing/fixtures/p256.pub");
const OTHER: &str = include_str!("../signing/fixtures/p384.pem");

fn key() -> PrivateKey {
    PrivateKey::from_pem(KEY, None).unwrap()
}

fn public() -> PublicKey {
    PublicKey::from_pem(PUBLIC).unwrap()
}

fn statement_about(name: &str, bytes: &str) -> Statement {
    let predicate = json!({ "runDetails": { "builder": { "id": "urn:them" } }, "buildDefinition": { "buildType": "urn:it" } });
    Statement::new(vec![Subject::new(name, Digest::of(bytes.as_bytes()))], PROVENANCE, predicate)
}

fn inspection() -> Inspection {
    let digest = Digest::of(b"weights");
    Inspection {
        tool: Tool { name: "weighhouse", version: "0.0.0", ruleset: Digest::of(b"rules") },
        artifact: Artifact {
            name: "hf:org/name@main".to_owned(),
            digest: Some(weighhouse_core::digest::model_digest([("model.safetensors", digest)])),
            files: 1,
            bytes: 7,
        },
        files: vec![FileRecord {
            path: "model.safetensors".to_owned(),
            sha256: Some(digest),
            bytes: 7,
            format: "safetensors",
            coverage: FileCoverage::Full,
        }],
        findings: Vec::new(),
        gaps: Vec::new(),
        advice: Vec::new(),
        loading: Vec::new(),
        assessments: Vec::new(),
        reused: 0,
    }
}

fn decision(outcome: Outcome) -> Decision {
    Decision {
        outcome,
        profile: "internal".to_owned(),
        policy: Digest::of(b"policy"),
        facts: Digest::of(b"facts"),
        reasons: Vec::new(),
    }
}

fn summed_up(outcome: Outcome) -> Statement {
    let (inspection, decision) = (inspection(), decision(outcome));
    let as_of = Date::new(2026, 11, 21).unwrap();
    let time = "2026-11-21T10:00:00Z";
    verification_summary(&Summary { inspection: &inspection, decision: &decision, time, as_of }).unwrap()
}

#[test]
fn a_signed_statement_reads_back_and_is_signed_by_its_key_only() {
    let statement = statement_about("model.safetensors", "weights");
    let text = statement.text(Some(&key())).unwrap();
    assert_eq!(text, statement.text(Some(&key())).unwrap(), "the same statement gives the same bytes");
    let read = read(&text).unwrap();
    let [attestation] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(attestation.statement, statement);
    let envelope = attestation.envelope.clone().unwrap();
    assert_eq!(envelope.is_signed_by(&public()), Ok(true));
    let other = PrivateKey::from_pem(OTHER, None).unwrap().public();
    assert_eq!(envelope.is_signed_by(&other), Ok(false));
}

#[test]
fn a_changed_payload_or_kind_of_payload_is_not_signed() {
    let text = statement_about("a", "b").text(Some(&key())).unwrap();
    let envelope: Value = serde_json::from_str(&text).unwrap();
    let other = statement_about("a", "c").text(Some(&key())).unwrap();
    let other: Value = serde_json::from_str(&other).unwrap();
    let mut payload = envelope.clone();
    payload["payload"] = other["payload"].clone();
    let mut kind = envelope.clone();
    kind["payloadType"] = json!("application/vnd.in-toto+json ");
    for changed in [payload, kind] {
        let envelope: Envelope = serde_json::from_value(changed).unwrap();
        assert_eq!(envelope.is_signed_by(&public()), Ok(false));
    }
}

#[test]
fn statements_come_in_lines_in_bundles_and_bare() {
    let (one, two) = (statement_about("a", "1"), statement_about("b", "2"));
    let lines = format!("{}\n{}", one.text(Some(&key())).unwrap(), two.text(Some(&key())).unwrap());
    assert_eq!(read(&lines).unwrap().len(), 2);
    let envelope: Value = serde_json::from_str(&one.text(Some(&key())).unwrap()).unwrap();
    let bundle =
        json!({ "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": envelope });
    let found = read(&bundle.to_string()).unwrap();
    assert!(found[0].envelope.is_some() && found[0].statement == one);
    let bare = read(&one.text(None).unwrap()).unwrap();
    assert!(bare[0].envelope.is_none() && bare[0].statement == one);
}

#[test]
fn hostile_texts_are_errors() {
    let deep = "[".repeat(100_000);
    let other_payload = json!({ "payloadType": "text/plain", "payload": "", "signatures": [] }).to_string();
    let no_base64 = json!({ "payloadType": IN_TOTO, "payload": "***", "signatures": [] }).to_string();
    let no_statement =
        json!({ "_type": "https://example.com/", "subject": [], "predicateType": "" }).to_string();
    let many = "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":\"x\"}\n"
        .repeat(1001);
    for text in ["", "{", "null", "[]", "{}", &deep, &other_payload, &no_base64, &no_statement, &many] {
        assert!(matches!(read(text), Err(Error::Broken(_))), "{text:.60}");
    }
    let blob = json!({ "messageSignature": {} }).to_string();
    assert!(matches!(read(&blob), Err(Error::NoStatement)));
}

#[test]
fn subjects_are_found_by_digest() {
    let files = [("a/model.bin", Digest::of(b"1")), ("b.bin", Digest::of(b"2"))];
    let digests = Digests::new(files.map(|(path, digest)| (path.to_owned(), digest)).into());
    let about = |name: &str, digest: Digest| {
        digests.relations(&Statement::new(vec![Subject::new(name, digest)], "x", Value::Null))
    };
    assert_eq!(about("whatever", weighhouse_core::digest::model_digest(files)), [Relation::Whole]);
    assert_eq!(about("renamed", Digest::of(b"1")), [Relation::File("a/model.bin".to_owned())]);
    assert_eq!(about("b.bin", Digest::of(b"3")), [Relation::Differs("b.bin".to_owned())]);
    assert_eq!(about("c.bin", Digest::of(b"3")), [Relation::Elsewhere("c.bin".to_owned())]);
}

#[test]
fn a_decision_becomes_a_verification_summary() {
    let passed = summed_up(Outcome::Allow);
    assert_eq!(passed.predicate_type, "https://slsa.dev/verification_summary/v1");
    assert_eq!(passed.subject[0].digest["sha256"], inspection().artifact.digest.unwrap().hex());
    assert_eq!(passed.subject[1], Subject::new("model.safetensors", Digest::of(b"weights")));
    assert_eq!(passed.predicate["verificationResult"], "PASSED");
    assert_eq!(passed.predicate["resourceUri"], "pkg:huggingface/org/name@main");
    assert_eq!(passed.predicate["policy"]["digest"]["sha256"], Digest::of(b"policy").hex());
    assert_eq!(passed.predicate["timeVerified"], "2026-11-21T10:00:00Z");
    for outcome in [Outcome::NeedsApproval, Outcome::Deny] {
        let failed = summed_up(outcome);
        assert_eq!(failed.predicate["verificationResult"], "FAILED");
        assert_eq!(failed.predicate["verifiedLevels"], json!(["FAILED"]));
        assert_eq!(failed.predicate["weighhouse"]["verdict"], outcome.verdict());
    }
    let mut unread = inspection();
    unread.artifact.digest = None;
    let decision = decision(Outcome::Deny);
    let as_of = Date::new(2026, 11, 21).unwrap();
    let summary = Summary { inspection: &unread, decision: &decision, time: "", as_of };
    assert_eq!(verification_summary(&summary), None, "nothing is said of bytes that nobody read");
}

#[test]
fn a_conversion_has_provenance() {
    let tool = Tool { name: "weighhouse", version: "0.0.0", ruleset: Digest::of(b"rules") };
    let statement = provenance(&Conversion {
        from: ("model.bin", Digest::of(b"1")),
        to: ("model.safetensors", Digest::of(b"2")),
        tool: &tool,
        formats: ("pytorch", "safetensors"),
        left_out: &["optimizer".to_owned()],
        copied: &[],
        time: None,
    });
    let statement = statement.unwrap();
    assert_eq!(statement.subject, [Subject::new("model.safetensors", Digest::of(b"2"))]);
    let source = &statement.predicate["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(source["digest"]["sha256"], Digest::of(b"1").hex());
    assert_eq!(statement.predicate["runDetails"]["builder"]["id"], "urn:weighhouse:builder");
    assert_eq!(statement.claim(), "built by `urn:weighhouse:builder` as `urn:weighhouse:build:convert:v1`");
}

fn rules(found: &found::Found) -> Vec<(&str, Severity)> {
    found.findings.iter().map(|finding| (finding.rule.id, finding.severity)).collect()
}

#[test]
fn statements_beside_a_model_are_named_and_believed_only_with_a_key() {
    let text = statement_about("model.safetensors", "weights").text(Some(&key())).unwrap();
    let materials = materials(&[("model.safetensors", "weights"), ("model.intoto.jsonl", &text)]);
    let stranger = found::found(&materials, &[]);
    assert_eq!(stranger.answers[0].basis, Basis::Declared);
    assert!(
        stranger.answers[0].text.contains("about `model.safetensors`: built by `urn:them`"),
        "{stranger:?}"
    );
    assert!(!stranger.missing.is_empty() && stranger.findings.is_empty());
    let known = found::found(&materials, &[public()]);
    assert_eq!(known.answers[0].basis, Basis::Measured);
    assert!(known.missing.is_empty() && known.findings.is_empty(), "{known:?}");
}

#[test]
fn a_statement_about_other_bytes_is_a_finding() {
    let text = statement_about("model.safetensors", "other weights").text(Some(&key())).unwrap();
    // Whatever it is called: its text says what it is.
    let materials = materials(&[("model.safetensors", "weights"), ("readme.json", &text)]);
    assert_eq!(rules(&found::found(&materials, &[])), [("WH-PRV-010", Severity::Medium)]);
    assert_eq!(rules(&found::found(&materials, &[public()])), [("WH-PRV-010", Severity::High)]);
}

#[test]
fn a_rejection_by_somebody_trusted_is_a_finding() {
    let (allowed, denied) = (summed_up(Outcome::Allow), summed_up(Outcome::Deny));
    let beside = |statement: &Statement| {
        materials(&[
            ("model.safetensors", "weights"),
            ("model.intoto.jsonl", &statement.text(Some(&key())).unwrap()),
        ])
    };
    assert_eq!(rules(&found::found(&beside(&denied), &[public()])), [("WH-PRV-011", Severity::High)]);
    assert_eq!(rules(&found::found(&beside(&denied), &[])), []);
    assert_eq!(rules(&found::found(&beside(&allowed), &[public()])), []);
}

#[test]
fn a_bundle_over_a_file_is_compared_with_it() {
    use base64::Engine as _;
    let digest =
        |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(Digest::of(bytes).as_bytes());
    let bundle = |bytes: &[u8]| {
        let message = json!({ "algorithm": "SHA2_256", "digest": digest(bytes) });
        json!({ "messageSignature": { "messageDigest": message } }).to_string()
    };
    let with =
        |bytes: &[u8]| materials(&[("model.bin", "weights"), ("model.bin.sigstore.json", &bundle(bytes))]);
    assert_eq!(rules(&found::found(&with(b"weights"), &[])), []);
    assert_eq!(rules(&found::found(&with(b"others"), &[])), [("WH-PRV-010", Severity::Medium)]);
}

#[test]
fn a_statement_about_the_whole_holds_beside_other_statements() {
    let weights = Digest::of(b"weights");
    let other = statement_about("x", "y").text(None).unwrap();
    let files = [("model.safetensors", weights), ("other.intoto.json", Digest::of(other.as_bytes()))];
    for (whole, others) in [(&files[..1], false), (&files[..], true), (&files[..1], true)] {
        let digest = weighhouse_core::digest::model_digest(whole.iter().copied());
        let text =
            Statement::new(vec![Subject::new("model", digest)], PROVENANCE, Value::Null).text(None).unwrap();
        let mut beside = vec![("model.safetensors", "weights"), ("this.intoto.json", text.as_str())];
        beside.extend(others.then_some(("other.intoto.json", other.as_str())));
        let found = found::found(&materials(&beside), &[]);
        let told = found.answers.iter().any(|answer| answer.text.contains("about all of this artifact"));
        assert!(told, "{found:?}");
    }
}

#[test]
fn what_is_only_called_a_statement_is_part_of_the_artifact() {
    let digest = weighhouse_core::digest::model_digest([("model.safetensors", Digest::of(b"weights"))]);
    let text =
        Statement::new(vec![Subject::new("model", digest)], PROVENANCE, Value::Null).text(None).unwrap();
    let beside =
        [("model.safetensors", "weights"), ("this.intoto.json", &text), ("evil.att", "\u{80}\u{4}code")];
    let found = found::found(&materials(&beside), &[]);
    assert!(found.answers[0].text.contains("about something that is not here"), "{found:?}");
}

#[test]
fn hostile_files_beside_a_model_are_told_not_judged() {
    let deep = "{\"a\":".repeat(10_000);
    let materials = materials(&[("a.intoto.jsonl", "{"), ("b.sigstore.json", &deep), ("c.att", "\u{202e}")]);
    let found = found::found(&materials, &[public()]);
    assert_eq!(found.missing.len(), 3, "{found:?}");
    assert!(found.findings.is_empty() && found.answers.is_empty());
}
