//! Executables and libraries: ELF, PE, Mach-O, WebAssembly, Java classes, Python bytecode. Headers only.
//!
//! Tables are followed as far as needed to know which bytes belong to the image; what lies behind is not claimed (an overlay, a
//! second file). Nothing is disassembled. Specifications: the System V ABI, Microsoft's PE format, Apple's `loader.h`,
//! WebAssembly core 1, the Java virtual machine's chapter 4, and CPython's `importlib`.

mod elf;
mod headers;
mod pe;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, read_up_to};

/// What an executable is.
#[derive(Debug)]
pub struct ExecutableFacts {
    /// For the reader: `ELF 64-bit x86-64 shared library`.
    pub description: String,
    /// Whether headers and tables are consistent enough to be loaded.
    pub loadable: bool,
}

/// What the header reader of one kind found.
#[derive(Debug, Default)]
pub(crate) struct Image {
    description: String,
    loadable: bool,
    claims: Claims,
    faults: Vec<(Fault, String)>,
}

impl Image {
    fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }

    fn claim(&mut self, start: u64, len: u64) {
        self.claims.claim(Region::at(start, len));
    }

    fn truncated(&mut self, what: &str) {
        self.loadable = false;
        self.faults.push((Fault::Truncated, format!("the file ends before its {what} does")));
    }
}

/// Bytes of the headers that are looked at: all tables of ordinary images lie in them, or are read where they are.
pub(crate) const HEAD: usize = 64 * 1024;

/// Recognises the format.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let format = headers::recognise(&probe.head)?;
    Some(Candidate { format, strength: Strength::Certain, evidence: "signature and header" })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, _budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, HEAD).unwrap_or_default();
    let format = headers::recognise(&head).unwrap_or(Format::Elf);
    let image = match format {
        Format::PortableExecutable => pe::read(source, &head),
        Format::MachO => headers::mach_o(source, &head),
        Format::WebAssembly => headers::wasm(source),
        Format::JavaClass => headers::java_class(&head, source.len()),
        Format::PythonBytecode => headers::python_bytecode(&head, source.len()),
        _ => elf::read(source, &head),
    };
    let facts = ExecutableFacts { description: image.description, loadable: image.loadable };
    let mut parsed = Parsed::new(format, Facts::Executable(Box::new(facts)), image.claims);
    for (kind, detail) in image.faults {
        let damaged = kind == Fault::Truncated;
        parsed.fault(kind, None, detail.clone());
        if damaged {
            parsed.gap(GapReason::Damaged, None, detail);
        }
    }
    parsed
}

/// An unsigned integer of `N` bytes at an offset.
pub(crate) fn number<const N: usize>(bytes: &[u8], at: usize, little: bool) -> Option<u64> {
    let bytes: [u8; N] = *bytes.get(at..)?.first_chunk()?;
    let fold = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
    Some(if little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) })
}
