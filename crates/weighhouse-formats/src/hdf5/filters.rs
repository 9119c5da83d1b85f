//! Pipelines of filters: what was done to a chunk, and how it is undone.

use std::io::Read as _;

use super::file::{Fields, File, Stop, malformed};
use crate::bounded::{Exhausted, SpoolError, spool};
use crate::compress::decoder;
use crate::node::Codec;
use crate::source::{Memory, read_up_to};

/// Numbers of the filters that are undone here.
mod id {
    pub(super) const DEFLATE: u16 = 1;
    pub(super) const SHUFFLE: u16 = 2;
    pub(super) const FLETCHER32: u16 = 3;
    pub(super) const BZIP2: u16 = 307;
    pub(super) const LZF: u16 = 32000;
    pub(super) const LZ4: u16 = 32004;
    pub(super) const ZSTD: u16 = 32015;
}

/// Filters from this number on are libraries that HDF5 looks for in a folder and loads as native code.
const PLUGINS: u16 = 256;
/// Numbers under which plugins are registered with the HDF Group, in ranges.
const REGISTERED: [(u16, u16); 2] = [(305, 307), (32000, 32040)];

/// A filter and its parameters.
#[derive(Debug, Clone)]
struct Filter {
    id: u16,
    values: Vec<u32>,
}

/// The filters that data goes through when it is written, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Pipeline {
    filters: Vec<Filter>,
}

impl Pipeline {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Stop> {
        let (version, count) = (fields.u8()?, fields.u8()?);
        fields.take(if version == 1 { 6 } else { 0 })?;
        let mut filters = Vec::new();
        for _ in 0..count {
            let id = fields.u16()?;
            let name = if version == 1 || id >= PLUGINS { fields.u16()? } else { 0 };
            fields.u16()?;
            let values = fields.u16()?;
            fields.take(name.into())?;
            let read = (0..values).map(|_| fields.u32()).collect::<Result<_, _>>()?;
            fields.take(if version == 1 && values % 2 == 1 { 4 } else { 0 })?;
            filters.push(Filter { id, values: read });
        }
        Ok(Self { filters })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<u16> {
        self.filters.iter().map(|filter| filter.id).collect()
    }

    /// The first filter that is neither a part of the library nor registered: whoever reads the data needs native code for it that
    /// is nowhere known.
    pub(super) fn stranger(&self) -> Option<u16> {
        let registered = |id: u16| REGISTERED.iter().any(|(first, last)| (*first..=*last).contains(&id));
        self.filters.iter().map(|filter| filter.id).find(|id| *id >= PLUGINS && !registered(*id))
    }

    /// Undoes the filters whose bit in `mask` is not set; at most `limit` bytes come out.
    pub(super) fn undo(
        &self,
        file: &File<'_>,
        bytes: Vec<u8>,
        mask: u32,
        limit: u64,
    ) -> Result<Vec<u8>, Stop> {
        let used = |place: usize| 1_u32.checked_shl(place as u32).is_none_or(|bit| mask & bit == 0);
        let used = self.filters.iter().enumerate().filter(|(place, _)| used(*place));
        used.rev().try_fold(bytes, |bytes, (_, filter)| filter.undo(file, bytes, limit))
    }
}

impl Filter {
    fn undo(&self, file: &File<'_>, bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Stop> {
        match self.id {
            id::DEFLATE => unpacked(file, Codec::Zlib, bytes, limit),
            id::BZIP2 => unpacked(file, Codec::Bzip2, bytes, limit),
            id::ZSTD => unpacked(file, Codec::Zstd, bytes, limit),
            id::SHUFFLE => Ok(unshuffled(&bytes, self.values.first().copied().unwrap_or(1))),
            id::FLETCHER32 => {
                let (data, _) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
                Ok(data.to_vec())
            }
            id::LZF => {
                let out = lzf(&bytes, limit).ok_or_else(damaged)?;
                file.budget.unpacked(out.len() as u64)?;
                Ok(out)
            }
            id::LZ4 => lz4(file, &bytes, limit),
            id => Err(Stop::Unsupported(format!("texts or bytes behind filter {id}"))),
        }
    }
}

fn damaged() -> Stop {
    malformed("compressed data that cannot be unpacked")
}

fn unpacked(file: &File<'_>, codec: Codec, bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Stop> {
    let len = bytes.len() as u64;
    let mut stream = decoder(codec, Memory::shared(bytes)).take(limit.saturating_add(1));
    let (source, stopped) = spool(&mut stream, len, file.budget);
    match stopped {
        Some(SpoolError::Exhausted(limit)) => return Err(limit.into()),
        Some(error) => return Err(malformed(error.to_string())),
        None => {}
    }
    if source.len() > limit {
        return Err(Exhausted::Text.into());
    }
    read_up_to(source.as_ref(), 0, usize::try_from(limit).unwrap_or(usize::MAX)).map_err(|_| damaged())
}

/// Bytes of one significance stand together; what does not fill an element stands behind them.
fn unshuffled(bytes: &[u8], size: u32) -> Vec<u8> {
    let size = usize::try_from(size).unwrap_or(1).max(1);
    let count = bytes.len() / size;
    if size == 1 || count < 2 {
        return bytes.to_vec();
    }
    let (planes, rest) = bytes.split_at_checked(count.saturating_mul(size)).unwrap_or_default();
    let mut out = vec![0; planes.len()];
    for (place, plane) in planes.chunks(count).enumerate() {
        for (to, byte) in out.iter_mut().skip(place).step_by(size).zip(plane) {
            *to = *byte;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// LZF: runs of literals, and copies of what came out before.
fn lzf(bytes: &[u8], limit: u64) -> Option<Vec<u8>> {
    let limit = usize::try_from(limit).ok()?;
    let mut out: Vec<u8> = Vec::new();
    let mut bytes = bytes.iter().copied();
    while let Some(control) = bytes.next() {
        if control < 32 {
            for _ in 0..=control {
                out.push(bytes.next()?);
            }
        } else {
            let short = usize::from(control >> 5);
            let len = if short == 7 { usize::from(bytes.next()?).checked_add(9)? } else { short + 2 };
            let back = (usize::from(control & 31) << 8).checked_add(usize::from(bytes.next()?))?;
            let from = out.len().checked_sub(back.checked_add(1)?)?;
            for place in from..from.checked_add(len)? {
                out.push(*out.get(place)?);
            }
        }
        if out.len() > limit {
            return None;
        }
    }
    Some(out)
}

/// Blocks of LZ4 behind their length, which is that of what comes out where nothing was gained.
fn lz4(file: &File<'_>, bytes: &[u8], limit: u64) -> Result<Vec<u8>, Stop> {
    let big = |bytes: &[u8]| bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mut fields = file.fields(bytes);
    let (whole, block) = (big(fields.take(8)?), big(fields.take(4)?));
    if whole > limit {
        return Err(Exhausted::Text.into());
    }
    file.budget.unpacked(whole)?;
    let mut out = Vec::new();
    while (out.len() as u64) < whole && block > 0 {
        file.budget.steps(1)?;
        let wanted = block.min(whole.saturating_sub(out.len() as u64));
        let packed = big(fields.take(4)?);
        let data = fields.take(packed)?;
        if packed == wanted {
            out.extend_from_slice(data);
        } else {
            let room = usize::try_from(wanted).map_err(|_| damaged())?;
            out.extend(lz4_flex::block::decompress(data, room).map_err(|_| damaged())?);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_put_back_where_they_were() {
        assert_eq!(unshuffled(b"aceGbdfHx", 2), b"abcdefGHx");
        assert_eq!(unshuffled(b"abc", 4), b"abc");
    }

    #[test]
    fn runs_and_copies_of_lzf() {
        // Three literals, then six bytes from three back.
        assert_eq!(lzf(&[2, b'a', b'b', b'c', 4 << 5, 2], 100).unwrap(), b"abcabcabc");
        assert_eq!(lzf(&[2, b'a', b'b', b'c', 4 << 5, 3], 100), None, "before the beginning");
        assert_eq!(lzf(&[2, b'a', b'b', b'c', 4 << 5, 2], 8), None, "over the limit");
        assert_eq!(lzf(&[9, b'a'], 100), None, "cut");
    }
}
