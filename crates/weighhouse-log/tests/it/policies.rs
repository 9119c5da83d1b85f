//! Policies and proofs in files: whom a reader trusts, and what convinces them.

use weighhouse_log::policy::{Distrust, Policy};
use weighhouse_log::testkit::{MemoryLog, known_key};
use weighhouse_log::tlog_proof::TlogProofError;
use weighhouse_log::{Algorithm, SignedCheckpoint, SignerKey, TlogProof, VerifierKey, proof};

const LOG: &str = "example.com/log";

fn log_key() -> SignerKey {
    known_key(LOG, Algorithm::Ed25519, 1).unwrap()
}

fn witness(number: u8) -> SignerKey {
    known_key(&format!("witness.example/w{number}"), Algorithm::Cosignature, 10 + number).unwrap()
}

fn keys(numbers: &[u8]) -> Vec<VerifierKey> {
    numbers.iter().map(|number| witness(*number).verifier().clone()).collect()
}

/// A log of two entries, cosigned by these witnesses.
fn cosigned(witnesses: &[u8]) -> (MemoryLog, SignedCheckpoint) {
    let mut log = MemoryLog::default();
    log.append([b"zero".to_vec(), b"one".to_vec()]).unwrap();
    let mut signed = log.signed(&log_key()).unwrap();
    for number in witnesses {
        signed.add(witness(*number).cosign(signed.note().text(), 1_700_000_000).unwrap());
    }
    (log, signed)
}

fn proof_of(index: u64, witnesses: &[u8]) -> TlogProof {
    let (log, checkpoint) = cosigned(witnesses);
    let tiles = log.read(&proof::inclusion_tiles(index, 2).unwrap()).unwrap();
    TlogProof { extra: None, index, path: proof::inclusion(index, 2, &tiles).unwrap(), checkpoint }
}

#[test]
fn as_many_witnesses_as_the_policy_wants() {
    let policy = Policy::of(log_key().verifier().clone(), keys(&[1, 2, 3]), 2).unwrap();
    for (witnesses, enough) in [
        (&[1, 2][..], true),
        (&[3, 1], true),
        (&[1, 2, 3], true),
        (&[1, 2, 4], true),
        (&[2], false),
        (&[], false),
        (&[4, 5], false),
        (&[2, 4, 5], false),
    ] {
        let known = witnesses.iter().filter(|number| **number <= 3).count();
        match policy.check(&cosigned(witnesses).1) {
            Ok(trusted) => {
                assert!(enough, "{witnesses:?}");
                assert_eq!(trusted.log.name(), LOG);
                assert_eq!(trusted.witnesses.len(), known);
                assert_eq!(trusted.witnesses[0].1, 1_700_000_000);
            }
            Err(error) => assert_eq!((enough, error), (false, Distrust::Quorum(known)), "{witnesses:?}"),
        }
    }
    let log = log_key().verifier().clone();
    assert_eq!(Policy::of(log.clone(), keys(&[1, 1]), 2), None);
    assert_eq!(Policy::of(log.clone(), keys(&[1]), 2), None);
    assert_eq!(Policy::of(log.clone(), vec![log.clone()], 1), None);
    assert_eq!(Policy::of(log.clone(), keys(&[1]), 0), Some(Policy::log_only(log)));
}

#[test]
fn only_the_log_itself_makes_a_checkpoint() {
    let (log, signed) = cosigned(&[1, 2]);
    let stranger = known_key(LOG, Algorithm::Ed25519, 3).unwrap();
    let policy = Policy::of(stranger.verifier().clone(), keys(&[1]), 1).unwrap();
    assert_eq!(policy.check(&signed), Err(Distrust::Log(LOG.to_owned())));
    // A trusted log may not speak for another one.
    let other = known_key("example.com/other", Algorithm::Ed25519, 1).unwrap();
    let policy = Policy::log_only(other.verifier().clone());
    let mut note = signed.note().clone();
    note.add(other.sign(note.text()).unwrap());
    let borrowed: SignedCheckpoint = note.to_string().parse().unwrap();
    assert_eq!(policy.check(&borrowed), Err(Distrust::Log(LOG.to_owned())));
    // A broken cosignature spoils the checkpoint for those who know the witness.
    let later = log.head(LOG).unwrap().text().replace("\n2\n", "\n3\n");
    let broken = signed.to_string().replace(signed.note().text(), &later);
    let policy = Policy::of(log_key().verifier().clone(), keys(&[1]), 1).unwrap();
    assert!(matches!(policy.check(&broken.parse().unwrap()), Err(Distrust::Checkpoint(_))));
}

#[test]
fn groups_of_groups() {
    let [x1, x2, x3, y1, y2] = [1, 2, 3, 4, 5].map(|number| witness(number).verifier().clone());
    let file = format!(
        "# who watches the log\nlog {} https://example.com/log\n\n\twitness X1 {x1}\nwitness X2 {x2} https://x2.example\nwitness X3 {x3}\n\
         group X 2 X1 X2 X3\nwitness Y1 {y1}\nwitness Y2 {y2}\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n",
        log_key().verifier()
    );
    let policy: Policy = file.parse().unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().count()), (1, 5));
    for (witnesses, enough) in [
        (&[1, 2, 4][..], true),
        (&[2, 3, 5], true),
        (&[1, 2, 3], false),
        (&[1, 4, 5], false),
        (&[4, 5], false),
    ] {
        assert_eq!(policy.check(&cosigned(witnesses).1).is_ok(), enough, "{witnesses:?}");
    }
    let one: Policy = file.replace("quorum both", "quorum X3").parse().unwrap();
    assert!(one.check(&cosigned(&[3]).1).is_ok() && one.check(&cosigned(&[1, 2, 4]).1).is_err());
    let none: Policy = file.replace("quorum both", "quorum none").parse().unwrap();
    assert!(none.is_without_witnesses() && none.check(&cosigned(&[]).1).is_ok());
}

#[test]
fn mistakes_in_policies_are_named_with_their_line() {
    let (log, w1, w2) = (log_key(), witness(1), witness(2));
    let (log, w1, w2) = (log.verifier(), w1.verifier(), w2.verifier());
    for (file, line, problem) in [
        (String::new(), 1, "there is no `quorum` line"),
        (format!("log {log}\nquorum A\n"), 2, "not defined"),
        (format!("log {log}\nlog {log}\nquorum none\n"), 2, "twice"),
        (format!("log {w1}\nquorum none\n"), 1, "type 1"),
        (format!("witness A {log}\n"), 1, "type 4"),
        (format!("witness A {w1}\nwitness B {w1}\n"), 2, "twice"),
        (format!("witness A {w1}\nwitness A {w2}\n"), 2, "taken"),
        (format!("witness none {w1}\n"), 1, "taken"),
        (format!("witness A {w1}\ngroup G 2 A\n"), 2, "from 1 to theirs"),
        (format!("witness A {w1}\ngroup G 0 A\n"), 2, "from 1 to theirs"),
        (format!("witness A {w1}\ngroup G +1 A\n"), 2, "from 1 to theirs"),
        (format!("witness A {w1}\ngroup G any\n"), 2, "from 1 to theirs"),
        (format!("witness A {w1}\ngroup G any A\ngroup H any A\n"), 3, "member already"),
        (format!("witness A {w1}\ngroup G all A A\n"), 2, "member already"),
        ("group G any none\n".to_owned(), 1, "not defined"),
        ("quorum none\nquorum none\n".to_owned(), 2, "already"),
        ("quorum none\u{1b}\n".to_owned(), 1, "control"),
        ("quorum none\r\n".to_owned(), 1, "control"),
        ("anchor A\n".to_owned(), 1, "expected"),
        ("quorum\n".to_owned(), 1, "expected"),
        ("witness A a+00000000+BgAA\n".to_owned(), 1, "not supported"),
    ] {
        let error = file.parse::<Policy>().unwrap_err();
        assert_eq!(error.line, line, "{file}");
        assert!(error.problem.contains(problem), "{file}: {error}");
    }
}

#[test]
fn a_proof_convinces_without_a_network() {
    let policy = Policy::of(log_key().verifier().clone(), keys(&[1, 2]), 1).unwrap();
    let mut proof = proof_of(1, &[2]);
    proof.extra = Some(b"extra".to_vec());
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 1\n"), "{text}");
    let read: TlogProof = text.parse().unwrap();
    assert_eq!(read, proof);
    let trusted = read.verify(b"one", &policy).unwrap();
    assert_eq!(trusted.witnesses[0].0.name(), "witness.example/w2");
    assert!(matches!(read.verify(b"two", &policy), Err(TlogProofError::Inclusion { index: 1, .. })));
    let unseen = proof_of(1, &[]);
    assert_eq!(unseen.verify(b"one", &policy), Err(TlogProofError::Distrust(Distrust::Quorum(0))));
    assert!(unseen.verify(b"one", &Policy::log_only(log_key().verifier().clone())).is_ok());
}

#[test]
fn any_changed_bit_of_a_proof_shows() {
    let policy = Policy::of(log_key().verifier().clone(), keys(&[1]), 1).unwrap();
    let bytes = proof_of(0, &[1]).to_string().into_bytes();
    for place in 0..bytes.len() {
        let bit = place % 8;
        let mut changed = bytes.clone();
        changed[place] ^= 1 << bit;
        let verified = TlogProof::parse(&changed).and_then(|proof| proof.verify(b"zero", &policy));
        assert!(verified.is_err(), "byte {place}, bit {bit}");
    }
}

#[test]
fn what_is_no_proof_is_refused() {
    let text = proof_of(0, &[]).to_string();
    let hash = format!("{}\n", proof_of(0, &[]).path[0]);
    for wrong in [
        String::new(),
        text.replace("@v1", "@v2"),
        text.replace("index 0\n", ""),
        text.replace("index 0\n", "index 00\n"),
        text.replace("index 0\n", "index 0\nextra AA==\n"),
        text.replace("index 0\n", "extra A\nindex 0\n"),
        text.replace("index 0\n", "extra AA==\nextra AA==\nindex 0\n"),
        text.replace("\n\n", "\n"),
        text.replace(&hash, &hash.repeat(64)),
        text.replace('\n', "\r\n"),
    ] {
        assert!(wrong.parse::<TlogProof>().is_err(), "{wrong}");
    }
    assert!(text.replace(&hash, &hash.repeat(63)).parse::<TlogProof>().is_ok());
}
