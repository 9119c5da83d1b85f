//! Executables and libraries: ELF, PE, Mach-O, WebAssembly, Java classes, Python bytecode. Headers only. Shortcuts that start them.
//!
//! Tables are followed as far as needed to know which bytes belong to the image; what lies behind is not claimed (an overlay, a
//! second file) and inspected by itself, as are sections that are models or archives. Nothing is disassembled. Specifications: the System V ABI, Microsoft's PE format, Apple's `loader.h`,
//! WebAssembly core 1, the Java virtual machine's chapter 4, and CPython's `importlib`.

mod elf;
mod headers;
mod pe;
mod shortcut;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::format::{Family, Format};
use crate::identify::Probe;
use crate::node::{Candidate, Child, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::{SharedSource, Slice, read_up_to};

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
    /// Sections with their names.
    sections: Vec<(String, Region)>,
}

/// Sections that are looked into.
const MOST_SECTIONS: usize = 1_024;

impl Image {
    fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }

    fn claim(&mut self, start: u64, len: u64) {
        self.claims.claim(Region::at(start, len));
    }

    fn section(&mut self, name: &[u8], start: u64, len: u64) {
        let region = Region::at(start, len);
        if self.sections.len() < MOST_SECTIONS && !region.is_empty() {
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            self.sections.push((String::from_utf8_lossy(name).into_owned(), region));
        }
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
        Format::Shortcut => shortcut::read(source, &head),
        _ => elf::read(source, &head),
    };
    let children: Vec<Child> =
        image.sections.iter().filter(|(_, region)| holds_model(source, *region)).map(of_section).collect();
    let facts = ExecutableFacts { description: image.description, loadable: image.loadable };
    let mut parsed = Parsed::new(format, Facts::Executable(Box::new(facts)), image.claims);
    parsed.children = children;
    for (kind, detail) in image.faults {
        let damaged = kind == Fault::Truncated;
        parsed.fault(kind, None, detail.clone());
        if damaged {
            parsed.gap(GapReason::Damaged, None, detail);
        }
    }
    parsed
}

/// Whether a section is a model or an archive by its signature. Programs and debug information in sections are part of the program.
fn holds_model(source: &SharedSource, region: Region) -> bool {
    let slice: SharedSource = std::sync::Arc::new(Slice::new(SharedSource::clone(source), region));
    let debug = [Format::Xz, Format::Zlib, Format::Zstd, Format::GitObject];
    crate::identify::identify("", &slice).iter().any(|candidate| {
        let family = candidate.format.family();
        let data = matches!(family, Family::Data | Family::Container) || candidate.format == Format::Pickle;
        candidate.strength == Strength::Certain && data && !debug.contains(&candidate.format)
    })
}

fn of_section((name, region): &(String, Region)) -> Child {
    Child {
        name: format!("section{}{name}@{}", if name.is_empty() { "" } else { " " }, region.start),
        content: Content::Stored { region: *region, crc32: None },
        known: None,
    }
}

/// An unsigned integer of `N` bytes at an offset.
pub(crate) fn number<const N: usize>(bytes: &[u8], at: usize, little: bool) -> Option<u64> {
    let bytes: [u8; N] = *bytes.get(at..)?.first_chunk()?;
    let fold = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
    Some(if little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) })
}
