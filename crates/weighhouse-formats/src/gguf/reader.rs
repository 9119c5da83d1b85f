//! Numbers, lengths and texts in the byte order and the width that the version has.

use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError, WINDOW};
use crate::region::Region;
use crate::source::SharedSource;

/// Why the tables are not read to their end.
#[derive(Debug)]
pub(super) enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed { at: u64, detail: String },
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Exhausted> for Stop {
    fn from(limit: Exhausted) -> Self {
        Self::Limit(limit)
    }
}

/// A text in the file: its place and its beginning.
#[derive(Debug)]
pub(super) struct RawText {
    /// The text without its length.
    pub region: Region,
    /// At most the bytes asked for.
    pub head: Vec<u8>,
}

/// A cursor that knows version and byte order.
#[derive(Debug)]
pub(super) struct Reader<'s> {
    cursor: Cursor<'s>,
    budget: &'s Budget,
    steps: u64,
    big: bool,
    /// Lengths and counts have 64 bits (from version 2 on), not 32.
    wide: bool,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s SharedSource, budget: &'s Budget) -> Self {
        Self { cursor: Cursor::new(source.as_ref(), 0), budget, steps: 0, big: false, wide: true }
    }

    pub(super) fn position(&self) -> u64 {
        self.cursor.position()
    }

    pub(super) fn big_endian(&self) -> bool {
        self.big
    }

    /// The version; a number that is huge in one byte order is small in the other, and decides it.
    pub(super) fn version(&mut self) -> Result<u32, Stop> {
        let written = self.cursor.u32()?;
        self.big = written != 0 && written.trailing_zeros() >= 16;
        let version = if self.big { written.swap_bytes() } else { written };
        self.wide = version != 1;
        Ok(version)
    }

    /// Accounts for one step; the budget is asked every few thousand.
    pub(super) fn step(&mut self) -> Result<(), Stop> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(4096) {
            self.budget.steps(4096)?;
        }
        Ok(())
    }

    pub(super) fn u32(&mut self) -> Result<u32, Stop> {
        let bytes = self.cursor.array()?;
        Ok(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(super) fn u64(&mut self) -> Result<u64, Stop> {
        let bytes = self.cursor.array()?;
        Ok(if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// A count or a length.
    pub(super) fn length(&mut self) -> Result<u64, Stop> {
        if self.wide { self.u64() } else { Ok(u64::from(self.u32()?)) }
    }

    /// A number of 1, 2, 4 or 8 bytes, in its low bytes.
    pub(super) fn number(&mut self, size: u64) -> Result<u64, Stop> {
        Ok(match size {
            1 => u64::from(self.cursor.u8()?),
            2 => {
                let bytes = self.cursor.array()?;
                u64::from(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
            }
            4 => u64::from(self.u32()?),
            _ => self.u64()?,
        })
    }

    pub(super) fn skip(&mut self, len: u64) -> Result<Region, Stop> {
        Ok(self.cursor.skip(len)?)
    }

    /// A text, of which at most `keep` bytes are held.
    pub(super) fn text(&mut self, keep: usize) -> Result<RawText, Stop> {
        self.step()?;
        let len = self.length()?;
        if len > self.cursor.remaining() {
            // A lie about the length: fail before anything is read.
            self.cursor.skip(len)?;
        }
        let kept = len.min(keep as u64);
        let start = self.position();
        let head = self.cursor.bytes(kept, keep)?;
        self.cursor.skip(len.saturating_sub(kept))?;
        Ok(RawText { region: Region::at(start, len), head })
    }

    /// Whether the text in `region` holds the opening of a template expression, statement or comment.
    pub(super) fn holds_template(&self, source: &SharedSource, region: Region) -> Result<bool, Stop> {
        let window = usize::try_from(region.len()).unwrap_or(WINDOW).min(WINDOW);
        let mut cursor = Cursor::with_window(source.as_ref(), region.start, window);
        let mut brace = false;
        while cursor.position() < region.end {
            let left = usize::try_from(region.end.saturating_sub(cursor.position())).unwrap_or(usize::MAX);
            let available = cursor.fill(1)?;
            let part = available.get(..available.len().min(left)).unwrap_or_default();
            if part.is_empty() {
                break;
            }
            let opens = |pair: &[u8]| matches!(pair, [b'{', b'{' | b'%' | b'#']);
            let across = brace && matches!(part.first(), Some(b'{' | b'%' | b'#'));
            if across || part.windows(2).any(opens) {
                return Ok(true);
            }
            brace = part.last() == Some(&b'{');
            let count = part.len();
            cursor.advance(count);
            self.budget.steps(count as u64 / 64)?;
        }
        Ok(false)
    }
}
