//! XML documents, and the models that are written in it: OpenVINO networks and PMML.
//!
//! The document is read as a stream of tokens; no entity is put in but those of the standard, nothing is fetched. What a reader of
//! XML would fetch, expand or run is a fact: entities, included documents, stylesheets, scripts, objects by name. Values are handed
//! on to be inspected. The root says which model it is; what that model computes with and reaches for is its graph.

mod entities;
mod openvino;
mod pmml;
mod probe;
mod read;
mod token;

pub use entities::Entity;
pub use probe::probe;

use crate::bounded::Budget;
use crate::graph::GraphFacts;
use crate::node::Parsed;
use crate::region::Region;
use crate::source::SharedSource;

/// What a document holds.
#[derive(Debug, Default)]
pub struct XmlFacts {
    /// Name of the outermost element, as written.
    pub root: String,
    /// The encoding that the document declares, in lower case; empty if it declares none.
    pub declared_encoding: String,
    /// The encoding that its bytes are in: `utf-8` stands for all that are written in single bytes.
    pub encoding: &'static str,
    /// Number of elements.
    pub elements: u64,
    /// Elements within elements, at most.
    pub depth: u64,
    /// Name spaces declared: prefix and name, each once.
    pub namespaces: Vec<Noted>,
    /// The file that a document type names for its rules, as written.
    pub external_type: Option<Noted>,
    /// Entities that the document declares.
    pub entities: Vec<Entity>,
    /// Processing instructions: target and content.
    pub instructions: Vec<Noted>,
    /// Elements by which a reader includes, imports or runs: name and the value that says what.
    pub active: Vec<Noted>,
    /// Classes that elements and attributes name for a reader to create: name and where.
    pub classes: Vec<Noted>,
    /// What the model in it declares, if it is one.
    pub graph: Option<Box<GraphFacts>>,
}

/// A name, its value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
    /// Where.
    pub region: Region,
}

/// Reads the format.
pub fn parse(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    read::read(source, name, budget)
}

#[cfg(test)]
mod tests;
