//! Cuts a policy text into statements, so that each can be parsed, reported and pointed at by itself.
//!
//! Follows the Cedar grammar's lexical part: a policy ends with `;`, which otherwise occurs only in strings and in `//`
//! comments. What stands after the last `;` is a statement too, if it holds anything: its missing end is then reported.

use std::ops::Range;

/// The byte ranges of the statements of `text`, without leading white space and comments.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let mut statements = Vec::new();
    let mut start: Option<usize> = None;
    let mut end = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == '/' && characters.next_if(|(_, next)| *next == '/').is_some() {
            while characters.next_if(|(_, next)| *next != '\n' && *next != '\r').is_some() {}
            continue;
        }
        if character.is_whitespace() {
            continue;
        }
        let first = *start.get_or_insert(at);
        end = at + character.len_utf8();
        match character {
            '"' => end = skip_string(&mut characters, end),
            ';' => {
                statements.push(first..end);
                start = None;
            }
            _ => {}
        }
    }
    statements.extend(start.map(|start| start..end));
    statements
}

/// How deep a statement can nest at most: Cedar reads, checks and frees conditions by recursion, so that a text of operators and nothing
/// else would end the program.
const DEEPEST: usize = 100;

/// Where a statement nests too deep, if it does. Counted is what each step of nesting needs: an operator, an open bracket, an `if`, a member
/// of a member. What stands side by side in a list is no nesting.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let (mut operators, mut open, mut members) = (0, 0_usize, 0);
    let mut characters = text.char_indices().peekable();
    let mut word = String::new();
    while let Some((at, character)) = characters.next() {
        if character == '/' && characters.next_if(|(_, next)| *next == '/').is_some() {
            while characters.next_if(|(_, next)| *next != '\n' && *next != '\r').is_some() {}
            continue;
        }
        match character {
            '"' => _ = skip_string(&mut characters, at),
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '.' => members += 1,
            '&' | '|' | '+' | '-' | '*' | '!' => (operators, members) = (operators + 1, 0),
            ',' | ';' | '=' | '<' | '>' => members = 0,
            _ => {}
        }
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            operators += usize::from(word == "if");
            word.clear();
        }
        // `&&` and `||` are two characters.
        if operators / 2 + open + members > DEEPEST {
            return Some(at);
        }
    }
    None
}

/// Reads to the closing quote; gives the end of what was read.
fn skip_string(characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>, mut end: usize) -> usize {
    let mut escaped = false;
    for (at, character) in characters.by_ref() {
        end = at + character.len_utf8();
        match (escaped, character) {
            (false, '"') => break,
            (false, '\\') => escaped = true,
            _ => escaped = false,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{split, too_deep};

    fn texts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn only_nesting_is_too_deep() {
        let long = format!("[{}].contains(resource.name)", "\"a && b || c\", ".repeat(10_000));
        let wide = "resource.a == 1 || ".repeat(90);
        for fine in ["permit;", &long, &wide, &format!("// {}", "&&".repeat(9_000))] {
            assert_eq!(too_deep(fine), None);
        }
        for deep in [
            "(".repeat(500),
            "a && ".repeat(500),
            "!".repeat(900),
            "if a then ".repeat(900),
            "a.".repeat(500),
        ] {
            assert!(too_deep(&deep).is_some(), "{deep}");
        }
    }

    #[test]
    fn statements_end_at_semicolons_that_are_code() {
        assert_eq!(texts("// a; b\npermit(a); // c\nforbid(b);"), ["permit(a);", "forbid(b);"]);
        assert_eq!(texts(r#"@m("a;\";//") permit; x"#), [r#"@m("a;\";//") permit;"#, "x"]);
        assert_eq!(texts("  // only a comment"), Vec::<&str>::new());
        assert_eq!(texts("a / b; \"unclosed ; // é"), ["a / b;", "\"unclosed ; // é"]);
    }
}
