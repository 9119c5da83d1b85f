//! Compressed streams: gzip, zlib, bzip2, xz, lzma, lz4 and zstd, one after another or inside one another.
//!
//! Unpacking is bounded by the budget alone, and happens once: the parser unpacks into a spool while it accounts for every
//! byte of every stream, and hands the spool to the driver as its only child. Data before a break is kept. Raw deflate has no
//! signature and is not looked for. Specifications: RFC 1950, 1951, 1952, 8878, the xz and lz4 frame formats, the `.lzma`
//! header of the LZMA SDK; and the `ZF` header that early joblib put before zlib data.

mod engine;
mod gzip;
mod input;
mod lz4;
mod streams;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

pub(crate) use input::Input as Plain;
pub use streams::Streams;

use crate::bounded::{Budget, SpoolError, spool};
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Child, Codec, Content, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::{Claims, Region};
use crate::source::{Memory, SharedSource, read_up_to};

/// What a compressed file declares.
#[derive(Debug)]
pub struct CompressedFacts {
    /// The compression.
    pub codec: Codec,
    /// Regions of the streams (gzip members, zstd and lz4 frames), in order; of very many only the first.
    pub streams: Vec<Region>,
    /// The original name that a gzip header carries.
    pub original_name: Option<String>,
    /// Frames of user data, which decoders pass over (zstd, lz4).
    pub skippable: Vec<Region>,
}

/// How a codec announces itself.
struct Known {
    codec: Codec,
    format: Format,
    evidence: &'static str,
    /// Whether these bytes can begin a stream.
    begins: fn(&[u8]) -> bool,
}

/// The codecs with a signature, and those whose header is looked at more closely.
const CODECS: &[Known] = &[
    Known {
        codec: Codec::Gzip,
        format: Format::Gzip,
        evidence: "gzip member header",
        begins: |head| head.starts_with(b"\x1f\x8b\x08"),
    },
    Known {
        codec: Codec::Bzip2,
        format: Format::Bzip2,
        evidence: "bzip2 stream header",
        begins: |head| {
            head.starts_with(b"BZh")
                && matches!(head.get(3), Some(b'1'..=b'9'))
                && head.get(4..10).is_some_and(|m| m == b"1AY&SY" || m == b"\x17\x72\x45\x38\x50\x90")
        },
    },
    Known {
        codec: Codec::Xz,
        format: Format::Xz,
        evidence: "xz stream header",
        begins: |head| head.starts_with(b"\xfd7zXZ\0"),
    },
    Known {
        codec: Codec::Zstd,
        format: Format::Zstd,
        evidence: "zstd frame header",
        begins: |head| head.starts_with(b"\x28\xb5\x2f\xfd"),
    },
    Known {
        codec: Codec::Lz4,
        format: Format::Lz4,
        evidence: "lz4 frame header",
        begins: |head| head.first_chunk().is_some_and(|magic| lz4::is_frame(u32::from_le_bytes(*magic))),
    },
    Known {
        codec: Codec::Zlib,
        format: Format::Zlib,
        evidence: "zlib header and deflate data",
        begins: begins_zlib,
    },
    Known { codec: Codec::Lzma, format: Format::Lzma, evidence: "lzma header and data", begins: begins_lzma },
];

/// Magic numbers of frames with user data, the same for zstd and lz4.
fn is_skippable(magic: u32) -> bool {
    magic & 0xffff_fff0 == 0x184d_2a50
}

/// A zlib header: deflate, a window of at most 32 KiB, a multiple of 31.
fn begins_zlib(head: &[u8]) -> bool {
    let Some(&[method, flags]) = head.first_chunk() else { return false };
    method & 0x0f == 8 && method >> 4 <= 7 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

/// An LZMA header as the usual decoders accept it: properties, a dictionary of 2^n or 2^n + 2^(n-1) bytes (any, with the
/// default properties that joblib goes by), a length that is unknown or below 256 GiB, and the range coder's first zero.
fn begins_lzma(head: &[u8]) -> bool {
    let Some(&[properties, a, b, c, d, ref len @ .., zero]) = head.first_chunk::<14>() else { return false };
    let dictionary = u32::from_le_bytes([a, b, c, d]);
    let len = len.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let top = dictionary.checked_ilog2().map_or(0, |log| 1_u32 << log);
    let usual =
        dictionary == u32::MAX || dictionary != 0 && (dictionary == top || dictionary == top | top >> 1);
    let joblib = properties == 0x5d && a == 0;
    properties < 225 && (usual || joblib) && (len == u64::MAX || len < 256 << 30) && zero == 0
}

/// Length of the header that joblib up to 0.9 put before zlib data: `ZF` and the length in hexadecimal.
const ZF_HEADER: u64 = 21;

/// The offset of the zlib data behind a `ZF` header, and the length it declares.
fn zf(head: &[u8]) -> Option<(u64, u64)> {
    let digits = head.strip_prefix(b"ZF0x")?.get(..17)?;
    let text = std::str::from_utf8(digits).ok()?.trim_end().trim_end_matches('L');
    let declared = u64::from_str_radix(text, 16).ok()?;
    // Python 2 wrote one character more.
    let extra = u64::from(head.get(ZF_HEADER as usize) == Some(&b' '));
    Some((ZF_HEADER.saturating_add(extra), declared))
}

/// What a file's first bytes announce.
struct Found {
    known: &'static Known,
    offset: u64,
    declared: Option<u64>,
}

fn find(head: &[u8], source: &SharedSource) -> Option<Found> {
    let by = |codec: Codec| CODECS.iter().find(|known| known.codec == codec);
    if let Some((offset, declared)) = zf(head) {
        return by(Codec::Zlib).map(|known| Found { known, offset, declared: Some(declared) });
    }
    let behind = behind_skippable(source);
    let head = behind.as_deref().unwrap_or(head);
    let known = CODECS.iter().find(|known| (known.begins)(head));
    let known = match known {
        Some(known) if known.codec == Codec::Zlib && !inflates(source) => {
            by(Codec::Lzma).filter(|lzma| (lzma.begins)(head) && is_lzma(head, source))
        }
        Some(known) if known.codec == Codec::Lzma && !is_lzma(head, source) => None,
        None if behind.is_some() => by(Codec::Zstd),
        other => other,
    };
    let known = known.filter(|known| behind.is_none() || matches!(known.codec, Codec::Zstd | Codec::Lz4));
    known.map(|known| Found { known, offset: 0, declared: None })
}

/// The bytes behind leading frames of user data; `None` if there is no such frame.
fn behind_skippable(source: &SharedSource) -> Option<Vec<u8>> {
    const MOST: u32 = 64;
    let mut at = 0_u64;
    for passed in 0..MOST {
        let head = read_up_to(source.as_ref(), at, 16).ok()?;
        let magic = head.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        if !magic.is_some_and(is_skippable) {
            return (passed > 0).then_some(head);
        }
        let len = head.get(4..8)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
        at = at.saturating_add(8).saturating_add(u64::from(len));
    }
    Some(Vec::new())
}

/// Whether what a zlib header announces really inflates: cleanly as far as the head goes, or far enough before a break
/// that it is no accident, or to the beginning of a pickle.
fn inflates(source: &SharedSource) -> bool {
    let Ok(head) = read_up_to(source.as_ref(), 0, Probe::HEAD) else { return false };
    let cut = (head.len() as u64) < source.len();
    // The four headers that zlib writes stand for less chance than the others that the format allows.
    let usual =
        [b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"].iter().any(|header| head.starts_with(*header));
    let enough = if usual { 16 } else { 64 };
    let mut stream = Streams::new(Codec::Zlib, Memory::shared(head), 0);
    let mut out = vec![0; 4096];
    let mut filled = 0;
    while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
        match stream.read(room) {
            Ok(0) => return true,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if cut && error.kind() == io::ErrorKind::UnexpectedEof => return true,
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return false,
            Err(_) => {
                out.truncate(filled);
                return filled >= enough || begins_pickle(out);
            }
        }
    }
    true
}

/// Small numbers look like the header of an LZMA stream, and the decoder takes almost anything for data. So it is one with the
/// properties that writers use, or if it is short and ends exactly where the source does.
fn is_lzma(head: &[u8], source: &SharedSource) -> bool {
    const USUAL: u8 = 0x5d;
    /// Of what comes out, so much is looked at in parts of 4 KiB: a short stream that unpacks to more is none of a small file.
    const MOST_PARTS: usize = 64;
    if head.first() == Some(&USUAL) {
        return true;
    }
    if source.len() > Probe::HEAD as u64 {
        return false;
    }
    let mut stream = Streams::new(Codec::Lzma, SharedSource::clone(source), 0);
    let mut out = vec![0; 4096];
    for _ in 0..MOST_PARTS {
        match stream.read(&mut out) {
            Ok(0) => return stream.rest() == 0,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return false,
            _ => {}
        }
    }
    false
}

fn begins_pickle(bytes: Vec<u8>) -> bool {
    let source = Memory::shared(bytes);
    crate::pickle::probe(&Probe::new("", &source)).is_some_and(|found| found.strength == Strength::Certain)
}

/// Recognises the formats.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let Found { known, .. } = find(&probe.head, probe.source)?;
    Some(Candidate { format: known.format, strength: Strength::Certain, evidence: known.evidence })
}

/// Reads the formats.
pub fn parse(source: &SharedSource, name: &str, budget: &Budget) -> Parsed {
    let head = read_up_to(source.as_ref(), 0, 64).unwrap_or_default();
    let Some(Found { known, offset, declared }) = find(&head, source) else {
        return not_compressed(source);
    };
    let mut streams = Streams::new(known.codec, SharedSource::clone(source), offset);
    let (unpacked, stopped) = spool(&mut streams, source.len().saturating_sub(offset), budget);
    let mut claims = std::mem::take(&mut streams.claims);
    claims.claim(Region::new(0, offset));
    if stopped.as_ref().is_some_and(SpoolError::is_ours) {
        // Not read by our own trouble: that is a gap, and nothing to hold against the bytes that follow.
        claims.claim(Region::new(offset, source.len()));
    }
    let facts = CompressedFacts {
        codec: known.codec,
        streams: std::mem::take(&mut streams.regions),
        original_name: streams.original_name.take(),
        skippable: std::mem::take(&mut streams.skippable),
    };
    let child_name = child_name(&facts, name, known.format);
    let skippable = facts.skippable.clone();
    let mut parsed = Parsed::new(known.format, Facts::Compressed(Box::new(facts)), claims);
    parsed.reading.irregularities.append(&mut streams.faults);
    check_name(&mut parsed);
    match stopped {
        Some(error) => error.note(&mut parsed.reading.irregularities, &mut parsed.gaps),
        None if declared.is_some_and(|declared| declared != unpacked.len()) => {
            let detail = format!(
                "the header declares {} bytes, but {} come out",
                declared.unwrap_or(0),
                unpacked.len()
            );
            parsed.fault(Fault::Contradiction, Region::new(0, offset), detail);
        }
        None => {}
    }
    parsed.children.push(Child { name: child_name, content: Content::Unpacked(unpacked), known: None });
    parsed.children.extend(skippable.into_iter().filter(|region| !region.is_empty()).map(|region| Child {
        name: format!("user-data@{}", region.start),
        content: Content::Stored { region, crc32: None },
        known: None,
    }));
    parsed
}

/// A parent said that this is compressed, and it is not.
fn not_compressed(source: &SharedSource) -> Parsed {
    let facts = CompressedFacts {
        codec: Codec::Deflate,
        streams: Vec::new(),
        original_name: None,
        skippable: Vec::new(),
    };
    let mut parsed = Parsed::new(Format::Unknown, Facts::Compressed(Box::new(facts)), Claims::new());
    parsed.fault(Fault::Malformed, Region::new(0, source.len()), "no compressed stream begins here");
    parsed.gap(GapReason::Damaged, None, "no compressed stream begins here");
    parsed
}

/// What the unpacked content is called: by the gzip header, or the name without its ending.
fn child_name(facts: &CompressedFacts, name: &str, format: Format) -> String {
    if let Some(original) = facts.original_name.as_deref().filter(|original| !original.is_empty()) {
        return original.to_owned();
    }
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match base.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => {
            let ending = ending.to_ascii_lowercase();
            match ending.as_str() {
                "tgz" | "tbz2" | "txz" => format!("{stem}.tar"),
                ending if format.extensions().contains(&ending) => stem.to_owned(),
                _ => "decompressed".to_owned(),
            }
        }
        _ => "decompressed".to_owned(),
    }
}

fn check_name(parsed: &mut Parsed) {
    let Facts::Compressed(facts) = &parsed.reading.facts else { return };
    if let Some(name) = &facts.original_name
        && let Some(why) = crate::names::escapes(name)
    {
        let detail = format!("the original name `{}` {why}", crate::names::shown(name));
        parsed.fault(Fault::Traversal, None, detail);
    }
}

/// Opens a decoder of compressed bytes: all streams of `packed`, one after another.
pub fn decoder(codec: Codec, packed: SharedSource) -> Streams {
    Streams::new(codec, packed, 0)
}

/// Opens a decoder of LZMA data as zip archives hold it; `len` is `None` where an end marker closes the data.
pub fn zip_lzma_decoder(packed: SharedSource, len: Option<u64>) -> Streams {
    Streams::zip_lzma(packed, len.unwrap_or(u64::MAX))
}

/// Opens a decoder of LZMA data without a header; `len` unpacked bytes come out.
pub(crate) fn raw_lzma_decoder(packed: SharedSource, len: u64, properties: u8, dictionary: u32) -> Streams {
    Streams::headless(packed, |_| Ok(Box::new(engine::Lzma::raw(len, properties, dictionary)?)))
}

/// Opens a decoder of LZMA2 data without a header.
pub(crate) fn lzma2_decoder(packed: SharedSource, dictionary: u32) -> Streams {
    Streams::headless(packed, |_| Ok(Box::new(engine::Lzma2::new(dictionary)?)))
}
