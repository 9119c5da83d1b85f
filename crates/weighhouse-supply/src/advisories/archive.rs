//! The dump as an archive: read by both of its directories, and refused when they disagree or anything is cut, doubled or out of proportion.

use std::sync::Arc;

use weighhouse_formats::bounded::{self, Budget, Limits};
use weighhouse_formats::compress;
use weighhouse_formats::node::{Codec, Facts, Fault};
use weighhouse_formats::source::{SharedSource, Slice, read_up_to};
use weighhouse_formats::zip::{self, ZipMember};

use super::import::ImportError;

/// Advisories of one dump; the largest ecosystem has some hundred thousand.
const MEMBERS: u64 = 4_000_000;
/// Bytes of all advisories together, unpacked.
const UNPACKED: u64 = 16 << 30;
/// Bytes of one advisory: the longest lists of versions take a tenth of it, and values take many times what they are written in.
const ENTRY: u64 = 16 << 20;

/// An archive of advisories.
#[derive(Debug)]
pub(super) struct Archive {
    source: SharedSource,
    budget: Budget,
    pub(super) members: Vec<ZipMember>,
}

impl Archive {
    /// Opens an archive that has one honest reading.
    pub(super) fn open(source: SharedSource) -> Result<Self, ImportError> {
        let limits = Limits {
            members: MEMBERS,
            unpacked: UNPACKED,
            spool_memory: ENTRY,
            facts: usize::try_from(MEMBERS).unwrap_or(usize::MAX),
            ..Limits::default()
        };
        let budget = Budget::new(Arc::new(limits));
        if source.is_empty() {
            return Err(ImportError::Archive("the file is empty".to_owned()));
        }
        let parsed = zip::parse(&source, "", &budget);
        let bad = parsed.reading.irregularities.iter().find(|fault| fault.kind != Fault::Unusual);
        if let Some(detail) = bad.map(|fault| &fault.detail).or(parsed.gaps.first().map(|gap| &gap.detail)) {
            return Err(ImportError::Archive(detail.clone()));
        }
        let Facts::Zip(facts) = parsed.reading.facts else {
            return Err(ImportError::Archive("it is no zip archive".to_owned()));
        };
        if facts.directories == 0 {
            return Err(ImportError::Archive(
                "it has no directory: it is cut short, or no zip archive".to_owned(),
            ));
        }
        Ok(Self { source, budget, members: facts.members })
    }

    /// The content of a member.
    pub(super) fn read(&self, member: &ZipMember) -> Result<Vec<u8>, ImportError> {
        let refuse = |why: String| {
            ImportError::Archive(format!(
                "`{}`: {why}",
                weighhouse_core::printable::printable_within(&member.name, 80)
            ))
        };
        if member.encrypted || member.len > ENTRY {
            return Err(refuse("it is encrypted, or larger than any advisory".to_owned()));
        }
        let packed: SharedSource = Arc::new(Slice::new(Arc::clone(&self.source), member.data));
        let whole = match member.method {
            0 => packed,
            8 => {
                let mut stream = compress::decoder(Codec::Deflate, packed);
                let (whole, stopped) = bounded::spool(&mut stream, member.data.len(), &self.budget);
                match stopped {
                    Some(reason) => return Err(refuse(reason.to_string())),
                    None => whole,
                }
            }
            method => return Err(refuse(format!("compression method {method} is not read"))),
        };
        let bytes =
            read_up_to(whole.as_ref(), 0, ENTRY as usize).map_err(|error| refuse(error.to_string()))?;
        if bytes.len() as u64 != member.len || crc32fast::hash(&bytes) != member.crc32 {
            return Err(refuse("its checksum or length is wrong: the archive is damaged".to_owned()));
        }
        Ok(bytes)
    }
}
