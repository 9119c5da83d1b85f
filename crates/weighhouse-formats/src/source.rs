//! Where bytes come from: one random-access view over files, slices, memory and spooled streams.
//!
//! Parsers never see a path or a whole file. They read windows through [`Source::read_at`], so the same parser serves
//! a file on disk, a stored archive member (a [`Slice`] of its parent, nothing copied) and decompressed data.
//! An [`Observed`] source feeds every byte once, in order, to an observer (SHA-256, CRC-32) *while* a parser reads it:
//! one pass over a file serves digest, identification and facts.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};

use crate::region::Region;

/// Random access to a sequence of bytes of known length.
///
/// `read_at` may return fewer bytes than asked for (callers loop, see [`crate::cursor::Cursor`]); zero means the end.
pub trait Source: Send + Sync + fmt::Debug {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Reads at most `buffer.len()` bytes starting at `offset`.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Whether there is nothing to read.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A source shared between a container and its members.
pub type SharedSource = Arc<dyn Source>;

/// Reads until `buffer` is full or the source ends; returns the number of bytes read.
pub fn read_full(source: &dyn Source, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read_at(offset.saturating_add(filled as u64), rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads up to `limit` bytes from `offset`, fewer if the source ends before.
pub fn read_up_to(source: &dyn Source, offset: u64, limit: usize) -> io::Result<Vec<u8>> {
    let available = usize::try_from(source.len().saturating_sub(offset)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; limit.min(available)];
    let read = read_full(source, offset, &mut buffer)?;
    buffer.truncate(read);
    Ok(buffer)
}

/// Whether every byte of a region, as far as the source has it, is zero.
pub fn is_zero(source: &dyn Source, region: Region) -> io::Result<bool> {
    let mut window = vec![0; usize::try_from(region.len()).unwrap_or(usize::MAX).min(64 * 1024)];
    let mut at = region.start;
    while at < region.end {
        let room = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX).min(window.len());
        let part = window.get_mut(..room).unwrap_or_default();
        let count = read_full(source, at, part)?;
        if count == 0 {
            break;
        }
        if part.iter().take(count).any(|byte| *byte != 0) {
            return Ok(false);
        }
        at = at.saturating_add(count as u64);
    }
    Ok(true)
}

/// A regular file, read by position (`pread`), never mapped: a file that shrinks is a short read, not a fault.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    /// Wraps an open regular file. The length is taken once; growth afterwards is not seen, shrinking is a short read.
    pub fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        match buffer.get_mut(..room) {
            Some(window) => std::os::unix::fs::FileExt::read_at(&self.file, window, offset),
            None => Ok(0),
        }
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        match buffer.get_mut(..room) {
            Some(window) => std::os::windows::fs::FileExt::seek_read(&self.file, window, offset),
            None => Ok(0),
        }
    }
}

/// Bytes in memory.
#[derive(Debug, Clone)]
pub struct Memory(Arc<[u8]>);

impl Memory {
    /// Takes the bytes over.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The same, shared.
    pub fn shared(bytes: impl Into<Arc<[u8]>>) -> SharedSource {
        Arc::new(Self::new(bytes))
    }
}

impl Source for Memory {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read_at(offset, buffer)
    }
}

/// Bytes that somebody else holds.
impl Source for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}

/// A part of another source; reads past its end are cut.
#[derive(Debug, Clone)]
pub struct Slice {
    parent: SharedSource,
    region: Region,
}

impl Slice {
    /// The bytes of `region`, cut to what the parent holds.
    pub fn new(parent: SharedSource, region: Region) -> Self {
        let end = region.end.min(parent.len());
        Self { region: Region::new(region.start.min(end), end), parent }
    }
}

impl Source for Slice {
    fn len(&self) -> u64 {
        self.region.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        match buffer.get_mut(..room).filter(|window| !window.is_empty()) {
            Some(window) => self.parent.read_at(self.region.start.saturating_add(offset), window),
            None => Ok(0),
        }
    }
}

/// Sees every byte of a source exactly once and in order.
pub trait Observer: Send {
    /// The next bytes.
    fn update(&mut self, bytes: &[u8]);
}

impl Observer for sha2::Sha256 {
    fn update(&mut self, bytes: &[u8]) {
        sha2::Digest::update(self, bytes);
    }
}

impl Observer for crc32fast::Hasher {
    fn update(&mut self, bytes: &[u8]) {
        Self::update(self, bytes);
    }
}

/// A source that shows each byte to an observer the first time a read passes over it in order.
///
/// Reads that jump ahead are served but not observed; [`Observed::finish`] reads what is still missing. A parser that
/// walks a file from front to back therefore costs no second read.
pub struct Observed<O> {
    inner: SharedSource,
    state: Mutex<Progress<O>>,
}

struct Progress<O> {
    observer: O,
    seen: u64,
}

impl<O> fmt::Debug for Observed<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<O: Observer> Observed<O> {
    /// Observes `inner` from its first byte.
    pub fn new(inner: SharedSource, observer: O) -> Self {
        Self { inner, state: Mutex::new(Progress { observer, seen: 0 }) }
    }

    /// Reads what no parser has read yet and gives the observer's state to `conclude`, with the number of bytes seen.
    ///
    /// `proceed` is asked before every window; `false` stops early (cancellation).
    pub fn finish<T>(
        &self,
        mut proceed: impl FnMut(u64) -> bool,
        conclude: impl FnOnce(&O, u64) -> T,
    ) -> io::Result<T> {
        let mut window = vec![0; 256 * 1024];
        loop {
            let seen = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).seen;
            if seen >= self.len() || !proceed(seen) || self.read_at(seen, &mut window)? == 0 {
                break;
            }
        }
        let state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(conclude(&state.observer, state.seen))
    }
}

impl<O: Observer> Source for Observed<O> {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read_at(offset, buffer)?;
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(skip) = state.seen.checked_sub(offset).and_then(|skip| usize::try_from(skip).ok())
            && let Some(new) = buffer.get(skip..count).filter(|new| !new.is_empty())
        {
            state.observer.update(new);
            state.seen = state.seen.saturating_add(new.len() as u64);
        }
        Ok(count)
    }
}
