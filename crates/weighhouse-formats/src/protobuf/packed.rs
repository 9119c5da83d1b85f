//! Repeated numbers that stand in one piece.

use super::wire::{LONGEST, Varint, varint};
use crate::bounded::{Budget, Exhausted};
use crate::region::Region;
use crate::source::{Source, read_full};

/// The numbers in a short piece; `None` if it is damaged.
pub(crate) fn numbers(mut bytes: &[u8]) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        let Varint::Number { value, len, .. } = varint(bytes) else { return None };
        numbers.push(value);
        bytes = bytes.get(len..).unwrap_or_default();
    }
    Some(numbers)
}

/// How many numbers of variable length stand in `region`; `None` if it is damaged or cannot be read.
pub(crate) fn count(source: &dyn Source, region: Region, budget: &Budget) -> Result<Option<u64>, Exhausted> {
    let mut window = vec![0; usize::try_from(region.len()).unwrap_or(usize::MAX).min(64 * 1024)];
    let mut count = 0_u64;
    let mut open = 0_usize;
    let mut at = region.start;
    while at < region.end {
        let room = usize::try_from(region.end.saturating_sub(at)).unwrap_or(usize::MAX).min(window.len());
        let part = window.get_mut(..room).unwrap_or_default();
        if read_full(source, at, part).ok() != Some(room) {
            return Ok(None);
        }
        budget.steps((room as u64).div_ceil(64))?;
        for byte in part.iter() {
            if byte & 0x80 == 0 {
                count = count.saturating_add(1);
                open = 0;
            } else {
                open = open.saturating_add(1);
                if open >= LONGEST {
                    return Ok(None);
                }
            }
        }
        at = at.saturating_add(room as u64);
    }
    Ok((open == 0).then_some(count))
}
