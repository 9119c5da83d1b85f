//! zlib streams in files, up to a length that is known before.

use flate2::{Decompress, FlushDecompress, Status};
use weighhouse_formats::source::{Source, read_full};

/// One decompressor for many small streams.
#[derive(Debug)]
pub(super) struct Inflater {
    state: Decompress,
    window: Vec<u8>,
}

/// A stream that is being read.
pub(super) struct Stream<'a> {
    inflater: &'a mut Inflater,
    source: &'a dyn Source,
    /// Where the window begins that comes next.
    next: u64,
    /// What is left of the window.
    rest: (usize, usize),
    ended: bool,
}

/// The stream does not read.
pub(super) struct Damaged;

impl Inflater {
    pub(super) fn new() -> Self {
        Self { state: Decompress::new(true), window: vec![0; 4096] }
    }

    /// Begins the stream at `offset`.
    pub(super) fn stream<'a>(&'a mut self, source: &'a dyn Source, offset: u64) -> Stream<'a> {
        self.state.reset(true);
        Stream { inflater: self, source, next: offset, rest: (0, 0), ended: false }
    }

    /// The whole stream at `offset`, which must unpack to `len` bytes.
    pub(super) fn whole(&mut self, source: &dyn Source, offset: u64, len: usize) -> Result<Vec<u8>, Damaged> {
        let mut out = Vec::new();
        let mut stream = self.stream(source, offset);
        // One more than it may have: what is longer than it says is damaged.
        stream.read_to(&mut out, len.saturating_add(1))?;
        if stream.ended && out.len() == len { Ok(out) } else { Err(Damaged) }
    }
}

impl Stream<'_> {
    /// Unpacks until `out` holds `len` bytes or the stream ends.
    pub(super) fn read_to(&mut self, out: &mut Vec<u8>, len: usize) -> Result<(), Damaged> {
        while out.len() < len && !self.ended {
            if self.rest.0 >= self.rest.1 {
                let count =
                    read_full(self.source, self.next, &mut self.inflater.window).map_err(|_| Damaged)?;
                if count == 0 {
                    return Err(Damaged);
                }
                self.rest = (0, count);
                self.next = self.next.saturating_add(count as u64);
            }
            // Room grows with what really comes, whatever length was promised.
            let room = len.saturating_sub(out.len()).min(64 * 1024);
            out.reserve_exact(room);
            let spare = out.capacity().min(len);
            let Inflater { state, window } = &mut *self.inflater;
            let input = window.get(self.rest.0..self.rest.1).unwrap_or_default();
            let (before_in, before_out) = (state.total_in(), out.len());
            let status = bounded(state, input, out, spare)?;
            let read = usize::try_from(state.total_in().saturating_sub(before_in)).unwrap_or_default();
            self.rest.0 = self.rest.0.saturating_add(read);
            self.ended = status == Status::StreamEnd;
            if read == 0 && out.len() == before_out && !self.ended {
                return Err(Damaged);
            }
        }
        Ok(())
    }
}

/// Unpacks into `out` up to `limit` bytes.
fn bounded(state: &mut Decompress, input: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<Status, Damaged> {
    let start = out.len();
    out.resize(limit, 0);
    let before = state.total_out();
    let room = out.get_mut(start..).unwrap_or_default();
    let status = state.decompress(input, room, FlushDecompress::None).map_err(|_| Damaged);
    let written = usize::try_from(state.total_out().saturating_sub(before)).unwrap_or_default();
    out.truncate(start.saturating_add(written));
    status
}
