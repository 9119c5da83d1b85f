//! Decimal numbers as the specifications write them: ASCII digits without leading zeroes; and the paths made of them.

use crate::tree::MAX_SIZE;

/// A size or index of a tree: decimal, no sign, no leading zero, at most [`MAX_SIZE`].
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|number| canonical && *number <= MAX_SIZE)
}

/// `1234067` is `x001/x234/067`.
pub(crate) fn path(number: u64) -> String {
    let mut groups = vec![format!("{:03}", number % 1_000)];
    let mut rest = number / 1_000;
    while rest > 0 {
        groups.push(format!("x{:03}", rest % 1_000));
        rest /= 1_000;
    }
    groups.reverse();
    groups.join("/")
}

/// `N` or `N.p/W` of a path: the index and the width of a tile or bundle. Accepts what [`path`] writes and nothing else.
pub(crate) fn parse_path(text: &str) -> Option<(u64, u16)> {
    let (place, width) = match text.split_once(".p/") {
        None => (text, crate::tile::FULL),
        Some((place, width)) => {
            let width = decimal(width).and_then(|width| u16::try_from(width).ok())?;
            (place, Some(width).filter(|width| (1..crate::tile::FULL).contains(width))?)
        }
    };
    // Nineteen digits in groups of three, each with an `x` and a slash.
    if place.len() > 35 {
        return None;
    }
    let digits: String = place.chars().filter(char::is_ascii_digit).collect();
    let index: u64 = digits.parse().ok().filter(|index| *index <= MAX_SIZE)?;
    (path(index) == place).then_some((index, width))
}

/// What stands behind the place of a tile or bundle that is not full.
pub(crate) fn suffix(width: u16) -> String {
    if width == crate::tile::FULL { String::new() } else { format!(".p/{width}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("20852163"), Some(20_852_163));
        assert_eq!(decimal("9223372036854775807"), Some(MAX_SIZE));
        for wrong in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "9223372036854775808", "١"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        assert_eq!(path(1_234_067), "x001/x234/067");
        assert_eq!(path(0), "000");
        assert_eq!(path(999), "999");
        assert_eq!(path(1_000), "x001/000");
        assert_eq!(parse_path("x001/x234/067"), Some((1_234_067, 256)));
        assert_eq!(parse_path("067.p/1"), Some((67, 1)));
        assert_eq!(parse_path(&path(MAX_SIZE)), Some((MAX_SIZE, 256)));
        for wrong in [
            "",
            "67",
            "x067",
            "x000/067",
            "001/067",
            "x001/x067",
            "067.p/0",
            "067.p/256",
            "067.p/01",
            "067.p/",
            "067.p/1.p/1",
            "06７",
            "x001//067",
            "/067",
            "067/",
            "x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(parse_path(wrong), None, "{wrong}");
        }
    }
}
