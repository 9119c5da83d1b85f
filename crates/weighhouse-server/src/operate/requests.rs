//! Around every request: a number for it, a line in the log of the program, and the metrics.
//!
//! What people send that is nobody's business is not written down: no query, no header, no body, no name. Who asked is told by the
//! pseudonym under which the audit log knows them.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http_body::{Frame, SizeHint};
use opentelemetry::Context as Trace;
use opentelemetry::context::FutureExt as _;
use tracing::{Instrument as _, Span};

use super::metrics::RequestLabels;
use super::traces;
use crate::gate::Gate;

/// The number of a request, in its answer: clients of a Hub show it with their errors, and operators find the line by it.
const ID: &str = "x-request-id";

/// The status of requests whose callers hung up before there was an answer, as other servers write it.
pub(super) const HUNG_UP: u16 = 499;

/// The pattern by which an answer was found, when the router does not know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteName(pub(crate) &'static str);

/// Answers a request, and notes how.
pub(crate) async fn observe(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let id = number();
    let method = method(request.method());
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // Behind that stands what lets in, and names who it was made for.
    let path = request.uri().path();
    let path = if path.trim_start_matches('/').starts_with("lfs/") { "/lfs/…" } else { path };
    let trace = gate.tracer.request(method, request.headers());
    let number = traces::number(&trace);
    let span =
        tracing::info_span!("request", id, method, path, person = tracing::field::Empty, trace = number);
    let labels =
        RequestLabels { route: matched.unwrap_or_else(|| OTHER.to_owned()), method, status: HUNG_UP };
    // Made before the answer, so that callers who do not wait for it are told of, too.
    let mut note = Note {
        span: span.clone(),
        trace: trace.clone(),
        labels,
        began: Instant::now(),
        size: None,
        sent: 0,
        ended: false,
        _under_way: gate.metrics.begin(),
        gate,
    };
    let answered =
        AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span).with_context(trace).await;
    let mut response = answered.unwrap_or_else(|_| {
        // The hook for panics has told operators where.
        let told = "the gate failed to answer; this is a bug of weighhouse, which its operators can report\n";
        (StatusCode::INTERNAL_SERVER_ERROR, told).into_response()
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    if let Some(RouteName(name)) = response.extensions().get::<RouteName>() {
        (*name).clone_into(&mut note.labels.route);
    }
    note.labels.status = response.status().as_u16();
    let (parts, body) = response.into_parts();
    // What comes from a file has its length in a header only, and the connection asks no further than that.
    let length = || parts.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    note.size = body.size_hint().exact().or_else(length);
    note.ended = body.is_end_stream() || note.labels.method == "HEAD";
    Response::from_parts(parts, Body::new(Noted { body, note }))
}

/// 64 random bits. Without random numbers requests have no number; what needs them for more refuses by itself.
fn number() -> String {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map(|()| weighhouse_core::digest::hex(&bytes)).unwrap_or_default()
}

/// The word for methods and routes that are not known.
pub(super) const OTHER: &str = "other";

/// Callers choose the word: only known ones are counted apart.
fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

/// A body that tells when it is over.
struct Noted {
    body: Body,
    note: Note,
}

impl HttpBody for Noted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let len = frame.data_ref().map_or(0, Bytes::len) as u64;
                self.note.sent = self.note.sent.saturating_add(len);
            }
            Poll::Ready(None) => self.note.ended = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What is told of a request once its answer is over, or nobody waits for it any more.
struct Note {
    gate: Arc<Gate>,
    span: Span,
    trace: Trace,
    labels: RequestLabels,
    began: Instant,
    size: Option<u64>,
    sent: u64,
    ended: bool,
    _under_way: super::metrics::UnderWay,
}

impl Drop for Note {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let whole = self.ended || self.size.is_some_and(|size| self.sent >= size);
        self.gate.metrics.answered(&self.labels, took, self.sent, whole);
        let (status, route, sent) = (self.labels.status, self.labels.route.as_str(), self.sent);
        let ms = milliseconds(took);
        traces::answered(&self.trace, &self.labels, sent, whole);
        // Asked every few seconds by machines.
        if matches!(route, "/healthz" | "/readyz") {
            tracing::debug!(parent: &self.span, status, route, sent, ms, whole, "answered");
        } else {
            tracing::info!(parent: &self.span, status, route, sent, ms, whole, "answered");
        }
    }
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
