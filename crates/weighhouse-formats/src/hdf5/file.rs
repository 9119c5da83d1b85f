//! Blocks of the file and the fields in them: addresses and lengths have the width that the superblock declares.

use std::cell::Cell;

use super::checksum::is_sealed;
use crate::bounded::{Budget, Exhausted};
use crate::cursor::{Cursor, ReadError};
use crate::region::Region;
use crate::source::SharedSource;

/// Why a structure is not read to its end.
#[derive(Debug)]
pub(super) enum Stop {
    Read(ReadError),
    Limit(Exhausted),
    Malformed(String),
    /// Legal, but not read: a gap.
    Unsupported(String),
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

/// Keeps the first trouble and goes on with what stands beside it; only a bound ends everything.
pub(super) fn go_on(first: &mut Result<(), Stop>, result: Result<(), Stop>) -> Result<(), Stop> {
    match result {
        Err(Stop::Limit(limit)) => Err(Stop::Limit(limit)),
        result => {
            if first.is_ok() {
                *first = result;
            }
            Ok(())
        }
    }
}

/// A structure that breaks the format.
pub(super) fn malformed(what: impl Into<String>) -> Stop {
    Stop::Malformed(what.into())
}

/// Widths, and what addresses count from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) base: u64,
    pub(super) offsets: u8,
    pub(super) lengths: u8,
}

/// The file as the structures see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) source: &'a SharedSource,
    pub(super) budget: &'a Budget,
    pub(super) layout: Layout,
    /// Structures whose checksum does not match.
    pub(super) broken: &'a Cell<Broken>,
}

/// Structures whose checksum does not match: how many, and the first of them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Broken {
    pub(super) count: u64,
    pub(super) first: Region,
}

/// A block of the file in memory.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) region: Region,
    pub(super) bytes: Vec<u8>,
}

impl File<'_> {
    /// Where an address with `len` bytes lies.
    pub(super) fn region(&self, address: u64, len: u64) -> Region {
        Region::at(self.layout.base.saturating_add(address), len)
    }

    /// Reads `len` bytes at an address.
    pub(super) fn block(&self, address: u64, len: u64) -> Result<Block, Stop> {
        let region = self.region(address, len);
        self.budget.steps(region.len().min(self.source.len()).max(1))?;
        let limit = usize::try_from(self.budget.limits().text).unwrap_or(usize::MAX);
        // Most blocks are small; a window of their size saves reading what is not needed.
        let window = usize::try_from(len).unwrap_or(usize::MAX).min(64 * 1024);
        let mut cursor = Cursor::with_window(self.source.as_ref(), region.start, window);
        if region.start >= self.source.len() {
            return Err(malformed(format!(
                "a structure is said to stand at {address}, beyond the end of the file"
            )));
        }
        let bytes = cursor.bytes(len, limit)?;
        Ok(Block { region, bytes })
    }

    /// Reads a structure of `len` bytes at an address that ends with its checksum. Not every reader looks at that, so what stands
    /// in it counts all the same.
    pub(super) fn sealed(&self, address: u64, len: u64) -> Result<Block, Stop> {
        let block = self.block(address, len)?;
        if !is_sealed(&block.bytes) {
            let Broken { count, first } = self.broken.get();
            let first = if count == 0 { block.region } else { first };
            self.broken.set(Broken { count: count.saturating_add(1), first });
        }
        Ok(block)
    }

    /// The width of an address, and of a length.
    pub(super) fn widths(&self) -> (u64, u64) {
        (self.layout.offsets.into(), self.layout.lengths.into())
    }

    /// Reads up to `len` bytes at an address, fewer at the end of the file.
    pub(super) fn up_to(&self, address: u64, len: u64) -> Result<Block, Stop> {
        let start = self.layout.base.saturating_add(address);
        self.block(address, len.min(self.source.len().saturating_sub(start)))
    }

    /// The fields of a block.
    pub(super) fn fields<'b>(&self, bytes: &'b [u8]) -> Fields<'b> {
        Fields { rest: bytes, layout: self.layout }
    }
}

/// Bytes that the library takes to write any number up to `most`.
pub(super) fn width_of(most: u64) -> u64 {
    u64::from(most.checked_ilog2().unwrap_or(0)) / 8 + 1
}

/// Fields in memory, read from front to back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'b> {
    pub(super) rest: &'b [u8],
    layout: Layout,
}

impl<'b> Fields<'b> {
    pub(super) fn new(bytes: &'b [u8], layout: Layout) -> Self {
        Self { rest: bytes, layout }
    }

    pub(super) fn take(&mut self, len: u64) -> Result<&'b [u8], Stop> {
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let (taken, rest) = split.ok_or_else(|| malformed("a structure ends inside a field"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// An unsigned number of up to eight bytes.
    pub(super) fn uint(&mut self, width: u8) -> Result<u64, Stop> {
        let bytes = self.take(u64::from(width.min(8)))?;
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub(super) fn u8(&mut self) -> Result<u8, Stop> {
        self.uint(1).map(|value| value as u8)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Stop> {
        self.uint(2).map(|value| value as u16)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Stop> {
        self.uint(4).map(|value| value as u32)
    }

    /// An address; nothing if all its bits are set, which means that there is none.
    pub(super) fn address(&mut self) -> Result<Option<u64>, Stop> {
        let width = self.layout.offsets;
        let value = self.uint(width)?;
        let undefined = u64::MAX.checked_shr(64_u32.saturating_sub(u32::from(width) * 8)).unwrap_or(0);
        Ok((value != undefined).then_some(value))
    }

    pub(super) fn length(&mut self) -> Result<u64, Stop> {
        self.uint(self.layout.lengths)
    }

    /// Whether these bytes come next.
    pub(super) fn expect(&mut self, signature: &[u8], what: &str) -> Result<(), Stop> {
        let found = self.take(signature.len() as u64)?;
        if found == signature {
            Ok(())
        } else {
            Err(malformed(format!("no {what} stands where one is said to be")))
        }
    }

    /// How many bytes of `whole` were read.
    pub(super) fn read_of(&self, whole: &[u8]) -> u64 {
        whole.len().saturating_sub(self.rest.len()) as u64
    }

    /// The bytes up to the next zero.
    pub(super) fn text(&mut self) -> String {
        let end = self.rest.iter().position(|byte| *byte == 0).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        self.rest = rest.get(1..).unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }
}
