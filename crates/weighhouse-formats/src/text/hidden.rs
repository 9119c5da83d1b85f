//! Characters that change how a text reads, or that are not seen at all.

/// What a reader does not see.
pub(super) const BIDI: &str = "bidirectional control";
const MARK: &str = "directional mark";
const ZERO_WIDTH: &str = "zero-width character";
const JOINER: &str = "zero-width joiner";
const TAG: &str = "tag character";
const SELECTOR: &str = "supplementary variation selector";
const ESCAPE: &str = "escape sequence";
const CONTROL: &str = "control character";

/// Bytes with which a hidden character may begin, in UTF-8.
const SUSPECT: [bool; 256] = suspects();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn suspects() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 32 {
        table[byte] = !matches!(byte, 9 | 10 | 12 | 13);
        byte += 1;
    }
    table[0x7f] = true;
    table[0xc2] = true;
    table[0xd8] = true;
    table[0xe2] = true;
    table[0xef] = true;
    table[0xf3] = true;
    table
}

/// The hidden characters of `bytes[from..to]` by place, length and kind. `bytes` begins where the source does if `first`.
pub(super) fn find(
    bytes: &[u8],
    from: usize,
    to: usize,
    first: bool,
    mut found: impl FnMut(usize, usize, &'static str),
) {
    let part = bytes.get(from..to).unwrap_or_default();
    for (at, byte) in part.iter().enumerate() {
        if SUSPECT.get(usize::from(*byte)).copied().unwrap_or_default()
            && let Some((len, kind)) = kind(bytes, from.saturating_add(at), first)
        {
            found(from.saturating_add(at), len, kind);
        }
    }
}

fn kind(bytes: &[u8], at: usize, first: bool) -> Option<(usize, &'static str)> {
    let rest = bytes.get(at..)?;
    Some(match rest {
        [0x1b, ..] => (1, ESCAPE),
        [0x00..=0x1f | 0x7f, ..] => (1, CONTROL),
        [0xc2, 0x80..=0x9f, ..] if rest.get(1) != Some(&0x85) => (2, CONTROL),
        [0xd8, 0x9c, ..] => (2, MARK),
        [0xe2, 0x80, 0x8b, ..] | [0xe2, 0x81, 0xa0..=0xa4, ..] => (3, ZERO_WIDTH),
        [0xe2, 0x80, 0x8c | 0x8d, ..] if !joins(bytes, at) => (3, JOINER),
        [0xe2, 0x80, 0x8e | 0x8f, ..] => (3, MARK),
        [0xe2, 0x80, 0xaa..=0xae, ..] | [0xe2, 0x81, 0xa6..=0xa9, ..] => (3, BIDI),
        [0xef, 0xbb, 0xbf, ..] if !(first && at == 0 || is_packet_mark(bytes, at)) => (3, ZERO_WIDTH),
        [0xf3, 0xa0, 0x80 | 0x81, _, ..] if !in_flag(bytes, at) => (4, TAG),
        [0xf3, 0xa0, 0x84..=0x87, _, ..] => (4, SELECTOR),
        _ => return None,
    })
}

/// The byte order mark that XMP metadata puts into the attribute `begin` of its first tag.
fn is_packet_mark(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(at.saturating_sub(7)..at).unwrap_or_default();
    before == b"begin=\"" || before == b"begin='"
}

/// Whether a joiner stands where writing needs it: behind a letter of a script that joins or behind an emoji, and before
/// one, or at the end of a word. Two in a row join nothing, and each costs a character that is seen.
fn joins(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(at.saturating_sub(4)..at).unwrap_or_default();
    let after = bytes.get(at.saturating_add(3)..).unwrap_or_default();
    let emoji_before = matches!(
        before,
        [0xf0, 0x9f, _, _] | [_, 0xef, 0xb8, 0x8f] | [_, 0xe2, 0x98..=0x9e | 0xac | 0xad, _]
    );
    let emoji_after = matches!(after, [0xf0, 0x9f, ..] | [0xe2, 0x98..=0x9e | 0xac | 0xad, ..]);
    // Arabic and Syriac take two bytes; the scripts of India, Tibet, Burma and Cambodia three.
    let letter_before = matches!(
        before,
        [_, _, 0xd8..=0xdd, _] | [_, 0xe0, 0xa4..=0xbf, _] | [_, 0xe1, 0x80..=0x82 | 0x9e | 0x9f, _]
    );
    let letter_after =
        matches!(after, [0xd8..=0xdd, ..] | [0xe0, 0xa4..=0xbf, ..] | [0xe1, 0x80..=0x82 | 0x9e | 0x9f, ..]);
    emoji_before && emoji_after
        || letter_before
            && (letter_after || !matches!(after, [0xe2, 0x80 | 0x81, ..] | [0xef, 0xbb, ..] | [0xf3, ..]))
}

/// Tags behind a black flag spell the flag of a region: ordinary emoji.
fn in_flag(bytes: &[u8], at: usize) -> bool {
    let mut start = at;
    for _ in 0..8 {
        let Some(before) = start.checked_sub(4) else { return false };
        match bytes.get(before..start) {
            Some([0xf0, 0x9f, 0x8f, 0xb4]) => return true,
            Some([0xf3, 0xa0, 0x80 | 0x81, _]) => start = before,
            _ => return false,
        }
    }
    false
}
