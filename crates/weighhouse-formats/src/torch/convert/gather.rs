//! The elements of a view, in order, whatever its strides.

use std::io::{self, Write};

use super::evaluate::Tensor;
use crate::source::{SharedSource, read_full};

/// Bytes of a block of the cache for scattered elements.
const BLOCK: u64 = 16 * 1024;
/// Blocks held.
const BLOCKS: usize = 1024;

/// The bytes that the tensor has when it is written, and the bytes of its storage that must be there; `None` if a size
/// does not fit.
pub(super) fn extent(tensor: &Tensor) -> Option<(u64, u64)> {
    let elements = tensor.shape.iter().try_fold(1_u64, |all, size| all.checked_mul(*size))?;
    let bytes = elements.checked_mul(tensor.dtype.size)?;
    if elements == 0 {
        return Some((0, 0));
    }
    let last = tensor.shape.iter().zip(&tensor.stride).try_fold(tensor.offset, |last, (size, stride)| {
        last.checked_add(size.checked_sub(1)?.checked_mul(*stride)?)
    })?;
    Some((bytes, last.checked_add(1)?.checked_mul(tensor.dtype.size)?))
}

/// Whether the elements lie in order and without holes.
pub(super) fn contiguous(tensor: &Tensor) -> bool {
    let mut expected = 1_u64;
    tensor.shape.iter().zip(&tensor.stride).rev().all(|(size, stride)| {
        let fits = *size == 1 || *stride == expected;
        expected = expected.saturating_mul(*size);
        fits
    })
}

/// Writes the elements of `tensor`, whose storage is `storage`; `bytes` as [`extent`] says.
pub(super) fn write(
    tensor: &Tensor,
    storage: &SharedSource,
    bytes: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    if bytes == 0 {
        Ok(())
    } else if contiguous(tensor) {
        copy(storage, tensor.offset.saturating_mul(tensor.dtype.size), bytes, out)
    } else {
        scattered(tensor, storage, out)
    }
}

fn copy(storage: &SharedSource, start: u64, len: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut window = vec![0; 256 * 1024];
    let mut done = 0;
    while done < len {
        let room = usize::try_from(len.saturating_sub(done)).unwrap_or(usize::MAX).min(window.len());
        let part = window.get_mut(..room).unwrap_or_default();
        if read_full(storage.as_ref(), start.saturating_add(done), part)? < room {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.write_all(part)?;
        done = done.saturating_add(room as u64);
    }
    Ok(())
}

fn scattered(tensor: &Tensor, storage: &SharedSource, out: &mut dyn Write) -> io::Result<()> {
    let mut cache = Cache { storage, blocks: vec![None; BLOCKS] };
    let mut out = io::BufWriter::with_capacity(64 * 1024, out);
    let mut index = vec![0_u64; tensor.shape.len()];
    loop {
        let element = index
            .iter()
            .zip(&tensor.stride)
            .fold(tensor.offset, |at, (index, stride)| at.saturating_add(index.saturating_mul(*stride)));
        cache.element(element.saturating_mul(tensor.dtype.size), tensor.dtype.size, &mut out)?;
        if !advance(&mut index, &tensor.shape) {
            return out.flush();
        }
    }
}

/// The next index, the last dimension fastest; `false` after the last one.
fn advance(index: &mut [u64], shape: &[u64]) -> bool {
    for (at, size) in index.iter_mut().zip(shape).rev() {
        *at = at.saturating_add(1);
        if *at < *size {
            return true;
        }
        *at = 0;
    }
    false
}

/// Blocks of the storage by number, each in the one place its number gives it.
struct Cache<'s> {
    storage: &'s SharedSource,
    blocks: Vec<Option<(u64, Vec<u8>)>>,
}

impl Cache<'_> {
    fn element(&mut self, start: u64, size: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut at = start;
        let end = start.saturating_add(size);
        // Elements are aligned to their size as a rule, but nothing guarantees it: one may lie across two blocks.
        while at < end {
            let block = self.block(at / BLOCK)?;
            let from = usize::try_from(at % BLOCK).unwrap_or(usize::MAX);
            let room = end.saturating_sub(at).min(BLOCK.saturating_sub(at % BLOCK));
            let part =
                block.get(from..from.saturating_add(room as usize)).ok_or(io::ErrorKind::UnexpectedEof)?;
            out.write_all(part)?;
            at = at.saturating_add(room);
        }
        Ok(())
    }

    fn block(&mut self, number: u64) -> io::Result<&[u8]> {
        let place = (number % BLOCKS as u64) as usize;
        let slot = self.blocks.get_mut(place).ok_or(io::ErrorKind::NotFound)?;
        if slot.as_ref().is_none_or(|(held, _)| *held != number) {
            let bytes = crate::source::read_up_to(
                self.storage.as_ref(),
                number.saturating_mul(BLOCK),
                BLOCK as usize,
            )?;
            *slot = Some((number, bytes));
        }
        Ok(slot.as_ref().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default())
    }
}
