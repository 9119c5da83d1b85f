//! A source that answers every read with fewer bytes than were asked for: any chunking must give the same facts.

use std::io;

use crate::source::{Memory, SharedSource, Source};

/// Bytes that come in short, odd portions.
#[derive(Debug)]
pub struct Short {
    inner: Memory,
    most: usize,
}

impl Short {
    /// Serves `bytes` in portions of 1 to `most` bytes, by a fixed rule of the offset.
    pub fn shared(bytes: &[u8], most: usize) -> SharedSource {
        std::sync::Arc::new(Self { inner: Memory::new(bytes.to_vec()), most: most.max(1) })
    }
}

impl Source for Short {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let portion = 1 + usize::try_from(offset % self.most as u64).unwrap_or_default();
        let room = buffer.len().min(portion);
        self.inner.read_at(offset, buffer.get_mut(..room).unwrap_or_default())
    }
}
