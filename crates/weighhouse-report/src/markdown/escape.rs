//! Hostile text in Markdown (`CommonMark` with GitHub's extensions).
//!
//! Escaping with backslashes is not enough: forges turn `@name`, `#1`, bare links and commit ids into links after Markdown
//! is done. Inside code spans none of that happens. So every word that is not plainly a word becomes a code span.

use weighhouse_core::printable::printable_within;

/// Characters of one text.
const LIMIT: usize = 600;

/// A code span that holds `text` and nothing else; empty for an empty text.
pub(crate) fn code(text: &str) -> String {
    span(&printable_within(text, LIMIT))
}

fn span(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    // Longer than any run of backticks inside, so that nothing inside can close it.
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence: plain words stay, text in backticks and whatever is not plainly a word becomes code.
pub(crate) fn prose(text: &str) -> String {
    let text = printable_within(text, LIMIT);
    let mut out: Vec<String> = Vec::new();
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks: they are not ours, and none is trusted to open code.
    let paired = parts.len() % 2 == 1;
    if !paired {
        return text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    }
    let mut glue = false;
    for (at, part) in parts.iter().enumerate() {
        let starts = part.starts_with(char::is_whitespace);
        let piece = if at % 2 == 1 { span(part) } else { words(part) };
        if piece.is_empty() {
            glue &= !part.contains(char::is_whitespace);
            continue;
        }
        match out.last_mut().filter(|_| glue && !starts) {
            // Two code spans that touch would run into each other.
            Some(last) if last.ends_with('`') && piece.starts_with('`') => out.push(piece),
            Some(last) => last.push_str(&piece),
            None => out.push(piece),
        }
        glue = at % 2 == 1 || !part.ends_with(char::is_whitespace);
    }
    out.join(" ")
}

fn words(text: &str) -> String {
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// A word as it is if it is plainly one, as code otherwise.
fn word(word: &str) -> String {
    let open = word.strip_prefix('(').unwrap_or(word);
    let core = open.trim_end_matches([',', ';', ':', '.', '!', '?', ')', '…']);
    if !core.is_empty() && !plain(core) {
        return span(word);
    }
    if core.is_empty() && !matches!(word, "," | "." | ";" | ":" | "…") {
        return span(word);
    }
    word.to_owned()
}

/// Letters, or digits, or letters joined by single hyphens or apostrophes; nothing that could be a commit id or an issue.
fn plain(core: &str) -> bool {
    let letters = |part: &str| !part.is_empty() && part.chars().all(char::is_alphabetic);
    let number = core.len() < 7 && core.bytes().all(|byte| byte.is_ascii_digit());
    let hex = core.len() >= 7 && core.bytes().all(|byte| byte.is_ascii_hexdigit());
    number || (!hex && core.split(['-', '\'']).all(letters))
}

#[cfg(test)]
mod tests {
    use super::{code, prose};

    #[test]
    fn words_stay_and_everything_else_is_code() {
        assert_eq!(prose("pickle calls `os.system` when loaded"), "pickle calls `os.system` when loaded");
        assert_eq!(prose("`a`, which is on no list (see 3)."), "`a`, which is on no list (see 3).");
        assert_eq!(prose("a model's set-up: 12 files"), "a model's set-up: 12 files");
        assert_eq!(prose("see http://evil.example @all #1"), "see `http://evil.example` `@all` `#1`");
        assert_eq!(prose("[x](javascript:1) <b> *y* __z__"), "`[x](javascript:1)` `<b>` `*y*` `__z__`");
        assert_eq!(
            prose("www.evil.example a|b GH-12 deadbeef1"),
            "`www.evil.example` `a|b` `GH-12` `deadbeef1`"
        );
        assert_eq!(prose("- item\n# x"), "`-` `item\\n#` x");
    }

    #[test]
    fn unbalanced_backticks_open_nothing() {
        assert_eq!(prose("a `b @all"), "a `` `b `` `@all`");
        assert_eq!(prose("x```y"), "````x```y````");
    }

    #[test]
    fn a_code_span_cannot_be_closed_from_inside() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("  "), "");
        assert_eq!(code("a\n\nb"), "`a\\n\\nb`");
    }
}
