//! Hostile text made fit to be shown: no control characters, no hidden direction changes, bounded length.

use std::fmt::Write as _;

/// Escapes everything that could act on a terminal or mislead a reader: C0 and C1 controls, bidirectional and zero-width
/// characters, tag characters, noncharacters. Backslashes stay as they are: the result is for reading, not for parsing back.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if acts(c) => {
                // Writing to a string cannot fail.
                _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// [`printable`], cut to `limit` characters with an ellipsis.
pub fn printable_within(text: &str, limit: usize) -> String {
    let cut: String = text.chars().take(limit).collect();
    let mut out = printable(&cut);
    if cut.len() < text.len() {
        out.push('…');
    }
    out
}

fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_survives() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c\u{9b}"), "a\\u{1b}[31mb\\u{202e}c\\u{9b}");
        assert_eq!(printable("\u{61c}\u{ad}\u{ffff}"), "\\u{61c}\\u{ad}\\u{ffff}");
        assert_eq!(printable("naïve — 模型"), "naïve — 模型");
        assert_eq!(printable_within("abcdef", 3), "abc…");
    }
}
