//! Content as it lies in a file, in either form, read as what it is.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use weighhouse_core::Digest;

use super::Opened;
use super::content::damaged;
use super::keys::Keys;
use super::sealed::{CHUNK, HEAD, Opener, stored};

/// Chunks that are opened at once for somebody who reads; they are in memory.
const TOGETHER: u64 = 8;

/// Whether a file of this length can be content of this size, in either form.
pub(crate) fn fits(length: u64, size: u64) -> bool {
    length == size || length == stored(size)
}

/// Content in a file.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    opener: Option<Arc<Opener>>,
    size: u64,
    at: u64,
    chunk: Option<(u64, Vec<u8>)>,
}

impl Source {
    /// Opens content of this digest and size. That it is what it should be is seen when all of it was read.
    pub(super) fn open(file: File, sha256: Digest, size: u64, keys: &Keys) -> io::Result<Self> {
        let length = file.metadata()?.len();
        if !fits(length, size) {
            return Err(damaged());
        }
        let opener = if length == size {
            None
        } else {
            let mut head = [0; HEAD];
            file.read_exact_at(&mut head, 0)?;
            Some(Arc::new(Opener::new(keys, sha256, size, &head)?))
        };
        Ok(Self { file, opener, size, at: 0, chunk: None })
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.opener.is_some()
    }

    /// Begins again.
    pub(super) fn rewind(&mut self) {
        self.at = 0;
    }

    /// For somebody who asked for a part of it.
    pub(super) fn given(self, part: Range<u64>) -> Opened {
        let Some(opener) = self.opener else { return Opened::File(self.file) };
        let state = (Arc::new(self.file), opener, part);
        let stream = futures_util::stream::try_unfold(state, |(file, opener, left)| async move {
            if left.is_empty() {
                return Ok(None);
            }
            // Up to the end of some chunk.
            let end = (left.start / CHUNK + TOGETHER).saturating_mul(CHUNK).min(left.end);
            let (now, rest) = (left.start..end, end..left.end);
            let (from, with) = (Arc::clone(&file), Arc::clone(&opener));
            let read = tokio::task::spawn_blocking(move || open_part(&from, &with, &now));
            Ok(Some((read.await.map_err(io::Error::other)??, (file, opener, rest))))
        });
        Opened::Stream(stream.boxed())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(opener) = &self.opener else {
            let count = self.file.read_at(buffer, self.at)?;
            self.at = self.at.saturating_add(count as u64);
            return Ok(count);
        };
        if self.at >= self.size && self.size > 0 {
            return Ok(0);
        }
        let number = self.at / CHUNK;
        if self.chunk.as_ref().is_none_or(|(known, _)| *known != number) {
            self.chunk = Some((number, chunk(&self.file, opener, number)?));
        }
        let opened = self.chunk.as_ref().map_or(&[][..], |(_, chunk)| chunk);
        let rest = opened.get((self.at % CHUNK) as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

/// Reads and opens one chunk.
fn chunk(file: &File, opener: &Opener, number: u64) -> io::Result<Vec<u8>> {
    let begin = number * CHUNK;
    let mut bytes = vec![0; opener.length(number)];
    let read = file.read_exact_at(&mut bytes, opener.span(&(begin..begin)).start);
    read.map_err(|error| if error.kind() == io::ErrorKind::UnexpectedEof { damaged() } else { error })?;
    opener.open(number, &mut bytes)?;
    Ok(bytes)
}

/// A part of content that fits into memory. Blocks.
fn open_part(file: &File, opener: &Opener, part: &Range<u64>) -> io::Result<Bytes> {
    let mut all = BytesMut::with_capacity((part.end - part.start) as usize);
    for number in part.start / CHUNK..part.end.div_ceil(CHUNK) {
        let bytes = chunk(file, opener, number)?;
        all.extend_from_slice(wanted(&bytes, number, part));
    }
    Ok(all.freeze())
}

/// What of an opened chunk belongs to the part.
fn wanted<'a>(bytes: &'a [u8], number: u64, part: &Range<u64>) -> &'a [u8] {
    let begin = number * CHUNK;
    let first = part.start.saturating_sub(begin) as usize;
    let end = part.end.saturating_sub(begin).min(bytes.len() as u64) as usize;
    bytes.get(first..end).unwrap_or_default()
}

/// Opens chunks as they come, from the one on that holds the first byte of the part.
pub(super) fn opening(
    stream: BoxStream<'static, io::Result<Bytes>>,
    opener: Arc<Opener>,
    part: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let state = (stream, opener, part.start / CHUNK, Vec::new(), Bytes::new(), part);
    futures_util::stream::try_unfold(
        state,
        |(mut stream, opener, number, mut chunk, mut came, part)| async move {
            let end = part.end.div_ceil(CHUNK).max(part.start / CHUNK + 1);
            if number >= end {
                return Ok(None);
            }
            let length = opener.length(number);
            while chunk.len() < length {
                if came.is_empty() {
                    came = stream.try_next().await?.ok_or_else(damaged)?;
                }
                let taken = came.split_to(came.len().min(length - chunk.len()));
                chunk.extend_from_slice(&taken);
            }
            opener.open(number, &mut chunk)?;
            let bytes = Bytes::copy_from_slice(wanted(&chunk, number, &part));
            chunk.clear();
            Ok(Some((bytes, (stream, opener, number + 1, chunk, came, part))))
        },
    )
}
