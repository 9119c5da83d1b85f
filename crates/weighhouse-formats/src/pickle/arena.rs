//! Where tuples live: a ring that forgets the oldest. A call's arguments are built right before the call, so a short memory
//! is enough; what was forgotten is unknown, and unknown is never silent.

use super::value::Value;

/// Slots of the ring.
const SLOTS: u64 = 1 << 15;
/// Elements kept of one tuple.
const MOST: usize = 64;
const LENGTH_BITS: u32 = 7;

/// The ring.
#[derive(Debug)]
pub(super) struct Arena {
    slots: Box<[Value]>,
    next: u64,
}

impl Default for Arena {
    fn default() -> Self {
        Self { slots: vec![Value::EMPTY; SLOTS as usize].into_boxed_slice(), next: 1 }
    }
}

impl Arena {
    /// Stores a tuple's elements (its first ones) and returns the tuple.
    pub(super) fn store(&mut self, elements: &[Value]) -> Value {
        let kept = elements.get(..MOST).unwrap_or(elements);
        let start = self.next;
        for element in kept {
            if let Some(slot) = self.slots.get_mut((self.next % SLOTS) as usize) {
                *slot = *element;
            }
            self.next = self.next.saturating_add(1);
        }
        let length = elements.len().min(MOST + 1) as u64;
        Value::tuple(start << LENGTH_BITS | length)
    }

    /// The elements of a tuple; `None` once forgotten. The flag tells whether all of them are there.
    pub(super) fn elements(&self, tuple: Value) -> Option<(impl Iterator<Item = Value> + '_, bool)> {
        if tuple.tag() != super::value::Tag::Tuple {
            return None;
        }
        let length = tuple.payload() & ((1 << LENGTH_BITS) - 1);
        let start = tuple.payload() >> LENGTH_BITS;
        let kept = length.min(MOST as u64);
        if start.saturating_add(SLOTS) < self.next && kept > 0 {
            return None;
        }
        let slots = (start..start.saturating_add(kept))
            .map(|at| self.slots.get((at % SLOTS) as usize).copied().unwrap_or(Value::UNKNOWN));
        Some((slots, length <= MOST as u64))
    }

    /// The elements as a vector; empty if forgotten or no tuple.
    pub(super) fn list(&self, tuple: Value) -> Option<Vec<Value>> {
        self.elements(tuple).filter(|(_, whole)| *whole).map(|(slots, _)| slots.collect())
    }
}
