//! The three ways in which numbers and texts are written.

use crate::cursor::{Cursor, ReadError};
use crate::region::Region;

/// Longest word of the text encoding.
const LONGEST_WORD: usize = 64;

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Big-endian.
    Xdr,
    /// As on the machine of the writer; little-endian on all that are left.
    Native,
    /// Words, one to a line.
    Text,
}

/// Where the objects come from.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) encoding: Encoding,
}

impl Input<'_> {
    /// An integer; a missing value is the smallest one.
    pub(super) fn int(&mut self) -> Result<i32, ReadError> {
        Ok(match self.encoding {
            Encoding::Xdr => i32::from_be_bytes(self.cursor.array()?),
            Encoding::Native => i32::from_le_bytes(self.cursor.array()?),
            Encoding::Text => {
                let word = self.word()?;
                std::str::from_utf8(&word).ok().and_then(|word| word.parse().ok()).unwrap_or(i32::MIN)
            }
        })
    }

    /// Passes over `count` numbers of `size` bytes each, or over as many words.
    pub(super) fn numbers(&mut self, count: u64, size: u64, words: u64) -> Result<(), ReadError> {
        if self.encoding != Encoding::Text {
            self.cursor.skip(count.saturating_mul(size))?;
            return Ok(());
        }
        for _ in 0..count.saturating_mul(words) {
            self.word()?;
        }
        Ok(())
    }

    /// A text of `len` bytes: where it stands, and its beginning of at most `keep` bytes.
    pub(super) fn string(&mut self, len: u64, keep: usize) -> Result<(Region, Vec<u8>), ReadError> {
        if self.encoding == Encoding::Text {
            return self.escaped(len, keep);
        }
        let region = Region::at(self.cursor.position(), len);
        if len > self.cursor.remaining() {
            self.cursor.skip(len)?;
        }
        let bytes = self.cursor.bytes(len.min(keep as u64), keep)?;
        self.cursor.seek(region.end);
        Ok((region, bytes))
    }

    /// In the text encoding control characters are escaped as in C.
    fn escaped(&mut self, len: u64, keep: usize) -> Result<(Region, Vec<u8>), ReadError> {
        let mut byte = self.after_blanks()?;
        let start = self.cursor.position().saturating_sub(1);
        let mut kept = Vec::new();
        for index in 0..len {
            if index > 0 {
                byte = self.cursor.u8()?;
            }
            let plain = if byte == b'\\' { self.escape()? } else { byte };
            if kept.len() < keep {
                kept.push(plain);
            }
        }
        if len == 0 {
            self.cursor.seek(start);
        }
        Ok((Region::new(start, self.cursor.position()), kept))
    }

    fn escape(&mut self) -> Result<u8, ReadError> {
        Ok(match self.cursor.u8()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'v' => 11,
            b'b' => 8,
            b'r' => b'\r',
            b'f' => 12,
            b'a' => 7,
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    match self.cursor.fill(1)?.first() {
                        Some(digit @ b'0'..=b'7') => {
                            value = value.wrapping_mul(8).wrapping_add(u32::from(digit - b'0'));
                            self.cursor.advance(1);
                        }
                        _ => break,
                    }
                }
                value as u8
            }
            other => other,
        })
    }

    /// The first byte that is no blank.
    fn after_blanks(&mut self) -> Result<u8, ReadError> {
        loop {
            let byte = self.cursor.u8()?;
            if !byte.is_ascii_whitespace() {
                return Ok(byte);
            }
        }
    }

    fn word(&mut self) -> Result<Vec<u8>, ReadError> {
        let at = self.cursor.position();
        let mut word = vec![self.after_blanks()?];
        while let Some(byte) = self.cursor.fill(1)?.first().copied()
            && !byte.is_ascii_whitespace()
        {
            if word.len() >= LONGEST_WORD {
                let limit = LONGEST_WORD as u64;
                return Err(ReadError::TooLarge { at, wanted: limit.saturating_add(1), limit });
            }
            word.push(byte);
            self.cursor.advance(1);
        }
        Ok(word)
    }
}
