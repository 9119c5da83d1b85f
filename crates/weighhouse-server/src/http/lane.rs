//! Contents past the copies: the kernel moves the bytes of a file to a socket by itself (`sendfile`).
//!
//! A body cannot hand a file to hyper, only bytes. So it hands over *marks*: bytes of a region that is never sent. The connection below hyper
//! knows marks by their address, and sends as many bytes of the file in their place. What could go wrong ends the connection, never as
//! a wrong byte: a mark without a file, a file among other bytes, marks that were copied on their way.

use std::fs::File;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Bytes that stand for those of a file. Nobody reads or writes them, so that they take no memory.
static MARKS: [u8; 1 << 20] = [0; 1 << 20];

/// From this size on a part of a file is worth it.
pub(crate) const SMALLEST: u64 = 256 << 10;
/// Bytes that go before a file at most: the head of the answer. More of them are marks that somebody copied.
const LARGEST_HEAD: usize = 64 << 10;

/// A part of a file on its way out.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) file: Arc<File>,
    pub(super) first: u64,
    pub(super) left: u64,
}

/// What goes over one connection past hyper.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lane(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    part: Option<Part>,
    begun: bool,
    /// Other bytes since the part was announced.
    head: usize,
}

impl Lane {
    /// A body of `length` bytes of a file, from `first` on. Only for an answer on the connection of this lane.
    pub(crate) fn body(&self, file: File, first: u64, length: u64) -> FileBody {
        let part = Part { file: Arc::new(file), first, left: length };
        FileBody { lane: self.clone(), part: Some(part), left: length }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, part: Part) -> io::Result<()> {
        let mut state = self.state();
        if state.part.is_some() {
            return Err(broken("two files at once"));
        }
        *state = State { part: Some(part), begun: false, head: 0 };
        Ok(())
    }

    /// What is to be sent in place of marks.
    pub(super) fn part(&self) -> io::Result<Part> {
        self.state().part.clone().ok_or_else(|| broken("a mark without its file"))
    }

    /// So many bytes of the file were sent.
    pub(super) fn sent(&self, count: u64) {
        let mut state = self.state();
        state.begun = true;
        if let Some(part) = &mut state.part {
            part.first = part.first.saturating_add(count);
            part.left = part.left.saturating_sub(count);
        }
        if state.part.as_ref().is_some_and(|part| part.left == 0) {
            state.part = None;
        }
    }

    /// Whether so many bytes that are no marks may be sent now.
    pub(super) fn allows(&self, count: usize) -> io::Result<()> {
        let state = self.state();
        if state.part.is_some() && (state.begun || state.head.saturating_add(count) > LARGEST_HEAD) {
            return Err(broken("other bytes within a file"));
        }
        Ok(())
    }

    /// So many bytes that are no marks were sent.
    pub(super) fn sent_others(&self, count: usize) {
        let mut state = self.state();
        state.head = state.head.saturating_add(count);
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("an answer lost its order: {what}"))
}

/// Whether these bytes are marks.
pub(super) fn is_mark(bytes: &IoSlice<'_>) -> bool {
    !bytes.is_empty() && MARKS.as_ptr_range().contains(&bytes.as_ptr())
}

/// The body of an answer that is part of a file.
#[derive(Debug)]
pub(crate) struct FileBody {
    lane: Lane,
    part: Option<Part>,
    left: u64,
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(part) = self.part.take()
            && let Err(error) = self.lane.begin(part)
        {
            return Poll::Ready(Some(Err(error)));
        }
        let count = self.left.min(MARKS.len() as u64);
        if count == 0 {
            return Poll::Ready(None);
        }
        self.left -= count;
        let marks = MARKS.get(..count as usize).unwrap_or_default();
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(marks)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(lane: &Lane, length: u64) {
        let file = Arc::new(tempfile::tempfile().unwrap());
        lane.begin(Part { file, first: 0, left: length }).unwrap();
    }

    #[test]
    fn marks_are_known_by_where_they_lie_not_by_what_they_say() {
        let copy = MARKS.to_vec();
        assert!(is_mark(&IoSlice::new(&MARKS)) && is_mark(&IoSlice::new(&MARKS[9..10])));
        assert!(!is_mark(&IoSlice::new(&copy)) && !is_mark(&IoSlice::new(&MARKS[..0])));
    }

    #[test]
    fn an_answer_that_loses_its_order_ends() {
        let lane = Lane::default();
        assert!(lane.part().is_err(), "a mark without a file");
        lane.allows(1 << 20).unwrap();
        part(&lane, 10);
        assert!(lane.begin(lane.part().unwrap()).is_err(), "two files at once");
        lane.allows(1000).unwrap();
        lane.sent_others(1000);
        assert!(lane.allows(LARGEST_HEAD).is_err(), "marks that were copied");
        let lane = Lane::default();
        part(&lane, 10);
        lane.sent(4);
        assert!(lane.allows(1).is_err(), "a byte within the file");
        lane.sent(6);
        lane.allows(1 << 20).unwrap();
        assert!(lane.part().is_err(), "more marks than bytes");
    }
}
