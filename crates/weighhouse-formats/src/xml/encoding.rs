//! In which encoding a document is written, by its first bytes; what is not one byte after another is decoded as a whole.

use crate::source::{Memory, SharedSource, read_up_to};

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8 or any other encoding in which markup is ASCII.
    Bytes,
    Utf16 {
        little: bool,
    },
    Utf32 {
        little: bool,
    },
}

impl Encoding {
    /// The stable name used in facts.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bytes => "utf-8",
            Self::Utf16 { little: true } => "utf-16le",
            Self::Utf16 { little: false } => "utf-16be",
            Self::Utf32 { little: true } => "utf-32le",
            Self::Utf32 { little: false } => "utf-32be",
        }
    }
}

/// The encoding by mark or by where the null bytes stand, as the standard has readers find it.
pub(super) fn detect(head: &[u8]) -> Encoding {
    match head {
        [0xff, 0xfe, 0, 0, ..] | [b'<', 0, 0, 0, ..] => Encoding::Utf32 { little: true },
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<', ..] => Encoding::Utf32 { little: false },
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Encoding::Utf16 { little: true },
        [0xfe, 0xff, ..] | [0, b'<', ..] => Encoding::Utf16 { little: false },
        _ => Encoding::Bytes,
    }
}

/// The document in UTF-8, at most `limit` bytes of it read; whether that is all of it.
pub(super) fn decode(
    source: &SharedSource,
    encoding: Encoding,
    limit: usize,
) -> std::io::Result<(SharedSource, bool)> {
    let bytes = read_up_to(source.as_ref(), 0, limit)?;
    let whole = bytes.len() as u64 == source.len();
    Ok((Memory::shared(text(&bytes, encoding).into_bytes()), whole))
}

/// Bytes as text.
pub(super) fn text(bytes: &[u8], encoding: Encoding) -> String {
    let decoded: String = match encoding {
        Encoding::Bytes => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16 { little } => {
            let units = bytes.chunks_exact(2).map(|pair| {
                let unit = <[u8; 2]>::try_from(pair).unwrap_or_default();
                if little { u16::from_le_bytes(unit) } else { u16::from_be_bytes(unit) }
            });
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Encoding::Utf32 { little } => {
            let units = bytes.chunks_exact(4).map(|four| {
                let unit = <[u8; 4]>::try_from(four).unwrap_or_default();
                if little { u32::from_le_bytes(unit) } else { u32::from_be_bytes(unit) }
            });
            units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    };
    match decoded.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => decoded,
    }
}
