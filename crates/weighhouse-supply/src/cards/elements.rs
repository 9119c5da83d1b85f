//! The questions that a card should answer, and how one sees that it does.

use serde::Serialize;

use super::card::{Card, Section};
use crate::yaml::{Node, Value};

/// What the card is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum About {
    Model,
    Data,
}

/// A question.
struct Question {
    name: &'static str,
    asks: &'static str,
    /// Keys of the front matter that answer it.
    keys: &'static [&'static str],
    /// Words of headings under which it is answered.
    titles: &'static [&'static str],
    /// Words anywhere in the prose that answer it.
    phrases: &'static [&'static str],
}

/// How a card answers a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// Where.
    Yes(String),
    /// The template was left as it came.
    Placeholder(String),
    /// Nowhere.
    No,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Element {
    /// Its name, for policies.
    pub name: &'static str,
    /// What it asks.
    pub asks: &'static str,
    /// What was found.
    pub answered: Answered,
    /// Line of the card, from 1; 0 if there is none.
    #[serde(skip)]
    pub(crate) line: u32,
}

const MODEL: &[Question] = &[
    Question {
        name: "description",
        asks: "what is it?",
        keys: &[],
        titles: &["model description", "model details", "model summary", "overview", "introduction"],
        phrases: &[],
    },
    Question {
        name: "licence",
        asks: "under which licence is it?",
        keys: &["license", "licence"],
        titles: &["licens", "licenc"],
        phrases: &[],
    },
    Question {
        name: "base-model",
        asks: "from which model was it made, or was it trained from scratch?",
        keys: &["base_model"],
        titles: &["base model"],
        phrases: &[
            "fine-tuned from",
            "finetuned from",
            "fine-tuned version of",
            "fine-tune of",
            "trained from scratch",
            "from scratch",
            "pretrained on",
            "pre-trained on",
            "based on",
            "distilled from",
            "quantized from",
            "quantized version of",
        ],
    },
    Question {
        name: "training-data",
        asks: "on which data was it trained?",
        keys: &["datasets"],
        titles: &["training data", "train data", "dataset", "data sources", "pretraining data", "corpus"],
        phrases: &["trained on", "finetuned on", "fine-tuned on"],
    },
    Question {
        name: "evaluation",
        asks: "how good is it, on which data?",
        keys: &["model-index"],
        titles: &["evaluation", "results", "benchmark", "performance", "metrics"],
        phrases: &[],
    },
    Question {
        name: "intended-use",
        asks: "for what is it meant?",
        keys: &[],
        titles: &["intended use", "uses", "direct use", "use case", "primary use", "applications"],
        phrases: &[
            "intended to be used",
            "intended for",
            "is designed for",
            "can be used for",
            "it is made for",
        ],
    },
    Question {
        name: "limitations",
        asks: "for what is it not fit, and what goes wrong?",
        keys: &[],
        titles: &["limitation", "bias", "risk", "out-of-scope", "caveat", "ethical", "responsib", "safety"],
        phrases: &["limitations", "is not intended", "should not be used"],
    },
    Question {
        name: "contact",
        asks: "whom can one ask?",
        keys: &["contact"],
        titles: &["contact", "author", "contributor", "support", "feedback", "maintainer"],
        phrases: &["mailto:", "/issues", "contact us", "developed by"],
    },
];

const DATA: &[Question] = &[
    Question {
        name: "description",
        asks: "what is it?",
        keys: &[],
        titles: &[
            "dataset summary",
            "dataset description",
            "summary",
            "overview",
            "introduction",
            "dataset details",
        ],
        phrases: &[],
    },
    Question {
        name: "licence",
        asks: "under which licence is it?",
        keys: &["license", "licence"],
        titles: &["licens", "licenc"],
        phrases: &[],
    },
    Question {
        name: "source",
        asks: "where does the data come from, and who collected it?",
        keys: &["source_datasets", "annotations_creators"],
        titles: &[
            "source data",
            "data collection",
            "dataset creation",
            "curation",
            "collection",
            "provenance",
            "annotation",
        ],
        phrases: &["collected from", "scraped from", "crawled from", "derived from"],
    },
    Question {
        name: "structure",
        asks: "what is in it: fields, splits, sizes?",
        keys: &["dataset_info", "configs", "size_categories"],
        titles: &["structure", "data fields", "data splits", "data instances", "format", "schema"],
        phrases: &[],
    },
    Question {
        name: "personal-data",
        asks: "does it hold data about people?",
        keys: &[],
        titles: &["personal", "sensitive", "privacy", "pii"],
        phrases: &["personal data", "personally identifiable", "no personal", "anonymi"],
    },
    Question {
        name: "intended-use",
        asks: "for what is it meant?",
        keys: &["task_categories"],
        titles: &["uses", "intended use", "supported tasks", "direct use", "use case"],
        phrases: &["intended for", "can be used to", "can be used for"],
    },
    Question {
        name: "limitations",
        asks: "for what is it not fit?",
        keys: &[],
        titles: &["limitation", "bias", "risk", "out-of-scope", "considerations", "caveat", "social impact"],
        phrases: &["limitations"],
    },
    Question {
        name: "contact",
        asks: "whom can one ask?",
        keys: &["contact"],
        titles: &["contact", "author", "curator", "contributor", "maintainer", "point of contact"],
        phrases: &["mailto:", "/issues", "contact us", "curated by"],
    },
];

/// Words from which on a text is an answer.
const WORDS: usize = 3;
/// What templates leave for their users.
const PLACEHOLDERS: &[&str] =
    &["more information needed", "[needs more information]", "[todo]", "todo:", "{{", "<!--"];

/// Asks a card.
pub(crate) fn ask(card: &Card, about: About) -> Vec<Element> {
    let questions = if about == About::Model { MODEL } else { DATA };
    questions.iter().map(|question| one(card, question)).collect()
}

fn one(card: &Card, question: &Question) -> Element {
    let element = |answered, line| Element { name: question.name, asks: question.asks, answered, line };
    for key in question.keys {
        if let Some(node) = card.front.get(key).filter(|node| says_something(node)) {
            return element(Answered::Yes(format!("`{key}`")), node.line);
        }
    }
    let mut left = None;
    // A card begins with what the model is.
    let begins = || card.sections.iter().find(|section| !words(&section.text).is_empty());
    let first = (question.name == "description").then(begins).flatten().map(|section| section.line);
    for section in &card.sections {
        let titled = question.titles.iter().any(|title| section.title.contains(title));
        if !titled && first != Some(section.line) {
            continue;
        }
        let heading = section.title.rsplit(" / ").next().unwrap_or_default();
        let named = if heading.is_empty() {
            "its first lines".to_owned()
        } else {
            format!("section `{}`", shown(heading))
        };
        if words(&section.text).len() >= WORDS {
            return element(Answered::Yes(named), section.line);
        }
        if is_placeholder(section) {
            left.get_or_insert((named, section.line));
        }
    }
    let phrase = card.sections.iter().find(|section| {
        let prose = prose(&section.text).to_lowercase();
        question.phrases.iter().any(|phrase| prose.contains(phrase))
            || question.name == "contact" && has_address(&prose)
    });
    match (phrase, left) {
        (Some(section), _) => element(Answered::Yes("its prose".to_owned()), section.line),
        (None, Some((named, line))) => element(Answered::Placeholder(named), line),
        (None, None) => element(Answered::No, 0),
    }
}

fn shown(text: &str) -> String {
    weighhouse_core::printable::printable_within(text, 60)
}

/// Whether front matter answers: not empty, and not `unknown` or `other`.
fn says_something(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Text(text) => {
            !matches!(text.trim().to_lowercase().as_str(), "" | "unknown" | "other" | "none")
        }
        Value::List(items) => items.iter().any(says_something),
        Value::Map(entries) => !entries.is_empty(),
    }
}

/// The text without code and without what a template left.
fn prose(text: &str) -> String {
    let mut code = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        let lower = line.to_lowercase();
        !code && !fence && !PLACEHOLDERS.iter().any(|left| lower.contains(left))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Words that are not markup.
fn words(text: &str) -> Vec<String> {
    let prose = prose(text);
    prose
        .split_whitespace()
        .filter(|word| word.chars().filter(|c| c.is_alphanumeric()).count() > 1)
        .map(str::to_owned)
        .collect()
}

fn is_placeholder(section: &Section) -> bool {
    let lower = section.text.to_lowercase();
    PLACEHOLDERS.iter().any(|left| lower.contains(left))
}

/// Whether an address of electronic mail stands in a text.
fn has_address(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',')).any(|word| {
        word.split_once('@').is_some_and(|(name, host)| {
            name.ends_with(|c: char| c.is_ascii_alphanumeric())
                && host.contains('.')
                && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        })
    })
}
