//! Tape archives: ustar, pax, GNU, and the old form PyTorch once wrote.
//!
//! Readers differ in where an archive ends (some pass over blocks of zeros) and in which of several names and sizes they
//! believe; so the walk goes on behind the end mark, and headers that disagree with their extensions are faults. Not read:
//! sparse files and continuations over several volumes, which are gaps. Specification: POSIX.1 `pax`, GNU tar's manual.
//! Limits: [`crate::bounded::Limits::members`] entries, 1 MiB of extended header.

mod header;
mod pax;
#[cfg(test)]
mod tests;
mod walk;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Parsed, Strength};
use crate::region::Region;
use crate::source::SharedSource;

/// What an archive holds.
#[derive(Debug, Default)]
pub struct TarFacts {
    /// Every entry, in order.
    pub members: Vec<TarMember>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarMember {
    /// Path as the reader would use it (pax and GNU long names applied).
    pub name: String,
    /// Kind of entry.
    pub kind: TarKind,
    /// Target of a link.
    pub link: Option<String>,
    /// Its bytes.
    pub data: Region,
    /// Permissions.
    pub mode: u32,
}

/// Kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum TarKind {
    File,
    Folder,
    Symlink,
    HardLink,
    Device,
    Fifo,
    Other(u8),
}

/// Recognises the format: a first block with a valid checksum, and a magic number or the shape of an old header.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let Some(header) = header::read(probe.head.first_chunk()?) else { return damaged(probe) };
    let sane = !header.name.is_empty()
        && header.size.is_some()
        && matches!(header.kind, 0 | b' ' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
        && !header.name.iter().any(|byte| *byte < b' ');
    let evidence = match header.format {
        header::Magic::None if sane => "old tar header with a valid checksum",
        header::Magic::None => return None,
        _ => "tar header with a valid checksum",
    };
    Some(Candidate { format: Format::Tar, strength: Strength::Certain, evidence })
}

/// A magic number over a wrong checksum: readers refuse it or pass over it, and find what stands behind.
fn damaged(probe: &Probe<'_>) -> Option<Candidate> {
    let magic = probe.head.get(257..265)?;
    let known = magic == b"ustar  \0" || magic.starts_with(b"ustar\0");
    let evidence = "magic number of tar under a wrong checksum";
    known.then_some(Candidate { format: Format::Tar, strength: Strength::Plausible, evidence })
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    walk::walk(source, budget)
}
