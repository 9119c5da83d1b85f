//! A connection: bytes of hyper, bytes of files past hyper, and an end for peers that take nothing.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::lane::{Lane, Part, is_mark};
use super::patience::Stall;

/// Bytes of a file that are sent at once.
const STEP: u64 = 512 << 10;
/// Bytes that are read ahead when a file is not in memory.
const AHEAD: u64 = 2 << 20;

/// A connection of a client.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    lane: Lane,
    /// The file is being read into memory, up to a byte.
    reading: Option<(JoinHandle<io::Result<()>>, u64)>,
    /// Up to which byte it was.
    read: u64,
    stall: Stall,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, lane: Lane, patience: Duration) -> Self {
        Self { stream, lane, reading: None, read: 0, stall: Stall::new(patience) }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let slices = slices.split_at(slices.iter().take_while(|slice| slice.is_empty()).count()).1;
        let marked: usize = slices.iter().take_while(|slice| is_mark(slice)).map(|slice| slice.len()).sum();
        if marked > 0 {
            return self.poll_send_file(cx, marked as u64);
        }
        let others = slices.iter().take_while(|slice| !is_mark(slice)).count();
        let slices = slices.split_at(others).0;
        self.lane.allows(slices.iter().map(|slice| slice.len()).sum())?;
        let sent = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
        self.lane.sent_others(sent);
        Poll::Ready(Ok(sent))
    }

    fn poll_send_file(&mut self, cx: &mut Context<'_>, most: u64) -> Poll<io::Result<usize>> {
        let part = self.lane.part()?;
        loop {
            if let Some((reading, until)) = &mut self.reading {
                ready!(Pin::new(reading).poll(cx)).map_err(io::Error::other)??;
                self.read = *until;
                self.reading = None;
            }
            // Asked first: it also takes a turn, so that a fast peer does not keep others waiting.
            ready!(self.stream.poll_write_ready(cx))?;
            let count = most.min(part.left).min(STEP);
            let end = part.first.saturating_add(count);
            if end > self.read && !in_memory(&part, end) {
                // A disk is never waited for here, where others wait, too.
                let until = part.first.saturating_add(part.left.min(AHEAD));
                let (file, first) = (Arc::clone(&part.file), part.first);
                self.reading =
                    Some((tokio::task::spawn_blocking(move || read_ahead(&file, first, until)), until));
                continue;
            }
            match self.stream.try_io(Interest::WRITABLE, || send(&self.stream, &part, count as usize)) {
                // Shorter than it was when it was opened.
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Ok(sent) => {
                    self.lane.sent(sent as u64);
                    if sent as u64 == part.left {
                        self.read = 0;
                    }
                    return Poll::Ready(Ok(sent));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = self.poll_send(cx, slices);
        self.stall.check(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is held back here.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Sends a step of a file; how much fits.
#[cfg(target_os = "linux")]
fn send(stream: &TcpStream, part: &Part, count: usize) -> io::Result<usize> {
    let mut first = part.first;
    Ok(rustix::fs::sendfile(stream, &*part.file, Some(&mut first), count)?)
}

/// Whether the file is in memory up to a byte: asked of its last byte, which is read without waiting for a disk.
#[cfg(target_os = "linux")]
fn in_memory(part: &Part, end: u64) -> bool {
    let byte = |at: u64| {
        let mut byte = [0];
        let flags = rustix::io::ReadWriteFlags::NOWAIT;
        rustix::io::preadv2(&*part.file, &mut [io::IoSliceMut::new(&mut byte)], at, flags).is_ok()
    };
    byte(part.first) && byte(end.saturating_sub(1))
}

#[cfg(not(target_os = "linux"))]
fn send(stream: &TcpStream, part: &Part, count: usize) -> io::Result<usize> {
    let mut window = vec![0; count.min(64 << 10)];
    let count = part.file.read_at(&mut window, part.first)?;
    stream.try_write(window.get(..count).unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_: &Part, _: u64) -> bool {
    false
}

/// Reads a part of a file, so that it is in memory. Blocks.
fn read_ahead(file: &File, mut first: u64, until: u64) -> io::Result<()> {
    let mut window = vec![0; 128 << 10];
    while first < until {
        let most = window.len().min(until.saturating_sub(first) as usize);
        let count = file.read_at(window.get_mut(..most).unwrap_or_default(), first)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        first = first.saturating_add(count as u64);
    }
    Ok(())
}
