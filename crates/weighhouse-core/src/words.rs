//! Numbers and ids as people read them.

/// `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `2 files`, `2 policies`, `2 people`.
pub fn plural(count: u64, noun: &str) -> String {
    let grouped = grouped(count);
    let consonant = |stem: &&str| !stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match (count, noun, noun.strip_suffix('y').filter(consonant)) {
        (1, ..) => format!("{grouped} {noun}"),
        (_, "person", _) => format!("{grouped} people"),
        (_, _, Some(stem)) => format!("{grouped} {stem}ies"),
        _ => format!("{grouped} {noun}s"),
    }
}

/// `4.2 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return plural(count, "byte");
    }
    // Tenths of the unit, rounded; in 128 bits nothing overflows.
    let mut unit = 1024_u128;
    let mut name = "KiB";
    for candidate in UNITS {
        name = candidate;
        if u128::from(count) * 10 + unit / 2 < unit * 10_240 {
            break;
        }
        unit *= 1024;
    }
    let tenths = (u128::from(count) * 10 + unit / 2) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// `5 minutes`, `3 hours`, `12 days`: a span in the unit that fits, rounded down; nothing below a minute.
pub fn span(seconds: u64) -> Option<String> {
    match seconds {
        0..60 => None,
        60..3_600 => Some(plural(seconds / 60, "minute")),
        3_600..172_800 => Some(plural(seconds / 3_600, "hour")),
        _ => Some(plural(seconds / 86_400, "day")),
    }
}

/// The beginning of a digest or commit id: enough to tell it from others.
pub fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(plural(1, "file"), "1 file");
        assert_eq!(plural(1000, "file"), "1,000 files");
        assert_eq!(plural(1, "policy"), "1 policy");
        assert_eq!(plural(0, "policy"), "0 policies");
        assert_eq!(plural(2, "day"), "2 days");
        assert_eq!(plural(2, "person"), "2 people");
        assert_eq!(bytes(1023), "1,023 bytes");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!(bytes(4_404_019), "4.2 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        assert_eq!(span(59), None);
        assert_eq!(span(119).as_deref(), Some("1 minute"));
        assert_eq!(span(172_799).as_deref(), Some("47 hours"));
        assert_eq!(span(172_800).as_deref(), Some("2 days"));
    }
}
