//! Names in code of R, for the rules on it.

use weighhouse_formats::rds::{RComputed, RName, RRole};

use crate::knowledge::r_functions::{RClass, calls_native, is_indirect, looks_up, r_function};
use crate::rule::quote;

/// Whether a name is handed to a function that looks functions up, or makes code of texts.
pub(super) fn is_taken(name: &RName) -> bool {
    name.argument_of.as_deref().is_some_and(is_indirect)
}

/// Whether constants are put together to a name that is looked up, or to code: nobody writes that who has nothing to hide.
pub(super) fn is_hidden(computed: &RComputed) -> bool {
    let operator = computed.by.starts_with('%') && computed.by.ends_with('%');
    let text = operator || r_function(&computed.by).is_some_and(|(class, _)| class == RClass::Text);
    text && (looks_up(&computed.callee) || calls_native(&computed.callee))
}

pub(super) fn hidden(computed: &RComputed) -> String {
    let (callee, by) = (quote(&computed.callee), quote(&computed.by));
    format!("{callee} takes what {by} makes of constants: the name or the code is hidden")
}

/// How a name is used, for the reader.
pub(super) fn told(name: &RName) -> String {
    match &name.argument_of {
        Some(callee) => format!("{callee}({})", name.name),
        None if name.role == RRole::Called => format!("{}()", name.name),
        None => name.name.clone(),
    }
}
