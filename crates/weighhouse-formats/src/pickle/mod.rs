//! Python pickles, protocols 0 to 5: an abstract stack machine that runs every opcode and executes nothing.
//!
//! Follows CPython's `pickletools` (the specification of opcodes) and `_pickle.c` (what the loader really does); where the
//! loader written in Python differs, the machine sees what either of them executes. Facts are an append-only log in the
//! order of execution. Beyond single streams it knows what libraries build of them: joblib's inline arrays and the legacy
//! form of PyTorch. It follows values, not behaviour: what a callee does is the business of rules.

mod arena;
pub(crate) mod decode;
mod disassemble;
mod facts;
mod finds;
mod joblib;
mod legacy;
mod literal;
mod log;
mod machine;
mod memo;
mod names;
mod number;
pub(crate) mod opcode;
mod payload;
mod probe;
mod resync;
mod scan;
mod stack;
mod streams;
mod text;
mod value;

pub use disassemble::{Disassembly, Instruction, Operand, Stopped, disassemble};
pub use facts::{
    Call, CallOpcode, Ending, ExtensionCode, Global, GlobalName, LegacyStorage, LegacyTorch, Literal,
    Override, PersistentId, PickleFacts, RawBlock, Shape, Stream, Unresolved, Uses, Version,
};
pub use legacy::element_size;
pub use probe::probe;
pub(crate) use resync::hidden;

/// Whether a loader of pickles would import and call something in these bytes.
pub(crate) fn would_act(source: &dyn crate::source::Source) -> bool {
    scan::look(source, 0, 20_000).may_act()
}

/// Reads a file of pickle streams.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    let mut parsed = streams::walk(source, budget, crate::cursor::WINDOW);
    streams_in_arrays(&mut parsed, source, budget);
    parsed
}

/// How much of a block of array bytes is looked at as opcodes, and how many blocks.
const PLAIN: (u64, usize) = (1 << 20, 256);

/// What loaders execute of array bytes is followed opcode by opcode. Besides, a stream that stands further on in them is a
/// member of its own, for a loader that knows where it begins.
fn streams_in_arrays(
    parsed: &mut crate::node::Parsed,
    source: &crate::source::SharedSource,
    budget: &crate::bounded::Budget,
) {
    let crate::node::Facts::Pickle(facts) = &parsed.reading.facts else { return };
    for block in facts.raw_blocks.iter().take(PLAIN.1) {
        let looked = crate::region::Region::at(block.region.start, block.region.len().min(PLAIN.0));
        let bytes: crate::source::SharedSource =
            std::sync::Arc::new(crate::source::Slice::new(source.clone(), looked));
        if let Ok(Some(found)) = hidden(&bytes, budget, 0) {
            let region = crate::region::Region::at(looked.start.saturating_add(found.start), found.len());
            parsed.children.push(crate::node::Child {
                name: format!("opcodes@{}", region.start),
                content: crate::node::Content::Stored { region, crc32: None },
                known: Some(crate::format::Format::Pickle),
            });
        }
    }
}

#[cfg(test)]
mod tests;
