//! What the fuzz target runs. The first byte chooses what the rest is read as. Whatever is accepted is written again: for the forms that have one
//! spelling, to the same bytes.

use crate::bundle;
use crate::checkpoint::SignedCheckpoint;
use crate::note::{Algorithm, Note, SignerKey, VerifierKey};
use crate::policy::Policy;
use crate::proof;
use crate::record::Record;
use crate::testkit::known_key;
use crate::tile::Tile;
use crate::tlog_proof::TlogProof;
use crate::tree::{Frontier, Hash};
use crate::verify::Replay;
use crate::witness::{self, AddCheckpoint, Latest};

/// Reads hostile bytes in each way that the crate has.
///
/// # Panics
///
/// If something that was accepted is not written as it was read.
pub fn log(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match choice % 9 {
        0 => {
            let Ok(note) = Note::parse(rest) else { return };
            same(rest, note.to_string().as_bytes());
            drop(note.verify(keys().iter()));
        }
        1 => {
            let Ok(signed) = SignedCheckpoint::parse(rest) else { return };
            same(rest, signed.to_string().as_bytes());
            assert_eq!(signed.checkpoint().text(), signed.note().text(), "a checkpoint has one spelling");
        }
        2 => {
            let Ok(proof) = TlogProof::parse(rest) else { return };
            same(rest, proof.to_string().as_bytes());
            let policy = keys().into_iter().find(|key| key.algorithm() == Algorithm::Ed25519);
            drop(policy.map(|key| proof.verify(b"entry", &Policy::log_only(key))));
        }
        3 => {
            let Ok(record) = Record::from_bytes(rest) else { return };
            let written = record.to_bytes();
            same(rest, written.as_deref().unwrap_or_default());
        }
        4 => witnessed(rest),
        5 => {
            let Ok(policy) = text.parse::<Policy>() else { return };
            assert!(policy.is_without_witnesses() || policy.witnesses().count() > 0, "a quorum of nobody");
        }
        6 => {
            if let Ok(key) = text.parse::<VerifierKey>() {
                same(text.as_bytes(), key.to_string().as_bytes());
            }
            drop(text.parse::<SignerKey>());
            if let Ok(tile) = text.parse::<Tile>() {
                same(text.as_bytes(), tile.path().as_bytes());
            }
            if let Ok(bundle) = text.parse::<bundle::Bundle>() {
                same(text.as_bytes(), bundle.path().as_bytes());
            }
        }
        7 => {
            let Some((width, rest)) = rest.split_first() else { return };
            let width = u16::from(*width).saturating_add(1);
            let Ok(entries) = bundle::decode(rest, width) else { return };
            same(rest, bundle::encode(&entries).as_deref().unwrap_or_default());
            let mut replay = Replay::new();
            for entry in entries {
                drop(replay.push(entry, None));
            }
        }
        _ => proofs(rest),
    }
}

fn same(read: &[u8], written: &[u8]) {
    assert!(read == written, "what was accepted is written in another way");
}

fn keys() -> Vec<VerifierKey> {
    let keys = [
        known_key("example.com/log", Algorithm::Ed25519, 1),
        known_key("example.com/witness", Algorithm::Cosignature, 2),
    ];
    keys.into_iter().flatten().map(|key| key.verifier().clone()).collect()
}

fn witnessed(rest: &[u8]) {
    let Ok(request) = AddCheckpoint::parse(rest) else { return };
    same(rest, request.to_string().as_bytes());
    let Ok(key) = known_key("example.com/witness", Algorithm::Cosignature, 2) else { return };
    let answer = witness::add_checkpoint(&request, &keys(), Latest::none(), &key, 1);
    if answer.status() == 200 {
        let mut signed = request.checkpoint;
        let lines = crate::note::signatures(&answer.body()).unwrap_or_default();
        for line in lines {
            signed.add(line);
        }
        assert!(signed.signed_by([key.verifier()]).is_ok(), "a cosignature that does not hold");
    }
}

/// Sizes and hashes as they come: the checks of proofs must refuse them quietly.
fn proofs(rest: &[u8]) {
    drop(Frontier::from_bytes(rest).map(|frontier| same(rest, &frontier.to_bytes())));
    let Some((sizes, hashes)) = rest.split_first_chunk::<16>() else { return };
    let sizes = u128::from_be_bytes(*sizes);
    let (first, second) = ((sizes >> 64) as u64, sizes as u64);
    let hashes: Vec<Hash> = hashes.as_chunks::<32>().0.iter().copied().map(Hash::from_bytes).collect();
    let root = hashes.first().copied().unwrap_or_else(Hash::of_empty_tree);
    drop(proof::verify_inclusion(root, first, second, &hashes, root));
    drop(proof::verify_consistency(first, root, second, root, &hashes));
    drop(proof::inclusion_tiles(first, second));
    drop(proof::consistency_tiles(first, second));
}
