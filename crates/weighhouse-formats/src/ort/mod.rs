//! Models of onnxruntime's own format (`.ort`): the graph of an ONNX model as a flatbuffer.
//!
//! Follows the description that onnxruntime brings along. Operators, attributes, tensors and metadata are those of ONNX, and judged
//! like them. Nodes stand at the numbers that they say, and edges lead to numbers: the runtime makes room by the largest, so each is
//! compared with it.

mod model;
#[rustfmt::skip]
mod schema;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Parsed, Strength};
use crate::source::SharedSource;

/// Recognises the format by its signature.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let found = probe.head.get(4..).is_some_and(|rest| rest.starts_with(b"ORTM"));
    found.then_some(Candidate {
        format: Format::OrtModel,
        strength: Strength::Certain,
        evidence: "signature",
    })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}
