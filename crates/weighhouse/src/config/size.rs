//! Sizes with units: `64 GiB`, `500MB`, `4096`.

/// Reads a size in bytes. Units are those of IEC 80000-13 (`KiB` = 1024) and SI (`kB` = 1000), in any case.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.replace('_', "").parse().ok()?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        "pib" => 1 << 50,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("64 GiB", Some(64 << 30)),
            ("500MB", Some(500_000_000)),
            ("4_096", Some(4096)),
            ("1 kib", Some(1024)),
            ("1 PiB", Some(1 << 50)),
            ("1 XB", None),
            ("", None),
            ("GiB", None),
            ("-1", None),
            ("1.5 GiB", None),
            ("99999999999 TiB", None),
            ("１ GiB", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
