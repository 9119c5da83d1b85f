//! Formats that are recognised but not read: naming them makes the coverage gap understandable.
//!
//! Those without a signature (protocol buffers) are recognised by structure: their first fields are walked and
//! must be what that format begins with.

use super::Probe;
use crate::format::Format;
use crate::node::{Candidate, Strength};
use crate::source::read_up_to;

/// Recognises formats without a parser by their signatures, or by their structure.
pub(super) fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    const SIGNATURES: &[(Format, usize, &[u8])] = &[
        (Format::Rar, 0, b"Rar!\x1a\x07"),
        (Format::Sqlite, 0, b"SQLite format 3\0"),
        (Format::Avro, 0, b"Obj\x01"),
        (Format::Ocdbt, 0, b"\x0c\xdb\x3a\x2a"),
        (Format::Pdf, 0, b"%PDF-"),
        (Format::JavaObjects, 0, b"\xac\xed\0\x05"),
        (Format::DotNetObjects, 0, b"\0\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0"),
        (Format::LuaBytecode, 0, b"\x1bLua"),
        (Format::LuaBytecode, 0, b"\x1bLJ\x01"),
        (Format::LuaBytecode, 0, b"\x1bLJ\x02"),
        (Format::Torch7, 0, b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1"),
        (Format::Torch7, 0, b"4\n1\n3\nV 1\n"),
        (Format::TensorRt, 0, b"ptrt"),
        (Format::TensorRt, 0, b"ftrt"),
        (Format::Rknn, 0, b"RKNN"),
        (Format::AscendModel, 0, b"IMOD"),
        (Format::SquashFs, 0, b"hsqs"),
        (Format::Cabinet, 0, b"MSCF\0\0\0\0"),
        (Format::ArArchive, 0, b"!<arch>\n"),
        (Format::OleDocument, 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (Format::Matlab, 0, b"MATLAB 5.0 MAT-file"),
        (Format::Cntk, 0, b"B\0C\0N\0\0\0"),
        (Format::GgmlLegacy, 0, b"lmgg"),
        (Format::GgmlLegacy, 0, b"fmgg"),
        (Format::GgmlLegacy, 0, b"tjgg"),
        (Format::GgmlLegacy, 0, b"algg"),
        (Format::FastText, 0, b"\xba\x16\x4f\x2f"),
        (Format::Faiss, 0, b"IxF"),
        (Format::Faiss, 0, b"IwFl"),
        (Format::Faiss, 0, b"IxMp"),
        (Format::Lmdb, 16, b"\xde\xc0\xef\xbe"),
        (Format::LfsPointer, 0, b"version https://git-lfs.github.com/spec/v1\n"),
    ];
    let signature = SIGNATURES
        .iter()
        .find(|(_, offset, magic)| probe.head.get(*offset..).is_some_and(|rest| rest.starts_with(magic)))
        .filter(|(_, _, magic)| magic.len() > 4 || !is_word(magic) || !reads_as_text(&probe.head))
        .map(|(format, ..)| Candidate {
            format: *format,
            strength: Strength::Certain,
            evidence: "signature",
        });
    signature
        .or_else(|| iso_9660(probe))
        .or_else(|| objects(&probe.head))
        .or_else(|| msgpack(probe))
        .or_else(|| columns(probe))
}

/// Four letters begin a text as well as a file.
fn is_word(magic: &[u8]) -> bool {
    magic.iter().all(u8::is_ascii_alphanumeric)
}

fn reads_as_text(head: &[u8]) -> bool {
    !head.iter().take(256).any(|byte| *byte < 9)
}

/// The first volume descriptor stands behind sixteen sectors.
fn iso_9660(probe: &Probe<'_>) -> Option<Candidate> {
    let mark = read_up_to(probe.source.as_ref(), 0x8001, 5).ok().filter(|mark| mark == b"CD001")?;
    let evidence = "volume descriptor";
    (!mark.is_empty()).then_some(Candidate { format: Format::Iso9660, strength: Strength::Certain, evidence })
}

/// Serialised objects whose beginning is too short for a signature: the type of the first value must follow.
fn objects(head: &[u8]) -> Option<Candidate> {
    let candidate = |format, strength| Some(Candidate { format, strength, evidence: "mark of an object" });
    match head {
        [4, 8, b'o' | b'u' | b'U' | b'e' | b'c' | b'm' | b'C' | b'S' | b'I' | b'd', _, ..] => {
            candidate(Format::RubyObjects, Strength::Plausible)
        }
        [4, 8, b'[' | b'{', count, b'o' | b'u' | b'U' | b'e' | b'c' | b'I' | b':' | b'[' | b'{', ..]
            if *count > 5 =>
        {
            candidate(Format::RubyObjects, Strength::Plausible)
        }
        [b'O' | b'C', b':', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let quoted = rest.get(digits..).is_some_and(|rest| rest.starts_with(b":\""));
            (digits > 0 && quoted).then_some(())?;
            candidate(Format::PhpObjects, Strength::Certain)
        }
        _ => None,
    }
}

/// Formats of columns that end in their signature, and may begin with it.
fn columns(probe: &Probe<'_>) -> Option<Candidate> {
    let tail = probe.tail();
    let format = if probe.starts_with(b"ORC") && tail.get(..tail.len().saturating_sub(1))?.ends_with(b"ORC") {
        Format::Orc
    } else if tail.ends_with(b"LANC") {
        Format::Lance
    } else {
        return None;
    };
    Some(Candidate { format, strength: Strength::Certain, evidence: "signature at the end" })
}

/// A map with text keys, as frameworks write it; too weak a sign without the name.
fn msgpack(probe: &Probe<'_>) -> Option<Candidate> {
    let map = match probe.head.as_slice() {
        [0x81..=0x8f, key, ..] | [0xde, _, _, key, ..] | [0xdf, _, _, _, _, key, ..] => {
            matches!(key, 0xa1..=0xbf | 0xd9 | 0xda)
        }
        _ => false,
    };
    let evidence = "name and first bytes";
    (map && probe.is_named(&["msgpack", "mpk", "flax"])).then_some(Candidate {
        format: Format::Msgpack,
        strength: Strength::Plausible,
        evidence,
    })
}

#[cfg(test)]
mod tests {
    use crate::format::Format;
    use crate::identify::identify;
    use crate::source::Memory;

    fn format(name: &str, bytes: &[u8]) -> Format {
        identify(name, &Memory::shared(bytes.to_vec())).first().unwrap().format
    }

    #[test]
    fn protocol_buffers_are_told_apart() {
        let pieces = b"\x0a\x0c\x0a\x05<unk>\x15\0\0\0\0\x18".iter().chain(b"\x02").copied();
        let piece: Vec<u8> = b"\x0a\x0c\x0a\x05<unk>\x15\0\0\0\0".to_vec();
        let sentencepiece: Vec<u8> = [piece.clone(), piece.clone(), piece].concat();
        let graph = b"\x0a\x0a\x0a\x01x\x12\x05Const\x0a\x0a\x0a\x01y\x12\x05Const";
        assert_eq!(format("x", &sentencepiece), Format::SentencePiece);
        assert_eq!(format("x", graph), Format::GraphDef);
        assert_eq!(format("x", &pieces.collect::<Vec<u8>>()[..5]), Format::Unknown);
    }

    #[test]
    fn pointers_are_told() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
        assert_eq!(format("model.bin", pointer), Format::LfsPointer);
    }
}
