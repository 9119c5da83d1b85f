//! ONNX models: a protocol buffer with a graph of operators, functions, and tensors that may lie in other files.
//!
//! Follows `onnx-ml.proto`. The whole message is walked, field by field: what a graph does is its operators, so those of all
//! graphs, graphs in attributes and local functions are counted. Tensors are checked against their types and never read. Texts,
//! which no runtime looks at, are handed on to be inspected.

mod dtype;
mod external;
mod model;
mod probe;
mod schema;
mod tensor;

use crate::bounded::Budget;
use crate::format::Format;
use crate::graph::GraphFacts;
use crate::node::Parsed;
use crate::pbtext::Root;
use crate::source::SharedSource;
use crate::values as text;

pub use probe::probe;

/// A model as text, as the library of the format writes and reads it.
pub(crate) const TEXT: Root = Root {
    format: Format::Onnx,
    message: &schema::MODEL,
    signs: &["ir_version", "opset_import", "graph"],
    complete: true,
    trailer: (&[], &[]),
};

/// What a model declares.
#[derive(Debug, Default)]
pub struct OnnxFacts {
    /// Version of the format.
    pub ir_version: Option<u64>,
    /// Name space of the model.
    pub domain: String,
    /// Operator sets it is written for: domain and version.
    pub imports: Vec<(String, u64)>,
    /// Number of graphs, graphs in attributes included.
    pub graphs: u64,
    /// Graphs within graphs: 1 for a graph without others in it.
    pub graph_depth: usize,
    /// What its graphs declare.
    pub graph: GraphFacts,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::Reader::new(source, budget).read()
}

#[cfg(test)]
mod tests;
