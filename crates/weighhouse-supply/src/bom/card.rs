//! What a model card declares, as a bill has it: its front matter, and its prose by headings.

use weighhouse_core::printable::printable_within;

use super::config::{is_address, shown};
use super::graph::{Dataset, Graph, Known, Metric, Reference, ReferenceKind, Topic, Trait, Usage};
use crate::cards::card::{Card, Section};
use crate::materials::Materials;
use crate::yaml::Node;

/// Characters of the prose under a heading that are kept.
const PROSE: usize = 2000;
/// Values of one list.
const LISTED: usize = 256;

/// Headings by what stands below them: a heading belongs to the first topic one of whose words it holds.
const HEADINGS: &[(Topic, &[&str])] = &[
    (Topic::OutOfScope, &["out-of-scope", "out of scope", "misuse", "prohibited use"]),
    (Topic::Limitations, &["limitation", "known issue"]),
    (Topic::Ethics, &["bias", "risk", "ethic", "safety", "fairness", "responsible"]),
    (Topic::Uses, &["intended use", "uses", "direct use", "use case", "usage"]),
    (Topic::Environment, &["environmental", "carbon", "co2"]),
    (Topic::Hardware, &["hardware", "compute infrastructure", "infrastructure"]),
    (Topic::Preprocessing, &["preprocessing", "pre-processing"]),
    (Topic::TrainingData, &["training data", "data set", "dataset", "pretraining data", "pre-training data"]),
    (Topic::TrainingProcedure, &["training procedure", "hyperparameter", "training detail", "training"]),
    (Topic::Evaluation, &["evaluation", "results", "benchmark", "performance", "metrics"]),
    (Topic::Contact, &["contact", "model card author", "maintainer"]),
];

/// Reads the card.
pub(super) fn read(materials: &Materials, home: &str, graph: &mut Graph) {
    let path = format!("{home}README.md");
    let Some(text) = materials.file(&path).and_then(|file| file.text.as_deref()) else { return };
    let card = Card::read(text);
    let place = shown(&path);
    metadata(&Front { node: &card.front, file: &place }, graph);
    for (at, section) in card.sections.iter().enumerate() {
        let below = card.sections.get(at.saturating_add(1)..).unwrap_or_default();
        prose(section, below, &place, graph);
    }
    let title = card.sections.iter().find(|section| !section.heading.is_empty());
    let title = title.map(|section| Known::declared(shown(&section.heading), at(&place, section.line)));
    graph.description = graph.description.take().or(title.filter(|title| !title.value.is_empty()));
    if let Some(url) = card.sections.iter().find_map(|section| paper(&section.text)) {
        let reference = Reference { kind: ReferenceKind::Paper, url };
        graph.references.insert(Known::declared(reference, &place));
    }
}

fn at(file: &str, line: u32) -> String {
    format!("{file}:{line}")
}

/// Front matter, or a part of it.
#[derive(Clone, Copy)]
struct Front<'a> {
    node: &'a Node,
    /// The card.
    file: &'a str,
}

impl<'a> Front<'a> {
    fn get(self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| Self { node, ..self })
    }

    /// The text at `key`, or those of the list there.
    fn all(self, key: &str) -> impl Iterator<Item = Known> + use<'a> {
        let items = self.items(key);
        let known = items.filter_map(|item| {
            Some(Known::declared(shown(item.node.text()?), at(item.file, item.node.line)))
        });
        known.filter(|known| !known.value.is_empty())
    }

    fn one(self, key: &str) -> Option<Known> {
        self.all(key).next()
    }

    fn items(self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        let items = self.node.get(key).map(Node::items).unwrap_or_default();
        items.iter().take(LISTED).map(move |node| Self { node, ..self })
    }
}

fn metadata(front: &Front<'_>, graph: &mut Graph) {
    for (kind, key) in
        [(Trait::Task, "pipeline_tag"), (Trait::Library, "library_name"), (Trait::Language, "language")]
    {
        for value in front.all(key) {
            graph.note(kind, value);
        }
    }
    let emissions = front.get("co2_eq_emissions").and_then(|part| part.one("emissions"));
    if let Some(found) = emissions.or_else(|| front.one("co2_eq_emissions")) {
        let text = format!("{} g of CO2 equivalent, as the card says", found.value);
        graph.considerations.insert(Topic::Environment, Known { value: text, ..found });
    }
    for model in front.items("model-index") {
        model.items("results").for_each(|result| results(result, graph));
    }
}

/// The metrics of one result in `model-index`.
fn results(result: Front<'_>, graph: &mut Graph) {
    let dataset = result.get("dataset");
    let dataset = dataset.and_then(|set| set.one("name").or_else(|| set.one("type")));
    let dataset = dataset.map(|found| found.value);
    for metric in result.items("metrics") {
        let Some(value) = metric.one("value").filter(|_| graph.metrics.len() < LISTED) else { continue };
        let kind = metric.one("type").map_or_else(|| "unnamed".to_owned(), |found| found.value);
        let metric = Metric { kind, dataset: dataset.clone(), value: value.value };
        graph.metrics.insert(Known::declared(metric, &value.place));
        if let Some(name) = dataset.clone() {
            let dataset = Dataset { name, usage: Usage::Evaluation };
            if !graph.datasets.iter().any(|known| known.value == dataset) {
                graph.datasets.insert(Known::declared(dataset, value.place));
            }
        }
    }
}

/// The prose under a heading that is about a topic, with what stands under the headings below it. The first heading of a topic counts.
fn prose(section: &Section, below: &[Section], file: &str, graph: &mut Graph) {
    let Some(topic) = topic(&section.heading).filter(|topic| !graph.considerations.contains_key(topic))
    else {
        return;
    };
    let mut words = cut(&section.text);
    let under = format!("{} / ", section.title);
    for inner in below.iter().take_while(|inner| inner.title.starts_with(&under)) {
        let text = cut(&inner.text);
        if words.len() < PROSE && !text.is_empty() {
            words = format!("{words} {}: {text}", inner.heading);
        }
    }
    let words = words.trim();
    if words.chars().any(char::is_alphanumeric) {
        let known = Known::declared(printable_within(words, PROSE), at(file, section.line));
        graph.considerations.insert(topic, known);
    }
}

/// The words of a text without what the form holds that cards are often left as.
fn cut(text: &str) -> String {
    let end = text.char_indices().nth(PROSE).map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or_default().replace("[More Information Needed]", "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn topic(heading: &str) -> Option<Topic> {
    let heading = heading.to_lowercase();
    HEADINGS
        .iter()
        .find(|(_, words)| words.iter().any(|word| heading.contains(word)))
        .map(|(topic, _)| *topic)
}

/// The first paper on arXiv that the card names.
fn paper(prose: &str) -> Option<String> {
    let start = ["https://arxiv.org/abs/", "https://arxiv.org/pdf/"]
        .iter()
        .filter_map(|prefix| prose.find(prefix))
        .min()?;
    let rest = prose.get(start..)?;
    let ends = |character: char| !(character.is_ascii_alphanumeric() || ":/._-".contains(character));
    let url = rest.split(ends).next().unwrap_or_default().trim_end_matches('.');
    is_address(url).then(|| url.to_owned())
}
