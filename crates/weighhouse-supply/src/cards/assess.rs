//! The card as an assessment.

use std::collections::BTreeSet;

use serde::Serialize;
use weighhouse_core::printable::printable_within;
use weighhouse_core::{Answer, Assessment, Basis, FactValue, Location, State, TextPosition, Thread};

use super::card::Card;
use super::croissant::{self, Croissant};
use super::elements::{About, Answered, Element, ask};
use crate::materials::{Material, Materials};

/// What the card of a target answers.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The file.
    pub card: Option<String>,
    /// `model` or `data`.
    pub about: Option<&'static str>,
    /// The questions.
    pub elements: Vec<Element>,
    /// Descriptions in Croissant.
    pub croissant: Vec<Croissant>,
    /// What could not be read.
    pub missing: Vec<String>,
}

pub(super) fn shown(text: &str) -> String {
    printable_within(text, 160)
}

/// Reads card and descriptions.
pub fn report(materials: &Materials) -> Report {
    let mut report = Report::default();
    let names = ["readme.md", "modelcard.md", "model_card.md", "datacard.md"];
    let card = names
        .iter()
        .find_map(|name| materials.files.iter().find(|file| file.path.eq_ignore_ascii_case(name)));
    if let Some(file) = card {
        report.card = Some(file.path.clone());
        match &file.text {
            Some(text) => read(&Card::read(text), file, materials, &mut report),
            None => report.missing.push(format!("`{}` is no text that could be read", shown(&file.path))),
        }
    }
    let described = materials.files.iter().filter(|file| {
        let ending = file.path.rsplit('.').next().unwrap_or_default();
        ending.eq_ignore_ascii_case("json") || ending.eq_ignore_ascii_case("jsonld")
    });
    report.croissant = described.filter_map(|file| croissant::read(file, materials)).take(16).collect();
    report
}

fn read(card: &Card, file: &Material, materials: &Materials, report: &mut Report) {
    if let Some(problem) = &card.problem {
        report.missing.push(format!(
            "the front matter of `{}` cannot be read: {}",
            shown(&file.path),
            shown(problem)
        ));
    }
    let keys =
        ["dataset_info", "task_categories", "size_categories", "annotations_creators", "source_datasets"];
    let data = keys.iter().any(|key| card.front.get(key).is_some());
    let weights = materials.files.iter().any(|file| !file.tensors.is_empty());
    let about = if data && !weights { About::Data } else { About::Model };
    report.about = Some(if about == About::Data { "data" } else { "model" });
    report.elements = ask(card, about);
}

/// Answers which questions the card leaves open.
pub fn assess(materials: &Materials) -> Assessment {
    let report = report(materials);
    let Some(path) = &report.card else {
        let mut assessment = if report.croissant.is_empty() {
            Assessment::not_assessed(
                Thread::Card,
                "there is no card: ask the makers for a `README.md` that describes it",
            )
        } else {
            Assessment {
                state: State::Partly,
                ..Assessment::new(Thread::Card, "described in Croissant, without a card")
            }
        };
        assessment.facts.insert("card", FactValue::Flag(false));
        describe(&report, &mut assessment);
        return assessment;
    };
    let open: Vec<&str> = report
        .elements
        .iter()
        .filter(|element| !matches!(element.answered, Answered::Yes(_)))
        .map(|element| element.name)
        .collect();
    let headline = match (report.elements.len(), open.as_slice()) {
        (0, _) => "the card cannot be read".to_owned(),
        (all, []) => format!("the card answers all {all} questions"),
        (all, open) => {
            format!("the card answers {} of {all} questions; not said: {}", all - open.len(), open.join(", "))
        }
    };
    let mut assessment = Assessment::new(Thread::Card, headline);
    assessment.missing.clone_from(&report.missing);
    if !report.missing.is_empty() {
        assessment.state = if report.elements.is_empty() { State::NotAssessed } else { State::Partly };
    }
    let missing: BTreeSet<String> = open.iter().map(|name| (*name).to_owned()).collect();
    assessment.facts.insert("card", FactValue::Flag(true));
    if !report.elements.is_empty() {
        assessment.facts.insert("card_missing", FactValue::Words(missing));
    }
    for element in &report.elements {
        let text = match &element.answered {
            Answered::Yes(place) => format!("{}: {place}", element.name),
            Answered::Placeholder(place) => {
                format!("{}: {place} was left as the template has it", element.name)
            }
            Answered::No => format!("{}: not said ({})", element.name, element.asks),
        };
        let position = (element.line > 0).then_some(TextPosition { line: element.line, column: 1 });
        let location = Location { text: position, ..Location::file(path.clone()) };
        assessment.answers.push(Answer { text, basis: Basis::Declared, location: Some(location) });
    }
    describe(&report, &mut assessment);
    assessment
}

/// What descriptions in Croissant say.
fn describe(report: &Report, assessment: &mut Assessment) {
    for found in &report.croissant {
        let mut say = |text: String, basis: Basis| {
            assessment.answers.push(Answer {
                text,
                basis,
                location: Some(Location::file(found.path.clone())),
            });
        };
        let name = found.name.as_deref().unwrap_or("without a name");
        let lacks = if found.missing.is_empty() {
            String::new()
        } else {
            format!("; not said: {}", found.missing.join(", "))
        };
        say(
            format!("croissant of `{name}`: {} files, {} with a digest{lacks}", found.files, found.digested),
            Basis::Declared,
        );
        if found.matching > 0 {
            say(format!("{} files here are as croissant describes them", found.matching), Basis::Measured);
        }
        for path in &found.differing {
            say(format!("`{path}` has another digest than croissant describes"), Basis::Measured);
        }
    }
    if !report.croissant.is_empty() {
        let fits = report.croissant.iter().all(|found| found.differing.is_empty());
        assessment.facts.insert("card_digests_match", FactValue::Flag(fits));
    }
}
