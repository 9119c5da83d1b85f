//! The 512-byte header block of a tar entry: numbers, names and checksum.

/// Length of a block.
pub(super) const BLOCK: u64 = 512;

/// A header block that has a valid checksum.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// `prefix` and `name` together.
    pub(super) name: Vec<u8>,
    pub(super) mode: u32,
    pub(super) size: Option<u64>,
    pub(super) kind: u8,
    pub(super) link: Vec<u8>,
    pub(super) format: Magic,
    /// GNU only: more sparse blocks follow the header.
    pub(super) sparse_continues: bool,
    /// Bytes that no format uses are set.
    pub(super) odd: bool,
}

/// Which of the formats the magic number names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    Ustar,
    Gnu,
    /// The format of Unix version 7, without a magic number.
    None,
}

/// Whether the checksum field fits the block, counted in either of the two ways tars have used.
pub(super) fn checksum_fits(block: &[u8; BLOCK as usize]) -> bool {
    let field = 148..156;
    let Some(declared) = block.get(field.clone()).and_then(octal) else { return false };
    let byte = |(at, byte): (usize, &u8)| if field.contains(&at) { b' ' } else { *byte };
    let unsigned: u64 = block.iter().enumerate().map(byte).map(u64::from).sum();
    let signed: i64 = block.iter().enumerate().map(byte).map(|byte| i64::from(byte.cast_signed())).sum();
    declared == unsigned || i64::try_from(declared) == Ok(signed)
}

/// Reads a block; `None` if its checksum does not fit.
pub(super) fn read(block: &[u8; BLOCK as usize]) -> Option<Header> {
    if !checksum_fits(block) {
        return None;
    }
    let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
    let text = |from: usize, to: usize| {
        let bytes = field(from, to);
        bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
    };
    let format = match field(257, 265) {
        b"ustar  \0" => Magic::Gnu,
        magic if magic.starts_with(b"ustar") => Magic::Ustar,
        _ => Magic::None,
    };
    let kind = field(156, 157).first().copied().unwrap_or(0);
    let mut name = text(0, 100);
    let prefix = if format == Magic::Ustar && kind != b'S' { text(345, 500) } else { Vec::new() };
    if !prefix.is_empty() {
        name = [prefix.as_slice(), b"/", &name].concat();
    }
    Some(Header {
        name,
        mode: number(field(100, 108)).and_then(|mode| u32::try_from(mode).ok()).unwrap_or(0),
        size: number(field(124, 136)),
        kind,
        link: text(157, 257),
        format,
        sparse_continues: format == Magic::Gnu && field(482, 483) == [1],
        odd: !padded(block, format),
    })
}

/// Whether what follows the ends of the texts, and the unused end of the block, is empty.
fn padded(block: &[u8; BLOCK as usize], format: Magic) -> bool {
    let zeros_after_end = |from: usize, to: usize| {
        let bytes = block.get(from..to).unwrap_or_default();
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        bytes.get(end..).unwrap_or_default().iter().all(|byte| *byte == 0)
    };
    let rest = match format {
        Magic::Ustar => zeros_after_end(345, 500) && small(block, 500, 512),
        // GNU has times, offsets and a sparse map here.
        Magic::Gnu => small(block, 495, 512),
        // GNU tar leaves zeros for device numbers here too.
        Magic::None => small(block, 257, 329) && small(block, 345, 512),
    };
    zeros_after_end(0, 100) && zeros_after_end(157, 257) && rest
}

/// Whether a part is empty but for a few bytes (star and old tars leave a mark there).
fn small(block: &[u8], from: usize, to: usize) -> bool {
    block.get(from..to).unwrap_or_default().iter().filter(|byte| **byte != 0).count() <= 4
}

/// A number: octal text, or big-endian binary if the first bit is set (GNU). Negative ones are none.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => {
            let top = first & 0x7f;
            let (zeros, low) = rest.split_at_checked(rest.len().checked_sub(8)?).unwrap_or((&[], rest));
            if top != 0 && !rest.is_empty() && zeros.is_empty() && rest.len() < 8 {
                return Some(
                    rest.iter().fold(u64::from(top), |all, byte| all.wrapping_shl(8) | u64::from(*byte)),
                );
            }
            (top == 0 && zeros.iter().all(|byte| *byte == 0))
                .then(|| low.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
        }
        _ => octal(field),
    }
}

/// Octal text among spaces and zeros; empty is zero.
fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field.get(start..).unwrap_or_default();
    let end = digits.iter().position(|byte| matches!(byte, b' ' | 0)).unwrap_or(digits.len());
    let rest = digits.get(end..).unwrap_or_default();
    if !rest.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return None;
    }
    digits.get(..end).unwrap_or_default().iter().try_fold(0_u64, |all, byte| match byte {
        b'0'..=b'7' => all.checked_mul(8)?.checked_add(u64::from(byte.saturating_sub(b'0'))),
        _ => None,
    })
}
