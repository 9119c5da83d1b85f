//! The seeds of the fuzz targets of this crate, `fuzz/seeds/TARGET/`: made here, never from files of others. Inputs that once broke a
//! reader are kept beside them, so that every run of the tests reads them again.
//!
//! `UPDATE_SEEDS=1 cargo test -p weighhouse-supply --test fuzz_seeds` writes them anew; what it did not make, it leaves.

#![expect(clippy::unwrap_used, reason = "a test as a whole, helpers included")]

mod documents;
mod packages;
mod repositories;

use std::fs;
use std::path::{Path, PathBuf};

use weighhouse_formats::build::seeds::agree;
use weighhouse_formats::build::zip::{Archive, Member};
use weighhouse_formats::source::Memory;
use weighhouse_supply::advisories::{Ecosystem, import};
use weighhouse_supply::lineage::passport::{self, Passport, Weights};
use weighhouse_supply::testkit::{DOCUMENTS, PACKAGES, TARGETS};

/// The most files that a target has, and the longest of them.
const MOST: usize = 120;
const LONGEST: usize = 4 << 10;

type Seed = (String, Vec<u8>);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// A choice and what stands behind it.
fn chosen(choice: usize, content: &[u8]) -> Vec<u8> {
    [&[u8::try_from(choice).unwrap()], content].concat()
}

/// Texts under the name that the target gives them.
fn by_name(names: &[&str], texts: &[(&str, &str)]) -> Vec<Seed> {
    let seed = |(number, (name, text)): (usize, &(&str, &str))| {
        let choice = names.iter().position(|known| known == name).unwrap();
        (format!("{number:02}-{}", name.replace('/', "-")), chosen(choice, text.as_bytes()))
    };
    texts.iter().enumerate().map(seed).collect()
}

fn numbered(choice: usize, texts: &[&str]) -> Vec<Seed> {
    let texts = texts.iter().enumerate();
    texts.map(|(at, text)| (format!("{choice}-{at:02}"), chosen(choice, text.as_bytes()))).collect()
}

fn advisories() -> Vec<Seed> {
    let mut seeds = numbered(0, documents::ADVISORIES);
    seeds.extend(numbered(3, documents::STATEMENTS));
    // The last one is of tomorrow, and no dump may hold that.
    let members = documents::ADVISORIES.iter().take(3).zip(0..);
    // As they are: what a deflater writes depends on which one the workspace is built with.
    let members = members.map(|(text, at)| Member::stored(&format!("{at}.json"), text.as_bytes()));
    let dump = Archive::of(members).build();
    let mut index = Vec::new();
    import(&Memory::shared(dump.clone()), &Ecosystem::PyPi, "2025-02-01".parse().unwrap(), &mut index)
        .unwrap();
    seeds.extend([("1-dump".to_owned(), chosen(1, &dump)), ("2-index".to_owned(), chosen(2, &index))]);
    seeds
}

fn fixture(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/signing/fixtures").join(path)).unwrap()
}

fn statements() -> Vec<Seed> {
    let mut seeds = numbered(1, documents::MODEL_STATEMENTS);
    seeds.extend(numbered(3, documents::IN_TOTO));
    seeds.extend(numbered(4, documents::ENVELOPES));
    for name in ["reference-key.sig", "reference-shards.sig", "reference-certificate.sig"] {
        seeds.push((format!("0-{name}"), chosen(0, &fixture(name))));
    }
    for name in [
        "leaf.pem",
        "tls-leaf.pem",
        "critical-leaf.pem",
        "rsa-leaf.pem",
        "p256-pkcs8.pem",
        "p521.pem",
        "p256.pub",
    ] {
        seeds.push((format!("5-{name}"), chosen(5, &fixture(name))));
    }
    for name in ["leaf.pem", "deep-leaf.pem", "critical-leaf.pem", "tls-leaf.pem"] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).unwrap();
        seeds.push((format!("2-{name}"), chosen(2, &der)));
    }
    seeds
}

fn passports() -> Vec<Seed> {
    let empty = Passport { name: "a/b".to_owned(), weights: Vec::new(), missing: vec!["x".to_owned()] };
    let adapter = Weights {
        label: "model.safetensors".to_owned(),
        format: "safetensors".to_owned(),
        adapter: true,
        files: vec![("model.safetensors".to_owned(), None)],
        tensors: Vec::new(),
        units: Vec::new(),
    };
    let some = Passport { weights: vec![adapter], ..empty.clone() };
    let (empty, some) = (passport::write(&empty), passport::write(&some));
    let tensor = some.replace("\"tensors\":[]", &format!("\"tensors\":[{}]", documents::TENSOR));
    assert!(passport::read(tensor.as_bytes()).is_ok(), "{tensor}");
    vec![
        ("empty".to_owned(), empty.clone().into_bytes()),
        ("tensor".to_owned(), tensor.clone().into_bytes()),
        ("two".to_owned(), [tensor.as_bytes(), some.as_bytes()].join(&0)),
    ]
}

fn every_seed() -> Vec<(&'static str, Vec<Seed>)> {
    let bills = documents::BILLS.iter().enumerate();
    let mut bills: Vec<Seed> =
        bills.map(|(at, text)| (format!("{at:02}"), text.as_bytes().to_vec())).collect();
    bills.push(("two".to_owned(), documents::BILLS.join("\0").into_bytes()));
    vec![
        ("bom", bills),
        ("licence", by_name(DOCUMENTS, documents::DOCUMENTS)),
        ("osv", advisories()),
        ("packages", by_name(PACKAGES, packages::PACKAGES)),
        ("passport", passports()),
        ("repository", repositories::repositories()),
        ("statements", statements()),
    ]
}

#[test]
fn the_seeds_are_what_is_made_here() {
    for (target, seeds) in every_seed() {
        agree(&root().join("seeds"), target, &seeds).unwrap();
    }
}

#[test]
fn every_target_reads_all_of_its_seeds() {
    for (target, run) in TARGETS {
        assert!(root().join(format!("src/bin/{target}.rs")).exists(), "no program for `{target}`");
        let seeds: Vec<PathBuf> = fs::read_dir(root().join("seeds").join(target))
            .unwrap_or_else(|error| panic!("target `{target}` has no seeds: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!((1..=MOST).contains(&seeds.len()), "target `{target}` has {} seeds", seeds.len());
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            assert!(bytes.len() <= LONGEST, "{} has {} bytes", seed.display(), bytes.len());
            run(&bytes);
        }
    }
}
