//! Core ML models: a protocol buffer with one of thirty kinds of model, and the file of weights that programs keep beside it.
//!
//! Follows the description that `coremltools` brings along. A model is what it computes with: its kind, the layers of a neural
//! network, the operations of a program (MIL), in pipelines those of every model inside. Custom layers and models name classes
//! that the program around the model must have; linked models and weights name files.

mod model;
mod probe;
mod schema;
mod weights;

pub use probe::probe;
pub use weights::{parse as parse_weights, probe as probe_weights};

use crate::bounded::Budget;
use crate::node::Parsed;
use crate::source::SharedSource;

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}

#[cfg(test)]
mod tests;
