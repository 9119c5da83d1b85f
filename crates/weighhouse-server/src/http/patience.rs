//! How long is waited for clients: bodies of requests have to keep coming, answers have to be taken. Who does neither has hung up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A body that is waited for only so long, from one part to the next.
pub(super) struct Patient<B> {
    body: B,
    patience: Duration,
    silence: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl<B> Patient<B> {
    pub(super) fn new(body: B, patience: Duration) -> Self {
        Self { body, patience, silence: None, waits: false }
    }
}

impl<B: Body<Data = Bytes, Error: Into<Error>> + Unpin> Body for Patient<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.waits = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let (patience, begins) = (self.patience, !self.waits);
        self.waits = true;
        let timer = self.silence.get_or_insert_with(|| Box::pin(sleep(patience)));
        if begins {
            timer.as_mut().reset(Instant::now() + patience);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the client sends nothing").into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Ends a connection whose peer takes nothing for too long.
#[derive(Debug)]
pub(super) struct Stall {
    patience: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl Stall {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, timer: None, waits: false }
    }

    /// What became of sending something, or the end of the connection.
    pub(super) fn check<T>(
        &mut self,
        cx: &mut Context<'_>,
        sent: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.waits = false;
            return sent;
        }
        let patience = self.patience;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(patience)));
        if !self.waits {
            timer.as_mut().reset(Instant::now() + patience);
            self.waits = true;
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
    }
}
