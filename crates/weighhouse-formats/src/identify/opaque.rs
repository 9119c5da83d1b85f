//! Formats that are recognised but not read: naming them makes the coverage gap understandable.

use super::Probe;
use crate::format::Format;
use crate::node::{Candidate, Strength};

/// Recognises formats without a parser by their signatures.
pub(super) fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    const SIGNATURES: &[(Format, usize, &[u8])] = &[
        (Format::SevenZip, 0, b"7z\xbc\xaf\x27\x1c"),
        (Format::Rar, 0, b"Rar!\x1a\x07"),
        (Format::Hdf5, 0, b"\x89HDF\r\n\x1a\n"),
        (Format::Tflite, 4, b"TFL3"),
        (Format::Parquet, 0, b"PAR1"),
        (Format::Arrow, 0, b"ARROW1"),
        (Format::Sqlite, 0, b"SQLite format 3\0"),
        (Format::Pdf, 0, b"%PDF-"),
    ];
    SIGNATURES
        .iter()
        .find(|(_, offset, magic)| probe.head.get(*offset..).is_some_and(|rest| rest.starts_with(magic)))
        .map(|(format, ..)| Candidate { format: *format, strength: Strength::Certain, evidence: "signature" })
}
