//! Arrow IPC, file and stream (also Feather 2): schema, metadata, record batches.
//!
//! Follows `Message.fbs`, `Schema.fbs` and `File.fbs` of the specification. Every message is walked, and the footer, whose schema
//! readers of files take, beside them. Columns are accounted for by the buffers that a batch declares and not read. Types whose
//! reader unpickles them are hooks; metadata is handed on. Limits: the budget, [`LARGEST_MESSAGE`], [`DEPTH`].

mod schema;
mod walk;

#[cfg(test)]
mod tests;

use crate::flatbuffer::Buffer;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Strength};
use crate::region::Region;
use crate::source::Memory;

pub use walk::parse;

/// What a file begins and ends with.
const MAGIC: &[u8] = b"ARROW1";
/// What a message begins with, since format version 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Largest metadata of one message that is read.
const LARGEST_MESSAGE: u64 = 64 << 20;
/// Types within one another.
const DEPTH: u32 = 64;

/// Recognises the format: the signature of a file, or a stream that begins with a schema.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let (strength, evidence) = if probe.starts_with(MAGIC) {
        (Strength::Certain, "signature")
    } else if begins_with_schema(&probe.head, probe.source.len()) {
        (Strength::Certain, "a message that holds a schema")
    } else {
        return None;
    };
    Some(Candidate { format: Format::Arrow, strength, evidence })
}

fn begins_with_schema(head: &[u8], len: u64) -> bool {
    let Some(rest) = head.strip_prefix(CONTINUATION.as_slice()) else { return false };
    let Some((size, message)) = rest.split_first_chunk::<4>() else { return false };
    let size = u64::from(u32::from_le_bytes(*size));
    if !(16..=LARGEST_MESSAGE).contains(&size) || size.saturating_add(8) > len {
        return false;
    }
    let message = Memory::shared(message.to_vec());
    let mut flat = Buffer::new(message.as_ref(), Region::new(0, message.len()));
    flat.root().is_ok_and(|root| {
        let version = flat.number(&root, 0, 2);
        let kind = flat.number(&root, 1, 1);
        matches!(version, Ok(3 | 4)) && matches!(kind, Ok(1))
    })
}
