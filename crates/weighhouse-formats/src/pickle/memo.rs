//! The memo: numbered values, dense as picklers write them, sparse where a hostile stream jumps about.

use std::collections::HashMap;

use super::value::Value;

/// Entries per chunk, as a power of two.
const CHUNK_BITS: u32 = 14;
const CHUNK: usize = 1 << CHUNK_BITS;
/// Entries of the dense part: 32 million are 192 MiB.
const MOST_DENSE: u64 = 32 << 20;
/// Entries outside the dense part.
const MOST_SPARSE: usize = 1 << 18;

type Chunk = Box<[[u8; 6]]>;

/// Numbered values.
#[derive(Debug, Default)]
pub(super) struct Memo {
    dense: Vec<Option<Chunk>>,
    sparse: HashMap<u64, Value>,
    count: u64,
    overflowed: bool,
}

impl Memo {
    /// Number of values stored: the number that `MEMOIZE` uses next.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Whether values were dropped because a bound was hit.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The value under `index`.
    #[inline]
    pub(super) fn get(&self, index: u64) -> Option<Value> {
        let chunk = self.dense.get((index >> CHUNK_BITS) as usize).and_then(Option::as_ref);
        if let Some(slot) = chunk.and_then(|chunk| chunk.get(index as usize & (CHUNK - 1))) {
            let value = Value::unpacked(*slot);
            if value != Value::EMPTY {
                return Some(value);
            }
        }
        if self.sparse.is_empty() { None } else { self.sparse.get(&index).copied() }
    }

    /// Stores a value.
    #[inline]
    pub(super) fn put(&mut self, index: u64, value: Value) {
        let chunk = self.dense.get_mut((index >> CHUNK_BITS) as usize).and_then(Option::as_mut);
        if self.sparse.is_empty()
            && let Some(slot) = chunk.and_then(|chunk| chunk.get_mut(index as usize & (CHUNK - 1)))
        {
            self.count = self.count.saturating_add(u64::from(*slot == [0; 6]));
            *slot = value.packed();
            return;
        }
        self.put_slowly(index, value);
    }

    #[cold]
    fn put_slowly(&mut self, index: u64, value: Value) {
        let new = self.get(index).is_none();
        // A chunk is worth its memory when the numbers before it are mostly used.
        let near = index <= self.count.saturating_mul(2).saturating_add(CHUNK as u64 * 4);
        let at = (index >> CHUNK_BITS) as usize;
        let exists = self.dense.get(at).is_some_and(Option::is_some);
        if exists || (near && index < MOST_DENSE) {
            if self.dense.len() <= at {
                self.dense.resize_with(at.saturating_add(1), || None);
            }
            if let Some(chunk) = self.dense.get_mut(at) {
                let chunk = chunk.get_or_insert_with(|| vec![[0; 6]; CHUNK].into_boxed_slice());
                if let Some(slot) = chunk.get_mut(index as usize & (CHUNK - 1)) {
                    *slot = value.packed();
                }
            }
            self.sparse.remove(&index);
        } else if !new || self.sparse.len() < MOST_SPARSE {
            self.sparse.insert(index, value);
        } else {
            self.overflowed = true;
            return;
        }
        self.count = self.count.saturating_add(u64::from(new));
    }
}
