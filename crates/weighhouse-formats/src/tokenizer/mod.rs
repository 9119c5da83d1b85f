//! `tokenizer.json` of the tokenizers library: which parts it is made of, what they put in place of what, which patterns they search.
//!
//! A relation: the document was read as JSON. Vocabularies are not kept.

mod pattern;
#[cfg(test)]
mod tests;

use crate::bounded::{Budget, Exhausted};
use crate::draft::head;
use crate::format::Format;
use crate::json::Value;
use crate::node::{Facts, Node, Reading};
use crate::region::{Claims, Region};

/// Longest text that is kept.
const LONGEST: usize = 1024;

/// What a tokenizer is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenizerFacts {
    /// Its parts, in the order of the document.
    pub parts: Vec<Part>,
    /// Texts that are put in place of others.
    pub replacements: Vec<Replacement>,
    /// Patterns that are searched for.
    pub patterns: Vec<Pattern>,
}

/// A part of a tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is for.
    pub stage: Stage,
    /// Its type, as written.
    pub kind: String,
    /// Where.
    pub region: Region,
}

/// The steps of a tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are the names of the steps")]
pub enum Stage {
    Normalizer,
    PreTokenizer,
    Model,
    PostProcessor,
    Decoder,
}

impl Stage {
    /// All of them, with their keys.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Normalizer, "normalizer"),
        (Self::PreTokenizer, "pre_tokenizer"),
        (Self::Model, "model"),
        (Self::PostProcessor, "post_processor"),
        (Self::Decoder, "decoder"),
    ];

    /// The key of the document.
    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|(stage, _)| *stage == self).map_or("", |(_, key)| key)
    }
}

/// A text in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// When.
    pub stage: Stage,
    /// What is replaced: a text, or a pattern; empty where the text is put before all that is written.
    pub from: String,
    /// What takes its place.
    pub to: String,
    /// Where.
    pub region: Region,
}

/// A pattern that is searched for in what a user writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Whether the time it takes can double with every letter: it repeats a group of repetitions only.
    pub explodes: bool,
    /// Where.
    pub region: Region,
}

/// Adds what the document says where it is a tokenizer.
pub(crate) fn relate(node: &mut Node, budget: &Budget) {
    let root = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Json(facts) => facts.value.as_ref().filter(|root| is_tokenizer(root)),
        _ => None,
    });
    let Some(root) = root else { return };
    let most = budget.limits().facts;
    let mut facts = TokenizerFacts::default();
    let mut over = false;
    for (stage, key) in Stage::ALL {
        let mut open: Vec<&Value> = root.get(key).into_iter().collect();
        while let Some(part) = open.pop() {
            let kept = [facts.parts.len(), facts.patterns.len(), facts.replacements.len()];
            if budget.steps(1).is_err() || kept.into_iter().any(|kept| kept >= most) {
                over = true;
                break;
            }
            read(stage, part, &mut facts);
            // Sequences hold parts of their own; the first of them comes next.
            let lists = ["normalizers", "pretokenizers", "processors", "decoders"];
            let inner = lists.iter().filter_map(|key| part.get(key)).flat_map(Value::elements);
            open.extend(inner.collect::<Vec<_>>().into_iter().rev());
        }
    }
    if over {
        node.gaps.push(Exhausted::Facts.into());
    }
    node.readings.push(Reading {
        format: Format::Json,
        facts: Facts::Tokenizer(Box::new(facts)),
        claims: Claims::whole(node.len),
        irregularities: Vec::new(),
    });
}

/// A model with a vocabulary, and a step before or after it.
fn is_tokenizer(root: &Value) -> bool {
    let model =
        root.get("model").is_some_and(|model| model.get("vocab").is_some() || model.get("type").is_some());
    model
        && ["added_tokens", "pre_tokenizer", "decoder", "normalizer"]
            .iter()
            .any(|key| root.get(key).is_some())
}

fn read(stage: Stage, part: &Value, facts: &mut TokenizerFacts) {
    let text = |value: Option<&Value>| value.and_then(Value::text).map(|text| head(text, LONGEST).to_owned());
    if let Some(kind) = text(part.get("type")) {
        facts.parts.push(Part { stage, kind, region: part.region });
    }
    // What stands before every text takes the place of nothing.
    if let Some(to) = text(part.get("prepend")) {
        facts.replacements.push(Replacement { stage, from: String::new(), to, region: part.region });
    }
    let Some(pattern) = part.get("pattern") else { return };
    let expression = pattern.get("Regex").and_then(Value::text);
    if let Some(expression) = expression {
        facts.patterns.push(Pattern {
            text: head(expression, LONGEST).to_owned(),
            explodes: pattern::explodes(expression),
            region: pattern.region,
        });
    }
    let from = text(pattern.get("String")).or_else(|| expression.map(|text| head(text, LONGEST).to_owned()));
    if let Some((from, to)) = from.zip(text(part.get("content"))) {
        facts.replacements.push(Replacement { stage, from, to, region: part.region });
    }
}
