//! Streams one after another, read as one: the members of a gzip file, the frames of zstd and lz4, the streams of xz.

use std::io::{self, Read};

use super::engine::{Bzip2, Deflate, Engine, GzipBody, Lz4, Lzma, Xz, Zstd};
use super::input::{Input, cut, unsupported};
use super::{CODECS, gzip, lz4};
use crate::node::{Codec, Irregularity};
use crate::region::{Claims, Region};
use crate::source::SharedSource;

/// Stream regions that are listed; later ones are decoded and accounted for all the same.
const LISTED: usize = 65_536;
/// Frames of user data that are listed.
const SKIPPABLES: usize = 1_000;
/// User data this short passes as bookkeeping (parallel compressors note a size in four bytes).
const SMALL_SKIPPABLE: u64 = 16;

/// Decodes every stream of a source, in order, and keeps account of what it read.
pub struct Streams {
    codec: Codec,
    input: Input,
    engine: Option<Box<dyn Engine>>,
    start: u64,
    begun: bool,
    ended: bool,
    /// Where streams lie.
    pub(super) regions: Vec<Region>,
    /// Frames that hold user data, which decoders pass over.
    pub(super) skippable: Vec<Region>,
    /// Everything that was explained.
    pub(super) claims: Claims,
    /// What is wrong in headers and trailers.
    pub(super) faults: Vec<Irregularity>,
    /// The first name that a gzip header carries.
    pub(super) original_name: Option<String>,
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams")
            .field("codec", &self.codec)
            .field("at", &self.input.position())
            .finish_non_exhaustive()
    }
}

impl Streams {
    /// Starts at `offset` of `source`.
    pub(super) fn new(codec: Codec, source: SharedSource, offset: u64) -> Self {
        let mut input = Input::new(source);
        input.seek(offset);
        Self {
            codec,
            input,
            engine: None,
            start: offset,
            begun: false,
            ended: false,
            regions: Vec::new(),
            skippable: Vec::new(),
            claims: Claims::new(),
            faults: Vec::new(),
            original_name: None,
        }
    }

    /// Decodes raw LZMA data with the properties that a zip member gives.
    pub(super) fn zip_lzma(source: SharedSource, len: u64) -> Self {
        Self::headless(source, |input| zip_lzma_engine(input, len))
    }

    /// Decodes the one stream that `open` knows how to begin.
    pub(super) fn headless(
        source: SharedSource,
        open: impl FnOnce(&mut Input) -> io::Result<Box<dyn Engine>>,
    ) -> Self {
        let mut streams = Self::new(Codec::ZipLzma { marker: true }, source, 0);
        let engine = open(&mut streams.input);
        streams.engine = Some(engine.unwrap_or_else(|error| Box::new(Refused(Some(error)))));
        streams.begun = true;
        streams
    }

    /// Bytes from which the streams were decoded; what lies behind is not part of them.
    pub fn consumed(&self) -> u64 {
        self.input.position()
    }

    /// Bytes behind the streams.
    pub(crate) fn rest(&self) -> u64 {
        self.input.len().saturating_sub(self.input.position())
    }

    /// What is wrong in headers and trailers; damage that stops decoding comes as an error from `read`.
    pub fn take_faults(&mut self) -> Vec<Irregularity> {
        std::mem::take(&mut self.faults)
    }

    /// Opens the next stream; `false` at the end of the last one.
    fn open(&mut self) -> io::Result<bool> {
        self.skip_frames()?;
        let first = !std::mem::replace(&mut self.begun, true);
        if self.input.at_end() {
            return if first && self.skippable.is_empty() { Err(cut()) } else { Ok(false) };
        }
        let begins = CODECS
            .iter()
            .find(|known| known.codec == self.codec)
            .is_some_and(|known| self.input.peek(16).is_ok_and(|ahead| (known.begins)(ahead)));
        let alone = matches!(self.codec, Codec::Deflate | Codec::Zlib | Codec::ZipLzma { .. });
        if !first && (alone || !begins) {
            self.padding()?;
            return Ok(false);
        }
        self.start = self.input.position();
        self.engine = Some(self.engine()?);
        Ok(true)
    }

    fn engine(&mut self) -> io::Result<Box<dyn Engine>> {
        Ok(match self.codec {
            Codec::Deflate => Box::new(Deflate::new(false)),
            Codec::Zlib => Box::new(Deflate::new(true)),
            Codec::Gzip => {
                let name = gzip::header(&mut self.input, &mut self.claims, &mut self.faults);
                self.start = self.input.position();
                if let Some(name) = name? {
                    self.original_name.get_or_insert(name);
                }
                Box::new(GzipBody::new())
            }
            Codec::Bzip2 => Box::new(Bzip2::new()),
            Codec::Xz => Box::new(Xz::new()),
            Codec::Lzma => Box::new(Lzma::new()),
            Codec::ZipLzma { .. } => return Err(unsupported("the length of the data is not known")),
            Codec::Zstd => Box::new(Zstd::new()),
            Codec::Lz4 => match lz4::extent(&self.input)? {
                Some((region, whole)) if lz4::is_legacy(&mut self.input)? => {
                    Box::new(lz4::Legacy::new(region, whole))
                }
                Some((region, whole)) => Box::new(Lz4::new(&self.input, region, whole)),
                None => return Err(cut()),
            },
        })
    }

    fn close(&mut self) {
        let region = Region::new(self.start, self.input.position());
        self.claims.claim(region);
        if self.regions.len() < LISTED {
            self.regions.push(region);
        }
        self.engine = None;
    }

    /// Zeros between and after the streams of gzip and xz are padding, to blocks of tapes or to four bytes.
    fn padding(&mut self) -> io::Result<()> {
        let start = self.input.position();
        if !matches!(self.codec, Codec::Gzip | Codec::Xz) {
            return Ok(());
        }
        self.input.zeros()?;
        let end = self.input.position();
        let next = CODECS.iter().any(|known| {
            known.codec == self.codec && self.input.peek(16).is_ok_and(|ahead| (known.begins)(ahead))
        });
        if self.input.at_end() || next {
            self.claims.claim(Region::new(start, end));
        } else {
            self.input.seek(start);
        }
        Ok(())
    }

    /// Passes over the frames of zstd and lz4 that hold user data.
    fn skip_frames(&mut self) -> io::Result<()> {
        while matches!(self.codec, Codec::Zstd | Codec::Lz4) {
            let ahead = self.input.peek(8)?;
            let Some((magic, len)) =
                ahead.first_chunk().zip(ahead.get(4..).and_then(|rest| rest.first_chunk()))
            else {
                return Ok(());
            };
            let (magic, len) = (u32::from_le_bytes(*magic), u32::from_le_bytes(*len));
            if !super::is_skippable(magic) {
                return Ok(());
            }
            let at = self.input.position();
            let content = Region::at(at.saturating_add(8), u64::from(len));
            if content.end > self.input.len() {
                return Err(cut());
            }
            self.claims.claim(Region::at(at, 8));
            if content.len() <= SMALL_SKIPPABLE || self.is_seek_table(content)? {
                self.claims.claim(content);
            }
            if self.skippable.len() < SKIPPABLES {
                self.skippable.push(content);
            }
            self.input.seek(content.end);
        }
        Ok(())
    }

    /// The seek table of the seekable zstd format: entries of 8 or 12 bytes and a 9-byte footer that counts them.
    fn is_seek_table(&self, content: Region) -> io::Result<bool> {
        let Some(footer) = content.end.checked_sub(9).filter(|at| *at >= content.start) else {
            return Ok(false);
        };
        let mut part = self.input.part(Region::new(footer, content.end));
        let [a, b, c, d, flags, magic @ ..] = part.array::<9>()?;
        let entry = if flags & 0x80 == 0 { 8 } else { 12 };
        let entries = u64::from(u32::from_le_bytes([a, b, c, d])).saturating_mul(entry);
        Ok(u32::from_le_bytes(magic) == 0x8f92_eab1 && entries.saturating_add(9) == content.len())
    }
}

impl Read for Streams {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ended || out.is_empty() {
            return Ok(0);
        }
        if self.engine.is_none() {
            match self.open() {
                Ok(true) => {}
                Ok(false) => {
                    // Padding may stand before another stream.
                    self.ended = !self.more();
                    return if self.ended { Ok(0) } else { Err(io::ErrorKind::Interrupted.into()) };
                }
                Err(error) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        let Some(engine) = &mut self.engine else { return Ok(0) };
        match engine.read(&mut self.input, out, &mut self.faults) {
            // Interrupted: the caller looks at its bounds before it asks again, however many empty streams follow.
            Ok(0) => {
                self.close();
                Err(io::ErrorKind::Interrupted.into())
            }
            Ok(count) => Ok(count),
            Err(error) => {
                self.close();
                self.ended = true;
                Err(error)
            }
        }
    }
}

impl Streams {
    fn more(&mut self) -> bool {
        matches!(self.codec, Codec::Gzip | Codec::Xz)
            && CODECS.iter().any(|known| {
                known.codec == self.codec && self.input.peek(16).is_ok_and(|ahead| (known.begins)(ahead))
            })
    }
}

/// Stands for a stream that could not be opened.
struct Refused(Option<io::Error>);

impl Engine for Refused {
    fn read(&mut self, _: &mut Input, _: &mut [u8], _: &mut Vec<Irregularity>) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The header of LZMA data in a zip archive: version, length of the properties, the properties.
fn zip_lzma_engine(input: &mut Input, len: u64) -> io::Result<Box<dyn Engine>> {
    let [_, _, size_low, size_high] = input.array::<4>()?;
    if u16::from_le_bytes([size_low, size_high]) != 5 {
        return Err(super::input::broken("the LZMA header of a zip member has an unknown size"));
    }
    let [properties, a, b, c, d] = input.array::<5>()?;
    Ok(Box::new(Lzma::raw(len, properties, u32::from_le_bytes([a, b, c, d]))?))
}
