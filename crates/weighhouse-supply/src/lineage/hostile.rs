//! Tensors and passports that were made to mislead, or to cost time and memory.

use std::sync::Arc;

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::region::Region;
use weighhouse_formats::source::{Memory, SharedSource};

use super::kinship::{self, Class};
use super::passport::{self, Passport, PassportError};
use super::tests::{file, materials, model, noise, passport, related, single};
use crate::materials::{Content, Material, Materials, Survey, Tensor};

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Numbers that are none, shapes that do not fit, nothing at all, one name twice.
#[test]
fn hostile_tensors_are_measured_or_said_not_to_be() {
    let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let mut wild = noise(1, 4096);
    wild[0] = f32::NAN;
    wild[1] = f32::INFINITY;
    wild[2] = f32::MAX;
    wild[3] = f32::MIN;
    let tensors = [
        ("wild.weight".to_owned(), "F32", vec![64, 64], floats(&wild)),
        ("huge.weight".to_owned(), "F32", vec![u64::MAX, u64::MAX], floats(&[1.0])),
        ("empty.weight".to_owned(), "F32", vec![0, 64], Vec::new()),
        ("short.weight".to_owned(), "F32", vec![64], floats(&[1.0])),
        ("same".to_owned(), "F32", vec![2, 512], floats(&noise(2, 1024))),
        ("same".to_owned(), "F32", vec![2, 512], floats(&noise(3, 1024))),
        ("all.nan".to_owned(), "F32", vec![2, 512], floats(&[f32::NAN; 1024])),
        ("odd".to_owned(), "IQ1_S", vec![256], vec![0; 50]),
        ("scalar".to_owned(), "F32", Vec::new(), floats(&[1.0])),
        ("index".to_owned(), "I64", vec![4], vec![0; 32]),
    ];
    let made = passport(file("model.safetensors", "safetensors", &tensors));
    let read = passport::read(passport::write(&made).as_bytes()).unwrap();
    let tensor = |name: &str| read.weights[0].tensors.iter().find(|entry| entry.name == name).unwrap();
    let numbers = tensor("wild.weight").numbers.as_ref().unwrap();
    assert_eq!((numbers.not_finite, numbers.sampled), (2, 4096));
    assert!(numbers.sketch.as_ref().unwrap().iter().all(|value| value.is_finite()));
    assert!(tensor("all.nan").numbers.as_ref().unwrap().sketch.is_none());
    assert!(tensor("huge.weight").numbers.is_none() && tensor("huge.weight").bytes.is_some());
    assert!(tensor("empty.weight").numbers.is_none());
    assert_eq!(made.missing.len(), 2, "{:?}", made.missing);
    assert_eq!(kinship::compare(&made, &read)[0].class, Class::Identical);
    let nothing = Passport::of(&materials(Vec::new()));
    assert!(nothing.weights.is_empty() && kinship::compare(&nothing, &made).is_empty());
    // The bytes that a file promises are gone when they are read.
    let mut gone = single(&model(1));
    gone.content = Some(Content::Source(Memory::shared(vec![0; 100])));
    let made = passport(gone);
    assert!(made.missing.iter().any(|line| line.contains("no place in the file")), "{:?}", made.missing);
}

/// The largest numbers there are, after which sums must still be numbers that a passport can hold.
#[test]
fn the_largest_numbers_leave_a_passport_that_is_read_again() {
    let values: Vec<f32> = (0..1024).map(|at| if at % 3 == 0 { f32::MAX } else { f32::MIN }).collect();
    let doubles: Vec<u8> = (0..512).flat_map(|at| (f64::MAX / f64::from(at + 1)).to_le_bytes()).collect();
    let tiny: Vec<f32> = noise(3, 1024).iter().map(|value| value * 1e-42).collect();
    let tensors = [
        ("largest.weight".to_owned(), "F32", vec![4, 256], floats(&values)),
        ("double.weight".to_owned(), "F64", vec![2, 256], doubles),
        ("tiny.weight".to_owned(), "F32", vec![4, 256], floats(&tiny)),
    ];
    let made = passport(file("model.safetensors", "safetensors", &tensors));
    let read = passport::read(passport::write(&made).as_bytes()).unwrap();
    assert_eq!(kinship::compare(&made, &read)[0].class, Class::Identical);
    for entry in &made.weights[0].tensors {
        let numbers = entry.numbers.as_ref().unwrap();
        let moments = [numbers.mean, numbers.deviation, numbers.kurtosis];
        assert!(moments.iter().chain(&numbers.quantiles).all(|value| value.is_finite()), "{}", entry.name);
    }
}

/// Every tensor claims the whole file: the same bytes are not read for each of them.
#[test]
fn tensors_that_overlap_are_not_read_without_end() {
    let bytes: SharedSource = Memory::shared(vec![1; 1 << 20]);
    let mut weights = single(&model(1));
    weights.tensors = (0..50_000)
        .map(|number| Tensor {
            member: String::new(),
            name: format!("t{number}.weight"),
            dtype: "U8".to_owned(),
            shape: vec![1 << 20],
            data: Some(Region::new(0, 1 << 20)),
        })
        .collect();
    weights.content = Some(Content::Source(bytes));
    let made = passport(weights);
    let read = made.weights[0].tensors.iter().filter(|entry| entry.bytes.is_some()).count();
    assert_eq!((made.weights[0].tensors.len(), read), (50_000, 66));
    assert!(
        made.missing[0].starts_with("49934 tensors of `model.safetensors`, which claim"),
        "{:?}",
        made.missing
    );
}

#[test]
fn a_crowd_of_tiny_tensors_is_measured_up_to_a_bound() {
    let mut weights = single(&model(1));
    weights.tensors = (0..150_000_u64)
        .map(|number| Tensor {
            member: String::new(),
            name: format!("t{number}.weight"),
            dtype: "F32".to_owned(),
            shape: vec![1],
            data: Some(Region::at(number % 1000 * 4, 4)),
        })
        .collect();
    let made = passport(weights);
    assert_eq!(made.weights[0].tensors.len(), 100_000);
    assert!(made.missing.iter().any(|line| line.starts_with("50000 tensors")), "{:?}", made.missing);
}

#[test]
fn many_files_of_weights_are_measured_up_to_a_bound() {
    let one = |number: usize| {
        let tensor = ("a.weight".to_owned(), "F32", vec![1], vec![0; 4]);
        file(&format!("{number}.safetensors"), "safetensors", &[tensor])
    };
    let made = Passport::of(&materials((0..1_200).map(one).collect()));
    assert_eq!(made.weights.len(), 1_000);
    assert!(made.missing.iter().any(|line| line.starts_with("200 forms")), "{:?}", made.missing);
    assert!(passport::read(passport::write(&made).as_bytes()).is_ok());
}

/// Layers of as many units as there are numbers, for each of which something would be kept.
#[test]
fn a_layer_of_millions_of_units_is_left_out() {
    let bytes = vec![0x3c; 1 << 22];
    let tensor = |name: &str, shape: [u64; 2]| (name.to_owned(), "F8_E4M3", shape.to_vec(), bytes.clone());
    let tensors = [
        tensor("model.layers.0.mlp.gate_proj.weight", [1 << 22, 1]),
        tensor("model.layers.0.mlp.up_proj.weight", [1 << 22, 1]),
        tensor("model.layers.1.mlp.up_proj.weight", [1 << 22, 1]),
        tensor("model.layers.1.mlp.down_proj.weight", [1, 1 << 22]),
        tensor("model.embed_tokens.weight", [1, 1 << 22]),
    ];
    let made = passport(file("model.safetensors", "safetensors", &tensors));
    assert_eq!(made.weights[0].units, []);
    assert!(made.weights[0].tensors.iter().all(|entry| entry.numbers.is_some()));
}

#[test]
fn shapes_of_endless_dimensions_are_said_not_to_be_read() {
    let tensors = [
        ("long.weight".to_owned(), "F32", vec![1; 100], floats(&[1.0])),
        ("usual.weight".to_owned(), "F32", vec![1; 64], floats(&[1.0])),
    ];
    let made = passport(file("model.safetensors", "safetensors", &tensors));
    assert_eq!(made.weights[0].tensors.len(), 1);
    assert!(made.missing[0].contains("more than 64 dimensions"), "{:?}", made.missing);
    assert!(passport::read(passport::write(&made).as_bytes()).is_ok());
}

/// Lists that a few bytes make long in memory.
#[test]
fn passports_that_grow_when_they_are_read_are_refused() {
    let with = |tensors: &str| {
        let weights = format!(r#"{{"label":"a","format":"b","files":[],"tensors":[{tensors}]}}"#);
        let text = format!(r#"{{"schema":"urn:weighhouse:passport:v1","name":"n","weights":[{weights}]}}"#);
        passport::read(text.as_bytes())
    };
    let tensor = |shape: &str| format!(r#"{{"name":"a","role":"b","dtype":"F32","shape":[{shape}]}}"#);
    assert!(with(&tensor("1,2")).is_ok());
    assert!(
        matches!(with(&tensor(&vec!["1"; 65].join(","))), Err(PassportError::Malformed(why)) if why.contains("at most 64"))
    );
    let many = vec![tensor("1"); 100_001].join(",");
    assert!(matches!(with(&many), Err(PassportError::Malformed(why)) if why.contains("at most 100000")));
    let objects = "{},".repeat(500_001) + "{}";
    assert!(matches!(with(&objects), Err(PassportError::Malformed(why)) if why.contains("more entries")));
    let deep = "[".repeat(100_000);
    assert!(with(&deep).is_err());
}

/// A passport of another's making, whose every number is at its bound, compared with an honest one.
#[test]
fn passports_of_absurd_numbers_are_compared_without_harm() {
    let honest = passport(single(&model(1)));
    let text = passport::write(&honest);
    for (from, to) in [
        ("\"deviation\":", "\"deviation\":1e308,\"x\":"),
        ("\"mean\":", "\"mean\":-1e308,\"x\":"),
        ("\"sampled\":", "\"sampled\":18446744073709551615,\"x\":"),
        ("\"shape\":[", "\"shape\":[18446744073709551615,"),
        ("\"norms\":[", "\"norms\":[4294967295,"),
        ("\"role\":\"blk.0", "\"role\":\"blk.4294967295"),
        ("\"of\":", "\"of\":18446744073709551615,\"x\":"),
    ] {
        assert!(text.contains(from), "{from}");
        let Ok(absurd) = passport::read(text.replace(from, to).as_bytes()) else { continue };
        for (one, other) in [(&honest, &absurd), (&absurd, &honest), (&absurd, &absurd)] {
            for kinship in kinship::compare(one, other) {
                assert!(!kinship.statistic.z.is_nan(), "{to}");
                assert!(!super::tell::evidence(&kinship).is_empty());
            }
        }
    }
}

/// A checkpoint as the engine sees it.
fn checkpoint(name: &str) -> Material {
    let path = format!("{}/../weighhouse-formats/tests/fixtures/torch/{name}", env!("CARGO_MANIFEST_DIR"));
    let source: SharedSource = Memory::shared(std::fs::read(path).unwrap());
    let survey = Survey::default();
    let node = weighhouse_formats::inspect::inspect(name, &source, &Budget::default());
    survey.file(name, &node, None, &source, Some(Content::Source(Arc::clone(&source))));
    let Materials { mut files, .. } = survey.finish(String::new(), None);
    files.remove(0)
}

/// A checkpoint and its conversion hold the same weights, tensor by tensor.
#[test]
fn checkpoints_are_measured_as_their_conversion_is() {
    for ending in ["pt", "proto4.pt", "legacy.pt"] {
        let kinship =
            related(checkpoint(&format!("state_dict.{ending}")), checkpoint("state_dict.safetensors"));
        assert_eq!(kinship.class, Class::Identical, "{ending}: {:?}", kinship.pairs);
    }
    let made = passport(checkpoint("every_type.pt"));
    assert!(
        made.missing.iter().any(|line| line.contains("do not lie one after the other")),
        "{:?}",
        made.missing
    );
    assert!(made.missing.iter().any(|line| line.contains("not decoded")), "{:?}", made.missing);
    let training = passport(checkpoint("checkpoint.pt"));
    let names: Vec<&str> = training.weights[0].tensors.iter().map(|entry| entry.name.as_str()).collect();
    assert!(!names.is_empty() && !names.iter().any(|name| name.starts_with("optimizer")), "{names:?}");
    let more = passport(checkpoint("whole_module.pt"));
    assert!(more.missing[0].contains("the checkpoint is more than tensors"), "{:?}", more.missing);
}
