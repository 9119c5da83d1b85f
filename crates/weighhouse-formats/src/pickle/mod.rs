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
    PersistentId, PickleFacts, RawBlock, Shape, Stream, Unresolved, Uses,
};
pub use legacy::element_size;
pub use probe::probe;
pub(crate) use resync::hidden;

/// Reads a file of pickle streams.
pub fn parse(
    source: &crate::source::SharedSource,
    _name: &str,
    budget: &crate::bounded::Budget,
) -> crate::node::Parsed {
    streams::walk(source, budget, crate::cursor::WINDOW)
}

#[cfg(test)]
mod tests;
