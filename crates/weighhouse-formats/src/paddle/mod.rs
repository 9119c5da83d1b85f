//! PaddlePaddle models: programs of operators in blocks, and the stream of parameters beside them.
//!
//! A program (`.pdmodel`, `__model__`) is a protocol buffer; parameters (`.pdiparams`) are tensors one after another, each with a
//! small description in front. Programs of the new form are JSON, whose operators are read out of the document.

mod params;
mod pir;
mod program;
mod schema;

pub use params::{parse as parse_params, probe as probe_params};
pub(crate) use pir::relate;
pub use program::probe;

use crate::bounded::Budget;
use crate::node::Parsed;
use crate::source::SharedSource;

/// Elements of a tensor beyond which no machine has the memory that a program asks for.
const MOST_ELEMENTS: u128 = 1 << 34;

/// Reads a program.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    program::read(source, budget)
}

/// Whether an attribute says which file an operator opens.
fn is_path(name: &str) -> bool {
    matches!(
        name,
        "dirname"
            | "file_name"
            | "file_names"
            | "file_path"
            | "filename"
            | "load_dir"
            | "model_file"
            | "model_opt_cache_dir"
            | "model_path"
            | "params_path"
            | "path"
            | "save_dir"
            | "shape_range_info_path"
    )
}

#[cfg(test)]
mod tests;
