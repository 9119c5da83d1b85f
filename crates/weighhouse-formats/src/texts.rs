//! Texts that are parsed whole: read to the limit, kept at their length.

use crate::bounded::{Budget, Exhausted};
use crate::node::{GapReason, Parsed};
use crate::region::Region;
use crate::source::{SharedSource, read_up_to};

/// The bytes of a text up to `Limits::text`. What lies behind is a gap; `None` if it cannot be read.
pub(crate) fn read(parsed: &mut Parsed, source: &SharedSource, budget: &Budget) -> Option<Vec<u8>> {
    let limit = usize::try_from(budget.limits().text).unwrap_or(usize::MAX);
    let bytes = match read_up_to(source.as_ref(), 0, limit) {
        Ok(bytes) => bytes,
        Err(error) => {
            parsed.gap(GapReason::Unreadable, None, error.to_string());
            return None;
        }
    };
    if (bytes.len() as u64) < source.len() {
        let rest = Region::new(bytes.len() as u64, source.len());
        parsed.gap(GapReason::Limit(Exhausted::Text), rest, "the text is too large to be parsed whole");
    }
    Some(bytes)
}

/// Bytes as text of the same length: what is not UTF-8 becomes one `?` per byte, so offsets stay true.
pub(crate) fn lossy(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}
