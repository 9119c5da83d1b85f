//! In which encoding a document is written, by its first bytes; what is not one byte after another is decoded as a whole.

use crate::source::{Memory, SharedSource, read_up_to};

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
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
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bytes => "utf-8",
            Self::Utf16 { little: true } => "utf-16le",
            Self::Utf16 { little: false } => "utf-16be",
            Self::Utf32 { little: true } => "utf-32le",
            Self::Utf32 { little: false } => "utf-32be",
        }
    }
}

/// The encoding of markup by mark or by where the null bytes stand, as the standard has readers find it.
pub(crate) fn of_markup(head: &[u8]) -> Encoding {
    match head {
        [0xff, 0xfe, 0, 0, ..] | [b'<', 0, 0, 0, ..] => Encoding::Utf32 { little: true },
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<', ..] => Encoding::Utf32 { little: false },
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Encoding::Utf16 { little: true },
        [0xfe, 0xff, ..] | [0, b'<', ..] => Encoding::Utf16 { little: false },
        _ => Encoding::Bytes,
    }
}

/// The encoding of JSON, as Python's `json.loads` finds it in bytes: by mark, or by the null bytes of its first characters, which
/// are ASCII.
pub(crate) fn of_json(head: &[u8]) -> Encoding {
    match head {
        [0xff, 0xfe, 0, 0, ..] => Encoding::Utf32 { little: true },
        [0, 0, 0xfe, 0xff, ..] | [0, 0, _, _, ..] => Encoding::Utf32 { little: false },
        [0xff, 0xfe, ..] => Encoding::Utf16 { little: true },
        [0xfe, 0xff, ..] => Encoding::Utf16 { little: false },
        [_, 0, 0, 0, ..] => Encoding::Utf32 { little: true },
        [0, _, _, _, ..] | [0, _] => Encoding::Utf16 { little: false },
        [_, 0, _, _, ..] | [_, 0] => Encoding::Utf16 { little: true },
        _ => Encoding::Bytes,
    }
}

/// The document in UTF-8, at most `limit` bytes of it read; whether that is all of it.
pub(crate) fn decode(
    source: &SharedSource,
    encoding: Encoding,
    limit: usize,
) -> std::io::Result<(SharedSource, bool)> {
    let bytes = read_up_to(source.as_ref(), 0, limit)?;
    let whole = bytes.len() as u64 == source.len();
    Ok((Memory::shared(text(&bytes, encoding).into_bytes()), whole))
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8], encoding: Encoding) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_as_python_finds_it() {
        let [utf16, utf32] = [|little| Encoding::Utf16 { little }, |little| Encoding::Utf32 { little }]
            as [fn(bool) -> Encoding; 2];
        for (bytes, encoding) in [
            (&b"{}"[..], Encoding::Bytes),
            (b"", Encoding::Bytes),
            (b"{\"a\0\":1}", Encoding::Bytes),
            (b"\xef\xbb\xbf{}", Encoding::Bytes),
            (b"{\0}\0", utf16(true)),
            (b"\0{\0}", utf16(false)),
            (b"\xff\xfe{\0", utf16(true)),
            (b"\xfe\xff\0{", utf16(false)),
            (b"1\0", utf16(true)),
            (b"\x001", utf16(false)),
            (b"\"\0\x00\x4e", utf16(true)),
            (b"{\0\0\0", utf32(true)),
            (b"\0\0\0{", utf32(false)),
            (b"\xff\xfe\0\0", utf32(true)),
            (b"\0\0\xfe\xff", utf32(false)),
        ] {
            assert_eq!(of_json(bytes), encoding, "{bytes:x?}");
        }
    }
}
