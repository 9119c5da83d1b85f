//! Small models made here, through passports to verdicts. `bench/lineage` does the same with networks that were trained.

use weighhouse_core::{Severity, State};
use weighhouse_formats::region::Region;
use weighhouse_formats::source::Memory;

use super::kinship::{Class, Kinship};
use super::passport::{self, Passport, PassportError};
use super::sketch::mix;
use super::{Settings, assess, kinship, store};
use crate::materials::{Content, Declared, Material, Materials, Tensor};

/// Names, shapes and values of a model.
pub(super) type Model = Vec<(String, Vec<u64>, Vec<f32>)>;

#[expect(clippy::cast_precision_loss, reason = "24 bits")]
pub(super) fn noise(seed: u64, len: u64) -> Vec<f32> {
    let uniform = |at: u64| (mix(seed, at) >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
    (0..len).map(|at| uniform(3 * at) + uniform(3 * at + 1) + uniform(3 * at + 2)).collect()
}

/// Two gated blocks, width 32, 64 neurons.
pub(super) fn model(seed: u64) -> Model {
    let mut model = vec![("model.embed_tokens.weight".to_owned(), vec![96, 32], noise(seed, 96 * 32))];
    for block in 0..2 {
        let name = |part: &str| format!("model.layers.{block}.{part}.weight");
        let at = seed * 100 + block * 10;
        model.push((name("input_layernorm"), vec![32], noise(at + 1, 32)));
        model.push((name("mlp.gate_proj"), vec![64, 32], noise(at + 2, 64 * 32)));
        model.push((name("mlp.up_proj"), vec![64, 32], noise(at + 3, 64 * 32)));
        model.push((name("mlp.down_proj"), vec![32, 64], noise(at + 4, 64 * 32)));
    }
    model
}

fn mapped(model: &Model, change: impl Fn(usize, u64, f32) -> f32) -> Model {
    let each = |(index, (name, shape, values)): (usize, &(String, Vec<u64>, Vec<f32>))| {
        let values = values.iter().zip(0..).map(|(value, at)| change(index, at, *value)).collect();
        (name.clone(), shape.clone(), values)
    };
    model.iter().enumerate().map(each).collect()
}

pub(super) fn file(
    path: &str,
    format: &'static str,
    tensors: &[(String, &str, Vec<u64>, Vec<u8>)],
) -> Material {
    let (mut bytes, mut all) = (Vec::new(), Vec::new());
    for (name, dtype, shape, data) in tensors {
        let data_region = Region::at(bytes.len() as u64, data.len() as u64);
        bytes.extend(data);
        all.push(Tensor {
            member: String::new(),
            name: name.clone(),
            dtype: (*dtype).to_owned(),
            shape: shape.clone(),
            data: Some(data_region).filter(|region| !region.is_empty()),
        });
    }
    Material {
        path: path.to_owned(),
        len: bytes.len() as u64,
        format,
        content: Some(Content::Source(Memory::shared(bytes))),
        tensors: all,
        ..Material::default()
    }
}

pub(super) fn single(model: &Model) -> Material {
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let tensors: Vec<_> = model
        .iter()
        .map(|(name, shape, values)| (name.clone(), "F32", shape.clone(), bytes(values)))
        .collect();
    file("model.safetensors", "safetensors", &tensors)
}

/// As a convertor to eight bits writes it: shapes reversed, other names, vectors in single precision.
pub(super) fn q8(model: &Model) -> Material {
    let tensors: Vec<_> = model
        .iter()
        .map(|(name, shape, values)| {
            let name = name
                .replace("model.layers.", "blk.")
                .replace("input_layernorm", "attn_norm")
                .replace("mlp.gate_proj", "ffn_gate")
                .replace("mlp.up_proj", "ffn_up")
                .replace("mlp.down_proj", "ffn_down")
                .replace("model.embed_tokens", "token_embd");
            let reversed: Vec<u64> = shape.iter().rev().copied().collect();
            if shape.len() == 1 {
                return (
                    name,
                    "F32",
                    reversed,
                    values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                );
            }
            let mut bytes = Vec::new();
            for block in values.chunks(32) {
                // A power of two needs no rounding in half precision: 2^-6 is 0x2400.
                bytes.extend([0x00, 0x24]);
                bytes.extend(block.iter().map(|value| ((value * 64.0).round() as i8).cast_unsigned()));
            }
            (name, "Q8_0", reversed, bytes)
        })
        .collect();
    file("model.gguf", "gguf", &tensors)
}

pub(super) fn materials(files: Vec<Material>) -> Materials {
    Materials { name: "model".to_owned(), root: None, files }
}

pub(super) fn passport(file: Material) -> Passport {
    Passport::of(&materials(vec![file]))
}

pub(super) fn related(one: Material, other: Material) -> Kinship {
    kinship::compare(&passport(one), &passport(other)).remove(0)
}

#[test]
fn each_way_to_be_of_kin_has_its_class() {
    let parent = model(1);
    let class = |other: Material| related(single(&parent), other).class;
    assert_eq!(class(single(&parent)), Class::Identical);
    assert_eq!(class(q8(&parent)), Class::SameWeights);
    assert_eq!(class(single(&model(2))), Class::NoEvidence);
    assert_eq!(class(q8(&model(2))), Class::NoEvidence);
    let change = noise(77, 1 << 16);
    let tuned = mapped(&parent, |index, at, value| value + 0.2 * change[index * 5_000 + at as usize]);
    assert_eq!(class(single(&tuned)), Class::Derived);
    assert_eq!(class(q8(&tuned)), Class::Derived);
    let pruned = mapped(&parent, |_, _, value| if value.abs() < 0.6 { 0.0 } else { value });
    assert_eq!(class(single(&pruned)), Class::Derived);
    let stranger = model(3);
    let merged = mapped(&parent, |index, at, value| value.midpoint(stranger[index].2[at as usize]));
    assert_eq!(class(single(&merged)), Class::Derived);
    assert_eq!(class(single(&parent[..1].to_vec())), Class::Derived);
}

/// Neurons in another order leave no cosine; what they read and write tells.
#[test]
fn neurons_in_another_order_are_found_again() {
    let (parent, mut other) = (model(1), model(1));
    let place = |neuron: usize| (neuron * 37 + 11) % 64;
    for (tensor, original) in other.iter_mut().zip(&parent) {
        for neuron in 0..64 {
            for at in 0..32 {
                if tensor.0.contains("gate_proj") || tensor.0.contains("up_proj") {
                    tensor.2[place(neuron) * 32 + at] = original.2[neuron * 32 + at];
                } else if tensor.0.contains("down_proj") {
                    tensor.2[at * 64 + place(neuron)] = original.2[at * 64 + neuron];
                }
            }
        }
    }
    // Nor are the embedding and the norms the same, which would tell more.
    let strange = model(9);
    for at in [0, 1, 5] {
        other[at] = strange[at].clone();
    }
    let kinship = related(single(&parent), q8(&other));
    assert!(kinship.statistic.z < 8.0, "{:?}", kinship.statistic);
    assert_eq!(kinship.class, Class::Reshuffled, "{:?}", kinship.shuffled);
    let stranger = related(single(&parent), single(&strange));
    assert!(!stranger.shuffled.is_empty() && !stranger.shuffled.iter().any(kinship::Shuffled::is_proof));
}

#[test]
fn blocks_that_went_elsewhere_are_found() {
    let parent = model(1);
    let mut swapped = parent.clone();
    for at in 1..5 {
        swapped[at].2 = parent[at + 4].2.clone();
        swapped[at + 4].2 = parent[at].2.clone();
    }
    swapped[0] = model(5)[0].clone();
    let kinship = related(single(&parent), q8(&swapped));
    assert_eq!(kinship.class, Class::Derived);
    let layers = kinship.layers.unwrap();
    assert_eq!(layers.runs(), [(0, 0, 1, 1), (1, 1, 0, 0)]);
}

#[test]
fn a_tensor_that_quantising_does_not_give_is_named() {
    let parent = model(1);
    let tampered =
        mapped(&parent, |index, at, value| if index == 3 && at % 8 == 0 { value + 0.2 } else { value });
    let kinship = related(single(&parent), q8(&tampered));
    assert_eq!(kinship.class, Class::Derived);
    let finding = super::not_faithful(&kinship).unwrap();
    assert!(
        finding.headline.contains("blk.0.ffn_up.weight") && finding.headline.starts_with("1 of 9"),
        "{}",
        finding.headline
    );
    // A model that was trained further and then quantised is another matter.
    let change = noise(77, 1 << 16);
    let tuned = mapped(&parent, |index, at, value| value + 0.2 * change[index * 5_000 + at as usize]);
    assert_eq!(super::not_faithful(&related(single(&parent), q8(&tuned))), None);
    assert_eq!(super::not_faithful(&related(single(&parent), q8(&parent))), None);
}

#[test]
fn a_passport_reads_back_what_it_writes() {
    let made = passport(q8(&model(4)));
    let text = passport::write(&made);
    assert!(text == passport::write(&passport(q8(&model(4)))), "the same model gives the same passport");
    let read = passport::read(text.as_bytes()).unwrap();
    assert_eq!(read.weights[0].units, made.weights[0].units);
    let kinship = kinship::of(&made.weights[0], &read.weights[0]);
    assert_eq!(kinship.class, Class::Identical);
    assert_eq!(kinship.pairs.iter().map(|pair| pair.role.to_string()).next().unwrap(), "token_embd.weight");
}

#[test]
fn what_is_no_passport_is_refused() {
    let text = passport::write(&passport(single(&model(4))));
    for (from, to) in [
        ("passport:v1", "passport:v9"),
        ("urn:weighhouse:passport", "urn:other"),
        ("\"deviation\":", "\"deviation\":-"),
        ("\"sketch\":[", "\"sketch\":[-"),
        ("\"finds\":\"", "\"finds\":\"AAAA"),
        ("\"bytes\":\"", "\"bytes\":\"zz"),
        ("\"shape\":[", "\"shape\":[-1,"),
        ("{\"schema\"", "[{\"schema\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(passport::read(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
    }
    assert_eq!(
        passport::read(br#"{"schema":"urn:weighhouse:passport:v9"}"#),
        Err(PassportError::OtherVersion("9".to_owned()))
    );
}

/// What `compare` says of two models at hand.
fn change(before: Material, after: Material) -> (Vec<String>, Option<String>) {
    let (before, after) = (materials(vec![before]), materials(vec![after]));
    let kinship = kinship::compare(&Passport::of(&before), &Passport::of(&after)).remove(0);
    let delta = super::delta::between(&before, &after, &kinship);
    let finding = super::delta::not_faithful(&delta, &kinship);
    (delta.lines, finding.map(|finding| finding.headline))
}

#[test]
fn what_was_done_to_a_model_is_told() {
    let parent = model(1);
    let told = |after: &Model| change(single(&parent), single(after)).0.join("; ");
    assert_eq!(told(&parent), "9 of 9 tensors are untouched");
    let pruned = mapped(&parent, |_, _, value| if value.abs() < 0.3 { 0.0 } else { value });
    assert!(told(&pruned).contains("the rest is as it was"), "{}", told(&pruned));
    // Two directions added to each matrix of the blocks.
    let low = |seed: u64, at: u64| noise(seed, at + 1)[at as usize];
    let (rows, columns) = (noise(50, 400), noise(51, 400));
    let adapted = mapped(&parent, |index, at, value| {
        let width = parent[index].1.last().copied().unwrap_or(1);
        let (row, column) = ((at / width) as usize, (at % width) as usize);
        let added = rows[row] * columns[column] + rows[row + 200] * columns[column + 200];
        if parent[index].1.len() == 2 && index > 0 { value + 0.5 * added } else { value }
    });
    assert!(told(&adapted).contains("rank 2 or less in all 6"), "{}", told(&adapted));
    let tuned = mapped(&parent, |index, at, value| value + 0.1 * low(index as u64 + 60, at % 512));
    assert!(told(&tuned).contains("full rank"), "{}", told(&tuned));
    // What both blocks write has lost one direction.
    let direction = noise(70, 32);
    let norm = direction.iter().map(|value| value * value).sum::<f32>();
    let mut ablated = parent.clone();
    for index in [2, 6].map(|at| at + 2) {
        for column in 0..64 {
            let along: f32 = (0..32).map(|row| direction[row] * parent[index].2[row * 64 + column]).sum();
            for (row, part) in direction.iter().enumerate() {
                ablated[index].2[row * 64 + column] -= along * part / norm;
            }
        }
    }
    assert!(
        told(&ablated).contains("one direction was taken out of what 2 matrices write"),
        "{}",
        told(&ablated)
    );
}

/// A few numbers do not show in the mean of a tensor, but no quantiser makes them.
#[test]
fn single_numbers_that_no_quantiser_makes_are_found() {
    let parent = model(1);
    let tampered =
        mapped(&parent, |index, at, value| if index == 3 && at == 77 { value + 0.5 } else { value });
    let (lines, finding) = change(single(&parent), q8(&tampered));
    assert!(finding.unwrap().contains("blk.0.ffn_up.weight"), "{lines:?}");
    let (lines, finding) = change(single(&parent), q8(&parent));
    assert_eq!(finding, None);
    assert!(lines.join(";").contains("every number of 7 tensors"), "{lines:?}");
}

/// An edit of rank one that moves every number by less than rounding does shows neither in a number nor in a mean.
#[test]
fn an_edit_below_the_rounding_is_found_by_its_direction() {
    let parent = model(1);
    let sign = |seed: u64, at: u64| if mix(seed, at) >> 63 == 1 { -1.0 } else { 1.0 };
    let edited = |size: f32| {
        let along = move |at: u64| sign(90, at / 32) * sign(91, at % 32) * size / 64.0;
        mapped(&parent, move |index, at, value| if index == 3 { value + along(at) } else { value })
    };
    let (lines, finding) = change(single(&parent), q8(&edited(0.2)));
    assert!(finding.unwrap().contains("1 of 7 tensors"), "{lines:?}");
    assert_eq!(super::not_faithful(&related(single(&parent), q8(&edited(0.2)))), None);
    assert_eq!(change(single(&parent), q8(&edited(0.02))).1, None);
}

/// Numbers so small that half precision hardly holds the scale of their block.
#[test]
fn a_scale_that_half_precision_cannot_hold_is_no_edit() {
    let small = mapped(&model(1), |_, at, value| if at / 32 % 2 == 0 { value * 1e-5 } else { value });
    let mut copy = q8(&small);
    let bytes = |values: &[f32]| -> Vec<u8> {
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let step = largest / 127.0;
        // As a whole number of the smallest number, or an ordinary number cut to eleven bits.
        let (bits, exponent) = ((step * 16_777_216.0).round() as i16, step.to_bits() >> 13);
        let half =
            if bits < 1024 { bits.cast_unsigned() } else { u16::try_from(exponent - (112 << 10)).unwrap() };
        let codes = values.iter().map(|value| ((value / step).round() as i8).cast_unsigned());
        half.to_le_bytes().into_iter().chain(codes).collect()
    };
    let mut all = Vec::new();
    for ((_, shape, values), tensor) in small.iter().zip(&mut copy.tensors) {
        let start = all.len() as u64;
        if shape.len() == 1 {
            all.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        } else {
            all.extend(values.chunks(32).flat_map(bytes));
        }
        tensor.data = Some(Region::new(start, all.len() as u64));
    }
    copy.content = Some(Content::Source(Memory::shared(all)));
    let (lines, finding) = change(single(&small), copy);
    assert_eq!(finding, None);
    assert!(lines.join(";").contains("every number of 7 tensors"), "{lines:?}");
}

fn with_card(mut files: Vec<Material>, card: &str) -> Materials {
    let mut readme = file("README.md", "markdown", &[]);
    readme.text = Some(card.to_owned());
    files.insert(0, readme);
    Materials { name: "mine".to_owned(), root: None, files }
}

fn store_of(models: &[(&str, Material)]) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in models {
        let made = Passport {
            name: (*name).to_owned(),
            ..passport(Material {
                content: file.content.clone(),
                tensors: file.tensors.clone(),
                ..self::file(&file.path, file.format, &[])
            })
        };
        std::fs::write(folder.path().join(store::file_name(&made)), passport::write(&made)).unwrap();
    }
    let settings = Settings { store: Some(folder.path().to_owned()) };
    (folder, settings)
}

fn judged(target: &Materials, settings: &Settings) -> (String, Vec<(&'static str, Severity)>) {
    let (assessment, findings) = assess(target, settings, "2026-01-01".parse().unwrap());
    (assessment.headline, findings.iter().map(|finding| (finding.rule.id, finding.severity)).collect())
}

#[test]
fn what_is_declared_is_held_against_what_is_measured() {
    let (_folder, settings) =
        store_of(&[("org/parent", single(&model(1))), ("org/stranger", single(&model(2)))]);
    let mine = || vec![q8(&model(1))];
    let declares = |base: &str| {
        with_card(mine(), &format!("---\nbase_model: {base}\nbase_model_relation: quantized\n---\n# x\n"))
    };
    let (headline, findings) = judged(&declares("org/parent"), &settings);
    assert_eq!(findings, []);
    assert_eq!(
        headline,
        "said to be quantised from `org/parent`; the weights are those of `org/parent` in another encoding"
    );
    assert_eq!(judged(&declares("org/stranger"), &settings).1, [("WH-LIN-002", Severity::High)]);
    assert_eq!(judged(&declares("org/elsewhere"), &settings).1, [("WH-LIN-003", Severity::Low)]);
    assert_eq!(judged(&with_card(mine(), "# nothing\n"), &settings).1, [("WH-LIN-003", Severity::Medium)]);
    let (headline, findings) = judged(&with_card(vec![single(&model(3))], ""), &settings);
    assert_eq!(
        (headline.as_str(), findings),
        ("says nothing of its origin; of kin to none of 2 known", Vec::new())
    );
}

#[test]
fn without_passports_it_is_said_that_nothing_was_measured() {
    let target = with_card(vec![single(&model(1))], "");
    let (assessment, findings) = assess(&target, &Settings::default(), "2026-01-01".parse().unwrap());
    assert_eq!((assessment.state, findings.len()), (State::Partly, 0));
    assert!(assessment.missing[0].contains("no passports to compare with"));
    let gone = Settings { store: Some("/nowhere/at/all".into()) };
    let (assessment, _) = assess(&target, &gone, "2026-01-01".parse().unwrap());
    assert!(assessment.missing[0].contains("cannot be read"));
    let (folder, settings) = store_of(&[]);
    std::fs::write(folder.path().join("bad.passport.json"), "{").unwrap();
    let (assessment, _) = assess(&target, &settings, "2026-01-01".parse().unwrap());
    assert!(assessment.missing[0].contains("no weight passport"), "{:?}", assessment.missing);
}

#[test]
fn places_that_name_other_families_contradict_each_other() {
    let adapter = |base: &str| {
        let mut config = file("adapter_config.json", "json", &[]);
        config.text = Some(format!("{{\"base_model_name_or_path\": \"{base}\"}}"));
        config
    };
    let card = |base: &str| format!("---\nbase_model:\n- {base}\n---\n");
    let found = |base: &str, other: &str| {
        judged(&with_card(vec![adapter(other)], &card(base)), &Settings::default()).1
    };
    assert_eq!(
        found("mistralai/Mistral-7B-v0.1", "meta-llama/Llama-2-13b-hf"),
        [("WH-LIN-001", Severity::Medium)]
    );
    assert_eq!(
        found("meta-llama/Llama-2-7b-hf", "meta-llama/Llama-2-13b-hf"),
        [("WH-LIN-001", Severity::Medium)]
    );
    assert_eq!(found("org/one", "org/two"), [("WH-LIN-001", Severity::Low)]);
    for other in
        ["mistralai/Mistral-7B-v0.1", "unsloth/mistral-7b-v0.1-bnb-4bit", "/home/me/checkpoint-3", "./out"]
    {
        assert_eq!(found("mistralai/Mistral-7B-v0.1", other), [], "{other}");
    }
    // The weights name the parent's parent; the architecture is another than the base has.
    let weights = |key: &str, value: &str| {
        let mut weights = q8(&model(1));
        weights.declared =
            vec![Declared { member: String::new(), key: key.to_owned(), value: value.to_owned() }];
        weights
    };
    let of = |weights| {
        judged(&with_card(vec![weights], &card("meta-llama/Llama-3.1-8B-Instruct")), &Settings::default()).1
    };
    assert_eq!(of(weights("gguf:general.base_model.0.name", "Llama 3.1 8B")), []);
    assert_eq!(of(weights("gguf:general.base_model.0.name", "Qwen2 7B")), [("WH-LIN-001", Severity::Medium)]);
    assert_eq!(of(weights("gguf:general.architecture", "llama")), []);
    assert_eq!(of(weights("gguf:general.architecture", "qwen2")), [("WH-LIN-001", Severity::Medium)]);
}
