//! What a model card declares: the metadata at its head, and its prose by headings.

use weighhouse_core::printable::printable_within;
use weighhouse_formats::bounded::Budget;
use weighhouse_formats::node::Facts;
use weighhouse_formats::source::Memory;
use weighhouse_formats::yaml;

use super::config::{is_address, shown};
use super::graph::{Dataset, Graph, Known, Metric, Reference, ReferenceKind, Topic, Trait, Usage};
use crate::materials::Materials;

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
    let (head, prose) = split(text);
    if let Some(head) = head {
        metadata(&Head::read(head, &shown(&path)), graph);
    }
    let before = text.lines().count().saturating_sub(prose.lines().count());
    sections(&Prose { text: prose, before, place: shown(&path) }, graph);
}

/// Metadata between two lines of dashes at the very beginning, and the rest.
fn split(text: &str) -> (Option<&str>, &str) {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = rest.strip_prefix("---\n").or_else(|| rest.strip_prefix("---\r\n")) else {
        return (None, rest);
    };
    match rest.find("\n---") {
        Some(end) => (rest.get(..end), rest.get(end.saturating_add(4)..).unwrap_or_default()),
        None => (None, rest),
    }
}

/// Values of the metadata by dotted path, with the place where each stands.
struct Head(Vec<(String, String, String)>);

impl Head {
    fn read(text: &str, file: &str) -> Self {
        let source = Memory::shared(text.as_bytes().to_vec());
        let parsed = yaml::parse(&source, file, &Budget::new(std::sync::Arc::default()));
        let Facts::Yaml(facts) = parsed.reading.facts else { return Self(Vec::new()) };
        // The line of dashes above counts.
        let value = |scalar: yaml::Scalar| {
            (scalar.path, shown(&scalar.value), format!("{file}:{}", scalar.line.saturating_add(1)))
        };
        Self(facts.scalars.into_iter().map(value).filter(|(_, value, _)| !value.is_empty()).collect())
    }

    /// The value at a path.
    fn one(&self, path: &str) -> Option<Known> {
        self.0
            .iter()
            .find(|(key, ..)| key == path)
            .map(|(_, value, place)| Known::declared(value.clone(), place))
    }

    /// The value at a path, or the values of the list there.
    fn all<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Known> + 'a {
        let belongs = move |key: &str| {
            let rest = key.strip_prefix(path)?;
            let number = rest.strip_prefix('.').is_some_and(|rest| rest.parse::<u32>().is_ok());
            (rest.is_empty() || number).then_some(())
        };
        let found = self.0.iter().filter(move |(key, ..)| belongs(key).is_some());
        found.take(LISTED).map(|(_, value, place)| Known::declared(value.clone(), place))
    }
}

fn metadata(head: &Head, graph: &mut Graph) {
    for (kind, key) in
        [(Trait::Task, "pipeline_tag"), (Trait::Library, "library_name"), (Trait::Language, "language")]
    {
        for value in head.all(key) {
            graph.note(kind, value);
        }
    }
    let emissions = head.one("co2_eq_emissions.emissions").or_else(|| head.one("co2_eq_emissions"));
    if let Some(found) = emissions {
        let text = format!("{} g of CO2 equivalent, as the card says", found.value);
        graph.considerations.insert(Topic::Environment, Known { value: text, ..found });
    }
    results(head, graph);
}

/// The results in `model-index`.
fn results(head: &Head, graph: &mut Graph) {
    for (key, value, place) in &head.0 {
        let Some((result, metric)) = key.split_once(".metrics.") else { continue };
        let Some(number) = metric.strip_suffix(".value").filter(|_| result.starts_with("model-index."))
        else {
            continue;
        };
        if graph.metrics.len() >= LISTED {
            return;
        }
        let kind = head.one(&format!("{result}.metrics.{number}.type"));
        let dataset = ["name", "type"].iter().find_map(|part| head.one(&format!("{result}.dataset.{part}")));
        let dataset = dataset.map(|found| found.value);
        let kind = kind.map_or_else(|| "unnamed".to_owned(), |found| found.value);
        let metric = Metric { kind, dataset: dataset.clone(), value: value.clone() };
        graph.metrics.insert(Known::declared(metric, place));
        if let Some(name) = dataset {
            let dataset = Dataset { name, usage: Usage::Evaluation };
            if !graph.datasets.iter().any(|known| known.value == dataset) {
                graph.datasets.insert(Known::declared(dataset, place));
            }
        }
    }
}

/// What stands below the metadata.
struct Prose<'a> {
    text: &'a str,
    /// Lines above it.
    before: usize,
    /// The file.
    place: String,
}

impl Prose<'_> {
    /// Where the line of this number stands, from 0.
    fn at(&self, number: usize) -> String {
        format!("{}:{}", self.place, number.saturating_add(self.before).saturating_add(1))
    }
}

/// What stands under one heading.
struct Section {
    topic: Topic,
    level: usize,
    place: String,
    text: String,
}

/// The prose under each heading that is about a topic. The first heading of a topic counts; headings below it belong to it.
fn sections(prose: &Prose<'_>, graph: &mut Graph) {
    let mut open: Option<Section> = None;
    let mut code = false;
    let mut title = None;
    for (number, line) in prose.text.lines().enumerate() {
        code ^= line.trim_start().starts_with("```");
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let heading =
            line.get(level..).filter(|rest| !code && (1..=6).contains(&level) && rest.starts_with(' '));
        if let Some(heading) = heading {
            title = title.or_else(|| Some(Known::declared(shown(heading), prose.at(number))));
            if open.as_ref().is_some_and(|section| level <= section.level) {
                close(open.take(), graph);
            }
            let topic = topic(heading).filter(|topic| !graph.considerations.contains_key(topic));
            if let (None, Some(topic)) = (&open, topic) {
                open = Some(Section { topic, level, place: prose.at(number), text: String::new() });
                continue;
            }
        }
        if let Some(section) = open.as_mut().filter(|section| section.text.len() < PROSE) {
            section.text.push_str(line.trim());
            section.text.push(' ');
        }
    }
    close(open, graph);
    graph.description = graph.description.take().or(title.filter(|title| !title.value.is_empty()));
    if let Some(url) = paper(prose.text) {
        let reference = Reference { kind: ReferenceKind::Paper, url };
        graph.references.insert(Known::declared(reference, &prose.place));
    }
}

fn close(section: Option<Section>, graph: &mut Graph) {
    let Some(Section { topic, place, text, .. }) = section else { return };
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Cards are often left as the form they were written in.
    let words = words.replace("[More Information Needed]", "");
    let words = words.trim();
    if words.chars().any(char::is_alphanumeric) {
        graph.considerations.entry(topic).or_insert(Known::declared(printable_within(words, PROSE), place));
    }
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
