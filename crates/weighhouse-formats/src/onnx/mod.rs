//! ONNX models: a protocol buffer with a graph of operators, functions, and tensors that may lie in other files.
//!
//! Follows `onnx-ml.proto`. The whole message is walked, field by field: what a graph does is its operators, so those of all
//! graphs, graphs in attributes and local functions are counted. Tensors are checked against their types and never read. Texts,
//! which no runtime looks at, are handed on to be inspected.

mod dtype;
mod external;
mod model;
mod operators;
mod probe;
mod schema;
mod tensor;

use std::collections::HashSet;

use crate::bounded::Budget;
use crate::inspect::numbers;
use crate::node::{Facts, Node, Parsed};
use crate::region::Region;
use crate::safetensors::TensorInfo;
use crate::source::SharedSource;
use crate::values as text;

pub use external::ExternalData;
pub use probe::probe;

/// What a model declares.
#[derive(Debug, Default)]
pub struct OnnxFacts {
    /// Version of the format.
    pub ir_version: Option<u64>,
    /// The program that wrote it.
    pub producer: String,
    /// Its version.
    pub producer_version: String,
    /// Name space of the model.
    pub domain: String,
    /// Operator sets it is written for: domain and version.
    pub imports: Vec<(String, u64)>,
    /// Operators by domain and name, of all graphs and functions.
    pub operators: Vec<OperatorUse>,
    /// Functions that the model brings along.
    pub functions: Vec<FunctionInfo>,
    /// Number of graphs, graphs in attributes included.
    pub graphs: u64,
    /// Graphs within graphs: 1 for a graph without others in it.
    pub graph_depth: usize,
    /// Tensors: initialisers and constants.
    pub tensors: Vec<TensorInfo>,
    /// Number of all tensors (more than are kept when the bound on facts was hit).
    pub tensor_count: u64,
    /// Tensors whose data lies in other files.
    pub external: Vec<ExternalData>,
    /// The `metadata_props` of the model; long values are cut here, and are children in full.
    pub metadata: Vec<(String, String)>,
    /// Fields that the format does not have.
    pub unknown: Vec<UnknownField>,
}

/// An operator and how often it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorUse {
    /// The function whose body uses it, as an index into [`OnnxFacts::functions`]; nothing for graphs.
    pub function: Option<usize>,
    /// Domain as written; empty for the standard one.
    pub domain: String,
    /// Name.
    pub name: String,
    /// Which of several functions of one name.
    pub overload: String,
    /// How often.
    pub count: u64,
    /// The first node that uses it.
    pub region: Region,
}

/// A function that the model brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Domain as written.
    pub domain: String,
    /// Name.
    pub name: String,
    /// Which of several of one name.
    pub overload: String,
    /// Where.
    pub region: Region,
}

/// A field that its message does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownField {
    /// The message.
    pub message: &'static str,
    /// Number of the field.
    pub number: u32,
    /// How its value is written, in the words of the published description.
    pub wire: &'static str,
    /// Its value.
    pub region: Region,
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::Reader::new(source, budget).read()
}

/// Tensors of bytes that look like a file by chance are numbers.
pub(crate) fn relate(node: &mut Node) {
    let data: HashSet<Region> = node
        .readings
        .iter()
        .filter_map(|reading| match &reading.facts {
            Facts::Onnx(facts) => Some(facts.tensors.iter().map(|tensor| tensor.data)),
            _ => None,
        })
        .flatten()
        .collect();
    let tensors =
        node.children.iter_mut().filter(|child| child.region.is_some_and(|region| data.contains(&region)));
    tensors.for_each(|child| numbers::explain(child, "a model declares it as a tensor"));
}

#[cfg(test)]
mod tests;
