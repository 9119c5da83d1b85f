//! Numbers anywhere in a source: a flatbuffer is read in no order, so a few pages are kept.

use crate::source::{Source, read_up_to};

/// Bytes of a page.
const PAGE: u64 = 4096;
/// Pages kept.
const PAGES: usize = 64;

/// A source with the pages that were read last.
#[derive(Debug)]
pub(super) struct Bytes<'s> {
    source: &'s dyn Source,
    pages: Vec<Option<(u64, Vec<u8>)>>,
}

impl<'s> Bytes<'s> {
    pub(super) fn new(source: &'s dyn Source) -> Self {
        Self { source, pages: vec![None; PAGES] }
    }

    /// The little-endian number of `size` bytes, at most eight, at a place; nothing if the source ends before.
    pub(super) fn number(&mut self, at: u64, size: u8) -> Option<u64> {
        let mut value = 0;
        for index in (0..u64::from(size)).rev() {
            value = (value << 8) | u64::from(self.byte(at.checked_add(index)?)?);
        }
        Some(value)
    }

    /// Up to `len` bytes at a place: fewer where the source ends or cannot be read.
    pub(super) fn read(&self, at: u64, len: usize) -> Vec<u8> {
        read_up_to(self.source, at, len).unwrap_or_default()
    }

    fn byte(&mut self, at: u64) -> Option<u8> {
        let (page, offset) = (at / PAGE, usize::try_from(at % PAGE).ok()?);
        let slot = self.pages.get_mut(usize::try_from(page % PAGES as u64).ok()?)?;
        if slot.as_ref().is_none_or(|(kept, _)| *kept != page) {
            let bytes = read_up_to(self.source, page.checked_mul(PAGE)?, PAGE as usize).ok()?;
            *slot = Some((page, bytes));
        }
        slot.as_ref()?.1.get(offset).copied()
    }
}
