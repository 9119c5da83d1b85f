//! Tests on what the real library writes, and on models with something hidden in them.

use super::*;
use crate::build::protobuf::Proto;
use crate::identify::identify;
use crate::source::Memory;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/sentencepiece/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(bytes: &[u8]) -> Parsed {
    parse(&Memory::shared(bytes.to_vec()), "tokenizer.model", &Budget::default())
}

fn facts(parsed: &Parsed) -> &GraphFacts {
    let Facts::Graph(facts) = &parsed.reading.facts else { panic!() };
    facts
}

#[test]
fn what_the_library_writes_is_explained_without_a_fault() {
    for name in ["unigram.model", "bpe.model"] {
        let file = fixture(name);
        let found: Vec<_> = identify("x", &Memory::shared(file.clone())).iter().map(|c| c.format).collect();
        assert_eq!(found, [Format::SentencePiece], "{name}");
        let parsed = read(&file);
        assert_eq!(
            (parsed.reading.irregularities.as_slice(), parsed.gaps.as_slice()),
            (&[][..], &[][..]),
            "{name}"
        );
        assert_eq!(parsed.reading.claims.regions(), [Region::new(0, file.len() as u64)], "{name}");
        let size = facts(&parsed)
            .metadata
            .iter()
            .find(|(key, _)| key == "vocab_size")
            .map(|(_, value)| value.as_str());
        assert_eq!(size, Some(if name == "bpe.model" { "48" } else { "43" }), "{name}");
    }
}

#[test]
fn what_is_hidden_in_a_model_is_handed_on_and_what_is_cut_is_a_fault() {
    let file = fixture("bpe.model");
    let payload = b"cos\nsystem\n(S'echo inert'\ntR.";
    let piece = Proto::new().message(1, &Proto::new().bytes(1, payload)).build();
    assert_eq!(read(&[file.clone(), piece].concat()).children.len(), read(&file).children.len() + 1);
    let map = Proto::new().message(5, &Proto::new().bytes(2, &[0xff; 40])).build();
    assert_eq!(read(&[file.clone(), map].concat()).reading.irregularities[0].kind, Fault::Malformed);
    let unknown = Proto::new().bytes(250, payload).build();
    assert_eq!(facts(&read(&[file.clone(), unknown].concat())).unknown[0].number, 250);
    for len in (1..file.len()).step_by(41) {
        let cut = read(&file[..len]);
        let whole = len == file.len() || cut.reading.irregularities.is_empty();
        // A model may end behind any piece; what is missing then is how it was trained.
        assert!(!whole || !facts(&cut).metadata.iter().any(|(key, _)| key == "vocab_size"), "cut at {len}");
    }
}
