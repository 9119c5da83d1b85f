//! TensorFlow: saved models, meta graphs, graphs, and the small files beside them.
//!
//! All are protocol buffers without a signature. The whole message is walked: what a model does is its operators, those of the
//! function library included; which files they open depends on what flows into them, and is followed through the graph and its
//! functions. Texts and serialised values, which no parser of ours knows, are handed on to be inspected; so are the JSON
//! configurations that Keras keeps in it.

pub(crate) mod checkpoint;
mod flow;
pub(crate) mod probe;
mod reader;
mod schema;
mod state;
mod tensor;
mod uses;

use crate::bounded::Budget;
use crate::format::Format;
use crate::node::Parsed;
use crate::pbtext::Root;
use crate::source::SharedSource;
pub use checkpoint::parse as parse_checkpoint;
use reader::Reader;
pub use state::parse as parse_checkpoint_state;

/// What `saved_model.pbtxt` holds, which the loader takes where there is no `saved_model.pb`.
pub(crate) const SAVED_MODEL_TEXT: Root = Root {
    format: Format::SavedModel,
    message: &schema::SAVED_MODEL,
    signs: &["meta_graphs", "saved_model_schema_version"],
    complete: true,
    trailer: (&[], &[]),
};

/// A meta graph as text, which is imported like the other form.
pub(crate) const META_GRAPH_TEXT: Root = Root {
    format: Format::MetaGraph,
    message: &schema::META_GRAPH,
    signs: &[
        "meta_info_def",
        "graph_def",
        "saver_def",
        "collection_def",
        "signature_def",
        "asset_file_def",
        "object_graph_def",
    ],
    complete: true,
    trailer: (&[], &[]),
};

/// A graph as text.
pub(crate) const GRAPH_TEXT: Root = Root {
    format: Format::GraphDef,
    message: &schema::GRAPH,
    signs: &["node", "library", "versions"],
    complete: true,
    // The versions, without which a graph on the wire may be cut off.
    trailer: (&[0x22, 0], &["version", "versions"]),
};

/// The state of checkpoints, which is always a text.
pub(crate) const CHECKPOINT_STATE_TEXT: Root = Root {
    format: Format::CheckpointState,
    message: &schema::CHECKPOINT_STATE,
    signs: &["model_checkpoint_path", "all_model_checkpoint_paths"],
    complete: true,
    trailer: (&[], &[]),
};

/// Reads `saved_model.pb`.
pub fn parse_saved_model(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(Format::SavedModel, &schema::SAVED_MODEL, source, budget).read()
}

/// Reads a meta graph.
pub fn parse_meta_graph(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(Format::MetaGraph, &schema::META_GRAPH, source, budget).read()
}

/// Reads a graph by itself.
pub fn parse_graph_def(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(Format::GraphDef, &schema::GRAPH, source, budget).read()
}

/// Reads `keras_metadata.pb`.
pub fn parse_keras_metadata(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(Format::KerasMetadata, &schema::SAVED_METADATA, source, budget).read()
}

/// Reads `fingerprint.pb`.
pub fn parse_fingerprint(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    Reader::new(Format::Fingerprint, &schema::FINGERPRINT, source, budget).read()
}

#[cfg(test)]
mod tests;
