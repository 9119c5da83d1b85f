use weighhouse_formats::tokenizer::TokenizerFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A tokenizer searches with a pattern that can take exponential time.
    ///
    /// # What it detects
    ///
    /// Regular expressions in `tokenizer.json` that repeat a group of which an alternative is made of repetitions only: `(a+)+`.
    ///
    /// # Why it matters
    ///
    /// The library searches with a backtracking engine. A few dozen letters that do not match keep a server busy for as long as it lives.
    ///
    /// # Example
    ///
    /// `(\w+\s?)*$`
    ///
    /// # What to do
    ///
    /// Use the tokenizer of the original model, or write the pattern without the outer repetition.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/1333.html>
    pub(crate) TokenizerPattern {
        id: "WH-TOK-002",
        slug: "tokenizer-pattern",
        since: "0.1.0",
        severity: Medium,
        confidence: High,
        formats: [Json],
        cwe: [1333],
        owasp: ["LLM10"],
        atlas: ["AML.T0029"],
    }
}

impl Rule for TokenizerPattern {
    fn tokenizer(&self, facts: &TokenizerFacts, cx: &mut Context<'_>) {
        for pattern in facts.patterns.iter().filter(|pattern| pattern.explodes) {
            cx.report(format!("the pattern {} can take exponential time", quote(&pattern.text)))
                .at(pattern.region)
                .key(&pattern.text)
                .emit();
        }
    }
}

crate::samples! {
    TokenizerPattern,
    bad: {
        "a repeated repetition" => [("tokenizer.json", br#"{"added_tokens": [], "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": false}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#.to_vec())],
    },
    ok: {
        "a pattern of a model" => [("tokenizer.json", br#"{"added_tokens": [], "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "'s|'t| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#.to_vec())],
    },
}
