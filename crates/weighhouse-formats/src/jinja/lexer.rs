//! Template text to tokens, after Jinja2's lexer (`jinja2/lexer.py`) with the delimiters that every model uses:
//! `{{ }}`, `{% %}`, `{# #}`, each with `-` or `+`. Line statements are off, as in transformers.
//!
//! Works piece by piece: [`Lexer::next_piece`] passes over data, comments and raw blocks and hands out the tokens of one
//! `{{ }}` or `{% %}`; memory is that of one piece.

use std::ops::Range;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text that is put out as it stands.
    Data(Range<usize>),
    /// `{{ … }}`.
    Variable(Vec<Token>),
    /// `{% … %}`.
    Block(Vec<Token>),
    /// Something that breaks the grammar; reading goes on behind it.
    Error(Range<usize>, &'static str),
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Name(String),
    Text(String),
    Integer(i64),
    Float,
    Operator(&'static str),
}

/// Longest first, so that `**` is not read as two `*`.
const OPERATORS: &[&str] = &[
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
    "=", ".", ":", "|", ",", ";",
];

/// Walks a template.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next piece begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next piece; none at the end.
    pub(super) fn next_piece(&mut self) -> Option<Piece> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let start = self.at;
        match opening(rest) {
            None => {
                self.at = self.text.len();
                Some(Piece::Data(start..self.at))
            }
            Some(0) => Some(self.opened(start)),
            Some(offset) => {
                self.at = start.saturating_add(offset);
                Some(Piece::Data(start..self.at))
            }
        }
    }

    fn opened(&mut self, start: usize) -> Piece {
        let kind = self.text.as_bytes().get(start.saturating_add(1)).copied().unwrap_or_default();
        self.at = start.saturating_add(2);
        if kind == b'#' {
            return self.comment(start);
        }
        if let Some(sign) = self.rest().bytes().next().filter(|sign| matches!(sign, b'-' | b'+'))
            && (kind == b'%' || sign == b'-')
        {
            self.at = self.at.saturating_add(1);
        }
        if kind == b'%'
            && let Some(len) = raw_tag(self.rest(), "raw")
        {
            self.at = self.at.saturating_add(len);
            return self.raw(start);
        }
        match self.tokens(kind) {
            Ok(tokens) if kind == b'%' => Piece::Block(tokens),
            Ok(tokens) => Piece::Variable(tokens),
            Err(reason) => {
                self.recover(kind);
                Piece::Error(start..self.at, reason)
            }
        }
    }

    fn comment(&mut self, start: usize) -> Piece {
        if let Some(offset) = self.rest().find("#}") {
            self.at = self.at.saturating_add(offset).saturating_add(2);
            return Piece::Data(self.at..self.at);
        }
        self.at = self.text.len();
        Piece::Error(start..self.at, "a comment is not closed")
    }

    fn raw(&mut self, start: usize) -> Piece {
        let from = self.at;
        let mut search = from;
        while let Some(offset) = self.text.get(search..).and_then(|rest| rest.find("{%")) {
            let tag = search.saturating_add(offset);
            let mut inner = tag.saturating_add(2);
            if matches!(self.text.as_bytes().get(inner), Some(b'-' | b'+')) {
                inner = inner.saturating_add(1);
            }
            if let Some(len) = raw_tag(self.text.get(inner..).unwrap_or_default(), "endraw") {
                self.at = inner.saturating_add(len);
                return Piece::Data(from..tag);
            }
            search = tag.saturating_add(2);
        }
        self.at = self.text.len();
        Piece::Error(start..self.at, "a raw block is not closed")
    }

    /// After an error: behind the next closing delimiter, or at the end.
    fn recover(&mut self, kind: u8) {
        let close = if kind == b'%' { "%}" } else { "}}" };
        match self.rest().find(close) {
            Some(offset) => self.at = self.at.saturating_add(offset).saturating_add(2),
            None => self.at = self.text.len(),
        }
    }

    fn tokens(&mut self, kind: u8) -> Result<Vec<Token>, &'static str> {
        let mut tokens = Vec::new();
        let mut open = Vec::new();
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at = self.at.saturating_add(rest.len().saturating_sub(trimmed.len()));
            if open.is_empty()
                && let Some(len) = closing(trimmed, kind)
            {
                self.at = self.at.saturating_add(len);
                return Ok(tokens);
            }
            if trimmed.is_empty() {
                return Err("the template ends inside a tag");
            }
            let start = self.at;
            let after_dot = matches!(tokens.last(), Some(Token { kind: TokenKind::Operator("."), range }) if range.end == start);
            let (kind, len) = token(trimmed, after_dot)?;
            if let TokenKind::Operator(operator) = kind {
                balance(&mut open, operator)?;
            }
            self.at = start.saturating_add(len);
            tokens.push(Token { kind, range: start..self.at });
        }
    }
}

/// Where the next `{{`, `{%` or `{#` begins.
fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes)
        .find(|at| matches!(bytes.get(at.saturating_add(1)), Some(b'{' | b'%' | b'#')))
}

/// Length of the closing delimiter at the start of `text`, if one is there.
fn closing(text: &str, kind: u8) -> Option<usize> {
    let ends: &[&str] = if kind == b'%' { &["%}", "-%}", "+%}"] } else { &["}}", "-}}"] };
    ends.iter().find(|end| text.starts_with(**end)).map(|end| end.len())
}

/// Length of `raw %}` (or `endraw -%}`) at the start of `text`, if it is there.
fn raw_tag(text: &str, word: &str) -> Option<usize> {
    let rest = text.trim_start().strip_prefix(word)?.trim_start();
    let len = closing(rest, b'%')?;
    Some(text.len().saturating_sub(rest.len()).saturating_add(len))
}

fn balance(open: &mut Vec<&'static str>, operator: &'static str) -> Result<(), &'static str> {
    match operator {
        "(" => open.push(")"),
        "[" => open.push("]"),
        "{" => open.push("}"),
        ")" | "]" | "}" => match open.pop() {
            Some(expected) if expected == operator => {}
            _ => return Err("brackets do not match"),
        },
        _ => {}
    }
    Ok(())
}

fn token(text: &str, after_dot: bool) -> Result<(TokenKind, usize), &'static str> {
    let first = text.chars().next().unwrap_or_default();
    if matches!(first, '\'' | '"') {
        return string(text, first);
    }
    if first.is_ascii_digit() {
        return number(text, after_dot);
    }
    if first == '_' || first.is_alphabetic() {
        let len = text.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(text.len());
        return Ok((TokenKind::Name(text.get(..len).unwrap_or_default().to_owned()), len));
    }
    OPERATORS
        .iter()
        .find(|operator| text.starts_with(**operator))
        .map(|operator| (TokenKind::Operator(operator), operator.len()))
        .ok_or("an unexpected character stands in a tag")
}

fn number(text: &str, after_dot: bool) -> Result<(TokenKind, usize), &'static str> {
    let bytes = text.as_bytes();
    let radix = match bytes.get(1) {
        Some(b'x' | b'X') => 16,
        Some(b'o' | b'O') => 8,
        Some(b'b' | b'B') => 2,
        _ => 10,
    };
    if radix != 10 && bytes.first() == Some(&b'0') {
        let len = run(bytes, 2, |byte| char::from(byte).is_digit(radix));
        let digits: String = text.get(2..len).unwrap_or_default().replace('_', "");
        let value = i64::from_str_radix(&digits, radix).map_err(|_| "a number is malformed")?;
        return Ok((TokenKind::Integer(value), len));
    }
    let digit = |byte: u8| byte.is_ascii_digit();
    let whole = run(bytes, 0, digit);
    let mut len = whole;
    if !after_dot {
        if bytes.get(len) == Some(&b'.') && bytes.get(len.saturating_add(1)).is_some_and(u8::is_ascii_digit) {
            len = run(bytes, len.saturating_add(1), digit);
        }
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len.saturating_add(1)), Some(b'+' | b'-')));
            let from = len.saturating_add(1).saturating_add(sign);
            if bytes.get(from).is_some_and(u8::is_ascii_digit) {
                len = run(bytes, from, digit);
            }
        }
    }
    if len > whole {
        return Ok((TokenKind::Float, len));
    }
    let digits = text.get(..whole).unwrap_or_default().replace('_', "");
    // Larger than any index: its exact value says nothing, only that it is a number.
    Ok((TokenKind::Integer(digits.parse().unwrap_or(i64::MAX)), whole))
}

/// End of the run of digits from `from`, with single underscores between them.
fn run(bytes: &[u8], from: usize, digit: impl Fn(u8) -> bool) -> usize {
    let is_digit = |at: usize| bytes.get(at).is_some_and(|byte| digit(*byte));
    let mut at = from;
    while is_digit(at) || (bytes.get(at) == Some(&b'_') && is_digit(at.saturating_add(1))) {
        at = at.saturating_add(1);
    }
    at
}

fn string(text: &str, quote: char) -> Result<(TokenKind, usize), &'static str> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => {
                let body = text.get(1..at).unwrap_or_default();
                return Ok((TokenKind::Text(unescape(body)), at.saturating_add(1)));
            }
            _ => {}
        }
    }
    Err("a string is not closed")
}

/// Python's `unicode-escape`, as Jinja2 applies it to string constants. Escapes that Python refuses stay as they stand.
pub(super) fn unescape(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let Some(kind) = rest.chars().next() else {
            out.push('\\');
            return out;
        };
        let after = rest.get(kind.len_utf8()..).unwrap_or_default();
        let (text, used) = escape(kind, rest, after);
        out.push_str(&text);
        rest = rest.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// What an escape stands for, and how much of `rest` (which begins with its letter) it takes.
fn escape(kind: char, rest: &str, after: &str) -> (String, usize) {
    let simple = match kind {
        '\n' => Some(""),
        '\\' => Some("\\"),
        '\'' => Some("'"),
        '"' => Some("\""),
        'a' => Some("\u{7}"),
        'b' => Some("\u{8}"),
        'f' => Some("\u{c}"),
        'n' => Some("\n"),
        'r' => Some("\r"),
        't' => Some("\t"),
        'v' => Some("\u{b}"),
        _ => None,
    };
    if let Some(text) = simple {
        return (text.to_owned(), kind.len_utf8());
    }
    let (digits, radix, skip) = match kind {
        'x' => (2, 16, 1),
        'u' => (4, 16, 1),
        'U' => (8, 16, 1),
        '0'..='7' => (rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count(), 8, 0),
        _ => return (format!("\\{kind}"), kind.len_utf8()),
    };
    let source = if skip == 1 { after } else { rest };
    let code =
        source.get(..digits).and_then(|text| u32::from_str_radix(text, radix).ok()).and_then(char::from_u32);
    match code {
        Some(c) => (c.to_string(), skip + digits),
        None => (format!("\\{kind}"), kind.len_utf8()),
    }
}
