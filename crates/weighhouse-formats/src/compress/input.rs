//! Compressed bytes for the decoders: a forward reader that knows its exact position and can give bytes back.

use std::io::{self, Read};
use std::sync::Arc;

use crate::region::Region;
use crate::source::{SharedSource, Slice, read_full};

/// Bytes read ahead.
const WINDOW: usize = 64 * 1024;

/// A position in a shared source, with a window read ahead.
#[derive(Debug)]
pub(crate) struct Input {
    source: SharedSource,
    window: Vec<u8>,
    base: u64,
    at: usize,
}

impl Input {
    /// Starts at the first byte.
    pub(crate) fn new(source: SharedSource) -> Self {
        Self { source, window: Vec::new(), base: 0, at: 0 }
    }

    /// Offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Length of the source.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// Whether no byte is left.
    pub(super) fn at_end(&self) -> bool {
        self.position() >= self.len()
    }

    /// Moves to an absolute offset.
    pub(super) fn seek(&mut self, offset: u64) {
        match offset.checked_sub(self.base).and_then(|at| usize::try_from(at).ok()) {
            Some(at) if at <= self.window.len() => self.at = at,
            _ => {
                self.window.clear();
                self.base = offset;
                self.at = 0;
            }
        }
    }

    /// What is buffered, after making at least `wanted` bytes available (fewer only at the end).
    pub(super) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        if self.window.len().saturating_sub(self.at) < wanted {
            let position = self.position();
            let room = usize::try_from(self.len().saturating_sub(position)).unwrap_or(usize::MAX);
            self.window.resize(room.min(WINDOW.max(wanted)), 0);
            self.base = position;
            self.at = 0;
            let read = read_full(self.source.as_ref(), position, &mut self.window);
            self.window.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(self.window.get(self.at..).unwrap_or_default())
    }

    /// Passes over `count` buffered bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.window.len());
    }

    /// The next `N` bytes, all or an error.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let found = self.peek(N)?.first_chunk::<N>().copied().ok_or_else(cut)?;
        self.consume(N);
        Ok(found)
    }

    /// Passes over zeros; returns how many.
    pub(super) fn zeros(&mut self) -> io::Result<u64> {
        let start = self.position();
        loop {
            let ahead = self.peek(1)?;
            let count = ahead.iter().take_while(|byte| **byte == 0).count();
            let all = count == ahead.len() && count > 0;
            self.consume(count);
            if !all {
                return Ok(self.position().saturating_sub(start));
            }
        }
    }

    /// A reader of its own over a part of the same source.
    pub(super) fn part(&self, region: Region) -> Self {
        Self::new(Arc::new(Slice::new(SharedSource::clone(&self.source), region)))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.peek(1)?;
        let count = ahead.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ahead.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

/// The data ends inside a structure.
pub(super) fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed data ends too early")
}

/// The data breaks the format.
pub(super) fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The data asks for what this reader does not do; it is not the data's fault.
pub(super) fn unsupported(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what.into())
}
