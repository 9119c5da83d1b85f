//! Names, words and literals of a text, over a window: a literal of a gigabyte is handed on in pieces.

use super::escape::{self, Escaped};
use crate::cursor::{Cursor, ReadError};
use crate::source::Source;

/// Bytes of a name or a number beyond which it is none.
const LONGEST: usize = 4096;
/// Bytes of a literal that are handed on at once.
const PIECE: usize = 16 * 1024;
/// Bytes of the longest escape: a backslash and the name of a character.
const LONGEST_ESCAPE: usize = 128;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong at a place.
#[derive(Debug)]
pub(super) enum Wrong {
    Grammar(&'static str),
    Read(ReadError),
}

impl From<ReadError> for Wrong {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

#[derive(Debug)]
pub(super) struct Lexer<'s> {
    cursor: Cursor<'s>,
}

impl<'s> Lexer<'s> {
    /// Begins at the beginning, behind the mark of UTF-8.
    pub(super) fn new(source: &'s dyn Source) -> Result<Self, ReadError> {
        let mut cursor = Cursor::new(source, 0);
        if cursor.fill(MARK.len())?.starts_with(MARK) {
            cursor.advance(MARK.len());
        }
        Ok(Self { cursor })
    }

    pub(super) fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// The next byte.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        match self.cursor.buffered().first() {
            Some(byte) => Ok(Some(*byte)),
            None => Ok(self.cursor.fill(1)?.first().copied()),
        }
    }

    /// Passes over a byte if it is the next one.
    pub(super) fn eat(&mut self, byte: u8) -> Result<bool, ReadError> {
        let here = self.peek()? == Some(byte);
        self.cursor.advance(usize::from(here));
        Ok(here)
    }

    /// Passes over blanks and comments, as any reader has them: Python's blanks are those of Unicode, and files that it opens as
    /// text end a line, and with it a comment, at a carriage return too. No reader takes null bytes; what follows is read on.
    pub(super) fn blank(&mut self) -> Result<(), ReadError> {
        loop {
            match self.peek()? {
                Some(0 | b'\t'..=b'\r' | 0x1c..=0x1f | b' ') => self.cursor.advance(1),
                Some(b'#') => self.comment()?,
                Some(0x80..) => {
                    let head = self.cursor.fill(4)?;
                    let text = head.get(..head.len().min(4)).unwrap_or_default().utf8_chunks().next();
                    match text.and_then(|chunk| chunk.valid().chars().next()) {
                        Some(c) if c.is_whitespace() => self.cursor.advance(c.len_utf8()),
                        _ => return Ok(()),
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Result<(), ReadError> {
        loop {
            let window = self.cursor.fill(1)?;
            if window.is_empty() {
                return Ok(());
            }
            let end = memchr::memchr3(b'\n', b'\r', 0, window);
            let count = end.unwrap_or(window.len());
            self.cursor.advance(count);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// A name of a field: an identifier or a number, or one in brackets, which is an extension or a type. Blanks in brackets
    /// say nothing.
    pub(super) fn name(&mut self) -> Result<String, Wrong> {
        if !self.eat(b'[')? {
            return self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_', "no field begins here");
        }
        let mut name = String::from("[");
        loop {
            self.blank()?;
            if self.eat(b']')? {
                name.push(']');
                return Ok(name);
            }
            let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/%~+".contains(&byte);
            name.push_str(&self.run(part, "a name in brackets does not end")?);
            if name.len() > LONGEST {
                return Err(Wrong::Grammar("a name is too long"));
            }
        }
    }

    /// A number, or the name of a value.
    pub(super) fn word(&mut self) -> Result<String, Wrong> {
        // Between the sign and the number there may be blanks.
        let sign = self.eat(b'-')?;
        if sign {
            self.blank()?;
        }
        let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
        let word = self.run(part, "a field has no value")?;
        Ok(if sign { format!("-{word}") } else { word })
    }

    fn run(&mut self, part: impl Fn(u8) -> bool, otherwise: &'static str) -> Result<String, Wrong> {
        let mut bytes = Vec::new();
        while let Some(byte) = self.peek()?.filter(|byte| part(*byte)) {
            bytes.push(byte);
            self.cursor.advance(1);
            if bytes.len() > LONGEST {
                return Err(Wrong::Grammar("a name is too long"));
            }
        }
        if bytes.is_empty() {
            return Err(Wrong::Grammar(otherwise));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The content of literals one behind another, which are one; the first quote is next.
    pub(super) fn literals<E: From<Wrong>>(
        &mut self,
        mut piece: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut bytes = Vec::new();
        while let Some(quote) = self.peek().map_err(Wrong::Read)?.filter(|byte| matches!(byte, b'"' | b'\''))
        {
            self.cursor.advance(1);
            let read = self.literal(quote, &mut bytes, &mut piece);
            if !bytes.is_empty() {
                piece(&bytes)?;
                bytes.clear();
            }
            read?;
            self.blank().map_err(Wrong::Read)?;
        }
        Ok(())
    }

    fn literal<E: From<Wrong>>(
        &mut self,
        quote: u8,
        bytes: &mut Vec<u8>,
        piece: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if bytes.len() >= PIECE {
                piece(bytes)?;
                bytes.clear();
            }
            let window = self.cursor.fill(1).map_err(Wrong::Read)?;
            let end = memchr::memchr2(quote, b'\\', window).unwrap_or(window.len()).min(PIECE);
            bytes.extend_from_slice(window.get(..end).unwrap_or_default());
            let next = window.get(end).copied();
            self.cursor.advance(end);
            match next {
                Some(byte) if byte == quote => {
                    self.cursor.advance(1);
                    return Ok(());
                }
                Some(b'\\') => {
                    let head = self.cursor.fill(LONGEST_ESCAPE).map_err(Wrong::Read)?;
                    let Escaped { value, taken } = escape::read(head);
                    bytes.extend_from_slice(&value);
                    self.cursor.advance(taken);
                }
                Some(_) => {}
                None if self.cursor.at_end() => return Err(Wrong::Grammar("a literal does not end").into()),
                None => {}
            }
        }
    }
}
