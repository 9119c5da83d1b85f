//! `TFLite` (`LiteRT`) models: a flatbuffer with graphs of operators, the data of tensors in it or behind it, and files appended.
//!
//! Follows the description that TensorFlow brings along. Operators are numbers, or names that the program around the model must
//! register; those called `Flex…` are TensorFlow's own, and what they run is said in their options, not in their name. Tools append
//! the files that belong to a model as a zip archive.

mod model;
mod options;
#[rustfmt::skip]
mod schema;
mod tensors;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Node, Parsed, Strength};
use crate::source::SharedSource;

/// Recognises the format by its signature.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let found = probe.head.get(4..).is_some_and(|rest| rest.starts_with(b"TFL3"));
    found.then_some(Candidate { format: Format::Tflite, strength: Strength::Certain, evidence: "signature" })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}

/// A zip archive that begins where the model ends is how tools keep a model's files: it is part of the format.
pub(crate) fn relate(node: &mut Node) {
    let end = node.readings.iter().find(|reading| reading.format == Format::Tflite);
    let Some(end) = end.and_then(|reading| reading.claims.regions().last().map(|last| last.end)) else {
        return;
    };
    let archive = node.readings.iter().find_map(|reading| match &reading.facts {
        Facts::Zip(zip) if zip.starts_at == end => Some(reading.claims.regions().to_vec()),
        _ => None,
    });
    let Some(archive) = archive else { return };
    node.candidates.retain(|candidate| candidate.format != Format::Zip);
    if let Some(model) = node.readings.iter_mut().find(|reading| reading.format == Format::Tflite) {
        archive
            .into_iter()
            .filter(|region| region.start >= end)
            .for_each(|region| model.claims.claim(region));
    }
}
