//! Parquet: pages of columns, and a footer in Thrift's compact protocol that says where they are.
//!
//! Follows `parquet.thrift`. The footer is walked field by field; columns, indexes and filters are accounted for by the regions
//! that it declares and not read. Metadata is handed on, and the Arrow schema in it is read as the Arrow stream it is.
//! Limits: the budget, [`thrift::DEPTH`] levels.

mod footer;
mod thrift;

#[cfg(test)]
mod tests;

use crate::bounded::Budget;
use crate::cursor::{Cursor, ReadError};
use crate::draft::Draft;
use crate::format::Format;
use crate::identify::Probe;
use crate::node::{Candidate, Facts, Fault, GapReason, Parsed, Strength};
use crate::region::Region;
use crate::source::SharedSource;

/// What a file begins and ends with.
const MAGIC: &[u8; 4] = b"PAR1";
/// The same, if the footer is encrypted.
const ENCRYPTED: &[u8; 4] = b"PARE";
/// Bytes behind the footer: its length and the magic.
const END: u64 = 8;

/// Recognises the format by its signature at either end.
pub fn probe(probe: &Probe<'_>) -> Option<Candidate> {
    let begins = probe.starts_with(MAGIC) || probe.starts_with(ENCRYPTED);
    let candidate = |evidence| Candidate { format: Format::Parquet, strength: Strength::Certain, evidence };
    if begins {
        return Some(candidate("signature"));
    }
    let ends = probe.source.len() > 12 && probe.is_named(&["parquet"]) && probe.tail().ends_with(MAGIC);
    ends.then(|| candidate("signature at the end"))
}

/// Reads the format.
pub fn parse(source: &SharedSource, _name: &str, budget: &Budget) -> Parsed {
    let mut draft = Draft::new(Format::Parquet, Facts::Data(Box::default()));
    match ends(source) {
        Ok((first, size, last)) => {
            if first == *MAGIC && last == *MAGIC {
                draft.claim(Region::at(0, 4));
            } else if first == *ENCRYPTED && last == *ENCRYPTED {
                let whole = Region::new(0, source.len());
                draft.claim(whole);
                draft.gap(GapReason::Encrypted, whole, "the footer is encrypted");
                return draft.finish(Facts::Data(Box::default()));
            } else {
                draft.fault(Fault::Malformed, None, "the file does not begin and end with its signature");
            }
            let end = source.len().saturating_sub(END);
            if let Some(start) = end.checked_sub(size).filter(|start| *start >= 4) {
                draft.claim(Region::new(end, source.len()));
                return footer::read(source, budget, Region::new(start, end), draft);
            }
            let detail = format!("a footer of {size} bytes does not fit");
            draft.fault(Fault::Malformed, Region::at(end, 4), detail.clone());
            draft.gap(GapReason::Damaged, None, detail);
        }
        Err(error @ ReadError::Io { .. }) => draft.gap(GapReason::Unreadable, None, error.to_string()),
        Err(error) => {
            draft.fault(Fault::Truncated, None, error.to_string());
            draft.gap(GapReason::Damaged, None, error.to_string());
        }
    }
    draft.finish(Facts::Data(Box::default()))
}

/// The first four bytes, the length of the footer, the last four bytes.
fn ends(source: &SharedSource) -> Result<([u8; 4], u64, [u8; 4]), ReadError> {
    let first = Cursor::with_window(source.as_ref(), 0, 16).array()?;
    let mut cursor = Cursor::with_window(source.as_ref(), source.len().saturating_sub(END), 16);
    Ok((first, u64::from(cursor.u32()?), cursor.array()?))
}
