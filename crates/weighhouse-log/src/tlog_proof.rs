//! Proofs in a file (C2SP tlog-proof): that an entry is in a log, with all that is needed to check it without a network.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::note::MAX_NOTE;
use crate::number;
use crate::policy::{Distrust, Policy, Trusted};
use crate::proof::{self, ProofError};
use crate::tree::Hash;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The longest file, in bytes: the note, the path, and extra data of as much again.
pub const MAX_PROOF: usize = 2 * MAX_NOTE;
/// The longest path: trees have at most `2^63 - 1` entries.
const MAX_PATH: usize = 63;

/// The proof that an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Data of the application's own; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: u64,
    /// The inclusion proof.
    pub path: Vec<Hash>,
    /// The head of the log.
    pub checkpoint: SignedCheckpoint,
}

/// Why a file is no proof, or proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not of the form of a proof.
    #[error("not a proof: {0}")]
    Malformed(&'static str),
    /// Its checkpoint is broken.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its checkpoint is not trusted.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// The entry is not in the log.
    #[error("the entry is not what the log has at index {index}: {cause}")]
    Inclusion {
        /// The index that the proof names.
        index: u64,
        /// Why.
        cause: ProofError,
    },
}

impl TlogProof {
    /// Reads a proof.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        let malformed = TlogProofError::Malformed;
        if bytes.len() > MAX_PROOF {
            return Err(malformed("it is too long"));
        }
        let text = str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(malformed("there is no empty line before a checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(malformed("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let extra =
            lines.next_if(|line| line.starts_with("extra ")).and_then(|line| line.strip_prefix("extra "));
        let extra = extra.map(|data| STANDARD.decode(data)).transpose();
        let extra = extra.map_err(|_| malformed("its extra data is not base64"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(number::decimal);
        let index = index.ok_or(malformed("there is no line `index NUMBER`"))?;
        let path: Vec<Hash> = lines
            .take(MAX_PATH.saturating_add(1))
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| malformed("a line of its path is no hash"))?;
        if path.len() > MAX_PATH {
            return Err(malformed("its path is longer than in any tree"));
        }
        Ok(Self { extra, index, path, checkpoint: checkpoint.parse()? })
    }

    /// Checks that this entry is in a log that the policy trusts, and tells who signed.
    pub fn verify(&self, entry: &[u8], policy: &Policy) -> Result<Trusted, TlogProofError> {
        self.verify_leaf(Hash::leaf(entry), policy)
    }

    /// The same for the hash of an entry.
    pub fn verify_leaf(&self, leaf: Hash, policy: &Policy) -> Result<Trusted, TlogProofError> {
        let trusted = policy.check(&self.checkpoint)?;
        let head = self.checkpoint.checkpoint();
        proof::verify_inclusion(leaf, self.index, head.size(), &self.path, head.root())
            .map_err(|cause| TlogProofError::Inclusion { index: self.index, cause })?;
        Ok(trusted)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
