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

/// Where a statement nests too deep, if it does. Counted is what each step of nesting needs: an operator, a condition, an open bracket, an
/// `if`, a member or an element of what stands before. What stands side by side in a list is no nesting; a chain goes on behind a bracket.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    // The steps of the chain under way in each open bracket, and of all of them.
    let (mut chains, mut steps, mut operators) = (vec![0_usize], 0_usize, 0_usize);
    let mut characters = text.char_indices().peekable();
    let (mut word, mut before) = (String::new(), ' ');
    while let Some((at, character)) = characters.next() {
        if character == '/' && characters.next_if(|(_, next)| *next == '/').is_some() {
            while characters.next_if(|(_, next)| *next != '\n' && *next != '\r').is_some() {}
            continue;
        }
        let end_of_operand = before.is_ascii_alphanumeric() || matches!(before, '_' | ')' | ']' | '"');
        let step = usize::from(character == '.' || (character == '[' && end_of_operand));
        let ends = matches!(character, '&' | '|' | '+' | '-' | '*' | '!' | ',' | ';' | '=' | '<' | '>');
        if let Some(chain) = chains.last_mut() {
            *chain += step;
            steps += step;
            if ends {
                steps -= *chain;
                *chain = 0;
            }
        }
        match character {
            '"' => _ = skip_string(&mut characters, at),
            '(' | '[' | '{' => chains.push(0),
            ')' | ']' | '}' if chains.len() > 1 => steps -= chains.pop().unwrap_or_default(),
            '&' | '|' | '+' | '-' | '*' | '!' => operators += 1,
            _ => {}
        }
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            // Conditions are joined as if by `&&`.
            operators += match word.as_str() {
                "if" => 1,
                "when" | "unless" => 2,
                _ => 0,
            };
            word.clear();
        }
        if !character.is_whitespace() {
            before = character;
        }
        // `&&` and `||` are two characters.
        if operators / 2 + chains.len() - 1 + steps > DEEPEST {
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
        let lists = "resource.a.containsAny([\"b\", \"c\"]) || ".repeat(90);
        for fine in ["permit;", &lists, &long, &wide, &format!("// {}", "&&".repeat(9_000))] {
            assert_eq!(too_deep(fine), None);
        }
        for deep in [
            "(".repeat(500),
            "a && ".repeat(500),
            "!".repeat(900),
            "if a then ".repeat(900),
            "a.".repeat(500),
            format!("context{}", "[\"a\"]".repeat(500)),
            format!("context{}", " [ \"a\" ] ".repeat(500)),
            format!("a{}", ".containsAny([\"a\", \"b\"])".repeat(500)),
            format!("a{}", ".f(b == c, d)".repeat(500)),
            "when{1==1}".repeat(500),
            "when { true } unless { false }".repeat(500),
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
