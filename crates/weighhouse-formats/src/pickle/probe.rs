//! Recognition: by the protocol header, or, for protocols 0 and 1 that have none, by running the grammar.

use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};

use super::legacy::MAGIC;
use super::opcode;
use super::scan;

/// Opcodes that are looked at.
const LOOK: u64 = 20_000;
/// Endings under which pickles are kept.
const ENDINGS: &[&str] = &[
    "pkl",
    "pickle",
    "p",
    "pk",
    "joblib",
    "dill",
    "cloudpickle",
    "sav",
    "bin",
    "pt",
    "pth",
    "ckpt",
    "model",
    "dat",
    "data",
    "mdl",
    "pyt",
    "t7",
    "obj",
];

/// Recognises the format.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let found = |format, strength, evidence| Some(Candidate { format, strength, evidence });
    match probe.head.as_slice() {
        [opcode::PROTO, 2..=5, opcode::LONG1, 10, magic @ ..] if magic.starts_with(&MAGIC) => {
            found(Format::TorchLegacy, Strength::Certain, "magic number of the legacy PyTorch form")
        }
        [opcode::PROTO, 2..=5, next, ..] if opcode::name(*next).is_some() => {
            found(Format::Pickle, Strength::Certain, "protocol header and opcode")
        }
        [opcode::PROTO, 0..=9, ..] => found(Format::Pickle, Strength::Plausible, "protocol header"),
        // Begins with a persistent id as a pickle: every plain loader stops there, and PyTorch takes it for its zip form.
        [b'P', b'K', 3, 4, ..] => None,
        [first, ..] if opcode::name(*first).is_some() => headless(probe),
        _ => None,
    }
}

/// Protocols 0 and 1 begin with any opcode.
fn headless(probe: &Probe<'_>) -> Option<Candidate> {
    let look = scan::look(probe.source.as_ref(), 0, LOOK);
    let found = |strength, evidence| Some(Candidate { format: Format::Pickle, strength, evidence });
    if look.is_certain() {
        return found(Strength::Certain, "opcodes that import or build");
    }
    // Nothing but a pickle is sound for so long, and what follows may be anything.
    if look.limited {
        return found(Strength::Certain, "opcodes as far as recognition looks");
    }
    let whole = look.stop.is_some_and(|end| is_blank(probe, end));
    if whole {
        return found(Strength::Plausible, "opcodes up to the end");
    }
    let announced = probe.is_named(ENDINGS);
    let odd = scan::look_at_any_name(probe.source.as_ref(), LOOK);
    if odd.limited || odd.acts() && (announced || odd.stop.is_some_and(|end| is_blank(probe, end))) {
        return found(Strength::Certain, "opcodes that import and build under odd names");
    }
    // An import alone executes already; but any list of words may begin like one.
    if look.imports > 0 && (announced || !is_plain_text(&probe.head)) {
        return found(Strength::Plausible, "begins with an import");
    }
    // Cut off within the arguments of a call: what it imports is imported all the same.
    if look.imports > 0 && look.open && look.structure > 0 {
        return found(Strength::Plausible, "an import, and opcodes up to where the data ends");
    }
    let long = look.opcodes >= 12 && look.structure >= 2;
    if announced && (long || look.stop.is_some() && look.structure > 0) {
        return found(Strength::Plausible, "announced by its name, and begins with opcodes");
    }
    None
}

/// Whether nothing but white space follows.
fn is_blank(probe: &Probe<'_>, end: u64) -> bool {
    let rest = crate::source::read_up_to(probe.source.as_ref(), end, 64).unwrap_or_default();
    probe.source.len().saturating_sub(end) <= 64 && rest.iter().all(u8::is_ascii_whitespace)
}

fn is_plain_text(head: &[u8]) -> bool {
    head.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\n' | b'\r' | b'\t')) && !head.contains(&0x7f)
}
