//! Names in code of R, for the rules on it.

use weighhouse_formats::rds::RName;

use crate::knowledge::r_functions::is_indirect;

/// Whether a name is handed to a function that looks functions up, or makes code of texts.
pub(super) fn is_taken(name: &RName) -> bool {
    name.argument_of.as_deref().is_some_and(is_indirect)
}

/// How a name is used, for the reader.
pub(super) fn told(name: &RName) -> String {
    match &name.argument_of {
        Some(callee) => format!("{callee}({})", name.name),
        None if name.called => format!("{}()", name.name),
        None => name.name.clone(),
    }
}
