//! Escapes in literals, as the libraries in C++ and Python have them together: where one of them refuses an escape, what the other
//! makes of it is what counts.

/// What an escape stands for, and the bytes it takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Escaped {
    pub(super) value: Vec<u8>,
    pub(super) taken: usize,
}

/// Reads the escape at the beginning, whose first byte is the backslash.
pub(super) fn read(bytes: &[u8]) -> Escaped {
    let rest = bytes.get(1..).unwrap_or_default();
    let one = |value: u8| Escaped { value: vec![value], taken: 2 };
    let Some(first) = rest.first() else { return Escaped { value: b"\\".to_vec(), taken: 1 } };
    match first {
        b'0'..=b'7' => byte(rest, 8, 3, 1),
        b'x' | b'X' => byte(rest.get(1..).unwrap_or_default(), 16, 2, 2),
        b'u' => unit(rest, 4),
        b'U' => unit(rest, 8),
        b'N' => named(rest),
        b'a' => one(7),
        b'b' => one(8),
        b't' => one(b'\t'),
        b'n' => one(b'\n'),
        b'v' => one(11),
        b'f' => one(12),
        b'r' => one(b'\r'),
        b'\\' | b'\'' | b'"' | b'?' => one(*first),
        // Python keeps the backslash before what is no escape; a line may go on behind it.
        other => Escaped { value: vec![b'\\', *other], taken: 2 },
    }
}

/// A number of at most `most` digits; `before` bytes stand before them.
fn number(digits: &[u8], radix: u32, most: usize) -> (u32, usize) {
    let digits = digits.iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    digits.fold((0, 0), |(value, count), digit| {
        (value.wrapping_mul(radix).wrapping_add(digit), usize::saturating_add(count, 1))
    })
}

/// Of a number above 255 the lowest byte is taken.
fn byte(digits: &[u8], radix: u32, most: usize, before: usize) -> Escaped {
    let (value, count) = number(digits, radix, most);
    Escaped { value: vec![value as u8], taken: count.saturating_add(before) }
}

/// A character by its number. Two halves of one, as JSON writes them, are joined.
fn unit(rest: &[u8], most: usize) -> Escaped {
    let (mut value, count) = number(rest.get(1..).unwrap_or_default(), 16, most);
    let mut taken = count.saturating_add(2);
    if (0xd800..0xdc00).contains(&value) {
        let next = rest.get(taken.saturating_sub(1)..).unwrap_or_default();
        let low = next.strip_prefix(b"\\u").map(|digits| number(digits, 16, 4));
        if let Some((low, 4)) = low.filter(|(low, _)| (0xdc00..0xe000).contains(low)) {
            value = 0x1_0000_u32
                .saturating_add(value.wrapping_sub(0xd800) << 10)
                .saturating_add(low.wrapping_sub(0xdc00));
            taken = taken.saturating_add(6);
        }
    }
    let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
    Escaped { value: character.to_string().into_bytes(), taken }
}

/// A character by its name, which Python knows: those that names of operators and files are made of.
fn named(rest: &[u8]) -> Escaped {
    const SIGNS: &[(&str, u8)] = &[
        ("LOW LINE", b'_'),
        ("SOLIDUS", b'/'),
        ("REVERSE SOLIDUS", b'\\'),
        ("FULL STOP", b'.'),
        ("COLON", b':'),
        ("HYPHEN-MINUS", b'-'),
        ("TILDE", b'~'),
        ("SPACE", b' '),
    ];
    const DIGITS: [&str; 10] =
        ["ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"];
    let end = rest.iter().position(|byte| *byte == b'}');
    let name = end.and_then(|end| std::str::from_utf8(rest.get(..end)?).ok()?.strip_prefix("N{"));
    let Some((name, end)) = name.zip(end) else { return Escaped { value: b"\\N".to_vec(), taken: 2 } };
    let name = name.to_ascii_uppercase();
    let letter = |prefix: &str| match name.strip_prefix(prefix)?.as_bytes() {
        [letter @ b'A'..=b'Z'] => Some(*letter),
        _ => None,
    };
    let digit = || {
        let digit = DIGITS.iter().position(|digit| name.strip_prefix("DIGIT ") == Some(digit))?;
        Some(b'0'.saturating_add(digit as u8))
    };
    let value = letter("LATIN CAPITAL LETTER ")
        .or_else(|| letter("LATIN SMALL LETTER ").map(|letter| letter.to_ascii_lowercase()))
        .or_else(digit)
        .or_else(|| SIGNS.iter().find(|(sign, _)| *sign == name).map(|(_, value)| *value));
    Escaped { value: vec![value.unwrap_or(b'?')], taken: end.saturating_add(2) }
}
