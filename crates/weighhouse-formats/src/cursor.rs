//! A forward reader with a bounded window over a [`Source`].
//!
//! Every multi-byte read is checked; nothing is ever allocated by a length that a file declares, only by what is
//! really there and within the caller's limit.

use std::io;

use crate::region::Region;
use crate::source::{Source, read_full};

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The data ends before the structure does: the file is truncated, or lies about a length.
    #[error("the data ends at byte {end}, but {wanted} bytes are needed at byte {at}")]
    Truncated {
        /// Where the read began.
        at: u64,
        /// How many bytes the structure needs there.
        wanted: u64,
        /// Length of the source.
        end: u64,
    },
    /// A single value is larger than the caller is willing to hold in memory.
    #[error("a value of {wanted} bytes at byte {at} is over the limit of {limit} bytes")]
    TooLarge {
        /// Where the value begins.
        at: u64,
        /// Its size.
        wanted: u64,
        /// The caller's limit.
        limit: u64,
    },
    /// The operating system refused.
    #[error("cannot read at byte {at}: {source}")]
    Io {
        /// Where the read began.
        at: u64,
        /// The cause.
        source: io::Error,
    },
}

/// Default window: large enough to amortise system calls, small enough to live in the second-level cache.
pub const WINDOW: usize = 64 * 1024;

/// A position in a [`Source`], with a window of bytes read ahead.
#[derive(Debug)]
pub struct Cursor<'s> {
    source: &'s dyn Source,
    window: Vec<u8>,
    /// Offset of the first byte of the window in the source.
    base: u64,
    /// Position inside the window.
    at: usize,
    capacity: usize,
    end: u64,
}

impl<'s> Cursor<'s> {
    /// Starts at `offset`.
    pub fn new(source: &'s dyn Source, offset: u64) -> Self {
        Self::with_window(source, offset, WINDOW)
    }

    /// Starts at `offset` with a window of `capacity` bytes (at least 16). Any capacity gives the same reads.
    pub fn with_window(source: &'s dyn Source, offset: u64, capacity: usize) -> Self {
        Self {
            source,
            window: Vec::new(),
            base: offset,
            at: 0,
            capacity: capacity.max(16),
            end: source.len(),
        }
    }

    /// Starts where `region` does, and takes its end for the end of the source.
    pub fn within(source: &'s dyn Source, region: Region, capacity: usize) -> Self {
        let end = region.end.min(source.len());
        Self { end, ..Self::with_window(source, region.start, capacity) }
    }

    /// Offset of the next byte.
    pub fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Where what may be read ends: the length of the source, unless it was bounded.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes left until the end.
    pub fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position())
    }

    /// Whether nothing is left.
    pub fn at_end(&self) -> bool {
        self.remaining() == 0
    }

    /// Moves to an absolute offset, keeping the window if it covers it.
    pub fn seek(&mut self, offset: u64) {
        match offset.checked_sub(self.base).and_then(|at| usize::try_from(at).ok()) {
            Some(at) if at <= self.window.len() => self.at = at,
            _ => {
                self.window.clear();
                self.base = offset;
                self.at = 0;
            }
        }
    }

    /// The bytes already in the window, without reading more; empty at a window's end.
    #[inline]
    pub fn buffered(&self) -> &[u8] {
        self.window.get(self.at..).unwrap_or_default()
    }

    /// The bytes of `region`, if the window holds all of them: what was just passed over, or lies just ahead.
    #[inline]
    pub fn held(&self, region: Region) -> Option<&[u8]> {
        let from = usize::try_from(region.start.checked_sub(self.base)?).ok()?;
        let to = usize::try_from(region.end.checked_sub(self.base)?).ok()?;
        self.window.get(from..to)
    }

    /// Makes at least `wanted` bytes available (fewer only at the end of the source) and returns all that are buffered.
    pub fn fill(&mut self, wanted: usize) -> Result<&[u8], ReadError> {
        if self.buffered().len() < wanted {
            self.refill(wanted)?;
        }
        Ok(self.buffered())
    }

    #[cold]
    fn refill(&mut self, wanted: usize) -> Result<(), ReadError> {
        let position = self.position();
        self.window.drain(..self.at.min(self.window.len()));
        self.base = position;
        self.at = 0;
        let kept = self.window.len();
        let size = usize::try_from(self.remaining()).unwrap_or(usize::MAX).min(self.capacity.max(wanted));
        if size > kept {
            self.window.resize(size, 0);
            let offset = position.saturating_add(kept as u64);
            let target = self.window.get_mut(kept..).unwrap_or_default();
            let read =
                read_full(self.source, offset, target).map_err(|source| ReadError::Io { at: offset, source });
            match read {
                Ok(count) => self.window.truncate(kept.saturating_add(count)),
                Err(error) => {
                    self.window.truncate(kept);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn truncated(&self, wanted: u64) -> ReadError {
        ReadError::Truncated { at: self.position(), wanted, end: self.end }
    }

    /// The next byte.
    #[inline]
    pub fn u8(&mut self) -> Result<u8, ReadError> {
        if let Some(byte) = self.window.get(self.at) {
            self.at += 1;
            return Ok(*byte);
        }
        self.array::<1>().map(|[byte]| byte)
    }

    /// The next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        if let Some(bytes) = self.window.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) {
            self.at += N;
            return Ok(*bytes);
        }
        let found = self.fill(N)?.first_chunk::<N>().copied();
        match found {
            Some(bytes) => {
                self.at += N;
                Ok(bytes)
            }
            None => Err(self.truncated(N as u64)),
        }
    }

    /// Little-endian 16-bit integer.
    #[inline]
    pub fn u16(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Little-endian 32-bit integer.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Little-endian 64-bit integer.
    #[inline]
    pub fn u64(&mut self) -> Result<u64, ReadError> {
        self.array().map(u64::from_le_bytes)
    }

    /// The next `len` bytes, refused above `limit`; allocates only what is really there.
    pub fn bytes(&mut self, len: u64, limit: usize) -> Result<Vec<u8>, ReadError> {
        let at = self.position();
        let size = usize::try_from(len).ok().filter(|size| *size <= limit);
        let Some(size) = size else {
            return Err(ReadError::TooLarge { at, wanted: len, limit: limit as u64 });
        };
        if len > self.remaining() {
            return Err(self.truncated(len));
        }
        let mut bytes = Vec::with_capacity(size);
        while bytes.len() < size {
            let missing = size.saturating_sub(bytes.len());
            let available = self.fill(1)?;
            let count = available.len().min(missing);
            if count == 0 {
                return Err(self.truncated(missing as u64));
            }
            bytes.extend_from_slice(available.get(..count).unwrap_or_default());
            self.at = self.at.saturating_add(count);
        }
        Ok(bytes)
    }

    /// Passes over `len` bytes; fails if the source ends before.
    pub fn skip(&mut self, len: u64) -> Result<Region, ReadError> {
        if len > self.remaining() {
            return Err(self.truncated(len));
        }
        let region = Region::at(self.position(), len);
        self.seek(region.end);
        Ok(region)
    }

    /// Advances inside the window by at most what is buffered; for callers that consumed from [`Cursor::buffered`].
    #[inline]
    pub fn advance(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.window.len());
    }

    /// The bytes up to the next line feed, which is consumed and not returned; refused above `limit`.
    pub fn line(&mut self, limit: usize) -> Result<Vec<u8>, ReadError> {
        let at = self.position();
        let mut line = Vec::new();
        loop {
            let available = self.fill(1)?;
            if available.is_empty() {
                return Err(ReadError::Truncated {
                    at,
                    wanted: (line.len() as u64).saturating_add(1),
                    end: self.end,
                });
            }
            let stop = memchr::memchr(b'\n', available);
            let count = stop.unwrap_or(available.len());
            if line.len().saturating_add(count) > limit {
                let wanted = (line.len() as u64).saturating_add(count as u64);
                return Err(ReadError::TooLarge { at, wanted, limit: limit as u64 });
            }
            line.extend_from_slice(available.get(..count).unwrap_or_default());
            self.advance(count);
            if stop.is_some() {
                self.advance(1);
                return Ok(line);
            }
        }
    }
}
