//! Bytes to opcodes: the one place that knows how operands lie in a stream. No operand is copied; text and bytes are
//! regions of the file, so a stream of any size is decoded in a window.

use crate::cursor::{Cursor, ReadError};
use crate::region::Region;
use crate::source::Source;

use super::opcode::{self, Operand};

/// Content up to this size is kept in the window when it is passed over, so that it can be looked at without a read.
const KEEP: u64 = 16 * 1024;

/// The operand of a decoded opcode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Argument {
    /// None.
    Nothing,
    /// An integer of fixed width.
    Int(i64),
    /// Eight bytes, unsigned.
    Long(u64),
    /// A floating-point number.
    Float(f64),
    /// Length-prefixed content.
    Blob(Region),
    /// A line, without its line feed.
    Line(Region),
    /// Two lines, without their line feeds.
    TwoLines(Region, Region),
}

/// A decoded opcode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Op {
    /// Where its code byte lies.
    pub(crate) offset: u64,
    /// The code.
    pub(crate) code: u8,
    /// The operand.
    pub(crate) argument: Argument,
}

/// Why no further opcode can be decoded.
#[derive(Debug)]
pub(crate) enum Break {
    /// The data ends inside or before an opcode.
    Truncated,
    /// A byte that is no opcode.
    Unknown(u8),
    /// A length that the loader refuses.
    Length(i64),
    /// The operating system refused to read.
    Unreadable(String),
}

impl From<ReadError> for Break {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Truncated { .. } | ReadError::TooLarge { .. } => Self::Truncated,
            ReadError::Io { .. } => Self::Unreadable(error.to_string()),
        }
    }
}

/// Decodes opcodes one after another.
#[derive(Debug)]
pub(crate) struct Decoder<'s> {
    cursor: Cursor<'s>,
}

impl<'s> Decoder<'s> {
    /// Starts at `offset`, with a window of `capacity` bytes.
    pub(crate) fn with_window(source: &'s dyn Source, offset: u64, capacity: usize) -> Self {
        Self { cursor: Cursor::with_window(source, offset, capacity) }
    }

    /// Offset of the next byte.
    pub(crate) fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// Moves to `offset`.
    pub(crate) fn seek(&mut self, offset: u64) {
        self.cursor.seek(offset);
    }

    /// Length of the source.
    pub(crate) fn end(&self) -> u64 {
        self.cursor.end()
    }

    /// The bytes of `region`, if the window still holds them.
    #[inline]
    pub(crate) fn held(&self, region: Region) -> Option<&[u8]> {
        self.cursor.held(region)
    }

    /// The next opcode.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Op, Break> {
        let offset = self.cursor.position();
        let code = self.cursor.u8()?;
        let argument = match opcode::operand(code) {
            Operand::Nothing => Argument::Nothing,
            Operand::U1 => Argument::Int(i64::from(self.cursor.u8()?)),
            Operand::U2 => Argument::Int(i64::from(self.cursor.u16()?)),
            Operand::U4 => Argument::Int(i64::from(self.cursor.u32()?)),
            Operand::I4 => Argument::Int(i64::from(self.cursor.u32()?.cast_signed())),
            Operand::U8 => Argument::Long(self.cursor.u64()?),
            Operand::F8 => Argument::Float(f64::from_be_bytes(self.cursor.array()?)),
            Operand::Blob1 => {
                let length = u64::from(self.cursor.u8()?);
                self.blob(length)?
            }
            Operand::Blob4 => {
                let length = u64::from(self.cursor.u32()?);
                self.blob(length)?
            }
            Operand::Blob4Signed => {
                let length = self.cursor.u32()?.cast_signed();
                self.blob(u64::try_from(length).map_err(|_| Break::Length(length.into()))?)?
            }
            Operand::Blob8 => {
                let length = self.cursor.u64()?;
                i64::try_from(length).map_err(|_| Break::Length(length.cast_signed()))?;
                self.blob(length)?
            }
            Operand::Line => Argument::Line(self.line()?),
            Operand::TwoLines => {
                let first = self.line()?;
                Argument::TwoLines(first, self.line()?)
            }
            Operand::Invalid => return Err(Break::Unknown(code)),
        };
        Ok(Op { offset, code, argument })
    }

    #[inline]
    fn blob(&mut self, length: u64) -> Result<Argument, Break> {
        let buffered = self.cursor.buffered().len() as u64;
        if length > buffered && length <= KEEP && length <= self.cursor.remaining() {
            self.cursor.fill(length as usize)?;
        }
        if length <= self.cursor.buffered().len() as u64 {
            let region = Region::at(self.cursor.position(), length);
            self.cursor.advance(length as usize);
            return Ok(Argument::Blob(region));
        }
        Ok(Argument::Blob(self.cursor.skip(length)?))
    }

    fn line(&mut self) -> Result<Region, Break> {
        let start = self.cursor.position();
        let mut looked_at = 0;
        loop {
            let available = self.cursor.buffered();
            let fresh = available.get(looked_at..).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', fresh) {
                let length = looked_at.saturating_add(found);
                let region = Region::new(start, self.cursor.position().saturating_add(length as u64));
                self.cursor.advance(length.saturating_add(1));
                return Ok(region);
            }
            looked_at = available.len();
            if looked_at as u64 > KEEP {
                // A line longer than the window is passed over; its content is read again if it matters.
                self.cursor.advance(looked_at);
                looked_at = 0;
            }
            let wanted = looked_at.saturating_add(1);
            if self.cursor.fill(wanted)?.len() < wanted {
                return Err(Break::Truncated);
            }
        }
    }
}
