//! The seeds of the fuzz targets, `fuzz/seeds/TARGET/`: made here by the builders and from our own fixtures, never from
//! files of others. Inputs that once broke a parser are kept beside them, so that every run of the tests reads them again.
//!
//! `UPDATE_SEEDS=1 cargo test -p weighhouse-formats --test fuzz_seeds` writes them anew; what it did not make, it leaves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test as a whole, helpers included")]

mod binary;
mod models;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::build::seeds::agree;
use weighhouse_formats::inspect::inspect;
use weighhouse_formats::source::{Memory, SharedSource};
use weighhouse_formats::{identify, pickle, python, torch};

/// The most files that a target has.
const MOST: usize = 120;

/// The longest of them.
const LONGEST: usize = 4 << 10;

/// Content that members carry: more than a few bytes and something to compress.
const TEXT: &[u8] = b"weighed and found weighed and found weighed and found\n";

type Seed = (String, Vec<u8>);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Fixtures below `tests/` that are short enough.
fn fixtures(folder: &str, take: impl Fn(&str) -> bool) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut found: Vec<Seed> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .filter(|(name, bytes)| {
            take(name) && name != "generate.py" && name != "oracle.py" && bytes.len() <= LONGEST
        })
        .collect();
    found.sort();
    found
}

/// Builders' output under names.
fn named<const N: usize>(seeds: [(&str, Vec<u8>); N]) -> Vec<Seed> {
    seeds.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

/// Texts under the numbers of their order.
fn numbered(texts: &[&str]) -> Vec<Seed> {
    texts.iter().enumerate().map(|(at, text)| (format!("{at:02}"), text.as_bytes().to_vec())).collect()
}

fn every_seed() -> Vec<(&'static str, Vec<Seed>)> {
    let mut all = vec![
        ("caffe", models::caffe()),
        ("caffe2", models::caffe2()),
        ("cntk", models::cntk()),
        ("compress", binary::compress()),
        ("coreml", models::coreml()),
        ("descriptors", fixtures("fixtures/descriptors", |name| name.contains(".bin"))),
        ("executable", binary::executable()),
        ("sentencepiece", models::sentencepiece()),
        ("textproto", text::textproto()),
        ("gguf", binary::gguf()),
        ("media", binary::media()),
        ("npy", binary::npy()),
        ("onnx", binary::onnx()),
        ("paddle", models::paddle()),
        ("pickle", binary::pickle()),
        ("safetensors", binary::safetensors()),
        ("hdf5", binary::hdf5()),
        ("boosting", fixtures("fixtures/boosting", |name| !name.contains("generate"))),
        ("mxnet", fixtures("fixtures/mxnet", |name| !name.contains("generate"))),
        ("rds", fixtures("fixtures/r", |name| name.contains(".rds") || name.contains(".RData"))),
        ("msgpack", {
            let mut seeds = fixtures("fixtures/data", |name| name.contains(".msgpack"));
            seeds.extend(fixtures("fixtures/langgraph", |name| name.contains(".msgpack")));
            seeds
        }),
        ("arrow", fixtures("fixtures/data", |name| name.contains(".arrow") || name.contains(".feather"))),
        ("parquet", fixtures("fixtures/data", |name| name.contains(".parquet"))),
        ("data", models::data()),
        ("sevenz", binary::sevenz()),
        ("tar", binary::tar()),
        ("tensorflow", binary::tensorflow()),
        ("executorch", models::executorch()),
        ("ort", models::ort()),
        ("tflite", models::tflite()),
        ("torch", binary::torch()),
        ("torchscript", models::torchscript()),
        ("convert", binary::torch()),
        ("zip", binary::zip()),
        ("jinja", text::jinja()),
        ("bundle", text::bundle()),
        ("json", numbered(text::JSON)),
        ("objects", text::objects()),
        ("notebook", numbered(text::NOTEBOOK)),
        ("python", numbered(text::PYTHON)),
        ("shell", numbered(text::SHELL)),
        ("text", numbered(text::TEXT)),
        ("xml", models::xml()),
        ("yaml", numbered(text::YAML)),
    ];
    let each = all
        .iter()
        .flat_map(|(target, seeds)| {
            seeds.iter().take(2).map(move |(name, bytes)| (format!("{target}-{name}"), bytes.clone()))
        })
        .collect();
    all.push(("inspect", each));
    all
}

#[test]
fn the_seeds_are_what_the_builders_make() {
    for (target, seeds) in every_seed() {
        agree(&root().join("seeds"), target, &seeds).unwrap();
    }
}

/// What the targets do, once. A new target without an arm here is read by the driver.
fn replay(target: &str, bytes: &[u8]) {
    let source: SharedSource = Memory::shared(bytes.to_vec());
    let budget = Budget::default();
    match target {
        "convert" => drop(torch::convert::convert(&source, &mut std::io::sink(), &budget)),
        "notebook" if bytes.starts_with(b"#") => {
            drop(python::parse_path_configuration(&source, "sample.pth", &budget));
        }
        "notebook" => drop(python::parse_notebook(&source, "sample.ipynb", &budget)),
        "pickle" => {
            drop(pickle::parse(&source, "sample.pkl", &budget));
            drop(identify::identify("sample.pkl", &source));
            pickle::disassemble(&source, 0).for_each(drop);
        }
        "torch" => drop(inspect("model.pt", &source, &budget)),
        "torchscript" => {
            drop(python::parse_torchscript(&source, "sample.py", &budget));
            drop(torch::parse_bytecode(&source, "bytecode.pkl", &budget));
        }
        _ => drop(inspect(&named_like(target), &source, &budget)),
    }
}

/// A name under which the parser of the target reads the bytes.
fn named_like(target: &str) -> String {
    match target {
        "python" => "sample.py".to_owned(),
        "shell" => "sample.sh".to_owned(),
        "text" => "sample.txt".to_owned(),
        other => format!("sample.{other}"),
    }
}

#[test]
fn every_target_has_a_few_small_seeds_and_all_are_read() {
    let mut targets: Vec<String> = fs::read_dir(root().join("src/bin"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    targets.sort();
    for target in targets {
        let seeds: Vec<PathBuf> = fs::read_dir(root().join("seeds").join(&target))
            .unwrap_or_else(|error| panic!("target `{target}` has no seeds: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!((1..=MOST).contains(&seeds.len()), "target `{target}` has {} seeds", seeds.len());
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            assert!(bytes.len() <= LONGEST, "{} has {} bytes", seed.display(), bytes.len());
            replay(&target, &bytes);
        }
    }
}
