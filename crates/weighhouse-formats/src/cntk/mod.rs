//! CNTK, second version: models and checkpoints are dictionaries of dictionaries, as a protocol buffer.
//!
//! What a function is, its entries say: the number of an operation, or a function of the user, whose Python class is imported, or
//! whose native library is opened, by the name that stands there. Loading runs `from MODULE import CLASS` on these texts as they are.

mod model;
mod schema;

use crate::bounded::Budget;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Parsed, Strength};
use crate::protobuf::{Outline, Part, Wire, outline};
use crate::region::Region;
use crate::source::{SharedSource, Source, read_up_to};
use schema::{DICTIONARY, ENTRY, VALUE};

/// Outermost fields looked at.
const MOST: usize = 64;
/// Keys of the outermost dictionaries that the library writes.
const KEYS: &[&[u8]] = &[
    b"version",
    b"Version",
    b"type",
    b"uid",
    b"root",
    b"inputs",
    b"primitive_functions",
    b"DistributedState",
    b"Learners",
    b"External",
];

/// Recognises the format by its entries, wherever they stand.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let source = probe.source.as_ref();
    let whole = Region::new(0, source.len());
    // What stands behind a short dictionary need not be a field.
    let fields = outline(source, whole, MOST).or_else(|| outline(source, whole, 2))?;
    let keys: Vec<Vec<u8>> = fields.all(2).filter_map(|part| key(part, source)).collect();
    let known = keys.iter().filter(|key| KEYS.contains(&key.as_slice())).count();
    let numbered = fields.all(1).all(|version| version.wire == Wire::Varint && version.value < 1000);
    let (strength, evidence) = match (known, keys.len()) {
        (1.., _) if numbered => (Strength::Certain, "entries of a dictionary"),
        (0, 2..) if fields.fits(&DICTIONARY) => (Strength::Plausible, "entries of some dictionary"),
        _ => return None,
    };
    Some(Candidate { format: Format::CntkV2, strength, evidence })
}

fn inner(part: &Part, source: &dyn Source) -> Option<Outline> {
    let content = Region::new(part.content.start, part.content.end.min(source.len()));
    outline(source, content, 8).filter(|_| part.wire == Wire::Len)
}

/// The key of an entry, if it has one and its value has a type.
fn key(part: &Part, source: &dyn Source) -> Option<Vec<u8>> {
    let entry = inner(part, source).filter(|_| part.holds(source, &ENTRY))?;
    let typed = entry.all(2).any(|value| {
        value.holds(source, &VALUE)
            && inner(value, source)
                .is_some_and(|value| value.all(1).chain(value.all(2)).any(|part| part.value < 64))
    });
    let key = entry.all(1).find(|key| key.is_readable(source) && key.content.len() < 256)?;
    let len = usize::try_from(key.content.len()).ok()?;
    read_up_to(source, key.content.start, len).ok().filter(|_| typed)
}

/// Reads a dictionary.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    model::read(source, budget)
}

#[cfg(test)]
mod tests;
