use weighhouse_formats::tokenizer::{Stage, TokenizerFacts};

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A tokenizer has a part that the tokenizers library does not know.
    ///
    /// # What it detects
    ///
    /// Types of normalizers, pre-tokenizers, models, post-processors and decoders in `tokenizer.json` that are none of the library's.
    ///
    /// # Why it matters
    ///
    /// The library refuses the file, so another reader is meant: one that finds code by this name.
    ///
    /// # Example
    ///
    /// `{"type": "PythonNormalizer"}`
    ///
    /// # What to do
    ///
    /// Ask which program reads it; use the tokenizer of the original model.
    ///
    /// # References
    ///
    /// - <https://huggingface.co/docs/tokenizers/components>
    pub(crate) UnknownTokenizerPart {
        id: "WH-TOK-003",
        slug: "unknown-tokenizer-part",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Json],
        cwe: [470],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// Parts of the library, version 0.23 and before, by what they are for.
fn known(stage: Stage) -> &'static [&'static str] {
    match stage {
        Stage::Normalizer => &[
            "BertNormalizer",
            "ByteLevel",
            "Lowercase",
            "NFC",
            "NFD",
            "NFKC",
            "NFKD",
            "Nmt",
            "Precompiled",
            "Prepend",
            "Replace",
            "Sequence",
            "Strip",
            "StripAccents",
        ],
        Stage::PreTokenizer => &[
            "BertPreTokenizer",
            "ByteLevel",
            "CharDelimiterSplit",
            "Delimiter",
            "Digits",
            "FixedLength",
            "Metaspace",
            "Punctuation",
            "Sequence",
            "Split",
            "UnicodeScripts",
            "Whitespace",
            "WhitespaceSplit",
        ],
        Stage::Model => &["BPE", "Unigram", "WordLevel", "WordPiece"],
        Stage::PostProcessor => {
            &["BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"]
        }
        Stage::Decoder => &[
            "BPEDecoder",
            "ByteFallback",
            "ByteLevel",
            "CTC",
            "Fuse",
            "Metaspace",
            "Replace",
            "Sequence",
            "Strip",
            "WordPiece",
        ],
    }
}

impl Rule for UnknownTokenizerPart {
    fn tokenizer(&self, facts: &TokenizerFacts, cx: &mut Context<'_>) {
        for part in facts.parts.iter().filter(|part| !known(part.stage).contains(&part.kind.as_str())) {
            let stage = part.stage.key();
            cx.report(format!(
                "{} is no {} of the tokenizers library",
                quote(&part.kind),
                stage.replace('_', " ")
            ))
            .at(part.region)
            .key(format!("{stage}.{}", part.kind))
            .emit();
        }
    }
}

crate::samples! {
    UnknownTokenizerPart,
    bad: {
        "a normalizer of nobody" => [("tokenizer.json", br#"{"added_tokens": [], "normalizer": {"type": "PythonNormalizer"}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#.to_vec())],
    },
    ok: {
        "parts of the library" => [("tokenizer.json", br#"{"added_tokens": [], "normalizer": {"type": "NFC"}, "decoder": {"type": "ByteLevel"}, "model": {"type": "WordPiece", "vocab": {"a": 0}}}"#.to_vec())],
    },
}
