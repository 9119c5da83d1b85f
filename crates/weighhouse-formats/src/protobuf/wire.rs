//! Tags and numbers as they stand on the wire.

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Varint,
    Fixed64,
    Len,
    GroupStart,
    GroupEnd,
    Fixed32,
}

impl Wire {
    /// The word of the published description.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Varint => "VARINT",
            Self::Fixed64 => "I64",
            Self::Len => "LEN",
            Self::GroupStart => "SGROUP",
            Self::GroupEnd => "EGROUP",
            Self::Fixed32 => "I32",
        }
    }
}

/// Number and wire type of a field; `None` for a tag that the format does not allow.
pub(super) fn tag(key: u64) -> Option<(u32, Wire)> {
    let key = u32::try_from(key).ok()?;
    let wire = match key & 7 {
        0 => Wire::Varint,
        1 => Wire::Fixed64,
        2 => Wire::Len,
        3 => Wire::GroupStart,
        4 => Wire::GroupEnd,
        5 => Wire::Fixed32,
        _ => return None,
    };
    Some((key >> 3, wire)).filter(|(number, _)| *number > 0)
}

/// Bytes of the longest number.
pub(super) const LONGEST: usize = 10;

/// What stands at the beginning of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Varint {
    /// A number, the bytes it takes, and whether fewer would do.
    Number { value: u64, len: usize, padded: bool },
    /// The bytes end inside it.
    Short,
    /// It does not fit 64 bits.
    Over,
}

/// Reads a number of variable length.
pub(super) fn varint(bytes: &[u8]) -> Varint {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(LONGEST).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = (index as u32).saturating_mul(7);
        if shift == 63 && bits > 1 {
            return Varint::Over;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            let padded = *byte == 0 && index > 0;
            return Varint::Number { value, len: index.saturating_add(1), padded };
        }
    }
    if bytes.len() < LONGEST { Varint::Short } else { Varint::Over }
}
