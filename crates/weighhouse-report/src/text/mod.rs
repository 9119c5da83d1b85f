//! Words and numbers for people.

use weighhouse_core::printable::printable_within;
use weighhouse_core::{Finding, Location};

pub(crate) mod flow;

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
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

/// `1 file`, `2 files`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `4.2 MiB`.
pub(crate) fn bytes(count: u64) -> String {
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

/// Characters of a name: members of archives may have names of 64 KiB.
pub(crate) const NAME: usize = 400;

/// The place of a finding inside its file, without the key if headline or evidence say it already.
pub(crate) fn place_of(finding: &Finding) -> String {
    let told = |key: &&str| {
        finding.headline.contains(&format!("`{key}`")) || finding.evidence.as_deref() == Some(*key)
    };
    let key = finding.location.key.as_deref().filter(|key| !told(key));
    parts(&finding.location, key)
}

/// The place inside the file (`archive/data.pkl · byte 1,024 · os.system`), printable; empty for the whole file.
pub(crate) fn place(location: &Location) -> String {
    parts(location, location.key.as_deref())
}

fn parts(location: &Location, key: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(member) = location.member() {
        parts.push(printable_within(&member, NAME));
    }
    match (location.text, location.bytes) {
        (Some(text), _) => parts.push(format!("line {}, column {}", text.line, text.column)),
        (None, Some((start, _))) => parts.push(format!("byte {}", grouped(start))),
        (None, None) => {}
    }
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        parts.push(printable_within(key, NAME));
    }
    parts.join(" · ")
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
        assert_eq!(bytes(1023), "1,023 bytes");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!(bytes(4_404_019), "4.2 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
    }
}
