//! Tests on assembled files: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::safetensors::{Safetensors, assemble};
use crate::build::short::Short;
use crate::node::Content;
use crate::source::Memory;

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.safetensors", &Budget::default())
}

fn facts(parsed: &Parsed) -> &SafetensorsFacts {
    let Facts::Safetensors(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn faults(bytes: &[u8]) -> Vec<Fault> {
    read(bytes).reading.irregularities.into_iter().map(|fault| fault.kind).collect()
}

fn unexplained(bytes: &[u8]) -> Vec<Region> {
    read(bytes).reading.claims.unexplained(bytes.len() as u64)
}

fn benign() -> Safetensors {
    Safetensors::new()
        .metadata(&[("format", "pt")])
        .tensor("b", "F32", &[2, 3], &[0; 24])
        .tensor("a", "BF16", &[4], &[1; 8])
        .tensor("scalar", "I64", &[], &[2; 8])
        .tensor("empty", "U8", &[0, 5], &[])
        .tensor("nibbles", "F4", &[3, 2], &[9; 3])
}

#[test]
fn a_benign_file_is_explained_to_the_last_byte() {
    let file = benign().build();
    let parsed = read(&file);
    assert_eq!(parsed.reading.irregularities, []);
    assert_eq!(parsed.gaps, []);
    assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)]);
    let facts = facts(&parsed);
    assert_eq!(facts.tensor_count, 5);
    assert_eq!(facts.metadata, [("format".to_owned(), "pt".to_owned())]);
    let names: Vec<&str> = facts.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "scalar", "empty", "nibbles"]);
    assert!(parsed.children.is_empty());
}

#[test]
fn contradictions_between_type_shape_and_extent_are_seen() {
    for (dtype, shape) in [
        ("F32", vec![3]),
        ("F16", vec![2, 2]),
        ("F4", vec![3]),
        ("F32", vec![u64::MAX, 2]),
        ("F64", vec![1 << 61]),
        ("U8", vec![]),
    ] {
        assert_eq!(
            faults(&Safetensors::new().tensor("t", dtype, &shape, &[0; 4]).build()),
            [Fault::Contradiction]
        );
    }
    assert_eq!(faults(&Safetensors::new().tensor("t", "F33", &[1], &[0; 4]).build()), [Fault::Malformed]);
}

#[test]
fn names_and_fields_given_twice_are_seen() {
    let twice = benign().raw(r#""a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#);
    assert_eq!(faults(&twice.build()), [Fault::Duplicate]);
    let escaped = benign().raw(r#""\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#);
    assert_eq!(faults(&escaped.build()), [Fault::Duplicate]);
    let field = r#"{"a":{"dtype":"F32","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#;
    assert_eq!(faults(&assemble(field, b"")), [Fault::Duplicate]);
    let metadata = Safetensors::new().metadata(&[("a", "1"), ("a", "2")]);
    assert_eq!(faults(&metadata.build()), [Fault::Duplicate]);
    assert_eq!(faults(&benign().metadata(&[]).build()), [Fault::Duplicate]);
}

#[test]
fn overlaps_holes_and_tails_are_seen() {
    let entry = |name: &str, start: u64, end: u64| {
        format!(
            "\"{name}\":{{\"dtype\":\"U8\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}}",
            end - start
        )
    };
    let overlap = Safetensors::new().raw(&entry("a", 0, 8)).raw(&entry("b", 7, 16)).data(&[1; 16]);
    assert_eq!(faults(&overlap.build()), [Fault::Overlap]);
    let hole = Safetensors::new().raw(&entry("a", 0, 8)).raw(&entry("b", 12, 16)).data(&[1; 16]).build();
    assert_eq!(faults(&hole), [Fault::Impossible]);
    let end = hole.len() as u64;
    assert_eq!(unexplained(&hole), [Region::new(end - 8, end - 4)]);
    let tail = benign().data(b"payload").build();
    assert_eq!(unexplained(&tail).len(), 1);
    let beyond = Safetensors::new().raw(&entry("a", 0, 8)).data(&[1; 4]).build();
    assert_eq!(faults(&beyond), [Fault::Impossible]);
    let backwards = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#;
    assert_eq!(faults(&assemble(backwards, b"x")), [Fault::Contradiction]);
    let huge =
        r#"{"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}}"#;
    assert!(!faults(&assemble(huge, b"x")).is_empty());
    let edge =
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}}"#;
    assert_eq!(faults(&assemble(edge, b"")), [Fault::Impossible]);
    assert_eq!(faults(&[0; 24])[0], Fault::Impossible);
}

#[test]
fn headers_that_readers_refuse_are_faults() {
    for header in [
        "[]",
        "{",
        "",
        "{}x",
        " {}",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":[]}",
        r#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
        r#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#,
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"code":"x"}}"#,
    ] {
        assert!(!faults(&assemble(header, b"x")).is_empty(), "{header}");
    }
    let mut large = 100_000_001_u64.to_le_bytes().to_vec();
    large.extend_from_slice(b"{}");
    let parsed = read(&large);
    assert_eq!(parsed.reading.irregularities[0].kind, Fault::Malformed);
    assert_eq!(parsed.gaps.len(), 1);
}

#[test]
fn metadata_is_handed_on_to_be_looked_at() {
    let long = "token = hf_0123456789012345678901234567890123";
    let pickle = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        [b"PK\x03\x04".as_slice(), &[0; 30], b"PK\x05\x06", &[0; 18]].concat(),
    );
    let file = Safetensors::new()
        .metadata(&[("note", long), ("escaped", "a \"quoted\" text of some length"), ("blob", &pickle)])
        .build();
    let source = Memory::shared(file.clone());
    let parsed = parse(&source, "m", &Budget::default());
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert!(names.starts_with(&["__metadata__.note", "__metadata__.escaped"]));
    assert!(names.contains(&"__metadata__.blob"));
    let Content::Stored { region, .. } = &parsed.children[0].content else { panic!() };
    assert_eq!(&file[region.start as usize..region.end as usize], long.as_bytes());
    let Content::Decoded(text) = &parsed.children[1].content else { panic!() };
    assert_eq!(text, b"a \"quoted\" text of some length");
}

#[test]
fn a_million_faults_are_counted_not_kept() {
    let entry = r#""a":{"dtype":"X","shape":[1],"data_offsets":[0,1]}"#;
    let file = assemble(&format!("{{{}}}", vec![entry; 5_000].join(",")), b"x");
    let parsed = read(&file);
    assert!(parsed.reading.irregularities.len() < 110);
    assert!(
        parsed.reading.irregularities.iter().any(|fault| fault.detail == "4968 more faults of this kind")
    );
}

#[test]
fn a_cut_file_is_never_clean() {
    let file = benign().build();
    for cut in 0..file.len() {
        let parsed = read(&file[..cut]);
        assert!(!parsed.reading.irregularities.is_empty(), "cut at {cut}");
    }
}

#[test]
fn it_is_recognised_by_content() {
    let found = |bytes: &[u8], name: &str| {
        probe(&Probe::new(name, &Memory::shared(bytes.to_vec()))).map(|candidate| candidate.strength)
    };
    assert_eq!(found(&benign().build(), "x.bin"), Some(Strength::Certain));
    assert_eq!(found(&benign().build()[..40], "x.safetensors"), Some(Strength::Plausible));
    assert_eq!(found(&assemble("[]", b""), "x.safetensors"), Some(Strength::Name));
    assert_eq!(found(b"version https://git-lfs.github.com/spec/v1\n", "x.safetensors"), None);
    assert_eq!(found(b"{\"a\": 1, \"b\": {\"c\": 2}}", "x.json"), None);
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..40, damage in 0_usize..400, byte in any::<u8>()) {
        let mut file = benign().metadata(&[("k", "some \u{e9} text of length"), ("l", "more\ntext, escaped, long enough")]).build();
        if let Some(place) = file.get_mut(damage) {
            *place = byte;
        }
        let whole = parse(&Memory::shared(file.clone()), "m", &Budget::default());
        let short = parse(&Short::shared(&file, most), "m", &Budget::default());
        prop_assert_eq!(format!("{whole:?}"), format!("{short:?}"));
    }

    #[test]
    fn any_header_is_survived(header in "[\\{\\}\\[\\]\":,a0-9 ]{0,80}", data in prop::collection::vec(any::<u8>(), 0..8)) {
        let _ = read(&assemble(&header, &data));
    }
}

#[test]
fn tensors_of_bytes_are_looked_into_and_numbers_are_not() {
    let pickle = b"cos\nsystem\n(S'id'\ntR.";
    let len = pickle.len() as u64;
    let file = |dtype| Safetensors::new().tensor("w", dtype, &[len], pickle).build();
    let names = |bytes: &[u8]| read(bytes).children.into_iter().map(|child| child.name).collect::<Vec<_>>();
    assert_eq!(names(&file("U8")), ["w"]);
    assert_eq!(names(&file("I8")), ["w"]);
    assert!(names(&file("F8_E4M3")).is_empty());
    let numbers: Vec<u8> = (0..=255).collect();
    for start in 0..=255 {
        let ordinary =
            Safetensors::new().tensor("w", "U8", &[256 - start], &numbers[start as usize..]).build();
        assert!(names(&ordinary).is_empty(), "{start}");
    }
    let state = Safetensors::new().tensor("s", "U8", &[22], br#"{"quant_type": "nf4" }"#).build();
    assert!(names(&state).is_empty());
}

#[test]
fn metadata_is_a_template_by_its_key_or_by_its_statements() {
    let known = |key, value| {
        let parsed = read(&benign().metadata(&[(key, value)]).build());
        parsed.children.first().and_then(|child| child.known)
    };
    assert_eq!(known("chat_template", "{{ x.__class__ }}"), Some(Format::Template));
    assert_eq!(known("note", "{% for x in y %}{% endfor %}"), Some(Format::Template));
    assert_eq!(known("ss_sample_prompt", "a photo of {{masterpiece}}, best quality"), Some(Format::Text));
    assert_eq!(known("ss_tags", r#"{"img": {"1girl": 3, "solo": 2}}"#), Some(Format::Text));
}
