//! One file per rule, one folder per family. `cargo xtask gen` writes the `mod.rs` of each folder and the registry.

use weighhouse_core::{Advice, Finding};
use weighhouse_formats::node::Node;

mod advise;
pub(crate) mod archive;
pub(crate) mod bundle;
pub(crate) mod code;
pub(crate) mod configuration;
pub(crate) mod coverage;
pub(crate) mod data;
pub(crate) mod executable;
pub(crate) mod graph;
pub(crate) mod numpy;
pub(crate) mod objects;
pub(crate) mod onnx;
pub(crate) mod pickle;
pub(crate) mod r;
pub(crate) mod secret;
pub(crate) mod store;
pub(crate) mod structure;
pub(crate) mod template;
pub(crate) mod tokenizer;
pub(crate) mod torch;
pub(crate) mod update;
pub(crate) mod weights;
pub(crate) mod xml;

/// What the user could do better with this file, given what was found in it.
pub(crate) fn advice(file: &str, node: &Node, findings: &[Finding]) -> Vec<Advice> {
    advise::advise(file, node, findings)
}
