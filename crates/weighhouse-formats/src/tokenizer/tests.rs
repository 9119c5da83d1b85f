//! Tokenizers as libraries write them, and patterns that explode.

use std::sync::Arc;

use super::pattern::explodes;
use super::{Stage, TokenizerFacts};
use crate::bounded::{Budget, Limits};
use crate::node::Facts;
use crate::source::Memory;

fn read(text: &str) -> Option<TokenizerFacts> {
    let budget = Budget::new(Arc::new(Limits::default()));
    let node = crate::inspect::inspect("tokenizer.json", &Memory::shared(text.as_bytes().to_vec()), &budget);
    node.readings.into_iter().find_map(|reading| match reading.facts {
        Facts::Tokenizer(facts) => Some(*facts),
        _ => None,
    })
}

#[test]
fn parts_in_sequences_are_found() {
    let text = r#"{"version": "1.0", "added_tokens": [], "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"String": " "}, "content": "_"}]}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\s+"}, "behavior": "Isolated", "invert": false}, "decoder": null, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#;
    let facts = read(text).expect("a tokenizer");
    let parts: Vec<_> = facts.parts.iter().map(|part| (part.stage, part.kind.as_str())).collect();
    assert_eq!(
        parts,
        [
            (Stage::Normalizer, "Sequence"),
            (Stage::Normalizer, "NFC"),
            (Stage::Normalizer, "Replace"),
            (Stage::PreTokenizer, "Split"),
            (Stage::Model, "BPE")
        ]
    );
    assert_eq!((facts.replacements[0].from.as_str(), facts.replacements[0].to.as_str()), (" ", "_"));
    assert_eq!(facts.patterns.len(), 1);
    assert!(read(r#"{"model": {"handler": "x"}}"#).is_none());
}

#[test]
fn what_stands_before_every_text_is_put_in() {
    let text = r#"{"added_tokens": [], "normalizer": {"type": "Prepend", "prepend": "x"}, "model": {"type": "BPE", "vocab": {}}}"#;
    let facts = read(text).expect("a tokenizer");
    assert_eq!((facts.replacements[0].from.as_str(), facts.replacements[0].to.as_str()), ("", "x"));
}

#[test]
fn patterns_that_explode_and_patterns_of_models() {
    for bad in [
        "(a+)+$",
        r"(\w+\s?)*$",
        "([a-z]+)*[0-9]",
        "(x+x+)+y",
        "(?:a*)*b",
        "((a+))+",
        "(b|a+)*",
        r"(?i:\d{2,})+",
        "(a+?)*",
        "(x(a+)*)",
    ] {
        assert!(explodes(bad), "{bad}");
    }
    for good in [
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re)?|\p{N}{1,3}",
        r" ?[^(\s|[.,!?])]+",
        r"\d{1,3}(?=(?:\d{3})*\b)",
        r"(?:\r?\n)+|[^\r\n]+",
        "(,[a-z]+)*",
        "(a++)+",
        "(?s).+",
        "(",
        ")",
        "[",
        r"\",
        "",
    ] {
        assert!(!explodes(good), "{good}");
    }
}
