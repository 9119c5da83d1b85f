//! Caffe: networks with their weights (`.caffemodel`), a protocol buffer of layers and the numbers that they learned.
//!
//! Layers of all three generations are read: those named by a text, those named by a number, and the oldest ones inside these.
//! Loaders take only the numbers out of such a file; converters and tools build the layers that it describes. The network that a program
//! builds stands in a text beside the numbers, and so do the settings of a training, which name networks.

mod model;
mod probe;
mod schema;

pub use probe::probe;

use crate::bounded::Budget;
use crate::format::Format;
use crate::node::Parsed;
use crate::pbtext::Root;
use crate::source::SharedSource;

/// A network as text, as programs build it.
pub(crate) const TEXT: Root = Root {
    format: Format::Caffe,
    message: &schema::NET_PARAMETER,
    signs: &["layer", "layers"],
    // Every fork has fields of its own.
    complete: false,
    trailer: (&[], &[]),
};

/// Settings of a training, which are always a text.
pub(crate) const SOLVER_TEXT: Root = Root {
    format: Format::CaffeSolver,
    message: &schema::SOLVER_PARAMETER,
    signs: &[
        "net",
        "train_net",
        "test_net",
        "net_param",
        "train_net_param",
        "test_net_param",
        "snapshot_prefix",
        "weights",
    ],
    complete: false,
    trailer: (&[], &[]),
};

/// Reads a network.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}

/// Reads the settings of a training.
pub fn parse_solver(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read_solver(source, budget)
}

#[cfg(test)]
mod tests;
