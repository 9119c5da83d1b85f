//! What Go's `sumdb` packages make, made here: `tools/oracles/log` wrote the fixture.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use weighhouse_core::Digest;
use weighhouse_log::testkit::MemoryLog;
use weighhouse_log::{
    Algorithm, Checkpoint, Hash, SecretKey, SignedCheckpoint, SignerKey, VerifierKey, proof,
};

use crate::tiles::entry;

#[derive(Deserialize)]
struct Fixture {
    roots: BTreeMap<String, String>,
    inclusion: Vec<Proof>,
    consistency: Vec<Proof>,
    tiles: BTreeMap<String, String>,
    verifier: String,
    signer: String,
    checkpoint: String,
    witness: String,
    cosigned: String,
}

#[derive(Deserialize)]
struct Proof {
    from: u64,
    size: u64,
    lines: Vec<String>,
}

const SIZE: u64 = 66_000;

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/go.json")).unwrap()
}

fn lines(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

impl Fixture {
    fn root(&self, size: u64) -> Hash {
        self.roots[&size.to_string()].parse().unwrap()
    }
}

/// One log that grows through all sizes: each is a tree of its own, whose tiles were partial before they were full.
#[test]
fn roots_proofs_and_tiles_agree() {
    let go = fixture();
    assert!(go.inclusion.len() > 60 && go.consistency.len() > 60 && go.tiles.len() >= 6);
    let proofs = go.inclusion.iter().chain(&go.consistency);
    let sizes: BTreeSet<u64> = proofs.flat_map(|proof| [proof.from, proof.size]).collect();
    let (mut log, mut roots) = (MemoryLog::default(), BTreeMap::new());
    for size in sizes {
        log.append((log.frontier.size()..size).map(entry)).unwrap();
        let root = log.frontier.root();
        roots.insert(size, root);
        assert!(go.roots.get(&size.to_string()).is_none_or(|known| *known == root.to_string()), "{size}");
        for Proof { from, lines: expected, .. } in go.inclusion.iter().filter(|proof| proof.size == size) {
            let tiles = log.read(&proof::inclusion_tiles(*from, size).unwrap()).unwrap();
            let path = proof::inclusion(*from, size, &tiles).unwrap();
            assert_eq!(&lines(&path), expected, "{from} in {size}");
            assert_eq!(proof::verify_inclusion(Hash::leaf(&entry(*from)), *from, size, &path, root), Ok(()));
        }
        for Proof { from, lines: expected, .. } in go.consistency.iter().filter(|proof| proof.size == size) {
            let tiles = log.read(&proof::consistency_tiles(*from, size).unwrap()).unwrap();
            let path = proof::consistency(*from, size, &tiles).unwrap();
            assert_eq!(&lines(&path), expected, "{from} to {size}");
            assert_eq!(proof::verify_consistency(*from, roots[from], size, root, &path), Ok(()));
        }
    }
    assert!(go.roots.keys().all(|size| roots.contains_key(&size.parse().unwrap())));
    let files = log.files();
    for (path, digest) in &go.tiles {
        assert_eq!(&Digest::of(&files[path]).hex(), digest, "{path}");
    }
}

#[test]
fn signatures_are_the_same_bytes() {
    let go = fixture();
    let secret = SecretKey::from_seed("example.com/log", Algorithm::Ed25519, [1; 32]).unwrap();
    assert_eq!(secret.expose(), go.signer);
    let signer: SignerKey = go.signer.parse().unwrap();
    assert_eq!(signer.verifier().to_string(), go.verifier);
    let head = Checkpoint::new("example.com/log", SIZE, go.root(SIZE)).unwrap();
    let mut signed = head.sign(&signer).unwrap();
    assert_eq!(signed.to_string(), go.checkpoint);

    let witness = SecretKey::from_seed("witness.example/w1", Algorithm::Cosignature, [2; 32]).unwrap();
    let witness = witness.signer().unwrap();
    assert_eq!(witness.verifier().to_string(), go.witness);
    signed.add(witness.cosign(signed.note().text(), 1_700_000_000).unwrap());
    assert_eq!(signed.to_string(), go.cosigned);
    let read: SignedCheckpoint = go.cosigned.parse().unwrap();
    let keys: Vec<VerifierKey> = vec![go.verifier.parse().unwrap(), go.witness.parse().unwrap()];
    assert_eq!(read.signed_by(&keys).unwrap().len(), 2);
}
