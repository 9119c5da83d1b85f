//! Caffe: networks with their weights (`.caffemodel`), a protocol buffer of layers and the numbers that they learned.
//!
//! Layers of all three generations are read: those named by a text, those named by a number, and the oldest ones inside these.
//! Loaders take only the numbers out of such a file; converters and tools build the layers that it describes.

mod model;
mod probe;
mod schema;

pub use probe::probe;

use crate::bounded::Budget;
use crate::node::Parsed;
use crate::source::SharedSource;

/// Reads a network.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}

#[cfg(test)]
mod tests;
