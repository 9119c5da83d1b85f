//! `ExecuTorch`: programs (`.pte`), data beside them (`.ptd`), programs with their tests (`.bpte`), and what the XNNPACK delegate runs.
//!
//! Follows the descriptions that `ExecuTorch` brings along. A program is a flatbuffer; constants, what delegates run, and data by name
//! lie in segments behind it, which a header in its beginning and a list in it place. An operator is a name that the program around
//! the model must have registered, and a delegate is a piece of native code that is handed bytes: these are inspected in turn. The
//! runtime trusts the numbers of a program, so each that refers to something is compared with what is there.

mod bundle;
mod data;
mod parts;
mod program;
#[rustfmt::skip]
mod schema;
mod values;
mod xnnpack;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Parsed, Strength};
use crate::source::{SharedSource, read_up_to};

/// Recognises the format by its signature, whatever its version.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let format = match probe.head.get(4..8)? {
        [b'E', b'T', version @ ..] if digits(version) => Format::ExecuTorch,
        [b'F', b'T', version @ ..] if digits(version) => Format::ExecuTorch,
        [b'B', b'P', version @ ..] if digits(version) => Format::ExecuTorch,
        b"XH00" | b"XN00" | b"XN01" => Format::Xnnpack,
        _ => return None,
    };
    is_root(probe).then_some(Candidate { format, strength: Strength::Certain, evidence: "signature" })
}

fn digits(version: &[u8]) -> bool {
    version.iter().all(u8::is_ascii_digit)
}

/// Four letters occur by chance: the offset before them leads into the file, to a table whose layout does, too.
fn is_root(probe: &Probe<'_>) -> bool {
    let len = probe.source.len();
    let number = |at: u64| {
        let bytes = read_up_to(probe.source.as_ref(), at, 4).ok()?;
        bytes.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
    };
    let Some(root) = number(0).map(u64::from) else { return false };
    // The header of the delegate begins with zeros.
    if root == 0 {
        return probe.head.get(4..8) == Some(b"XH00".as_slice());
    }
    let layout = number(root).and_then(|back| root.checked_add_signed(-i64::from(back.cast_signed())));
    root >= 8 && layout.is_some_and(|layout| layout >= 8 && layout < len)
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let signature = read_up_to(source.as_ref(), 4, 2).unwrap_or_default();
    match signature.as_slice() {
        b"FT" => data::read(source, budget),
        b"BP" => bundle::read(source, budget),
        _ => program::read(source, budget),
    }
}

/// Reads what the XNNPACK delegate runs.
pub fn parse_xnnpack(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    xnnpack::read(source, budget)
}
