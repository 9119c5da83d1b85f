//! The words of a text, with all that editors, terminals and web pages change left out.
//!
//! Two renderings of one licence give the same words: wrapping, letter case, quotes, bullets, emphasis, comment marks, hyphens inside
//! a word, enumerators, British spelling and copyright lines do not count. Numbers and addresses do.

use unicode_normalization::UnicodeNormalization;

use super::lexicon;

/// Beginning of a word that stands for an address.
pub(super) const ADDRESS: &str = "url:";

/// Words of a text.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// In order.
    pub(crate) words: Vec<String>,
    /// Whether there were more than could be kept.
    pub(crate) cut: bool,
}

/// The first `limit` words of `text`.
pub(crate) fn words(text: &str, limit: usize) -> Words {
    let mut out = Words::default();
    for line in text.lines() {
        let line = line.nfkc().flat_map(char::to_lowercase).collect::<String>().replace('ß', "ss");
        if is_copyright(&line) {
            continue;
        }
        for chunk in line.split_whitespace() {
            self::chunk(chunk, &mut out.words);
        }
        if out.words.len() > limit {
            out.words.truncate(limit);
            out.cut = true;
            break;
        }
    }
    out
}

/// What stands between two blanks: usually a word, sometimes an address with what is around it.
fn chunk(chunk: &str, out: &mut Vec<String>) {
    let scheme = chunk.find("://").map(|at| {
        let before = chunk.get(..at).unwrap_or_default();
        (before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len(), at.saturating_add(3))
    });
    let Some((start, host)) = scheme.or_else(|| chunk.find("www.").map(|at| (at, at))) else {
        return plain(chunk, out);
    };
    let before = chunk.get(..start).unwrap_or_default();
    let rest = chunk.get(host..).unwrap_or_default();
    let end = rest.find([')', '>', ']', '"', '\'', '”', '’', '`']).unwrap_or(rest.len());
    let (address, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let address = address.trim_start_matches("www.").trim_end_matches(['.', ',', ';', ':', '/']);
    plain(before, out);
    // The target of a link repeats nothing that a plain rendering shows.
    if !before.ends_with("](") && !address.is_empty() {
        out.push(format!("{ADDRESS}{address}"));
    }
    plain(after, out);
}

/// Words of a text without blanks and addresses.
fn plain(text: &str, out: &mut Vec<String>) {
    let mut word = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = !word.is_empty() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        if c.is_alphanumeric() {
            word.push(c);
        } else if !(inside && matches!(c, '\'' | '’' | '‘' | 'ʼ' | '-' | '‐' | '‑' | '\u{ad}')) {
            keep(std::mem::take(&mut word), out);
        }
    }
    keep(word, out);
}

/// Adds a word, unless it only counts paragraphs.
fn keep(word: String, out: &mut Vec<String>) {
    let single = word.chars().nth(1).is_none() && !word.chars().all(|c| c.is_ascii_digit());
    if word.is_empty() || single || lexicon::is_roman(&word) {
        return;
    }
    out.push(match lexicon::spelling(&word) {
        Some(usual) => usual.to_owned(),
        None => word,
    });
}

/// Whether a line (in lower case) only says whose the work is. A line that also permits or forbids something is kept.
fn is_copyright(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '©' | '('));
    let line = line.strip_prefix("portions ").unwrap_or(line);
    // `copyright (c) …`, `copyright 2024 …`, `copyright <year> …`: in prose, another word follows.
    let named = line.strip_prefix("copyright").map(|rest| rest.trim_start_matches([' ', ':', '\t']));
    let owned = line.starts_with('©')
        || line.starts_with("(c)")
        || named.is_some_and(|rest| {
            rest.starts_with("(c)")
                || rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '©' | '<' | '[' | '{'))
        });
    let reserved = line.trim_end_matches(['.', '*', '_', ' ']) == "all rights reserved";
    if !(reserved || owned) {
        return false;
    }
    let mut words = Vec::new();
    plain(line, &mut words);
    words.len() <= 24 && !words.iter().any(|word| lexicon::is_operative(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        words(text, 1_000).words.join(" ")
    }

    #[test]
    fn renderings_of_one_text_are_equal() {
        let plain = "Permission is granted, \"as is\", to the licensee's sub-licences: non-commercial use.";
        let web = "  * **Permission**   IS\n> granted, “as is”, to the licensee’s\n// sublicenses: (a) noncommercial use";
        assert_eq!(of(plain), of(web));
        assert_eq!(of(plain), "permission is granted as is to the licensees sublicenses noncommercial use");
    }

    #[test]
    fn copyright_lines_go_unless_they_say_more() {
        assert_eq!(of("Copyright (c) 2024 Foo GmbH. All rights reserved.\nuse it"), "use it");
        assert_eq!(of("Copyright <YEAR> <OWNER>\n© Foo\nAll Rights Reserved.\nuse it"), "use it");
        assert!(of("Copyright (c) 2024 Foo. No commercial use.").contains("no commercial use"));
        assert_eq!(
            of("copyright notice and this permission notice"),
            "copyright notice and this permission notice"
        );
    }

    #[test]
    fn addresses_are_words_and_their_markup_is_not() {
        assert_eq!(of("see (https://www.Example.com/a-b/)."), "see url:example.com/a-b");
        assert_eq!(of("see [the terms](https://example.com/t)"), "see the terms");
        assert_eq!(of("see http://example.com/a"), of("see <https://example.com/a>"));
    }

    #[test]
    fn more_words_than_fit_are_said() {
        let all = words("one two three four", 3);
        assert_eq!((all.words.len(), all.cut), (3, true));
        assert!(!words("one two three", 3).cut);
    }
}
