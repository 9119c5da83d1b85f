//! Hostile text made fit to be shown: no control characters, no hidden direction changes, bounded length.

use std::fmt::Write as _;

/// Escapes everything that could act on a terminal or mislead a reader: C0 and C1 controls, bidirectional and zero-width
/// characters, tag characters, noncharacters, and what is never seen (`Default_Ignorable_Code_Point` of Unicode, blank signs). Backslashes stay as they are: the result is for reading, not for parsing back.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        // One selector says how a sign is drawn; more than one says something that nobody sees.
        let repeated = is_selector(character) && (is_selector(before) || before == ' ');
        before = character;
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if acts(c) || repeated => {
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
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text or picture: signs like ❤ are written with one of them.
fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe0e}' | '\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_survives() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c\u{9b}"), "a\\u{1b}[31mb\\u{202e}c\\u{9b}");
        assert_eq!(printable("\u{61c}\u{ad}\u{ffff}"), "\\u{61c}\\u{ad}\\u{ffff}");
        assert_eq!(printable("naïve — 模型 ❤\u{fe0f}"), "naïve — 模型 ❤\u{fe0f}");
        assert_eq!(printable("a\u{fe0f}\u{fe0e}b\u{fe00}"), "a\u{fe0f}\\u{fe0e}b\\u{fe00}");
        assert_eq!(printable("a\u{3164}\u{2800}\u{e0100}"), "a\\u{3164}\\u{2800}\\u{e0100}");
        assert_eq!(printable_within("abcdef", 3), "abc…");
    }
}
