//! Tests on assembled files: benign ones are silent, every lie is seen.

use proptest::prelude::*;

use super::*;
use crate::build::gguf::Gguf;
use crate::build::short::Short;
use crate::node::Content;
use crate::source::Memory;

const TEMPLATE: &str = "{% for message in messages %}{{ message.content }}{% endfor %}";

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "model.gguf", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GgufFacts {
    let Facts::Gguf(facts) = &parsed.reading.facts else { panic!() };
    facts
}

fn faults(file: &Gguf) -> Vec<Fault> {
    read(&file.build()).reading.irregularities.into_iter().map(|fault| fault.kind).collect()
}

fn unexplained(bytes: &[u8]) -> Vec<Region> {
    read(bytes).reading.claims.unexplained(bytes.len() as u64)
}

fn benign(version: u32, big: bool) -> Gguf {
    Gguf::of_version(version, big)
        .text("general.architecture", "llama")
        .number("llama.block_count", 2)
        .texts("tokenizer.ggml.tokens", &["<s>", "{{", "{%", "a"])
        .array("tokenizer.ggml.scores", 6, 4, &[0; 16])
        .text("tokenizer.chat_template", TEMPLATE)
        .pair("flag", 7, &[1])
        .pair("small", 1, &[0xff])
        .tensor("token_embd.weight", &[4, 3], 0, &[1; 48])
        .tensor("blk.0.weight", &[32, 2], 2, &[2; 36])
        .tensor("scale", &[], 0, &[3; 4])
}

#[test]
fn benign_files_of_every_version_are_explained_to_the_last_byte() {
    for (version, big) in [(1, false), (2, false), (3, false), (3, true)] {
        let file = benign(version, big).build();
        let parsed = read(&file);
        assert_eq!(parsed.reading.irregularities, [], "version {version}");
        assert_eq!(parsed.gaps, []);
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)]);
        let facts = facts(&parsed);
        assert_eq!((facts.version, facts.big_endian, facts.alignment), (version, big, 32));
        assert_eq!(facts.tensors.len(), 3);
        assert_eq!(facts.templates, ["tokenizer.chat_template"]);
        assert!(facts.metadata.contains(&("small".to_owned(), GgufValue::Integer(-1))));
        assert!(facts.metadata.contains(&("llama.block_count".to_owned(), GgufValue::Integer(2))));
        let tokens = GgufValue::Array { element: "string", len: 4 };
        assert!(facts.metadata.contains(&("tokenizer.ggml.tokens".to_owned(), tokens)));
    }
}

#[test]
fn templates_are_children_wherever_they_stand() {
    let file = Gguf::new()
        .text("tokenizer.chat_template.tool_use", "plain")
        .text("general.description", "hello {{ cycler.__init__ }}")
        .texts("tokenizer.chat_templates", &["x", "{% if x %}"])
        .build();
    let parsed = read(&file);
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(
        names,
        ["tokenizer.chat_template.tool_use", "general.description", "tokenizer.chat_templates[1]"]
    );
    assert!(parsed.children.iter().all(|child| child.known == Some(Format::Template)));
    let Content::Stored { region, .. } = &parsed.children[1].content else { panic!() };
    assert_eq!(&file[region.start as usize..region.end as usize], b"hello {{ cycler.__init__ }}");
}

#[test]
fn payloads_in_metadata_are_looked_at() {
    let zip = [b"\x80\x04\x95".as_slice(), &[0; 8], b"GGUF"].concat();
    let inner = Gguf::new().text("inner", "a text that is long enough").build();
    let file = Gguf::new()
        .array("bytes", 0, inner.len() as u64, &inner)
        .texts("tokenizer.ggml.tokens", &["a", &"x".repeat(600)])
        .text("general.url", "https://example.com/a/b/c")
        .array("short", 0, zip.len() as u64, &zip);
    let parsed = read(&file.build());
    let names: Vec<&str> = parsed.children.iter().map(|child| child.name.as_str()).collect();
    assert!(names.starts_with(&["bytes", "tokenizer.ggml.tokens[1]", "general.url"]));
}

#[test]
fn what_is_there_twice_is_seen() {
    assert_eq!(faults(&benign(3, false).number("flag", 1)), [Fault::Duplicate]);
    assert_eq!(faults(&benign(3, false).tensor("scale", &[1], 0, &[0; 4])), [Fault::Duplicate]);
}

#[test]
fn tensors_that_overlap_leave_the_file_or_lie_are_seen() {
    let data = [1; 64];
    let two = |second: u64| Gguf::new().entry("a", &[8], 0, 0).entry("b", &[8], 0, second).data(&data);
    assert_eq!(faults(&two(32)), []);
    assert_eq!(faults(&two(0)), [Fault::Overlap]);
    assert_eq!(faults(&two(64)), [Fault::Truncated]);
    assert!(faults(&two(31)).contains(&Fault::Malformed));
    // The first tensor stands where the data begins.
    let late = |offset| Gguf::new().entry("a", &[8], 0, offset).data(&data);
    assert_eq!(faults(&late(32)), [Fault::Impossible]);
    assert!(faults(&late(1 << 40)).contains(&Fault::Impossible));
    assert!(faults(&two(u64::MAX - 31)).contains(&Fault::Impossible));
    let shape = |shape: &[u64], kind| faults(&Gguf::new().entry("a", shape, kind, 0));
    assert_eq!(shape(&[33], 2), [Fault::Contradiction]);
    assert_eq!(shape(&[u64::MAX, 2], 0), [Fault::Contradiction]);
    assert!(shape(&[1, 1, 1, 1, 1], 0).contains(&Fault::Malformed));
    let unknown = read(&Gguf::new().entry("a", &[8], 999, 0).data(&data).build());
    assert_eq!(unknown.gaps.len(), 1);
    assert_eq!(unknown.reading.claims.unexplained(unknown.reading.claims.regions()[0].end + 64).len(), 1);
}

#[test]
fn padding_must_be_zero_and_tails_are_not_explained() {
    let padded = benign(3, false).build();
    let hidden = Gguf::new()
        .entry("a", &[1], 0, 0)
        .entry("b", &[1], 0, 32)
        .data(&[&[1; 4][..], b"hidden payload in padding!!!", &[2; 4]].concat());
    assert_eq!(faults(&hidden), [Fault::Unusual]);
    assert_eq!(unexplained(&hidden.build()).len(), 1);
    let zeros_at_the_end = [padded.clone(), vec![0; 28]].concat();
    assert_eq!(unexplained(&zeros_at_the_end), []);
    let tail = [padded.clone(), vec![0; 28], b"tail".to_vec()].concat();
    assert_eq!(unexplained(&tail).len(), 1);
}

#[test]
fn alignment_is_read_and_checked() {
    let wide = Gguf::new().aligned(128).tensor("a", &[1], 0, &[1; 4]).tensor("b", &[1], 0, &[1; 4]);
    assert_eq!(faults(&wide), []);
    assert_eq!(unexplained(&wide.build()), []);
    for bad in [0, 3, 48] {
        assert_eq!(faults(&Gguf::new().number("general.alignment", bad)), [Fault::Impossible]);
    }
    assert_eq!(faults(&Gguf::new().text("general.alignment", "32")), [Fault::Impossible]);
}

#[test]
fn impossible_counts_lengths_and_types_stop_the_walk() {
    let kinds = [
        Gguf::new().pair("a", 13, &[]),
        Gguf::new().array("a", 77, 1, &[]),
        Gguf::new().array("a", 8, u64::MAX, &[]),
        Gguf::new().array("a", 12, u64::MAX / 4, &[]),
        Gguf::new().pair("a", 8, &u64::MAX.to_le_bytes()),
        Gguf::of_version(4, false),
        Gguf::of_version(0, false),
        Gguf::new().entry("a", &[1; 65], 0, 0),
    ];
    for file in kinds {
        let parsed = read(&file.build());
        assert!(!parsed.reading.irregularities.is_empty(), "{file:?}");
        assert!(!parsed.gaps.is_empty(), "{file:?}");
    }
    // Arrays of arrays, each with one element, as deep as the file is long.
    let nested = [9_u32.to_le_bytes().to_vec(), 1_u64.to_le_bytes().to_vec()].concat().repeat(10_000);
    let parsed = read(&Gguf::new().pair("deep", 9, &nested).build());
    assert_eq!(parsed.reading.irregularities[0].kind, Fault::Malformed);
}

#[test]
fn a_cut_file_is_never_clean() {
    let file = benign(3, false).build();
    for cut in 4..file.len() {
        let parsed = read(&file[..cut]);
        assert!(!parsed.reading.irregularities.is_empty(), "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_facts(most in 1_usize..40, damage in 0_usize..900, byte in any::<u8>()) {
        let mut file = benign(3, false).build();
        if let Some(place) = file.get_mut(damage) {
            *place = byte;
        }
        let whole = parse(&Memory::shared(file.clone()), "m", &Budget::default());
        let short = parse(&Short::shared(&file, most), "m", &Budget::default());
        prop_assert_eq!(format!("{whole:?}"), format!("{short:?}"));
    }
}

#[test]
fn what_the_reference_writes_is_explained_without_a_fault() {
    for (name, big, tensors) in [("little", false, 8), ("big", true, 2)] {
        let path = format!("{}/tests/fixtures/gguf/{name}.gguf", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::read(path).unwrap();
        let parsed = read(&file);
        assert_eq!(parsed.reading.irregularities, []);
        assert_eq!(parsed.gaps, []);
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)]);
        let facts = facts(&parsed);
        assert_eq!((facts.big_endian, facts.alignment, facts.tensors.len()), (big, 64, tensors));
        assert_eq!(facts.templates, ["tokenizer.chat_template.tool_use", "tokenizer.chat_template"]);
        assert!(
            facts
                .metadata
                .contains(&("general.license".to_owned(), GgufValue::Text("apache-2.0".to_owned())))
        );
        assert!(facts.metadata.contains(&("llama.rope.freq_base".to_owned(), GgufValue::Float(10000.0))));
    }
}
