//! Numbers written as text, as Python reads them.

/// An integer that may need more than 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integer {
    /// It fits.
    Small(i64),
    /// It does not.
    Big,
}

/// An integer as `int(text, 0)` and C's `strtol(text, 0)` read it: `None` if neither does.
pub(super) fn integer(text: &str) -> Option<Integer> {
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .find_map(|(prefix, radix)| lower.strip_prefix(prefix).map(|rest| (*radix, rest)))
        .unwrap_or((10, lower.as_str()));
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    let misplaced = digits.starts_with('_') && radix == 10 || digits.ends_with('_') || digits.contains("__");
    if plain.is_empty() || misplaced || !plain.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let signed = if negative { format!("-{plain}") } else { plain };
    Some(i64::from_str_radix(&signed, radix).map_or(Integer::Big, Integer::Small))
}

/// An integer as `int(text)` reads it, if it fits.
pub(super) fn decimal(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    match integer(text) {
        Some(Integer::Small(value)) if !lower.contains(['x', 'o', 'b']) => Some(value),
        _ => None,
    }
}

/// A floating-point number as `float(text)` reads it.
pub(super) fn float(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let bytes = trimmed.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let underscores = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    let misplaced = underscores.clone().any(|(at, _)| !digit(at.checked_sub(1)) || !digit(at.checked_add(1)));
    if misplaced { None } else { trimmed.replace('_', "").parse().ok() }
}

/// Two's complement, least significant byte first, at most eight bytes.
pub(super) fn little_endian(digits: &[u8]) -> i64 {
    let negative = digits.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut bytes = [if negative { 0xff } else { 0 }; 8];
    for (slot, digit) in bytes.iter_mut().zip(digits) {
        *slot = *digit;
    }
    i64::from_le_bytes(bytes)
}
