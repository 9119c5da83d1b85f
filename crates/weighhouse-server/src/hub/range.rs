//! Ranges of bytes (RFC 9110, section 14): one range is served, several are answered with the whole.

/// What part of `total` bytes a header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From the first to the last byte, both included.
    Range(u64, u64),
    /// Nothing that is there.
    Beyond,
}

/// Reads a `Range` header. What cannot be read is ignored, as the RFC says.
pub(super) fn part(header: Option<&str>, total: u64) -> Part {
    let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let end = total.saturating_sub(1);
    match (first, number(first), last, number(last)) {
        ("", _, _, Some(0)) => Part::Beyond,
        ("", _, _, Some(_)) if total == 0 => Part::Beyond,
        ("", _, _, Some(count)) => Part::Range(total.saturating_sub(count), end),
        (_, Some(first), "", _) if first < total => Part::Range(first, end),
        (_, Some(first), _, Some(last)) if first <= last && first < total => {
            Part::Range(first, last.min(end))
        }
        (_, Some(first), "", _) if first >= total => Part::Beyond,
        (_, Some(first), _, Some(last)) if first <= last => Part::Beyond,
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (header, total, expected) in [
            (None, 10, Part::Whole),
            (Some("bytes=0-0"), 10, Part::Range(0, 0)),
            (Some("bytes=5-"), 10, Part::Range(5, 9)),
            (Some("bytes=5-99999999999999999999"), 10, Part::Range(5, 9)),
            (Some("bytes=-3"), 10, Part::Range(7, 9)),
            (Some("bytes=-30"), 10, Part::Range(0, 9)),
            (Some("bytes=-0"), 10, Part::Beyond),
            (Some("bytes=10-"), 10, Part::Beyond),
            (Some("bytes=10-12"), 10, Part::Beyond),
            (Some("bytes=0-0"), 0, Part::Beyond),
            (Some("bytes=-5"), 0, Part::Beyond),
            (Some("bytes=7-3"), 10, Part::Whole),
            (Some("bytes=0-1,4-5"), 10, Part::Whole),
            (Some("bytes=a-b"), 10, Part::Whole),
            (Some("bytes="), 10, Part::Whole),
            (Some("items=0-1"), 10, Part::Whole),
            (Some("bytes=+1-2"), 10, Part::Whole),
        ] {
            assert_eq!(part(header, total), expected, "{header:?} of {total}");
        }
    }
}
