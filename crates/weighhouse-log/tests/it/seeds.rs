//! The seeds of the fuzz target `log`, `fuzz/seeds/log`: made here. Inputs that once broke a reader are kept beside them, so that every run of the
//! tests reads them again.
//!
//! `UPDATE_SEEDS=1 cargo test -p weighhouse-log seeds` writes them anew; what it did not make, it leaves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use weighhouse_log::testkit::{self, MemoryLog, known_key};
use weighhouse_log::tile::Tile;
use weighhouse_log::witness::AddCheckpoint;
use weighhouse_log::{Algorithm, Policy, TlogProof, bundle, proof};

use crate::tiles::grow;

/// The longest seed.
const LONGEST: usize = 4 << 10;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/log")
}

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/audit-log");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A choice of the target and what stands behind it, under a name.
fn seeds() -> BTreeMap<String, Vec<u8>> {
    let log_key = known_key("example.com/log", Algorithm::Ed25519, 1).unwrap();
    let witness = known_key("example.com/witness", Algorithm::Cosignature, 2).unwrap();
    let mut log: MemoryLog = grow(&[5]);
    log.append([b"entry".to_vec(), b"last".to_vec()]).unwrap();
    let mut signed = log.signed(&log_key).unwrap();
    let unseen = signed.to_string();
    signed.add(witness.cosign(signed.note().text(), 1).unwrap());
    let path = |tiles: Vec<Tile>| log.read(&tiles).unwrap();
    let inclusion = proof::inclusion(5, 7, &path(proof::inclusion_tiles(5, 7).unwrap())).unwrap();
    let consistency = proof::consistency(0, 7, &path(proof::consistency_tiles(0, 7).unwrap())).unwrap();
    let from_five = proof::consistency(5, 7, &path(proof::consistency_tiles(5, 7).unwrap())).unwrap();
    let record = testkit::record(0, "org/model@1", None, Some("requested")).unwrap().to_bytes().unwrap();
    let proof =
        TlogProof { extra: Some(b"more".to_vec()), index: 5, path: inclusion, checkpoint: signed.clone() };
    let asked = AddCheckpoint { old: 0, proof: consistency, checkpoint: unseen.parse().unwrap() };
    let later = AddCheckpoint { old: 5, proof: from_five.clone(), checkpoint: signed.clone() };
    let sizes = [5_u64.to_be_bytes(), 7_u64.to_be_bytes()].concat();
    let hashes: Vec<u8> = from_five.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let policy = example("policy");
    assert!(policy.parse::<Policy>().is_ok());
    let texts = [
        (0, "note", signed.to_string().into_bytes()),
        (0, "note-empty-lines", format!("\n\n{signed}").into_bytes()),
        (1, "checkpoint", unseen.clone().into_bytes()),
        (1, "cosigned", signed.to_string().into_bytes()),
        (1, "extended", unseen.replace("\n\n", "\nextension\n\n").into_bytes()),
        (2, "proof", proof.to_string().into_bytes()),
        (2, "proof-example", example("release.tlog-proof").into_bytes()),
        (3, "record", record.clone()),
        (3, "record-full", example("release.json").into_bytes()),
        (4, "request", asked.to_string().into_bytes()),
        (4, "request-later", later.to_string().into_bytes()),
        (5, "policy", policy.into_bytes()),
        (5, "policy-none", format!("log {}\nquorum none\n", log_key.verifier()).into_bytes()),
        (6, "key", log_key.verifier().to_string().into_bytes()),
        (6, "key-witness", witness.verifier().to_string().into_bytes()),
        (
            6,
            "key-private",
            b"PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz".to_vec(),
        ),
        (6, "tile", b"tile/1/x001/x234/067.p/8".to_vec()),
        (6, "bundle-name", b"tile/entries/x001/067.p/8".to_vec()),
        (7, "bundle", [&[0][..], &bundle::encode([&record]).unwrap()].concat()),
        (7, "bundle-of-two", [&[1][..], &bundle::encode([&record[..], b""]).unwrap()].concat()),
        (8, "frontier", log.frontier.to_bytes()),
        (8, "consistency", [sizes, hashes].concat()),
    ];
    let seed = |(choice, name, content): (u8, &str, Vec<u8>)| {
        (format!("{choice}-{name}"), [&[choice], content.as_slice()].concat())
    };
    texts.into_iter().map(seed).collect()
}

#[test]
fn seeds_are_what_this_crate_writes() {
    crate::kept(&folder(), &seeds(), "UPDATE_SEEDS");
}

#[test]
fn every_seed_is_read() {
    let mut read = 0;
    for seed in fs::read_dir(folder()).unwrap() {
        let bytes = fs::read(seed.unwrap().path()).unwrap();
        assert!(bytes.len() <= LONGEST, "{}", bytes.len());
        testkit::log(&bytes);
        // Cut anywhere, and with any byte changed a little: quiet, too.
        for end in 0..bytes.len() {
            testkit::log(&bytes[..end]);
        }
        for place in (0..bytes.len()).step_by(3) {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            testkit::log(&changed);
        }
        read += 1;
    }
    assert!(read >= seeds().len());
}
