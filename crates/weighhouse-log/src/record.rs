//! Audit records: what an entry of the log says. Canonical JSON (RFC 8785), so that the same record is always the same bytes; read strictly, so that
//! the same bytes are always the same record.
//!
//! The log knows no workflow: actions and states are words of whoever writes it. It demands that a record says what it changed: the
//! subject, its state before and after. From these [`crate::verify`] rebuilds the states of all subjects.

mod field;
mod person;
mod wire;

pub use field::{Actor, Timestamp, Word};
pub use person::{Pseudonym, Salt};

use std::collections::BTreeMap;

use weighhouse_core::Digest;

use crate::bundle::MAX_ENTRY;
use crate::tree::Hash;

/// The largest sequence number: what JSON numbers hold exactly (RFC 7493).
pub const MAX_SEQ: u64 = (1 << 53) - 1;

/// One audit record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Number of the record: the index of its entry in the log, from 0 on.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done, such as `release.approve`.
    pub action: Word,
    /// What it was done to, such as a revision of a model: the key under which states are replayed.
    pub subject: String,
    /// Digests of the artifacts, documents and settings that it was about.
    pub objects: Vec<Digest>,
    /// What a policy decided, if one was asked.
    pub decision: Option<Decision>,
    /// Digests of the evidence that was looked at.
    pub evidence: Vec<Digest>,
    /// Further facts. Nothing personal belongs here in clear: see [`Pseudonym`].
    pub detail: BTreeMap<Word, String>,
    /// State of the subject before; nothing if it had none.
    pub previous: Option<String>,
    /// State of the subject after; nothing if it has none any more, or if the record is not about a state.
    pub next: Option<String>,
}

/// What a policy decided, and from what: the evaluation can be repeated and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `allow`, `deny`, `needs-approval`.
    pub outcome: Word,
    /// Digest of the policies.
    pub policy: Digest,
    /// Digest of the fact document.
    pub facts: Digest,
}

/// Why a record cannot be written, or an entry is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Longer than an entry may be.
    #[error(
        "the record has {0} bytes; an entry has at most {MAX_ENTRY}: log digests of documents, not documents"
    )]
    Long(usize),
    /// A sequence number that JSON does not hold.
    #[error("sequence numbers end at {MAX_SEQ}")]
    Sequence,
    /// A field that is not as it must be.
    #[error("`{field}`: {problem}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// Not JSON of this form.
    #[error("not a record: {0}")]
    Json(String),
    /// The same record is written in another way.
    #[error("the entry is a record, but not in its canonical form")]
    NotCanonical,
}

impl Record {
    /// Whether the record changes the state of its subject.
    pub fn changes_state(&self) -> bool {
        self.previous != self.next
    }

    /// The entry.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        if self.seq > MAX_SEQ {
            return Err(RecordError::Sequence);
        }
        field::line("subject", &self.subject)?;
        for (name, state) in [("previous", &self.previous), ("next", &self.next)] {
            state.as_deref().map_or(Ok(()), |state| field::line(name, state))?;
        }
        let bytes = wire::write(self)?;
        if bytes.len() > MAX_ENTRY { Err(RecordError::Long(bytes.len())) } else { Ok(bytes) }
    }

    /// Reads an entry. Only what [`Self::to_bytes`] writes is a record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_ENTRY {
            return Err(RecordError::Long(bytes.len()));
        }
        let record = wire::read(bytes)?;
        if record.to_bytes()? == bytes { Ok(record) } else { Err(RecordError::NotCanonical) }
    }

    /// The hash of the entry in the tree.
    pub fn leaf(&self) -> Result<Hash, RecordError> {
        Ok(Hash::leaf(&self.to_bytes()?))
    }
}
