use super::*;
use crate::build::short::Short;
use crate::identify::identify;
use crate::inspect::inspect;
use crate::source::Memory;

fn source(bytes: impl Into<Vec<u8>>) -> SharedSource {
    Memory::shared(bytes.into())
}

fn formats(name: &str, text: impl Into<Vec<u8>>) -> Vec<Format> {
    identify(name, &source(text)).into_iter().map(|candidate| candidate.format).collect()
}

fn facts(bytes: impl Into<Vec<u8>>) -> TextFacts {
    match parse(&source(bytes), "x.txt", &Budget::default()).reading.facts {
        Facts::Text(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn kinds_of_text() {
    use Format::{
        Html, Json, JsonLines, Markdown, Notebook, PathConfiguration, Python, Shell, Template, Text, Toml,
        Xml, Yaml,
    };
    for (name, text, expected) in [
        ("config.json", "{\"a\": [1, 2]}", vec![Json]),
        ("weights", " {\"a\": NaN}\n", vec![Json]),
        ("x.txt", "{\"a\": 1}\n{\"a\": 2}\n", vec![JsonLines]),
        ("x.jsonl", "{\"a\": 1}\n", vec![JsonLines]),
        ("config.json", "{\"a\": 1, // x\n}", vec![Json]),
        ("config.json", "", vec![Format::Empty]),
        ("a.ipynb", "{\"cells\": [], \"nbformat\": 4}", vec![Json, Notebook]),
        ("a.txt", "{\"cells\": [{\"cell_type\": \"code\"}], \"nbformat\": 4}", vec![Json, Notebook]),
        ("README.txt", "#!/bin/sh\nrm -rf /\n", vec![Shell]),
        ("run", "#!/usr/bin/env python3\nprint(1)\n", vec![Python]),
        ("a.py", "x = 1\n", vec![Python]),
        ("notes.txt", "import os\nos.system('id')\n", vec![Python]),
        ("a.bin", "__import__('os').system('id')", vec![Python]),
        (
            "notes.txt",
            "Please import taxes are high.\nThis is prose (with brackets) and more: it goes on.\n",
            vec![Text],
        ),
        ("notes.txt", "To evaluate, call eval(x) on the data. We found that it works well.\n", vec![Text]),
        ("README.md", "# Model\n\n```python\nimport torch\nx = torch.load('a')\n```\n", vec![Markdown]),
        (
            "CMakeLists.txt",
            "project(x LANGUAGES CXX)\nif(NOT WIN32)\n  import os\n  set(A b c)\nendif()\nadd_library(x SHARED x.cpp)\n",
            vec![Text],
        ),
        ("a.yml", "a: 1\n", vec![Yaml]),
        ("a", "---\na: 1\n", vec![Yaml]),
        ("a.cfg", "x: !!python/object/apply:os.system ['id']\n", vec![Yaml]),
        ("a.jinja", "{{ x }}", vec![Template]),
        ("chat", "{% for m in messages %}{{ m }}{% endfor %}", vec![Template]),
        ("a.toml", "[a]\nb = 1\n", vec![Toml]),
        ("a.txt", "<!DOCTYPE html><p>", vec![Html]),
        ("a.svg", "<svg xmlns='x'/>", vec![Xml]),
        ("x.pth", "import os; os.system('id')\n", vec![PathConfiguration, Python]),
        ("vocab.txt", "[PAD]\n[UNK]\nthe\n##ing\n", vec![Text]),
        ("merges.txt", "#version: 0.2\n\u{120} t\ni n\n", vec![Text]),
        ("LICENSE", "Apache License\nVersion 2.0, January 2004\n", vec![Text]),
    ] {
        let mut found = formats(name, text);
        found.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(found, expected, "{name}: {text}");
    }
    assert_eq!(formats("x", b"caf\xe9 au lait is a drink of coffee with milk\n".to_vec()), [Text]);
    assert_eq!(formats("x", b"\xff\xfeh\0i\0\n\0".to_vec()), [Text]);
    assert_eq!(formats("x", b"\x93\x8f\x01\x02\x03\xf0\xff\x00\x00".to_vec()), [Format::Unknown]);
}

#[test]
fn a_long_document_is_recognised_by_its_beginning() {
    let long = format!("{{\"vocab\": {{{}\"end\": 1}}}}", "\"word\": 12345, ".repeat(5_000));
    assert_eq!(formats("x", long), [Format::Json]);
}

#[test]
fn hidden_characters_are_counted_by_kind() {
    let facts = facts(
        "a\u{202e}b\nc\u{200b}\u{200b}\u{e0041}\x1b[31m\x07 \u{1f3f4}\u{e0067}\u{e0062} e\u{301} 中文 f\u{200c}g\n",
    );
    let counts: Vec<(&str, u64)> =
        facts.hidden_characters.iter().map(|entry| (entry.kind, entry.count)).collect();
    assert_eq!(
        counts,
        [
            ("bidirectional control", 1),
            ("control character", 1),
            ("escape sequence", 1),
            ("tag character", 1),
            ("zero-width character", 2),
            ("zero-width joiner", 1)
        ]
    );
    assert_eq!(facts.hidden[0], ("bidirectional control", Region::new(1, 4), 1));
    assert_eq!(facts.hidden[1], ("zero-width character", Region::new(7, 10), 2));
    assert_eq!((facts.encoding, facts.lines), ("utf-8", 2));
}

#[test]
fn joiners_are_hidden_only_where_nothing_joins() {
    let joiners = |text: &str| -> u64 { facts(text).hidden_characters.iter().map(|entry| entry.count).sum() };
    for ordinary in [
        "فارسی\u{200c}ها",
        "क\u{94d}\u{200d}ष",
        "\u{1f469}\u{200d}\u{1f4bb}",
        "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
    ] {
        assert_eq!(joiners(ordinary), 0, "{ordinary:?}");
    }
    for (hidden, count) in [
        ("a\u{200d}b", 1),
        ("\u{1f469}\u{200d}\u{200d}\u{200c}\u{1f4bb}", 3),
        ("\u{1f469}\u{200d} and", 1),
        ("ف\u{200c}\u{200d}\u{200c}x", 3),
        ("क\u{200d}\u{200b}x", 2),
    ] {
        assert_eq!(joiners(hidden), count, "{hidden:?}");
    }
}

#[test]
fn a_mark_at_the_beginning_is_not_hidden() {
    assert_eq!(facts("\u{feff}text").hidden, []);
    assert_eq!(facts("text\u{feff}").hidden.len(), 1);
}

#[test]
fn addresses_are_kept_once() {
    let facts = facts(
        "see https://a.example/x?y, https://a.example/x?y and <ftp://u:p@b.example:21/>.\nhttp://[::1]:80/",
    );
    let addresses: Vec<(&str, &str, u32)> =
        facts.addresses.iter().map(|address| (address.text.as_str(), address.host(), address.line)).collect();
    assert_eq!(
        addresses,
        [
            ("https://a.example/x?y", "a.example", 1),
            ("ftp://u:p@b.example:21/", "b.example", 1),
            ("http://[::1", "::1", 2)
        ]
    );
}

#[test]
fn text_ends_at_a_null_byte() {
    let parsed = parse(&source(b"#!/bin/sh\nexit\n\0\x01\x02ELF".to_vec()), "x", &Budget::default());
    assert_eq!(parsed.reading.claims.unexplained(21), [Region::new(15, 21)]);
    assert_eq!(parsed.reading.irregularities.len(), 1);
}

#[test]
fn utf16_keeps_the_offsets_of_the_file() {
    let text = "ä\n\u{202e} https://a.example/";
    let bytes: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let facts = facts(bytes);
    assert_eq!(facts.encoding, "utf-16le");
    assert_eq!(facts.hidden, [("bidirectional control", Region::new(6, 8), 2)]);
    assert_eq!(facts.addresses[0].region.start, 10);
}

#[test]
fn front_matter_is_read_as_yaml() {
    let node = inspect("README.md", &source("---\nlicense: mit\n---\n# Model\n"), &Budget::default());
    assert_eq!(node.readings.len(), 1);
    assert_eq!(node.children.len(), 1);
    assert_eq!(node.children[0].region, Some(Region::new(4, 17)));
    assert!(node.children[0].readings.iter().any(|reading| reading.format == Format::Yaml));
}

#[test]
fn any_window_gives_the_same_facts() {
    let filler = "some words of text\n".repeat(700);
    let secret = format!("token hf_{}\n", "aQwZeRtYuIoPlKjHgFdSaMnBvCxZpLmKoI");
    let text = format!(
        "{filler}{secret}{filler}\u{202e}x https://a.example/ {filler}postgres://a:s3cr3tPw9@b.example/\n\u{200b}"
    );
    let whole = format!("{:?}", scan::scan(&Memory::new(text.clone().into_bytes()), &Budget::default()));
    assert!(whole.contains("huggingface-token") && whole.contains("url-password"), "{whole}");
    for window in [1_000, 1_001, 4_097, 13_310] {
        for size in [977, 65_536] {
            let source = Short::shared(text.as_bytes(), size);
            let again = scan::scan_in(source.as_ref(), &Budget::default(), window);
            assert_eq!(format!("{again:?}"), whole, "{window} {size}");
        }
    }
}

#[test]
fn a_text_that_is_something_encoded_as_a_whole_is_decoded() {
    let payload = b"\x80\x02cposix\nsystem\n(X\x10\x00\x00\x00echo inert inerttR.";
    let hexadecimal: String = payload
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, payload);
    let (front, back) = base64.split_at(20);
    for text in
        [hexadecimal.clone(), format!("{hexadecimal}\n"), base64.clone(), format!("{front}\n{back}\n")]
    {
        let parsed = parse(&source(text.as_str()), "x.txt", &Budget::default());
        let Some(Child { content: Content::Decoded(bytes), .. }) = parsed.children.first() else {
            panic!("{text}")
        };
        assert_eq!(bytes, payload, "{text}");
    }
    for text in [
        "d41d8cd98f00b204e9800998ecf8427e",
        "d41d8cd98f00b204e9800998ecf8427e1",
        "A text of words alone and no more",
    ] {
        assert!(parse(&source(text), "x.txt", &Budget::default()).children.is_empty(), "{text}");
    }
}
