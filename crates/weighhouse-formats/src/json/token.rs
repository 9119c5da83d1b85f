//! A pull tokenizer for JSON (RFC 8259): one token at a time, with its place, in memory that does not grow with the input.
//!
//! The grammar is strict, with one exception that callers ask for: Python writes `NaN` and `Infinity`. Nesting is kept on
//! a bounded stack of its own, never by recursion. Strings longer than the caller's limit are walked to their end, and
//! only their beginning is kept. After the root value the iterator ends without looking at what follows.

use crate::cursor::{Cursor, ReadError};
use crate::region::Region;

/// What a [`Tokenizer`] accepts and keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Objects and arrays within one another.
    pub depth: usize,
    /// Bytes of a string that are kept.
    pub text: usize,
    /// Accept `NaN`, `Infinity` and `-Infinity` as numbers, as Python's `json` reads and writes them.
    pub python_numbers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { depth: 512, text: 1 << 20, python_numbers: false }
    }
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the words of the grammar")]
pub enum Token {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Key(Text),
    Text(Text),
    /// As written.
    Number(String),
    Bool(bool),
    Null,
}

/// A decoded string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The decoded value, or its beginning.
    pub value: String,
    /// Decoded length in bytes.
    pub len: u64,
    /// Whether `value` is all of it.
    pub complete: bool,
    /// Whether `value` says exactly what the file says: no lone surrogate and no invalid UTF-8 had to be replaced.
    pub faithful: bool,
}

/// Why tokens end early.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The data ends inside a value.
    #[error("the JSON text ends before its value does")]
    Truncated {
        /// Where.
        at: u64,
    },
    /// The text breaks the grammar.
    #[error("not JSON: {what}")]
    Grammar {
        /// Where.
        at: u64,
        /// What was expected or found.
        what: &'static str,
    },
    /// Deeper than [`Options::depth`].
    #[error("the JSON text is nested too deeply")]
    Depth {
        /// Where.
        at: u64,
    },
    /// The source cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl JsonError {
    /// The offset at which the tokenizer stopped, where known.
    pub fn at(&self) -> Option<u64> {
        match self {
            Self::Truncated { at } | Self::Grammar { at, .. } | Self::Depth { at } => Some(*at),
            Self::Read(_) => None,
        }
    }
}

/// The largest number that is read, in characters: beyond what any writer produces.
const LONGEST_NUMBER: usize = 4300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    Separator,
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Object,
    Array,
}

/// Tokens with their regions, pulled from a [`Cursor`].
#[derive(Debug)]
pub struct Tokenizer<'s> {
    cursor: Cursor<'s>,
    options: Options,
    stack: Vec<Inside>,
    next: Next,
}

impl<'s> Tokenizer<'s> {
    /// Reads one JSON value from the cursor's position on.
    pub fn new(cursor: Cursor<'s>, options: Options) -> Self {
        Self { cursor, options, stack: Vec::new(), next: Next::Value }
    }

    /// How many objects and arrays are open.
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.cursor.position()
    }

    /// The cursor, behind the last token.
    pub fn into_cursor(self) -> Cursor<'s> {
        self.cursor
    }

    /// Reads on to the end of the object or array that the last token opened; returns where it ends.
    ///
    /// For callers who meet a container where they expect a scalar. Does nothing after any other token.
    pub fn skip_container(&mut self, opened: &Token) -> Result<u64, JsonError> {
        if matches!(opened, Token::ObjectStart | Token::ArrayStart) {
            let outside = self.stack.len().saturating_sub(1);
            while self.stack.len() > outside {
                match self.next() {
                    Some(token) => token?,
                    None => break,
                };
            }
        }
        Ok(self.offset())
    }

    fn token(&mut self) -> Result<Option<(Token, Region)>, JsonError> {
        loop {
            if self.next == Next::Nothing || (self.next == Next::Separator && self.stack.is_empty()) {
                return Ok(None);
            }
            self.space()?;
            let start = self.offset();
            let Some(byte) = self.peek()? else { return Err(JsonError::Truncated { at: start }) };
            let token = match (self.next, byte) {
                (Next::Separator, b',') => {
                    self.cursor.advance(1);
                    self.next =
                        if self.stack.last() == Some(&Inside::Object) { Next::Key } else { Next::Value };
                    continue;
                }
                (Next::Separator | Next::KeyOrEnd | Next::ValueOrEnd, b'}' | b']') => self.close(byte)?,
                (Next::Colon, b':') => {
                    self.cursor.advance(1);
                    self.next = Next::Value;
                    continue;
                }
                (Next::Colon, _) => return Err(self.grammar("a colon is missing after a key")),
                (Next::Separator, _) => return Err(self.grammar("a comma or a closing bracket is missing")),
                (Next::Key | Next::KeyOrEnd, _) => self.key(byte)?,
                _ => self.value(byte)?,
            };
            return Ok(Some((token, Region::new(start, self.offset()))));
        }
    }

    fn close(&mut self, byte: u8) -> Result<Token, JsonError> {
        let (inside, token) = match byte {
            b'}' => (Inside::Object, Token::ObjectEnd),
            _ => (Inside::Array, Token::ArrayEnd),
        };
        if self.stack.last() != Some(&inside) {
            return Err(self.grammar("a bracket closes what was not opened"));
        }
        self.cursor.advance(1);
        self.stack.pop();
        self.next = Next::Separator;
        Ok(token)
    }

    fn key(&mut self, byte: u8) -> Result<Token, JsonError> {
        if byte != b'"' {
            return Err(self.grammar("a key must be a string"));
        }
        let text = self.string()?;
        self.next = Next::Colon;
        Ok(Token::Key(text))
    }

    fn value(&mut self, byte: u8) -> Result<Token, JsonError> {
        match byte {
            b'{' => self.open(Inside::Object, Next::KeyOrEnd, Token::ObjectStart),
            b'[' => self.open(Inside::Array, Next::ValueOrEnd, Token::ArrayStart),
            _ => {
                let token = match byte {
                    b'"' => Token::Text(self.string()?),
                    b'-' | b'0'..=b'9' => Token::Number(self.number()?),
                    _ => self.word()?,
                };
                self.next = Next::Separator;
                Ok(token)
            }
        }
    }

    fn open(&mut self, inside: Inside, next: Next, token: Token) -> Result<Token, JsonError> {
        if self.stack.len() >= self.options.depth {
            return Err(JsonError::Depth { at: self.offset() });
        }
        self.cursor.advance(1);
        self.stack.push(inside);
        self.next = next;
        Ok(token)
    }

    fn word(&mut self) -> Result<Token, JsonError> {
        const WORDS: &[(&[u8], Token)] =
            &[(b"true", Token::Bool(true)), (b"false", Token::Bool(false)), (b"null", Token::Null)];
        let available = self.cursor.fill(16)?;
        let length = available.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = available.get(..length).unwrap_or_default();
        let token = match WORDS.iter().find(|(known, _)| *known == word) {
            Some((_, token)) => token.clone(),
            None if self.options.python_numbers && matches!(word, b"NaN" | b"Infinity") => {
                Token::Number(String::from_utf8_lossy(word).into_owned())
            }
            None if length == available.len() && WORDS.iter().any(|(known, _)| known.starts_with(word)) => {
                return Err(JsonError::Truncated { at: self.offset() });
            }
            None => return Err(self.grammar("a value must begin here")),
        };
        self.cursor.advance(length);
        Ok(token)
    }

    fn number(&mut self) -> Result<String, JsonError> {
        let start = self.offset();
        if self.options.python_numbers && self.cursor.fill(9)?.starts_with(b"-Infinity") {
            self.cursor.advance(9);
            return Ok("-Infinity".to_owned());
        }
        let mut written = String::new();
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
                break;
            }
            if written.len() >= LONGEST_NUMBER {
                return Err(JsonError::Grammar { at: start, what: "a number is too long" });
            }
            written.push(char::from(byte));
            self.cursor.advance(1);
        }
        if is_number(written.as_bytes()) {
            Ok(written)
        } else if self.cursor.at_end() {
            Err(JsonError::Truncated { at: start })
        } else {
            Err(JsonError::Grammar { at: start, what: "a number is malformed" })
        }
    }

    fn string(&mut self) -> Result<Text, JsonError> {
        self.cursor.advance(1);
        let mut collected = Collected::new(self.options.text);
        loop {
            let available = self.cursor.fill(1)?;
            let plain = available.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
            collected.push(available.get(..plain).unwrap_or_default());
            let stop = available.get(plain).copied();
            self.cursor.advance(plain);
            match stop {
                None if self.cursor.fill(1)?.is_empty() => {
                    return Err(JsonError::Truncated { at: self.offset() });
                }
                None => {}
                Some(b'"') => {
                    self.cursor.advance(1);
                    return Ok(collected.finish());
                }
                Some(b'\\') => self.escape(&mut collected)?,
                Some(_) => return Err(self.grammar("a control character stands in a string")),
            }
        }
    }

    fn escape(&mut self, collected: &mut Collected) -> Result<(), JsonError> {
        let at = self.offset();
        let Some(kind) = self.cursor.fill(2)?.get(1).copied() else {
            return Err(JsonError::Truncated { at });
        };
        let plain = match kind {
            b'"' | b'\\' | b'/' => kind,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(collected),
            _ => return Err(self.grammar("an escape is unknown")),
        };
        self.cursor.advance(2);
        collected.push(&[plain]);
        Ok(())
    }

    /// `\uXXXX`, or two of them that form a surrogate pair. A lone surrogate is replaced and noted.
    fn unicode(&mut self, collected: &mut Collected) -> Result<(), JsonError> {
        let first = self.code_unit(0)?.ok_or(JsonError::Truncated { at: self.offset() })?;
        let second = match first {
            0xd800..=0xdbff if self.cursor.fill(8)?.get(6..8) == Some(b"\\u") => {
                self.code_unit(6)?.filter(|low| matches!(low, 0xdc00..=0xdfff))
            }
            _ => None,
        };
        self.cursor.advance(if second.is_some() { 12 } else { 6 });
        let code = match second {
            Some(low) => 0x1_0000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(low) - 0xdc00),
            None => u32::from(first),
        };
        let character = char::from_u32(code);
        collected.faithful &= character.is_some();
        let mut buffer = [0; 4];
        let encoded = character.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut buffer);
        collected.push(encoded.as_bytes());
        Ok(())
    }

    /// The four hexadecimal digits of the escape that begins `ahead` bytes on; `None` at the end of the data.
    fn code_unit(&mut self, ahead: usize) -> Result<Option<u16>, JsonError> {
        let digits = self.cursor.fill(ahead + 6)?.get(ahead + 2..ahead + 6);
        let Some(digits) = digits else { return Ok(None) };
        let mut unit = 0_u16;
        for digit in digits {
            match char::from(*digit).to_digit(16) {
                Some(value) => unit = (unit << 4) | value as u16,
                None => return Err(self.grammar("an escape needs four hexadecimal digits")),
            }
        }
        Ok(Some(unit))
    }

    fn space(&mut self) -> Result<(), JsonError> {
        loop {
            let available = self.cursor.fill(1)?;
            let count =
                available.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
            let all = count == available.len();
            self.cursor.advance(count);
            if !all || count == 0 {
                return Ok(());
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, JsonError> {
        Ok(self.cursor.fill(1)?.first().copied())
    }

    fn grammar(&self, what: &'static str) -> JsonError {
        JsonError::Grammar { at: self.offset(), what }
    }
}

impl Iterator for Tokenizer<'_> {
    type Item = Result<(Token, Region), JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        let token = self.token().transpose();
        if !matches!(token, Some(Ok(_))) {
            self.next = Next::Nothing;
        }
        token
    }
}

/// A string under construction: counted in full, kept up to a limit.
struct Collected {
    kept: Vec<u8>,
    len: u64,
    limit: usize,
    faithful: bool,
}

impl Collected {
    fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), len: 0, limit, faithful: true }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.limit.saturating_sub(self.kept.len()).min(bytes.len());
        // Once a piece did not fit, nothing more is kept: the value stays a true beginning.
        if self.len == self.kept.len() as u64 {
            self.kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        self.len = self.len.saturating_add(bytes.len() as u64);
    }

    fn finish(mut self) -> Text {
        let complete = self.len == self.kept.len() as u64;
        if !complete
            && let Err(error) = std::str::from_utf8(&self.kept)
            && error.error_len().is_none()
        {
            self.kept.truncate(error.valid_up_to());
        }
        let (value, valid) = match String::from_utf8(self.kept) {
            Ok(value) => (value, true),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
        };
        Text { value, len: self.len, complete, faithful: self.faithful && valid }
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(written: &[u8]) -> bool {
    let unsigned = written.strip_prefix(b"-").unwrap_or(written);
    let (whole, rest) = digits(unsigned);
    if whole == 0 || (whole > 1 && unsigned.first() == Some(&b'0')) {
        return false;
    }
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => match digits(fraction) {
            (0, _) => return false,
            (_, rest) => rest,
        },
        None => rest,
    };
    match rest.split_first() {
        None => true,
        Some((b'e' | b'E', exponent)) => {
            let sign = usize::from(matches!(exponent.first(), Some(b'+' | b'-')));
            let (count, rest) = digits(exponent.get(sign..).unwrap_or_default());
            count > 0 && rest.is_empty()
        }
        Some(_) => false,
    }
}

fn digits(bytes: &[u8]) -> (usize, &[u8]) {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count, bytes.get(count..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
