//! Environment markers (PEP 508), judged for any machine on which a model is used today: a requirement for Python 2 is none.

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};

/// Versions of Python that are taken to be in use.
const PYTHONS: &[&str] = &["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];
/// Parentheses within one another, and parts of one marker.
const DEPTH: usize = 16;
const TOKENS: usize = 512;

/// Whether a marker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Always,
    Sometimes,
    Never,
}

/// Judges a marker. What cannot be read holds sometimes.
pub(super) fn judge(marker: &str) -> Holds {
    let Some(tokens) = tokens(marker) else { return Holds::Sometimes };
    let mut reader = Reader { tokens: &tokens, at: 0 };
    let holds = reader.any(0);
    holds.filter(|_| reader.at == tokens.len()).unwrap_or(Holds::Sometimes)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Operator(&'t str),
    Open,
    Close,
}

fn tokens(mut text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else { return Some(tokens) };
        if tokens.len() >= TOKENS {
            return None;
        }
        let len = match first {
            '(' | ')' => {
                tokens.push(if first == '(' { Token::Open } else { Token::Close });
                1
            }
            '"' | '\'' => {
                let inner = text.get(1..)?;
                let end = inner.find(first)?;
                tokens.push(Token::Text(inner.get(..end)?));
                end.checked_add(2)?
            }
            '<' | '>' | '=' | '!' | '~' => {
                let end = text.find(|c| !matches!(c, '<' | '>' | '=' | '!' | '~')).unwrap_or(text.len());
                tokens.push(Token::Operator(text.get(..end)?));
                end
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
                let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
                tokens.push(Token::Word(text.get(..end)?));
                end
            }
            _ => return None,
        };
        text = text.get(len..)?;
    }
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'t Token<'t>> {
        let token = self.peek();
        self.at = self.at.saturating_add(1);
        token
    }

    fn takes(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.peek() == Some(token);
        self.at = self.at.saturating_add(usize::from(is_next));
        is_next
    }

    fn any(&mut self, depth: usize) -> Option<Holds> {
        let mut holds = self.all(depth)?;
        while self.takes(&Token::Word("or")) {
            holds = match (holds, self.all(depth)?) {
                (Holds::Always, _) | (_, Holds::Always) => Holds::Always,
                (Holds::Never, Holds::Never) => Holds::Never,
                _ => Holds::Sometimes,
            };
        }
        Some(holds)
    }

    fn all(&mut self, depth: usize) -> Option<Holds> {
        let mut holds = self.one(depth)?;
        while self.takes(&Token::Word("and")) {
            holds = match (holds, self.one(depth)?) {
                (Holds::Never, _) | (_, Holds::Never) => Holds::Never,
                (Holds::Always, Holds::Always) => Holds::Always,
                _ => Holds::Sometimes,
            };
        }
        Some(holds)
    }

    fn one(&mut self, depth: usize) -> Option<Holds> {
        if self.takes(&Token::Open) {
            let holds = (depth < DEPTH).then(|| self.any(depth.saturating_add(1)))??;
            return self.takes(&Token::Close).then_some(holds);
        }
        let left = self.next()?;
        let operator = match self.next()? {
            Token::Operator(operator) => *operator,
            Token::Word("in") => "in",
            Token::Word("not") if self.takes(&Token::Word("in")) => "not in",
            _ => return None,
        };
        match (left, self.next()?) {
            (Token::Word(name), Token::Text(text)) => Some(compare(name, operator, text)),
            // A text of any versions holds one; a version holds a part of itself. Which patch it is nobody knows.
            (Token::Text(text), Token::Word(name)) if matches!(operator, "in" | "not in") => {
                Some(part_of(name, operator, text))
            }
            (Token::Text(text), Token::Word(name)) => Some(compare(name, turned(operator), text)),
            _ => None,
        }
    }
}

fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}

fn compare(name: &str, operator: &str, text: &str) -> Holds {
    if !matches!(name, "python_version" | "python_full_version") {
        return Holds::Sometimes;
    }
    // As Python compares texts: `"3.1" in "3.10"` holds.
    let within = matches!(operator, "in" | "not in");
    if within && name == "python_full_version" {
        return Holds::Sometimes;
    }
    let holds = |version: &&&str| match operator {
        "in" => Some(text.contains(**version)),
        "not in" => Some(!text.contains(**version)),
        _ => {
            let specifiers = VersionSpecifiers::from_str(&format!("{operator}{text}")).ok()?;
            Some(specifiers.contains(&Version::from_str(version).ok()?))
        }
    };
    let judged: Option<Vec<bool>> = PYTHONS.iter().map(|version| holds(&version)).collect();
    match judged {
        // Between two minor versions lie others that a full version may mean.
        Some(all) if all.iter().all(|holds| *holds) => Holds::Always,
        Some(all) if all.iter().all(|holds| !holds) && !is_within(text) => Holds::Never,
        _ => Holds::Sometimes,
    }
}

/// Whether every version, or none, has `text` in it: `"3" in python_version`.
fn part_of(name: &str, operator: &str, text: &str) -> Holds {
    if name != "python_version" {
        return Holds::Sometimes;
    }
    let held = PYTHONS.iter().filter(|version| version.contains(text)).count();
    match (held, operator) {
        (0, "not in") => Holds::Always,
        (0, _) => Holds::Never,
        (all, "in") if all == PYTHONS.len() => Holds::Always,
        (all, _) if all == PYTHONS.len() => Holds::Never,
        _ => Holds::Sometimes,
    }
}

/// Whether a version is a patch of one of the versions in use.
fn is_within(text: &str) -> bool {
    PYTHONS.iter().any(|minor| text.strip_prefix(minor).is_some_and(|rest| rest.starts_with('.')))
}
