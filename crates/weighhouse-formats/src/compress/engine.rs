//! The decoders of single streams, behind one interface that reports exactly where a stream ends.
//!
//! The decompression itself is done by well-kept crates; what is ours is position, memory bounds and checks that
//! the crates leave out. Windows and dictionaries are capped at [`WINDOW_LIMIT`]: a stream that needs more is not read,
//! and the caller says so.

use std::io::{self, Read};

use bzip2::{Decompress as Bunzip2, Status as Bzip2Status};
use flate2::{Decompress as Inflate, FlushDecompress, Status as InflateStatus};
use lzma_rust2::{Action, Lzma2Stream, LzmaStream, Status as LzmaStatus, StreamResult, XzStream};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder as ZstdFrame};

use super::input::{Input, broken, cut, unsupported};
use crate::node::{Fault, Irregularity};
use crate::region::Region;

/// Largest window or dictionary that a stream may ask for.
pub(super) const WINDOW_LIMIT: u64 = 64 << 20;

/// The same in KiB, with room for the decoder's own tables.
const LZMA_LIMIT_KIB: u32 = (WINDOW_LIMIT >> 10) as u32 + 4096;

/// Decodes one stream.
pub(super) trait Engine: Send {
    /// Puts decoded bytes into `out`; zero at the end of the stream, with `input` standing exactly behind it.
    fn read(
        &mut self,
        input: &mut Input,
        out: &mut [u8],
        faults: &mut Vec<Irregularity>,
    ) -> io::Result<usize>;
}

/// One call of a push-style decoder.
struct Push {
    consumed: usize,
    produced: usize,
    outcome: io::Result<bool>,
}

/// Drives a push-style decoder until it gives bytes, ends or fails. What came out before a failure is given first.
#[derive(Default)]
struct Pushed {
    ended: bool,
    failed: Option<io::Error>,
}

impl Pushed {
    fn read(&mut self, input: &mut Input, mut push: impl FnMut(&[u8], bool) -> Push) -> io::Result<usize> {
        loop {
            if let Some(error) = self.failed.take() {
                self.ended = true;
                return Err(error);
            }
            if self.ended {
                return Ok(0);
            }
            let ahead = input.peek(1)?;
            let (last, offered) = (ahead.is_empty(), ahead.len());
            let Push { consumed, produced, outcome } = push(ahead, last);
            input.consume(consumed.min(offered));
            match outcome {
                Ok(ended) => self.ended = ended,
                Err(error) => self.failed = Some(error),
            }
            if produced > 0 {
                return Ok(produced);
            }
            if consumed == 0 && !self.ended && self.failed.is_none() {
                self.failed = Some(if last { cut() } else { broken("the decoder makes no progress") });
            }
        }
    }
}

/// Size of the deflate window, which is also the decoder's ring.
const RING: usize = 32 * 1024;

/// Raw deflate, or deflate in a zlib frame (RFC 1950, 1951).
pub(super) struct Deflate {
    state: Inflate,
    pushed: Pushed,
}

impl Deflate {
    pub(super) fn new(zlib: bool) -> Self {
        Self { state: Inflate::new(zlib), pushed: Pushed::default() }
    }
}

impl Engine for Deflate {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        let state = &mut self.state;
        // The decoder decodes into a ring and drops what did not fit into `out` when it fails. Output that never crosses
        // the end of the ring is never dropped: what a payload puts just before a break is seen.
        let room = RING.saturating_sub((state.total_out() % RING as u64) as usize).min(out.len());
        let out = out.get_mut(..room).unwrap_or_default();
        self.pushed.read(input, |ahead, _| {
            let before = (state.total_in(), state.total_out());
            let outcome = state.decompress(ahead, out, FlushDecompress::None);
            Push {
                consumed: state.total_in().saturating_sub(before.0) as usize,
                produced: state.total_out().saturating_sub(before.1) as usize,
                outcome: outcome.map(|status| status == InflateStatus::StreamEnd).map_err(|error| {
                    if error.needs_dictionary().is_some() {
                        unsupported("the stream needs a preset dictionary")
                    } else {
                        broken("invalid deflate data")
                    }
                }),
            }
        })
    }
}

/// A gzip member (RFC 1952) after its header: deflate data, CRC-32 and length.
pub(super) struct GzipBody {
    deflate: Deflate,
    crc32: crc32fast::Hasher,
    len: u32,
    done: bool,
}

impl GzipBody {
    pub(super) fn new() -> Self {
        Self { deflate: Deflate::new(false), crc32: crc32fast::Hasher::new(), len: 0, done: false }
    }

    fn check_trailer(&self, input: &mut Input, faults: &mut Vec<Irregularity>) -> io::Result<()> {
        let at = input.position();
        let crc32 = u32::from_le_bytes(input.array()?);
        let len = u32::from_le_bytes(input.array()?);
        let found = self.crc32.clone().finalize();
        if crc32 != found {
            let detail = format!("the trailer declares CRC-32 {crc32:08x}, but the content has {found:08x}");
            note(faults, Fault::Checksum, Region::at(at, 4), detail);
        }
        if len != self.len {
            let detail = format!("the trailer declares {len} bytes (modulo 2^32), but {} come out", self.len);
            note(faults, Fault::Contradiction, Region::at(at.saturating_add(4), 4), detail);
        }
        Ok(())
    }
}

impl Engine for GzipBody {
    fn read(
        &mut self,
        input: &mut Input,
        out: &mut [u8],
        faults: &mut Vec<Irregularity>,
    ) -> io::Result<usize> {
        if self.done {
            return Ok(0);
        }
        let count = self.deflate.read(input, out, faults)?;
        if count == 0 {
            self.done = true;
            self.check_trailer(input, faults)?;
        }
        let new = out.get(..count).unwrap_or_default();
        self.crc32.update(new);
        self.len = self.len.wrapping_add(new.len() as u32);
        Ok(count)
    }
}

/// A bzip2 stream.
pub(super) struct Bzip2 {
    state: Bunzip2,
    pushed: Pushed,
}

impl Bzip2 {
    pub(super) fn new() -> Self {
        Self { state: Bunzip2::new(false), pushed: Pushed::default() }
    }
}

impl Engine for Bzip2 {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        let state = &mut self.state;
        self.pushed.read(input, |ahead, _| {
            let before = (state.total_in(), state.total_out());
            let outcome = state.decompress(ahead, out);
            Push {
                consumed: state.total_in().saturating_sub(before.0) as usize,
                produced: state.total_out().saturating_sub(before.1) as usize,
                outcome: outcome
                    .map(|status| status == Bzip2Status::StreamEnd)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        })
    }
}

/// Pushes input into one of the decoders of the LZMA family, which have the same methods but no trait in common.
macro_rules! push {
    ($state:ident, $ahead:ident, $out:ident, $last:ident) => {{
        let before = ($state.total_in(), $state.total_out());
        let action = if $last { Action::Finish } else { Action::Run };
        let outcome = $state.process($ahead, $out, action);
        lzma_push(outcome, ($state.total_in(), $state.total_out()), before)
    }};
}

/// An xz stream, with all its blocks, index and footer.
pub(super) struct Xz {
    state: XzStream,
    pushed: Pushed,
}

impl Xz {
    pub(super) fn new() -> Self {
        Self { state: XzStream::new_mem_limit(false, LZMA_LIMIT_KIB), pushed: Pushed::default() }
    }
}

impl Engine for Xz {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        let state = &mut self.state;
        self.pushed.read(input, |ahead, last| push!(state, ahead, out, last))
    }
}

/// An LZMA stream with the 13-byte header of `.lzma` files, or raw with the properties a zip member gives.
pub(super) struct Lzma {
    state: LzmaStream,
    pushed: Pushed,
    returned: bool,
}

impl Lzma {
    pub(super) fn new() -> Self {
        Self::over(LzmaStream::new_mem_limit(LZMA_LIMIT_KIB, None))
    }

    /// Raw data; `len` is the unpacked length, `u64::MAX` if an end marker stands for it.
    pub(super) fn raw(len: u64, properties: u8, dictionary: u32) -> io::Result<Self> {
        within_window(dictionary)?;
        LzmaStream::new_with_props(len, properties, dictionary, None).map(Self::over)
    }

    fn over(state: LzmaStream) -> Self {
        Self { state, pushed: Pushed::default(), returned: false }
    }
}

impl Engine for Lzma {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        let state = &mut self.state;
        let count = self.pushed.read(input, |ahead, last| push!(state, ahead, out, last))?;
        if count == 0 && !self.returned {
            self.returned = true;
            let unused = self.state.unused_input().len() as u64;
            input.seek(input.position().saturating_sub(unused));
        }
        Ok(count)
    }
}

/// LZMA2 data without a header, as 7z archives hold it.
pub(super) struct Lzma2 {
    state: Lzma2Stream,
    pushed: Pushed,
}

impl Lzma2 {
    pub(super) fn new(dictionary: u32) -> io::Result<Self> {
        within_window(dictionary)?;
        Ok(Self { state: Lzma2Stream::new(dictionary), pushed: Pushed::default() })
    }
}

impl Engine for Lzma2 {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        let state = &mut self.state;
        self.pushed.read(input, |ahead, last| push!(state, ahead, out, last))
    }
}

fn within_window(dictionary: u32) -> io::Result<()> {
    if u64::from(dictionary) > WINDOW_LIMIT {
        return Err(unsupported(format!("the stream needs a dictionary of {dictionary} bytes")));
    }
    Ok(())
}

fn lzma_push(outcome: io::Result<StreamResult>, after: (u64, u64), before: (u64, u64)) -> Push {
    let outcome = outcome.map(|result| result.status == LzmaStatus::StreamEnd).map_err(|error| {
        if error.kind() == io::ErrorKind::OutOfMemory {
            unsupported(format!("the stream needs a dictionary over {WINDOW_LIMIT} bytes"))
        } else {
            error
        }
    });
    Push {
        consumed: after.0.saturating_sub(before.0) as usize,
        produced: after.1.saturating_sub(before.1) as usize,
        outcome,
    }
}

/// A zstd frame (RFC 8878).
pub(super) struct Zstd {
    frame: ZstdFrame,
    begun: bool,
    declared: Option<u64>,
    produced: u64,
    checked: bool,
    failed: Option<io::Error>,
    lost: bool,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut frame = ZstdFrame::new();
        frame.set_max_window_size(WINDOW_LIMIT);
        Self { frame, begun: false, declared: None, produced: 0, checked: false, failed: None, lost: false }
    }

    fn begin(&mut self, input: &mut Input) -> io::Result<()> {
        use ruzstd::decoding::errors::FrameDecoderError as E;
        self.begun = true;
        let descriptor = input.peek(5)?.get(4).copied().unwrap_or_default();
        let result = self.frame.init(&mut *input);
        // Without a size flag and the single-segment flag there is no content size in the header.
        self.declared = (descriptor & 0xe0 != 0).then(|| self.frame.content_size());
        result.map_err(|error| match error {
            E::WindowSizeTooBig { requested, .. } => {
                unsupported(format!("the stream needs a window of {requested} bytes"))
            }
            E::DictNotProvided { .. } => unsupported("the stream needs a dictionary"),
            other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
        })
    }

    fn check(&mut self, at: u64, faults: &mut Vec<Irregularity>) {
        if std::mem::replace(&mut self.checked, true) {
            return;
        }
        let found = self.frame.get_calculated_checksum();
        if let Some(declared) = self.frame.get_checksum_from_data()
            && found != Some(declared)
        {
            let detail = format!("the frame's checksum is {declared:08x}, but the content has another");
            note(faults, Fault::Checksum, Region::new(at.saturating_sub(4), at), detail);
        }
        if let Some(declared) = self.declared.filter(|declared| *declared != self.produced) {
            let detail = format!("the frame declares {declared} bytes, but {} come out", self.produced);
            note(faults, Fault::Contradiction, Region::new(at, at), detail);
        }
    }
}

impl Engine for Zstd {
    fn read(
        &mut self,
        input: &mut Input,
        out: &mut [u8],
        faults: &mut Vec<Irregularity>,
    ) -> io::Result<usize> {
        if !self.begun {
            self.begin(input)?;
        }
        loop {
            let count = if self.lost { 0 } else { Read::read(&mut self.frame, out)? };
            if count > 0 {
                self.produced = self.produced.saturating_add(count as u64);
                return Ok(count);
            }
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            if self.frame.is_finished() {
                self.check(input.position(), faults);
                return Ok(0);
            }
            if let Err(error) = self.frame.decode_blocks(&mut *input, BlockDecodingStrategy::UptoBlocks(1)) {
                self.fail(io::Error::new(io::ErrorKind::InvalidData, error.to_string()));
            }
        }
    }
}

impl Zstd {
    /// A block is damaged. The decoder keeps up to a window of good data back that other decoders had already given out,
    /// so it is told that the frame ends here: an empty last block, and a checksum in case the frame has one.
    fn fail(&mut self, error: io::Error) {
        const LAST_EMPTY_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
        self.failed = Some(error);
        let mut end = LAST_EMPTY_BLOCK;
        let flushed = self.frame.decode_blocks(&mut end, BlockDecodingStrategy::UptoBlocks(1));
        self.lost = flushed.is_err();
    }
}

/// An lz4 frame whose extent is known beforehand (see [`super::lz4`]).
pub(super) struct Lz4 {
    frame: lz4_flex::frame::FrameDecoder<Input>,
    region: Region,
    whole: bool,
}

impl Lz4 {
    /// `whole` says whether the frame has its end mark.
    pub(super) fn new(input: &Input, region: Region, whole: bool) -> Self {
        Self { frame: lz4_flex::frame::FrameDecoder::new(input.part(region)), region, whole }
    }
}

impl Engine for Lz4 {
    fn read(&mut self, input: &mut Input, out: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        loop {
            let before = self.frame.get_ref().position();
            let count = self.frame.read(out)?;
            if count > 0 {
                return Ok(count);
            }
            // The decoder also answers "nothing" for an empty block in the middle and for a missing end.
            let after = self.frame.get_ref().position();
            if after >= self.region.len() || after == before {
                input.seek(self.region.end);
                return if self.whole { Ok(0) } else { Err(cut()) };
            }
        }
    }
}

/// Records a fault, unless there are many already: thousands of damaged members are one message.
pub(super) fn note(faults: &mut Vec<Irregularity>, kind: Fault, region: Region, detail: String) {
    const MOST: usize = 64;
    if faults.len() < MOST {
        faults.push(Irregularity { kind, region: Some(region), detail });
    }
}
