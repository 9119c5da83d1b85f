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
    use super::split;

    fn texts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn statements_end_at_semicolons_that_are_code() {
        assert_eq!(texts("// a; b\npermit(a); // c\nforbid(b);"), ["permit(a);", "forbid(b);"]);
        assert_eq!(texts(r#"@m("a;\";//") permit; x"#), [r#"@m("a;\";//") permit;"#, "x"]);
        assert_eq!(texts("  // only a comment"), Vec::<&str>::new());
        assert_eq!(texts("a / b; \"unclosed ; // é"), ["a / b;", "\"unclosed ; // é"]);
    }
}
