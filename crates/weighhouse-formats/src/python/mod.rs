//! Python source: parsed, never run. What happens on import, what happens in functions, resolved through aliases.

mod facts;

pub use facts::{Argument, Dynamic, Flow, Import, PythonCall, PythonFacts, Scope};

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(
        crate::format::Format::Python,
        crate::node::Facts::Python(Box::default()),
        claims,
    )
}

/// Reads the format.
pub fn parse_notebook(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(
        crate::format::Format::Notebook,
        crate::node::Facts::Python(Box::default()),
        claims,
    )
}

/// Reads the format.
pub fn parse_path_configuration(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(
        crate::format::Format::PathConfiguration,
        crate::node::Facts::Python(Box::default()),
        claims,
    )
}
