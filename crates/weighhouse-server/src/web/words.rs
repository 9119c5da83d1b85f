//! How things are said on pages.

use std::fmt;

use askama::filters::HtmlSafe;
use weighhouse_core::ReleaseState;
use weighhouse_core::printable::printable_within;
pub(super) use weighhouse_core::words::short;
use weighhouse_core::words::span;

use crate::store::jobs::Trouble;
use crate::store::timestamp;

/// Characters of one text.
const LIMIT: usize = 2_000;

/// Text of anybody, safe to print: what would turn the direction of writing or hide is spelled out. Templates escape it.
pub(super) fn shown(text: &str) -> String {
    printable_within(text, LIMIT)
}

/// A message as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut characters = message.trim().chars();
    let Some(first) = characters.next() else { return String::new() };
    let text: String = first.to_uppercase().chain(characters).collect();
    if text.ends_with(['.', '!', '?', ':']) { text } else { text + "." }
}

/// A text of anybody in which what stands between backticks is code. Writes itself as HTML, escaped.
#[derive(Debug, Clone, Default)]
pub(super) struct Prose(String);

impl Prose {
    pub(super) fn new(text: &str) -> Self {
        Self(text.chars().take(LIMIT).collect())
    }

    /// As a sentence of its own.
    pub(super) fn sentence(text: &str) -> Self {
        Self::new(&sentence(text))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl HtmlSafe for Prose {}

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paired = self.0.matches('`').count().is_multiple_of(2);
        if !paired {
            return escape(&self.0, f);
        }
        for (at, part) in self.0.split('`').enumerate() {
            match (part.is_empty(), at % 2) {
                (true, _) => {}
                (false, 1) => {
                    f.write_str("<code>")?;
                    escape(part, f)?;
                    f.write_str("</code>")?;
                }
                (false, _) => escape(part, f)?,
            }
        }
        Ok(())
    }
}

fn escape(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in printable_within(text, LIMIT).chars() {
        match character {
            '&' => f.write_str("&amp;")?,
            '<' => f.write_str("&lt;")?,
            '>' => f.write_str("&gt;")?,
            '"' => f.write_str("&quot;")?,
            '\'' => f.write_str("&#39;")?,
            other => fmt::Write::write_char(f, other)?,
        }
    }
    Ok(())
}

/// A moment, seen from another one. Writes itself as `<time>`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    at: i64,
    now: i64,
    told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Exact,
    Ago,
    Lasting,
    Dated,
}

impl HtmlSafe for Moment {}

impl Moment {
    /// How long ago: `3 hours ago`.
    pub(super) fn ago(at: i64, now: i64) -> Self {
        Self { at, now, told: Told::Ago }
    }

    /// For how long: `for 3 hours`.
    pub(super) fn lasting(at: i64, now: i64) -> Self {
        Self { at, now, told: Told::Lasting }
    }

    /// The date and the time, for sentences that say more than how long.
    pub(super) fn dated(at: i64, now: i64) -> Self {
        Self { at, now, told: Told::Dated }
    }

    /// The date and the time.
    pub(super) fn exact(at: i64) -> Self {
        Self { at, now: at, told: Told::Exact }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only digits, letters and punctuation of ours: nothing to escape.
        let iso = timestamp(self.at).unwrap_or_default();
        let full = jiff::Timestamp::from_second(self.at)
            .map(|moment| moment.strftime("%-d %b %Y, %H:%M UTC").to_string())
            .unwrap_or_default();
        let words = match self.told {
            Told::Exact => return write!(f, "<time datetime=\"{iso}\">{full}</time>"),
            Told::Ago => age(self.at, self.now),
            Told::Lasting => lasting(self.at, self.now),
            Told::Dated => dated(self.at, self.now),
        };
        write!(f, "<time datetime=\"{iso}\" title=\"{full}\">{words}</time>")
    }
}

/// How far a moment is from now.
fn age(at: i64, now: i64) -> String {
    match span(now.abs_diff(at)) {
        None => "just now".to_owned(),
        Some(span) if now > at => format!("{span} ago"),
        Some(span) => format!("in {span}"),
    }
}

/// For how long something is as it is.
fn lasting(since: i64, now: i64) -> String {
    span(now.abs_diff(since)).map_or_else(|| "since just now".to_owned(), |span| format!("for {span}"))
}

/// A day, with how far it is: `19 Feb 2027 (in 89 days)`.
fn dated(at: i64, now: i64) -> String {
    let day = jiff::Timestamp::from_second(at).map(|moment| moment.strftime("%-d %b %Y").to_string());
    format!("{} ({})", day.unwrap_or_default(), age(at, now))
}

/// What is in the way of something, and when it is tried again.
pub(super) fn trouble(trouble: &Trouble, now: i64) -> Prose {
    Prose::sentence(&trouble.told(now))
}

/// How something stands, by colour; the word beside it always says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Pass,
    Review,
    Fail,
    Quiet,
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Review => "review",
            Self::Fail => "fail",
            Self::Quiet => "quiet",
        })
    }
}

/// The state of a release in a word or two, with its colour.
pub(super) fn state(state: ReleaseState) -> (String, Tone) {
    let (word, tone) = match state {
        ReleaseState::Rejected => ("Rejected", Tone::Fail),
        ReleaseState::Reviewable => ("Waits for approval", Tone::Review),
        ReleaseState::Approved => ("Approved, not served", Tone::Review),
        ReleaseState::Canary(share) => return (format!("Canary, {} %", share.percent()), Tone::Pass),
        ReleaseState::Released => ("Released", Tone::Pass),
        ReleaseState::Suspended => ("Suspended", Tone::Fail),
        ReleaseState::Superseded => ("Superseded", Tone::Quiet),
        ReleaseState::RolledBack => ("Rolled back", Tone::Quiet),
        ReleaseState::Expired => ("Expired", Tone::Quiet),
        ReleaseState::Revoked => ("Withdrawn for good", Tone::Fail),
    };
    (word.to_owned(), tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_escaped_whatever_it_holds() {
        for (text, html) in [
            ("plain", "plain"),
            ("file `a.bin` runs", "file <code>a.bin</code> runs"),
            ("`<script>`", "<code>&lt;script&gt;</code>"),
            ("odd ` <b>", "odd ` &lt;b&gt;"),
            ("\"'&", "&quot;&#39;&amp;"),
            ("``", ""),
        ] {
            assert_eq!(Prose::new(text).to_string(), html);
        }
        assert!(!Prose::new("a\u{202e}b").to_string().contains('\u{202e}'));
    }

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        for (seconds, words) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400, "24 hours ago"),
            (200_000, "2 days ago"),
            (-30, "just now"),
            (-864_000, "in 10 days"),
            (i64::MAX, "106,751,991,167,300 days ago"),
        ] {
            assert_eq!(age(0, seconds), words);
        }
        assert_eq!(dated(1_795_305_600, 1_795_305_600 - 89 * 86_400), "22 Nov 2026 (in 89 days)");
        assert_eq!(
            Moment::ago(0, 60).to_string(),
            "<time datetime=\"1970-01-01T00:00:00Z\" title=\"1 Jan 1970, 00:00 UTC\">1 minute ago</time>"
        );
    }
}
